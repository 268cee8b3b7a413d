//! A domain with two tenants: the project `churn` of the first consumes what `sales` of the second produces. Those who
//! work in them are the data scientists of their dev accounts.

use std::time::Duration;

use aiops::aws::Session;
use aiops::error::Result;
use aiops::governance::{Persona, Stage as At};
use aiops::landscape::Tenant;
use aiops::project::catalog::approve::{self, Asked, Decided};
use aiops::project::catalog::publish::{self, Published, What};
use aiops::project::catalog::subscribe::{self, Subscribed, Wish};
use aiops::sandbox::faults::Fault;
use aiops::world::World;
use serde_json::{Value, json};

use crate::bootstrap::profiles::with_domain;
use crate::bootstrap::stage::{GOVERNANCE, REGION, Stage, account, written};

/// The time that flows wait, where they wait.
const PATIENCE: Duration = Duration::from_secs(900);

/// The configuration: every stage of a tenant is in one account.
pub fn configuration() -> String {
    let mut text = written(2, "");
    for tenant in 0..2 {
        for stage in 1..3 {
            text = text.replace(&account(tenant, stage), &account(tenant, 0));
        }
    }
    text.replace("    stages:\n", "    allow-shared-prod: true\n    stages:\n")
}

/// The world.
pub struct Market {
    pub stage: Stage,
    domain: String,
}

impl Market {
    /// Both projects, with their data lakes, and nothing published.
    pub fn open() -> Self {
        let stage = Stage::with_roles(&configuration());
        let domain = with_domain(&stage);
        let market = Market { stage, domain };
        market.share();
        for (tenant, project) in ["churn", "sales"].into_iter().enumerate() {
            market.prepare(tenant);
            market.project(tenant, project, true);
        }
        market.pass(900);
        market
    }

    /// Lets so many seconds pass.
    pub fn pass(&self, seconds: u64) {
        self.stage.sandbox.advance(Duration::from_secs(seconds)).unwrap();
    }

    /// The domain's console.
    fn console(&self, account: &str, operation: &str, mut input: Value) -> Value {
        input["domainIdentifier"] = json!(self.domain);
        self.stage.administer(account, "datazone", operation, input)
    }

    /// Shares the domain with both accounts.
    fn share(&self) {
        let arn = format!("arn:aws:datazone:{REGION}:{GOVERNANCE}:domain/{}", self.domain);
        self.stage.administer(GOVERNANCE, "ram", "EnableSharingWithAwsOrganization", json!({}));
        let principals = [account(0, 0), account(1, 0)];
        let input = json!({"name": "domain", "resourceArns": [arn], "principals": principals});
        self.stage.administer(GOVERNANCE, "ram", "CreateResourceShare", input);
        self.pass(60);
    }

