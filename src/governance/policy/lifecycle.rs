//! The state machine as statements on `CreateModelPackage` and `UpdateModelPackage`.

use super::document::Statement;
use super::{Place, Scope};
use crate::governance::machine::{MOVES, Move, Origin, Registry, Requirement};
use crate::governance::metadata::{self, TestStatus};
use crate::governance::{LifeCycle, Persona, Stage, Status};

const STAGE: &str = "sagemaker:ModelLifeCycle:Stage";
const STATUS: &str = "sagemaker:ModelLifeCycle:StageStatus";
const APPROVAL: &str = "sagemaker:ModelApprovalStatus";
const CURRENT_STAGE: &str = "sagemaker:CurrentModelLifeCycleStage";
const CURRENT_STATUS: &str = "sagemaker:CurrentModelLifeCycleStageStatus";
const REMOVED: &str = "sagemaker:CustomerMetadataPropertiesToRemove";
const WHO: &str = "aws:SourceIdentity";
const ME: &str = "${aws:SourceIdentity}";

/// What a central version must say about itself when it is created: other rules rest on it.
const FOUNDATIONS: [&str; 4] =
    [metadata::REGISTERED_BY, metadata::SOURCE_ARN, metadata::CONTENT_SHA256, metadata::SPEC_SHA256];

/// The key by which a request names the metadata that it writes.
fn written(key: &str) -> String {
    format!("sagemaker:CustomerMetadataProperties/{key}")
}

/// The key by which a condition sees the metadata that a version has.
fn current(key: &str) -> String {
    format!("sagemaker:CurrentCustomerMetadataProperties/{key}")
}

/// Everything that `persona` may do to versions in `place`, and the evidence that it may not touch.
pub(super) fn statements(persona: Persona, place: Place<'_>, scope: &Scope) -> Vec<Statement> {
    let Some(registry) = place.registry() else { return Vec::new() };
    let moves = MOVES.iter().filter(|step| step.registry == registry && step.by.contains(&persona));
    let mut statements: Vec<_> = moves.map(|step| allow(step, place, scope)).collect();
    if statements.is_empty() {
        return statements;
    }
    if reports_tests(persona, registry) {
        statements.push(report_test(place, scope));
    }
    statements.extend(evidence(persona, registry));
    statements
}

/// Whoever brings a version to Test/Pending deploys it there, and so is the one to report how its test went.
fn reports_tests(persona: Persona, registry: Registry) -> bool {
    let deployed = LifeCycle::new(Stage::Test, Status::Pending);
    MOVES.iter().any(|step| step.registry == registry && step.to == deployed && step.by.contains(&persona))
}

fn allow(step: &Move, place: Place<'_>, scope: &Scope) -> Statement {
    let versions = scope.sagemaker(place, "model-package/*");
    let statement = Statement::allow(sid(step));
    let statement = match step.from {
        // AWS asks for the right on the group as well as on the version that is to be.
        Origin::New => statement
            .actions(["sagemaker:CreateModelPackage"])
            .resources([versions, scope.sagemaker(place, "model-package-group/*")]),
        Origin::Unset | Origin::At(_) => statement.actions(["sagemaker:UpdateModelPackage"]).resources([versions]),
    };
    let statement = statement
        .when("StringEquals", STAGE, [step.to.stage.as_str()])
        .when("StringEquals", STATUS, [step.to.status.as_str()])
        .when("StringEquals", APPROVAL, [step.approval().as_str()]);
    let statement = match step.from {
        Origin::New => sign_creation(statement, step.registry),
        Origin::Unset => statement.absent(CURRENT_STAGE).absent(CURRENT_STATUS),
        Origin::At(from) => statement.when("StringEquals", CURRENT_STAGE, [from.stage.as_str()]).when(
            "StringEquals",
            CURRENT_STATUS,
            [from.status.as_str()],
        ),
    };
    step.requires.iter().fold(statement, require)
}

/// Nobody registers or copies in another's name. A copy comes with all that later decisions rest on, and with nothing
/// that looks like a decision or a test.
fn sign_creation(statement: Statement, registry: Registry) -> Statement {
    match registry {
        // Training code that knows nothing of aiops registers too: the name is checked if it is there.
        Registry::Dev => statement.when("StringEqualsIfExists", written(metadata::REGISTERED_BY), [ME]),
        Registry::Central => {
            let statement = statement.when("StringEquals", written(metadata::PROMOTED_BY), [ME]);
            let statement = FOUNDATIONS.iter().fold(statement, |statement, key| statement.present(written(key)));
            let later = [metadata::TEST_STATUS, metadata::decided_by(Stage::Test), metadata::decided_by(Stage::Prod)];
            later.iter().fold(statement, |statement, key| statement.absent(written(key)))
        }
    }
}

