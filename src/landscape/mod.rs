//! The resolved world: which account, Region, role and name a tenant's stage means.
//!
//! Everything that is derived from `aiops.yaml` is derived here, once: nobody else builds a role's ARN, or the name of a
//! bucket, a central group or an endpoint.

mod names;
mod place;
mod project;

#[cfg(test)]
mod tests;

use crate::config::roles::OwnRoles;
use crate::config::{AccountId, BucketName, Config, ExternalId, Governance, RegionName, Stages};
use crate::error::{Error, Result};
use crate::governance::policy::{Bucket, Central, Scope, Workspace};
use crate::governance::{Persona, Stage};

pub use self::place::{Place, RoleToAssume};
pub use self::project::ProjectAccount;
pub use crate::config::partition;

use self::place::Kind;

/// The resolved world.
#[derive(Clone, Debug)]
pub struct Landscape {
    management: Place,
    governance: Place,
    central: Place,
    central_bucket: String,
    kms_key: Option<String>,
    tenants: Vec<Tenant>,
    via: Vec<RoleToAssume>,
}

/// A line of business.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its short name.
    pub name: String,
    stages: [Place; 3],
    data: Option<[Place; 3]>,
    dev_bucket: String,
    config: crate::config::Tenant,
}

impl Landscape {
    /// Resolves a checked configuration.
    pub fn new(config: &Config) -> Self {
        let place = |kind,
                     account: &AccountId,
                     region: Option<&RegionName>,
                     own: &OwnRoles,
                     external_id: Option<&ExternalId>| {
            Place::new(
                kind,
                account.clone(),
                region.unwrap_or(&config.region).clone(),
                config.roles.overridden(own),
                external_id.or(config.session.external_id.as_ref()).cloned(),
            )
        };
        let governance = &config.governance;
        let shared = &config.shared_services;
        let central = place(
            Kind::SharedServices,
            &shared.account,
            shared.region.as_ref(),
            &shared.roles,
            shared.external_id.as_ref(),
        );
        let tenants = config.tenants.iter().map(|tenant| {
            let places = |stages: &Stages, data: bool| {
                Stage::ALL.map(|stage| {
                    let own = stages.get(stage);
                    let kind = Kind::Stage { tenant: tenant.name.to_string(), stage, data };
                    place(kind, &own.account, own.region.as_ref(), &own.roles, own.external_id.as_ref())
                })
            };
            let stages = places(&tenant.stages, false);
            let data = tenant.data.as_ref().map(|data| places(data, true));
            let dev_bucket = dev_bucket(&tenant.stages, tenant.name.as_str(), &stages[0]);
            Tenant { name: tenant.name.to_string(), stages, data, dev_bucket, config: tenant.clone() }
        });
        let governance_place = |kind| {
            let Governance { account, region, external_id, roles } = governance;
            place(kind, account, region.as_ref(), roles, external_id.as_ref())
        };
        Landscape {
            management: match &config.management {
                Some(own) => {
                    let region = governance.region.as_ref();
                    place(Kind::Management, &own.account, region, &own.roles, own.external_id.as_ref())
                }
                None => governance_place(Kind::Management),
            },
            governance: governance_place(Kind::Governance),
            central_bucket: shared
                .bucket
                .as_ref()
                .map_or_else(|| format!("aiops-models-{}-{}", central.account, central.region), ToString::to_string),
            kms_key: shared.kms_key.as_ref().map(|key| names::key_arn(key.as_str(), &central)),
            tenants: tenants.collect(),
            via: config
                .session
                .via
                .iter()
                .map(|arn| RoleToAssume {
                    arn: arn.to_string(),
                    external_id: config.session.external_id.as_ref().map(ToString::to_string),
                })
                .collect(),
            central,
        }
    }

    /// The management account of the organization.
    pub fn management(&self) -> &Place {
        &self.management
    }

    /// The governance account.
    pub fn governance(&self) -> &Place {
        &self.governance
    }

    /// The shared services account, with the central registry.
    pub fn central(&self) -> &Place {
        &self.central
    }

    /// The bucket of the central artifacts.
    pub fn central_bucket(&self) -> &str {
        &self.central_bucket
    }

    /// Every tenant, in the order of the configuration.
    pub fn tenants(&self) -> &[Tenant] {
        &self.tenants
    }

    /// Roles to go through before any role is assumed.
    pub fn via(&self) -> Vec<RoleToAssume> {
        self.via.clone()
    }

