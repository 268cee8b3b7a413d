//! What a key is, how requests name it, and who may do something with it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::aliases::{self, Alias};
use super::{ABROAD, BY_ALIAS};
use crate::sandbox::authorization::resource_policy_admits;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds};
use crate::sandbox::iam::{DocumentKind, Policy, entities};
use crate::sandbox::tags::Tags;

/// The most bytes of a key policy.
const LARGEST_POLICY: usize = 32_768;

/// A symmetric key for encryption, whose material KMS made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Key {
    pub id: String,
    /// The account that owns it.
    pub account: String,
    pub region: String,
    pub created: Timestamp,
    pub description: String,
    pub enabled: bool,
    /// When it is no more, once that is scheduled.
    pub deletion: Option<Timestamp>,
    pub policy: String,
    pub rotation: Option<Rotation>,
    pub tags: Tags,
}

/// How often the material of a key is renewed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rotation {
    pub days: i64,
    pub since: Timestamp,
}

impl Rotation {
    /// The first moment after `now` at which the material is renewed.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let period = days(self.days);
        let past = now.duration_since(self.since).as_secs() / period.as_secs().max(1);
        let periods = i32::try_from(past + 1).unwrap_or(i32::MAX);
        self.since.checked_add(period * periods).unwrap_or(Timestamp::MAX)
    }
}

/// So many days.
pub(super) fn days(number: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * number)
}

impl Key {
    const KIND: &'static str = "kms/key";

    /// `arn:aws:kms:R:A:key/I`.
    pub fn arn(&self) -> String {
        arn(&self.region, &self.account, &self.id)
    }

    /// Keeps the key.
    pub fn save(&self, call: &Call<'_>) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &store_key(&self.account, &self.region, &self.id), self)?)
    }

    /// The key `id`, until it is deleted.
    fn find(call: &Call<'_>, account: &str, id: &str) -> ApiResult<Option<Self>> {
        let key: Option<Key> = call.store.get(Self::KIND, &store_key(account, &call.region, id))?;
        Ok(key.filter(|key| key.exists(call.now)))
    }

    /// The keys of the caller's account, by id.
    pub fn all(call: &Call<'_>) -> ApiResult<Vec<Self>> {
        let keys = call.store.list::<Key>(Self::KIND, &call.key(""))?;
        Ok(keys.into_iter().map(|(_, key)| key).filter(|key| key.exists(call.now)).collect())
    }

    /// Whether the key is not deleted yet at `now`.
    fn exists(&self, now: Timestamp) -> bool {
        self.deletion.is_none_or(|deletion| now < deletion)
    }

    fn state(&self) -> &'static str {
        match self.deletion {
            Some(_) => "PendingDeletion",
            None if self.enabled => "Enabled",
            None => "Disabled",
        }
    }

    /// Refuses keys whose deletion is scheduled.
    pub fn must_stay(&self) -> ApiResult<()> {
        if self.deletion.is_none() {
            return Ok(());
        }
        Err(ApiError::new(400, "KMSInvalidStateException", format!("{} is pending deletion.", self.arn())))
    }

    /// Refuses keys that cannot be used at present.
    pub fn must_be_enabled(&self) -> ApiResult<()> {
        self.must_stay()?;
        if self.enabled {
            return Ok(());
        }
        Err(ApiError::new(400, "DisabledException", format!("{} is disabled.", self.arn())))
    }

    /// Its `KeyMetadata`.
    pub fn describe(&self) -> Value {
        let mut described = json!({
            "AWSAccountId": self.account, "KeyId": self.id, "Arn": self.arn(),
            "CreationDate": epoch_seconds(self.created), "Enabled": self.state() == "Enabled",
            "Description": self.description, "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": self.state(),
            "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "KeySpec": "SYMMETRIC_DEFAULT", "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false,
        });
        if let Some(deletion) = self.deletion {
            described["DeletionDate"] = epoch_seconds(deletion);
        }
        described
    }

    /// A request for leave to do `operation` with this key. Its policy decides; to other accounts it can open only some
    /// operations.
    pub fn access(&self, call: &Call<'_>, operation: &str) -> ApiResult<Access> {
        let foreign = self.account != call.caller.account;
        let policy = (!foreign || ABROAD.contains(&operation)).then(|| self.policy.clone());
        let aliases = aliases::of(call, &self.account)?.into_iter().filter(|alias| alias.key == self.id);
        let access = Access::new(format!("kms:{operation}"), self.arn())
            .by_resource_policy(policy)
            .key("kms:CallerAccount", &call.caller.account)
            .keys_of("kms:ResourceAliases", aliases.map(|alias| alias.name))
            .tags("aws:ResourceTag", &self.tags);
        Ok(of_kind(access))
    }

    /// Checks `policy` and gives it to the key. Unless `bypass` says otherwise, it must leave the caller a way to change
    /// it again.
    pub fn set_policy(&mut self, call: &Call<'_>, policy: &str, bypass: bool) -> ApiResult<()> {
        let malformed = |message: String| ApiError::new(400, "MalformedPolicyDocumentException", message);
        if policy.len() > LARGEST_POLICY {
            let message = format!("The key policy exceeds the maximum of {LARGEST_POLICY} bytes.");
            return Err(ApiError::new(400, "LimitExceededException", message));
        }
        let parsed = Policy::parse(policy, DocumentKind::Resource).map_err(|error| malformed(error.to_string()))?;
        if entities::unknown_principal(&call.store, &parsed)?.is_some() {
            let message = "Policy contains a statement with one or more invalid principals.";
            return Err(malformed(message.to_owned()));
        }
        policy.clone_into(&mut self.policy);
        if !bypass && !resource_policy_admits(call, &self.access(call, "PutKeyPolicy")?)? {
            let message = "The new key policy will not allow you to update the key policy in the future.";
            return Err(malformed(message.to_owned()));
        }
        Ok(())
    }
}

