use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::store::READS;
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
    let tags = json!([{"Key": super::ACCOUNT_ID_TAG, "Value": "333333333333"}]);
    let input = json!({"AccountName": "x", "Email": "x@example.com", "RoleName": "Bootstrap", "Tags": tags});
    call(&Client::administrator(&sandbox, A), "CreateAccount", input).unwrap();
    let arn = "arn:aws:iam::333333333333:role/Bootstrap";
    assert!(Client::administrator(&sandbox, A).assume(arn, &[]).is_err(), "not before the account is there");
    wait(&sandbox, 30);
    Client::administrator(&sandbox, A).assume(arn, &[]).unwrap();
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
    call(&management, "EnableAWSServiceAccess", json!({"ServicePrincipal": "datazone.amazonaws.com"})).unwrap();
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

#[test]
fn services_are_trusted_and_administered_by_delegates() {
    let sandbox = sandbox();
    organization(&sandbox);
    let (management, member) = (Client::administrator(&sandbox, A), Client::administrator(&sandbox, B));
    let service = |name: &str| json!({"ServicePrincipal": name});
    let delegate = |account: &str, name: &str| json!({"AccountId": account, "ServicePrincipal": name});
    let (config, ram) = ("config.amazonaws.com", "ram.amazonaws.com");
    let mut errors = vec![
        call(&member, "EnableAWSServiceAccess", service(ram)).unwrap_err(),
        call(&member, "ListAWSServiceAccessForOrganization", json!({})).unwrap_err(),
        call(&management, "EnableAWSServiceAccess", service("ram")).unwrap_err(),
        call(&management, "RegisterDelegatedAdministrator", delegate(B, config)).unwrap_err(),
    ];
    for name in [ram, config, ram] {
        call(&management, "EnableAWSServiceAccess", service(name)).unwrap();
        wait(&sandbox, 1);
    }
    let trusted = call(&management, "ListAWSServiceAccessForOrganization", json!({})).unwrap();
    assert_eq!(
        trusted["EnabledServicePrincipals"],
        json!([{"ServicePrincipal": config, "DateEnabled": 1_767_603_631.0},
               {"ServicePrincipal": ram, "DateEnabled": 1_767_603_630.0}])
    );
    call(&management, "RegisterDelegatedAdministrator", delegate(B, config)).unwrap();
    call(&management, "RegisterDelegatedAdministrator", delegate(B, ram)).unwrap();
    let administrators = |input: Value| {
        let found = call(&member, "ListDelegatedAdministrators", input).unwrap();
        found["DelegatedAdministrators"].as_array().unwrap().iter().map(|one| one["Id"].clone()).collect::<Value>()
    };
    assert_eq!(administrators(json!({})), json!([B]));
    assert_eq!(administrators(service("sso.amazonaws.com")), json!([]));
    call(&management, "DeregisterDelegatedAdministrator", delegate(B, config)).unwrap();
    assert_eq!((administrators(service(config)), administrators(service(ram))), (json!([]), json!([B])));
    errors.extend([
        call(&management, "DeregisterDelegatedAdministrator", delegate(B, config)).unwrap_err(),
        call(&management, "RegisterDelegatedAdministrator", delegate(A, ram)).unwrap_err(),
        call(&management, "RegisterDelegatedAdministrator", delegate("999999999999", ram)).unwrap_err(),
        call(&member, "RegisterDelegatedAdministrator", delegate(B, config)).unwrap_err(),
    ]);
    call(&management, "DeregisterDelegatedAdministrator", delegate(B, ram)).unwrap();
    errors.push(call(&member, "ListDelegatedAdministrators", json!({})).unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @r"
    AccessDeniedException: You don't have permissions to access this resource.
    AccessDeniedException: You don't have permissions to access this resource.
    InvalidInputException: You specified an unrecognized service principal.
    ConstraintViolationException: You attempted to register a delegated administrator before you enabled service access. Call the EnableAWSServiceAccess API first.
    AccountNotRegisteredException: The specified account is not a delegated administrator for this AWS service.
    ConstraintViolationException: You cannot register the management account as a delegated administrator.
    AccountNotFoundException: You specified an account that doesn't exist.
    AccessDeniedException: You don't have permissions to access this resource.
    AccessDeniedException: You don't have permissions to access this resource.
    ");
}

#[test]
fn accounts_units_and_the_root_have_tags() {
    let sandbox = sandbox();
    let (root, unit) = organization(&sandbox);
    let (management, member) = (Client::administrator(&sandbox, A), Client::administrator(&sandbox, B));
    let tags = |id: &str| call(&management, "ListTagsForResource", json!({"ResourceId": id})).unwrap()["Tags"].take();
    assert_eq!(tags(B), json!([{"Key": super::ACCOUNT_ID_TAG, "Value": B}]), "as it was made");
    for id in [B, &unit, &root] {
        let added = json!([{"Key": "lob", "Value": "risk"}, {"Key": "stage", "Value": "dev"}]);
        call(&management, "TagResource", json!({"ResourceId": id, "Tags": added})).unwrap();
        let removed = json!({"ResourceId": id, "TagKeys": ["stage", super::ACCOUNT_ID_TAG, "none"]});
        call(&management, "UntagResource", removed).unwrap();
        assert_eq!(tags(id), json!([{"Key": "lob", "Value": "risk"}]));
    }
    let many: Vec<Value> = (0..50).map(|n| json!({"Key": format!("k{n}"), "Value": ""})).collect();
    let twice = json!([{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]);
    let errors = [
        call(&member, "TagResource", json!({"ResourceId": B, "Tags": []})).unwrap_err(),
        call(&management, "TagResource", json!({"ResourceId": "999999999999", "Tags": []})).unwrap_err(),
        call(&management, "ListTagsForResource", json!({"ResourceId": "r-zzzz"})).unwrap_err(),
        call(&management, "TagResource", json!({"ResourceId": B, "Tags": many})).unwrap_err(),
        call(&management, "TagResource", json!({"ResourceId": B, "Tags": twice})).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r"
    AccessDeniedException: You don't have permissions to access this resource.
    TargetNotFoundException: You specified a target that doesn't exist.
    TargetNotFoundException: You specified a target that doesn't exist.
    ConstraintViolationException: You have exceeded the number of tags allowed on this resource.
    InvalidInputException: Duplicate tag keys found. Please note that Tag keys are case insensitive.
    ");
    let only_risk = allow(&["organizations:TagResource"], &json!({"StringEquals": {"aws:RequestTag/lob": "risk"}}));
    let arn = role(&sandbox, A, "Tagger", &trust(A, &["sts:AssumeRole"], &json!({})), &only_risk);
    let tagger = management.assume(&arn, &[]).unwrap();
    let tag =
        |value: &str| call(&tagger, "TagResource", json!({"ResourceId": B, "Tags": [{"Key": "lob", "Value": value}]}));
    tag("risk").unwrap();
    assert!(tag("other").unwrap_err().starts_with("AccessDeniedException"));
}

/// The sizes of all pages of a listing.
fn sizes(client: &Client<'_>, operation: &str, member: &str, mut input: Value) -> Vec<usize> {
    let mut sizes = Vec::new();
    loop {
        let answer = call(client, operation, input.clone()).unwrap();
        sizes.push(answer[member].as_array().unwrap().len());
        if answer["NextToken"].is_null() {
            return sizes;
        }
        input["NextToken"] = answer["NextToken"].clone();
    }
}

#[test]
fn pages_may_be_empty_and_have_a_successor() {
    let sandbox = sandbox();
    organization(&sandbox);
    let management = Client::administrator(&sandbox, A);
    for _ in 0..4 {
        create(&management, "dev", "444444444444");
    }
    let statuses = |states: Value| {
        sizes(
            &management,
            "ListCreateAccountStatus",
            "CreateAccountStatuses",
            json!({"States": states, "MaxResults": 2}),
        )
    };
    assert_eq!(statuses(json!(["IN_PROGRESS"])).iter().sum::<usize>(), 4);
    wait(&sandbox, 20);
    assert_eq!(statuses(json!([])), [2, 2, 1]);
    assert_eq!(statuses(json!(["IN_PROGRESS"])), [0, 0, 0]);
    assert_eq!(statuses(json!(["FAILED"])).iter().sum::<usize>(), 4);
    assert_eq!(statuses(json!(["SUCCEEDED", "IN_PROGRESS"])).iter().sum::<usize>(), 1);
    // What is only being made does not count yet, but has its place.
    create(&management, "zero", "000000000000");
    let accounts = json!({"MaxResults": 1});
    assert_eq!(sizes(&management, "ListAccounts", "Accounts", accounts), [0, 1, 1]);
}

#[test]
fn each_of_a_thousand_accounts_costs_what_one_costs() {
    let sandbox = sandbox();
    let (root, _) = organization(&sandbox);
    let management = Client::administrator(&sandbox, A);
    let reads = |work: &dyn Fn()| {
        let before = READS.get();
        work();
        READS.get() - before
    };
    let make = |number: usize| {
        let input = json!({"AccountName": format!("a{number}"), "Email": format!("a{number}@example.com")});
        sandbox.administer(A, "us-east-1", "organizations", "CreateAccount", input).unwrap();
    };
    let first = reads(&|| make(0));
    (1..997).for_each(make);
    assert_eq!(reads(&|| make(997)), first);
    wait(&sandbox, 20);
    for (operation, member, input) in [
        ("ListAccounts", "Accounts", json!({})),
        ("ListAccountsForParent", "Accounts", json!({"ParentId": root})),
        ("ListChildren", "Children", json!({"ParentId": root, "ChildType": "ACCOUNT"})),
    ] {
        let read = reads(&|| assert_eq!(sizes(&management, operation, member, input.clone()), [20; 50], "{operation}"));
        // Twenty accounts, found by an index, and one to see that there are more.
        assert!(read < 50 * (2 * 20 + 20), "{operation} reads {read} documents");
    }
}

#[test]
fn a_closed_account_is_suspended_and_still_listed() {
    let sandbox = sandbox();
    organization(&sandbox);
    let management = Client::administrator(&sandbox, A);
    create(&management, "test", "333333333333");
    wait(&sandbox, 20);
    let account = json!({"AccountId": "333333333333"});
    call(&management, "CloseAccount", account.clone()).unwrap();
    let listed = call(&management, "ListAccounts", json!({})).unwrap()["Accounts"].clone();
    let states = listed.as_array().unwrap().iter().map(|account| (account["Id"].clone(), account["State"].clone()));
    assert!(states.collect::<Vec<_>>().contains(&(json!("333333333333"), json!("SUSPENDED"))));
    assert!(call(&management, "CloseAccount", account).unwrap_err().starts_with("AccountAlreadyClosedException"));
    let own = call(&management, "CloseAccount", json!({"AccountId": A})).unwrap_err();
    assert!(own.starts_with("ConstraintViolationException"), "{own}");
}
