use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;
use crate::governance::machine::{MOVES, Move, Origin, Requirement};
use crate::governance::{LifeCycle, Persona};

const CENTRAL: &str = "222222222222";

fn workspace(tenant: &str, stage: Stage, account: &str) -> Workspace {
    Workspace {
        tenant: tenant.to_owned(),
        stage,
        account: account.to_owned(),
        region: "eu-west-1".to_owned(),
        bucket: (stage == Stage::Dev).then(|| Bucket { name: format!("{tenant}-models-{account}"), key_arn: None }),
        execution_role: format!("arn:aws:iam::{account}:role/aiops-execution"),
    }
}

/// `tenants` tenants, each with three accounts of its own.
fn scope(tenants: usize) -> Scope {
    let role = |name| format!("arn:aws:iam::{CENTRAL}:role/{name}");
    let workspaces = (1..=tenants).flat_map(|tenant| {
        Stage::ALL.map(|stage| {
            workspace(&format!("tenant{tenant}"), stage, &format!("{tenant:02}0{}00000000", stage as u8 + 1))
        })
    });
    Scope {
        partition: "aws".to_owned(),
        central: Central {
            account: CENTRAL.to_owned(),
            region: "eu-west-1".to_owned(),
            bucket: Bucket { name: format!("aiops-models-{CENTRAL}-eu-west-1"), key_arn: None },
            copiers: vec![role("aiops-engineer"), role("aiops-ci")],
        },
        workspaces: workspaces.collect(),
    }
}

fn encrypted(mut scope: Scope) -> Scope {
    let key = |account: &str| Some(format!("arn:aws:kms:eu-west-1:{account}:key/11111111-2222-3333-4444-555555555555"));
    scope.central.bucket.key_arn = key(CENTRAL);
    for workspace in &mut scope.workspaces {
        if let Some(bucket) = &mut workspace.bucket {
            bucket.key_arn = key(&workspace.account);
        }
    }
    scope
}

/// The central place and the dev and test of the first tenant. Prod is like test, which a test says.
fn places(scope: &Scope) -> [Place<'_>; 3] {
    [Place::Workspace(&scope.workspaces[0]), Place::Central, Place::Workspace(&scope.workspaces[1])]
}

/// Everything that `persona` may do in `place`, as one document.
fn whole(persona: Persona, place: Place<'_>, scope: &Scope) -> Value {
    let parts = identity(persona, place, scope);
    let statements = parts.iter().flat_map(|part| statements(&part.document)).cloned();
    serde_json::json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}

const BUS: &str = "arn:aws:events:eu-west-1:222222222222:event-bus/aiops";

/// Every document for a small landscape, by a name for it.
fn documents() -> BTreeMap<String, Value> {
    let scope = scope(2);
    let [dev, test] = [&scope.workspaces[0], &scope.workspaces[1]];
    let accounts = BTreeSet::from([dev.account.clone(), test.account.clone()]);
    let trustees = Trustees {
        principals: vec!["arn:aws:iam::111111111111:root".to_owned()],
        external_id: Some("aiops-7f3c".to_owned()),
    };
    let mut documents = BTreeMap::from([
        ("trust".to_owned(), trust(&trustees)),
        ("assume-roles".to_owned(), assume_roles([&scope.central.copiers[0], &test.execution_role])),
        ("execution-role".to_owned(), execution_role(test, &scope)),
        ("execution-trust".to_owned(), execution_trust()),
        ("central-group".to_owned(), central_group_policy("diabetes", "tenant1", &scope).unwrap()),
        ("central-bucket".to_owned(), central_bucket_policy(&scope)),
        ("central-key".to_owned(), central_key_policy(&scope)),
        ("central-bus".to_owned(), central_bus_policy(BUS, &accounts, &scope).unwrap()),
        ("dev-bucket".to_owned(), dev_bucket_policy(dev, &scope).unwrap()),
    ]);
    for persona in Persona::ALL {
        for place in places(&scope) {
            let policies = identity(persona, place, &scope).into_iter();
            documents.extend(policies.map(|policy| (format!("{}-of-{persona}", policy.name), policy.document)));
        }
    }
    documents
}

fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    document["Statement"].as_array().unwrap().iter()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap()).collect(),
        _ => Vec::new(),
    }
}

fn allowed(document: &Value) -> BTreeSet<&str> {
    let allows = statements(document).filter(|statement| statement["Effect"] == "Allow");
    allows.flat_map(|statement| texts(&statement["Action"])).collect()
}

fn size(document: &Value) -> usize {
    document.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

/// The move that an `Allow` statement describes, read back from its conditions.
fn described(statement: &Value, registry: Registry) -> Option<(Origin, LifeCycle, String, Vec<Requirement>)> {
    let equals = |key: &str| statement["Condition"]["StringEquals"][key].as_str();
    let lifecycle = |stage: &str, status: &str| {
        Some(LifeCycle::new(equals(stage)?.parse().unwrap(), equals(status)?.parse().unwrap()))
    };
    let to = lifecycle("sagemaker:ModelLifeCycle:Stage", "sagemaker:ModelLifeCycle:StageStatus")?;
    let from = lifecycle("sagemaker:CurrentModelLifeCycleStage", "sagemaker:CurrentModelLifeCycleStageStatus");
    let origin = match (from, statement["Action"].as_str().unwrap()) {
        (Some(from), "sagemaker:UpdateModelPackage") => Origin::At(from),
        (None, "sagemaker:CreateModelPackage") => Origin::New,
        (None, "sagemaker:UpdateModelPackage") => {
            assert_eq!(statement["Condition"]["Null"]["sagemaker:CurrentModelLifeCycleStage"], "true", "{registry}");
            Origin::Unset
        }
        other => panic!("{other:?}"),
    };
    let mut requires = Vec::new();
    if equals("sagemaker:CurrentCustomerMetadataProperties/aiops-test-status") == Some("Passed") {
        requires.push(Requirement::SmokeTestPassed);
    }
    let registrant = "sagemaker:CurrentCustomerMetadataProperties/aiops-registered-by";
    if statement["Condition"]["StringNotEqualsIgnoreCase"][registrant] == "${aws:SourceIdentity}" {
        assert_eq!(statement["Condition"]["Null"][registrant], "false");
        assert_eq!(statement["Condition"]["Null"]["aws:SourceIdentity"], "false");
        requires.push(Requirement::NotRegistrant);
    }
    Some((origin, to, equals("sagemaker:ModelApprovalStatus").unwrap().to_owned(), requires))
}

#[test]
fn documents_stay_as_they_were_reviewed() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, document) in documents() {
            insta::assert_json_snapshot!(name, document);
        }
    });
}

#[test]
fn each_persona_may_make_exactly_its_moves() {
    let scope = scope(2);
    for persona in Persona::ALL {
        for place in places(&scope) {
            let document = whole(persona, place, &scope);
            let found: Vec<_> = statements(&document)
                .filter(|statement| statement["Effect"] == "Allow")
                .filter_map(|statement| described(statement, place.registry()?))
                .collect();
            let enforced = |step: &Move| {
                let visible = [Requirement::SmokeTestPassed, Requirement::NotRegistrant];
                let requires = visible.into_iter().filter(|requirement| step.needs(*requirement)).collect();
                (step.from, step.to, step.approval().to_string(), requires)
            };
            let theirs =
                MOVES.iter().filter(|step| Some(step.registry) == place.registry() && step.by.contains(&persona));
            assert_eq!(found, theirs.map(enforced).collect::<Vec<_>>(), "{persona} in {place}");
        }
    }
}

