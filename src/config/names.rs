//! The kinds of text that `aiops.yaml` holds, each with the pattern that its schema and its constructor share.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Declares a newtype over `String` that only holds text that matches its pattern.
///
/// The title completes the sentence "expected ..." in messages; editors show it too.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $title:literal, $longest:literal, $pattern:literal, [$($example:literal),+]) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                // The pattern is a literal, compiled by every test that reads a file.
                static PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
                if text.len() <= $longest && PATTERN.is_match(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Error::usage(format!("{} is not {}", $crate::config::quoted(text), $title)))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "title": $title,
                    "type": "string",
                    "pattern": $pattern,
                    "maxLength": $longest,
                    "examples": [$($example),+],
                })
            }
        }
    };
}

pub(crate) use text;

text!(
    /// An AWS account id: text, so that leading zeros count.
    AccountId, "an AWS account id of 12 digits", 12, "^[0-9]{12}$", ["012345678901"]
);
text!(
    /// An AWS Region.
    RegionName, "the name of an AWS Region", 32, "^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$", ["eu-west-1"]
);
text!(
    /// An IAM role: its name, or its ARN where the name is not enough (a path).
    RoleRef, "the name or the ARN of an IAM role", 600,
    "^(arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}|[A-Za-z0-9+=,.@_-]{1,64})$",
    ["aiops-engineer", "arn:aws:iam::012345678901:role/ml/aiops-engineer"]
);
text!(
    /// The ARN of an IAM role.
    RoleArn, "the ARN of an IAM role", 600,
    "^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}$",
    ["arn:aws:iam::012345678901:role/aiops-hub"]
);
text!(
    /// The name of a tenant: a line of business. It begins the names of the tenant's things, buckets among them.
    TenantName, "a name of lower-case letters, digits and single hyphens that begins with a letter", 31,
    "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", ["clinical"]
);
text!(
    /// What a trust policy may ask for in `sts:ExternalId`. AWS does not hold it to be a secret.
    ExternalId, "an external id of 2 to 1224 letters, digits and +=,.@:/-_", 1224,
    "^[A-Za-z0-9_+=,.@:/-]{2,1224}$", ["aiops-7f3c"]
);
text!(
    /// An S3 bucket.
    BucketName, "the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens", 63,
    "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", ["my-company-models"]
);
text!(
    /// A KMS key: its id, its ARN, or an alias.
    KmsKey, "the id, the ARN or the alias of a KMS key", 2048,
    "^(arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9:/_-]+|alias/[A-Za-z0-9:/_-]+|[a-fA-F0-9-]{36}|mrk-[a-f0-9]{32})$",
    ["alias/aiops"]
);
text!(
    /// Which model package groups belong to a tenant: a name in which `*` is any text and `?` any character.
    ModelPattern, "a model name in which `*` may stand for any text and `?` for any character", 63,
    "^[A-Za-z0-9*?-]{1,63}$", ["diabetes-*"]
);
text!(
    /// A SageMaker instance type.
    InstanceType, "a SageMaker instance type", 40, "^ml\\.[a-z0-9-]+\\.[a-z0-9-]+$", ["ml.m5.large"]
);
text!(
    /// What STS records as the source identity of a session: `caller` (the name of whoever runs aiops), `none`, or
    /// the text itself.
    SourceIdentity, "`caller`, `none`, or 2 to 64 letters, digits and +=.@-_", 64,
    "^[A-Za-z0-9_+=.@-]{2,64}$", ["caller"]
);
text!(
    /// A name that people read: no line breaks or other control characters.
    Title, "a name of 1 to 128 characters on one line", 256, "^[^\\x00-\\x1f\\x7f-\\x9f]{1,128}$", ["Clinical research"]
);
text!(
    /// The name of a thing in DataZone.
    ThingName, "a name of 1 to 64 letters, digits, spaces, hyphens and underscores", 64,
    "^[A-Za-z0-9_-]([A-Za-z0-9 _-]{0,62}[A-Za-z0-9_-])?$", ["machine-learning"]
);
text!(
    /// The name of a DataZone environment blueprint, as AWS spells it.
    BlueprintName, "the name of a blueprint, such as Tooling", 64, "^[A-Za-z][A-Za-z0-9_.-]{0,63}$", ["Tooling"]
);
text!(
    /// The name of a parameter of a blueprint, as AWS spells it.
    ParameterName, "the name of a blueprint's parameter: letters, digits and underscores", 256,
    "^[A-Za-z_][A-Za-z0-9_]{0,255}$", ["idleTimeoutInMinutes"]
);
text!(
    /// Somebody who takes part in the domain: a user or a group of IAM Identity Center by name, or an IAM role by ARN.
    Principal, "`user:NAME`, `group:NAME` or `role:ARN`", 700,
    "^((user|group):[^\\x00-\\x1f\\x7f-\\x9f]{1,128}|role:arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512})$",
    ["group:data-scientists", "role:arn:aws:iam::012345678901:role/aiops-lead"]
);
text!(
    /// A VPC.
    VpcId, "the id of a VPC", 32, "^vpc-[0-9a-f]{8,17}$", ["vpc-0a1b2c3d4e5f60718"]
);
text!(
    /// A subnet of a VPC.
    SubnetId, "the id of a subnet", 32, "^subnet-[0-9a-f]{8,17}$", ["subnet-0a1b2c3d4e5f60718"]
);
text!(
    /// The ARN of an instance of IAM Identity Center.
    IdentityCenterArn, "the ARN of an instance of IAM Identity Center", 64,
    "^arn:aws(-[a-z]+)*:sso:::instance/(sso)?ins-[a-zA-Z0-9.-]{16}$", ["arn:aws:sso:::instance/ssoins-0123456789abcdef"]
);
text!(
    /// The ARN of a connection to a Git provider.
    ConnectionArn, "the ARN of a CodeConnections connection", 256,
    "^arn:aws(-[a-z]+)*:(codeconnections|codestar-connections):[a-z0-9-]+:[0-9]{12}:connection/[a-f0-9-]+$",
    ["arn:aws:codeconnections:eu-west-1:012345678901:connection/0a1b2c3d-0000-4000-8000-000000000001"]
);
text!(
    /// An event bus.
    BusName, "the name of an event bus", 256, "^[A-Za-z0-9._-]{1,256}$", ["aiops"]
);

