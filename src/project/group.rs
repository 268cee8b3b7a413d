//! The groups of model packages of a project's model: where its pipeline registers, and where approved versions go.

use std::rc::Rc;

use aws_sdk_sagemaker::types::Tag;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::order::Order;
use crate::aws::Session;
use crate::aws::error::{AwsError, Class, existing};
use crate::domain::{MANAGED_BY, Studio};
use crate::error::Result;
use crate::governance::{Registry, Stage, policy};
use crate::landscape::Place;
use crate::plan::{Address, Facts, Farewell, Found, Resource};
use crate::promote::group;
use crate::registry::find::Model;

/// A group of the project's model.
pub(crate) struct ModelGroup<'w> {
    studio: Studio<'w>,
    order: Rc<Order<'w>>,
    registry: Registry,
    /// The workspace whose people and jobs reach the group by its tags, if it has one in the account.
    workspace: Option<Address>,
}

impl<'w> ModelGroup<'w> {
    pub fn new(studio: Studio<'w>, order: Rc<Order<'w>>, registry: Registry, workspace: Option<Address>) -> Self {
        ModelGroup { studio, order, registry, workspace }
    }

    fn place(&self) -> &'w Place {
        match self.registry {
            Registry::Dev => self.order.tenant.stage(Stage::Dev),
            Registry::Central => self.studio.world.landscape.central(),
        }
    }

    fn model(&self) -> Model<'w> {
        Model { tenant: self.order.tenant, name: self.order.name.to_string() }
    }

    fn name(&self) -> String {
        match self.registry {
            Registry::Dev => self.order.name.to_string(),
            Registry::Central => self.model().central_group(),
        }
    }

    async fn session(&self) -> Result<Session> {
        self.studio.session(self.place()).await
    }

    async fn create_in_dev(&self, facts: &Facts) -> Result<()> {
        let tag = |(key, value): (&str, &str)| Tag::builder().key(key).value(value).build();
        let order = &self.order;
        let model = [(policy::TENANT_TAG, order.tenant.name.as_str()), (policy::MODEL_TAG, order.name.as_str())];
        // Roles of projects reach what carries these two, and nothing of others.
        let domain = facts.get(&self.studio.domain(), "id");
        let project = self.workspace.as_ref().and_then(|workspace| facts.get(workspace, "id"));
        let of_project = [("AmazonDataZoneDomain", &domain), ("AmazonDataZoneProject", &project)];
        let of_project = of_project.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?)));
        let tags: Vec<Tag> = [MANAGED_BY].into_iter().chain(model).chain(of_project).map(tag).collect();
        let create = self.session().await?.sagemaker().create_model_package_group();
        let create = create.model_package_group_name(self.name()).set_tags(Some(tags));
        let create = create.model_package_group_description(format!("Versions of {}", self.model().title()));
        match create.send().await.map_err(AwsError::from) {
            Err(error) if error.class() == Class::AlreadyExists => Ok(()),
            outcome => Ok(outcome.map(drop)?),
        }
    }
}

impl Resource for ModelGroup<'_> {
    fn address(&self) -> Address {
        Address::new(&self.place().account, "model package group", self.name())
    }

    fn needs(&self) -> Vec<Address> {
        self.workspace.iter().cloned().collect()
    }

    fn reason(&self) -> String {
        match self.registry {
            Registry::Dev => "the project's pipeline registers in it".to_owned(),
            Registry::Central => "approved versions go there".to_owned(),
        }
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let session = self.session().await?;
            let describe = session.sagemaker().describe_model_package_group().model_package_group_name(self.name());
            if existing(describe.send().await.map_err(AwsError::from))?.is_none() {
                return Ok(Found::Absent);
            }
            if self.registry == Registry::Dev {
                return Ok(Found::Same);
            }
            let scope = self.studio.world.landscape.scope();
            let wanted = policy::central_group_policy(&self.name(), &self.order.tenant.name, &scope);
            let present = group::policy_of(&session, &self.name()).await?;
            Ok(match (wanted, present) {
                (Some(wanted), Some(present)) if wanted == present => Found::Same,
                (None, None) => Found::Same,
                (Some(_), None) => Found::Absent,
                // Somebody may have opened it further on purpose: it is not ours to close.
                (_, Some(_)) => Found::Foreign(Vec::new()),
            })
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Stays("its versions are the record of what was built and approved")
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            match self.registry {
                Registry::Dev => self.create_in_dev(facts).await,
                Registry::Central => {
                    let scope = self.studio.world.landscape.scope();
                    let wanted = policy::central_group_policy(&self.name(), &self.order.tenant.name, &scope);
                    group::create(&self.session().await?, &self.model(), &self.name(), wanted).await
                }
            }
        }
        .boxed_local()
    }
}
