//! How far the environments of a project are. That a project is `ACTIVE` says nothing about it.

use std::time::Duration;

use aws_sdk_datazone::operation::get_project::GetProjectOutput;
use aws_sdk_datazone::types::{OverallDeploymentStatus, ProjectStatus};
use jiff::Timestamp;
use serde::Serialize;

use super::ground::Ground;
use crate::aws::moment;
use crate::aws::poll::{self, Look, Patience};
use crate::error::{Error, Result};
use crate::progress::Task;

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(15);
/// For how long a new project may be without any word of its deployment, or not be seen at all.
const SILENCE: Duration = Duration::from_secs(60);

/// What to do about a deployment that failed.
pub(crate) const REPAIR: &str = "remove the cause, then have it deployed again with `aiops project update NAME \
                                 --redeploy`; or delete the project and create it anew";

/// How far a project is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Readiness {
    /// Everything that is made with it is there.
    Ready,
    /// AWS is at it.
    Pending {
        /// In AWS's words.
        status: String,
    },
    /// It did not work, and will not by waiting.
    Failed {
        /// In AWS's words.
        status: String,
        /// Why: the environment and what AWS says about it.
        reasons: Vec<String>,
    },
}

impl Readiness {
    /// One word, in AWS's spelling where it has one.
    pub fn word(&self) -> &str {
        match self {
            Readiness::Ready => "SUCCESSFUL",
            Readiness::Pending { status } | Readiness::Failed { status, .. } => status,
        }
    }
}

/// How far `project` is, with the reasons of every environment that failed.
pub(crate) async fn readiness(ground: &Ground<'_>, project: &GetProjectOutput, now: Timestamp) -> Result<Readiness> {
    let failed = |status: &str, reasons: Vec<String>| Readiness::Failed { status: status.to_owned(), reasons };
    let pending = |status: &str| Readiness::Pending { status: status.to_owned() };
    match project.project_status() {
        Some(status @ (ProjectStatus::DeleteFailed | ProjectStatus::UpdateFailed)) => {
            return Ok(failed(status.as_str(), failure_reasons(project)));
        }
        Some(status) if *status != ProjectStatus::Active => return Ok(pending(status.as_str())),
        _ => {}
    }
    let details = project.environment_deployment_details();
    match details.and_then(|details| details.overall_deployment_status()) {
        Some(OverallDeploymentStatus::Successful) => Ok(Readiness::Ready),
        Some(status @ (OverallDeploymentStatus::FailedValidation | OverallDeploymentStatus::FailedDeployment)) => {
            let mut reasons = failure_reasons(project);
            for reason in environment_reasons(ground, project.id()).await? {
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
            Ok(failed(status.as_str(), reasons))
        }
        Some(status) => Ok(pending(status.as_str())),
        // A project without environments never has any word of them.
        None => {
            let created = project.created_at().and_then(moment);
            let age = created.map(|created| now.duration_since(created));
            let silent = age.is_some_and(|age| Duration::try_from(age).is_ok_and(|age| age < SILENCE));
            Ok(if silent { pending("PENDING_DEPLOYMENT") } else { Readiness::Ready })
        }
    }
}

fn failure_reasons(project: &GetProjectOutput) -> Vec<String> {
    let of_project = project.failure_reasons().iter().map(|reason| reason.message().unwrap_or_default().to_owned());
    let details = project.environment_deployment_details();
    let by_environment = details.and_then(|details| details.environment_failure_reasons());
    let of_environments = by_environment.into_iter().flatten().flat_map(|(environment, errors)| {
        errors.iter().map(move |error| format!("{environment}: {}", error.message()))
    });
    let mut reasons: Vec<String> = of_project.chain(of_environments).filter(|reason| !reason.is_empty()).collect();
    reasons.sort();
    reasons
}

/// What the deployments of single environments say.
async fn environment_reasons(ground: &Ground<'_>, project: &str) -> Result<Vec<String>> {
    let mut reasons = Vec::new();
    for (summary, environment) in ground.environments(project).await? {
        let Some(deployment) = environment.last_deployment() else { continue };
        let reason = deployment.failure_reason().map(|reason| reason.message().to_owned());
        let failed = deployment.deployment_status().is_some_and(|status| status.as_str() == "FAILED");
        let messages = deployment.messages().iter().filter(|_| failed).cloned();
        reasons.extend(reason.into_iter().chain(messages).map(|text| format!("{}: {text}", summary.name())));
    }
    Ok(reasons)
}

/// Waits until everything that is made with the project `id` is there. A deployment that failed is an error.
pub(crate) async fn wait(
    ground: &Ground<'_>,
    (name, id): (&str, &str),
    within: Duration,
    task: &dyn Task,
) -> Result<()> {
    let clock = ground.studio.world.clock;
    let start = clock.now();
    let patience = Patience { interval: INTERVAL, deadline: within };
    poll::until(clock, patience, &format!("project {name}"), task, async || {
        let Some(project) = ground.describe(id).await? else {
            let waited = clock.now().duration_since(start);
            if Duration::try_from(waited).unwrap_or_default() < SILENCE {
                return Ok(Look::Pending("not seen yet".to_owned()));
            }
            return Err(
                Error::failed(format!("project {name} is gone")).hint("somebody has deleted it: create it anew")
            );
        };
        Ok(match readiness(ground, &project, clock.now()).await? {
            Readiness::Ready => Look::Done(()),
            Readiness::Pending { status } => Look::Pending(status),
            Readiness::Failed { status, reasons } => return Err(failure(name, &status, &reasons)),
        })
    })
    .await
}

/// The error that a failed deployment is.
pub(crate) fn failure(name: &str, status: &str, reasons: &[String]) -> Error {
    Error::failed(sentence(name, status, reasons)).hint(REPAIR)
}

/// What a failed deployment is, in a sentence.
pub(crate) fn sentence(name: &str, status: &str, reasons: &[String]) -> String {
    let why = if reasons.is_empty() { "AWS says no reason".to_owned() } else { reasons.join("; ") };
    format!("project {name} is {status}: {why}")
}