/// The partition of a Region: the second part of every ARN there.
pub fn partition(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

impl RoleRef {
    /// The ARN of this role where `account`, in `partition`, holds it.
    pub fn arn(&self, account: &AccountId, partition: &str) -> String {
        if self.0.starts_with("arn:") {
            return self.0.clone();
        }
        format!("arn:{partition}:iam::{account}:role/{}", self.0)
    }
}

impl ModelPattern {
    /// Matches every model.
    pub fn any() -> Self {
        Self("*".to_owned())
    }

    /// Whether `model` is one of those meant.
    pub fn matches(&self, model: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), model.as_bytes());
        let (mut at, mut seen) = (0, 0);
        // Where to go on when the text after the last `*` turns out not to fit: one character later.
        let mut retry = None;
        while seen < text.len() {
            match pattern.get(at) {
                Some(b'*') => {
                    retry = Some((at, seen));
                    at += 1;
                }
                Some(&wanted) if wanted == b'?' || wanted == text[seen] => {
                    at += 1;
                    seen += 1;
                }
                _ => match retry {
                    Some((star, from)) => {
                        retry = Some((star, from + 1));
                        at = star + 1;
                        seen = from + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern[at..].iter().all(|&rest| rest == b'*')
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn account_ids_are_twelve_digits() {
        assert_eq!("012345678901".parse::<AccountId>().unwrap().as_str(), "012345678901");
        for wrong in ["", "12345678901", "1234567890123", "12345678901a", "０12345678901", "111111111111\n"] {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn tenant_names_make_valid_bucket_and_group_names() {
        for right in ["a", "clinical", "clinical-trials", "r2d2"] {
            assert!(right.parse::<TenantName>().is_ok(), "{right:?}");
        }
        for wrong in ["", "A", "2b", "a-", "a--b", "a_b", "-a", "abcdefghijklmnopqrstuvwxyzabcdef"] {
            assert!(wrong.parse::<TenantName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn role_names_become_arns_in_the_partition_of_the_region() {
        let account: AccountId = "012345678901".parse().unwrap();
        for (region, arn) in [
            ("eu-west-1", "arn:aws:iam::012345678901:role/aiops-ci"),
            ("cn-north-1", "arn:aws-cn:iam::012345678901:role/aiops-ci"),
            ("us-gov-west-1", "arn:aws-us-gov:iam::012345678901:role/aiops-ci"),
            ("eusc-de-east-1", "arn:aws-eusc:iam::012345678901:role/aiops-ci"),
            ("us-isob-east-1", "arn:aws-iso-b:iam::012345678901:role/aiops-ci"),
        ] {
            let role: RoleRef = "aiops-ci".parse().unwrap();
            assert_eq!(role.arn(&account, partition(region)), arn);
        }
        let with_path = "arn:aws:iam::111111111111:role/ml/ci";
        let role: RoleRef = with_path.parse().unwrap();
        assert_eq!(role.arn(&account, "aws"), with_path);
    }

    #[test]
    fn model_patterns() {
        for (pattern, model, fits) in [
            ("*", "anything", true),
            ("*", "", true),
            ("diabetes-*", "diabetes-risk", true),
            ("diabetes-*", "diabetes", false),
            ("*-risk", "diabetes-risk", true),
            ("*-risk", "diabetes-risk-2", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXcXb", false),
            ("v?", "v1", true),
            ("v?", "v", false),
            ("churn", "churn", true),
            ("churn", "Churn", false),
        ] {
            assert_eq!(pattern.parse::<ModelPattern>().unwrap().matches(model), fits, "{pattern} {model}");
        }
    }

    proptest! {
        #[test]
        fn model_patterns_agree_with_regular_expressions(pattern in "[ab*?]{1,8}", model in "[ab]{0,10}") {
            let regex = Regex::new(&format!("^{}$", pattern.replace('*', ".*").replace('?', "."))).unwrap();
            prop_assert_eq!(pattern.parse::<ModelPattern>().unwrap().matches(&model), regex.is_match(&model));
        }
    }
}
