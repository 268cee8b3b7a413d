//! The binding of a workspace to its repository: a connection of type `GIT`, over the connection of CodeConnections that
//! the profile names.
//!
//! AWS has had three ways for this, and does not say which callers may use the present one. So what it refuses is told and
//! left; the project works without, and people can clone the repository themselves.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use aws_sdk_datazone::types::{ConnectionPropertiesInput, ConnectionScope, GitPropertiesInput};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::ground::Ground;
use super::order::Order;
use super::{repository, survey, workspace};
use crate::aws::error::{AwsError, Class};
use crate::aws::poll::{self, Look, Patience};
use crate::config::ConnectionArn;
use crate::error::{Error, Result};
use crate::governance::Stage;
use crate::plan::{Address, Facts, Found, Resource};
use crate::seed::Holds;

/// How long AWS may take to connect.
const CONNECTS_WITHIN: Patience = Patience { interval: Duration::from_secs(5), deadline: Duration::from_secs(300) };
/// The environment that connections of a project belong to.
const TOOLING: [&str; 2] = ["Tooling", "ToolingLite"];

/// A workspace's connection to a repository.
pub(crate) struct GitConnection<'w> {
    pub ground: Rc<Ground<'w>>,
    pub order: Rc<Order<'w>>,
    pub stage: Stage,
    pub holds: Holds,
    pub over: ConnectionArn,
    /// Why AWS does not connect.
    pub refused: RefCell<Option<String>>,
}

impl GitConnection<'_> {
    fn workspace(&self) -> Address {
        workspace::named(&self.ground, &self.order.workspace(self.stage))
    }

    fn repository(&self) -> Address {
        repository::address(self.ground.studio, &self.order, self.holds)
    }

    fn refuse(&self, why: impl std::fmt::Display) {
        self.refused.replace(Some(format!("AWS does not connect the project with its repository: {why}")));
    }

    /// Its connection to the repository, if it has one.
    async fn find(&self, project: &str, repository: &str) -> Result<Option<survey::Connection>> {
        let name = self.order.workspace(self.stage);
        let all = survey::connections(&self.ground, &name, project).await?;
        Ok(all.into_iter().find(|connection| connection.repository.as_deref() == Some(repository)))
    }

    /// The id of the environment that connections belong to.
    async fn tooling(&self, project: &str) -> Result<Option<String>> {
        let name = self.order.workspace(self.stage);
        let environments = survey::environments(&self.ground, &name, project).await?;
        let of = |name: &str| environments.iter().find(|environment| environment.name == name);
        Ok(TOOLING.iter().find_map(|name| of(name)).map(|environment| environment.id.clone()))
    }

    /// Waits until the connection with this id is there. One that failed is told, and left.
    async fn wait(&self, id: &str) -> Result<()> {
        let world = self.ground.studio.world;
        let task = world.progress.start(&format!("connection of {}", self.order.workspace(self.stage)));
        poll::until(world.clock, CONNECTS_WITHIN, "the Git connection", &*task, async || {
            let asked = self.ground.client().get_connection().domain_identifier(&self.ground.domain.id);
            let found = asked.identifier(id).send().await.map_err(AwsError::from)?;
            let git = found.props().and_then(|props| props.as_git_properties().ok());
            let status = git.and_then(|git| git.status()).map_or("READY", |status| status.as_str());
            Ok(match status {
                "READY" => Look::Done(()),
                "CREATE_FAILED" => {
                    self.refuse(git.and_then(|git| git.error_message()).unwrap_or("it says no reason"));
                    Look::Done(())
                }
                other => Look::Pending(other.to_owned()),
            })
        })
        .await
    }
}

impl Resource for GitConnection<'_> {
    fn address(&self) -> Address {
        let name = format!("{} to {}", self.order.workspace(self.stage), self.order.repository(self.holds));
        Address::new(&self.ground.studio.governance().account, "Git connection", name)
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.workspace(), self.repository()]
    }

    fn lane(&self) -> String {
        format!("project {}", self.order.workspace(self.stage))
    }

    fn reason(&self) -> String {
        "the project's people find the repository in the portal".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            if let Some(why) = &*self.refused.borrow() {
                return Ok(Found::Leftover(why.clone()));
            }
            let known = facts.get(&self.workspace(), "id").zip(facts.get(&self.repository(), "name"));
            let Some((project, repository)) = known else { return Ok(Found::Absent) };
            Ok(match self.find(&project, &repository).await? {
                Some(connection) if connection.status.as_deref() == Some("CREATE_FAILED") => {
                    Found::Leftover(format!("the connection {} failed: delete it in the portal", connection.name))
                }
                Some(_) => Found::Same,
                None => Found::Absent,
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let project = facts.need(&self.workspace(), "id")?;
            let repository = facts.need(&self.repository(), "name")?;
            let Some(environment) = self.tooling(&project).await? else {
                self.refuse("it has no Tooling environment");
                return Ok(());
            };
            let git = GitPropertiesInput::builder()
                .code_connection_arn(self.over.as_str())
                .repository_id(&repository)
                .default_branch(&self.ground.studio.world.config.git.default_branch)
                .build()
                .map_err(|error| Error::failed("the repository cannot be named to AWS").because(error))?;
            let create = self.ground.client().create_connection().domain_identifier(&self.ground.domain.id);
            let create = create
                .name(self.order.repository(self.holds))
                .environment_identifier(environment)
                .scope(ConnectionScope::Project)
                .props(ConnectionPropertiesInput::GitProperties(git));
            match create.send().await.map_err(AwsError::from) {
                Ok(created) => self.wait(created.connection_id()).await,
                Err(error) if error.class() == Class::Conflict || error.class() == Class::AlreadyExists => Ok(()),
                Err(error) if matches!(error.class(), Class::Denied | Class::Invalid | Class::NotFound) => {
                    self.refuse(Error::from(error).causes().map(ToString::to_string).collect::<Vec<_>>().join(": "));
                    Ok(())
                }
                Err(error) => Err(error.into()),
            }
        }
        .boxed_local()
    }
}