fn require(statement: Statement, requirement: &Requirement) -> Statement {
    match requirement {
        Requirement::SmokeTestPassed => {
            statement.when("StringEquals", current(metadata::TEST_STATUS), [TestStatus::Passed.as_str()])
        }
        // A negated operator holds when its key is missing, and a variable without a value matches nothing: without
        // the two `Null` lines an unsigned version, or an anonymous session, would pass for four eyes.
        Requirement::NotRegistrant => statement
            .when("StringNotEqualsIgnoreCase", current(metadata::REGISTERED_BY), [ME])
            .present(current(metadata::REGISTERED_BY))
            .present(WHO),
        // IAM has no condition key for either: the commands check them.
        Requirement::Comment | Requirement::DigestUnchanged => statement,
    }
}

/// Test results are written alone, and only while a decision is pending: what a decision was based on stays as it was.
fn report_test(place: Place<'_>, scope: &Scope) -> Statement {
    Statement::allow("ReportTest")
        .actions(["sagemaker:UpdateModelPackage"])
        .resources([scope.sagemaker(place, "model-package/*")])
        .when("StringEquals", CURRENT_STAGE, [Stage::Test.as_str(), Stage::Prod.as_str()])
        .when("StringEquals", CURRENT_STATUS, [Status::Pending.as_str()])
        .when("StringEquals", written(metadata::TEST_STATUS), TestStatus::ALL.map(TestStatus::as_str))
        .absent(STAGE)
        .absent(STATUS)
        .absent(APPROVAL)
}

/// Denials that keep evidence as it is.
///
/// AWS does not say whether `UpdateModelPackage` merges `CustomerMetadataProperties` or replaces them, so a careful
/// client sends back every key that it found. A denial of sending a key at all would refuse that client. What is denied
/// is a value that differs from the present one:
///
/// - If AWS merges, evidence cannot be changed, and `ToRemove` is denied: it stays.
/// - If AWS replaces, evidence cannot be changed either, but a client that leaves it out drops it. That gains nobody
///   anything: a missing registrant or test result fails the conditions of every approval, a missing digest fails every
///   deployment, and it cannot be written anew, because the default of the variable is a value that metadata cannot have.
fn evidence(persona: Persona, registry: Registry) -> Vec<Statement> {
    let stages: &[Stage] = match registry {
        Registry::Dev => &[Stage::Dev],
        Registry::Central => &[Stage::Test, Stage::Prod],
    };
    let decides = |stage: Stage| {
        MOVES.iter().any(|step| step.is_decision() && step.to.stage == stage && step.by.contains(&persona))
    };
    let mut statements = Vec::new();
    match registry {
        Registry::Dev => statements.push(keep(metadata::REGISTERED_BY, None)),
        Registry::Central => statements.extend(FOUNDATIONS.iter().map(|key| keep(key, None))),
    }
    if registry == Registry::Central && !reports_tests(persona, registry) {
        statements.extend([metadata::TEST_STATUS, metadata::TEST_DIGEST].map(|key| keep(key, None)));
    }
    // Whoever decides signs with their own name; nobody else signs.
    statements.extend(stages.iter().map(|&stage| keep(metadata::decided_by(stage), decides(stage).then_some(ME))));
    statements.push(Statement::deny("KeepKeys").actions(["sagemaker:UpdateModelPackage"]).resources(["*"]).when(
        "ForAnyValue:StringLike",
        REMOVED,
        [format!("{}*", metadata::PREFIX)],
    ));
    statements
}

/// Denies writing `key`, unless as what it is or as `or`.
fn keep(key: &str, or: Option<&str>) -> Statement {
    let same = format!("${{{}, '#'}}", current(key));
    Statement::deny(format!("Keep{}", camel(key)))
        .actions(["sagemaker:UpdateModelPackage"])
        .resources(["*"])
        .when("StringNotEquals", written(key), std::iter::once(same.as_str()).chain(or))
        .present(written(key))
}

/// A statement id, such as `TestPendingToTestApproved`.
fn sid(step: &Move) -> String {
    let from = match step.from {
        Origin::New => "New".to_owned(),
        Origin::Unset => "Unset".to_owned(),
        Origin::At(lifecycle) => joined(lifecycle),
    };
    format!("{from}To{}", joined(step.to))
}

fn joined(lifecycle: LifeCycle) -> String {
    format!("{}{}", lifecycle.stage, lifecycle.status)
}

/// `aiops-test-status` as `TestStatus`.
fn camel(key: &str) -> String {
    let words = key.strip_prefix(metadata::PREFIX).unwrap_or(key).split('-');
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}
