use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::testing::{A, B, Client, allow, role, sandbox, trust, wait};

fn call(client: &Client<'_>, operation: &str, input: Value) -> Result<Value, String> {
    client.json("organizations", &format!("AWSOrganizationsV20161128.{operation}"), &input)
}

/// An organization of A with the unit `lob` and the account B, `dev`, in the root. Gives the root's id and the unit's.
fn organization(sandbox: &Sandbox) -> (String, String) {
    let management = Client::administrator(sandbox, A);
    call(&management, "CreateOrganization", json!({})).unwrap();
    let roots = call(&management, "ListRoots", json!({})).unwrap();
    let root = roots["Roots"][0]["Id"].as_str().unwrap().to_owned();
    let unit = call(&management, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "lob"})).unwrap();
    create(&management, "dev", B);
    wait(sandbox, 30);
    (root, unit["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned())
}

fn create(management: &Client<'_>, name: &str, account: &str) -> Value {
    let tags = json!([{"Key": super::ACCOUNT_ID_TAG, "Value": account}]);
    let input = json!({"AccountName": name, "Email": format!("{name}@example.com"), "Tags": tags});
    call(management, "CreateAccount", input).unwrap()["CreateAccountStatus"].clone()
}

#[test]
fn an_account_takes_time_to_come_into_being() {
    let sandbox = sandbox();
    organization(&sandbox);
    let management = Client::administrator(&sandbox, A);
    let states = |request: &Value| {
        let input = json!({"CreateAccountRequestId": request["Id"]});
        let mut status =
            call(&management, "DescribeCreateAccountStatus", input).unwrap()["CreateAccountStatus"].clone();
        status.as_object_mut().unwrap().remove("Id");
        status.to_string()
    };
    let created = create(&management, "test", "333333333333");
    let taken = create(&management, "dev", "444444444444");
    let mut told = vec![states(&created)];
    let missing = call(&management, "DescribeAccount", json!({"AccountId": "333333333333"}));
    assert!(missing.unwrap_err().starts_with("AccountNotFoundException"));
    wait(&sandbox, 20);
    told.extend([states(&created), states(&taken)]);
    insta::assert_snapshot!(told.join("\n"), @r#"
    {"RequestedTimestamp":1767603630.0,"AccountName":"test","State":"IN_PROGRESS"}
    {"AccountId":"333333333333","AccountName":"test","State":"SUCCEEDED","RequestedTimestamp":1767603630.0,"CompletedTimestamp":1767603650.0}
    {"FailureReason":"EMAIL_ALREADY_EXISTS","AccountName":"dev","State":"FAILED","RequestedTimestamp":1767603630.0,"CompletedTimestamp":1767603650.0}
    "#);
    let found = call(&management, "DescribeAccount", json!({"AccountId": "333333333333"})).unwrap();
    assert_eq!(found["Account"]["Name"], "test");
    let random = call(&management, "CreateAccount", json!({"AccountName": "any", "Email": "any@example.com"})).unwrap();
    wait(&sandbox, 20);
    assert!(states(&random["CreateAccountStatus"]).contains("SUCCEEDED"));
}

#[test]
fn the_management_account_gets_into_a_new_account() {
    let sandbox = sandbox();
    organization(&sandbox);
    let arn = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole";
    let inside = Client::administrator(&sandbox, A).assume(arn, &[]).unwrap();
    assert!(inside.query("iam", "ListRoles", &[]).is_ok());
    let stranger = Client::administrator(&sandbox, "999999999999");
    assert!(stranger.assume(arn, &[]).is_err());
}

#[test]
fn accounts_move_between_units() {
    let sandbox = sandbox();
    let (root, unit) = organization(&sandbox);
    let management = Client::administrator(&sandbox, A);
    let parents = || call(&management, "ListParents", json!({"ChildId": B})).unwrap()["Parents"][0].to_string();
    assert!(parents().contains("ROOT"));
    let step = json!({"AccountId": B, "SourceParentId": root, "DestinationParentId": unit});
    call(&management, "MoveAccount", step.clone()).unwrap();
    assert!(parents().contains(&unit));
    let of = |parent: &str| call(&management, "ListAccountsForParent", json!({"ParentId": parent})).unwrap();
    assert_eq!(of(&unit)["Accounts"][0]["Id"], B);
    assert_eq!(of(&root)["Accounts"][0]["Id"], A);
    let children = |kind| call(&management, "ListChildren", json!({"ParentId": root, "ChildType": kind})).unwrap();
    assert_eq!(children("ORGANIZATIONAL_UNIT")["Children"], json!([{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]));
    assert_eq!(children("ACCOUNT")["Children"], json!([{"Id": A, "Type": "ACCOUNT"}]));
    let back = json!({"AccountId": B, "SourceParentId": unit, "DestinationParentId": "r-zzzz"});
    let nowhere = json!({"AccountId": B, "SourceParentId": unit, "DestinationParentId": unit});
    let errors = [step, back, nowhere].map(|input| call(&management, "MoveAccount", input).unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @r"
    SourceParentNotFoundException: You specified a source root or OU that doesn't exist or isn't the account's parent.
    DestinationParentNotFoundException: You specified a destination root or OU that doesn't exist.
    DuplicateAccountException: The account is already in the specified destination.
    ");
}

#[test]
fn the_tree_is_the_management_accounts_business() {
    let sandbox = sandbox();
    let (root, unit) = organization(&sandbox);
    let (management, member) = (Client::administrator(&sandbox, A), Client::administrator(&sandbox, B));
    call(&member, "DescribeOrganization", json!({})).unwrap();
    let denied = call(&member, "ListAccounts", json!({})).unwrap_err();
    let delegate = json!({"AccountId": B, "ServicePrincipal": "datazone.amazonaws.com"});
    call(&management, "RegisterDelegatedAdministrator", delegate.clone()).unwrap();
    call(&member, "ListAccounts", json!({})).unwrap();
    let errors = [
        denied,
        call(&member, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "x"})).unwrap_err(),
        call(&management, "RegisterDelegatedAdministrator", delegate).unwrap_err(),
        call(&Client::administrator(&sandbox, "999999999999"), "ListRoots", json!({})).unwrap_err(),
        call(&management, "CreateOrganization", json!({})).unwrap_err(),
        call(&management, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "lob"})).unwrap_err(),
        call(&management, "ListOrganizationalUnitsForParent", json!({"ParentId": "r-zzzz"})).unwrap_err(),
        call(&management, "ListParents", json!({"ChildId": "999999999999"})).unwrap_err(),
        call(&management, "DescribeAccount", json!({"AccountId": "12"})).unwrap_err(),
        call(&management, "ListAccounts", json!({"NextToken": "x"})).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r"
    AccessDeniedException: You don't have permissions to access this resource.
    AccessDeniedException: You don't have permissions to access this resource.
    AccountAlreadyRegisteredException: The specified account is already a delegated administrator for this AWS service.
    AWSOrganizationsNotInUseException: Your account is not a member of an organization.
    AlreadyInOrganizationException: The AWS account is already a member of an organization.
    DuplicateOrganizationalUnitException: An OU with the same name already exists.
    ParentNotFoundException: You specified a root or OU that doesn't exist.
    ChildNotFoundException: You specified an organizational unit (OU) or AWS account that doesn't exist.
    InvalidInputException: 1 validation error detected: Value '12' at 'accountId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\d{12}$
    InvalidInputException: You specified an invalid value for nextToken. You must use the value from a previous response.
    ");
    let found = call(&management, "DescribeOrganizationalUnit", json!({"OrganizationalUnitId": unit})).unwrap();
    assert_eq!(found["OrganizationalUnit"]["Name"], "lob");
}

#[test]
fn listings_come_in_pages() {
    let sandbox = sandbox();
    organization(&sandbox);
    let management = Client::administrator(&sandbox, A);
    (3..=5).for_each(|n| drop(create(&management, &format!("account-{n}"), &n.to_string().repeat(12))));
    wait(&sandbox, 30);
    let mut sizes = Vec::new();
    let mut token = Value::Null;
    loop {
        let input =
            if token.is_null() { json!({"MaxResults": 2}) } else { json!({"MaxResults": 2, "NextToken": token}) };
        let answer = call(&management, "ListAccounts", input).unwrap();
        sizes.push(answer["Accounts"].as_array().unwrap().len());
        token = answer["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
}

#[test]
fn iam_decides_inside_the_management_account_and_knows_the_organization() {
    let sandbox = sandbox();
    let (_, unit) = organization(&sandbox);
    let none = json!({});
    let only_unit = json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-*/ou-*"}});
    let policy = allow(&["organizations:ListAccounts"], &none);
    let arn = role(&sandbox, A, "Auditor", &trust(A, &["sts:AssumeRole"], &none), &policy);
    let auditor = Client::administrator(&sandbox, A).assume(&arn, &[]).unwrap();
    call(&auditor, "ListAccounts", none.clone()).unwrap();
    let refused = call(&auditor, "ListAccountsForParent", json!({"ParentId": unit})).unwrap_err();
    assert!(refused.starts_with("AccessDeniedException: User: arn:aws:sts::111111111111:assumed-role/Auditor/run"));

    let arn = role(&sandbox, B, "Member", &trust(B, &["sts:AssumeRole"], &only_unit), &policy);
    let member = Client::administrator(&sandbox, B);
    assert!(member.assume(&arn, &[]).is_err(), "B is not in a unit yet");
    let management = Client::administrator(&sandbox, A);
    let roots = call(&management, "ListRoots", none).unwrap();
    let step = json!({"AccountId": B, "SourceParentId": roots["Roots"][0]["Id"], "DestinationParentId": unit});
    call(&management, "MoveAccount", step).unwrap();
    assert!(member.assume(&arn, &[]).is_ok());
}
