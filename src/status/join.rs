//! Putting the answers of the accounts together, version by version. Pure.

use std::collections::BTreeMap;

use super::{ModelStatus, Registered, Serving, StageStatus, VersionStatus, Waiting};
use crate::endpoint::live::Live;
use crate::governance::{LifeCycle, Registry, Stage, Status, machine, metadata};
use crate::landscape::{Landscape, Tenant};
use crate::registry::Version;

/// A group of the central registry.
pub(super) struct Central {
    pub group: String,
    pub versions: Vec<(Version, BTreeMap<String, String>)>,
}

/// The account of a stage of a tenant.
pub(super) struct Workspace {
    pub versions: BTreeMap<String, Vec<Version>>,
    pub endpoints: Vec<Live>,
}

/// Every model that any account knows, with its versions newest first.
pub(super) fn models(
    landscape: &Landscape,
    tenants: &[&Tenant],
    central: Vec<Central>,
    workspaces: Vec<(&Tenant, Stage, Workspace)>,
) -> Vec<ModelStatus> {
    let mut drafts: BTreeMap<(String, String), Draft> = BTreeMap::new();
    for (tenant, stage, workspace) in &workspaces {
        for (model, versions) in &workspace.versions {
            let draft = drafts.entry((tenant.name.to_string(), model.clone())).or_default();
            versions.iter().for_each(|version| draft.in_workspace(*stage, version));
        }
    }
    for Central { group, versions } in central {
        // Long names are shortened for good; the models of dev tell whose they are, or the versions themselves.
        let owner = drafts
            .keys()
            .find(|(tenant, model)| {
                tenants.iter().any(|known| known.name.as_str() == tenant && known.central_group_name(model) == group)
            })
            .cloned()
            .or_else(|| landscape.model_of_central_group(&group).map(|(t, m)| (t.name.to_string(), m.to_owned())))
            .or_else(|| of_metadata(tenants, &group, &versions))
            .unwrap_or_else(|| (String::new(), group.clone()));
        let draft = drafts.entry(owner).or_default();
        versions.iter().for_each(|(version, properties)| draft.in_central(version, properties));
    }
    for (tenant, stage, workspace) in &workspaces {
        for live in &workspace.endpoints {
            for ((owner, model), draft) in &mut drafts {
                if *owner == tenant.name && !is_of_another_stage(tenant, model, *stage, &live.endpoint) {
                    draft.serves(*stage, live);
                }
            }
        }
    }
    drafts.into_iter().map(|((tenant, model), draft)| draft.finish(tenant, model)).collect()
}

/// Tenant and model as the versions of a group say, if the group's name is derived from them.
fn of_metadata(
    tenants: &[&Tenant],
    group: &str,
    versions: &[(Version, BTreeMap<String, String>)],
) -> Option<(String, String)> {
    versions.iter().find_map(|(_, properties)| {
        let (tenant, model) = (properties.get(metadata::TENANT)?, properties.get(metadata::MODEL)?);
        let known = tenants.iter().find(|known| known.name == *tenant)?;
        (known.central_group_name(model) == group).then(|| (tenant.clone(), model.clone()))
    })
}

/// Stages may share an account: then an endpoint that is named for one of them is not the other's.
fn is_of_another_stage(tenant: &Tenant, model: &str, stage: Stage, endpoint: &str) -> bool {
    Stage::ALL.into_iter().any(|other| other != stage && tenant.endpoint_name(model, other) == endpoint)
}

/// Keeps the newest `latest` versions, and every older one that serves: what is live is never hidden.
pub(super) fn keep_latest(versions: &mut Vec<VersionStatus>, latest: usize) {
    let mut seen = 0;
    versions.retain(|version| {
        seen += 1;
        seen <= latest || [&version.test, &version.prod].iter().any(|stage| !stage.endpoints.is_empty())
    });
}

/// A model in the making: its versions by number in dev, and those that have none.
#[derive(Default)]
struct Draft {
    numbered: BTreeMap<u32, VersionStatus>,
    foreign: Vec<VersionStatus>,
}

impl Draft {
    fn in_workspace(&mut self, stage: Stage, version: &Version) {
        let registered = Registered::from(version);
        match stage {
            Stage::Dev => self.numbered.entry(version.number).or_default().dev = Some(registered),
            Stage::Test => self.foreign.push(VersionStatus {
                test: StageStatus { registry: Some(registered), ..StageStatus::default() },
                ..VersionStatus::default()
            }),
            Stage::Prod => self.foreign.push(VersionStatus {
                prod: StageStatus { registry: Some(registered), ..StageStatus::default() },
                ..VersionStatus::default()
            }),
        }
    }

    fn in_central(&mut self, version: &Version, properties: &BTreeMap<String, String>) {
        let source = metadata::source_version(properties);
        let registered = Some(Registered::from(version));
        match source {
            Some(number) => self.numbered.entry(number).or_default().central = registered,
            None => self.foreign.push(VersionStatus { central: registered, ..VersionStatus::default() }),
        }
    }

    fn serves(&mut self, stage: Stage, live: &Live) {
        for variant in &live.variants {
            let Some(arn) = &variant.package_arn else { continue };
            let is = |registered: &Option<Registered>| registered.as_ref().is_some_and(|known| known.arn == *arn);
            let served = self.numbered.values_mut().chain(&mut self.foreign).find(|version| {
                is(&version.central) || is(&version.dev) || is(&version.test.registry) || is(&version.prod.registry)
            });
            let Some(version) = served else { continue };
            let serving = Serving {
                endpoint: live.endpoint.clone(),
                status: live.status.clone(),
                variant: variant.clone(),
                failure: live.failure.clone(),
                changed_at: live.changed,
            };
            match stage {
                Stage::Dev => {}
                Stage::Test => version.test.endpoints.push(serving),
                Stage::Prod => version.prod.endpoints.push(serving),
            }
        }
    }

    fn finish(self, tenant: String, model: String) -> ModelStatus {
        let numbered = self.numbered.into_iter().rev().map(|(number, version)| VersionStatus {
            version: Some(number),
            waiting_for: waiting(&version),
            ..version
        });
        ModelStatus { tenant, model, versions: numbered.chain(self.foreign).collect() }
    }
}

/// Who has to do something about a version: where it has come farthest decides.
fn waiting(version: &VersionStatus) -> Option<Waiting> {
    let (registry, registered) = match (&version.central, &version.dev) {
        (Some(central), _) => (Registry::Central, central),
        (None, Some(dev)) => (Registry::Dev, dev),
        (None, None) => return None,
    };
    let at = registered.lifecycle.known()?;
    // A version in test or prod that serves already has nothing to wait for there but the decision.
    let served = !version.prod.endpoints.is_empty();
    if at == LifeCycle::new(Stage::Prod, Status::Approved) && served {
        return None;
    }
    let step = machine::waiting_for(registry, at)?;
    let persona = *step.by.first()?;
    Some(Waiting { persona, act: step.act, registry: step.registry, to: step.to, since: registered.registered_at })
}

impl From<&Version> for Registered {
    fn from(version: &Version) -> Self {
        Registered {
            arn: version.arn.clone(),
            number: version.number,
            lifecycle: version.lifecycle.clone(),
            approval: version.approval,
            registered_at: version.created,
        }
    }
}
