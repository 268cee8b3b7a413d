//! RAM as its clients see it, with an organization: A rules it and owns the domain, B is a member, C is not.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::sandbox::organizations::ACCOUNT_ID_TAG;
use crate::sandbox::store::READS;
use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, trust, wait};

const C: &str = "333333333333";
const DEFAULT: &str = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionAmazonDataZoneDomain";
const EXTENDED: &str = "arn:aws:ram::aws:permission/AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess";

fn ram(client: &Client<'_>, operation: &str, input: Value) -> Result<Value, String> {
    client.rest("ram", "POST", &format!("/{}", operation.to_lowercase()), &input)
}

fn organizations(sandbox: &Sandbox, operation: &str, input: Value) -> Value {
    sandbox.administer(A, "us-east-1", "organizations", operation, input).unwrap()
}

/// An organization of A with the member B, in the root.
fn organization(sandbox: &Sandbox) -> Value {
    let made = organizations(sandbox, "CreateOrganization", json!({}));
    let tags = json!([{"Key": ACCOUNT_ID_TAG, "Value": B}]);
    let account = json!({"AccountName": "member", "Email": "member@example.com", "Tags": tags});
    organizations(sandbox, "CreateAccount", account);
    wait(sandbox, 20);
    made["Organization"].clone()
}

fn enable(sandbox: &Sandbox) {
    ram(&Client::administrator(sandbox, A), "EnableSharingWithAwsOrganization", json!({})).unwrap();
}

/// A new domain of A's: its id and ARN.
fn domain(sandbox: &Sandbox, name: &str) -> (String, String) {
    let made = |kind: &str| {
        let trust = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetContext"],
            "Principal": {"Service": "datazone.amazonaws.com"},
        }});
        role(sandbox, A, &format!("{name}-{kind}"), &trust.to_string(), &allow(&["datazone:*"], &json!({})))
    };
    let input = json!({"name": name, "domainVersion": "V2", "domainExecutionRole": made("execution"),
                       "serviceRole": made("service")});
    let domain = Client::administrator(sandbox, A).rest("datazone", "POST", "/v2/domains", &input).unwrap();
    wait(sandbox, 60);
    let text = |member: &str| domain[member].as_str().unwrap().to_owned();
    (text("id"), text("arn"))
}

fn sees(sandbox: &Sandbox, account: &str, domain: &str) -> bool {
    Client::administrator(sandbox, account)
        .rest("datazone", "GET", &format!("/v2/domains/{domain}"), &json!({}))
        .is_ok()
}

/// The ARN of a new share.
fn share(client: &Client<'_>, input: Value) -> String {
    let made = ram(client, "CreateResourceShare", input).unwrap();
    made["resourceShare"]["resourceShareArn"].as_str().unwrap().to_owned()
}

/// State and message of a share's associations: resources, then principals.
fn states(client: &Client<'_>, share: &str) -> String {
    let told = ["RESOURCE", "PRINCIPAL"].map(|kind| {
        let input = json!({"associationType": kind, "resourceShareArns": [share]});
        let found = ram(client, "GetResourceShareAssociations", input).unwrap();
        let states = found["resourceShareAssociations"].as_array().unwrap().iter().map(|known| {
            let message = known["statusMessage"].as_str().map(|message| format!(" ({message})")).unwrap_or_default();
            known["status"].as_str().unwrap().to_owned() + &message
        });
        states.collect::<Vec<_>>().join(", ")
    });
    told.join(" | ")
}

