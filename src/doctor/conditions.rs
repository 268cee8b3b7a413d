//! Whether AWS enforces the lifecycle: what the policies must refuse is tried on a scratch version, and has to be
//! refused.
//!
//! `iam:SimulatePrincipalPolicy` would prove nothing, because whoever asks says what the condition keys are. So one
//! version is moved for real, in a group of its own that holds no model. A refusal alone proves nothing either: a key
//! that AWS spells otherwise refuses everything. So each step that must be refused stands beside one that must be
//! allowed.
//!
//! Nobody may delete versions, so the scratch version stays, rejected, and is taken again the next time.

use std::collections::{BTreeMap, HashMap};

use super::{Area, Examination, Finding, Status};
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::machine::{self, Registry};
use crate::governance::metadata::{self, TestStatus};
use crate::governance::{LifeCycle, MetadataValue, Observed, Persona, Stage, Status as Decision};
use crate::registry::{self, Change, Details, SCRATCH_GROUP};

/// More moves than lead from anywhere to a rejection.
const WAY_OUT: usize = 4;
const COMMENT: &str = "aiops doctor proves that AWS refuses what it must";
const SERVING: LifeCycle = LifeCycle::new(Stage::Prod, Decision::Approved);
const IN_TEST: LifeCycle = LifeCycle::new(Stage::Test, Decision::Pending);
const TESTED: LifeCycle = LifeCycle::new(Stage::Test, Decision::Approved);

pub(super) async fn examine(examination: &Examination<'_>) -> Result<Vec<Finding>> {
    let world = examination.world;
    let central = world.landscape.central();
    let skipped =
        |what: &str| Ok(vec![Finding::new(Area::Conditions, &central.account, "proof", Status::Skipped, what)]);
    if !examination.prove {
        return skipped("not proven: `aiops doctor --prove` tries on a scratch version what AWS must refuse");
    }
    if world.dry_run {
        return skipped("would move a scratch version in model package group aiops-doctor-scratch, and reject it");
    }
    if !world.config.session.assume_roles {
        return skipped("no roles are assumed, so there are no policies of personas to prove");
    }
    let engineer = world.session_as(central, Persona::Engineer).await?;
    let officer = world.session_as(central, Persona::GovernanceOfficer).await?;
    let Some(me) = engineer.source_identity.clone() else {
        return skipped("sessions carry no source identity, and the conditions compare names");
    };
    let mut proof = Proof { examination, engineer, officer, me, left: Vec::new(), findings: Vec::new() };
    let proven = proof.run().await;
    let retired = proof.retire().await;
    match proven {
        Ok(()) => {}
        Err(error) if proof.findings.is_empty() && retired.is_ok() => return Err(error),
        Err(error) => proof.findings.push(Finding::unasked(Area::Conditions, &central.account, &error)),
    }
    if let Err(error) = retired {
        let left = proof.left.join(", ");
        proof.findings.push(
            proof
                .finding("scratch version", Status::Problem, format!("{left} could not be rejected: {error}"))
                .why("it holds no model, but SageMaker may take it for one that was approved")
                .fix("reject it as governance officer, or delete it"),
        );
    }
    Ok(proof.findings)
}

struct Proof<'e> {
    examination: &'e Examination<'e>,
    engineer: Session,
    officer: Session,
    /// The name under which both act: one person, who must not pass for two.
    me: String,
    /// Versions that are to be rejected in the end.
    left: Vec<String>,
    findings: Vec<Finding>,
}

