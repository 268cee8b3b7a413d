//! The Key Management Service: symmetric keys, their policies, aliases, rotation, tags and end.
//!
//! A key's policy decides: what it neither allows nor leaves to the account, no identity policy can allow. Nothing is
//! encrypted here; S3 and the others take any key's ARN.

mod aliases;
mod key;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use self::key::{Key, Rotation, days, not_found};
use super::call::{Access, ApiError, ApiResult, Call, epoch_seconds, page, required, text};
use super::service::{Operation, Protocol, Service};
use super::tagging::Tagged;
use super::tags::{self, TagRules};

/// The Key Management Service.
pub(super) const SERVICE: Service = Service {
    name: "kms",
    protocol: Protocol::Json {
        target_prefix: "TrentService",
        validation_code: "ValidationException",
        operations: OPERATIONS,
    },
    shapes: r"
        KeyId = string 1..2048
        AliasName = string 1..256 `^[a-zA-Z0-9:/_-]+$`
        Policy = string 1..131072 `[\u0009\u000A\u000D\u0020-\u00FF]+`
        PolicyName = string 1..128 `[\w]+`
        TagKey = string 1..128
        Tag = { TagKey!: TagKey, TagValue!: string 0..256 }
        Limit = integer 1..1000
        Marker = string 1..1024 `[\u0020-\u00FF]*`
        KeyUsage = enum SIGN_VERIFY ENCRYPT_DECRYPT GENERATE_VERIFY_MAC KEY_AGREEMENT ENCAPSULATE_DECAPSULATE
        OldKeySpec = enum RSA_2048 RSA_3072 RSA_4096 ECC_NIST_P256 ECC_NIST_P384 ECC_NIST_P521 ECC_SECG_P256K1
                          SYMMETRIC_DEFAULT HMAC_224 HMAC_256 HMAC_384 HMAC_512 SM2
        KeySpec = enum RSA_2048 RSA_3072 RSA_4096 ECC_NIST_P256 ECC_NIST_P384 ECC_NIST_P521 ECC_SECG_P256K1
                       SYMMETRIC_DEFAULT HMAC_224 HMAC_256 HMAC_384 HMAC_512 SM2 ML_DSA_44 ML_DSA_65 ML_DSA_87
                       ECC_NIST_EDWARDS25519 ML_KEM_512 ML_KEM_768 ML_KEM_1024
        Origin = enum AWS_KMS EXTERNAL AWS_CLOUDHSM EXTERNAL_KEY_STORE
    ",
};

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateKey",
        input: "{ Policy: Policy, Description: string 0..8192, KeyUsage: KeyUsage, CustomerMasterKeySpec: OldKeySpec,
                  KeySpec: KeySpec, Origin: Origin, CustomKeyStoreId: string 1..64,
                  BypassPolicyLockoutSafetyCheck: boolean, Tags: list of Tag, MultiRegion: boolean }",
        handler: create_key,
    },
    Operation {
        name: "DescribeKey",
        input: "{ KeyId!: KeyId, GrantTokens: list 0..10 of string 1..8192 }",
        handler: describe_key,
    },
    Operation {
        name: "ListKeys",
        input: "{ Limit: Limit, Marker: Marker, ResourceOwners: list 1..2 of enum SELF OTHER_ACCOUNTS_VIA_RAM }",
        handler: list_keys,
    },
    Operation { name: "EnableKey", input: "{ KeyId!: KeyId }", handler: enable_key },
    Operation { name: "DisableKey", input: "{ KeyId!: KeyId }", handler: disable_key },
    Operation {
        name: "CreateAlias",
        input: "{ AliasName!: AliasName, TargetKeyId!: KeyId }",
        handler: aliases::create,
    },
    Operation {
        name: "UpdateAlias",
        input: "{ AliasName!: AliasName, TargetKeyId!: KeyId }",
        handler: aliases::update,
    },
    Operation { name: "DeleteAlias", input: "{ AliasName!: AliasName }", handler: aliases::delete },
    Operation { name: "ListAliases", input: "{ KeyId: KeyId, Limit: Limit, Marker: Marker }", handler: aliases::list },
    Operation { name: "GetKeyPolicy", input: "{ KeyId!: KeyId, PolicyName: PolicyName }", handler: get_key_policy },
    Operation {
        name: "PutKeyPolicy",
        input: "{ KeyId!: KeyId, PolicyName: PolicyName, Policy!: Policy, BypassPolicyLockoutSafetyCheck: boolean }",
        handler: put_key_policy,
    },
    Operation {
        name: "EnableKeyRotation",
        input: "{ KeyId!: KeyId, RotationPeriodInDays: integer 90..2560 }",
        handler: enable_key_rotation,
    },
    Operation { name: "DisableKeyRotation", input: "{ KeyId!: KeyId }", handler: disable_key_rotation },
    Operation { name: "GetKeyRotationStatus", input: "{ KeyId!: KeyId }", handler: get_key_rotation_status },
    Operation { name: "TagResource", input: "{ KeyId!: KeyId, Tags!: list of Tag }", handler: tag_resource },
    Operation { name: "UntagResource", input: "{ KeyId!: KeyId, TagKeys!: list of TagKey }", handler: untag_resource },
    Operation {
        name: "ListResourceTags",
        input: "{ KeyId!: KeyId, Limit: Limit, Marker: Marker }",
        handler: list_resource_tags,
    },
    Operation {
        name: "ScheduleKeyDeletion",
        input: "{ KeyId!: KeyId, PendingWindowInDays: integer 1..365 }",
        handler: schedule_key_deletion,
    },
    Operation { name: "CancelKeyDeletion", input: "{ KeyId!: KeyId }", handler: cancel_key_deletion },
];

