use serde_json::{Value, json};

use super::{Domain, automation, blueprint, enable, group, id, shared};
use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, wait};

/// A domain with two projects that have a data lake in account B, and one that has none; and somebody for each.
struct Market<'a> {
    sandbox: &'a Sandbox,
    domain: Domain,
    /// Owns the project that produces, and nothing else.
    producer: (Client<'a>, String),
    /// Contributes to the project that consumes, and to the one without data lake.
    consumer: (Client<'a>, String),
    poor: String,
}

fn market(sandbox: &Sandbox) -> Market<'_> {
    let domain = shared(sandbox, B);
    let [admin, member] = [A, B].map(|account| Client::administrator(sandbox, account));
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "datazone.amazonaws.com"},
    }});
    let [manage, provision] = ["ManageAccess", "Provisioning"]
        .map(|name| role(sandbox, B, name, &trust.to_string(), &allow(&["s3:*"], &json!({}))));
    let lake = blueprint(&member, &domain, "DataLake");
    enable(&member, &domain, &lake, json!({"manageAccessRoleArn": manage, "provisioningRoleArn": provision})).unwrap();
    let grant = json!({
        "policyType": "CREATE_ENVIRONMENT_FROM_BLUEPRINT", "detail": {"createEnvironmentFromBlueprint": {}},
        "principal": {"project": {"projectDesignation": "CONTRIBUTOR", "projectGrantFilter": {
            "domainUnitFilter": {"domainUnit": domain.root, "includeChildDomainUnits": true}}}},
    });
    let path = format!("POST /policies/managed/ENVIRONMENT_BLUEPRINT_CONFIGURATION/{B}:{lake}/addGrant");
    member.within(&domain, &path, grant).unwrap();
    let profile = |name: &str, environments: Value| {
        let input = json!({"name": name, "status": "ENABLED", "environmentConfigurations": environments});
        id(&admin.within(&domain, "POST /project-profiles", input).unwrap())
    };
    let with_lake = profile(
        "lake",
        json!([{
            "name": "Lake", "environmentBlueprintId": lake, "deploymentMode": "ON_CREATE",
            "awsAccount": {"awsAccountId": B}, "awsRegion": {"regionName": "eu-west-1"},
        }]),
    );
    let without = profile("plain", json!([]));
    let [(producer, producers), (consumer, consumers)] =
        ["Producer", "Consumer"].map(|name| automation(sandbox, A, name));
    let [producers, consumers] = [producers, consumers].map(|role| group(&admin, &domain, &role));
    let project = |name: &str, profile: &str, group: &str, designation: &str| {
        let members = json!([{"member": {"groupIdentifier": group}, "designation": designation}]);
        let input = json!({"name": name, "projectProfileId": profile, "membershipAssignments": members});
        id(&admin.within(&domain, "POST /projects", input).unwrap())
    };
    let produces = project("produces", &with_lake, &producers, "PROJECT_OWNER");
    let consumes = project("consumes", &with_lake, &consumers, "PROJECT_CONTRIBUTOR");
    let poor = project("poor", &without, &consumers, "PROJECT_CONTRIBUTOR");
    wait(sandbox, 600);
    Market { sandbox, domain, producer: (producer, produces), consumer: (consumer, consumes), poor }
}

