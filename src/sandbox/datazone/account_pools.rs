//! Account pools: accounts that each project chooses one from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority::{self, Identity};
use super::common::{
    conflict, enter_available, iso, mentions, not_found, only_member, paged, quota_exceeded, sort_by_name,
    without_nulls,
};
use super::domain::Domain;
use super::project_profiles::ProjectProfile;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// The most pools of a domain.
const MOST: usize = 100;

/// An account pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AccountPool {
    /// Letters and digits.
    pub id: String,
    name: String,
    description: Option<String>,
    strategy: String,
    /// As given: the accounts, or a Lambda function that knows them.
    source: Value,
    created: (Timestamp, String),
    updated: (Timestamp, String),
}

impl AccountPool {
    /// The store's kind of account pools.
    pub const KIND: &'static str = "datazone/account-pool";

    /// The pool `id` of a domain.
    pub fn find(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Option<Self>> {
        Ok(call.store.get(Self::KIND, &domain.key(id))?)
    }

    fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        domain.documents(call, Self::KIND, "")
    }

    fn accounts(&self) -> ApiResult<&[Value]> {
        self.source["accounts"].as_array().map(Vec::as_slice).ok_or_else(|| {
            let message = format!("Account pool {} asks a Lambda function, and the sandbox runs none", self.id);
            ApiError::validation(message)
        })
    }

    /// Whether it has an account for use in a Region. One that asks a Lambda function has none here.
    pub fn has(&self, account: &str, region: &str) -> bool {
        self.source["accounts"].as_array().into_iter().flatten().any(|known| {
            let regions = known["supportedRegions"].as_array();
            known["awsAccountId"] == account && regions.into_iter().flatten().any(|known| known == region)
        })
    }

    /// Takes over what an input says, and keeps the pool.
    fn change(&mut self, call: &Call<'_>, domain: &Domain, caller: &Identity, input: &Value) -> ApiResult<()> {
        if let Some(name) = text(input, "name") {
            if Self::all(call, domain)?.iter().any(|other| other.name == name && other.id != self.id) {
                return Err(conflict(format!("An account pool named {name} already exists")));
            }
            name.clone_into(&mut self.name);
        }
        if let Some(description) = text(input, "description") {
            self.description = Some(description.to_owned());
        }
        if !input["accountSource"].is_null() {
            only_member(&input["accountSource"], "accountSource")?;
            self.source = input["accountSource"].clone();
        }
        self.updated = (call.now, caller.id().to_owned());
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    fn summary(&self, domain: &Domain) -> Value {
        json!({
            "domainId": domain.id, "id": self.id, "name": self.name, "resolutionStrategy": self.strategy,
            "domainUnitId": domain.root_unit, "createdBy": self.created.1, "updatedBy": self.updated.1,
        })
    }

    fn describe(&self, domain: &Domain) -> Value {
        let mut answer = self.summary(domain);
        answer["description"] = json!(self.description);
        answer["accountSource"] = self.source.clone();
        answer["createdAt"] = iso(self.created.0);
        answer["lastUpdatedAt"] = iso(self.updated.0);
        without_nulls(answer)
    }
}

/// `CreateAccountPool`. Pools belong to the root unit, as no input says otherwise.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "CreateAccountPool", &input)?;
    let creator = authority::require(call, &domain, &domain.root_unit, "CreateAccountPool")?;
    if AccountPool::all(call, &domain)?.len() >= MOST {
        return Err(quota_exceeded(format!("A domain has at most {MOST} account pools")));
    }
    let by = (call.now, creator.id().to_owned());
    let mut pool = AccountPool {
        id: call.random_hex(14)?,
        name: String::new(),
        description: None,
        strategy: required(&input, "resolutionStrategy").to_owned(),
        source: Value::Null,
        created: by.clone(),
        updated: by,
    };
    pool.change(call, &domain, &creator, &input)?;
    Ok(pool.describe(&domain))
}

/// The pool that an input names in `identifier`, and who the caller is, if they may `operation`.
fn enter_pool(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<(Domain, AccountPool, Identity)> {
    let domain = enter_available(call, operation, input)?;
    let id = required(input, "identifier");
    let pool = AccountPool::find(call, &domain, id)?.ok_or_else(|| not_found("Account pool", id))?;
    let caller = authority::require(call, &domain, &domain.root_unit, operation)?;
    Ok((domain, pool, caller))
}

/// `GetAccountPool`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, pool, _) = enter_pool(call, "GetAccountPool", &input)?;
    Ok(pool.describe(&domain))
}

/// `UpdateAccountPool`.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut pool, caller) = enter_pool(call, "UpdateAccountPool", &input)?;
    pool.change(call, &domain, &caller, &input)?;
    Ok(pool.describe(&domain))
}

/// `DeleteAccountPool`, refused while profiles use it; the operation knows no `ConflictException`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, pool, _) = enter_pool(call, "DeleteAccountPool", &input)?;
    let uses = |profile: &ProjectProfile| {
        profile.configurations.iter().filter_map(|c| c.account_pools.as_ref()).flatten().any(|id| *id == pool.id)
    };
    if ProjectProfile::all(call, &domain)?.iter().any(uses) {
        let message = format!("Account pool {} cannot be deleted: project profiles use it", pool.id);
        return Err(ApiError::validation(message));
    }
    call.store.delete(AccountPool::KIND, &domain.key(&pool.id))?;
    Ok(json!({}))
}

/// `ListAccountPools`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "ListAccountPools", &input)?;
    authority::require(call, &domain, &domain.root_unit, "ListAccountPools")?;
    let mut pools = AccountPool::all(call, &domain)?;
    sort_by_name(&mut pools, &input, |pool| &pool.name);
    let wanted = |pool: &AccountPool| mentions(&input, &pool.name);
    paged("items", pools, &input, 50, wanted, |pool| pool.summary(&domain))
}

/// `ListAccountsInAccountPool`.
pub(super) fn list_accounts(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (_, pool, _) = enter_pool(call, "ListAccountsInAccountPool", &input)?;
    paged("items", pool.accounts()?.to_vec(), &input, 50, |_| true, Value::clone)
}
