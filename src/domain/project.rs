//! A project of the domain that is to be gone, with everything that its environments made.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::Studio;
use super::survey::Domain;
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::aws::poll::{Look, Patience, until};
use crate::error::{Error, Result};
use crate::plan::{Address, Facts, Found, Resource};

/// How long it may take.
const GOES_WITHIN: Patience = Patience { interval: Duration::from_secs(15), deadline: Duration::from_secs(45 * 60) };

/// A project that is to be gone.
pub(crate) struct Project<'w> {
    pub studio: Studio<'w>,
    pub session: Session,
    pub domain: Domain,
    pub id: String,
    pub name: String,
}

impl Project<'_> {
    /// Its state; none once it is gone. DataZone denies what it has deleted.
    async fn status(&self) -> Result<Option<String>> {
        let read = self.session.datazone().get_project().domain_identifier(&self.domain.id).identifier(&self.id).send();
        match read.await.map_err(AwsError::from) {
            Ok(project) => Ok(Some(project.project_status().map_or("ACTIVE", |status| status.as_str()).to_owned())),
            Err(error) if matches!(error.class(), Class::NotFound | Class::Denied) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes it, and returns when it is gone.
    pub async fn delete(&self) -> Result<()> {
        let client = self.session.datazone();
        let delete = client.delete_project().domain_identifier(&self.domain.id).identifier(&self.id);
        match delete.skip_deletion_check(true).send().await.map_err(AwsError::from) {
            Ok(_) => {}
            Err(error) if error.class() == Class::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let world = self.studio.world;
        let task = world.progress.start(&format!("project {}", self.name));
        until(world.clock, GOES_WITHIN, &format!("project {}", self.name), &*task, async || {
            Ok(match self.status().await? {
                None => Look::Done(()),
                Some(status) if status == "DELETE_FAILED" => {
                    return Err(Error::failed(format!("project {} cannot be deleted", self.name))
                        .hint("the portal says why; remove what is in the way and run the same command again"));
                }
                Some(status) => Look::Pending(status),
            })
        })
        .await
    }
}

impl Resource for Project<'_> {
    fn address(&self) -> Address {
        Address::new(&self.studio.governance().account, "project", self.name.clone())
    }

    fn reason(&self) -> String {
        "in the domain, with all its environments".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move { Ok(if self.status().await?.is_some() { Found::Unwanted } else { Found::Same }) }.boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        self.delete().boxed_local()
    }
}