impl Proof<'_> {
    fn finding(&self, check: &str, status: Status, what: impl Into<String>) -> Finding {
        Finding::new(Area::Conditions, &self.engineer.account, check, status, what)
    }

    async fn run(&mut self) -> Result<()> {
        self.open_group().await?;
        let Some(mut scratch) = self.scratch().await? else { return Ok(()) };
        self.left.push(scratch.version.arn.clone());
        if needs_way_out(&scratch) {
            self.reject(&scratch.version.arn).await?;
            scratch = registry::describe(&self.engineer, &scratch.version.arn).await?;
        }
        if scratch.version.lifecycle.known() != Some(IN_TEST) {
            let jump = "an AI engineer moves a version straight to Prod/Approved";
            if !self.refused("current state", jump, &self.engineer.clone(), &scratch, &to(SERVING)).await? {
                return Ok(());
            }
            let onward = "an AI engineer moves a version to Test/Pending";
            match self.allowed(onward, &scratch, &to(IN_TEST)).await? {
                Some(moved) => scratch = moved,
                None => return Ok(()),
            }
        }
        let decision = "an AI engineer decides that a test was passed";
        if !self.refused("decisions", decision, &self.engineer.clone(), &scratch, &to(TESTED)).await? {
            return Ok(());
        }
        let passed = (metadata::TEST_STATUS, TestStatus::Passed.as_str());
        let forged = with(&[passed, (metadata::REGISTERED_BY, "somebody-else")]);
        let rewriting = "an AI engineer writes another name over that of who registered the version";
        if !self.refused("evidence", rewriting, &self.engineer.clone(), &scratch, &forged).await? {
            return Ok(());
        }
        if !self.keeps_evidence(&scratch).await? {
            return Ok(());
        }
        let report = "an AI engineer reports how a test went";
        let Some(tested) = self.allowed(report, &scratch, &with(&[passed])).await? else { return Ok(()) };
        let alone = "a governance officer approves what they registered themselves";
        self.refused("four eyes", alone, &self.officer.clone(), &tested, &to(TESTED)).await?;
        Ok(())
    }

    async fn open_group(&self) -> Result<()> {
        let client = self.engineer.sagemaker();
        let described = client.describe_model_package_group().model_package_group_name(SCRATCH_GROUP).send().await;
        match described.map_err(AwsError::from) {
            Ok(_) => return Ok(()),
            Err(error) if error.class() == Class::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let created = client
            .create_model_package_group()
            .model_package_group_name(SCRATCH_GROUP)
            .model_package_group_description("Holds no model: `aiops doctor --prove` tries here what must be refused")
            .send()
            .await;
        match created.map_err(AwsError::from) {
            Err(error) if error.class() != Class::AlreadyExists => {
                Err(Error::from(error).context(format!("cannot make model package group {SCRATCH_GROUP}")))
            }
            _ => Ok(()),
        }
    }

    /// A version that I am said to have registered: that of the last time, or a new one. None where a hole was found.
    async fn scratch(&mut self) -> Result<Option<Details>> {
        let made = self.create(SERVING).await;
        let straight = "an AI engineer registers a version as Prod/Approved";
        match made {
            Err(error) if AwsError::refused(&error) => self.ok("creation", straight),
            Err(error) => return Err(error),
            Ok(arn) => {
                self.left.push(arn.clone());
                self.hole("creation", straight, &arn);
                return Ok(None);
            }
        }
        for (version, properties) in registry::versions_with_metadata(&self.engineer, SCRATCH_GROUP, None).await? {
            if properties.get(metadata::REGISTERED_BY) == Some(&self.me) {
                return registry::describe(&self.engineer, &version.arn).await.map(Some);
            }
        }
        let first = machine::creation(Registry::Central).to;
        match self.create(first).await {
            Ok(arn) => registry::describe(&self.engineer, &arn).await.map(Some),
            Err(error) if AwsError::refused(&error) => {
                self.lame(&format!("an AI engineer registers a version as {first}"), &error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn create(&self, at: LifeCycle) -> Result<String> {
        let none = format!("sha256:{}", "0".repeat(64));
        let properties: HashMap<String, String> = [
            (metadata::REGISTERED_BY, self.me.as_str()),
            (metadata::PROMOTED_BY, self.me.as_str()),
            (metadata::SOURCE_ARN, "none"),
            (metadata::CONTENT_SHA256, none.as_str()),
            (metadata::SPEC_SHA256, none.as_str()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), MetadataValue::clean(value).as_str().to_owned()))
        .collect();
        let created = self
            .engineer
            .sagemaker()
            .create_model_package()
            .model_package_group_name(SCRATCH_GROUP)
            .model_package_description(COMMENT)
            .set_customer_metadata_properties(Some(properties))
            .model_approval_status(registry::approval_status(at))
            .model_life_cycle(registry::life_cycle(at, None))
            .send()
            .await;
        let created = created.map_err(|error| {
            Error::from(AwsError::from(error)).context("cannot register a scratch version in the central registry")
        })?;
        Ok(created.model_package_arn().unwrap_or_default().to_owned())
    }

    /// That nobody drops evidence by the way that AWS has for dropping keys.
    async fn keeps_evidence(&mut self, scratch: &Details) -> Result<bool> {
        let dropping = "an AI engineer drops the name of who registered the version";
        let sent = self
            .engineer
            .sagemaker()
            .update_model_package()
            .model_package_arn(&scratch.version.arn)
            .customer_metadata_properties(metadata::TEST_STATUS, TestStatus::Passed.as_str())
            .customer_metadata_properties_to_remove(metadata::REGISTERED_BY)
            .send()
            .await;
        match sent.map_err(AwsError::from) {
            Err(error) if error.class() == Class::Denied => self.ok("evidence", dropping),
            Err(error) => return Err(error.into()),
            Ok(_) => {
                self.hole("evidence", dropping, &scratch.version.arn);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether AWS refuses a change that it must refuse.
    async fn refused(
        &mut self,
        check: &str,
        what: &str,
        session: &Session,
        details: &Details,
        change: &Change,
    ) -> Result<bool> {
        match registry::update(session, details, change).await {
            Err(error) if AwsError::refused(&error) => self.ok(check, what),
            Err(error) => return Err(error),
            Ok(_) => {
                self.hole(check, what, &details.version.arn);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a change that AWS must allow leads to; nothing if it was refused.
    async fn allowed(&mut self, what: &str, details: &Details, change: &Change) -> Result<Option<Details>> {
        match registry::update(&self.engineer, details, change).await {
            Ok(details) => Ok(Some(details)),
            Err(error) if AwsError::refused(&error) => {
                self.lame(what, &error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn ok(&mut self, check: &str, what: &str) {
        self.findings.push(self.finding(check, Status::Ok, format!("AWS refuses that {what}")));
    }

    fn hole(&mut self, check: &str, what: &str, arn: &str) {
        let role = self.examination.world.landscape.central().role_arn(Persona::Engineer);
        let name = role.rsplit('/').next().unwrap_or_default();
        self.findings.push(
            self.finding(check, Status::Problem, format!("AWS does not refuse that {what} (tried on {arn})"))
                .why("the lifecycle is not enforced: any model can be brought to prod, past every approval")
                .fix(
                    "take every policy from the personas' roles in this account that aiops did not generate; if there \
                     is none, AWS does not know a condition key as it is spelt: stop promoting, and report it",
                )
                .command(format!("aws iam list-role-policies --role-name {name}")),
        );
    }

    fn lame(&mut self, what: &str, error: &Error) {
        let cause = error.causes().last().map_or_else(|| error.to_string(), ToString::to_string);
        self.findings.push(
            self.finding("allowed moves", Status::Problem, format!("AWS refuses that {what}: {cause}"))
                .why("a refusal of what is allowed proves nothing about the rest, and nothing can be promoted")
                .fix(
                    "give the role the policies that aiops generates; if it has them, AWS does not fill in a condition \
                     key as documented: report it",
                ),
        );
    }

    /// Rejects what is left, and deletes it where that may be done. Tells what stays.
    async fn retire(&mut self) -> Result<()> {
        for arn in self.left.clone() {
            self.reject(&arn).await?;
            if !self.delete(&arn).await {
                let what = format!("{arn} stays, rejected: nobody here may delete it; the next proof takes it again");
                self.findings.push(self.finding("scratch version", Status::Ok, what));
            }
        }
        Ok(())
    }

    /// Moves the version to a rejection, by moves that there are, each by whom it is for.
    async fn reject(&self, arn: &str) -> Result<()> {
        for _ in 0..WAY_OUT {
            let details = registry::describe(&self.engineer, arn).await?;
            let at = &details.version.lifecycle;
            if at.known().is_some_and(|at| at.status == Decision::Rejected) {
                return Ok(());
            }
            let moves: Vec<_> = machine::next_moves(Registry::Central, at).collect();
            let rejection = moves.iter().find(|step| step.to.status == Decision::Rejected);
            let Some(step) = rejection.or(moves.first()) else { break };
            let session = match step.by.contains(&Persona::GovernanceOfficer) {
                true => &self.officer,
                false => &self.engineer,
            };
            registry::update(session, &details, &to(step.to)).await?;
        }
        Err(Error::failed(format!("no move leads from where {arn} is to a rejection")))
    }

    /// Whether the administrator could delete the version.
    async fn delete(&self, arn: &str) -> bool {
        let central = self.examination.world.landscape.central();
        let Ok(session) = self.examination.studio.session(central).await else { return false };
        session.sagemaker().delete_model_package().model_package_name(arn).send().await.is_ok()
    }
}

/// Whether the version is where only an earlier proof can have left it that found a hole, or was interrupted.
fn needs_way_out(details: &Details) -> bool {
    match &details.version.lifecycle {
        Observed::Known(at) => {
            let first = machine::creation(Registry::Central).to;
            at.status != Decision::Rejected && *at != first && *at != IN_TEST
        }
        Observed::Other { .. } | Observed::None => true,
    }
}

fn to(at: LifeCycle) -> Change {
    Change { to: Some(at), comment: Some(COMMENT.to_owned()), metadata: BTreeMap::new() }
}

fn with(properties: &[(&str, &str)]) -> Change {
    let metadata = properties.iter().map(|(key, value)| ((*key).to_owned(), MetadataValue::clean(value))).collect();
    Change { to: None, comment: None, metadata }
}