impl Market<'_> {
    fn produce(&self, http: &str, input: Value) -> Result<Value, String> {
        self.producer.0.within(&self.domain, http, input)
    }

    fn consume(&self, http: &str, input: Value) -> Result<Value, String> {
        self.consumer.0.within(&self.domain, http, input)
    }

    fn glue(&self, operation: &str, input: Value) -> Value {
        self.sandbox.administer(B, "eu-west-1", "glue", operation, input).unwrap()
    }

    fn lake(&self, client: &Client<'_>, project: &str) -> String {
        let path = format!("GET /environments?projectIdentifier={project}");
        id(&client.within(&self.domain, &path, json!({})).unwrap()["items"][0])
    }

    /// Runs a data source on the tables of a database, and waits for it.
    fn import(&self, database: &str, publishes: bool) -> (String, Value) {
        let filters = json!([{"databaseName": database, "filterExpressions": [
            {"type": "INCLUDE", "expression": "*"}, {"type": "EXCLUDE", "expression": "tmp_*"}]}]);
        let input = json!({
            "name": format!("{database}-{publishes}"), "projectIdentifier": self.producer.1, "type": "GLUE",
            "environmentIdentifier": self.lake(&self.producer.0, &self.producer.1), "publishOnImport": publishes,
            "configuration": {"glueRunConfiguration": {"relationalFilterConfigurations": filters}},
        });
        let source = id(&self.produce("POST /data-sources", input).unwrap());
        wait(self.sandbox, 10);
        let run = id(&self.produce(&format!("POST /data-sources/{source}/runs"), json!({})).unwrap());
        wait(self.sandbox, 40);
        (source, self.produce(&format!("GET /data-source-runs/{run}"), json!({})).unwrap())
    }

    /// The listing of a published table `orders`, whose parameters these are.
    fn listing(&self, parameters: Value) -> String {
        self.glue("CreateDatabase", json!({"DatabaseInput": {"Name": "sales"}}));
        let table = json!({"Name": "orders", "Description": "All orders", "Parameters": parameters});
        self.glue("CreateTable", json!({"DatabaseName": "sales", "TableInput": table}));
        self.import("sales", true);
        wait(self.sandbox, 30);
        let found = self.consume("POST /listings/search", json!({"searchText": "orders"})).unwrap();
        found["items"][0]["assetListing"]["listingId"].as_str().unwrap().to_owned()
    }

    fn ask(&self, project: &str, listing: &str) -> Result<Value, String> {
        let input = json!({
            "subscribedPrincipals": [{"project": {"identifier": project}}],
            "subscribedListings": [{"identifier": listing}], "requestReason": "to predict",
        });
        self.consume("POST /subscription-requests", input)
    }

    fn accept(&self, request: &str) -> Result<Value, String> {
        self.produce(&format!("PUT /subscription-requests/{request}/accept"), json!({"decisionComment": "fine"}))
    }

    /// The statuses of all grants of the consumer, and those of their assets.
    fn grants(&self) -> Vec<String> {
        let listed = self.consume(&format!("GET /subscription-grants?owningProjectId={}", self.consumer.1), json!({}));
        let told = |grant: &Value| {
            let asset = &grant["assets"][0];
            let cause = asset["failureCause"]["message"].as_str().unwrap_or_default();
            let words = [grant["status"].as_str().unwrap(), asset["status"].as_str().unwrap(), cause];
            words.join(" ").trim_end().to_owned()
        };
        listed.unwrap()["items"].as_array().unwrap().iter().map(told).collect()
    }
}

#[test]
fn tables_become_assets_and_listings_each_in_its_time() {
    let sandbox = sandbox();
    let market = market(&sandbox);
    let (_, missing) = market.import("sales", true);
    assert_eq!(
        (&missing["status"], &missing["errorMessage"]["errorType"]),
        (&json!("FAILED"), &json!("RESOURCE_NOT_FOUND_EXCEPTION"))
    );
    market.glue("CreateDatabase", json!({"DatabaseInput": {"Name": "sales"}}));
    for name in ["orders", "order_lines", "tmp_orders"] {
        market.glue("CreateTable", json!({"DatabaseName": "sales", "TableInput": {"Name": name}}));
    }
    let source = market.produce(&format!("GET /data-sources?projectIdentifier={}", market.producer.1), json!({}));
    let source = source.unwrap()["items"][0]["dataSourceId"].as_str().unwrap().to_owned();
    let run = id(&market.produce(&format!("POST /data-sources/{source}/runs"), json!({})).unwrap());
    let again = market.produce(&format!("POST /data-sources/{source}/runs"), json!({})).unwrap_err();
    assert!(again.starts_with("409 ConflictException"), "{again}");
    let status = || market.produce(&format!("GET /data-source-runs/{run}"), json!({})).unwrap()["status"].clone();
    let inventory = || {
        let input = json!({"searchScope": "ASSET", "owningProjectIdentifier": market.producer.1});
        market.produce("POST /search", input).unwrap()["totalMatchCount"].clone()
    };
    let mut seen = vec![json!([status(), inventory()])];
    wait(&sandbox, 5);
    seen.push(json!([status(), inventory()]));
    wait(&sandbox, 35);
    seen.push(json!([status(), inventory()]));
    assert_eq!(json!(seen), json!([["REQUESTED", 0], ["RUNNING", 0], ["SUCCESS", 2]]));
    let published = |input: Value| market.consume("POST /listings/search", input).unwrap();
    assert_eq!(published(json!({}))["totalMatchCount"], 0, "the index lags");
    wait(&sandbox, 30);
    let first = published(json!({"maxResults": 1}));
    let second = published(json!({"maxResults": 1, "nextToken": first["nextToken"]}));
    let name = |answer: &Value| answer["items"][0]["assetListing"]["name"].clone();
    assert_eq!((name(&first), name(&second)), (json!("order_lines"), json!("orders")));
    assert!(second["nextToken"].is_null());
    let owner = |project: &str| json!({"filter": {"attribute": "owningProjectId", "value": project}});
    let lines = json!({"filter": {"attribute": "name", "value": "LINES", "operator": "TEXT_SEARCH"}});
    let filtered = published(json!({"filters": {"and": [owner(&market.producer.1), lines]}}));
    assert_eq!((&filtered["totalMatchCount"], name(&filtered)), (&json!(1), json!("order_lines")));
    assert_eq!(published(json!({"filters": owner(&market.consumer.1)}))["totalMatchCount"], 0);
    // One word is enough, the best comes first.
    let found = published(json!({"searchText": "order lines"}));
    assert_eq!((&found["totalMatchCount"], name(&found)), (&json!(2), json!("order_lines")));
    // Run again, nothing changes.
    let run = id(&market.produce(&format!("POST /data-sources/{source}/runs"), json!({})).unwrap());
    wait(&sandbox, 40);
    let run = market.produce(&format!("GET /data-source-runs/{run}"), json!({})).unwrap();
    assert_eq!(
        (&run["runStatisticsForAssets"]["unchanged"], &run["runStatisticsForAssets"]["added"]),
        (&json!(2), &json!(0))
    );
    let foreign =
        market.consume("POST /search", json!({"searchScope": "ASSET", "owningProjectIdentifier": market.producer.1}));
    assert_eq!(foreign.unwrap_err(), "403 AccessDeniedException: User is not permitted to perform operation: Search");
    market.produce(&format!("DELETE /data-sources/{source}"), json!({})).unwrap();
    assert!(market.produce(&format!("GET /data-sources/{source}"), json!({})).unwrap_err().starts_with("404"));
}