/// Adds the condition keys that all keys of the sandbox, present and future, have in common.
pub(super) fn of_kind(access: Access) -> Access {
    access
        .key("kms:KeySpec", "SYMMETRIC_DEFAULT")
        .key("kms:KeyUsage", "ENCRYPT_DECRYPT")
        .key("kms:KeyOrigin", "AWS_KMS")
        .key("kms:MultiRegion", "false")
}

/// The key that `reference` means, once the caller has leave for `operation` on it; `request` adds what the request
/// itself says to the question. A key that does not exist is refused to those who may not look, and missing to those
/// who may.
pub(super) fn enter(
    call: &mut Call<'_>,
    operation: &str,
    reference: &str,
    request: impl FnOnce(Access) -> Access,
) -> ApiResult<Key> {
    let Reference { account, id, alias } = Reference::read(call, reference, BY_ALIAS.contains(&operation))?;
    let arn = arn(&call.region, &account, &id);
    let Some(key) = Key::find(call, &account, &id)? else {
        call.authorize(&request(Access::new(format!("kms:{operation}"), &arn)))?;
        return Err(not_found(format!("Key '{arn}' does not exist")));
    };
    let access =
        alias.into_iter().fold(key.access(call, operation)?, |access, alias| access.key("kms:RequestAlias", alias));
    call.authorize(&request(access))?;
    Ok(key)
}

/// What a request calls a key.
struct Reference {
    account: String,
    id: String,
    /// The alias that led to it.
    alias: Option<String>,
}

impl Reference {
    /// Reads a key's id, its ARN, and if `by_alias` an alias or an alias's ARN.
    fn read(call: &Call<'_>, text: &str, by_alias: bool) -> ApiResult<Self> {
        let (account, name) = match text.splitn(6, ':').collect::<Vec<_>>()[..] {
            ["arn", "aws", "kms", region, account, name] if region == call.region => (account, name),
            ["arn", "aws", "kms", region, _, _] => return Err(not_found(format!("Invalid arn {region}"))),
            ["arn", ..] => return Err(ApiError::new(400, "InvalidArnException", format!("Invalid arn {text}"))),
            _ => (call.caller.account.as_str(), text),
        };
        let (account, is_arn) = (account.to_owned(), name != text);
        if name.starts_with("alias/") {
            if !by_alias {
                return Err(not_found(format!("Invalid keyId '{text}'")));
            }
            let arn = format!("arn:aws:kms:{}:{account}:{name}", call.region);
            let alias = Alias::find(call, &account, name)?;
            let alias = alias.ok_or_else(|| not_found(format!("Alias {arn} is not found.")))?;
            return Ok(Reference { account, id: alias.key, alias: Some(alias.name) });
        }
        let id = if is_arn { name.strip_prefix("key/") } else { Some(name) };
        let id = id.filter(|id| !id.is_empty() && !id.contains(['/', ':']));
        let id = id.ok_or_else(|| not_found(format!("Invalid keyId '{text}'")))?.to_owned();
        Ok(Reference { account, id, alias: None })
    }
}

fn arn(region: &str, account: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:key/{id}")
}

/// Where the store has what belongs to an account's KMS.
pub(super) fn store_key(account: &str, region: &str, name: &str) -> String {
    format!("{account}/{region}/{name}")
}

pub(super) fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "NotFoundException", message)
}
