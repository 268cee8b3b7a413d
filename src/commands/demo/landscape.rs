//! The landscape of the demo: an organization, its accounts, and in each the roles and buckets that a real one needs, with
//! the policies that aiops generates. Built as an administrator of each account would build it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::governance::policy::{self, Place, Scope, Trustees};
use crate::governance::{Persona, Stage};
use crate::landscape::{self, Landscape};
use crate::sandbox::call::ApiError;
use crate::sandbox::organizations::ACCOUNT_ID_TAG;
use crate::sandbox::{Sandbox, s3};

/// Longer than it takes to make an account or to spread a role.
const UNTIL_SETTLED: Duration = Duration::from_secs(60);

/// Builds everything in an empty sandbox.
pub fn build(sandbox: &Sandbox, config: &Config, landscape: &Landscape) -> Result<()> {
    Builder::new(sandbox, config, landscape).build().map_err(unexpected)
}

/// Builds only the organization and its accounts in an empty sandbox: what an administrator begins with.
pub fn build_organization(sandbox: &Sandbox, config: &Config, landscape: &Landscape) -> Result<()> {
    Builder::new(sandbox, config, landscape).organization().map_err(unexpected)
}

fn unexpected(error: ApiError) -> Error {
    Error::failed("the landscape of the demo cannot be built").because(error).hint("please report this: it is a bug")
}

struct Builder<'a> {
    sandbox: &'a Sandbox,
    config: &'a Config,
    landscape: &'a Landscape,
    scope: Scope,
}

impl<'a> Builder<'a> {
    fn new(sandbox: &'a Sandbox, config: &'a Config, landscape: &'a Landscape) -> Self {
        Builder { sandbox, config, landscape, scope: landscape.scope() }
    }

    fn build(&self) -> Result<(), ApiError> {
        self.organization()?;
        self.roles()?;
        self.buckets()?;
        Ok(self.sandbox.advance(UNTIL_SETTLED)?)
    }

    fn call(&self, account: &str, service: &str, operation: &str, input: Value) -> Result<Value, ApiError> {
        self.sandbox.administer(account, self.config.region.as_str(), service, operation, input)
    }

    /// One organizational unit a tenant, its accounts in it; shared services at the root.
    fn organization(&self) -> Result<(), ApiError> {
        let management = self.landscape.governance().account.as_str();
        let organizations = |operation: &str, input| self.call(management, "organizations", operation, input);
        organizations("CreateOrganization", json!({"FeatureSet": "ALL"}))?;
        let roots = organizations("ListRoots", json!({}))?;
        let root = &roots["Roots"][0]["Id"];
        let create = |name: &str, account: &str| {
            organizations(
                "CreateAccount",
                json!({
                    "AccountName": name,
                    "Email": format!("{name}@example.com"),
                    "Tags": [{"Key": ACCOUNT_ID_TAG, "Value": account}],
                }),
            )
        };
        create("shared-services", self.landscape.central().account.as_str())?;
        let mut units = Vec::new();
        for tenant in self.landscape.tenants() {
            let unit = organizations("CreateOrganizationalUnit", json!({"ParentId": root, "Name": tenant.name}))?;
            for stage in Stage::ALL {
                let places = [(Some(tenant.stage(stage)), ""), (tenant.data(stage), "data-")];
                for (place, prefix) in places {
                    let Some(account) = place.map(|place| place.account.to_string()) else { continue };
                    // Stages may share an account.
                    if units.iter().any(|(known, _)| *known == account) {
                        continue;
                    }
                    create(&format!("{}-{prefix}{}", tenant.name, stage.word()), &account)?;
                    units.push((account, unit["OrganizationalUnit"]["Id"].clone()));
                }
            }
        }
        self.sandbox.advance(UNTIL_SETTLED)?;
        for (account, unit) in units {
            let input = json!({"AccountId": account, "SourceParentId": root, "DestinationParentId": unit});
            organizations("MoveAccount", input)?;
        }
        Ok(())
    }