#[test]
fn an_asset_is_published_and_taken_back_by_those_who_produce() {
    let sandbox = sandbox();
    let market = market(&sandbox);
    let asset = json!({
        "name": "report", "typeIdentifier": "amazon.datazone.S3ObjectCollectionAssetType",
        "owningProjectIdentifier": market.producer.1, "externalIdentifier": "arn:aws:s3:::bucket/report",
        "formsInput": [{"formName": "S3", "content": "{\"bucket\":\"bucket\"}"}],
    });
    assert!(market.consume("POST /assets", asset.clone()).unwrap_err().starts_with("403"));
    let made = market.produce("POST /assets", asset.clone()).unwrap();
    let again = market.produce("POST /assets", asset).unwrap_err();
    assert_eq!(again, format!("409 ConflictException: Conflict with asset {}", id(&made)));
    let change = |action: &str| json!({"entityIdentifier": made["id"], "entityType": "ASSET", "action": action});
    assert!(market.consume("POST /listings/change-set", change("PUBLISH")).unwrap_err().starts_with("403"));
    let listing = market.produce("POST /listings/change-set", change("PUBLISH")).unwrap();
    assert_eq!(listing["status"], "CREATING");
    let early = market.ask(&market.consumer.1, listing["listingId"].as_str().unwrap()).unwrap_err();
    assert!(early.contains("is not active"), "{early}");
    wait(&sandbox, 5);
    let path = format!("GET /listings/{}", listing["listingId"].as_str().unwrap());
    let shown = market.consume(&path, json!({})).unwrap();
    assert_eq!(
        (&shown["status"], &shown["item"]["assetListing"]["forms"]),
        (&json!("ACTIVE"), &json!("{\"S3\":{\"bucket\":\"bucket\"}}"))
    );
    let asset = market.produce(&format!("GET /assets/{}", id(&made)), json!({})).unwrap();
    assert_eq!(asset["listing"]["listingStatus"], "ACTIVE");
    assert!(market.consume(&format!("GET /assets/{}", id(&made)), json!({})).unwrap_err().starts_with("403"));
    wait(&sandbox, 30);
    let found =
        || market.consume("POST /listings/search", json!({"searchText": "report"})).unwrap()["totalMatchCount"].clone();
    assert_eq!(found(), 1);
    market.produce("POST /listings/change-set", change("UNPUBLISH")).unwrap();
    assert_eq!(market.consume(&path, json!({})).unwrap()["status"], "INACTIVE");
    assert_eq!(found(), 1, "the index lags");
    wait(&sandbox, 30);
    assert_eq!(found(), 0);
}

