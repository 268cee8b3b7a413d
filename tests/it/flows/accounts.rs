//! Many accounts at once: those that cannot be asked, and how many calls the others cost.

use aiops::governance::Stage;
use aiops::status::{self, Scope};
use serde_json::json;

use super::stage::{Stageplay, block_on, until_test};

#[test]
fn accounts_that_cannot_be_asked_are_rows() {
    let play = Stageplay::new();
    let iam = |operation: &str, input| {
        play.sandbox.administer("555555555555", "eu-west-1", "iam", operation, input).unwrap();
    };
    iam("DeleteRolePolicy", json!({"RoleName": "aiops-engineer", "PolicyName": "aiops-prod-access"}));
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
        play.sandbox.advance(std::time::Duration::from_secs(60)).unwrap();
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
