//! One AWS call as a service's handler sees it: who calls, from where, what it may do, and the store to do it in.

use std::fmt::Write as _;
use std::sync::Mutex;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::faults::{Strike, Switchboard};
use super::iam::Need;
use super::store::{Store, StoreError};

/// An error answer, before it takes its protocol's form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// AWS's error code, such as `ValidationException`.
    pub code: String,
    /// AWS's words.
    pub message: String,
    /// Further members of the error, where its protocol has room for them (S3).
    pub details: Vec<(&'static str, String)>,
}

/// The outcome of an operation.
pub type ApiResult<T = Value> = Result<T, ApiError>;

impl ApiError {
    /// An error with HTTP `status`, `code` and `message`.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        ApiError { status, code: code.into(), message: message.into(), details: Vec::new() }
    }

    /// The same error with one more member.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// `ValidationException`, HTTP 400.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// `InternalFailure`, HTTP 500: the sandbox itself is at fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "InternalFailure", message)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self::internal(format!("{error}{cause}"))
    }
}

/// Who makes a call.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account, twelve digits.
    pub account: String,
    /// The role session, or none for the account's administrator.
    pub session: Option<Session>,
}

/// A role session, as `AssumeRole` made it. Kept in the store under [`Session::KIND`] and its access key id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// `ASIA` and 16 characters.
    pub access_key_id: String,
    /// The secret half of the key.
    pub secret_access_key: String,
    /// Must come with every call.
    pub session_token: String,
    /// ARN of the role.
    pub role_arn: String,
    /// Unique id of the role, `AROA...`.
    pub role_id: String,
    /// Chosen by the caller of `AssumeRole`.
    pub session_name: String,
    /// Set once, kept through role chaining.
    pub source_identity: Option<String>,
    /// Session tags.
    pub tags: Map<String, Value>,
    /// Keys of the tags that chaining keeps.
    pub transitive_tag_keys: Vec<String>,
    /// Session policies: the session may do only what these allow too.
    pub policies: Vec<String>,
    /// When the credentials end.
    pub expires: Timestamp,
}

impl Session {
    /// The store's kind of sessions.
    pub const KIND: &'static str = "sts/session";

    /// The session that a service of AWS's makes for itself. Its credentials never leave the service.
    pub(super) fn of_service(name: &str, role_arn: &str, role_id: &str, now: Timestamp) -> Self {
        Session {
            access_key_id: String::new(),
            secret_access_key: String::new(),
            session_token: String::new(),
            role_arn: role_arn.to_owned(),
            role_id: role_id.to_owned(),
            session_name: name.to_owned(),
            source_identity: None,
            tags: Map::new(),
            transitive_tag_keys: Vec::new(),
            policies: Vec::new(),
            expires: now,
        }
    }

    /// The last part of the role's ARN: its name.
    pub fn role_name(&self) -> &str {
        self.role_arn.rsplit('/').next().unwrap_or_default()
    }
}

impl Caller {
    /// The administrator of `account`: may do everything in it.
    pub fn administrator(account: impl Into<String>) -> Self {
        Caller { account: account.into(), session: None }
    }

    /// Somebody without credentials of AWS: of no account, and without a right in any.
    pub(super) fn nobody() -> Self {
        Caller { account: String::new(), session: None }
    }

    /// The ARN by which AWS names the caller: the account's root, or the assumed-role session.
    pub fn arn(&self) -> String {
        match &self.session {
            None => format!("arn:aws:iam::{}:root", self.account),
            Some(session) => {
                format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account, session.role_name(), session.session_name)
            }
        }
    }
}

/// What a handler asks leave for.
#[derive(Clone, Debug)]
pub struct Access {
    /// `service:Operation`.
    pub action: String,
    /// The resource's ARN, or `*`.
    pub resource: String,
    /// The account that owns the resource.
    pub owner: Option<String>,
    /// The policy attached to the resource, as JSON text.
    pub resource_policy: Option<String>,
    /// Condition keys of this request beyond the global ones.
    pub keys: Vec<(String, Vec<String>)>,
    /// Whose leave it takes inside one account.
    pub need: Need,
}

impl Access {
    /// `action` on `resource`, owned by the account in the ARN, else by the caller's.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        let resource = resource.into();
        let owner = resource.split(':').nth(4).filter(|account| account.len() == 12).map(str::to_owned);
        Access { action: action.into(), resource, owner, resource_policy: None, keys: Vec::new(), need: Need::Either }
    }

    /// Says who owns the resource, where its ARN does not (S3).
    #[must_use]
    pub fn owner(mut self, account: impl Into<String>) -> Self {
        self.owner = Some(account.into());
        self
    }

    /// The policy attached to the resource, if there is one.
    #[must_use]
    pub fn resource_policy(mut self, policy: Option<String>) -> Self {
        self.resource_policy = policy;
        self
    }

    /// Says that the resource's policy must allow it, or leave it to the account: so it is with KMS keys.
    #[must_use]
    pub fn by_resource_policy(mut self, policy: Option<String>) -> Self {
        self.need = Need::Resource;
        self.resource_policy(policy)
    }

    /// A condition key with one value.
    #[must_use]
    pub fn key(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.keys_of(name, [value.into()])
    }

    /// A condition key with several values.
    #[must_use]
    pub fn keys_of(mut self, name: impl Into<String>, values: impl IntoIterator<Item = String>) -> Self {
        self.keys.push((name.into(), values.into_iter().collect()));
        self
    }

    /// A condition key `<prefix>/<key of the tag>` for each tag.
    #[must_use]
    pub fn tags<K: AsRef<str>, V: Into<String>>(self, prefix: &str, tags: impl IntoIterator<Item = (K, V)>) -> Self {
        tags.into_iter().fold(self, |access, (key, value)| access.key(format!("{prefix}/{}", key.as_ref()), value))
    }

    /// The condition keys of the tags that a request carries: `aws:RequestTag/*` and `aws:TagKeys`.
    #[must_use]
    pub fn request_tags<K: AsRef<str>, V: Into<String>>(self, tags: impl IntoIterator<Item = (K, V)> + Clone) -> Self {
        let keys: Vec<String> = tags.clone().into_iter().map(|(key, _)| key.as_ref().to_owned()).collect();
        self.tags("aws:RequestTag", tags).keys_of("aws:TagKeys", keys)
    }
}

