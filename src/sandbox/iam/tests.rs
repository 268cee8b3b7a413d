//! The rules of AWS's documentation, one row a rule. The first column names the page or section that states it.

use super::*;

mod conditions;
mod documents;
mod oidc;
mod properties;
mod service;

const ACCOUNT: &str = "111111111111";
const OTHER: &str = "222222222222";
const OBJECT: &str = "arn:aws:s3:::models/a/b.tar.gz";

fn session() -> Principal {
    Principal {
        account: ACCOUNT.to_owned(),
        kind: PrincipalKind::Session(Session {
            role_arn: format!("arn:aws:iam::{ACCOUNT}:role/team/Scientist"),
            role_id: "AROAEXAMPLE".to_owned(),
            name: "run".to_owned(),
            source_identity: Some("lead".to_owned()),
            tags: [("team".to_owned(), "fraud".to_owned())].into(),
        }),
    }
}

/// A document with one statement, given the statement's members.
fn document(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#)
}

fn policy(kind: DocumentKind, statement: &str) -> Policy {
    Policy::parse(&document(statement), kind).unwrap_or_else(|error| panic!("{statement}: {error}"))
}

/// Statements of the policies around one request; empty for none.
#[derive(Clone, Copy, Default)]
struct World {
    identity: &'static str,
    boundary: &'static str,
    session: &'static str,
    resource: &'static str,
    need: Need,
}

impl World {
    fn decide(self, principal: &Principal, action: &str, resource: &str, owner: &str) -> (Decision, Option<String>) {
        let read = |kind, text: &str| (!text.is_empty()).then(|| policy(kind, text));
        let identity = read(DocumentKind::Identity, self.identity);
        let boundary = read(DocumentKind::Identity, self.boundary);
        let session = read(DocumentKind::Identity, self.session);
        let attached = read(DocumentKind::Resource, self.resource);
        let mut context = Context::default();
        principal.describe(&mut context);
        let request = Request { principal, action, resource, resource_account: owner, context: &context };
        let policies = Policies {
            identity: &identity.iter().collect::<Vec<_>>(),
            boundary: boundary.as_ref(),
            session: &session.iter().collect::<Vec<_>>(),
            resource: attached.as_ref(),
            need: self.need,
        };
        let decision = evaluate(&request, &policies);
        let refusal = decision.refusal(&request);
        (decision, refusal)
    }
}

/// What a decision comes to, in one word.
fn verdict(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow { .. } => "allow",
        Decision::ExplicitDeny { .. } => "deny",
        Decision::ImplicitDeny { missing: PolicyKind::Identity } => "no identity",
        Decision::ImplicitDeny { missing: PolicyKind::PermissionsBoundary } => "no boundary",
        Decision::ImplicitDeny { missing: PolicyKind::Session } => "no session",
        Decision::ImplicitDeny { missing: PolicyKind::Resource } => "no resource",
    }
}

const ALLOW_GET: &str = r#""Effect":"Allow","Action":"s3:GetObject","Resource":"*""#;
const ALLOW_PUT: &str = r#""Effect":"Allow","Action":"s3:PutObject","Resource":"*""#;
const DENY_ALL: &str = r#""Effect":"Deny","Action":"*","Resource":"*""#;
const TO_SESSION: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*",
    "Principal":{"AWS":"arn:aws:sts::111111111111:assumed-role/Scientist/run"}"#;
const TO_ROLE: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*",
    "Principal":{"AWS":["arn:aws:iam::999999999999:role/X","arn:aws:iam::111111111111:role/team/Scientist"]}"#;
const TO_ACCOUNT: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*",
    "Principal":{"AWS":"arn:aws:iam::111111111111:root"}"#;
const TO_ACCOUNT_ID: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*","Principal":{"AWS":"111111111111"}"#;
const TO_EVERYONE: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*""#;
const TO_OTHERS: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*","Principal":{"AWS":"333333333333"}"#;
const TO_LAMBDA: &str = r#""Effect":"Allow","Action":"s3:*","Resource":"*",
    "Principal":{"Service":"lambda.amazonaws.com","AWS":"333333333333"}"#;

