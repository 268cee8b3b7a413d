//! Decisions: a version moves through the state machine, with a name and a reason.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::clock::to_second;
use crate::error::{Error, Result};
use crate::governance::{
    Approval, LifeCycle, MetadataValue, Move, Observed, Refusal, Registry, Requirement, Stage, TestStatus, machine,
    metadata,
};
use crate::model_ref::{ModelRef, numbered};
use crate::registry::{self, Change, Details, find, integrity};
use crate::world::World;

/// A decision that was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// Whose model it is.
    pub tenant: String,
    /// The model's name.
    pub model: String,
    /// The version's number in dev.
    pub version: Option<u32>,
    /// In which registry the version moved.
    pub registry: Registry,
    /// ARN of the version there.
    pub arn: String,
    /// Where it was.
    pub from: Observed,
    /// Where it is.
    pub to: LifeCycle,
    /// `ModelApprovalStatus`, which follows from it.
    pub approval: Approval,
    /// Who decided, by the source identity of their session: the present one, or what is recorded if it was decided before.
    pub by: Option<String>,
    /// Why; as recorded, if it was decided before.
    pub comment: String,
    /// What was done.
    pub effect: Effect,
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The version moved.
    Decided,
    /// It was there already.
    AlreadySo,
    /// It would move.
    WouldDecide,
}

/// Moves the version that `reference` means to `to`, because of `comment`.
pub async fn decide(
    world: &World<'_>,
    reference: &ModelRef,
    tenant: Option<&str>,
    to: LifeCycle,
    comment: &str,
) -> Result<Decision> {
    let registry = Registry::deciding(to.stage);
    // Before it is known from where the version comes, any move there names who usually makes it.
    let usual =
        machine::MOVES.iter().find(|step| step.registry == registry && step.to == to).map_or(&[][..], |step| step.by);
    let persona = usual.first().copied().ok_or_else(|| Error::usage(format!("no version ever is {to}")))?;
    let model = find::model(world, reference, tenant, registry, persona).await?;
    let place = match registry {
        Registry::Dev => model.tenant.stage(Stage::Dev),
        Registry::Central => world.landscape.central(),
    };
    let session = world.session(place, persona).await?;
    let version = find::version(&session, &model, registry, reference).await?;
    let details = registry::describe(&session, &version.arn).await?;
    let number = match registry {
        Registry::Dev => Some(details.version.number),
        Registry::Central => metadata::source_version(&details.metadata),
    };
    let decision = |effect| Decision {
        tenant: model.tenant.name.to_string(),
        model: model.name.clone(),
        version: number,
        registry,
        arn: details.version.arn.clone(),
        from: details.version.lifecycle.clone(),
        to,
        approval: to.approval(),
        by: session.source_identity.clone(),
        comment: comment.to_owned(),
        effect,
    };
    let step = match machine::check(registry, &details.version.lifecycle, to) {
        Ok(step) => step,
        Err(Refusal::AlreadyThere { .. }) => {
            let recorded = &details.record["ModelLifeCycle"]["StageDescription"];
            return Ok(Decision {
                by: details.metadata.get(metadata::decided_by(to.stage)).cloned(),
                comment: recorded.as_str().unwrap_or_default().to_owned(),
                ..decision(Effect::AlreadySo)
            });
        }
        Err(refusal) => {
            return Err(
                Error::from(refusal).context(format!("{} cannot become {to}", numbered(&model.title(), number)))
            );
        }
    };
    match fulfilled(world, &session, &details, step, comment).await {
        // Whoever may not look cannot check, and most likely may not decide either: AWS has the last word.
        Err(error) if AwsError::refused(&error) && !step.by.contains(&world.acting(persona)) => {}
        checked => checked.map_err(|error| world.explain_refusal(error, step.by))?,
    }
    if world.dry_run {
        return Ok(decision(Effect::WouldDecide));
    }
    let change = Change { to: Some(to), comment: Some(comment.to_owned()), metadata: signature(world, &session, step) };
    registry::update(&session, &details, &change).await.map_err(|error| world.explain_refusal(error, step.by))?;
    Ok(decision(Effect::Decided))
}

/// Whoever decides signs, with the name under which AWS knows the session.
fn signature(world: &World<'_>, session: &Session, step: &Move) -> BTreeMap<String, MetadataValue> {
    let mut signed = BTreeMap::new();
    if step.is_decision() {
        let mut sign = |key: &str, value: &str| signed.insert(key.to_owned(), MetadataValue::clean(value));
        sign(metadata::decided_at(step.to.stage), &to_second(world.clock.now()).to_string());
        if let Some(name) = &session.source_identity {
            sign(metadata::decided_by(step.to.stage), name);
        }
    }
    signed
}

/// Checks what must be true before a move. IAM checks part of it too; here every refusal says what to do.
async fn fulfilled(world: &World<'_>, session: &Session, details: &Details, step: &Move, comment: &str) -> Result<()> {
    if step.needs(Requirement::Comment) && comment.trim().is_empty() {
        return Err(Error::usage("the decision needs a reason").hint("say why: --comment TEXT"));
    }
    let gates = &world.config.gates;
    if step.needs(Requirement::SmokeTestPassed) && gates.require_smoke_test {
        smoke_test_passed(details)?;
    }
    if step.needs(Requirement::NotRegistrant) && gates.four_eyes {
        four_eyes(session, details)?;
    }
    if step.needs(Requirement::DigestUnchanged) {
        integrity::unchanged(world, session, details).await?;
    }
    Ok(())
}

fn smoke_test_passed(details: &Details) -> Result<()> {
    let passed = TestStatus::Passed.as_str();
    match details.metadata.get(metadata::TEST_STATUS).map(String::as_str) {
        Some(status) if status == passed => Ok(()),
        Some(status) => Err(Error::denied(format!("the smoke test of {} is {status}", details.version.arn))
            .hint("mend the cause, deploy again with `aiops promote ... --to test`, or reject the version")),
        None => Err(Error::denied(format!("{} was not tested yet", details.version.arn))
            .hint("deploy it first: `aiops promote ... --to test` asks the endpoint and writes down the result")),
    }
}

fn four_eyes(session: &Session, details: &Details) -> Result<()> {
    let registrant = details.metadata.get(metadata::REGISTERED_BY);
    match (&session.source_identity, registrant) {
        (Some(me), Some(registrant)) if me.eq_ignore_ascii_case(registrant) => {
            Err(Error::denied(format!("{registrant} registered this version and cannot approve it"))
                .hint("somebody else has to look at it: approvals need four eyes"))
        }
        (Some(_), Some(_)) => Ok(()),
        (None, _) => Err(Error::denied("nobody knows who is deciding: the session has no source identity")
            .hint("let aiops assume the role (`session.assume-roles`) with `session.source-identity: caller`")),
        (_, None) => Err(Error::denied(format!("nobody knows who registered {}", details.version.arn))
            .hint("only versions that came through `aiops promote --to central` can be approved")),
    }
}
