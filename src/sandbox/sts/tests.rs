use serde_json::json;

use super::super::Sandbox;
use super::super::testing::{A, B, Client, allow, element, role, sandbox, trust, wait};

const ASSUME: &[&str] = &["sts:AssumeRole"];
const ASSUME_FULLY: &[&str] = &["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];

/// Who a client is, for the caller of GetCallerIdentity.
fn who(client: &Client<'_>) -> Result<String, String> {
    client.query("sts", "GetCallerIdentity", &[]).map(|answer| element(&answer, "Arn"))
}

fn may_look(client: &Client<'_>, name: &str) -> Result<(), String> {
    client.query("iam", "GetRole", &[("RoleName", name)]).map(drop)
}

/// `Base` in A, which may assume roles fully, and `Central` in B, which trusts it with an external id.
fn two_accounts(sandbox: &Sandbox) -> (String, String) {
    let none = json!({});
    let base = role(sandbox, A, "Base", &trust(A, ASSUME_FULLY, &none), &allow(&["sts:*"], &none));
    let external_id = json!({"StringEquals": {"sts:ExternalId": "secret"}});
    let for_lead = json!({"StringEquals": {"aws:SourceIdentity": "lead"}});
    let central =
        role(sandbox, B, "Central", &trust(&base, ASSUME_FULLY, &external_id), &allow(&["iam:*", "sts:*"], &for_lead));
    (base, central)
}

#[test]
fn the_credentials_decide_the_account() {
    let sandbox = sandbox();
    let (base, central) = two_accounts(&sandbox);
    let administrator = Client::administrator(&sandbox, A);
    assert_eq!(who(&administrator).unwrap(), "arn:aws:iam::111111111111:root");
    let base = administrator.assume(&base, &[]).unwrap();
    assert_eq!(who(&base).unwrap(), "arn:aws:sts::111111111111:assumed-role/Base/run");
    let central = base.assume(&central, &[("ExternalId", "secret")]).unwrap();
    assert_eq!(who(&central).unwrap(), "arn:aws:sts::222222222222:assumed-role/Central/run");
    let stranger = Client::with(&sandbox, "ASIA0000000000000000", "x");
    insta::assert_snapshot!(who(&stranger).unwrap_err(), @"InvalidClientTokenId: The security token included in the request is invalid.");
}

#[test]
fn a_role_says_whom_it_trusts_and_with_what() {
    let sandbox = sandbox();
    let (base_arn, central) = two_accounts(&sandbox);
    let plain = role(&sandbox, B, "Plain", &trust(A, ASSUME, &json!({})), &allow(&["iam:*"], &json!({})));
    let administrator = Client::administrator(&sandbox, A);
    let base = administrator.assume(&base_arn, &[]).unwrap();
    let secret = ("ExternalId", "secret");
    let refusals = [
        administrator.assume(&central, &[secret]),
        base.assume(&central, &[]),
        base.assume(&central, &[("ExternalId", "guess")]),
        base.assume(&plain, &[("SourceIdentity", "lead")]),
        base.assume(&plain, &[("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        base.assume("arn:aws:iam::222222222222:role/Nobody", &[]),
        base.assume("arn:aws:iam::222222222222:role/path/Plain", &[]),
        base.assume(&plain, &[("SerialNumber", "arn:aws:iam::111111111111:mfa/x"), ("TokenCode", "123456")]),
    ];
    let refusals: Vec<String> = refusals.into_iter().map(|refusal| refusal.err().unwrap()).collect();
    insta::assert_snapshot!(refusals.join("\n"), @r"
    AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Central because no role trust policy allows the sts:AssumeRole action
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Central because no role trust policy allows the sts:AssumeRole action
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Central because no role trust policy allows the sts:AssumeRole action
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::222222222222:role/Plain because no role trust policy allows the sts:SetSourceIdentity action
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: sts:TagSession on resource: arn:aws:iam::222222222222:role/Plain because no role trust policy allows the sts:TagSession action
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Nobody
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/path/Plain
    AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code.
    ");
    assert!(base.assume(&plain, &[]).is_ok());
}

#[test]
fn a_new_role_cannot_be_assumed_at_once() {
    let sandbox = sandbox();
    let trust = trust(A, ASSUME, &json!({}));
    let input = json!({"RoleName": "New", "AssumeRolePolicyDocument": trust});
    sandbox.administer(A, "eu-west-1", "iam", "CreateRole", input).unwrap();
    let administrator = Client::administrator(&sandbox, A);
    let arn = "arn:aws:iam::111111111111:role/New";
    insta::assert_snapshot!(administrator.assume(arn, &[]).err().unwrap(), @"AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111111111111:role/New");
    wait(&sandbox, 9);
    assert!(administrator.assume(arn, &[]).is_err());
    wait(&sandbox, 1);
    assert!(administrator.assume(arn, &[]).is_ok());
}

#[test]
fn the_source_identity_stays_through_the_chain() {
    let sandbox = sandbox();
    let (base, central_arn) = two_accounts(&sandbox);
    let for_lead = json!({"StringEquals": {"aws:SourceIdentity": "lead", "aws:PrincipalTag/cost": "42"}});
    let third =
        role(&sandbox, B, "Third", &trust(&central_arn, ASSUME_FULLY, &json!({})), &allow(&["iam:GetRole"], &for_lead));
    let unaware =
        role(&sandbox, B, "Unaware", &trust(&central_arn, ASSUME, &json!({})), &allow(&["iam:*"], &json!({})));
    let base = Client::administrator(&sandbox, A).assume(&base, &[]).unwrap();

    let nobody = base.assume(&central_arn, &[("ExternalId", "secret")]).unwrap();
    assert!(may_look(&nobody, "Central").is_err(), "the policy asks for a source identity");
    let central = base
        .assume(
            &central_arn,
            &[
                ("ExternalId", "secret"),
                ("SourceIdentity", "lead"),
                ("Tags.member.1.Key", "cost"),
                ("Tags.member.1.Value", "42"),
                ("TransitiveTagKeys.member.1", "cost"),
            ],
        )
        .unwrap();
    may_look(&central, "Central").unwrap();
    let third_session = central.assume(&third, &[]).unwrap();
    may_look(&third_session, "Third").unwrap();

    let refusals = [
        central.assume(&third, &[("SourceIdentity", "scientist")]),
        central.assume(&unaware, &[]),
        central.assume(&third, &[("Tags.member.1.Key", "Cost"), ("Tags.member.1.Value", "0")]),
        central.assume(&third, &[("TransitiveTagKeys.member.1", "other")]),
    ];
    let refusals: Vec<String> = refusals.into_iter().map(|refusal| refusal.err().unwrap()).collect();
    insta::assert_snapshot!(refusals.join("\n"), @r"
    AccessDenied: User: arn:aws:sts::222222222222:assumed-role/Central/run is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::222222222222:role/Third
    AccessDenied: User: arn:aws:sts::222222222222:assumed-role/Central/run is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::222222222222:role/Unaware because no role trust policy allows the sts:SetSourceIdentity action
    InvalidParameterValue: One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.
    InvalidParameterValue: The specified transitive tag key must be included in the requested tags.
    ");
}

#[test]
fn setting_a_source_identity_needs_leave_on_both_sides() {
    let sandbox = sandbox();
    let base = role(&sandbox, A, "Base", &trust(A, ASSUME, &json!({})), &allow(ASSUME, &json!({})));
    let same = role(&sandbox, A, "Same", &trust(&base, ASSUME_FULLY, &json!({})), &allow(&["iam:*"], &json!({})));
    let base = Client::administrator(&sandbox, A).assume(&base, &[]).unwrap();
    assert!(base.assume(&same, &[]).is_ok());
    insta::assert_snapshot!(base.assume(&same, &[("SourceIdentity", "lead")]).err().unwrap(), @"AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: sts:SetSourceIdentity on resource: arn:aws:iam::111111111111:role/Same because no identity-based policy allows the sts:SetSourceIdentity action");
}

#[test]
fn session_policies_only_take_away() {
    let sandbox = sandbox();
    let none = json!({});
    let arn = role(&sandbox, A, "Base", &trust(A, ASSUME, &none), &allow(&["iam:GetRole"], &none));
    let administrator = Client::administrator(&sandbox, A);
    let (lists, looks) = (allow(&["iam:ListRoles"], &none), allow(&["iam:GetRole"], &none));
    let managed = ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/AdministratorAccess");
    let limited = administrator.assume(&arn, &[("Policy", &lists)]).unwrap();
    let refusals = [may_look(&limited, "Base"), limited.query("iam", "ListRoles", &[]).map(drop)]
        .map(|refusal| refusal.unwrap_err());
    insta::assert_snapshot!(refusals.join("\n"), @r"
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: iam:GetRole on resource: role Base because no session policy allows the iam:GetRole action
    AccessDenied: User: arn:aws:sts::111111111111:assumed-role/Base/run is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111111111111:role/ because no identity-based policy allows the iam:ListRoles action
    ");
    may_look(&administrator.assume(&arn, &[("Policy", &looks)]).unwrap(), "Base").unwrap();
    may_look(&administrator.assume(&arn, &[managed]).unwrap(), "Base").unwrap();
    may_look(&administrator.assume(&arn, &[("Policy", &lists), managed]).unwrap(), "Base").unwrap();

    let long = allow(&[&format!("s3:{}", "x".repeat(2100))], &none);
    let errors = [
        administrator.assume(&arn, &[("Policy", "{}")]),
        administrator.assume(&arn, &[("Policy", &long)]),
        administrator.assume(&arn, &[("PolicyArns.member.1.arn", "arn:aws:iam::222222222222:policy/Other")]),
    ];
    let errors: Vec<String> = errors.into_iter().map(|error| error.err().unwrap()).collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    MalformedPolicyDocument: Policy document must be version 2012-10-17 or greater.
    PackedPolicyTooLarge: Packed size of session tags and policies consumes 108% of the allotted space.
    MalformedPolicyDocument: Managed policy arn:aws:iam::222222222222:policy/Other does not exist or is not attachable.
    ");
}

#[test]
fn sessions_end() {
    let sandbox = sandbox();
    let (base, central) = two_accounts(&sandbox);
    let administrator = Client::administrator(&sandbox, A);
    let session = administrator.assume(&base, &[("DurationSeconds", "900")]).unwrap();
    let limits = [
        administrator.assume(&base, &[("DurationSeconds", "899")]),
        administrator.assume(&base, &[("DurationSeconds", "3601")]),
        session.assume(&central, &[("ExternalId", "secret"), ("DurationSeconds", "3601")]),
    ];
    let limits: Vec<String> = limits.into_iter().map(|limit| limit.err().unwrap()).collect();
    insta::assert_snapshot!(limits.join("\n"), @r"
    ValidationError: 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900
    ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.
    ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.
    ");
    wait(&sandbox, 899);
    assert!(who(&session).is_ok());
    wait(&sandbox, 1);
    insta::assert_snapshot!(who(&session).unwrap_err(), @"ExpiredToken: The security token included in the request is expired");
}

#[test]
fn a_session_does_not_outlive_its_role() {
    let sandbox = sandbox();
    let none = json!({});
    let make = || role(&sandbox, A, "Base", &trust(A, ASSUME, &none), &allow(&["iam:*"], &none));
    let administrator = Client::administrator(&sandbox, A);
    let session = administrator.assume(&make(), &[]).unwrap();
    may_look(&session, "Base").unwrap();
    let remove = |operation, input| sandbox.administer(A, "eu-west-1", "iam", operation, input).unwrap();
    remove("DeleteRolePolicy", json!({"RoleName": "Base", "PolicyName": "p"}));
    remove("DeleteRole", json!({"RoleName": "Base"}));
    make();
    assert!(may_look(&session, "Base").is_err(), "another role of the same name is another role");
}
