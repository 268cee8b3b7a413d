//! The workspace of a project in a stage: a DataZone project, with the environments of its profile.
//!
//! `CreateProject` takes no token, so one is looked for by its exact name first, and a conflict means that it is there.

use std::rc::Rc;

use aws_sdk_datazone::operation::get_project::GetProjectOutput;
use aws_sdk_datazone::types::ProjectMembershipAssignment;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::deployment::{self, Readiness};
use super::ground::Ground;
use super::member;
use super::order::Order;
use super::{parameters, repository};
use crate::aws::error::{AwsError, Class};
use crate::domain::{MARK, is_ours, marked};
use crate::error::{Error, Result};
use crate::governance::Stage;
use crate::landscape::Tenant;
use crate::plan::{Address, Difference, Facts, Found, Given, Resource};

/// What a plan calls it.
const KIND: &str = "project";

/// By what a plan knows the workspace of a project in a stage. Fact: `id`.
pub(crate) fn address(ground: &Ground<'_>, tenant: &Tenant, project: &str, stage: Stage) -> Address {
    named(ground, &tenant.project_name(project, stage))
}

/// By what a plan knows the workspace that DataZone calls so.
pub(crate) fn named(ground: &Ground<'_>, name: &str) -> Address {
    Address::new(&ground.studio.governance().account, KIND, name)
}

/// The workspace of a project in a stage.
pub(crate) struct Workspace<'w> {
    ground: Rc<Ground<'w>>,
    order: Rc<Order<'w>>,
    stage: Stage,
    /// The repository that it is to be bound to from its beginning.
    repository: Option<Address>,
}

impl<'w> Workspace<'w> {
    pub fn new(ground: Rc<Ground<'w>>, order: Rc<Order<'w>>, stage: Stage, repository: Option<Address>) -> Self {
        Workspace { ground, order, stage, repository }
    }

    fn name(&self) -> String {
        self.order.workspace(self.stage)
    }

    fn profile(&self) -> String {
        self.order.tenant.profile_name(self.order.profile.name.as_str(), self.stage)
    }

    /// What differs and cannot be changed.
    fn differences(&self, project: &GetProjectOutput) -> Result<Vec<Difference>> {
        let profile = project.project_profile_id().map(|id| self.ground.profile_name(id).unwrap_or(id));
        let unit = self.ground.unit(&self.order.tenant.name)?;
        let differences = [
            Difference::between("profile", profile, self.profile()),
            Difference::between("domain-unit", project.domain_unit_id(), unit),
        ];
        Ok(differences.into_iter().flatten().collect())
    }

    /// Makes it, with its members in one call where AWS takes them.
    async fn create(&self, facts: &Facts) -> Result<String> {
        let request = |members: Option<Vec<ProjectMembershipAssignment>>| {
            let create = self.ground.client().create_project();
            let create = create.domain_identifier(&self.ground.domain.id).name(self.name());
            let create = create.description(marked(self.order.description.as_deref()));
            create.set_membership_assignments(members)
        };
        let unit = self.ground.unit(&self.order.tenant.name)?;
        let profile = self.profile();
        let profile = self.ground.profile(&profile)?;
        let repository = repository::named(self.ground.studio, &self.order, facts);
        let said = parameters::of(&self.ground, &self.order, self.stage, profile, repository.as_deref()).await?;
        let said = (!said.is_empty()).then_some(said);
        let send = async |members| {
            let create = request(members).project_profile_id(profile).domain_unit_id(unit);
            let create = create.set_user_parameters(said.clone());
            create.send().await.map_err(AwsError::from)
        };
        let members: Option<Vec<_>> = self
            .order
            .members
            .iter()
            .map(|(who, designation)| member::assignment(&self.ground, facts, who, *designation))
            .collect();
        let members = members.filter(|members| !members.is_empty());
        let created = match send(members.clone()).await {
            // Members with the project are new in AWS: whoever cannot be named here is added afterwards.
            Err(error) if members.is_some() && error.class() == Class::Invalid => send(None).await,
            outcome => outcome,
        };
        match created {
            Ok(project) => Ok(project.id().to_owned()),
            Err(error) if matches!(error.class(), Class::Conflict | Class::AlreadyExists) => {
                let found = self.ground.project(&self.name()).await?;
                found.ok_or_else(|| Error::from(error).hint("something else of the domain has this name"))
            }
            Err(error) => Err(Error::from(error).hint(
                "creating projects takes a grant for the profile, and a place in the tenant's pool of members: `aiops \
                 profile show` says who has them",
            )),
        }
    }
}

impl Resource for Workspace<'_> {
    fn address(&self) -> Address {
        address(&self.ground, self.order.tenant, self.order.name.as_str(), self.stage)
    }

    fn needs(&self) -> Vec<Address> {
        let participants = self.order.members.iter().map(|(who, _)| self.ground.studio.participant(who));
        let needs = participants.chain([self.ground.studio.domain()]);
        needs.chain(self.repository.clone()).collect()
    }

    fn lane(&self) -> String {
        format!("project {}", self.name())
    }

    fn reason(&self) -> String {
        format!("workspace in {}, from profile {}", self.stage.word(), self.profile())
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some(id) = self.ground.project(&self.name()).await? else {
                // What is missing below it is told now, not when half of the project is there.
                self.ground.profile(&self.profile())?;
                return Ok(Found::Absent);
            };
            let Some(project) = self.ground.describe(&id).await? else { return Ok(Found::Absent) };
            facts.set(&self.address(), "id", &id);
            let differences = self.differences(&project)?;
            if !is_ours(project.description()) && !differences.is_empty() {
                return Ok(Found::Foreign(differences));
            }
            if let Some(difference) = differences.first() {
                let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
                let (actual, desired) = (text(&difference.actual), text(&difference.desired));
                return Ok(Found::Broken {
                    why: format!("its {} is {actual}, not {desired}", difference.field),
                    advice: "AWS cannot change that: name what it was made with, or delete it".to_owned(),
                });
            }
            let clock = self.ground.studio.world.clock;
            Ok(match deployment::readiness(&self.ground, &project, clock.now()).await? {
                Readiness::Ready if is_ours(project.description()) => Found::Same,
                Readiness::Ready => Found::Foreign(Vec::new()),
                Readiness::Pending { status } => {
                    Found::Different(Difference::between("deployment", status, "SUCCESSFUL").into_iter().collect())
                }
                Readiness::Failed { status, reasons } => Found::Broken {
                    why: deployment::sentence(&self.name(), &status, &reasons),
                    advice: deployment::REPAIR.to_owned(),
                },
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let id = match found {
                Found::Absent => self.create(facts).await?,
                _ => facts.need(&self.address(), "id")?,
            };
            let name = self.name();
            let task = self.ground.studio.world.progress.start(&format!("project {name}"));
            deployment::wait(&self.ground, (&name, &id), self.order.patience, &*task).await
        }
        .boxed_local()
    }
}

/// The workspace with this id, which was found: what is in it can say that it needs it.
pub(crate) fn given(address: Address, id: &str) -> Given {
    Given::there(address, "the workspace").knowing("id", id)
}

/// What people wrote about a project, without the mark.
pub(crate) fn description(text: Option<&str>) -> Option<&str> {
    let text = text?.trim_end();
    let text = text.strip_suffix(MARK).map_or(text, str::trim_end);
    (!text.is_empty()).then_some(text)
}