fn status(client: &Client<'_>, share: &str) -> String {
    let input = json!({"resourceOwner": "SELF", "resourceShareArns": [share]});
    let found = ram(client, "GetResourceShares", input).unwrap();
    found["resourceShares"][0]["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_domain_comes_to_a_member_of_the_organization_without_asking() {
    let sandbox = sandbox();
    organization(&sandbox);
    enable(&sandbox);
    let (id, arn) = domain(&sandbox, "acme");
    let (owner, member) = (Client::administrator(&sandbox, A), Client::administrator(&sandbox, B));
    let wanted = json!({
        "name": "DataZone-acme", "allowExternalPrincipals": false, "resourceArns": [arn], "principals": [B],
        "permissionArns": [EXTENDED], "tags": [{"key": "managed-by", "value": "aiops"}], "clientToken": "once",
    });
    let made = ram(&owner, "CreateResourceShare", wanted.clone()).unwrap();
    assert_eq!(made, ram(&owner, "CreateResourceShare", wanted.clone()).unwrap(), "the same token acts once");
    assert_eq!((&made["resourceShare"]["status"], &made["clientToken"]), (&json!("PENDING"), &json!("once")));
    let share = made["resourceShare"]["resourceShareArn"].as_str().unwrap();
    let look = || format!("{} {} {}", status(&owner, share), states(&owner, share), sees(&sandbox, B, &id));
    let mut seen = vec![look()];
    for seconds in [3, 5, 14, 1] {
        wait(&sandbox, seconds);
        seen.push(look());
    }
    let without = json!({"resourceShareArn": share, "principals": [B]});
    ram(&owner, "DisassociateResourceShare", without.clone()).unwrap();
    seen.push(look());
    let again = ram(&owner, "AssociateResourceShare", without.clone()).unwrap_err();
    wait(&sandbox, 5);
    seen.push(look());
    ram(&owner, "AssociateResourceShare", without).unwrap();
    wait(&sandbox, 20);
    seen.push(look());
    let gone = format!("/deleteresourceshare?resourceShareArn={share}");
    assert_eq!(owner.rest("ram", "DELETE", &gone, &json!({})).unwrap(), json!({"returnValue": true}));
    seen.push(look());
    wait(&sandbox, 5);
    seen.push(look());
    insta::assert_snapshot!(seen.join("\n"), @r"
    PENDING ASSOCIATING | ASSOCIATING false
    ACTIVE ASSOCIATING | ASSOCIATING false
    ACTIVE ASSOCIATED | ASSOCIATED false
    ACTIVE ASSOCIATED | ASSOCIATED false
    ACTIVE ASSOCIATED | ASSOCIATED true
    ACTIVE ASSOCIATED | DISASSOCIATING false
    ACTIVE ASSOCIATED | DISASSOCIATED false
    ACTIVE ASSOCIATED | ASSOCIATED true
    DELETING DISASSOCIATING | DISASSOCIATING false
    DELETED DISASSOCIATED | DISASSOCIATED false
    ");
    assert!(again.starts_with("400 InvalidStateTransitionException"), "{again}");
    let other = json!({"name": "DataZone-other", "clientToken": "once"});
    let mismatch = ram(&owner, "CreateResourceShare", other).unwrap_err();
    assert!(mismatch.starts_with("400 IdempotentParameterMismatchException"), "{mismatch}");
    wait(&sandbox, 2 * 3600);
    let input = json!({"resourceOwner": "SELF", "resourceShareArns": [share]});
    assert!(ram(&owner, "GetResourceShares", input).unwrap_err().starts_with("400 UnknownResourceException"));
    assert_eq!(ram(&member, "GetResourceShareInvitations", json!({})).unwrap()["resourceShareInvitations"], json!([]));
}

#[test]
fn others_are_invited_and_answer_within_a_week() {
    let sandbox = sandbox();
    organization(&sandbox);
    let (id, arn) = domain(&sandbox, "acme");
    let owner = Client::administrator(&sandbox, A);
    // Sharing within the organization is off: B is an outsider like C.
    let shared = share(&owner, json!({"name": "s", "resourceArns": [arn], "principals": [B, C]}));
    wait(&sandbox, 30);
    assert_eq!(states(&owner, &shared), "ASSOCIATED | ASSOCIATING, ASSOCIATING");
    let invitation = |account: &str| {
        let receiver = Client::administrator(&sandbox, account);
        let found = ram(&receiver, "GetResourceShareInvitations", json!({"resourceShareArns": [shared]})).unwrap();
        let invitation = found["resourceShareInvitations"][0].clone();
        let arn = json!({"resourceShareInvitationArn": invitation["resourceShareInvitationArn"]});
        (receiver, arn, invitation["status"].as_str().unwrap().to_owned())
    };
    let (b, b_invitation, pending) = invitation(B);
    assert_eq!(pending, "PENDING");
    let (c, c_invitation, _) = invitation(C);
    let mut errors = vec![ram(&c, "AcceptResourceShareInvitation", b_invitation.clone()).unwrap_err()];
    let accepted = ram(&b, "AcceptResourceShareInvitation", b_invitation.clone()).unwrap();
    assert_eq!(accepted["resourceShareInvitation"]["status"], "ACCEPTED");
    assert_eq!(
        ram(&c, "RejectResourceShareInvitation", c_invitation.clone()).unwrap()["resourceShareInvitation"]["status"],
        "REJECTED"
    );
    wait(&sandbox, 20);
    assert_eq!(states(&owner, &shared), "ASSOCIATED | ASSOCIATED, DISASSOCIATED");
    assert_eq!((sees(&sandbox, B, &id), sees(&sandbox, C, &id)), (true, false));
    errors.push(ram(&b, "AcceptResourceShareInvitation", b_invitation).unwrap_err());
    errors.push(ram(&c, "AcceptResourceShareInvitation", c_invitation).unwrap_err());
    // Another one, which C lets lie for a week, and a third, which is taken back.
    ram(&owner, "AssociateResourceShare", json!({"resourceShareArn": shared, "principals": [C]})).unwrap();
    let late = share(&owner, json!({"name": "late", "principals": [C]}));
    let found = ram(&c, "GetResourceShareInvitations", json!({"resourceShareArns": [late]})).unwrap();
    let late_invitation = &found["resourceShareInvitations"][0]["resourceShareInvitationArn"];
    wait(&sandbox, 5);
    ram(&owner, "DisassociateResourceShare", json!({"resourceShareArn": shared, "principals": [C]})).unwrap();
    wait(&sandbox, 7 * 24 * 3600);
    let late_invitation = json!({"resourceShareInvitationArn": late_invitation});
    errors.push(ram(&c, "AcceptResourceShareInvitation", late_invitation).unwrap_err());
    let found = ram(&c, "GetResourceShareInvitations", json!({})).unwrap();
    let mut left: Vec<&str> = found["resourceShareInvitations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|invitation| invitation["status"].as_str().unwrap())
        .collect();
    left.sort_unstable();
    assert_eq!(left, ["EXPIRED", "REJECTED"]);
    assert_eq!(states(&owner, &late), " | DISASSOCIATED");
    let errors: Vec<&str> = errors.iter().map(|error| error.split(':').next().unwrap()).collect();
    assert_eq!(
        errors,
        [
            "400 ResourceShareInvitationArnNotFoundException",
            "400 ResourceShareInvitationAlreadyAcceptedException",
            "400 ResourceShareInvitationAlreadyRejectedException",
            "400 ResourceShareInvitationExpiredException",
        ]
    );
}

#[test]
fn shares_of_one_domain_that_are_made_at_once_get_in_each_others_way() {
    let sandbox = sandbox();
    organization(&sandbox);
    enable(&sandbox);
    let (id, arn) = domain(&sandbox, "acme");
    let owner = Client::administrator(&sandbox, A);
    let first = share(&owner, json!({"name": "first", "resourceArns": [arn]}));
    let second = share(&owner, json!({"name": "second", "resourceArns": [arn], "principals": [B]}));
    wait(&sandbox, 30);
    assert_eq!(states(&owner, &first), "ASSOCIATED | ");
    assert_eq!(
        states(&owner, &second),
        "FAILED (Another association of this resource is still in progress.) | ASSOCIATED"
    );
    assert!(!sees(&sandbox, B, &id));
    let again = json!({"resourceShareArn": second, "resourceArns": [arn]});
    ram(&owner, "AssociateResourceShare", again).unwrap();
    wait(&sandbox, 20);
    assert_eq!(states(&owner, &second), "ASSOCIATED | ASSOCIATED");
    // A second share with B keeps the domain there when the first one ends.
    let third = share(&owner, json!({"name": "third", "resourceArns": [arn], "principals": [B]}));
    wait(&sandbox, 30);
    owner.rest("ram", "DELETE", &format!("/deleteresourceshare?resourceShareArn={second}"), &json!({})).unwrap();
    assert!(sees(&sandbox, B, &id));
    ram(&owner, "DisassociateResourceShare", json!({"resourceShareArn": third, "resourceArns": [arn]})).unwrap();
    assert!(!sees(&sandbox, B, &id));
}

#[test]
fn a_unit_stands_for_the_accounts_that_are_in_it_at_the_time() {
    let sandbox = sandbox();
    let organization = organization(&sandbox);
    let (id, arn) = domain(&sandbox, "acme");
    let owner = Client::administrator(&sandbox, A);
    let root = organizations(&sandbox, "ListRoots", json!({}))["Roots"][0]["Id"].clone();
    let made = organizations(&sandbox, "CreateOrganizationalUnit", json!({"ParentId": root, "Name": "lob"}));
    let unit = made["OrganizationalUnit"].clone();
    let input = |principal: &Value| json!({"name": "s", "resourceArns": [arn], "principals": [principal]});
    let off = ram(&owner, "CreateResourceShare", input(&unit["Arn"])).unwrap_err();
    assert!(off.starts_with("400 UnknownResourceException"), "{off}");
    enable(&sandbox);
    let unknown = json!(unit["Arn"].as_str().unwrap().replace("/ou-", "/ou-0000-"));
    assert!(ram(&owner, "CreateResourceShare", input(&unknown)).is_err());
    let by_unit = share(&owner, input(&unit["Arn"]));
    wait(&sandbox, 30);
    assert!(!sees(&sandbox, B, &id), "B is in the root");
    let step = |from: &Value, to: &Value| {
        organizations(
            &sandbox,
            "MoveAccount",
            json!({"AccountId": B, "SourceParentId": from, "DestinationParentId": to}),
        );
    };
    step(&root, &unit["Id"]);
    assert!(sees(&sandbox, B, &id));
    let received =
        ram(&Client::administrator(&sandbox, B), "GetResourceShares", json!({"resourceOwner": "OTHER-ACCOUNTS"}));
    assert_eq!(received.unwrap()["resourceShares"][0]["resourceShareArn"], json!(by_unit));
    step(&unit["Id"], &root);
    assert!(!sees(&sandbox, B, &id));
    share(&owner, input(&organization["Arn"]));
    wait(&sandbox, 30);
    assert!(sees(&sandbox, B, &id) && !sees(&sandbox, C, &id));
}

#[test]
fn shares_are_found_from_both_sides() {
    let sandbox = sandbox();
    organization(&sandbox);
    enable(&sandbox);
    let (_, arn) = domain(&sandbox, "acme");
    let (owner, member) = (Client::administrator(&sandbox, A), Client::administrator(&sandbox, B));
    let tags = json!([{"key": "stage", "value": "dev"}, {"key": "lob", "value": "risk"}]);
    let full = share(&owner, json!({"name": "full", "resourceArns": [arn], "principals": [B], "tags": tags}));
    let empty = share(&owner, json!({"name": "empty", "permissionArns": [EXTENDED]}));
    let names = |client: &Client<'_>, mut input: Value, owner: &str| {
        input["resourceOwner"] = json!(owner);
        let found = ram(client, "GetResourceShares", input).unwrap();
        found["resourceShares"].as_array().unwrap().iter().map(|share| share["name"].clone()).collect::<Value>()
    };
    assert_eq!(names(&member, json!({}), "OTHER-ACCOUNTS"), json!([]), "not yet");
    wait(&sandbox, 10);
    assert_eq!(names(&member, json!({}), "OTHER-ACCOUNTS"), json!(["full"]));
    assert_eq!(names(&member, json!({}), "SELF"), json!([]));
    let dev = json!({"tagFilters": [{"tagKey": "stage", "tagValues": ["test", "dev"]}]});
    let test = json!({"tagFilters": [{"tagKey": "stage", "tagValues": ["test"]}]});
    for (input, found) in [
        (json!({"name": "full"}), json!(["full"])),
        (json!({"name": "ful"}), json!([])),
        (dev.clone(), json!(["full"])),
        (test, json!([])),
        (json!({"tagFilters": [{"tagKey": "lob"}]}), json!(["full"])),
        (json!({"resourceShareArns": [empty]}), json!(["empty"])),
        (json!({"permissionArn": EXTENDED, "permissionVersion": 1}), json!(["empty"])),
        (json!({"resourceShareStatus": "PENDING"}), json!([])),
    ] {
        assert_eq!(names(&owner, input.clone(), "SELF"), found, "{input}");
    }
    assert_eq!(names(&member, dev, "OTHER-ACCOUNTS"), json!([]), "tags are the owner's");
    let principals = |client: &Client<'_>, input: Value| {
        let found = ram(client, "ListPrincipals", input).unwrap();
        found["principals"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Value>()
    };
    assert_eq!(principals(&owner, json!({"resourceOwner": "SELF", "resourceArn": arn})), json!([B]));
    assert_eq!(principals(&owner, json!({"resourceOwner": "SELF", "principals": [C]})), json!([]));
    assert_eq!(principals(&member, json!({"resourceOwner": "OTHER-ACCOUNTS"})), json!([A]));
    let (_, second) = domain(&sandbox, "second");
    ram(&owner, "AssociateResourceShare", json!({"resourceShareArn": full, "resourceArns": [second]})).unwrap();
    ram(&owner, "DisassociateResourceShare", json!({"resourceShareArn": full, "resourceArns": [arn]})).unwrap();
    assert_eq!(principals(&member, json!({"resourceOwner": "OTHER-ACCOUNTS"})), json!([]), "nothing holds");
    wait(&sandbox, 5);
    assert_eq!(principals(&member, json!({"resourceOwner": "OTHER-ACCOUNTS"})), json!([A]));
    ram(&owner, "AssociateResourceShare", json!({"resourceShareArn": full, "resourceArns": [arn]})).unwrap();
    ram(&owner, "DisassociateResourceShare", json!({"resourceShareArn": full, "resourceArns": [second]})).unwrap();
    wait(&sandbox, 5);
    let resources = |client: &Client<'_>, input: Value| {
        let found = ram(client, "ListResources", input).unwrap();
        found["resources"].as_array().unwrap().iter().map(|one| one["arn"].clone()).collect::<Value>()
    };
    let to =
        |principal: &str| json!({"resourceOwner": "SELF", "principal": principal, "resourceType": "datazone:Domain"});
    assert_eq!(resources(&owner, to(B)), json!([arn]));
    assert_eq!(resources(&owner, to(C)), json!([]));
    assert_eq!(
        resources(&member, json!({"resourceOwner": "OTHER-ACCOUNTS", "resourceShareArns": [full]})),
        json!([arn])
    );

    let mut sizes = Vec::new();
    let mut input = json!({"resourceOwner": "SELF", "name": "full", "maxResults": 1});
    loop {
        let page = ram(&owner, "GetResourceShares", input.clone()).unwrap();
        sizes.push(page["resourceShares"].as_array().unwrap().len());
        let Some(token) = page["nextToken"].as_str() else { break };
        input["nextToken"] = json!(token);
    }
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 1], "one of the pages is empty");
}