#[test]
fn the_owner_approves_and_access_comes_by_itself() {
    let sandbox = sandbox();
    let market = market(&sandbox);
    let listing = market.listing(json!({}));
    let stranger = market.ask(&market.producer.1, &listing).unwrap_err();
    assert_eq!(
        stranger,
        "403 AccessDeniedException: User is not permitted to perform operation: CreateSubscriptionRequest"
    );
    let request = market.ask(&market.consumer.1, &listing).unwrap();
    assert_eq!(
        (&request["status"], &request["subscribedListings"][0]["ownerProjectName"]),
        (&json!("PENDING"), &json!("produces"))
    );
    assert!(market.ask(&market.consumer.1, &listing).unwrap_err().starts_with("409 ConflictException"));
    let waiting = |client: &Client<'_>, query: &str| {
        client
            .within(&market.domain, &format!("GET /subscription-requests{query}"), json!({}))
            .map(|it| it["items"].as_array().unwrap().len())
    };
    let approver = format!("?approverProjectId={}&status=PENDING", market.producer.1);
    assert_eq!(waiting(&market.producer.0, &approver), Ok(1));
    assert!(waiting(&market.consumer.0, &approver).unwrap_err().starts_with("403"));
    assert_eq!(waiting(&market.consumer.0, ""), Ok(1));
    let request = id(&request);
    wait(&sandbox, 1);
    let early = market.consume(&format!("PUT /subscription-requests/{request}/accept"), json!({})).unwrap_err();
    assert_eq!(
        early,
        "403 AccessDeniedException: User is not permitted to perform operation: AcceptSubscriptionRequest"
    );
    let accepted = market.accept(&request).unwrap();
    assert_eq!((&accepted["status"], &accepted["decisionComment"]), (&json!("ACCEPTED"), &json!("fine")));
    assert!(market.accept(&request).unwrap_err().starts_with("409"));
    wait(&sandbox, 1);
    assert_eq!(waiting(&market.producer.0, &approver), Ok(0));
    let path = format!("GET /subscriptions?subscriptionRequestIdentifier={request}");
    let subscription = market.consume(&path, json!({})).unwrap()["items"][0].clone();
    assert_eq!(subscription["status"], "APPROVED");
    assert!(market.ask(&market.consumer.1, &listing).unwrap_err().starts_with("409"));
    let mut seen = vec![market.grants()];
    for seconds in [9, 10, 65] {
        wait(&sandbox, seconds);
        seen.push(market.grants());
    }
    let expected: [&[&str]; 4] =
        [&[], &["PENDING GRANT_PENDING"], &["IN_PROGRESS GRANT_IN_PROGRESS"], &["COMPLETED GRANTED"]];
    assert_eq!(seen, expected);
    market.consume(&format!("PUT /subscriptions/{}/cancel", id(&subscription)), json!({})).unwrap();
    assert_eq!(market.grants(), ["IN_PROGRESS REVOKE_IN_PROGRESS"]);
    wait(&sandbox, 30);
    assert_eq!(market.grants(), Vec::<String>::new());
    let again = id(&market.ask(&market.consumer.1, &listing).unwrap());
    market.accept(&again).unwrap();
    let path = format!("GET /subscriptions?subscriptionRequestIdentifier={again}");
    let subscription = id(&market.produce(&path, json!({})).unwrap()["items"][0]);
    assert!(
        market.consume(&format!("PUT /subscriptions/{subscription}/revoke"), json!({})).unwrap_err().starts_with("403")
    );
    let revoked = market.produce(&format!("PUT /subscriptions/{subscription}/revoke"), json!({})).unwrap();
    assert_eq!(revoked["status"], "REVOKED");
}

#[test]
fn a_request_can_be_refused_taken_back_and_made_again() {
    let sandbox = sandbox();
    let market = market(&sandbox);
    let listing = market.listing(json!({}));
    let first = id(&market.ask(&market.consumer.1, &listing).unwrap());
    let path = format!("PUT /subscription-requests/{first}/reject");
    let refused = market.produce(&path, json!({"decisionComment": "not for this"})).unwrap();
    assert_eq!(refused["status"], "REJECTED");
    wait(&sandbox, 1);
    let second = id(&market.ask(&market.consumer.1, &listing).unwrap());
    assert!(
        market.produce(&format!("DELETE /subscription-requests/{second}"), json!({})).unwrap_err().starts_with("403")
    );
    wait(&sandbox, 1);
    market.consume(&format!("DELETE /subscription-requests/{second}"), json!({})).unwrap();
    assert!(market.consume(&format!("GET /subscription-requests/{second}"), json!({})).unwrap_err().starts_with("404"));
    assert!(
        market.consume(&format!("DELETE /subscription-requests/{first}"), json!({})).unwrap_err().starts_with("409")
    );
    let details = market.consume(&format!("GET /subscription-requests/{first}"), json!({})).unwrap();
    assert_eq!(details["decisionComment"], "not for this");
}

