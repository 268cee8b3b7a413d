//! Blueprints and who may use them.

use serde_json::{Value, json};

use super::super::super::account;
use super::{Bench, DEV, GOVERNANCE, PROD, told};

impl Bench {
    fn blueprint_id(&self, name: &str) -> String {
        let input = json!({"domainIdentifier": self.domain_id(), "managed": true});
        let listed = self.call(GOVERNANCE, "datazone", "ListEnvironmentBlueprints", input);
        let found = listed["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    fn configuration(&self, account: &str, name: &str) -> Result<Value, String> {
        let input =
            json!({"domainIdentifier": self.domain_id(), "environmentBlueprintIdentifier": self.blueprint_id(name)});
        let found = self.try_call(account, "datazone", "GetEnvironmentBlueprintConfiguration", input);
        found.map_err(|error| error.to_string())
    }

    /// Puts a configuration as somebody does in the console.
    fn put(&self, account: &str, name: &str, mut settings: Value) {
        settings["domainIdentifier"] = json!(self.domain_id());
        settings["environmentBlueprintIdentifier"] = json!(self.blueprint_id(name));
        self.call(account, "datazone", "PutEnvironmentBlueprintConfiguration", settings);
    }

    fn grants(&self, account: &str, name: &str) -> Vec<Value> {
        let input = json!({"domainIdentifier": self.domain_id(), "entityType": "ENVIRONMENT_BLUEPRINT_CONFIGURATION",
                           "entityIdentifier": format!("{account}:{}", self.blueprint_id(name)),
                           "policyType": "CREATE_ENVIRONMENT_FROM_BLUEPRINT"});
        self.call(account, "datazone", "ListPolicyGrants", input)["grantList"].as_array().unwrap().clone()
    }
}

#[test]
fn an_account_is_configured_for_all_of_its_regions_at_once() {
    let bench = Bench::new();
    bench.converge();
    let tooling = bench.configuration(DEV, "Tooling").unwrap();
    assert_eq!(tooling["enabledRegions"], json!(["eu-west-1", "us-east-1"]));
    let parameters = json!({
        "eu-west-1": {"S3Location": "s3://amazon-sagemaker-333333333333-eu-west-1-aiops", "VpcId": "vpc-0a1b2c3d",
                      "Subnets": "subnet-0a1b2c3d,subnet-1a1b2c3d"},
        "us-east-1": {"S3Location": "s3://amazon-sagemaker-333333333333-us-east-1-aiops", "VpcId": "vpc-0a1b2c3a",
                      "Subnets": "subnet-0a1b2c3a"},
    });
    assert_eq!(tooling["regionalParameters"], parameters);
    for role in ["provisioningRoleArn", "manageAccessRoleArn"] {
        assert!(tooling[role].as_str().unwrap().starts_with("arn:aws:iam::333333333333:role/service-role/"));
    }
    let guardrail = bench.configuration(DEV, "AmazonBedrockGuardrail").unwrap();
    assert_eq!(guardrail.get("regionalParameters"), None);
    assert_eq!(bench.configuration(PROD, "Tooling").unwrap()["enabledRegions"], json!(["eu-west-1"]));
    let mut units: Vec<Value> = bench
        .grants(DEV, "Tooling")
        .iter()
        .map(|grant| grant["principal"]["project"]["projectGrantFilter"]["domainUnitFilter"]["domainUnit"].clone())
        .collect();
    units.sort_by_key(Value::to_string);
    let mut expected: Vec<Value> = bench.units.values().map(|id| json!(id)).collect();
    expected.sort_by_key(Value::to_string);
    assert_eq!(units, expected);
}

#[test]
fn drift_of_a_configuration_shows_and_is_corrected() {
    let bench = Bench::new();
    bench.converge();
    let mut settings = bench.configuration(DEV, "Tooling").unwrap();
    settings["enabledRegions"] = json!(["eu-west-1"]);
    settings["regionalParameters"]["eu-west-1"]["VpcId"] = json!("vpc-other");
    settings["regionalParameters"]["eu-west-1"]["Subnets"] = json!("subnet-1a1b2c3d,subnet-0a1b2c3d");
    settings["regionalParameters"].as_object_mut().unwrap().remove("us-east-1");
    settings["environmentRolePermissionBoundary"] = json!("arn:aws:iam::333333333333:policy/boundary");
    settings["provisioningRoleArn"] = settings["manageAccessRoleArn"].clone();
    for member in ["domainId", "environmentBlueprintId", "createdAt", "updatedAt"] {
        settings.as_object_mut().unwrap().remove(member);
    }
    bench.put(DEV, "Tooling", settings);
    insta::assert_snapshot!(bench.pending().join("\n").replace(", ", "\n  "), @r#"
    change 333 blueprint Tooling enabled-regions: ["eu-west-1"] -> ["eu-west-1","us-east-1"]
      provisioning-role: "arn:aws:iam::333333333333:role/service-role/AmazonSageMakerManageAccess-eu-west-1-111111111111" -> "arn:aws:iam::333333333333:role/service-role/AmazonSageMakerProvisioning-111111111111"
      regional-parameters.eu-west-1.VpcId: "vpc-other" -> "vpc-0a1b2c3d"
      regional-parameters.us-east-1.S3Location: null -> "s3://amazon-sagemaker-333333333333-us-east-1-aiops"
      regional-parameters.us-east-1.Subnets: null -> "subnet-0a1b2c3a"
      regional-parameters.us-east-1.VpcId: null -> "vpc-0a1b2c3a"
      permission-boundary: "arn:aws:iam::333333333333:policy/boundary" -> null
    "#);
    bench.converge();
}

#[test]
fn grants_that_were_taken_are_given_again() {
    let bench = Bench::new();
    bench.converge();
    let grant = bench.grants(PROD, "Tooling").remove(0);
    let input = json!({"domainIdentifier": bench.domain_id(), "entityType": "ENVIRONMENT_BLUEPRINT_CONFIGURATION",
                       "entityIdentifier": format!("{PROD}:{}", bench.blueprint_id("Tooling")),
                       "policyType": "CREATE_ENVIRONMENT_FROM_BLUEPRINT", "principal": grant["principal"]});
    bench.call(PROD, "datazone", "RemovePolicyGrant", input);
    let pending = bench.pending();
    assert!(
        pending.len() == 1 && pending[0].starts_with("change 555 blueprint grants Tooling grants: "),
        "{pending:?}"
    );
    bench.converge();
    assert_eq!(bench.grants(PROD, "Tooling").len(), 2);
}

#[test]
fn a_configuration_of_others_is_in_the_way() {
    let bench = Bench::new();
    bench.converge();
    let role = json!("arn:aws:iam::555555555555:role/theirs");
    let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
                       "Principal": {"Service": "datazone.amazonaws.com"}}});
    bench.call(PROD, "iam", "CreateRole", json!({"RoleName": "theirs", "AssumeRolePolicyDocument": trust.to_string()}));
    let settings = json!({"enabledRegions": ["eu-west-1"], "provisioningRoleArn": role, "manageAccessRoleArn": role});
    bench.put(PROD, "AmazonBedrockGuardrail", settings.clone());
    let pending = bench.pending();
    assert!(
        pending[0].starts_with("conflict 555 blueprint AmazonBedrockGuardrail manage-access-role: "),
        "{pending:?}"
    );
    assert!(bench.look().refuse_conflicts().is_err());
    bench.put(PROD, "QuickSight", settings);
    let left = bench.look().steps.into_iter().find(|step| step.address.name == "QuickSight").unwrap();
    assert_eq!(
        (left.action.word(), left.reason.as_str()),
        ("leave", "`domain.blueprints` does not name it; aiops did not make its roles")
    );
}