/// The operations that take an alias in place of a key's id.
const BY_ALIAS: &[&str] = &["DescribeKey"];
/// The operations that a key's policy can open to other accounts.
const ABROAD: &[&str] = &["DescribeKey", "GetKeyRotationStatus"];

const TAGS: TagRules =
    TagRules { members: ("TagKey", "TagValue"), invalid: "TagException", most: (50, 400, "LimitExceededException") };

/// The one policy that a key has.
const POLICY_NAME: &str = "default";
/// Days until deletion, if nothing is said.
const LONGEST_WINDOW: i64 = 30;
/// AWS's model says 1, its documentation and the service say 7.
const SHORTEST_WINDOW: i64 = 7;
const ROTATION_DAYS: i64 = 365;

/// The policy that a key has if none is given: it leaves everything to the identity policies of the account.
fn default_policy(account: &str) -> String {
    json!({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{
        "Sid": "Enable IAM User Permissions", "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "kms:*", "Resource": "*",
    }]})
    .to_string()
}

fn create_key(call: &mut Call<'_>, input: Value) -> ApiResult {
    let tags = TAGS.read(&input)?;
    let bypass = bypasses_check(&input);
    let mut key = Key {
        id: call.uuid()?,
        account: call.caller.account.clone(),
        region: call.region.clone(),
        created: call.now,
        description: text(&input, "Description").unwrap_or_default().to_owned(),
        enabled: true,
        deletion: None,
        policy: default_policy(&call.caller.account),
        rotation: None,
        tags,
    };
    let access = Access::new("kms:CreateKey", "*").request_tags(&key.tags);
    call.authorize(&with_bypass(key::of_kind(access), bypass))?;
    if !key.tags.is_empty() {
        call.authorize(&Access::new("kms:TagResource", key.arn()).request_tags(&key.tags))?;
    }
    check_kind(&input)?;
    if let Some(policy) = text(&input, "Policy") {
        key.set_policy(call, policy, bypass)?;
    }
    key.save(call)?;
    Ok(json!({"KeyMetadata": key.describe()}))
}

/// Refuses keys of other kinds than the sandbox has.
fn check_kind(input: &Value) -> ApiResult<()> {
    let is = |member: &str, only: &str| text(input, member).is_none_or(|wanted| wanted == only);
    let common = is("KeyUsage", "ENCRYPT_DECRYPT")
        && is("KeySpec", "SYMMETRIC_DEFAULT")
        && is("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT")
        && is("Origin", "AWS_KMS")
        && text(input, "CustomKeyStoreId").is_none()
        && input["MultiRegion"] != true;
    if common {
        return Ok(());
    }
    let message = "The sandbox has symmetric encryption keys of one Region, with key material of KMS.";
    Err(ApiError::new(400, "UnsupportedOperationException", message))
}

fn describe_key(call: &mut Call<'_>, input: Value) -> ApiResult {
    let key = enter(call, "DescribeKey", &input)?;
    Ok(json!({"KeyMetadata": key.describe()}))
}

fn list_keys(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("kms:ListKeys", "*"))?;
    let own = input["ResourceOwners"].as_array().is_none_or(|owners| owners.iter().any(|owner| owner == "SELF"));
    let keys = if own { Key::all(call)? } else { Vec::new() };
    let described = keys.iter().map(|key| json!({"KeyId": key.id, "KeyArn": key.arn()}));
    paged("Keys", described.collect(), &input, 100)
}

fn enable_key(call: &mut Call<'_>, input: Value) -> ApiResult {
    set_enabled(call, "EnableKey", &input, true)
}

fn disable_key(call: &mut Call<'_>, input: Value) -> ApiResult {
    set_enabled(call, "DisableKey", &input, false)
}

fn set_enabled(call: &mut Call<'_>, operation: &str, input: &Value, enabled: bool) -> ApiResult {
    let mut key = enter(call, operation, input)?;
    key.must_stay()?;
    key.enabled = enabled;
    key.save(call)?;
    Ok(json!({}))
}

fn get_key_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let key = enter(call, "GetKeyPolicy", &input)?;
    check_policy_name(&input)?;
    Ok(json!({"Policy": key.policy, "PolicyName": POLICY_NAME}))
}

fn put_key_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let bypass = bypasses_check(&input);
    let mut key = key::enter(call, "PutKeyPolicy", required(&input, "KeyId"), |access| with_bypass(access, bypass))?;
    check_policy_name(&input)?;
    key.set_policy(call, required(&input, "Policy"), bypass)?;
    key.save(call)?;
    Ok(json!({}))
}

