//! What went wrong with an AWS call, in classes, and what to do about each: the one place that knows AWS's error codes.
//!
//! SageMaker has no typed "not found": a missing thing is a `ValidationException` that says so. So classes are decided by
//! code and by message.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::{Error, Kind};

/// Classes of AWS errors, by what the caller can do about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// IAM or a resource policy refused.
    Denied,
    /// The credentials were valid once.
    Expired,
    /// There are no credentials, or AWS does not know them.
    Unauthenticated,
    /// Too many calls.
    Throttled,
    /// The thing does not exist (or the caller may not know that it does).
    NotFound,
    /// The thing exists already.
    AlreadyExists,
    /// Somebody else was faster, or the thing is in a state that does not allow this.
    Conflict,
    /// A condition on the request was not met (S3, HTTP 412).
    PreconditionFailed,
    /// The account has as many of these as AWS lets it have.
    QuotaExceeded,
    /// AWS does not accept the request.
    Invalid,
    /// No answer.
    Unreachable,
    /// AWS failed.
    Service,
}

/// A failed AWS call.
#[derive(Debug)]
pub struct AwsError {
    class: Class,
    code: String,
    message: String,
    request_id: Option<String>,
}

impl AwsError {
    /// What the caller can do about it.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Whether AWS's refusal is what `error` comes from.
    pub fn refused(error: &Error) -> bool {
        error.causes().any(|cause| cause.downcast_ref::<AwsError>().is_some_and(|aws| aws.class == Class::Denied))
    }

    /// Whether this is how AWS answers while a share, a role or a grant that was made has not come everywhere yet. It
    /// may as well be meant.
    pub fn may_settle(&self) -> bool {
        matches!(self.class, Class::Denied | Class::NotFound)
    }

    /// AWS's error code, or the kind of transport failure.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The id by which AWS knows the request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// AWS's words.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for AwsError {}

impl<E> From<SdkError<E, HttpResponse>> for AwsError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let request_id = error
            .raw_response()
            .and_then(|response| {
                ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| response.headers().get(*name))
            })
            .map(str::to_owned);
        let status = error.raw_response().map_or(0, |response| response.status().as_u16());
        match &error {
            SdkError::ServiceError(context) => {
                let code = context.err().code().unwrap_or(by_status(status)).to_owned();
                let message = context.err().message().unwrap_or("no further explanation").to_owned();
                AwsError { class: classify(&code, &message, status), code, message, request_id }
            }
            SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
                transport(true, deepest(&error))
            }
            SdkError::TimeoutError(_) => transport(true, "the call took too long".to_owned()),
            _ => transport(false, DisplayErrorContext(&error).to_string()),
        }
    }
}

/// A failure on the way to AWS. Failing to get credentials is reported there too, with the refusal of `AssumeRole` inside.
fn transport(broken: bool, text: String) -> AwsError {
    let class = if broken {
        Class::Unreachable
    } else if contains_any(&text, &["AccessDenied"]) {
        Class::Denied
    } else if contains_any(&text, &["ExpiredToken", "token has expired", "session has expired"]) {
        Class::Expired
    } else if contains_any(&text, &["InvalidClientTokenId", "UnrecognizedClient"]) || text.contains("redentials") {
        Class::Unauthenticated
    } else {
        Class::Unreachable
    };
    let code = match class {
        Class::Unreachable => "Unreachable",
        Class::Denied => "AccessDenied",
        Class::Expired => "ExpiredToken",
        _ => "NoCredentials",
    };
    AwsError { class, code: code.to_owned(), message: innermost(&text), request_id: None }
}

/// The last cause of all: "Connection refused" rather than "dispatch failure".
fn deepest(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |cause| cause.source()).last().map(ToString::to_string).unwrap_or_default()
}

/// The most telling part of the SDK's long chain: the role refusal where there is one.
fn innermost(text: &str) -> String {
    if text.contains("no credentials found in chain") {
        return "none were found in the environment, the profile, or the machine's metadata".to_owned();
    }
    let start = ["User: ", "is not authorized"].iter().find_map(|mark| text.find(mark));
    let telling = start.and_then(|start| text.get(start..)).unwrap_or(text);
    telling.split(" (").next().unwrap_or(telling).trim_end_matches([':', ' ']).to_owned()
}

fn by_status(status: u16) -> &'static str {
    match status {
        301 => "PermanentRedirect",
        403 => "AccessDenied",
        404 => "NotFound",
        412 => "PreconditionFailed",
        500.. => "InternalFailure",
        _ => "Unknown",
    }
}

fn contains_any(text: &str, marks: &[&str]) -> bool {
    marks.iter().any(|mark| text.contains(mark))
}

