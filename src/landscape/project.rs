//! The accounts that projects live in.

use super::{Landscape, Place, Tenant};
use crate::config::domain::{Network, ProjectRoles};
use crate::config::{BucketName, StageAccount};
use crate::governance::Stage;

/// An account in a Region that projects live in. Stages that share it are one.
#[derive(Clone, Debug)]
pub struct ProjectAccount {
    /// The account and the Region.
    pub place: Place,
    /// The tenants whose it is.
    pub tenants: Vec<String>,
    /// The network of its projects, if the configuration names one.
    pub network: Option<Network>,
    /// The bucket of its projects.
    pub bucket: String,
    /// Roles that DataZone takes there and that are not to be made.
    pub roles: ProjectRoles,
}

impl ProjectAccount {
    fn new(tenant: &Tenant, place: &Place, own: &StageAccount) -> Self {
        ProjectAccount {
            place: place.clone(),
            tenants: vec![tenant.name.clone()],
            network: own.network.clone(),
            bucket: own.projects_bucket.as_ref().map_or_else(|| projects_bucket(place), BucketName::to_string),
            roles: own.project_roles.clone(),
        }
    }

    fn is_at(&self, place: &Place) -> bool {
        (&self.place.account, &self.place.region) == (&place.account, &place.region)
    }

    /// Takes over what `other` says about the same account. Rules of the configuration hold that they do not disagree.
    fn join(&mut self, other: ProjectAccount) {
        for tenant in other.tenants {
            if !self.tenants.contains(&tenant) {
                self.tenants.push(tenant);
            }
        }
        self.network = self.network.take().or(other.network);
        if self.bucket == projects_bucket(&self.place) {
            self.bucket = other.bucket;
        }
        let (own, others) = (&mut self.roles, other.roles);
        own.manage_access = own.manage_access.take().or(others.manage_access);
        own.provisioning = own.provisioning.take().or(others.provisioning);
        own.query_execution = own.query_execution.take().or(others.query_execution);
    }
}

/// AWS's policies for projects reach buckets that are called like this.
fn projects_bucket(place: &Place) -> String {
    format!("amazon-sagemaker-{}-{}-aiops", place.account, place.region)
}

impl Landscape {
    /// Every account that projects live in, in the order of the configuration, each once.
    pub fn project_accounts(&self) -> Vec<ProjectAccount> {
        let mut accounts: Vec<ProjectAccount> = Vec::new();
        for tenant in &self.tenants {
            let stages = Stage::ALL.map(|stage| (tenant.stage(stage), tenant.config.stages.get(stage)));
            let data =
                Stage::ALL.map(|stage| tenant.data(stage).zip(tenant.config.data.as_ref().map(|data| data.get(stage))));
            for (place, own) in stages.into_iter().chain(data.into_iter().flatten()) {
                let account = ProjectAccount::new(tenant, place, own);
                match accounts.iter_mut().find(|known| known.is_at(place)) {
                    Some(known) => known.join(account),
                    None => accounts.push(account),
                }
            }
        }
        accounts
    }
}
