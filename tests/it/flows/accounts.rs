//! Many accounts at once: those that cannot be asked, and how many calls the others cost.

use std::time::Duration;

use aiops::commands::demo::models::FIRST;
use aiops::governance::Stage;
use aiops::sandbox::faults::{CallRecord, Effect, Fault, When};
use aiops::status::{self, Scope};
use serde_json::json;

use super::stage::{CENTRAL, MODEL, PROD, Stageplay, TENANT, block_on, central_arn, until_central, until_test};

#[test]
fn accounts_that_cannot_be_asked_are_rows() {
    let play = Stageplay::new();
    let iam = |operation: &str, input| {
        play.sandbox.administer("555555555555", "eu-west-1", "iam", operation, input).unwrap();
    };
    for policy in ["aiops-catalog", "aiops-prod-access"] {
        iam("DeleteRolePolicy", json!({"RoleName": "aiops-engineer", "PolicyName": policy}));
    }
    iam("DeleteRole", json!({"RoleName": "aiops-engineer"}));
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        let status = status::status(&world, &Scope::default()).await.unwrap();
        let row = &status.unreachable[0];
        assert_eq!((status.unreachable.len(), row.account.as_str(), row.stage), (1, "555555555555", Some(Stage::Prod)));
        assert!(row.reason.contains("sts:AssumeRole"), "{}", row.reason);
        assert!(row.hint.as_ref().unwrap().contains("trust policy"));
        assert_eq!(status.models[0].versions.len(), 2, "the others are told");
    });
}

#[test]
fn status_takes_as_many_calls_as_its_documentation_says() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        play.sandbox.advance(Duration::from_secs(60)).unwrap();
        play.sandbox.take_log();
        let aws = play.aws("somebody").await;
        status::status(&play.world(&aws), &Scope::default()).await.unwrap();
        let log = play.sandbox.take_log();
        let of = |service: &str| log.iter().filter(|call| call.service == service).count();
        // Who am I, and a role in each of seven accounts.
        assert_eq!(of("sts"), 1 + 7);
        // Central: groups, versions, search. Two dev accounts: groups, and versions of one group. Four accounts with
        // endpoints: groups and endpoints each, and three calls for the one endpoint.
        assert_eq!(of("sagemaker"), 3 + (2 + 1) + 4 * 2 + 3);
    });
}

#[test]
fn an_account_that_is_silent_or_slow_keeps_no_other_from_answering() {
    for (effect, reason) in [
        (Effect::Drop, "no answer within 60 seconds"),
        (Effect::Delay(61), "no answer within 60 seconds"),
        (
            Effect::Error { status: 403, code: "AccessDeniedException".to_owned(), message: "by an SCP".to_owned() },
            "AccessDeniedException: by an SCP",
        ),
    ] {
        let play = Stageplay::new();
        block_on(async {
            let aws = play.aws("somebody").await;
            until_test(&play.world(&aws), 1).await;
        });
        play.sandbox.inject(Fault {
            service: Some("sagemaker".to_owned()),
            operation: None,
            account: Some(PROD.to_owned()),
            skip: 0,
            times: None,
            when: When::Before,
            effect: effect.clone(),
        });
        block_on(async {
            let aws = play.aws("somebody").await;
            let status = status::status(&play.world(&aws), &Scope::default()).await.unwrap();
            let rows: Vec<_> =
                status.unreachable.iter().map(|row| (row.account.as_str(), row.stage, row.reason.as_str())).collect();
            assert_eq!(rows, [(PROD, Some(Stage::Prod), reason)], "{effect:?}");
            assert_eq!(status.unreachable[0].tenant.as_deref(), Some(TENANT));
            let versions = &status.models[0].versions;
            assert_eq!(versions[1].test.endpoints.len(), 1, "what serves in test is told");
        });
    }
}

#[test]
fn one_search_serves_all_models() {
    let play = Stageplay::new();
    for model in ["second", "third"] {
        play.register(model, &[&FIRST]);
    }
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_central(&world, 1).await;
        let described = play.administer(CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": central_arn(1)}));
        for group in ["clinical-second", "insurance-fourth"] {
            play.administer(CENTRAL, "CreateModelPackageGroup", json!({"ModelPackageGroupName": group}));
            let input = json!({
                "ModelPackageGroupName": group,
                "InferenceSpecification": described["InferenceSpecification"],
                "CustomerMetadataProperties": {"aiops-source-version": "1"},
            });
            play.administer(CENTRAL, "CreateModelPackage", input);
        }
        play.sandbox.advance(Duration::from_secs(60)).unwrap();
        let central = |log: Vec<CallRecord>| -> Vec<String> {
            let mut operations: Vec<String> =
                log.into_iter().filter(|call| call.account == CENTRAL).map(|call| call.operation).collect();
            operations.sort_unstable();
            operations
        };
        play.sandbox.take_log();
        let status = status::status(&world, &Scope::default()).await.unwrap();
        // Three groups, whoever's they are.
        let lists = ["ListModelPackageGroups", "ListModelPackages", "ListModelPackages", "ListModelPackages"];
        assert_eq!(central(play.sandbox.take_log()), [&lists[..], &["Search"]].concat());
        let known = status.models.iter().map(|model| (model.tenant.as_str(), model.model.as_str()));
        let known: Vec<_> = known.collect();
        assert_eq!(known, [(TENANT, MODEL), (TENANT, "second"), (TENANT, "third"), ("insurance", "fourth")]);
        assert!(
            status
                .models
                .iter()
                .all(|model| model.model == "third" || model.versions.iter().any(|v| v.central.is_some()))
        );
        // Of one model, less is asked.
        let scope = Scope { model: Some(MODEL.to_owned()), ..Scope::default() };
        status::status(&world, &scope).await.unwrap();
        assert_eq!(central(play.sandbox.take_log()), [&lists[..2], &["Search"]].concat());
    });
}

/// Nobody has registered or keeps what only central has: what its versions say tells whose it is.
#[test]
fn a_shortened_group_without_a_dev_version_is_named_by_its_versions() {
    let play = Stageplay::new();
    let model = "m".repeat(60);
    let group = play.landscape.tenant(TENANT).unwrap().central_group_name(&model);
    play.administer(CENTRAL, "CreateModelPackageGroup", json!({"ModelPackageGroupName": group}));
    for (tenant, known) in [(TENANT, true), ("insurance", false)] {
        let input = json!({
            "ModelPackageGroupName": group,
            "InferenceSpecification": {"Containers": [{"Image": "1.dkr.ecr.eu-west-1.amazonaws.com/m:1"}]},
            "CustomerMetadataProperties": {"aiops-tenant": tenant, "aiops-model": model},
        });
        let play = play.copy();
        play.administer(CENTRAL, "CreateModelPackage", input);
        block_on(async {
            let aws = play.aws("somebody").await;
            let status = status::status(&play.world(&aws), &Scope::default()).await.unwrap();
            let named =
                |tenant: &str, model: &str| status.models.iter().any(|m| m.tenant == tenant && m.model == model);
            assert_eq!((named(TENANT, &model), named("", &group)), (known, !known));
        });
    }
}
