//! Configurations of blueprints: that an account lets environments be made from one, and how. Each account has its own,
//! in its own domains and in those that are shared with it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::blueprints;
use super::common::{DATAZONE, enter_available, iso, not_found, paged};
use super::domain::Domain;
use super::grants::Grant;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required, text};

/// What an input says that comes back. `globalParameters` do not: they can only be written, and nothing here reads them.
const SETTINGS: &[&str] = &[
    "provisioningRoleArn",
    "manageAccessRoleArn",
    "environmentRolePermissionBoundary",
    "enabledRegions",
    "regionalParameters",
    "allowUserProvidedConfigurations",
    "provisioningConfigurations",
];

/// The configuration of a blueprint in an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Configuration {
    /// The account.
    pub account: String,
    /// Id of the blueprint.
    pub blueprint: String,
    /// As AWS tells of it.
    pub settings: Value,
    created: Timestamp,
    updated: Timestamp,
}

impl Configuration {
    /// The store's kind of configurations.
    pub const KIND: &'static str = "datazone/blueprint-configuration";

    /// The configuration of a blueprint in `account`.
    pub fn find(call: &Call<'_>, domain: &Domain, account: &str, blueprint: &str) -> ApiResult<Option<Self>> {
        Ok(call.store.get(Self::KIND, &domain.key(&format!("{account}/{blueprint}")))?)
    }

    /// Whether environments may be made in a Region.
    pub fn is_enabled_in(&self, region: &str) -> bool {
        self.settings["enabledRegions"].as_array().into_iter().flatten().any(|enabled| enabled == region)
    }

    /// What it says for a Region.
    pub fn regional(&self, region: &str) -> &Value {
        &self.settings["regionalParameters"][region]
    }

    fn key(&self, domain: &Domain) -> String {
        domain.key(&format!("{}/{}", self.account, self.blueprint))
    }

    /// By what policy grants name it.
    fn entity(&self) -> String {
        format!("{}:{}", self.account, self.blueprint)
    }

    fn describe(&self, domain: &Domain) -> Value {
        let mut answer = self.settings.clone();
        answer["domainId"] = json!(domain.id);
        answer["environmentBlueprintId"] = json!(self.blueprint);
        answer["createdAt"] = iso(self.created);
        answer["updatedAt"] = iso(self.updated);
        answer
    }
}

/// `PutEnvironmentBlueprintConfiguration`: configures the blueprint in the caller's account, whosoever the domain is. It
/// replaces all that an earlier one said. Whether DataZone can take the roles shows when something is deployed.
pub(super) fn put(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "PutEnvironmentBlueprintConfiguration", &input)?;
    let blueprint = required(&input, "environmentBlueprintIdentifier");
    blueprints::existing(&domain.region, blueprint)?;
    if input["enabledRegions"].as_array().is_none_or(Vec::is_empty) {
        return Err(ApiError::validation("Environment blueprint configuration needs to enable atleast one region"));
    }
    for role in ["provisioningRoleArn", "manageAccessRoleArn"].iter().filter_map(|member| text(&input, member)) {
        call.authorize(&Access::new("iam:PassRole", role).key("iam:PassedToService", DATAZONE.principal))?;
    }
    let account = call.caller.account.clone();
    let known = Configuration::find(call, &domain, &account, blueprint)?;
    let mut settings = json!({});
    for member in SETTINGS.iter().filter(|member| !input[**member].is_null()) {
        settings[*member] = input[*member].clone();
    }
    if let Some(resources) = input["resourceConfigurations"].as_array() {
        let identified = resources.iter().map(|resource| {
            let mut resource = resource.clone();
            resource["identifier"] = json!(call.random_hex(14)?);
            Ok(resource)
        });
        settings["resourceConfigurations"] = Value::Array(identified.collect::<ApiResult<_>>()?);
    }
    let configuration = Configuration {
        account,
        blueprint: blueprint.to_owned(),
        settings,
        created: known.map_or(call.now, |known| known.created),
        updated: call.now,
    };
    call.store.put(Configuration::KIND, &configuration.key(&domain), &configuration)?;
    Ok(configuration.describe(&domain))
}

/// `GetEnvironmentBlueprintConfiguration`: that of the caller's account.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "GetEnvironmentBlueprintConfiguration", &input)?;
    let blueprint = required(&input, "environmentBlueprintIdentifier");
    let found = Configuration::find(call, &domain, &call.caller.account, blueprint)?;
    let found = found.ok_or_else(|| not_found("Environment blueprint configuration", blueprint))?;
    Ok(found.describe(&domain))
}

/// `ListEnvironmentBlueprintConfigurations`: those of the caller's account.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "ListEnvironmentBlueprintConfigurations", &input)?;
    let own = format!("{}/", call.caller.account);
    let found: Vec<Configuration> = domain.documents(call, Configuration::KIND, &own)?;
    paged("items", found, &input, 50, |_| true, |configuration| configuration.describe(&domain))
}

/// `DeleteEnvironmentBlueprintConfiguration`. Its grants go with it: AWS does not say so, but a client that adds them
/// again is right either way. The operation knows no `ResourceNotFoundException`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "DeleteEnvironmentBlueprintConfiguration", &input)?;
    let blueprint = required(&input, "environmentBlueprintIdentifier");
    if let Some(found) = Configuration::find(call, &domain, &call.caller.account, blueprint)? {
        for grant in Grant::all(call, &domain, (super::grants::BLUEPRINT, &found.entity()))? {
            grant.remove(call, &domain)?;
        }
        call.store.delete(Configuration::KIND, &found.key(&domain))?;
    }
    Ok(json!({}))
}
