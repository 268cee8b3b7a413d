//! Aliases: second names of keys, in the account and Region of the key.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::key::{self, Key, not_found, store_key};
use super::paged;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};

const KIND: &str = "kms/alias";

/// An alias.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Alias {
    /// Begins with `alias/`.
    pub name: String,
    /// Id of the key.
    pub key: String,
    created: Timestamp,
    updated: Timestamp,
}

impl Alias {
    /// The alias `name` of `account` in the Region of the call. It may have outlived its key: see [`live`].
    pub fn find(call: &Call<'_>, account: &str, name: &str) -> ApiResult<Option<Self>> {
        Ok(call.store.get(KIND, &store_key(account, &call.region, name))?)
    }

    fn arn(&self, call: &Call<'_>) -> String {
        call.arn("kms", &self.name)
    }

    fn save(&self, call: &Call<'_>) -> ApiResult<()> {
        Ok(call.store.put(KIND, &call.key(&self.name), self)?)
    }
}

/// The aliases of `account` in the Region of the call, by name.
pub(super) fn of(call: &Call<'_>, account: &str) -> ApiResult<Vec<Alias>> {
    let aliases = call.store.list(KIND, &store_key(account, &call.region, ""))?;
    Ok(aliases.into_iter().map(|(_, alias)| alias).collect())
}

/// `CreateAlias`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "AliasName");
    check_name(name)?;
    ask(call, "CreateAlias", name)?;
    let key = target(call, "CreateAlias", &input)?;
    key.must_stay()?;
    if live(call, name)?.is_some() {
        let message = format!("An alias with the name {} already exists", call.arn("kms", name));
        return Err(ApiError::new(400, "AlreadyExistsException", message));
    }
    let alias = Alias { name: name.to_owned(), key: key.id, created: call.now, updated: call.now };
    alias.save(call)?;
    Ok(json!({}))
}

/// `UpdateAlias`: leads to another key from now on.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "AliasName");
    ask(call, "UpdateAlias", name)?;
    let mut alias = existing(call, name)?;
    key::enter(call, "UpdateAlias", &alias.key, |access| access)?;
    let key = target(call, "UpdateAlias", &input)?;
    key.must_stay()?;
    alias.key = key.id;
    alias.updated = call.now;
    alias.save(call)?;
    Ok(json!({}))
}

/// `DeleteAlias`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "AliasName");
    ask(call, "DeleteAlias", name)?;
    let alias = existing(call, name)?;
    key::enter(call, "DeleteAlias", &alias.key, |access| access)?;
    call.store.delete(KIND, &call.key(name))?;
    Ok(json!({}))
}

/// `ListAliases`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("kms:ListAliases", "*"))?;
    let keys = Key::all(call)?;
    let wanted = text(&input, "KeyId").map(|wanted| wanted.rsplit('/').next().unwrap_or(wanted));
    if let Some(wanted) = wanted.filter(|wanted| !keys.iter().any(|key| key.id == *wanted)) {
        return Err(not_found(format!("Key '{}' does not exist", call.arn("kms", &format!("key/{wanted}")))));
    }
    let aliases = of(call, &call.caller.account)?
        .into_iter()
        .filter(|alias| wanted.is_none_or(|wanted| alias.key == wanted) && keys.iter().any(|key| key.id == alias.key));
    let described = aliases.map(|alias| {
        json!({"AliasName": alias.name, "AliasArn": alias.arn(call), "TargetKeyId": alias.key,
               "CreationDate": epoch_seconds(alias.created), "LastUpdatedDate": epoch_seconds(alias.updated)})
    });
    paged("Aliases", described.collect(), &input, 50)
}

/// Asks leave for `operation` on the alias itself, which has no policy.
fn ask(call: &mut Call<'_>, operation: &str, name: &str) -> ApiResult<()> {
    call.authorize(&Access::new(format!("kms:{operation}"), call.arn("kms", name)))
}

/// The key that an input wants an alias to lead to, once the caller has leave for `operation` on it.
fn target(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<Key> {
    let reference = required(input, "TargetKeyId");
    if reference.starts_with("alias/") || reference.contains(":alias/") {
        return Err(ApiError::validation("Aliases must refer to keys. Not aliases"));
    }
    key::enter(call, operation, reference, |access| access)
}

/// The caller's alias `name`, unless its key is gone.
fn live(call: &Call<'_>, name: &str) -> ApiResult<Option<Alias>> {
    let keys = Key::all(call)?;
    let alias = Alias::find(call, &call.caller.account, name)?;
    Ok(alias.filter(|alias| keys.iter().any(|key| key.id == alias.key)))
}

fn existing(call: &Call<'_>, name: &str) -> ApiResult<Alias> {
    live(call, name)?.ok_or_else(|| not_found(format!("Alias {} is not found.", call.arn("kms", name))))
}

fn check_name(name: &str) -> ApiResult<()> {
    let invalid = |message: &str| Err(ApiError::new(400, "InvalidAliasNameException", message));
    match name.strip_prefix("alias/") {
        None | Some("") => invalid("Alias must start with the prefix \"alias/\" and have a name."),
        Some(rest) if rest.starts_with("aws/") => invalid("Aliases that begin with alias/aws/ are reserved."),
        Some(_) => Ok(()),
    }
}