fn bypasses_check(input: &Value) -> bool {
    input["BypassPolicyLockoutSafetyCheck"] == true
}

fn with_bypass(access: Access, bypass: bool) -> Access {
    access.key("kms:BypassPolicyLockoutSafetyCheck", bypass.to_string())
}

fn check_policy_name(input: &Value) -> ApiResult<()> {
    match text(input, "PolicyName") {
        None | Some(POLICY_NAME) => Ok(()),
        Some(_) => Err(not_found("No such policy exists")),
    }
}

fn enable_key_rotation(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut key = enter(call, "EnableKeyRotation", &input)?;
    key.must_be_enabled()?;
    let days = input["RotationPeriodInDays"].as_i64().unwrap_or(ROTATION_DAYS);
    key.rotation = Some(Rotation { days, since: call.now });
    key.save(call)?;
    Ok(json!({}))
}

fn disable_key_rotation(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut key = enter(call, "DisableKeyRotation", &input)?;
    key.must_be_enabled()?;
    key.rotation = None;
    key.save(call)?;
    Ok(json!({}))
}

fn get_key_rotation_status(call: &mut Call<'_>, input: Value) -> ApiResult {
    let key = enter(call, "GetKeyRotationStatus", &input)?;
    let mut status = json!({"KeyId": key.id, "KeyRotationEnabled": false});
    // A key whose end is scheduled does not rotate, but will again if it stays.
    if let Some(rotation) = key.rotation.filter(|_| key.deletion.is_none()) {
        status["KeyRotationEnabled"] = json!(true);
        status["RotationPeriodInDays"] = json!(rotation.days);
        status["NextRotationDate"] = epoch_seconds(rotation.next(call.now));
    }
    Ok(status)
}

fn tag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let new = TAGS.read(&input)?;
    let mut key = key::enter(call, "TagResource", required(&input, "KeyId"), |access| access.request_tags(&new))?;
    key.must_stay()?;
    TAGS.add(&mut key.tags, new)?;
    key.save(call)?;
    Ok(json!({}))
}

fn untag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let gone = tags::keys(&input);
    let mut key = key::enter(call, "UntagResource", required(&input, "KeyId"), |access| {
        access.keys_of("aws:TagKeys", gone.iter().cloned())
    })?;
    key.must_stay()?;
    key.tags.retain(|known, _| !gone.contains(known));
    key.save(call)?;
    Ok(json!({}))
}

fn list_resource_tags(call: &mut Call<'_>, input: Value) -> ApiResult {
    let key = enter(call, "ListResourceTags", &input)?;
    paged("Tags", TAGS.list(&key.tags), &input, 50)
}

fn schedule_key_deletion(call: &mut Call<'_>, input: Value) -> ApiResult {
    let window = input["PendingWindowInDays"].as_i64().unwrap_or(LONGEST_WINDOW);
    let mut key = key::enter(call, "ScheduleKeyDeletion", required(&input, "KeyId"), |access| {
        access.key("kms:ScheduleKeyDeletionPendingWindowInDays", window.to_string())
    })?;
    if !(SHORTEST_WINDOW..=LONGEST_WINDOW).contains(&window) {
        let message = format!("PendingWindowInDays must be between {SHORTEST_WINDOW} and {LONGEST_WINDOW}");
        return Err(ApiError::validation(message));
    }
    key.must_stay()?;
    let deletion = call.now.checked_add(days(window)).unwrap_or(call.now);
    key.deletion = Some(deletion);
    key.save(call)?;
    Ok(json!({"KeyId": key.arn(), "DeletionDate": epoch_seconds(deletion), "KeyState": "PendingDeletion",
              "PendingWindowInDays": window}))
}

fn cancel_key_deletion(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut key = enter(call, "CancelKeyDeletion", &input)?;
    if key.deletion.take().is_none() {
        let message = format!("{} is not pending deletion.", key.arn());
        return Err(ApiError::new(400, "KMSInvalidStateException", message));
    }
    key.enabled = false;
    key.save(call)?;
    Ok(json!({"KeyId": key.arn()}))
}

/// The key that the input names, once the caller has leave for `operation` on it.
fn enter(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<Key> {
    key::enter(call, operation, required(input, "KeyId"), |access| access)
}

fn paged(member: &str, items: Vec<Value>, input: &Value, most: u64) -> ApiResult {
    let most = usize::try_from(input["Limit"].as_u64().unwrap_or(most)).unwrap_or(usize::MAX);
    let (items, marker) = page(items, most, text(input, "Marker"))
        .map_err(|_| ApiError::new(400, "InvalidMarkerException", "The marker is not one of an earlier answer."))?;
    let mut answer = json!({member: items, "Truncated": marker.is_some()});
    if let Some(marker) = marker {
        answer["NextMarker"] = json!(marker);
    }
    Ok(answer)
}

/// The caller's keys of the Region that is asked, with their tags.
pub(super) fn tagged(call: &Call<'_>) -> ApiResult<Tagged> {
    Ok(Key::all(call)?.into_iter().map(|key| (key.arn(), key.tags)).collect())
}
