//! AWS Secrets Manager, as far as tokens of Git hosts need it: secrets of text, of one version each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};
use super::service::{Operation, Protocol, Service};
use super::tags::{TagRules, Tags};

/// Secrets Manager.
pub(super) const SERVICE: Service = Service {
    name: "secretsmanager",
    protocol: Protocol::Json {
        target_prefix: "secretsmanager",
        validation_code: "InvalidParameterException",
        operations: OPERATIONS,
    },
    shapes: r"
        Name = string 1..512
        SecretId = string 1..2048
        VersionId = string 32..64
        KmsKeyId = string ..2048
        Tag = { Key: string 1..128, Value: string ..256 }
        Replica = { Region: string 1..128 `^([a-z]+-)+\d+$`, KmsKeyId: KmsKeyId }
    ",
};

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateSecret",
        input: r"{ Name!: Name, ClientRequestToken: VersionId, Description: string ..2048, KmsKeyId: KmsKeyId,
                   SecretString: string 1..65536, Tags: list of Tag,
                   AddReplicaRegions: list 1.. of Replica, ForceOverwriteReplicaSecret: boolean,
                   Type: string ..256, CrossAccountPrimaryARN: string 20..2048 }",
        handler: create,
    },
    Operation {
        name: "GetSecretValue",
        input: "{ SecretId!: SecretId, VersionId: VersionId, VersionStage: string 1..256 }",
        handler: get_value,
    },
    Operation {
        name: "DeleteSecret",
        input: "{ SecretId!: SecretId, RecoveryWindowInDays: long, ForceDeleteWithoutRecovery: boolean }",
        handler: delete,
    },
];

const TAGS: TagRules = TagRules {
    members: ("Key", "Value"),
    invalid: "InvalidParameterException",
    most: (50, 400, "InvalidParameterException"),
};

/// The only stage of the only version.
const CURRENT: &str = "AWSCURRENT";

/// A secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Secret {
    name: String,
    arn: String,
    version: String,
    value: String,
    tags: Tags,
    created: Timestamp,
}

impl Secret {
    const KIND: &'static str = "secretsmanager/secret";

    /// The caller's secret that an input means by name or ARN, also by an ARN without its last six characters.
    fn find(call: &Call<'_>, id: &str) -> ApiResult<Option<Self>> {
        let all = call.store.list::<Secret>(Self::KIND, &call.key(""))?;
        let is_it = |secret: &Secret| {
            secret.name == id || secret.arn == id || secret.arn.rsplit_once('-').is_some_and(|(arn, _)| arn == id)
        };
        Ok(all.into_iter().map(|(_, secret)| secret).find(is_it))
    }

    fn access(&self, operation: &str) -> Access {
        Access::new(format!("secretsmanager:{operation}"), self.arn.clone()).tags("aws:ResourceTag", &self.tags)
    }
}

fn not_found() -> ApiError {
    ApiError::new(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

/// The secret that an input means, which the caller may do `operation` with.
fn enter(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<Secret> {
    let id = required(input, "SecretId");
    let found = Secret::find(call, id)?;
    let access = found.as_ref().map_or_else(
        || Access::new(format!("secretsmanager:{operation}"), arn(call, id, "??????")),
        |secret| secret.access(operation),
    );
    call.authorize(&access)?;
    found.ok_or_else(not_found)
}

fn arn(call: &Call<'_>, name: &str, end: &str) -> String {
    format!("arn:aws:secretsmanager:{}:{}:secret:{name}-{end}", call.region, call.caller.account)
}

fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "Name");
    let tags = TAGS.read(&input)?;
    let arn = arn(call, name, &call.random_hex(6)?);
    call.authorize(&Access::new("secretsmanager:CreateSecret", arn.clone()).request_tags(&tags))?;
    if Secret::find(call, name)?.is_some() {
        let message = format!("The operation failed because the secret {name} already exists.");
        return Err(ApiError::new(400, "ResourceExistsException", message));
    }
    let Some(value) = text(&input, "SecretString") else {
        return Err(ApiError::new(400, "InvalidParameterException", "The sandbox keeps secrets of text only."));
    };
    let (version, value) = (call.random_hex(32)?, value.to_owned());
    let secret = Secret { name: name.to_owned(), arn, version, value, tags, created: call.now };
    call.store.put(Secret::KIND, &call.key(name), &secret)?;
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "VersionId": secret.version}))
}

fn get_value(call: &mut Call<'_>, input: Value) -> ApiResult {
    let secret = enter(call, "GetSecretValue", &input)?;
    let is_other = text(&input, "VersionId").is_some_and(|version| version != secret.version)
        || text(&input, "VersionStage").is_some_and(|stage| stage != CURRENT);
    if is_other {
        return Err(not_found());
    }
    Ok(json!({
        "ARN": secret.arn, "Name": secret.name, "VersionId": secret.version, "SecretString": secret.value,
        "VersionStages": [CURRENT], "CreatedDate": epoch_seconds(secret.created),
    }))
}

/// The sandbox has no time of recovery: what is deleted is gone.
fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let secret = enter(call, "DeleteSecret", &input)?;
    call.store.delete(Secret::KIND, &call.key(&secret.name))?;
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "DeletionDate": epoch_seconds(call.now)}))
}
