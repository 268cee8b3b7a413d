//! OpenID Connect providers: whose tokens the roles of an account may trust.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::support::{already_exists, iso_8601, limit_exceeded, no_such_entity, paged, tag_list, tags};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required};
use crate::sandbox::store::{Store, StoreError};

const CLIENT_QUOTA: usize = 100;
const THUMBPRINT_QUOTA: usize = 5;
const PROVIDER_QUOTA: usize = 100;
const TAG_QUOTA: usize = 50;
/// AWS fetches the certificate if no thumbprint is given. Nothing is fetched here.
const FETCHED: &str = "ffffffffffffffffffffffffffffffffffffffff";

/// An OpenID Connect provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Provider {
    /// `arn:aws:iam::A:oidc-provider/host/path`.
    pub arn: String,
    /// The issuer, without its scheme: what condition keys begin with.
    pub name: String,
    /// The audiences that tokens may be for.
    pub clients: Vec<String>,
    thumbprints: Vec<String>,
    created: Timestamp,
    tags: BTreeMap<String, String>,
}

impl Provider {
    const KIND: &'static str = "iam/oidc-provider";

    /// The provider under an ARN.
    pub fn by_arn(store: &Store<'_>, arn: &str) -> Result<Option<Self>, StoreError> {
        store.get(Self::KIND, &key(arn))
    }

    /// The provider of `account` whose tokens say that `issuer`, a URL, made them.
    pub fn of_issuer(store: &Store<'_>, account: &str, issuer: &str) -> Result<Option<Self>, StoreError> {
        let Some(name) = issuer.strip_prefix("https://") else { return Ok(None) };
        Self::by_arn(store, &arn(account, name.trim_end_matches('/')))
    }

    fn save(&self, store: &Store<'_>) -> Result<(), StoreError> {
        store.put(Self::KIND, &key(&self.arn), self)
    }
}

fn arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{name}")
}

/// Documents are kept by account.
fn key(arn: &str) -> String {
    let account = arn.split(':').nth(4).unwrap_or_default();
    format!("{account}/{arn}")
}

pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = call.caller.account.clone();
    let name = name_of(required(&input, "Url"))?;
    let tags = tags(&input)?;
    let provider = Provider {
        arn: arn(&account, &name),
        name,
        clients: texts(&input, "ClientIDList"),
        thumbprints: Some(texts(&input, "ThumbprintList"))
            .filter(|given| !given.is_empty())
            .unwrap_or_else(|| vec![FETCHED.to_owned()]),
        created: call.now,
        tags,
    };
    call.authorize(&Access::new("iam:CreateOpenIDConnectProvider", &provider.arn).request_tags(&provider.tags))?;
    if Provider::by_arn(&call.store, &provider.arn)?.is_some() {
        return Err(already_exists(format!("Provider with url https://{} already exists.", provider.name)));
    }
    check_clients(&provider)?;
    if provider.thumbprints.len() > THUMBPRINT_QUOTA {
        return Err(invalid(format!("Thumbprint list must contain fewer than {} entries.", THUMBPRINT_QUOTA + 1)));
    }
    if all(call)?.len() >= PROVIDER_QUOTA {
        let message = format!("Cannot exceed quota for OpenIdConnectProvidersPerAccount: {PROVIDER_QUOTA}");
        return Err(limit_exceeded(message));
    }
    provider.save(&call.store)?;
    let mut answer = json!({"OpenIDConnectProviderArn": provider.arn});
    if !provider.tags.is_empty() {
        answer["Tags"] = tag_list(&provider.tags).into();
    }
    Ok(answer)
}

pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let provider = find(call, "iam:GetOpenIDConnectProvider", &input)?;
    let mut answer = json!({
        "Url": provider.name, "ClientIDList": provider.clients, "ThumbprintList": provider.thumbprints,
        "CreateDate": iso_8601(provider.created),
    });
    if !provider.tags.is_empty() {
        answer["Tags"] = tag_list(&provider.tags).into();
    }
    Ok(answer)
}

pub(super) fn list(call: &mut Call<'_>, _: Value) -> ApiResult {
    let account = &call.caller.account;
    call.authorize(&Access::new("iam:ListOpenIDConnectProviders", arn(account, "*")))?;
    let arns: Vec<Value> = all(call)?.iter().map(|provider| json!({"Arn": provider.arn})).collect();
    Ok(json!({"OpenIDConnectProviderList": arns}))
}