#[test]
fn a_share_has_one_permission_for_domains() {
    let sandbox = sandbox();
    let (_, arn) = domain(&sandbox, "acme");
    let owner = Client::administrator(&sandbox, A);
    let made = share(&owner, json!({"name": "s", "resourceArns": [arn]}));
    let permission = || {
        let found = ram(&owner, "ListResourceSharePermissions", json!({"resourceShareArn": made})).unwrap();
        found["permissions"][0]["arn"].as_str().unwrap().to_owned()
    };
    assert_eq!(permission(), DEFAULT);
    let upgrade = |replace: bool| json!({"resourceShareArn": made, "permissionArn": EXTENDED, "replace": replace});
    let early = ram(&owner, "AssociateResourceSharePermission", upgrade(true)).unwrap_err();
    wait(&sandbox, 3);
    let errors = [
        early,
        ram(&owner, "AssociateResourceSharePermission", upgrade(false)).unwrap_err(),
        ram(&owner, "CreateResourceShare", json!({"name": "s", "permissionArns": [DEFAULT, EXTENDED]})).unwrap_err(),
        ram(&owner, "CreateResourceShare", json!({"name": "s", "permissionArns": ["arn:aws:ram::aws:permission/X"]}))
            .unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n").replace(&made, "SHARE"), @r"
    400 InvalidStateTransitionException: ResourceShare SHARE cannot be changed: its status is PENDING.
    400 InvalidParameterException: ResourceShare SHARE has a permission for the resource type datazone:Domain already. Set replace to change it.
    400 InvalidParameterException: Only one permission can be specified for the resource type datazone:Domain.
    400 UnknownResourceException: Permission arn:aws:ram::aws:permission/X could not be found.
    ");
    ram(&owner, "AssociateResourceSharePermission", upgrade(true)).unwrap();
    assert_eq!(permission(), EXTENDED);
    let known = |input: Value| ram(&owner, "ListPermissions", input).unwrap()["permissions"].as_array().unwrap().len();
    assert_eq!(known(json!({"resourceType": "datazone:domain"})), 4);
    assert_eq!(known(json!({"resourceType": "ec2:Subnet"})), 0);
    assert_eq!(known(json!({"permissionType": "CUSTOMER_MANAGED"})), 0);
}

#[test]
fn what_cannot_be_shared_is_refused() {
    let sandbox = sandbox();
    organization(&sandbox);
    enable(&sandbox);
    let (id, arn) = domain(&sandbox, "acme");
    let (owner, member) = (Client::administrator(&sandbox, A), Client::administrator(&sandbox, B));
    let refused = |client: &Client<'_>, rest: Value| {
        let mut input = json!({"name": "s", "allowExternalPrincipals": false});
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        ram(client, "CreateResourceShare", input).unwrap_err()
    };
    let elsewhere = arn.replace("eu-west-1", "us-east-1");
    let made = share(&owner, json!({"name": "s"}));
    wait(&sandbox, 3);
    let errors = [
        refused(&member, json!({"resourceArns": [arn]})),
        refused(&owner, json!({"resourceArns": [elsewhere]})),
        refused(&owner, json!({"resourceArns": ["arn:aws:s3:::bucket"]})),
        refused(&owner, json!({"resourceArns": ["acme"]})),
        refused(&owner, json!({"principals": [C]})),
        refused(&owner, json!({"principals": [A]})),
        refused(&owner, json!({"principals": ["somebody"]})),
        refused(&owner, json!({"name": ""})),
        refused(&owner, json!({"sources": [A]})),
        ram(&member, "EnableSharingWithAwsOrganization", json!({})).unwrap_err(),
        ram(&Client::administrator(&sandbox, C), "EnableSharingWithAwsOrganization", json!({})).unwrap_err(),
        ram(&member, "AssociateResourceShare", json!({"resourceShareArn": made, "principals": [C]})).unwrap_err(),
        ram(&owner, "AssociateResourceShare", json!({"resourceShareArn": "s", "principals": [C]})).unwrap_err(),
        ram(&owner, "AssociateResourceShare", json!({"resourceShareArn": made})).unwrap_err(),
        ram(&owner, "DisassociateResourceShare", json!({"resourceShareArn": made, "principals": [B]})).unwrap_err(),
        ram(&owner, "GetResourceShareAssociations", json!({"associationType": "PRINCIPAL", "resourceArn": arn}))
            .unwrap_err(),
        ram(&owner, "ListResources", json!({"resourceOwner": "SELF", "resourceType": "x"})).unwrap_err(),
        ram(&owner, "ListPrincipals", json!({"resourceOwner": "SELF", "nextToken": "x"})).unwrap_err(),
        ram(&owner, "TagResource", json!({"tags": []})).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n").replace(&made, "SHARE").replace(&id, "DOMAIN"), @r"
    400 UnknownResourceException: Resource arn:aws:datazone:eu-west-1:111111111111:domain/DOMAIN could not be found.
    400 UnknownResourceException: Resource arn:aws:datazone:us-east-1:111111111111:domain/DOMAIN could not be found.
    400 OperationNotPermittedException: You cannot share the selected resource type.
    400 MalformedArnException: The specified ARN is not valid: acme
    400 OperationNotPermittedException: The resource you are attempting to share can only be shared within your AWS Organization. This error may also occur if you have not enabled sharing with your AWS organization, or that onboarding process is still in progress.
    400 InvalidParameterException: A resource cannot be shared with the account that owns it.
    400 InvalidParameterException: Principal ID somebody is malformed. Verify the ID and try again.
    400 InvalidParameterException: The name of a resource share must not be empty.
    400 InvalidParameterException: Sources can only restrict principals that are services.
    400 OperationNotPermittedException: Sharing within an organization can only be enabled by its management account.
    400 OperationNotPermittedException: Sharing within an organization can only be enabled by its management account.
    400 UnknownResourceException: ResourceShare SHARE could not be found.
    400 MalformedArnException: The specified ARN is not valid: s
    400 InvalidParameterException: At least one resource or principal is required.
    400 UnknownResourceException: 222222222222 is not associated with the share.
    400 InvalidParameterException: resourceArn cannot be specified if the association type is PRINCIPAL.
    400 InvalidResourceTypeException: The resource type x is not valid.
    400 InvalidNextTokenException: The specified value for NextToken is not valid.
    400 InvalidParameterException: Either resourceShareArn or resourceArn is required.
    ");
}

#[test]
fn iam_decides_by_name_tags_and_what_is_asked_for() {
    let sandbox = sandbox();
    organization(&sandbox);
    let owner = Client::administrator(&sandbox, A);
    let (_, arn) = domain(&sandbox, "acme");
    let worker = |name: &str, actions: &[&str], condition: Value| {
        let arn = role(&sandbox, A, name, &trust(A, &["sts:AssumeRole"], &json!({})), &allow(actions, &condition));
        owner.assume(&arn, &[]).unwrap()
    };
    let creator = worker(
        "Creator",
        &["ram:CreateResourceShare"],
        json!({"StringEquals": {"ram:RequestedResourceType": "datazone:Domain"},
               "Bool": {"ram:RequestedAllowsExternalPrincipals": "false"}}),
    );
    let create = |external: bool, resources: Value| {
        let input = json!({"name": "DataZone-x", "allowExternalPrincipals": external, "resourceArns": resources});
        ram(&creator, "CreateResourceShare", input)
    };
    let made = create(false, json!([arn])).unwrap();
    let made = made["resourceShare"]["resourceShareArn"].as_str().unwrap();
    assert!(create(true, json!([arn])).unwrap_err().starts_with("403 AccessDeniedException"));
    assert!(create(false, json!([])).unwrap_err().starts_with("403 AccessDeniedException"));
    let named = worker("Named", &["ram:TagResource"], json!({"StringLike": {"ram:ResourceShareName": "DataZone*"}}));
    let other = share(&owner, json!({"name": "other", "tags": [{"key": "lob", "value": "risk"}]}));
    let tag = |client: &Client<'_>, share: &str| {
        ram(client, "TagResource", json!({"resourceShareArn": share, "tags": [{"key": "k", "value": "v"}]}))
    };
    tag(&named, made).unwrap();
    assert!(tag(&named, &other).unwrap_err().starts_with("403 AccessDeniedException"));
    let tagged = worker("Tagged", &["ram:*"], json!({"StringEquals": {"aws:ResourceTag/lob": "risk"}}));
    tag(&tagged, &other).unwrap();
    assert!(tag(&tagged, made).is_err());
    ram(&owner, "UntagResource", json!({"resourceShareArn": other, "tagKeys": ["k", "lob"]})).unwrap();
    assert!(tag(&tagged, &other).is_err());
    let enabler = worker("Enabler", &["ram:EnableSharingWithAwsOrganization"], json!({}));
    let refused = ram(&enabler, "EnableSharingWithAwsOrganization", json!({})).unwrap_err();
    assert!(refused.contains("organizations:EnableAWSServiceAccess"), "{refused}");
    enable(&sandbox);
    enable(&sandbox);
    let trusted = organizations(&sandbox, "ListAWSServiceAccessForOrganization", json!({}));
    assert_eq!(trusted["EnabledServicePrincipals"][0]["ServicePrincipal"], "ram.amazonaws.com");
    let role = owner.query("iam", "GetRole", &[("RoleName", "AWSServiceRoleForResourceAccessManager")]).unwrap();
    assert!(role.contains("/aws-service-role/ram.amazonaws.com/"), "{role}");
}

#[test]
fn each_of_many_shares_costs_what_one_costs() {
    let sandbox = sandbox();
    organization(&sandbox);
    let (_, arn) = domain(&sandbox, "acme");
    let owner = Client::administrator(&sandbox, A);
    let reads = |work: &dyn Fn()| {
        let before = READS.get();
        work();
        READS.get() - before
    };
    let make = |number: usize| {
        let principal = (400_000_000_000 + number).to_string();
        share(&owner, json!({"name": format!("s{number}"), "resourceArns": [arn], "principals": [principal]}));
        wait(&sandbox, 10);
    };
    make(0);
    let second = reads(&|| make(1));
    (2..299).for_each(make);
    assert_eq!(reads(&|| make(299)), second);
    let read = reads(&|| {
        let mut input = json!({"resourceOwner": "SELF", "name": "s299"});
        let mut found = 0;
        for _ in 0..3 {
            let page = ram(&owner, "GetResourceShares", input.clone()).unwrap();
            found += page["resourceShares"].as_array().unwrap().len();
            input["nextToken"] = page["nextToken"].clone();
        }
        assert_eq!((found, &input["nextToken"]), (1, &Value::Null));
    });
    assert!(read < 300 + 3 * 20, "{read} documents were read");
}