#[test]
fn a_blueprint_that_is_not_wanted_any_more_goes() {
    let bench = Bench::new();
    bench.converge();
    let bench = bench.reconfigured(&[("[Tooling, AmazonBedrockGuardrail]", "[Tooling]")]);
    let removals: Vec<String> =
        ["333", "444", "555"].map(|account| format!("remove {account} blueprint AmazonBedrockGuardrail")).into();
    assert_eq!(bench.converge(), removals);
    assert!(bench.configuration(DEV, "AmazonBedrockGuardrail").is_err());
}

#[test]
fn an_unknown_blueprint_is_refused_with_the_nearest_name() {
    let bench = Bench::changed(&[("[Tooling, AmazonBedrockGuardrail]", "[Toolin]")]);
    let plan = bench.look();
    let refused: Vec<_> = plan.failures().filter(|step| step.address.kind == "blueprint").collect();
    assert_eq!(refused.len(), 3);
    assert!(refused[0].error.as_ref().unwrap().ends_with("DataZone has no blueprint Toolin"), "{:?}", refused[0].error);
    assert_eq!(refused[0].hints[0], "did you mean Tooling? It stands under `domain.blueprints`");
    assert!(refused[0].hints[1].contains("AmazonBedrockGuardrail, "));
}

#[test]
fn tooling_without_a_network_is_refused_before_anything_is_asked() {
    let network = ", network: {vpc: vpc-0a1b2c3f, subnets: [subnet-0a1b2c3f]}";
    let bench = Bench::changed(&[(network, "")]);
    bench.sandbox.take_log();
    let error = bench.within(async |studio| account::check(studio)).unwrap_err();
    assert_eq!(error.to_string(), "Tooling needs a network, and account 555555555555 has none in eu-west-1");
    assert!(error.hints()[0].contains("`tenants[0].stages.prod.network: {"), "{:?}", error.hints());
    assert_eq!(bench.sandbox.take_log(), []);
    let without = Bench::changed(&[(network, ""), ("[Tooling, ", "[")]);
    assert!(without.within(async |studio| account::check(studio)).is_ok());
}

#[test]
fn the_governance_account_needs_no_association() {
    let bench = Bench::changed(&[("'555555555555'", "'111111111111'")]);
    let done = bench.converge();
    assert!(done.contains(&"create 111 blueprint Tooling".to_owned()), "{done:#?}");
    assert!(!done.contains(&"create 111 association acme".to_owned()));
    assert_eq!(bench.grants(GOVERNANCE, "Tooling").len(), 2);
    assert!(told(&bench.look()).is_empty());
}
