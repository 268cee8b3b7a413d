//! Who may take the role of a persona.

use serde_json::{Value, json};

use super::document::{Statement, document};

/// Whom the role of a persona trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trustees {
    /// ARNs of accounts (`arn:aws:iam::<account>:root`, which leaves the choice to that account), roles or users.
    pub principals: Vec<String>,
    /// What callers must present in `sts:ExternalId`.
    pub external_id: Option<String>,
}

/// The trust policy of a persona's role.
///
/// Every session must carry a source identity: it is the name by which four-eyes rules know people. It is given when
/// the first role is assumed and stays through chained ones, where AWS shows it under the other key.
pub fn trust(trustees: &Trustees) -> Value {
    let assume = |sid: &str, identity: &str| {
        let statement = Statement::allow(sid).aws(&trustees.principals).actions(["sts:AssumeRole"]).present(identity);
        match &trustees.external_id {
            Some(id) => statement.when("StringEquals", "sts:ExternalId", [id]),
            None => statement,
        }
    };
    document([
        assume("AssumeUnderAName", "sts:SourceIdentity"),
        assume("AssumeUnderANameGivenBefore", "aws:SourceIdentity"),
        // Of no use without the right to assume; AWS shows the external id to AssumeRole alone.
        Statement::allow("CarryNameAndTags")
            .aws(&trustees.principals)
            .actions(["sts:SetSourceIdentity", "sts:TagSession"]),
    ])
}

/// The trust policy of a role for whom an OpenID Connect provider vouches: with tokens for `audience`, about one of these
/// `subjects` and nothing else. `provider` is what condition keys begin with, the issuer's URL without its scheme.
pub fn web_identity_trust(provider_arn: &str, provider: &str, audience: &str, subjects: &[String]) -> Value {
    document([Statement::allow("TakenByCi")
        .principal(json!({"Federated": provider_arn}))
        .actions(["sts:AssumeRoleWithWebIdentity"])
        .when("StringEquals", format!("{provider}:aud"), [audience])
        .when("StringEquals", format!("{provider}:sub"), subjects)])
}

/// The other half of trust: what people need in their own account to take the roles at `role_arns`.
pub fn assume_roles(role_arns: impl IntoIterator<Item = impl Into<String>>) -> Value {
    document([Statement::allow("TakePersonas")
        .actions(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"])
        .resources(role_arns)])
}
