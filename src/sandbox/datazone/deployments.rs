//! What becomes of the environments that a project gets from its profile: whether they can be deployed, how far that has
//! come, and how it ends.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::configurations::Configuration;
use super::domain::Domain;
use super::environments::{Environment, Failure, Kind, PENDING, Phase};
use super::project_profiles::ProjectProfile;
use super::projects::Project;
use super::user_parameters::UserParameters;
use super::{stacks, validation};
use crate::sandbox::call::{ApiResult, Call};

/// How long a deployment takes from its beginning: users report five to ten minutes.
const DURATION: SignedDuration = SignedDuration::from_mins(5);

/// A deployment of the environments that a project is made with, the first one or a later one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Deployment {
    since: Timestamp,
    /// When it has come to its end, whichever.
    ends: Timestamp,
    /// Whether the project was there before.
    is_update: bool,
    /// Why nothing is deployed, by name of the environment configuration.
    refusals: BTreeMap<String, Vec<String>>,
    /// What went wrong on the way, by id of the environment. What was to come after it is not there.
    failures: BTreeMap<String, Failure>,
}

/// An environment to deploy, and how its account lets it be made.
struct Planned {
    environment: Environment,
    order: u8,
    enabled: Configuration,
}

impl Deployment {
    /// Begins to deploy what the profile has for every project; none, if it has nothing. What is wrong shows when it is
    /// validated, not at once, and then nothing is deployed.
    pub fn begin(
        call: &Call<'_>,
        domain: &Domain,
        project: &mut Project,
        profile: &ProjectProfile,
        is_update: bool,
    ) -> ApiResult<Option<Self>> {
        let mut refusals = BTreeMap::new();
        let mut planned = Vec::new();
        for configuration in &profile.configurations {
            let said = UserParameters::of(&project.user_parameters, configuration);
            // From pools a project chooses for all its environments, also for those that come later.
            let chosen = configuration.is_on_create() || configuration.account_pools.is_some();
            let mut refused = Vec::new();
            match validation::place(call, domain, configuration, said)? {
                Err(refusal) if chosen => refused.push(refusal),
                Ok((account, region)) if configuration.is_on_create() => {
                    let parameters =
                        configuration.parameters(domain, said.into_iter().flat_map(|it| it.parameters()))?;
                    let environment = match project.environment_of(configuration) {
                        Some(known) => {
                            refused.extend(known.fixed_changes(configuration.blueprint(domain)?, &parameters));
                            known.with(parameters)
                        }
                        None => Environment::new(call, configuration, (account, region), parameters)?,
                    };
                    match validation::validate(call, domain, project, &environment)? {
                        Ok(enabled) => {
                            let order = configuration.order();
                            planned.push(Planned { environment, order, enabled });
                        }
                        Err(found) => refused.extend(found),
                    }
                }
                Ok(_) | Err(_) => {}
            }
            if !refused.is_empty() {
                refusals.insert(configuration.name.clone(), refused);
            }
        }
        if planned.is_empty() && refusals.is_empty() {
            return Ok(None);
        }
        let since = call.now;
        let mut deployment =
            Deployment { since, ends: since + PENDING, is_update, refusals, failures: BTreeMap::new() };
        if deployment.refusals.is_empty() {
            deployment.deploy(call, domain, project, &planned)?;
        }
        Ok(Some(deployment))
    }

    /// Makes one group of environments after the other, as far as it goes.
    fn deploy(
        &mut self,
        call: &Call<'_>,
        domain: &Domain,
        project: &mut Project,
        planned: &[Planned],
    ) -> ApiResult<()> {
        let groups: Vec<&[Planned]> = planned.chunk_by(|a, b| a.order == b.order).collect();
        let span = (DURATION - PENDING) / i32::try_from(groups.len()).unwrap_or(i32::MAX);
        for group in groups {
            let begins = self.ends;
            self.ends = begins + span;
            for Planned { environment, enabled, .. } in group {
                let mut environment = environment.clone();
                let kind = if environment.was_made() { Kind::Update } else { Kind::Create };
                let failure = stacks::make(call, domain, project, &mut environment, enabled, kind, self.ends)?.err();
                if let Some(failure) = &failure {
                    self.failures.insert(environment.id.clone(), failure.clone());
                }
                environment.phase = Some(Phase::new(call, kind, (begins, self.ends), failure)?);
                project.environments.retain(|known| known.id != environment.id);
                project.environments.push(environment);
            }
            if !self.failures.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Whether it is under way.
    pub fn is_running(&self, now: Timestamp) -> bool {
        now < self.ends
    }

    /// AWS's word for the state at `now`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        if now < self.since + PENDING {
            "PENDING_DEPLOYMENT"
        } else if !self.refusals.is_empty() {
            "FAILED_VALIDATION"
        } else if self.is_running(now) {
            "IN_PROGRESS"
        } else if !self.failures.is_empty() {
            "FAILED_DEPLOYMENT"
        } else {
            "SUCCESSFUL"
        }
    }

    /// AWS's word for what it makes of the state of the project itself, if it makes something of it.
    pub fn project_status(&self, now: Timestamp) -> Option<&'static str> {
        match self.status(now) {
            _ if !self.is_update => None,
            "PENDING_DEPLOYMENT" | "IN_PROGRESS" => Some("UPDATING"),
            "SUCCESSFUL" => None,
            _ => Some("UPDATE_FAILED"),
        }
    }

    /// As AWS tells of it. By what the reasons are found is not written anywhere: names before there are environments,
    /// ids of environments afterwards, so that clients have to understand both.
    pub fn describe(&self, now: Timestamp) -> Value {
        let status = self.status(now);
        let mut answer = json!({"overallDeploymentStatus": status});
        let reasons: serde_json::Map<String, Value> = match status {
            "FAILED_VALIDATION" => {
                let reasons = |messages: &Vec<String>| messages.iter().map(|it| json!({"message": it})).collect();
                self.refusals.iter().map(|(name, messages)| (name.clone(), reasons(messages))).collect()
            }
            "FAILED_DEPLOYMENT" => self.failures.iter().map(|(id, failure)| (id.clone(), json!([failure]))).collect(),
            _ => return answer,
        };
        answer["environmentFailureReasons"] = Value::Object(reasons);
        answer
    }
}