    /// The tenant called `name`.
    pub fn tenant(&self, name: &str) -> Result<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
            let error = Error::usage(format!("there is no tenant {name:?}"));
            let error = match crate::nearest::nearest_name(name, names.iter().copied()) {
                Some(nearest) => error.hint(format!("did you mean {nearest:?}?")),
                None => error,
            };
            error.hint(format!("aiops.yaml has: {}", names.join(", ")))
        })
    }

    /// Whose a group of the central registry is, by its name. Long names are shortened, and tell nothing.
    pub fn model_of_central_group<'a>(&self, group: &'a str) -> Option<(&Tenant, &'a str)> {
        if names::is_shortened(group) {
            return None;
        }
        let prefixed = self.tenants.iter().filter_map(|tenant| {
            let model = group.strip_prefix(tenant.name.as_str())?.strip_prefix('-')?;
            (!model.is_empty()).then_some((tenant, model))
        });
        // Of `a` and `a-b`, `a-b-c` is the latter's.
        prefixed.max_by_key(|(tenant, _)| tenant.name.len())
    }

    /// ARN of the role that the CI of one of the tenant's projects takes. It is in the shared services account.
    pub fn ci_role_arn(&self, tenant: &Tenant, project: &str) -> String {
        let place = &self.central;
        format!("arn:{}:iam::{}:role/{}", place.partition(), place.account, tenant.ci_role_name(project))
    }

    /// The accounts between which models move, as policies name them.
    pub fn scope(&self) -> Scope {
        let copiers = [Persona::Engineer, Persona::Ci].map(|persona| self.central.role_arn(persona));
        Scope {
            partition: self.central.partition().to_owned(),
            central: Central {
                account: self.central.account.to_string(),
                region: self.central.region.to_string(),
                bucket: Bucket { name: self.central_bucket.clone(), key_arn: self.kms_key.clone() },
                copiers: copiers.into(),
            },
            workspaces: self
                .tenants
                .iter()
                .flat_map(|tenant| Stage::ALL.map(|stage| (tenant, stage)))
                .map(|(tenant, stage)| tenant.workspace(stage))
                .collect(),
        }
    }
}

fn dev_bucket(stages: &Stages, tenant: &str, dev: &Place) -> String {
    let named: Option<&BucketName> = stages.dev.bucket.as_ref();
    named.map_or_else(|| names::fitted(format!("aiops-{tenant}-{}-{}", dev.account, dev.region)), ToString::to_string)
}

/// What a profile of the configuration is called in DataZone, for a tenant and a stage.
pub fn profile_name(tenant: &str, profile: &str, stage: Stage) -> String {
    names::fitted_within(64, format!("{tenant} {profile} {}", stage.word()))
}

impl Tenant {
    /// The account of one of its stages.
    pub fn stage(&self, stage: Stage) -> &Place {
        match stage {
            Stage::Dev => &self.stages[0],
            Stage::Test => &self.stages[1],
            Stage::Prod => &self.stages[2],
        }
    }

    /// The data producers' account of one of its stages, if it has any.
    pub fn data(&self, stage: Stage) -> Option<&Place> {
        let [dev, test, prod] = self.data.as_ref()?;
        Some(match stage {
            Stage::Dev => dev,
            Stage::Test => test,
            Stage::Prod => prod,
        })
    }

    /// What the configuration says about it.
    pub fn config(&self) -> &crate::config::Tenant {
        &self.config
    }

    /// Whether the model package group `model` of the dev account is this tenant's.
    pub fn owns(&self, model: &str) -> bool {
        self.config.owns(model)
    }

    /// The bucket of its dev account, where training leaves artifacts.
    pub fn dev_bucket(&self) -> &str {
        &self.dev_bucket
    }

    /// The group of `model` in the central registry: `<tenant>-<model>`, at most 63 characters.
    pub fn central_group_name(&self, model: &str) -> String {
        names::joined(&self.name, model)
    }

    /// The endpoint of `model` in a stage: `<tenant>-<model>-<stage>`, at most 63 characters. The stage is part of it
    /// because stages may share an account.
    pub fn endpoint_name(&self, model: &str, stage: Stage) -> String {
        names::joined(&format!("{}-{model}", self.name), stage.word())
    }

    /// The role that the CI of `project` takes: `aiops-ci-<tenant>-<project>`, at most the 64 characters of IAM.
    pub fn ci_role_name(&self, project: &str) -> String {
        names::fitted_within(64, format!("aiops-ci-{}-{project}", self.name))
    }

    /// Every account in which it has a role of CI jobs.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.stages.iter().chain(self.data.iter().flatten())
    }

    /// The DataZone profile of one of the configuration's profiles in a stage: `<tenant> <profile> <stage>`, at most the
    /// 64 characters that DataZone allows.
    pub fn profile_name(&self, profile: &str, stage: Stage) -> String {
        profile_name(&self.name, profile, stage)
    }

    /// The DataZone project of a project in a stage: `<tenant>-<project>-<stage>`, at most the 64 characters that DataZone
    /// allows.
    pub fn project_name(&self, project: &str, stage: Stage) -> String {
        names::fitted_within(64, format!("{}-{project}-{}", self.name, stage.word()))
    }

    fn workspace(&self, stage: Stage) -> Workspace {
        let place = self.stage(stage);
        Workspace {
            tenant: self.name.clone(),
            stage,
            account: place.account.to_string(),
            region: place.region.to_string(),
            bucket: (stage == Stage::Dev).then(|| Bucket { name: self.dev_bucket.clone(), key_arn: None }),
            execution_role: place.execution_role(),
        }
    }
}