/// Roles that trust it stay as they are. What is gone already is no error.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    match find(call, "iam:DeleteOpenIDConnectProvider", &input) {
        Ok(provider) => drop(call.store.delete(Provider::KIND, &key(&provider.arn))?),
        Err(error) if error.code == "NoSuchEntity" => {}
        Err(error) => return Err(error),
    }
    Ok(Value::Null)
}

pub(super) fn add_client(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut provider = find(call, "iam:AddClientIDToOpenIDConnectProvider", &input)?;
    let client = required(&input, "ClientID");
    if !provider.clients.iter().any(|known| known == client) {
        provider.clients.push(client.to_owned());
        check_clients(&provider)?;
        provider.save(&call.store)?;
    }
    Ok(Value::Null)
}

pub(super) fn tag(call: &mut Call<'_>, input: Value) -> ApiResult {
    let new = tags(&input)?;
    let keys = Access::new("", "").request_tags(&new).keys;
    let mut provider = find_with(call, "iam:TagOpenIDConnectProvider", &input, keys)?;
    for (key, value) in new {
        provider.tags.retain(|known, _| !known.eq_ignore_ascii_case(&key));
        provider.tags.insert(key, value);
    }
    if provider.tags.len() > TAG_QUOTA {
        return Err(limit_exceeded(format!("The number of tags has reached the maximum limit: {TAG_QUOTA}")));
    }
    provider.save(&call.store)?;
    Ok(Value::Null)
}

pub(super) fn untag(call: &mut Call<'_>, input: Value) -> ApiResult {
    let gone = texts(&input, "TagKeys");
    let keys = vec![("aws:TagKeys".to_owned(), gone.clone())];
    let mut provider = find_with(call, "iam:UntagOpenIDConnectProvider", &input, keys)?;
    provider.tags.retain(|known, _| !gone.iter().any(|key| key.eq_ignore_ascii_case(known)));
    provider.save(&call.store)?;
    Ok(Value::Null)
}

pub(super) fn list_tags(call: &mut Call<'_>, input: Value) -> ApiResult {
    let provider = find(call, "iam:ListOpenIDConnectProviderTags", &input)?;
    paged("Tags", tag_list(&provider.tags), &input)
}

fn all(call: &Call<'_>) -> ApiResult<Vec<Provider>> {
    let prefix = format!("{}/", call.caller.account);
    Ok(call.store.list(Provider::KIND, &prefix)?.into_iter().map(|(_, provider)| provider).collect())
}

fn find(call: &mut Call<'_>, action: &str, input: &Value) -> ApiResult<Provider> {
    find_with(call, action, input, Vec::new())
}

fn find_with(
    call: &mut Call<'_>,
    action: &str,
    input: &Value,
    keys: Vec<(String, Vec<String>)>,
) -> ApiResult<Provider> {
    let arn = required(input, "OpenIDConnectProviderArn");
    if !arn.starts_with("arn:aws:iam::") || !arn.contains(":oidc-provider/") {
        return Err(invalid(format!("Invalid ARN: {arn}")));
    }
    let provider = Provider::by_arn(&call.store, arn)?;
    let mut access = Access::new(action, arn);
    access.keys = keys;
    if let Some(provider) = &provider {
        access = access.tags("aws:ResourceTag", &provider.tags).tags("iam:ResourceTag", &provider.tags);
    }
    call.authorize(&access)?;
    provider.ok_or_else(|| no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}")))
}

/// What a provider is called: its URL without the scheme. A query or fragment is no part of an issuer.
fn name_of(url: &str) -> ApiResult<String> {
    let name = url.strip_prefix("https://").map(|rest| rest.trim_end_matches('/'));
    let fits = |name: &&str| !name.is_empty() && !name.contains(['?', '#', ' ', '*']) && !name.contains("//");
    let name = name
        .filter(fits)
        .ok_or_else(|| ApiError::new(400, "ValidationError", "Invalid Open ID Connect Provider URL"))?;
    Ok(name.to_owned())
}

fn check_clients(provider: &Provider) -> ApiResult<()> {
    if provider.clients.len() > CLIENT_QUOTA {
        let message = format!("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENT_QUOTA}");
        return Err(limit_exceeded(message));
    }
    Ok(())
}

fn texts(input: &Value, member: &str) -> Vec<String> {
    input[member].as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidInput", message)
}
