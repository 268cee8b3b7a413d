//! What lets the CI of a project into AWS without a key: the provider of its tokens, and a role that trusts this project's
//! repositories alone. The role may do nothing but take the roles of CI jobs in the tenant's accounts and the central one.

use std::collections::BTreeSet;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use crate::aws::error::{AwsError, Class};
use crate::config::GitProvider;
use crate::domain::role::Role;
use crate::domain::{MANAGED_BY, Studio, is_tagged};
use crate::error::{Error, Result};
use crate::git::forge::oidc::{AUDIENCE, Identity, Source};
use crate::governance::{Persona, policy};
use crate::landscape::{Place, Tenant};
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};
use crate::world::World;

/// The fact about a repository that says how the subjects of its CI's tokens begin
/// ([`crate::git::forge::Forge::oidc_subject`]).
pub const SUBJECT: &str = "oidc-subject";

/// A repository whose CI may take the role.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The repository, about which [`SUBJECT`] is known once it is there.
    pub address: Address,
    /// Whether its CI builds, from the default branch.
    pub builds: bool,
    /// The environments that its CI deploys to.
    pub environments: Vec<String>,
}

/// ARN of the role that the CI of a project takes, if its repositories have CI.
pub fn role_arn(world: &World<'_>, tenant: &Tenant, project: &str) -> Option<String> {
    let has_ci = world.config.git.provider != GitProvider::Local;
    has_ci.then(|| world.landscape.ci_role_arn(tenant, project))
}

/// By what a plan knows that role.
pub fn role_address(world: &World<'_>, tenant: &Tenant, project: &str) -> Option<Address> {
    let has_ci = world.config.git.provider != GitProvider::Local;
    has_ci.then(|| Address::new(&world.landscape.central().account, "role", tenant.ci_role_name(project)))
}

/// The provider and the role; nothing for repositories without CI.
pub fn resources<'w>(
    studio: Studio<'w>,
    tenant: &Tenant,
    project: &str,
    repositories: Vec<Repository>,
) -> Vec<Box<dyn Resource + 'w>> {
    let Some(identity) = identity(&studio.world.config.git, &[]) else { return Vec::new() };
    let provider = Provider { studio, identity };
    let role = role(studio, tenant, project, repositories).needing(provider.address());
    vec![Box::new(provider), Box::new(role)]
}

fn identity(git: &crate::config::settings::Git, sources: &[Source<'_>]) -> Option<Identity> {
    Identity::new(git.provider, git.host.as_deref(), sources)
}

fn role<'w>(studio: Studio<'w>, tenant: &Tenant, project: &str, repositories: Vec<Repository>) -> Role<'w> {
    let landscape = studio.world.landscape;
    let central = landscape.central();
    let leads_to: BTreeSet<String> =
        tenant.places().chain([central]).map(|place| place.role_arn(Persona::Ci)).collect();
    let rights = policy::assume_roles(leads_to);
    let needs: Vec<Address> = repositories.iter().map(|repository| repository.address.clone()).collect();
    let git = studio.world.config.git.clone();
    let (partition, account) = (central.partition(), central.account.to_string());
    let trust = move |facts: &Facts| {
        let subjects = repositories.iter().map(|repository| facts.get(&repository.address, SUBJECT));
        let subjects: Vec<String> = subjects.collect::<Option<_>>()?;
        let environments: Vec<Vec<&str>> = repositories
            .iter()
            .map(|repository| repository.environments.iter().map(String::as_str).collect())
            .collect();
        let sources: Vec<Source<'_>> = repositories
            .iter()
            .zip(&subjects)
            .zip(&environments)
            .map(|((repository, subject), environments)| Source {
                subject,
                branch: &git.default_branch,
                builds: repository.builds,
                environments,
            })
            .collect();
        Some(identity(&git, &sources)?.trust(partition, &account))
    };
    let role = Role::new(studio, central, tenant.ci_role_name(project), Box::new(trust))
        .because(format!("the CI of {project} comes to AWS in it"))
        .not_of_datazone()
        .with_inline("TakeCiRoles", Box::new(move |_| Some(rights.clone())));
    needs.into_iter().fold(role, Role::needing)
}

/// The provider of CI's tokens. An account has one for each issuer: all projects share it, and who made it first does not
/// matter.
struct Provider<'w> {
    studio: Studio<'w>,
    identity: Identity,
}

/// A provider as it is.
struct Actual {
    ours: bool,
    audiences: Vec<String>,
}

impl Actual {
    fn serves(&self) -> bool {
        self.audiences.iter().any(|audience| audience == AUDIENCE)
    }
}

impl Provider<'_> {
    fn place(&self) -> &Place {
        self.studio.world.landscape.central()
    }

    fn arn(&self) -> String {
        self.identity.provider_arn(self.place().partition(), self.place().account.as_str())
    }

    async fn client(&self) -> Result<Client> {
        Ok(self.studio.session(self.place()).await?.iam())
    }

    async fn read(&self, iam: &Client) -> Result<Option<Actual>> {
        let found = iam.get_open_id_connect_provider().open_id_connect_provider_arn(self.arn()).send().await;
        match found.map_err(AwsError::from) {
            Ok(found) => Ok(Some(Actual {
                ours: is_tagged(found.tags().iter().map(|tag| (tag.key(), tag.value()))),
                audiences: found.client_id_list().to_vec(),
            })),
            Err(error) if error.class() == Class::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Resource for Provider<'_> {
    fn address(&self) -> Address {
        Address::new(&self.place().account, "identity provider", self.identity.provider())
    }

    fn reason(&self) -> String {
        "it vouches for CI".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some(actual) = self.read(&self.client().await?).await? else { return Ok(Found::Absent) };
            let wanted = actual.audiences.iter().map(String::as_str).chain([AUDIENCE]);
            let difference = Difference::between("audiences", &actual.audiences, wanted.collect::<Vec<_>>());
            let differences: Vec<Difference> = difference.filter(|_| !actual.serves()).into_iter().collect();
            Ok(match actual.ours {
                false => Found::Foreign(differences),
                true if actual.serves() => Found::Same,
                true => Found::Different(differences),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let iam = self.client().await?;
            if *found == Found::Absent {
                let tag = Tag::builder().key(MANAGED_BY.0).value(MANAGED_BY.1).build();
                let tag = tag.map_err(|error| Error::failed("a request cannot be written").because(error))?;
                let create = iam.create_open_id_connect_provider().url(&self.identity.issuer);
                match create.client_id_list(AUDIENCE).tags(tag).send().await.map_err(AwsError::from) {
                    Ok(_) => return Ok(()),
                    // The call was repeated after its answer was lost, or somebody was faster.
                    Err(error) if error.class() == Class::AlreadyExists => {}
                    Err(error) => return Err(error.into()),
                }
            }
            match self.read(&iam).await? {
                Some(actual) if actual.serves() => return Ok(()),
                Some(actual) if actual.ours => {}
                _ => {
                    return Err(Error::failed(format!("somebody else has just made or removed {}", self.arn()))
                        .hint("run the same command again: it looks afresh"));
                }
            }
            let add = iam.add_client_id_to_open_id_connect_provider().open_id_connect_provider_arn(self.arn());
            add.client_id(AUDIENCE).send().await.map_err(AwsError::from)?;
            Ok(())
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Stays("the CI of other projects comes by it as well")
    }
}

// The accounts that it plays in are the demo's.
#[cfg(all(test, feature = "sagemaker"))]
mod tests;