fn classify(code: &str, message: &str, status: u16) -> Class {
    match code {
        _ if code.starts_with("AccessDenied") || code.contains("NotAuthorized") || code == "Forbidden" => Class::Denied,
        "UnauthorizedException" => Class::Denied,
        _ if code.starts_with("ExpiredToken") || code == "RequestExpired" => Class::Expired,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "IncompleteSignature"
        | "MissingAuthenticationTokenException" => Class::Unauthenticated,
        _ if code.starts_with("Throttl") || code.starts_with("TooManyRequests") || code == "SlowDown" => {
            Class::Throttled
        }
        "PreconditionFailed" => Class::PreconditionFailed,
        _ if status == 402 || code.starts_with("ServiceQuotaExceeded") || code.starts_with("LimitExceeded") => {
            Class::QuotaExceeded
        }
        _ if code.contains("NotFound") || code.starts_with("NoSuch") || code == "UnknownResourceException" => {
            Class::NotFound
        }
        _ if code.contains("AlreadyExists") || code == "BucketAlreadyOwnedByYou" => Class::AlreadyExists,
        "ConflictException" | "ConditionalRequestConflict" | "ResourceInUse" | "OperationAborted" => Class::Conflict,
        _ if status >= 500 => Class::Service,
        _ if contains_any(message, &["does not exist", "Could not find", "Cannot find", "not found"]) => {
            Class::NotFound
        }
        _ if contains_any(message, &["already exist"]) => Class::AlreadyExists,
        _ if contains_any(message, &["in-progress", "in progress"]) => Class::Conflict,
        _ => Class::Invalid,
    }
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        let kind = match error.class {
            Class::Denied => Kind::Denied,
            Class::Expired | Class::Unauthenticated => Kind::NotAuthenticated,
            _ => Kind::Failed,
        };
        let hint = hint(&error);
        let request_id = error.request_id.clone();
        let headline = match error.class {
            Class::Denied => "AWS refused the call",
            Class::Expired => "the AWS credentials have expired",
            Class::Unauthenticated => "there are no usable AWS credentials",
            Class::Throttled => "AWS keeps throttling the calls",
            Class::NotFound => "AWS does not have this",
            Class::QuotaExceeded => "the account is at a quota of AWS",
            Class::Unreachable => "AWS cannot be reached",
            _ => "the AWS call failed",
        };
        let told = Error::new(kind, headline).because(error).request_id(request_id);
        match hint {
            Some(hint) => told.hint(hint),
            None => told,
        }
    }
}

/// DataZone's own refusal, of those whom IAM lets through.
const NOT_PERMITTED_BY_DATAZONE: &str = "is not permitted to perform operation";

/// What to do about an error.
fn hint(error: &AwsError) -> Option<&'static str> {
    Some(match error.class {
        Class::Denied if error.message.contains(NOT_PERMITTED_BY_DATAZONE) => {
            "this is DataZone's refusal, not IAM's: whoever acts must own the domain unit or hold a policy grant there; \
             `aiops domain apply` makes the administrator an owner of the root unit"
        }
        Class::Denied => {
            "the policy that refuses is named above; `--as PERSONA` acts in another role, if you may assume it"
        }
        Class::Expired => "sign in again: `aws sso login`, or renew the credentials in the environment",
        Class::Unauthenticated => {
            "set AWS_PROFILE or AWS_ACCESS_KEY_ID, run `aws sso login`, or try the sandbox: `aiops demo`"
        }
        Class::Throttled => "wait a minute and run the command again: it continues where it stopped",
        Class::Unreachable => "check the network, the Region and --endpoint-url, then run the command again",
        Class::Conflict => "somebody else may be changing the same thing; look at `aiops status`, then run it again",
        Class::QuotaExceeded => "remove what is not needed, or ask AWS for more in Service Quotas",
        Class::Service => "AWS had a failure of its own; run the command again: it continues where it stopped",
        _ => return None,
    })
}

/// What AWS has; nothing if it says that there is none.
pub fn existing<T>(answer: Result<T, AwsError>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.class() == Class::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_decided_by_code_and_by_message() {
        for (code, message, status, class) in [
            ("AccessDeniedException", "User: x is not authorized", 400, Class::Denied),
            ("AccessDenied", "Access Denied", 403, Class::Denied),
            ("ExpiredTokenException", "expired", 400, Class::Expired),
            ("UnrecognizedClientException", "invalid", 400, Class::Unauthenticated),
            ("ThrottlingException", "Rate exceeded", 400, Class::Throttled),
            ("ValidationException", "ModelPackageGroup arn does not exist.", 400, Class::NotFound),
            ("ValidationException", "Could not find endpoint \"x\".", 400, Class::NotFound),
            ("ValidationException", "Cannot find resource policy for: arn", 400, Class::NotFound),
            ("ValidationException", "Cannot create already existing model \"x\".", 400, Class::AlreadyExists),
            ("ValidationException", "Cannot update in-progress endpoint \"x\".", 400, Class::Conflict),
            ("ValidationException", "1 validation error detected", 400, Class::Invalid),
            ("NoSuchKey", "The specified key does not exist.", 404, Class::NotFound),
            ("UnknownResourceException", "ResourceShare x could not be found.", 400, Class::NotFound),
            ("PreconditionFailed", "At least one", 412, Class::PreconditionFailed),
            ("NoSuchEntity", "The role with name x cannot be found.", 404, Class::NotFound),
            ("EntityAlreadyExists", "Role with name x already exists.", 409, Class::AlreadyExists),
            ("ConflictException", "The same grant already exists: x", 409, Class::Conflict),
            ("ServiceQuotaExceededException", "At most 20", 402, Class::QuotaExceeded),
            ("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10", 409, Class::QuotaExceeded),
            ("UnauthorizedException", "The caller has no identity", 401, Class::Denied),
            ("AccessDeniedException", "User is not permitted to perform operation: X", 403, Class::Denied),
            ("InternalFailure", "oops", 500, Class::Service),
        ] {
            assert_eq!(classify(code, message, status), class, "{code}: {message}");
        }
    }
}