/// A call under way.
pub struct Call<'a> {
    /// Who calls.
    pub caller: Caller,
    /// The Region that the request was signed for.
    pub region: String,
    /// The present moment.
    pub now: Timestamp,
    /// The store, within this call's transaction.
    pub store: Store<'a>,
    /// Id of this request.
    pub request_id: String,
    pub(super) authorized: bool,
    pub(super) faults: &'a Mutex<Switchboard>,
}

impl Call<'_> {
    /// Lets the call go on only if IAM allows it; the error is the service's own `AccessDenied`.
    /// A handler that never asks is refused by the dispatcher, so that none can forget.
    pub fn authorize(&mut self, access: &Access) -> ApiResult<()> {
        self.authorized = true;
        super::authorization::authorize(self, access)
    }

    /// For the few operations that AWS lets every authenticated caller use (`GetCallerIdentity`).
    pub fn needs_no_permission(&mut self) {
        self.authorized = true;
    }

    /// What goes wrong with a step that a service takes by itself in `account`, behind the call. A fault has to name the
    /// step: one for calls in general does not mean what no client sees.
    pub fn step(&self, service: &str, step: &str, account: &str) -> ApiResult<()> {
        let fault = super::lock(self.faults).strike_step(service, step, account);
        match fault.and_then(|fault| fault.effect.strike()) {
            Some(Strike::Error(error)) => Err(error),
            Some(Strike::Drop) => Err(ApiError::internal("The step was not finished.")),
            None => Ok(()),
        }
    }

    /// `arn:aws:<service>:<region>:<caller's account>:<resource>`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.caller.account)
    }

    /// `account/region/name` of the caller: how most documents are keyed.
    pub fn key(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.caller.account, self.region)
    }

    /// `length` hexadecimal digits that never come twice in one sandbox. The same sandbox played again gives the same.
    pub fn random_hex(&self, length: usize) -> ApiResult<String> {
        let mut digits = String::new();
        while digits.len() < length {
            let seed = format!("aiops sandbox {}", self.store.next("random")?);
            for byte in Sha256::digest(seed) {
                let _ = write!(digits, "{byte:02x}");
            }
        }
        digits.truncate(length);
        Ok(digits)
    }

    /// A random UUID in its usual form.
    pub fn uuid(&self) -> ApiResult<String> {
        let hex = self.random_hex(32)?;
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        Ok(format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32)))
    }
}

/// One page of `items`, and the token of the next page. Tokens are opaque to clients and checked when they come back.
pub fn page<T>(mut items: Vec<T>, max: usize, token: Option<&str>) -> ApiResult<(Vec<T>, Option<String>)> {
    let start = match token {
        None => 0,
        Some(token) => {
            let number = token.strip_prefix("page-").and_then(|digits| digits.parse::<usize>().ok());
            number.ok_or_else(|| ApiError::validation("Invalid pagination token"))?
        }
    };
    let rest = if start < items.len() { items.split_off(start) } else { Vec::new() };
    let more = rest.len() > max;
    let page = rest.into_iter().take(max).collect();
    Ok((page, more.then(|| format!("page-{}", start + max))))
}

/// [`page`] for the documents whose keys begin with `prefix`, in the order of their keys. Reads no more than the page.
pub fn page_of_documents<T: DeserializeOwned>(
    store: &Store<'_>,
    kind: &str,
    prefix: &str,
    max: usize,
    token: Option<&str>,
) -> ApiResult<(Vec<T>, Option<String>)> {
    let after = match token.map(|token| token.strip_prefix("after-")) {
        Some(Some(key)) => format!("{prefix}{key}"),
        Some(None) => return Err(ApiError::validation("Invalid pagination token")),
        None => String::new(),
    };
    let mut found = store.scan::<T>(kind, prefix, &after, max + 1)?;
    let more = found.len() > max;
    found.truncate(max);
    let last = found.last().and_then(|(key, _)| key.strip_prefix(prefix)).filter(|_| more);
    let token = last.map(|key| format!("after-{key}"));
    Ok((found.into_iter().map(|(_, document)| document).collect(), token))
}

/// A moment as awsJson1.1 writes it: epoch seconds with milliseconds.
pub fn epoch_seconds(moment: Timestamp) -> Value {
    #[allow(clippy::cast_precision_loss)]
    let seconds = moment.as_millisecond() as f64 / 1000.0;
    json!(seconds)
}

/// A member of a validated input, as text.
pub fn text<'v>(input: &'v Value, member: &str) -> Option<&'v str> {
    input.get(member).and_then(Value::as_str)
}

/// A required member of a validated input, as text: validation has already refused its absence.
pub fn required<'v>(input: &'v Value, member: &str) -> &'v str {
    text(input, member).unwrap_or_default()
}
