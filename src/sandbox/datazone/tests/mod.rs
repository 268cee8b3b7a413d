//! DataZone as its clients see it.

mod account_pools;
mod authority;
mod blueprints;
mod catalog;
mod connections;
mod domains;
mod environments;
mod profiles;
mod project_profiles;
mod projects;
mod units;

use serde_json::{Value, json};

use super::sharing;
use crate::clock::Clock as _;
use crate::sandbox::Sandbox;
use crate::sandbox::call::Caller;
use crate::sandbox::testing::{A, Client, allow, role, trust, wait};

/// What a test says instead of method and path.
impl Client<'_> {
    fn datazone(&self, http: &str, input: Value) -> Result<Value, String> {
        let (method, target) = http.split_once(' ').unwrap();
        self.rest("datazone", method, target, &input)
    }

    /// Like [`Client::datazone`] within a domain.
    fn within(&self, domain: &Domain, http: &str, input: Value) -> Result<Value, String> {
        let (method, path) = http.split_once(' ').unwrap();
        self.datazone(&format!("{method} /v2/domains/{}{path}", domain.id), input)
    }

    /// A new domain unit's id.
    fn unit(&self, domain: &Domain, parent: &str, name: &str) -> Result<String, String> {
        let input = json!({"name": name, "parentDomainUnitIdentifier": parent});
        Ok(id(&self.within(domain, "POST /domain-units", input)?))
    }

    /// Adds a grant on a domain unit.
    fn grant(
        &self,
        domain: &Domain,
        unit: &str,
        policy: &str,
        principal: Value,
        detail: Value,
    ) -> Result<Value, String> {
        let input = json!({"policyType": policy, "principal": principal, "detail": detail});
        self.within(domain, &format!("POST /policies/managed/DOMAIN_UNIT/{unit}/addGrant"), input)
    }

    fn own(&self, domain: &Domain, unit: &str, owner: Value) -> Result<Value, String> {
        self.within(domain, &format!("POST /entities/DOMAIN_UNIT/{unit}/addOwner"), json!({"owner": owner}))
    }
}

/// A domain of account A that its administrator made.
struct Domain {
    id: String,
    arn: String,
    root: String,
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

/// A role of account A that DataZone may take.
fn service_role(sandbox: &Sandbox, name: &str, actions: &[&str]) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": actions, "Principal": {"Service": "datazone.amazonaws.com"},
        "Condition": {
            "StringEquals": {"aws:SourceAccount": A}, "ForAllValues:StringLike": {"aws:TagKeys": "datazone*"},
        },
    }});
    role(sandbox, A, name, &trust.to_string(), &allow(&["datazone:*"], &json!({})))
}

const EXECUTION: &[&str] = &["sts:AssumeRole", "sts:TagSession", "sts:SetContext"];

/// The request for a domain, with roles as AWS documents them.
fn request(sandbox: &Sandbox) -> Value {
    json!({
        "name": "acme", "domainVersion": "V2",
        "domainExecutionRole": service_role(sandbox, "Execution", EXECUTION),
        "serviceRole": service_role(sandbox, "Service", &["sts:AssumeRole"]),
    })
}

fn domain(sandbox: &Sandbox) -> Domain {
    created(sandbox, request(sandbox))
}

fn created(sandbox: &Sandbox, request: Value) -> Domain {
    let made = Client::administrator(sandbox, A).datazone("POST /v2/domains", request).unwrap();
    wait(sandbox, 60);
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    Domain { id: text("id"), arn: text("arn"), root: text("rootDomainUnitId") }
}

/// A session of a new role of `account` that IAM lets do everything in DataZone; and the role's ARN.
fn automation<'a>(sandbox: &'a Sandbox, account: &str, name: &str) -> (Client<'a>, String) {
    let policy = allow(&["datazone:*", "iam:PassRole"], &json!({}));
    let arn = role(sandbox, account, name, &trust(account, &["sts:AssumeRole"], &json!({})), &policy);
    (Client::administrator(sandbox, account).assume(&arn, &[]).unwrap(), arn)
}

/// Gives a role a group profile; its id.
fn group(client: &Client<'_>, domain: &Domain, role: &str) -> String {
    id(&client.within(domain, "POST /group-profiles", json!({"rolePrincipalArn": role})).unwrap())
}

/// Shares the domain with `account`, which sees it from the moment `visible` on.
fn share(sandbox: &Sandbox, domain: &Domain, account: &str, visible: jiff::Timestamp) {
    let shared = sandbox.transaction(Caller::administrator(A), "eu-west-1", |call| {
        call.needs_no_permission();
        Ok(sharing::associate(&call.store, &domain.arn, account, visible)?)
    });
    shared.unwrap().0.unwrap();
}

/// The domain, shared with `account`.
fn shared(sandbox: &Sandbox, account: &str) -> Domain {
    let domain = domain(sandbox);
    share(sandbox, &domain, account, sandbox.clock().now());
    domain
}

/// The id of the managed blueprint of this name.
fn blueprint(client: &Client<'_>, domain: &Domain, name: &str) -> String {
    let path = format!("GET /environment-blueprints?managed=true&name={name}");
    let found = client.within(domain, &path, json!({})).unwrap();
    let exact = found["items"].as_array().unwrap().iter().find(|blueprint| blueprint["name"] == name);
    id(exact.unwrap())
}

/// Enables a blueprint in the client's account.
fn enable(client: &Client<'_>, domain: &Domain, blueprint: &str, mut settings: Value) -> Result<Value, String> {
    if settings["enabledRegions"].is_null() {
        settings["enabledRegions"] = json!(["eu-west-1"]);
    }
    client.within(domain, &format!("PUT /environment-blueprint-configurations/{blueprint}"), settings)
}
