//! How a person names a model version: `NAME`, `NAME:VERSION`, or its ARN as the AWS console shows it.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// Longest name that SageMaker accepts for a model package group.
const NAME_LIMIT: usize = 63;
/// Most digits that SageMaker accepts in a model package version.
const VERSION_DIGITS: usize = 9;

/// A model package group, perhaps one version of it, perhaps in one certain registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelRef {
    /// The name of the model package group.
    pub name: String,
    /// The version, if one was named. Without one, the command decides (usually the newest that qualifies).
    pub version: Option<u32>,
    /// The registry, if the model was named by ARN.
    pub registry: Option<RegistryRef>,
}

/// Where an ARN says that a model is registered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegistryRef {
    /// `aws`, `aws-cn`, `aws-us-gov` ...
    pub partition: String,
    /// The Region, such as `eu-central-1`.
    pub region: String,
    /// The account: 12 digits.
    pub account: String,
}

impl FromStr for ModelRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.starts_with("arn:") {
            return from_arn(text);
        }
        let (name, version) = match text.split_once(':') {
            Some((name, version)) => (name, Some(parse_version(version)?)),
            None => (text, None),
        };
        Ok(ModelRef { name: parse_name(name)?, version, registry: None })
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.registry, self.version) {
            (None, version) => f.write_str(&numbered(&self.name, version)),
            (Some(registry), None) => write!(f, "{registry}:model-package-group/{}", self.name),
            (Some(registry), Some(version)) => write!(f, "{registry}:model-package/{}/{version}", self.name),
        }
    }
}

impl fmt::Display for RegistryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:{}:sagemaker:{}:{}", self.partition, self.region, self.account)
    }
}

/// `NAME:VERSION`, or the name alone of what has no number.
pub fn numbered(name: &str, version: Option<u32>) -> String {
    version.map_or_else(|| name.to_owned(), |version| format!("{name}:{version}"))
}

/// Reads `arn:PARTITION:sagemaker:REGION:ACCOUNT:model-package/NAME/VERSION`, or `:model-package-group/NAME`.
fn from_arn(arn: &str) -> Result<ModelRef, Error> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &[_, partition, service, region, account, resource] = parts.as_slice() else {
        return Err(Error::usage("an ARN has six parts separated by colons"));
    };
    if service != "sagemaker" {
        return Err(Error::usage(format!("this is an ARN of `{service}`, not of `sagemaker`")));
    }
    if partition.is_empty() || region.is_empty() {
        return Err(Error::usage("this ARN has no partition or no Region"));
    }
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::usage(format!("`{account}` in this ARN is not a 12-digit account id")));
    }
    let (name, version) = match resource.split('/').collect::<Vec<_>>().as_slice() {
        ["model-package", name, version] => (*name, Some(parse_version(version)?)),
        ["model-package-group", name] => (*name, None),
        _ => {
            return Err(Error::usage(
                "this ARN names neither `model-package/NAME/VERSION` nor `model-package-group/NAME`",
            ));
        }
    };
    let registry = RegistryRef { partition: partition.into(), region: region.into(), account: account.into() };
    Ok(ModelRef { name: parse_name(name)?, version, registry: Some(registry) })
}

/// Checks SageMaker's pattern `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`.
fn parse_name(name: &str) -> Result<String, Error> {
    if name.is_empty() {
        return Err(Error::usage("the name of the model is missing"));
    }
    if let Some(bad) = name.chars().find(|&letter| !letter.is_ascii_alphanumeric() && letter != '-') {
        return Err(Error::usage(format!("a model's name has letters, digits and hyphens, not {bad:?}")));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(Error::usage("a model's name starts and ends with a letter or a digit"));
    }
    if name.len() > NAME_LIMIT {
        return Err(Error::usage(format!("a model's name has at most {NAME_LIMIT} characters, not {}", name.len())));
    }
    Ok(name.to_owned())
}

fn parse_version(text: &str) -> Result<u32, Error> {
    let digits = (1..=VERSION_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits && !text.starts_with('0')).ok_or_else(|| {
        Error::usage(format!("{text:?} is not a version: a number of 1 to {VERSION_DIGITS} digits, such as `:3`"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<ModelRef, String> {
        text.parse().map_err(|error: Error| error.to_string())
    }

    #[test]
    fn accepts_names_versions_and_arns() {
        let registry =
            RegistryRef { partition: "aws".into(), region: "eu-central-1".into(), account: "012345678901".into() };
        let cases = [
            ("churn", "churn", None, None),
            ("churn:7", "churn", Some(7), None),
            ("A-b--9:999999999", "A-b--9", Some(999_999_999), None),
            (
                "arn:aws:sagemaker:eu-central-1:012345678901:model-package/churn/12",
                "churn",
                Some(12),
                Some(registry.clone()),
            ),
            ("arn:aws:sagemaker:eu-central-1:012345678901:model-package-group/churn", "churn", None, Some(registry)),
        ];
        for (text, name, version, registry) in cases {
            let expected = ModelRef { name: name.into(), version, registry };
            assert_eq!(parse(text), Ok(expected.clone()), "{text}");
            assert_eq!(expected.to_string(), text);
        }
    }

    #[test]
    fn refuses_with_the_reason() {
        let long = "x".repeat(64);
        let cases = [
            ("", "the name of the model is missing"),
            (":3", "the name of the model is missing"),
            ("churn:", "\"\" is not a version"),
            ("churn:0", "\"0\" is not a version"),
            ("churn:007", "\"007\" is not a version"),
            ("churn:1234567890", "\"1234567890\" is not a version"),
            ("churn:+1", "\"+1\" is not a version"),
            ("churn:latest", "\"latest\" is not a version"),
            ("churn:1:2", "\"1:2\" is not a version"),
            ("churn_v2", "not '_'"),
            ("ch\u{1b}urn", "not '\\u{1b}'"),
            ("-churn", "starts and ends with a letter"),
            ("churn-", "starts and ends with a letter"),
            (&long, "at most 63 characters, not 64"),
            ("arn:aws:sagemaker", "six parts"),
            ("arn:aws:s3:::bucket/key", "an ARN of `s3`"),
            ("arn:aws:sagemaker::012345678901:model-package/churn/1", "no Region"),
            ("arn:aws:sagemaker:eu-west-1:1234:model-package/churn/1", "`1234` in this ARN"),
            ("arn:aws:sagemaker:eu-west-1:012345678901:endpoint/churn", "names neither"),
            ("arn:aws:sagemaker:eu-west-1:012345678901:model-package/churn", "names neither"),
            ("arn:aws:sagemaker:eu-west-1:012345678901:model-package/churn/x", "\"x\" is not a version"),
        ];
        for (text, reason) in cases {
            let message = parse(text).expect_err(text);
            assert!(message.contains(reason), "{text}: {message}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_prints_as_it_was_written(text in "[a-zA-Z0-9-]{1,70}(:[0-9]{1,11})?") {
            if let Ok(model) = parse(&text) {
                prop_assert_eq!(model.to_string(), text);
            }
        }
    }
}