#[test]
fn policy_types_combine_as_documented() {
    let w = World::default();
    let get = World { identity: ALLOW_GET, ..w };
    let same = ACCOUNT;
    #[rustfmt::skip]
    let rows: &[(&str, World, &str, &str)] = &[
        ("denyallow: all requests are denied by default", w, same, "no identity"),
        ("denyallow: an allow overrides the default", get, same, "allow"),
        ("denyallow: an explicit deny overrides any allow", World { boundary: DENY_ALL, resource: TO_SESSION, ..get }, same, "deny"),
        ("denyallow: explicit deny in a session policy", World { session: DENY_ALL, ..get }, same, "deny"),
        ("denyallow: explicit deny in a resource policy", World { resource: r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*""#, ..get }, same, "deny"),
        ("denyallow: a deny for others is not mine", World { resource: r#""Effect":"Deny","Principal":{"AWS":"333333333333"},"Action":"s3:*","Resource":"*""#, ..get }, same, "allow"),
        ("denyallow: a deny for the account means its roles", World { resource: r#""Effect":"Deny","Principal":{"AWS":"111111111111"},"Action":"s3:*","Resource":"*""#, ..get }, same, "deny"),
        ("boundaries: both identity and boundary must allow", World { boundary: ALLOW_PUT, ..get }, same, "no boundary"),
        ("boundaries: a boundary alone grants nothing", World { boundary: ALLOW_GET, ..w }, same, "no identity"),
        ("boundaries: identity and boundary allow", World { boundary: ALLOW_GET, ..get }, same, "allow"),
        ("session policies: the intersection with the role's", World { session: ALLOW_PUT, ..get }, same, "no session"),
        ("session policies: they grant nothing themselves", World { session: ALLOW_GET, ..w }, same, "no identity"),
        ("resource policies: the session ARN, not limited by anything implicit", World { boundary: ALLOW_PUT, session: ALLOW_PUT, resource: TO_SESSION, ..w }, same, "allow"),
        ("resource policies: the role ARN needs no identity policy", World { resource: TO_ROLE, ..w }, same, "allow"),
        ("resource policies: the role ARN is limited by the boundary", World { boundary: ALLOW_PUT, resource: TO_ROLE, ..w }, same, "no boundary"),
        ("resource policies: the role ARN is limited by the session policy", World { session: ALLOW_PUT, resource: TO_ROLE, ..w }, same, "no session"),
        ("principal: the account ARN delegates to the account", World { resource: TO_ACCOUNT, ..w }, same, "no identity"),
        ("principal: the bare account id is the account ARN", World { resource: TO_ACCOUNT_ID, ..get }, same, "allow"),
        ("principal: everyone, not limited by anything implicit", World { boundary: ALLOW_PUT, resource: TO_EVERYONE, ..w }, same, "allow"),
        ("principal: someone else", World { resource: TO_OTHERS, ..w }, same, "no identity"),
        ("principal: a service is not a role", World { resource: TO_LAMBDA, ..w }, same, "no identity"),
        ("roles and KMS keys: the resource's own policy must allow", World { need: Need::Resource, resource: TO_OTHERS, ..get }, same, "no resource"),
        ("roles and KMS keys: delegation to the account needs an identity policy", World { need: Need::Resource, resource: TO_ACCOUNT, ..w }, same, "no identity"),
        ("roles and KMS keys: both allow", World { need: Need::Resource, resource: TO_ACCOUNT, ..get }, same, "allow"),
        ("SetSourceIdentity: the trust policy alone is not enough", World { need: Need::Both, resource: TO_SESSION, ..w }, same, "no identity"),
        ("SetSourceIdentity: the identity policy alone is not enough", World { need: Need::Both, ..get }, same, "no resource"),
        ("SetSourceIdentity: both", World { need: Need::Both, resource: TO_ROLE, ..get }, same, "allow"),
        ("cross-account: identity policy alone", get, OTHER, "no resource"),
        ("cross-account: resource policy alone, even for the session", World { resource: TO_SESSION, ..w }, OTHER, "no identity"),
        ("cross-account: both, through the account", World { resource: TO_ACCOUNT, ..get }, OTHER, "allow"),
        ("cross-account: both, through the role", World { resource: TO_ROLE, ..get }, OTHER, "allow"),
        ("cross-account: the boundary limits", World { boundary: ALLOW_PUT, resource: TO_SESSION, ..get }, OTHER, "no boundary"),
        ("cross-account: the session policy limits", World { session: ALLOW_PUT, resource: TO_SESSION, ..get }, OTHER, "no session"),
        ("notprincipal: spares only who is listed with role and account", World { resource: r#""Effect":"Deny","NotPrincipal":{"AWS":["111111111111","arn:aws:iam::111111111111:role/team/Scientist","arn:aws:sts::111111111111:assumed-role/Scientist/run"]},"Action":"s3:*","Resource":"*""#, ..get }, same, "allow"),
        ("notprincipal: the session without its account is denied", World { resource: r#""Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:sts::111111111111:assumed-role/Scientist/run"},"Action":"s3:*","Resource":"*""#, ..get }, same, "deny"),
        ("notprincipal: always denies a principal with a boundary", World { boundary: ALLOW_GET, resource: r#""Effect":"Deny","NotPrincipal":{"AWS":["111111111111","arn:aws:iam::111111111111:role/team/Scientist","arn:aws:sts::111111111111:assumed-role/Scientist/run"]},"Action":"s3:*","Resource":"*""#, ..get }, same, "deny"),
    ];
    for (topic, world, owner, expected) in rows {
        let (decision, _) = world.decide(&session(), "s3:GetObject", OBJECT, owner);
        assert_eq!(verdict(&decision), *expected, "{topic}");
    }
}

#[test]
fn the_root_user_and_services_have_no_identity_policies() {
    let w = World::default();
    let root = Principal::root(ACCOUNT);
    let lambda =
        Principal { account: ACCOUNT.to_owned(), kind: PrincipalKind::Service("lambda.amazonaws.com".to_owned()) };
    let deny_everyone = r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*""#;
    #[rustfmt::skip]
    let rows: &[(&str, World, &Principal, &str, &str)] = &[
        ("root user: full access in its account", w, &root, ACCOUNT, "allow"),
        ("root user: a resource policy can deny it", World { resource: deny_everyone, ..w }, &root, ACCOUNT, "deny"),
        ("root user: another account must grant", w, &root, OTHER, "no resource"),
        ("root user: another account grants", World { resource: TO_ACCOUNT, ..w }, &root, OTHER, "allow"),
        ("root user: is not the role", World { resource: TO_ROLE, ..w }, &root, OTHER, "no resource"),
        ("services: the resource must name the service", World { resource: TO_LAMBDA, ..w }, &lambda, ACCOUNT, "allow"),
        ("services: the account they act for does not count", World { resource: TO_ACCOUNT, ..w }, &lambda, ACCOUNT, "no resource"),
        ("services: nothing names it", w, &lambda, ACCOUNT, "no resource"),
    ];
    for (topic, world, principal, owner, expected) in rows {
        let (decision, _) = world.decide(principal, "s3:GetObject", OBJECT, owner);
        assert_eq!(verdict(&decision), *expected, "{topic}");
    }
}

#[test]
fn actions_and_resources_match_as_documented() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, &str, &str, bool)] = &[
        ("Action: prefix and name are case-insensitive", r#""Action":"S3:getobject","Resource":"*""#, "s3:GetObject", OBJECT, true),
        ("Action: wildcards", r#""Action":"s3:Get?bj*","Resource":"*""#, "s3:GetObject", OBJECT, true),
        ("Action: a wildcard stays in the service", r#""Action":"s3:*","Resource":"*""#, "sts:GetObject", OBJECT, false),
        ("Action: the lone wildcard", r#""Action":"*","Resource":"*""#, "sts:AssumeRole", OBJECT, true),
        ("NotAction: everything but the listed", r#""NotAction":["iam:*","sts:*"],"Resource":"*""#, "s3:GetObject", OBJECT, true),
        ("NotAction: not the listed", r#""NotAction":["iam:*","S3:*"],"Resource":"*""#, "s3:GetObject", OBJECT, false),
        ("Resource: a wildcard takes slashes", r#""Action":"*","Resource":"arn:aws:s3:::models/*""#, "s3:GetObject", OBJECT, true),
        ("Resource: names are case-sensitive", r#""Action":"*","Resource":"arn:aws:s3:::Models/*""#, "s3:GetObject", OBJECT, false),
        ("Resource: a question mark is one character", r#""Action":"*","Resource":"arn:aws:s3:::models/?/b.tar.g?""#, "s3:GetObject", OBJECT, true),
        ("Resource: a question mark is not none", r#""Action":"*","Resource":"arn:aws:s3:::models/a/b.tar.gz?""#, "s3:GetObject", OBJECT, false),
        ("Resource: a wildcard inside a segment stays in it", r#""Action":"*","Resource":"arn:aws:sagemaker:eu-*1:1*1:model/m""#, "x:Y", "arn:aws:sagemaker:eu-west-1:111111111111:model/m", true),
        ("Resource: a wildcard inside a segment does not span", r#""Action":"*","Resource":"arn:aws:sagemaker:eu*m""#, "x:Y", "arn:aws:sagemaker:eu-west-1:111111111111:model/m", false),
        ("Resource: a wildcard that ends a segment spans", r#""Action":"*","Resource":"arn:aws:sagemaker:*:model/m""#, "x:Y", "arn:aws:sagemaker:eu-west-1:111111111111:model/m", true),
        ("Resource: colons inside the last part are text", r#""Action":"*","Resource":"arn:aws:s3:::models/*x""#, "x:Y", "arn:aws:s3:::models/a:b:x", true),
        ("Resource: one of several", r#""Action":"*","Resource":["arn:aws:s3:::x/*","arn:aws:s3:::models/*"]"#, "x:Y", OBJECT, true),
        ("Resource: an ARN does not mean an action without resource", r#""Action":"*","Resource":"arn:aws:s3:::*""#, "s3:ListAllMyBuckets", "*", false),
        ("NotResource: everything but the listed", r#""Action":"*","NotResource":"arn:aws:s3:::x/*""#, "x:Y", OBJECT, true),
        ("NotResource: not the listed", r#""Action":"*","NotResource":["arn:aws:s3:::x/*","arn:aws:s3:::models/*"]"#, "x:Y", OBJECT, false),
        ("variables: in the resource", r#""Action":"*","Resource":"arn:aws:s3:::${aws:PrincipalTag/team}/*""#, "x:Y", "arn:aws:s3:::fraud/k", true),
        ("variables: names are case-insensitive", r#""Action":"*","Resource":"arn:aws:s3:::${AWS:principaltag/TEAM}/*""#, "x:Y", "arn:aws:s3:::fraud/k", true),
        ("variables: without value or default, nothing matches", r#""Action":"*","Resource":"arn:aws:s3:::x${aws:PrincipalTag/none}""#, "x:Y", "arn:aws:s3:::x", false),
        ("variables: the default", r#""Action":"*","Resource":"arn:aws:s3:::${aws:PrincipalTag/none, 'a, b'}""#, "x:Y", "arn:aws:s3:::a, b", true),
        ("variables: the default is not taken when there is a value", r#""Action":"*","Resource":"arn:aws:s3:::${aws:PrincipalTag/team, 'x'}""#, "x:Y", "arn:aws:s3:::x", false),
        ("variables: escaped wildcards and dollar", r#""Action":"*","Resource":"arn:aws:s3:::${*}${?}${$}*""#, "x:Y", "arn:aws:s3:::*?$z", true),
        ("variables: an escaped wildcard is a character", r#""Action":"*","Resource":"arn:aws:s3:::${*}""#, "x:Y", "arn:aws:s3:::z", false),
    ];
    for (topic, statement, action, resource, expected) in rows {
        let statement: &'static str = Box::leak(format!(r#""Effect":"Allow",{statement}"#).into_boxed_str());
        let world = World { identity: statement, ..World::default() };
        let (decision, _) = world.decide(&session(), action, resource, ACCOUNT);
        assert_eq!(decision.is_allowed(), *expected, "{topic}");
    }
}

#[test]
fn variables_are_plain_text_before_version_2012() {
    let document = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*",
        "Resource":"arn:aws:s3:::${aws:PrincipalTag/team}"}}"#;
    let attached = Policy::parse(document, DocumentKind::Resource).unwrap();
    let principal = session();
    let mut context = Context::default();
    principal.describe(&mut context);
    let allowed = |resource| {
        let request =
            Request { principal: &principal, action: "s3:X", resource, resource_account: ACCOUNT, context: &context };
        evaluate(&request, &Policies { resource: Some(&attached), ..Policies::default() }).is_allowed()
    };
    assert!(!allowed("arn:aws:s3:::fraud"));
    assert!(allowed("arn:aws:s3:::${aws:PrincipalTag/team}"));
}

#[test]
fn an_allow_names_its_statement() {
    let world =
        World { identity: r#""Sid":"ReadModels","Effect":"Allow","Action":"*","Resource":"*""#, ..World::default() };
    let (decision, refusal) = world.decide(&session(), "s3:GetObject", OBJECT, ACCOUNT);
    assert_eq!(decision, Decision::Allow { policy: PolicyKind::Identity, sid: Some("ReadModels".to_owned()) });
    assert_eq!(refusal, None);
}

#[test]
fn refusals_are_worded_as_aws_words_them() {
    let w = World::default();
    let get = World { identity: ALLOW_GET, ..w };
    let worlds = [
        (w, ACCOUNT),
        (get, OTHER),
        (World { boundary: ALLOW_PUT, ..get }, ACCOUNT),
        (World { session: ALLOW_PUT, ..get }, ACCOUNT),
        (World { identity: DENY_ALL, ..w }, ACCOUNT),
        (World { boundary: DENY_ALL, ..get }, ACCOUNT),
        (World { session: DENY_ALL, ..get }, ACCOUNT),
        (World { resource: r#""Effect":"Deny","Principal":"*","Action":"*","Resource":"*""#, ..get }, ACCOUNT),
    ];
    let mut messages: Vec<String> = worlds
        .into_iter()
        .map(|(world, owner)| world.decide(&session(), "s3:GetObject", OBJECT, owner).1.unwrap())
        .collect();
    let trust = World { need: Need::Resource, ..w };
    let role = "arn:aws:iam::111111111111:role/R";
    messages.push(trust.decide(&session(), "sts:AssumeRole", role, ACCOUNT).1.unwrap());
    messages.push(w.decide(&session(), "iam:GetRole", "arn:aws:iam::111111111111:role/team/R", ACCOUNT).1.unwrap());
    let messages = messages.join("\n").replace("User: arn:aws:sts::111111111111:assumed-role/Scientist/run", "User: U");
    insta::assert_snapshot!(messages, @r"
    User: U is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::models/a/b.tar.gz because no identity-based policy allows the s3:GetObject action
    User: U is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::models/a/b.tar.gz because no resource-based policy allows the s3:GetObject action
    User: U is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::models/a/b.tar.gz because no permissions boundary allows the s3:GetObject action
    User: U is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::models/a/b.tar.gz because no session policy allows the s3:GetObject action
    User: U is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::models/a/b.tar.gz with an explicit deny in an identity-based policy
    User: U is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::models/a/b.tar.gz with an explicit deny in a permissions boundary
    User: U is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::models/a/b.tar.gz with an explicit deny in a session policy
    User: U is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::models/a/b.tar.gz with an explicit deny in a resource-based policy
    User: U is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/R because no role trust policy allows the sts:AssumeRole action
    User: U is not authorized to perform: iam:GetRole on resource: role R because no identity-based policy allows the iam:GetRole action
    ");
}