#[test]
fn what_cannot_be_granted_says_why_and_can_be_tried_again() {
    let sandbox = sandbox();
    let market = market(&sandbox);
    let listing = market.listing(json!({"aiops-sandbox:grantable": "false"}));
    let request = id(&market.ask(&market.consumer.1, &listing).unwrap());
    market.accept(&request).unwrap();
    wait(&sandbox, 85);
    assert_eq!(
        market.grants(),
        [
            "GRANT_FAILED GRANT_FAILED Insufficient Lake Formation permission(s): Required DESCRIBE and SELECT with grant option on orders"
        ]
    );
    market.glue("DeleteTable", json!({"DatabaseName": "sales", "Name": "orders"}));
    market.glue("CreateTable", json!({"DatabaseName": "sales", "TableInput": {"Name": "orders"}}));
    let lake = market.lake(&market.consumer.0, &market.consumer.1);
    let wanted = json!({
        "environmentIdentifier": lake, "grantedEntity": {"listing": {"identifier": listing, "revision": "1"}},
    });
    let there = market.consume("POST /subscription-grants", wanted.clone()).unwrap_err();
    assert!(there.starts_with("409"), "{there}");
    let path = format!("GET /subscription-grants?owningProjectId={}", market.consumer.1);
    let failed = id(&market.consume(&path, json!({})).unwrap()["items"][0]);
    market.consume(&format!("DELETE /subscription-grants/{failed}"), json!({})).unwrap();
    market.consume("POST /subscription-grants", wanted).unwrap();
    wait(&sandbox, 75);
    assert_eq!(market.grants(), ["COMPLETED GRANTED"]);
}

#[test]
fn a_project_without_data_lake_has_no_place_for_a_grant_and_its_own_assets_need_no_approval() {
    let sandbox = sandbox();
    let market = market(&sandbox);
    let listing = market.listing(json!({}));
    let request = id(&market.ask(&market.poor, &listing).unwrap());
    market.accept(&request).unwrap();
    wait(&sandbox, 600);
    let path = format!("GET /subscription-grants?owningProjectId={}", market.poor);
    assert_eq!(market.consume(&path, json!({})).unwrap()["items"], json!([]));
    let input = json!({
        "subscribedPrincipals": [{"project": {"identifier": market.producer.1}}],
        "subscribedListings": [{"identifier": listing}], "requestReason": "it is ours",
    });
    let own = market.produce("POST /subscription-requests", input).unwrap();
    assert_eq!(own["status"], "ACCEPTED");
    let lake = market.lake(&market.producer.0, &market.producer.1);
    let targets = market.produce(&format!("GET /environments/{lake}/subscription-targets"), json!({})).unwrap();
    assert_eq!(targets["items"][0]["subscriptionGrantCreationMode"], "AUTOMATIC");
    assert!(
        market
            .consume(&format!("GET /environments/{lake}/subscription-targets"), json!({}))
            .unwrap_err()
            .starts_with("403")
    );
    let target = json!({
        "name": "mine", "type": "Other", "subscriptionTargetConfig": [], "authorizedPrincipals": ["someone"],
        "manageAccessRole": format!("arn:aws:iam::{B}:role/ManageAccess"), "applicableAssetTypes": ["x.Y"],
        "subscriptionGrantCreationMode": "MANUAL",
    });
    let made = market.produce(&format!("POST /environments/{lake}/subscription-targets"), target).unwrap();
    let path = format!("GET /environments/{lake}/subscription-targets/{}", id(&made));
    assert_eq!(market.produce(&path, json!({})).unwrap()["subscriptionGrantCreationMode"], "MANUAL");
}

#[test]
fn requests_are_throttled() {
    let sandbox = sandbox();
    let market = market(&sandbox);
    let listing = market.listing(json!({}));
    let answers: Vec<String> = (0..5)
        .map(|_| market.ask(&market.consumer.1, &listing).err().unwrap_or_default())
        .map(|error| error.split(':').next().unwrap_or_default().to_owned())
        .collect();
    let (conflict, throttled) = ("409 ConflictException", "429 ThrottlingException");
    assert_eq!(answers, ["", conflict, conflict, throttled, throttled]);
}