#[test]
fn which_persona_has_which_statement_on_versions() {
    let scope = scope(2);
    let mut rows = Vec::new();
    for place in places(&scope) {
        for persona in Persona::ALL {
            let document = whole(persona, place, &scope);
            let writes = |statement: &&Value| {
                texts(&statement["Action"]).iter().any(|action| action.ends_with("teModelPackage"))
            };
            let sids: Vec<_> = statements(&document)
                .filter(writes)
                .map(|statement| {
                    let sid = statement["Sid"].as_str().unwrap();
                    if statement["Effect"] == "Deny" { format!("!{sid}") } else { sid.to_owned() }
                })
                .collect();
            if !sids.is_empty() {
                rows.push(format!("{place} {persona}\n  {}", sids.join("\n  ")));
            }
        }
    }
    insta::assert_snapshot!(rows.join("\n"), @"
    dev data-scientist
      NewToDevPending
      UnsetToDevPending
      DevRejectedToDevPending
      !KeepRegisteredBy
      !KeepDevDecidedBy
      !KeepKeys
    dev lead
      DevPendingToDevApproved
      DevPendingToDevRejected
      DevApprovedToDevRejected
      !KeepRegisteredBy
      !KeepDevDecidedBy
      !KeepKeys
    dev ci
      NewToDevPending
      UnsetToDevPending
      !KeepRegisteredBy
      !KeepDevDecidedBy
      !KeepKeys
    central engineer
      NewToDevApproved
      DevApprovedToTestPending
      TestRejectedToTestPending
      TestApprovedToProdPending
      ProdRejectedToTestPending
      ReportTest
      !KeepRegisteredBy
      !KeepSourceArn
      !KeepContentSha256
      !KeepSpecSha256
      !KeepTestDecidedBy
      !KeepProdDecidedBy
      !KeepKeys
    central governance-officer
      TestPendingToTestApproved
      TestPendingToTestRejected
      ProdPendingToProdApproved
      ProdPendingToProdRejected
      ProdApprovedToProdRejected
      !KeepRegisteredBy
      !KeepSourceArn
      !KeepContentSha256
      !KeepSpecSha256
      !KeepTestStatus
      !KeepTestDigest
      !KeepTestDecidedBy
      !KeepProdDecidedBy
      !KeepKeys
    central ci
      NewToDevApproved
      DevApprovedToTestPending
      TestRejectedToTestPending
      TestApprovedToProdPending
      ProdRejectedToTestPending
      ReportTest
      !KeepRegisteredBy
      !KeepSourceArn
      !KeepContentSha256
      !KeepSpecSha256
      !KeepTestDecidedBy
      !KeepProdDecidedBy
      !KeepKeys
    ");
}

#[test]
fn actions_by_place_and_persona() {
    let scope = scope(2);
    let mut rows = Vec::new();
    for place in places(&scope) {
        let documents = Persona::ALL.map(|persona| whole(persona, place, &scope));
        let common = documents.iter().map(allowed).reduce(|a, b| &a & &b).unwrap();
        rows.push(format!("{place} everybody: {}", common.iter().copied().collect::<Vec<_>>().join(" ")));
        for (persona, document) in Persona::ALL.into_iter().zip(&documents) {
            let more: Vec<_> = allowed(document).difference(&common).copied().collect();
            if !more.is_empty() {
                rows.push(format!("{place} {persona}: {}", more.join(" ")));
            }
        }
    }
    insta::assert_snapshot!(rows.join("\n"), @"
    dev everybody: sagemaker:BatchDescribeModelPackage sagemaker:DescribeEndpoint sagemaker:DescribeEndpointConfig sagemaker:DescribeModel sagemaker:DescribeModelPackage sagemaker:DescribeModelPackageGroup sagemaker:GetModelPackageGroupPolicy sagemaker:ListEndpointConfigs sagemaker:ListEndpoints sagemaker:ListModelPackageGroups sagemaker:ListModelPackages sagemaker:ListModels sagemaker:ListTags sagemaker:Search
    dev administrator: sagemaker:AddTags sagemaker:CreateModelPackageGroup
    dev data-scientist: datazone:AcceptSubscriptionRequest datazone:CreateAsset datazone:CreateDataSource datazone:CreateListingChangeSet datazone:CreateSubscriptionGrant datazone:CreateSubscriptionRequest datazone:DeleteSubscriptionGrant datazone:GetAsset datazone:GetDataSource datazone:GetListing datazone:GetProject datazone:GetSubscriptionRequestDetails datazone:ListDataSourceRuns datazone:ListDataSources datazone:ListDomains datazone:ListEnvironmentBlueprints datazone:ListEnvironments datazone:ListProjects datazone:ListSubscriptionGrants datazone:ListSubscriptionRequests datazone:ListSubscriptionTargets datazone:ListSubscriptions datazone:RejectSubscriptionRequest datazone:Search datazone:SearchListings datazone:StartDataSourceRun s3:AbortMultipartUpload s3:GetObject s3:GetObjectVersion s3:ListBucket s3:PutObject sagemaker:AddTags sagemaker:CreateModelPackage sagemaker:CreateModelPackageGroup sagemaker:UpdateModelPackage
    dev lead: datazone:AcceptSubscriptionRequest datazone:GetAsset datazone:GetDataSource datazone:GetListing datazone:GetProject datazone:GetSubscriptionRequestDetails datazone:ListDataSourceRuns datazone:ListDataSources datazone:ListDomains datazone:ListEnvironmentBlueprints datazone:ListEnvironments datazone:ListProjects datazone:ListSubscriptionGrants datazone:ListSubscriptionRequests datazone:ListSubscriptionTargets datazone:ListSubscriptions datazone:RejectSubscriptionRequest datazone:Search datazone:SearchListings sagemaker:UpdateModelPackage
    dev engineer: datazone:AcceptSubscriptionRequest datazone:CreateAsset datazone:CreateDataSource datazone:CreateListingChangeSet datazone:CreateSubscriptionGrant datazone:CreateSubscriptionRequest datazone:DeleteSubscriptionGrant datazone:GetAsset datazone:GetDataSource datazone:GetListing datazone:GetProject datazone:GetSubscriptionRequestDetails datazone:ListDataSourceRuns datazone:ListDataSources datazone:ListDomains datazone:ListEnvironmentBlueprints datazone:ListEnvironments datazone:ListProjects datazone:ListSubscriptionGrants datazone:ListSubscriptionRequests datazone:ListSubscriptionTargets datazone:ListSubscriptions datazone:RejectSubscriptionRequest datazone:Search datazone:SearchListings datazone:StartDataSourceRun
    dev ci: datazone:CreateAsset datazone:CreateDataSource datazone:CreateListingChangeSet datazone:CreateSubscriptionGrant datazone:CreateSubscriptionRequest datazone:DeleteSubscriptionGrant datazone:GetAsset datazone:GetDataSource datazone:GetListing datazone:GetProject datazone:GetSubscriptionRequestDetails datazone:ListDataSourceRuns datazone:ListDataSources datazone:ListDomains datazone:ListEnvironmentBlueprints datazone:ListEnvironments datazone:ListProjects datazone:ListSubscriptionGrants datazone:ListSubscriptionRequests datazone:ListSubscriptionTargets datazone:ListSubscriptions datazone:Search datazone:SearchListings datazone:StartDataSourceRun s3:AbortMultipartUpload s3:GetObject s3:GetObjectVersion s3:ListBucket s3:PutObject sagemaker:AddTags sagemaker:CreateModelPackage sagemaker:CreateModelPackageGroup sagemaker:UpdateModelPackage
    central everybody: sagemaker:BatchDescribeModelPackage sagemaker:DescribeModelPackage sagemaker:DescribeModelPackageGroup sagemaker:GetModelPackageGroupPolicy sagemaker:ListModelPackageGroups sagemaker:ListModelPackages sagemaker:ListTags sagemaker:Search
    central administrator: sagemaker:AddTags sagemaker:CreateModelPackageGroup sagemaker:PutModelPackageGroupPolicy
    central engineer: s3:AbortMultipartUpload s3:GetObject s3:GetObjectTagging s3:GetObjectVersion s3:ListBucket s3:ListBucketMultipartUploads s3:PutObject sagemaker:AddTags sagemaker:CreateModelPackage sagemaker:CreateModelPackageGroup sagemaker:UpdateModelPackage
    central governance-officer: s3:GetObject s3:GetObjectVersion s3:ListBucket sagemaker:UpdateModelPackage
    central ci: s3:AbortMultipartUpload s3:GetObject s3:GetObjectTagging s3:GetObjectVersion s3:ListBucket s3:ListBucketMultipartUploads s3:PutObject sagemaker:AddTags sagemaker:CreateModelPackage sagemaker:CreateModelPackageGroup sagemaker:UpdateModelPackage
    test everybody: sagemaker:BatchDescribeModelPackage sagemaker:DescribeEndpoint sagemaker:DescribeEndpointConfig sagemaker:DescribeModel sagemaker:DescribeModelPackage sagemaker:DescribeModelPackageGroup sagemaker:GetModelPackageGroupPolicy sagemaker:ListEndpointConfigs sagemaker:ListEndpoints sagemaker:ListModelPackageGroups sagemaker:ListModelPackages sagemaker:ListModels sagemaker:ListTags sagemaker:Search
    test data-scientist: datazone:AcceptSubscriptionRequest datazone:CreateAsset datazone:CreateDataSource datazone:CreateListingChangeSet datazone:CreateSubscriptionGrant datazone:CreateSubscriptionRequest datazone:DeleteSubscriptionGrant datazone:GetAsset datazone:GetDataSource datazone:GetListing datazone:GetProject datazone:GetSubscriptionRequestDetails datazone:ListDataSourceRuns datazone:ListDataSources datazone:ListDomains datazone:ListEnvironmentBlueprints datazone:ListEnvironments datazone:ListProjects datazone:ListSubscriptionGrants datazone:ListSubscriptionRequests datazone:ListSubscriptionTargets datazone:ListSubscriptions datazone:RejectSubscriptionRequest datazone:Search datazone:SearchListings datazone:StartDataSourceRun
    test lead: datazone:AcceptSubscriptionRequest datazone:GetAsset datazone:GetDataSource datazone:GetListing datazone:GetProject datazone:GetSubscriptionRequestDetails datazone:ListDataSourceRuns datazone:ListDataSources datazone:ListDomains datazone:ListEnvironmentBlueprints datazone:ListEnvironments datazone:ListProjects datazone:ListSubscriptionGrants datazone:ListSubscriptionRequests datazone:ListSubscriptionTargets datazone:ListSubscriptions datazone:RejectSubscriptionRequest datazone:Search datazone:SearchListings
    test engineer: datazone:AcceptSubscriptionRequest datazone:CreateAsset datazone:CreateDataSource datazone:CreateListingChangeSet datazone:CreateSubscriptionGrant datazone:CreateSubscriptionRequest datazone:DeleteSubscriptionGrant datazone:GetAsset datazone:GetDataSource datazone:GetListing datazone:GetProject datazone:GetSubscriptionRequestDetails datazone:ListDataSourceRuns datazone:ListDataSources datazone:ListDomains datazone:ListEnvironmentBlueprints datazone:ListEnvironments datazone:ListProjects datazone:ListSubscriptionGrants datazone:ListSubscriptionRequests datazone:ListSubscriptionTargets datazone:ListSubscriptions datazone:RejectSubscriptionRequest datazone:Search datazone:SearchListings datazone:StartDataSourceRun iam:PassRole sagemaker:AddTags sagemaker:CreateEndpoint sagemaker:CreateEndpointConfig sagemaker:CreateModel sagemaker:DeleteEndpoint sagemaker:InvokeEndpoint sagemaker:UpdateEndpoint sagemaker:UpdateEndpointWeightsAndCapacities
    test ci: datazone:CreateAsset datazone:CreateDataSource datazone:CreateListingChangeSet datazone:CreateSubscriptionGrant datazone:CreateSubscriptionRequest datazone:DeleteSubscriptionGrant datazone:GetAsset datazone:GetDataSource datazone:GetListing datazone:GetProject datazone:GetSubscriptionRequestDetails datazone:ListDataSourceRuns datazone:ListDataSources datazone:ListDomains datazone:ListEnvironmentBlueprints datazone:ListEnvironments datazone:ListProjects datazone:ListSubscriptionGrants datazone:ListSubscriptionRequests datazone:ListSubscriptionTargets datazone:ListSubscriptions datazone:Search datazone:SearchListings datazone:StartDataSourceRun iam:PassRole sagemaker:AddTags sagemaker:CreateEndpoint sagemaker:CreateEndpointConfig sagemaker:CreateModel sagemaker:DeleteEndpoint sagemaker:InvokeEndpoint sagemaker:UpdateEndpoint sagemaker:UpdateEndpointWeightsAndCapacities
    ");
}

#[test]
fn test_and_prod_differ_in_nothing_but_the_account() {
    let scope = scope(1);
    let [_, test, prod] = [0, 1, 2].map(|i| &scope.workspaces[i]);
    for persona in Persona::ALL {
        let document = whole(persona, Place::Workspace(test), &scope).to_string();
        let moved = document.replace(&test.account, &prod.account);
        assert_eq!(moved, whole(persona, Place::Workspace(prod), &scope).to_string());
    }
}

#[test]
fn grants_are_explicit() {
    // AWS has no resources to name for these.
    let anywhere = ["Find", "FindDomains", "LogInToEcr", "WriteMetrics"];
    for (name, document) in documents() {
        let mut sids = BTreeSet::new();
        for statement in statements(&document) {
            let sid = statement["Sid"].as_str().unwrap();
            assert!(sids.insert(sid), "{name} has two statements {sid}");
            assert!(sid.chars().all(|c| c.is_ascii_alphanumeric()), "{name}: {sid}");
            for element in ["Action", "Resource"] {
                assert_ne!(statement[element], Value::Array(Vec::new()), "{name}: {sid}");
            }
            // In the policy of a key `*` is the key itself, and its own account has to have all of it.
            if statement["Effect"] == "Deny" || name == "central-key" {
                continue;
            }
            assert!(!texts(&statement["Action"]).iter().any(|action| action.contains(['*', '?'])), "{name}: {sid}");
            // What deletes, deletes endpoints that carry our tag, or grants of subscriptions, and nothing else.
            let deletes = texts(&statement["Action"]).iter().any(|action| action.contains("Delete"));
            if deletes && texts(&statement["Action"]) != ["datazone:DeleteSubscriptionGrant"] {
                assert_eq!(texts(&statement["Action"]), ["sagemaker:DeleteEndpoint"], "{name}: {sid}");
                assert_eq!(statement["Condition"]["Null"]["aws:ResourceTag/aiops:model"], "false", "{name}: {sid}");
            }
            assert_eq!(texts(&statement["Resource"]).contains(&"*"), anywhere.contains(&sid), "{name}: {sid}");
        }
    }
}

#[test]
fn versions_are_written_under_conditions_only() {
    let writes = |document: &Value| -> Vec<Value> {
        let allows = statements(document).filter(|statement| statement["Effect"] == "Allow");
        let writes = |action: &str| action.ends_with(":UpdateModelPackage") || action.ends_with(":CreateModelPackage");
        allows.filter(|statement| texts(&statement["Action"]).into_iter().any(writes)).cloned().collect()
    };
    for (name, document) in documents() {
        for statement in writes(&document) {
            assert_eq!(texts(&statement["Action"]).len(), 1, "{name}");
            let sets = statement["Condition"]["StringEquals"]["sagemaker:ModelLifeCycle:Stage"].is_string();
            let leaves = [
                "sagemaker:ModelLifeCycle:Stage",
                "sagemaker:ModelLifeCycle:StageStatus",
                "sagemaker:ModelApprovalStatus",
            ]
            .iter()
            .all(|key| statement["Condition"]["Null"][key] == "true");
            assert!(sets != leaves, "{name}: {statement}");
        }
    }
    for persona in [Persona::Administrator, Persona::DataScientist, Persona::Lead] {
        assert!(writes(&whole(persona, Place::Central, &scope(1))).is_empty(), "{persona} only reads in central");
    }
}

#[test]
fn only_administrators_open_central_groups_and_never_for_writing() {
    for (name, document) in documents() {
        let opens = allowed(&document).contains("sagemaker:PutModelPackageGroupPolicy");
        assert_eq!(opens, name == "aiops-central-access-of-administrator", "{name}");
    }
    let scope = scope(2);
    let group = central_group_policy("diabetes", "tenant2", &scope).unwrap();
    assert_eq!(
        allowed(&group),
        BTreeSet::from([
            "sagemaker:CreateModel",
            "sagemaker:DescribeModelPackage",
            "sagemaker:DescribeModelPackageGroup",
            "sagemaker:ListModelPackages"
        ])
    );
    let text = group.to_string();
    for workspace in &scope.workspaces {
        let consumer = workspace.tenant == "tenant2" && workspace.stage != Stage::Dev;
        assert_eq!(text.contains(&workspace.account), consumer, "{workspace:?}");
    }
    assert_eq!(central_group_policy("diabetes", "nobody", &scope), None);
}

#[test]
fn a_landscape_may_be_small() {
    let empty = scope(0);
    assert_eq!(allowed(&central_bucket_policy(&empty)), BTreeSet::new());
    let engineer = whole(Persona::Engineer, Place::Central, &empty);
    assert!(!engineer.to_string().contains("ReadDevArtifacts"));
    let mut scope = scope(1);
    scope.central.copiers.clear();
    assert_eq!(allowed(&dev_bucket_policy(&scope.workspaces[0], &scope).unwrap()), BTreeSet::new());
    assert_eq!(dev_bucket_policy(&scope.workspaces[1], &scope), None);
    assert_eq!(central_bus_policy(BUS, &BTreeSet::new(), &scope), None);
    assert_eq!(allowed(&central_key_policy(&empty)), BTreeSet::from(["kms:*"]));
}

#[test]
fn keys_of_ours_are_used_where_buckets_have_them() {
    let scope = encrypted(scope(1));
    for (persona, place, grants) in [
        (Persona::Engineer, Place::Central, &["kms:Decrypt", "kms:GenerateDataKey"][..]),
        (Persona::Ci, Place::Workspace(&scope.workspaces[0]), &["kms:Decrypt", "kms:GenerateDataKey"]),
        (Persona::GovernanceOfficer, Place::Central, &["kms:Decrypt"]),
        (Persona::Lead, Place::Central, &[]),
    ] {
        let document = whole(persona, place, &scope);
        let kms: Vec<_> = allowed(&document).into_iter().filter(|action| action.starts_with("kms:")).collect();
        assert_eq!(kms, grants, "{persona}");
    }
    assert!(allowed(&execution_role(&scope.workspaces[1], &scope)).contains("kms:Decrypt"));
}

#[test]
fn documents_fit_into_the_limits_of_aws() {
    let scope = encrypted(scope(10));
    let [dev, test, prod] = [0, 1, 2].map(|i| Place::Workspace(&scope.workspaces[i]));
    // One account may be for every stage of a tenant: its role has the documents of all three.
    for account in [&[Place::Central][..], &[dev, test, prod]] {
        for persona in Persona::ALL {
            let policies = account.iter().flat_map(|place| identity(persona, *place, &scope));
            // What has one name is one policy.
            let sizes: BTreeMap<_, _> = policies.map(|policy| (policy.name, size(&policy.document))).collect();
            assert!(sizes.values().all(|size| *size <= LONGEST_MANAGED), "{persona}: {sizes:?}");
            assert!(sizes.values().sum::<usize>() <= LONGEST_INLINE, "{persona}: {sizes:?}");
        }
    }
    assert!(size(&central_group_policy("g", "tenant1", &scope).unwrap()) <= 20_480);
    assert!(size(&central_bucket_policy(&scope)) <= 20_480);
    assert!(size(&trust(&Trustees { principals: vec![scope.root(CENTRAL)], external_id: None })) <= 2_048);
}

#[test]
fn a_key_that_is_named_by_its_alias_is_any_key_that_has_it() {
    let mut scope = encrypted(scope(1));
    scope.central.bucket.key_arn = Some(format!("arn:aws:kms:eu-west-1:{CENTRAL}:alias/models"));
    let access = identity(Persona::Engineer, Place::Central, &scope).remove(0);
    let statements = access.document["Statement"].as_array().unwrap().clone();
    let encrypt = statements.iter().find(|statement| statement["Sid"] == "EncryptByAlias1").unwrap();
    assert_eq!(encrypt["Resource"], format!("arn:aws:kms:eu-west-1:{CENTRAL}:key/*"));
    assert_eq!(encrypt["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"], "alias/models");
    let resources = |statement: &Value| statement["Resource"].to_string();
    assert!(statements.iter().all(|statement| !resources(statement).contains(":alias/")), "{statements:#?}");
}
