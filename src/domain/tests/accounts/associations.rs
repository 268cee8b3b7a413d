//! Shares of the domain.

use serde_json::{Value, json};

use super::{Bench, DEV, GOVERNANCE, PROD, REGION};

const EXTENDED: &str = "arn:aws:ram::aws:permission/AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess";
const DEFAULT: &str = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionAmazonDataZoneDomain";

impl Bench {
    fn ram(&self, operation: &str, input: Value) -> Value {
        self.call(GOVERNANCE, "ram", operation, input)
    }

    fn share(&self, name: &str, permission: &str, account: &str) -> Value {
        let made = self.ram(
            "CreateResourceShare",
            json!({
                "name": name, "permissionArns": [permission], "resourceArns": [self.domain["arn"]],
                "principals": [account], "tags": if name.starts_with("DataZone-acme-") {
                    json!([{"key": "managed-by", "value": "aiops"}]) } else { json!([]) },
            }),
        );
        made["resourceShare"]["resourceShareArn"].clone()
    }

    fn alive(&self) -> Vec<Value> {
        let shares = self.ram("GetResourceShares", json!({"resourceOwner": "SELF", "resourceShareStatus": "ACTIVE"}));
        shares["resourceShares"].as_array().unwrap().clone()
    }

    fn own_name(&self, account: &str) -> String {
        format!("DataZone-acme-{}-{account}", self.domain_id())
    }

    /// The share with an account.
    fn with(&self, account: &str) -> Value {
        let found = self.alive().into_iter().find(|share| share["name"].as_str().unwrap().ends_with(account));
        found.unwrap()["resourceShareArn"].clone()
    }

    fn associations(&self) -> Vec<String> {
        self.pending().into_iter().filter(|line| line.contains(" association ") && !line.contains("[needs")).collect()
    }
}

#[test]
fn without_sharing_in_the_organization_accounts_accept_invitations_to_their_share_alone() {
    let bench = Bench::changed(&[("name: acme", "name: acme, organization-sharing: false")]);
    bench.ram("CreateResourceShare", json!({"name": "of others", "principals": [DEV]}));
    let done = bench.converge();
    assert!(!done.iter().any(|line| line.contains("organization sharing")), "{done:#?}");
    let invitations = bench.call(DEV, "ram", "GetResourceShareInvitations", json!({}));
    let mut states: Vec<String> = invitations["resourceShareInvitations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["resourceShareName"].as_str().unwrap(), one["status"].as_str().unwrap()))
        .collect();
    states.sort();
    assert_eq!(states, [format!("{} ACCEPTED", bench.own_name(DEV)), "of others PENDING".to_owned()]);
}

#[test]
fn a_share_that_failed_is_taken_back_and_made_again() {
    let bench = Bench::new();
    bench.ram("EnableSharingWithAwsOrganization", json!({}));
    bench.share("busy", EXTENDED, PROD);
    let failed = bench.share(&bench.own_name(DEV), EXTENDED, DEV);
    bench.wait(60);
    let pending = bench.associations();
    assert_eq!(pending[0], "change 333 association acme domain: \"FAILED\" -> \"ASSOCIATED\"");
    bench.converge();
    assert_eq!(bench.with(DEV), failed, "the same share");
}

#[test]
fn a_share_of_others_is_used_if_it_permits_enough() {
    let bench = Bench::new();
    bench.ram("EnableSharingWithAwsOrganization", json!({}));
    bench.share("by hand", EXTENDED, DEV);
    bench.wait(60);
    let little = bench.share("with too little", DEFAULT, PROD);
    bench.wait(60);
    let conflict = format!(
        "conflict 555 association acme permission: \"{}\" -> \"{}\"",
        DEFAULT.rsplit('/').next().unwrap(),
        EXTENDED.rsplit('/').next().unwrap()
    );
    assert_eq!(bench.associations(), ["create 444 association acme".to_owned(), conflict]);
    bench.ram(
        "AssociateResourceSharePermission",
        json!({"resourceShareArn": little, "permissionArn": EXTENDED, "replace": true}),
    );
    bench.converge();
    assert_eq!(bench.alive().len(), 3, "none beside those that were there");
}

#[test]
fn drift_of_a_share_shows_and_is_corrected() {
    let bench = Bench::new();
    bench.converge();
    let share = bench.with(DEV);
    let weaker = json!({"resourceShareArn": share, "permissionArn": DEFAULT, "replace": true});
    bench.ram("AssociateResourceSharePermission", weaker);
    bench.ram("DisassociateResourceShare", json!({"resourceShareArn": share, "principals": [DEV]}));
    bench.wait(10);
    let pending = bench.associations();
    assert_eq!(pending.len(), 1, "{pending:#?}");
    assert!(pending[0].contains("account: \"DISASSOCIATED\" -> \"ASSOCIATED\""), "{pending:#?}");
    assert!(pending[0].contains("permission: \"AWSRAMDefaultPermissionAmazonDataZoneDomain\" -> "), "{pending:#?}");
    bench.converge();
    bench.ram("DeleteResourceShare", json!({"resourceShareArn": share}));
    bench.wait(10);
    assert_eq!(bench.associations(), ["create 333 association acme"]);
    bench.converge();
    assert_ne!(bench.with(DEV), share);
}

#[test]
fn an_account_that_is_no_tenants_any_more_loses_the_domain() {
    let bench = Bench::new();
    bench.converge();
    let bench = bench.reconfigured(&[
        ("'555555555555'", "'444444444444'"),
        ("vpc-0a1b2c3f", "vpc-0a1b2c3e"),
        ("subnet-0a1b2c3f", "subnet-0a1b2c3e"),
    ]);
    assert!(bench.pending().contains(&"remove 555 association acme".to_owned()), "{:#?}", bench.pending());
    bench.converge();
    assert_eq!(bench.alive().len(), 2);
    let sees =
        bench.sandbox.administer(PROD, REGION, "datazone", "GetDomain", json!({"identifier": bench.domain_id()}));
    assert!(sees.is_err());
}
