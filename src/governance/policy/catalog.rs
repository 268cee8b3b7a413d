//! What people need to work in the domain's catalog. IAM is only the outer door: inside, DataZone asks whether they are
//! members of the project.

use super::Scope;
use super::document::Statement;
use crate::governance::Persona;

/// Finding one's way, in the domain and in the catalog.
const LOOK: [&str; 16] = [
    "datazone:GetAsset",
    "datazone:GetDataSource",
    "datazone:GetListing",
    "datazone:GetProject",
    "datazone:GetSubscriptionRequestDetails",
    "datazone:ListDataSourceRuns",
    "datazone:ListDataSources",
    "datazone:ListEnvironmentBlueprints",
    "datazone:ListEnvironments",
    "datazone:ListProjects",
    "datazone:ListSubscriptionGrants",
    "datazone:ListSubscriptionRequests",
    "datazone:ListSubscriptionTargets",
    "datazone:ListSubscriptions",
    "datazone:Search",
    "datazone:SearchListings",
];

/// Publishing what a project has.
const PRODUCE: [&str; 4] = [
    "datazone:CreateAsset",
    "datazone:CreateDataSource",
    "datazone:CreateListingChangeSet",
    "datazone:StartDataSourceRun",
];

/// Using what others have.
const CONSUME: [&str; 2] = ["datazone:CreateSubscriptionGrant", "datazone:CreateSubscriptionRequest"];

/// Deciding who may use what a project has.
const APPROVE: [&str; 2] = ["datazone:AcceptSubscriptionRequest", "datazone:RejectSubscriptionRequest"];

/// The rights of a persona in an account that sees the domain, which is another account's. Who deploys from CI publishes
/// and subscribes, and does not decide.
pub(super) fn statements(persona: Persona, scope: &Scope) -> Vec<Statement> {
    let (consumes, mut acts) = match persona {
        Persona::DataScientist | Persona::Engineer => (true, [&PRODUCE[..], &CONSUME[..], &APPROVE[..]].concat()),
        Persona::Ci => (true, [&PRODUCE[..], &CONSUME[..]].concat()),
        Persona::Lead => (false, APPROVE.to_vec()),
        Persona::Administrator | Persona::GovernanceOfficer => return Vec::new(),
    };
    acts.sort_unstable();
    let domains = format!("arn:{}:datazone:*:*:domain/*", scope.partition);
    let mut statements = vec![
        Statement::allow("FindDomains").actions(["datazone:ListDomains"]).resources(["*"]),
        Statement::allow("LookIntoTheCatalog").actions(LOOK).resources([domains.as_str()]),
        Statement::allow("UseTheCatalog").actions(acts).resources([domains.as_str()]),
    ];
    if consumes {
        // Access that could not be given has to go before it can be asked for again.
        let replace = Statement::allow("ReplaceFailedGrants").actions(["datazone:DeleteSubscriptionGrant"]);
        statements.push(replace.resources([domains.as_str()]));
    }
    statements
}