    /// Enables data lakes in the account of a tenant, makes a profile of one, and knows the tenant's data scientists.
    fn prepare(&self, tenant: usize) {
        let place = account(tenant, 0);
        let trust = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "datazone.amazonaws.com"},
        }});
        let role = |name: &str| {
            let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
            self.stage.administer(&place, "iam", "CreateRole", input)["Role"]["Arn"].clone()
        };
        let (manage, provision) = (role("manage"), role("provision"));
        self.pass(60);
        let lakes = self.console(GOVERNANCE, "ListEnvironmentBlueprints", json!({"managed": true, "name": "DataLake"}));
        let lake = lakes["items"][0]["id"].as_str().unwrap();
        let enabled = json!({
            "environmentBlueprintIdentifier": lake, "enabledRegions": [REGION], "manageAccessRoleArn": manage,
            "provisioningRoleArn": provision,
        });
        self.console(&place, "PutEnvironmentBlueprintConfiguration", enabled);
        let everywhere = json!({"domainUnitFilter": {"domainUnit": self.root(), "includeChildDomainUnits": true}});
        let grant = json!({
            "entityType": "ENVIRONMENT_BLUEPRINT_CONFIGURATION", "entityIdentifier": format!("{place}:{lake}"),
            "policyType": "CREATE_ENVIRONMENT_FROM_BLUEPRINT", "detail": {"createEnvironmentFromBlueprint": {}},
            "principal": {"project": {"projectDesignation": "CONTRIBUTOR", "projectGrantFilter": everywhere}},
        });
        self.console(&place, "AddPolicyGrant", grant);
        let environment = json!({
            "name": "Lake", "environmentBlueprintId": lake, "deploymentMode": "ON_CREATE",
            "awsAccount": {"awsAccountId": place}, "awsRegion": {"regionName": REGION},
        });
        let name = format!("lake {tenant}");
        let profile = json!({"name": name, "status": "ENABLED", "environmentConfigurations": [environment]});
        self.console(GOVERNANCE, "CreateProjectProfile", profile);
        self.console(GOVERNANCE, "CreateGroupProfile", json!({"rolePrincipalArn": self.workers(tenant)}));
    }

    fn root(&self) -> Value {
        let domain = self.stage.administer(GOVERNANCE, "datazone", "GetDomain", json!({"identifier": self.domain}));
        domain["rootDomainUnitId"].clone()
    }

    /// The role of a tenant's data scientists.
    fn workers(&self, tenant: usize) -> String {
        self.stage.landscape.tenants()[tenant].stage(At::Dev).role_arn(Persona::DataScientist)
    }

    /// A project that the tenant's data scientists own, with or without a data lake.
    pub fn project(&self, tenant: usize, name: &str, has_lake: bool) {
        let workers = json!({"groupIdentifier": self.workers(tenant)});
        let mut input = json!({
            "name": self.stage.landscape.tenants()[tenant].project_name(name, At::Dev),
            "membershipAssignments": [{"member": workers, "designation": "PROJECT_OWNER"}],
        });
        if has_lake {
            let profiles = self.console(GOVERNANCE, "ListProjectProfiles", json!({"name": format!("lake {tenant}")}));
            input["projectProfileId"] = profiles["items"][0]["id"].clone();
        }
        self.console(GOVERNANCE, "CreateProject", input);
    }

    /// A world in which the table `orders` of the second tenant is published as well.
    pub fn with_orders() -> Self {
        let market = Market::open();
        market.table("orders", json!({}));
        market.publish(What::Database { name: "curated", tables: &[] }).unwrap();
        market.pass(60);
        market
    }

    pub fn copy(&self) -> Self {
        Market { stage: self.stage.copy(), domain: self.domain.clone() }
    }

    pub fn started_again(self) -> Self {
        Market { stage: self.stage.started_again(), domain: self.domain }
    }

    /// A table of Glue in the producers' account.
    pub fn table(&self, name: &str, parameters: Value) {
        let producers = account(1, 0);
        let glue = |operation, input| self.stage.sandbox.administer(&producers, "eu-west-1", "glue", operation, input);
        // It may be there.
        let _ = glue("CreateDatabase", json!({"DatabaseInput": {"Name": "curated"}}));
        let table = json!({"Name": name, "Parameters": parameters});
        glue("CreateTable", json!({"DatabaseName": "curated", "TableInput": table})).unwrap();
    }

    pub fn drop_table(&self, name: &str) {
        let input = json!({"DatabaseName": "curated", "Name": name});
        self.stage.administer(&account(1, 0), "glue", "DeleteTable", input);
    }

    /// Acts in a world that may be one in which nothing is done.
    pub fn act<T>(&self, dry_run: bool, work: impl AsyncFnOnce(&World<'_>, &Tenant, &Tenant) -> T) -> T {
        self.stage.act(async |studio| {
            let world = World { dry_run, ..*studio.world };
            let [first, second] = world.landscape.tenants() else { unreachable!() };
            work(&world, first, second).await
        })
    }

    pub fn subscribe<'a>(&self, change: impl FnOnce(&mut Wish<'a>)) -> Result<Subscribed> {
        let mut wish = Wish {
            project: "churn",
            stage: At::Dev,
            asset: "orders",
            listing: None,
            reason: "predict who leaves",
            again: false,
            wait: Some(PATIENCE),
        };
        change(&mut wish);
        self.act(false, async |world, consumers, _| subscribe::subscribe(world, consumers, &wish).await)
    }

    /// Asks, and waits for nobody.
    pub fn ask(&self) -> Result<Subscribed> {
        self.subscribe(|wish| wish.wait = None)
    }

    pub fn publish(&self, what: What<'_>) -> Result<Published> {
        self.act(false, async |world, _, producers| {
            publish::publish(world, producers, "sales", At::Dev, what, PATIENCE).await
        })
    }

    pub fn waiting(&self) -> Vec<Asked> {
        self.act(false, async |world, _, producers| approve::waiting(world, producers).await.unwrap())
    }

    pub fn decide(&self, request: &str, approved: bool) -> Result<Decided> {
        self.act(false, async |world, _, producers| {
            approve::decide(world, &[producers], request, approved, "as agreed").await
        })
    }

    /// Lets one operation of DataZone go wrong.
    pub fn strike(
        &self,
        operation: &str,
        times: u64,
        when: aiops::sandbox::faults::When,
        effect: aiops::sandbox::faults::Effect,
    ) {
        self.stage.sandbox.inject(Fault {
            service: Some("datazone".to_owned()),
            operation: Some(operation.to_owned()),
            account: None,
            skip: 0,
            times: Some(times),
            when,
            effect,
        });
    }

    /// How many there are of the consumers' requests, by status, of their subscriptions, and of their grants.
    pub fn counts(&self) -> [usize; 5] {
        self.act(false, async |world, consumers, _| {
            let (session, domain) = session(world, consumers).await;
            let client = session.datazone();
            let mut counts = Vec::new();
            for status in ["PENDING", "ACCEPTED", "REJECTED"] {
                let requests = client.list_subscription_requests().domain_identifier(&domain).status(status.into());
                counts.push(requests.send().await.unwrap().items().len());
            }
            counts.push(client.list_subscriptions().domain_identifier(&domain).send().await.unwrap().items().len());
            counts
                .push(client.list_subscription_grants().domain_identifier(&domain).send().await.unwrap().items().len());
            counts.try_into().unwrap()
        })
    }
}

/// The data scientists of a tenant, and the id of the domain.
pub async fn session(world: &World<'_>, tenant: &Tenant) -> (Session, String) {
    let session = world.session(tenant.stage(At::Dev), Persona::DataScientist).await.unwrap();
    let domains = session.datazone().list_domains().send().await.unwrap();
    let domain = domains.items()[0].id().to_owned();
    (session, domain)
}
