//! Sessions in many accounts: who one is there, by which way, and for how long. In process, in virtual time.

use std::sync::Arc;
use std::time::Duration;

use aiops::aws::{Aws, Options, Session, SourceIdentity};
use aiops::clock::{FixedClock, SharedClock};
use aiops::error::{Error, Kind};
use aiops::landscape::RoleToAssume;
use aiops::sandbox::Sandbox;
use aiops::sandbox::faults::{Effect, Fault, When};
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";
const HOME: &str = "111111111111";
const HUB: &str = "222222222222";
const SPOKE: &str = "333333333333";

/// A sandbox with a role `worker` in two accounts; `trust` says who may assume that of the second.
fn sandbox(trust: Value) -> Sandbox {
    let now = FixedClock("2026-01-31T12:00:00Z".parse().unwrap());
    let sandbox = Sandbox::open(None, Arc::new(now), 1.0).unwrap();
    let everything = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sagemaker:*", "sts:*"], "Resource": "*"}]});
    for (account, trust) in [(HUB, trusting(&format!("arn:aws:iam::{HOME}:root"))), (SPOKE, trust)] {
        let iam = |operation: &str, input: Value| sandbox.administer(account, REGION, "iam", operation, input).unwrap();
        iam("CreateRole", json!({"RoleName": "worker", "AssumeRolePolicyDocument": trust.to_string()}));
        let policy = json!({"RoleName": "worker", "PolicyName": "all", "PolicyDocument": everything.to_string()});
        iam("PutRolePolicy", policy);
    }
    sandbox.advance(Duration::from_secs(60)).unwrap();
    sandbox.take_log();
    sandbox
}

fn trusting(principal: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": principal},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]}]})
}

fn role(account: &str) -> RoleToAssume {
    RoleToAssume { arn: format!("arn:aws:iam::{account}:role/worker"), external_id: None }
}