    /// The role of each persona in each account, and the role that endpoints run as. They trust the governance account,
    /// where people sign in; those of CI jobs the shared services account as well, where the CI of projects comes in.
    fn roles(&self) -> Result<(), ApiError> {
        let governance = self.landscape.governance();
        let root = |place: &landscape::Place| format!("arn:{}:iam::{}:root", place.partition(), place.account);
        let central = self.landscape.central();
        let trustees = |persona: Persona| Trustees {
            principals: match persona {
                Persona::Ci => vec![root(governance), root(central)],
                _ => vec![root(governance)],
            },
            external_id: None,
        };
        let mut roles: BTreeMap<(String, String), (Value, Vec<policy::Policy>)> = BTreeMap::new();
        let mut grant = |arn: &str, trust: Value, policies: Vec<policy::Policy>| {
            let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
            let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
            roles.entry((account, name)).or_insert_with(|| (trust, Vec::new())).1.extend(policies);
        };
        for persona in Persona::ALL {
            let policies = policy::identity(persona, Place::Central, &self.scope);
            grant(&central.role_arn(persona), policy::trust(&trustees(persona)), policies);
        }
        for workspace in &self.scope.workspaces {
            let Ok(tenant) = self.landscape.tenant(&workspace.tenant) else { continue };
            let place = tenant.stage(workspace.stage);
            for persona in Persona::ALL {
                let policies = policy::identity(persona, Place::Workspace(workspace), &self.scope);
                grant(&place.role_arn(persona), policy::trust(&trustees(persona)), policies);
            }
            let runs = vec![policy::Policy {
                name: format!("aiops-{}-endpoints", Place::Workspace(workspace)),
                document: policy::execution_role(workspace, &self.scope),
            }];
            grant(&place.execution_role(), policy::execution_trust(), runs);
        }
        let partition = governance.partition();
        let mut bring_up = |place: &landscape::Place, what: &str, site: policy::Site<'_>| {
            let document = policy::bootstrap(site, partition, place.account.as_str());
            let policies = vec![policy::Policy { name: format!("aiops-bootstrap-{what}"), document }];
            let trust = policy::trust(&trustees(Persona::Administrator));
            grant(&place.role_arn(Persona::Administrator), trust, policies);
        };
        bring_up(self.landscape.management(), "organization", policy::Site::Management);
        bring_up(governance, "domain", policy::Site::Governance);
        bring_up(central, "registry", policy::Site::SharedServices(self.landscape.central_bucket()));
        for account in self.landscape.project_accounts() {
            bring_up(&account.place, "projects", policy::Site::Projects);
        }
        for ((account, name), (trust, policies)) in roles {
            let iam = |operation: &str, input| self.call(&account, "iam", operation, input);
            iam("CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()}))?;
            for policy in policies {
                let document = policy.document.to_string();
                let input = json!({"RoleName": name, "PolicyName": policy.name, "PolicyDocument": document});
                iam("PutRolePolicy", input)?;
            }
        }
        Ok(())
    }

    fn buckets(&self) -> Result<(), ApiError> {
        let bucket = |account: &str, region: &str, name: &str, policy: Option<Value>| {
            let policy = policy.map(|document| document.to_string());
            s3::create_bucket(self.sandbox, account, region, name, policy.as_deref())
        };
        let central = &self.scope.central;
        let policy = policy::central_bucket_policy(&self.scope);
        bucket(&central.account, &central.region, &central.bucket.name, Some(policy))?;
        s3::keep_versions(self.sandbox, &central.account, &central.region, &central.bucket.name)?;
        for workspace in &self.scope.workspaces {
            if let Some(own) = &workspace.bucket {
                let policy = policy::dev_bucket_policy(workspace, &self.scope);
                bucket(&workspace.account, &workspace.region, &own.name, policy)?;
            }
        }
        Ok(())
    }
}
