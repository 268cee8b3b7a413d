//! The part of a configuration that CI of one tenant's repository needs.

use super::model::Config;
use super::settings::{Git, Templates};
use crate::error::{Error, Result};
use crate::governance::Persona;

impl Config {
    /// The landscape of one tenant, for its CI: no other tenant's accounts, nothing that only administrators use, and no
    /// path that means something on another machine.
    pub fn for_ci(&self, tenant: &str) -> Config {
        let mut narrowed = self.clone();
        narrowed.tenants.retain(|known| known.name.as_str() == tenant);
        narrowed.persona = Some(Persona::Ci);
        narrowed.sandbox = None;
        narrowed.management = None;
        narrowed.profiles = Vec::new();
        narrowed.domain.account_pools = Vec::new();
        narrowed.domain.owners = Vec::new();
        narrowed.templates = Templates::default();
        narrowed.git = Git { owner: self.git.owner.clone(), provider: self.git.provider, ..Git::default() };
        narrowed.gates.policies = None;
        for tenant in &mut narrowed.tenants {
            tenant.owners = Vec::new();
            tenant.members = Vec::new();
        }
        narrowed
    }

    /// As a file.
    pub fn to_yaml(&self) -> Result<String> {
        serde_yaml::to_string(self).map_err(|error| Error::failed("aiops.yaml cannot be written").because(error))
    }
}