fn options(sandbox: &Sandbox) -> Options {
    Options {
        profile: None,
        region: REGION.to_owned(),
        endpoint_url: None,
        sandbox: Some((sandbox.clone(), HOME.to_owned())),
        via: Vec::new(),
        source_identity: SourceIdentity::Fixed("somebody".to_owned()),
        duration: Duration::from_secs(3600),
        tags: Vec::new(),
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

async fn load(options: Options) -> Aws {
    let clock: SharedClock = Arc::new(options.sandbox.as_ref().unwrap().0.clock().clone());
    Aws::load(options, clock).await.unwrap()
}

/// Makes a group, and says who AWS recorded as its maker.
async fn maker(session: &Session, sandbox: &Sandbox, name: &str) -> Value {
    session.sagemaker().create_model_package_group().model_package_group_name(name).send().await.unwrap();
    let input = json!({"ModelPackageGroupName": name});
    let group =
        sandbox.administer(&session.account, REGION, "sagemaker", "DescribeModelPackageGroup", input).unwrap();
    group["CreatedBy"]["IamIdentity"].clone()
}

fn calls(sandbox: &Sandbox, operation: &str) -> usize {
    sandbox.take_log().iter().filter(|call| call.operation == operation).count()
}

/// What a user would read.
fn told(error: &Error) -> String {
    let causes = error.causes().map(|cause| format!("\n  caused by: {cause}"));
    let hints = error.hints().iter().map(|hint| format!("\nhint: {hint}"));
    format!("{error}{}", causes.chain(hints).collect::<String>())
}

#[test]
fn a_role_is_reached_through_others_and_the_name_stays() {
    let sandbox = sandbox(trusting(&format!("arn:aws:iam::{HUB}:role/worker")));
    block_on(async {
        let aws = load(Options { via: vec![role(HUB)], ..options(&sandbox) }).await;
        let session = aws.session(SPOKE, REGION, Some(&role(SPOKE))).await.unwrap();
        let identity = maker(&session, &sandbox, "churn").await;
        assert_eq!(identity["SourceIdentity"], "somebody");
        assert_eq!(identity["Arn"], format!("arn:aws:sts::{SPOKE}:assumed-role/worker/somebody"));
        assert_eq!(calls(&sandbox, "AssumeRole"), 2);
        // Without the way through the hub the same role is out of reach.
        let direct = load(options(&sandbox)).await.session(SPOKE, REGION, Some(&role(SPOKE))).await;
        assert_eq!(direct.unwrap_err().kind(), Kind::Denied);
    });
}

#[test]
fn a_session_is_opened_once_and_renewed_when_it_ends() {
    let sandbox = sandbox(trusting(&format!("arn:aws:iam::{HOME}:root")));
    block_on(async {
        let aws = load(options(&sandbox)).await;
        for name in ["a", "b"] {
            let session = aws.session(SPOKE, REGION, Some(&role(SPOKE))).await.unwrap();
            maker(&session, &sandbox, name).await;
        }
        assert_eq!(calls(&sandbox, "AssumeRole"), 1, "opened once");
        sandbox.advance(Duration::from_secs(2 * 3600)).unwrap();
        let session = aws.session(SPOKE, REGION, Some(&role(SPOKE))).await.unwrap();
        maker(&session, &sandbox, "c").await;
        assert_eq!(calls(&sandbox, "AssumeRole"), 1, "renewed without a failed call");
    });
}

#[test]
fn the_name_comes_from_the_caller_or_is_left_out() {
    let sandbox = sandbox(trusting(&format!("arn:aws:iam::{HOME}:root")));
    block_on(async {
        for (wanted, name, recorded) in [
            (SourceIdentity::Caller, "caller", Some(format!("root-{HOME}"))),
            (SourceIdentity::Fixed("Some One".to_owned()), "fixed", Some("some-one".to_owned())),
            (SourceIdentity::None, "none", None),
        ] {
            let aws = load(Options { source_identity: wanted, ..options(&sandbox) }).await;
            let session = aws.session(SPOKE, REGION, Some(&role(SPOKE))).await.unwrap();
            let identity = maker(&session, &sandbox, name).await;
            assert_eq!(identity["SourceIdentity"].as_str().map(str::to_owned), recorded, "{name}");
            assert_eq!(session.source_identity, recorded, "{name}");
        }
    });
}

#[test]
fn external_ids_are_sent_where_a_role_asks_for_one() {
    let mut trust = trusting(&format!("arn:aws:iam::{HOME}:root"));
    trust["Statement"][0]["Condition"] = json!({"StringEquals": {"sts:ExternalId": "shared-word"}});
    // Only AssumeRole carries the external id as a condition of its own.
    let sandbox = sandbox(trust);
    block_on(async {
        let aws = load(options(&sandbox)).await;
        let known = RoleToAssume { external_id: Some("shared-word".to_owned()), ..role(SPOKE) };
        assert!(aws.session(SPOKE, REGION, Some(&known)).await.is_ok());
        let error = aws.session(SPOKE, REGION, Some(&role(SPOKE))).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @"
        cannot assume arn:aws:iam::333333333333:role/worker
          caused by: AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::333333333333:role/worker because no role trust policy allows the sts:AssumeRole action
        hint: the role must exist and trust you: its trust policy has to allow sts:AssumeRole, sts:SetSourceIdentity (and sts:TagSession with tags) to your principal, with the external id of aiops.yaml if it asks for one
        ");
    });
}

#[test]
fn without_a_role_the_credentials_must_be_of_the_account() {
    let sandbox = sandbox(trusting(&format!("arn:aws:iam::{HOME}:root")));
    block_on(async {
        let aws = load(options(&sandbox)).await;
        let session = aws.session(HOME, REGION, None).await.unwrap();
        assert_eq!(maker(&session, &sandbox, "own").await["Arn"], format!("arn:aws:iam::{HOME}:root"));
        let error = aws.session(SPOKE, REGION, None).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @"
        the credentials belong to account 111111111111, not 333333333333
        hint: name a role for this account in aiops.yaml (`roles`), or use credentials of that account
        ");
    });
}

#[test]
fn one_throttled_account_slows_no_other() {
    let sandbox = sandbox(trusting(&format!("arn:aws:iam::{HOME}:root")));
    sandbox.inject(Fault {
        service: Some("sagemaker".to_owned()),
        operation: None,
        account: Some(HUB.to_owned()),
        skip: 0,
        times: None,
        when: When::Before,
        effect: Effect::Throttle,
    });
    block_on(async {
        let aws = load(options(&sandbox)).await;
        let hub = aws.session(HUB, REGION, Some(&role(HUB))).await.unwrap();
        let spoke = aws.session(SPOKE, REGION, Some(&role(SPOKE))).await.unwrap();
        for _ in 0..30 {
            hub.sagemaker().list_model_package_groups().send().await.unwrap_err();
        }
        sandbox.take_log();
        for number in 0..30 {
            maker(&spoke, &sandbox, &format!("group-{number}")).await;
        }
        let log = sandbox.take_log();
        assert_eq!(log.len(), 30, "no call of the other account was repeated");
        assert!(log.iter().all(|call| call.status == 200));
    });
}
