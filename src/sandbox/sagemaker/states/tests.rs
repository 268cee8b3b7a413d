use proptest::prelude::*;
use serde_json::json;

use super::*;

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_600_000 + seconds).unwrap()
}

fn variant(name: &str, weight: f64, instances: u64) -> Variant {
    Variant {
        name: name.into(),
        weight,
        instances: Some(instances),
        settings: Map::new(),
        images: Vec::new(),
        serving: Serving::Nothing("nothing".into()),
    }
}

fn fleet(config: &str, instances: u64) -> Fleet {
    Fleet {
        config: config.into(),
        launched: moment(0),
        variants: vec![variant("main", 1.0, instances)],
        shadows: Vec::new(),
        settings: Map::new(),
    }
}

fn deploy(config: &str, policy: Option<&Value>, failure: Option<&str>) -> Option<Change> {
    let fleet = Box::new(fleet(config, 4));
    let rollout = Rollout::of(policy, fleet.instances());
    Some(Change { started: moment(0), work: Work::Deploy { fleet, rollout, failure: failure.map(str::to_owned) } })
}

fn endpoint(old: Option<Fleet>, change: Option<Change>) -> Endpoint {
    Endpoint {
        name: "e".into(),
        arn: "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e".into(),
        created: moment(-1000),
        modified: moment(0),
        first_config: "new".into(),
        fleet: old,
        change,
        failure: None,
        deployment_config: None,
    }
}

fn running(change: Option<Change>) -> Endpoint {
    endpoint(Some(fleet("old", 4)), change)
}

/// Status, configuration, failure and the new fleet's share of the traffic, at each of these seconds.
fn timeline(endpoint: &Endpoint, seconds: &[i64]) -> String {
    let line = |second: &i64| match endpoint.clone().at(moment(*second)) {
        None => format!("{second:>4} gone"),
        Some(endpoint) => {
            let now = moment(*second);
            let stage = endpoint.progress(now).map(|progress| format!(" | {} {}", progress.status, progress.message));
            format!(
                "{second:>4} {} {} {:.2}{}{}",
                endpoint.status(now).name(),
                endpoint.config(),
                endpoint.pending_share(now),
                stage.unwrap_or_default(),
                endpoint.failure.as_ref().map(|failure| format!(" | {failure}")).unwrap_or_default(),
            )
        }
    };
    seconds.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_creation_ends_in_service_or_failed() {
    let good = endpoint(None, deploy("new", None, None));
    let bad = endpoint(None, deploy("new", None, Some("no ping")));
    insta::assert_snapshot!(timeline(&good, &[0, 179, 180]), @r#"
      0 Creating new 0.00 | Creating Launching 4 instance(s).
    179 Creating new 0.00 | Creating Launching 4 instance(s).
    180 InService new 0.00
    "#);
    insta::assert_snapshot!(timeline(&bad, &[0, 179, 180, 9999]), @r#"
       0 Creating new 0.00 | Creating Launching 4 instance(s).
     179 Creating new 0.00 | Creating Launching 4 instance(s).
     180 Failed new 0.00 | no ping
    9999 Failed new 0.00 | no ping
    "#);
}

#[test]
fn an_update_keeps_the_old_configuration_until_it_is_done() {
    insta::assert_snapshot!(timeline(&running(deploy("new", None, None)), &[0, 149, 150]), @r#"
      0 Updating old 0.00 | Creating Launching 4 instance(s).
    149 Updating old 0.00 | Creating Launching 4 instance(s).
    150 InService new 0.00
    "#);
}

#[test]
fn a_failed_update_returns_to_the_old_configuration() {
    insta::assert_snapshot!(timeline(&running(deploy("new", None, Some("no ping"))), &[0, 149, 150, 209, 210]), @r#"
      0 Updating old 0.00 | Creating Launching 4 instance(s).
    149 Updating old 0.00 | Creating Launching 4 instance(s).
    150 RollingBack old 0.00 | Deleting Terminating 4 instance(s).
    209 RollingBack old 0.00 | Deleting Terminating 4 instance(s).
    210 InService old 0.00 | no ping
    "#);
}

fn canary() -> Value {
    json!({"BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY", "WaitIntervalInSeconds": 300, "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        },
        "TerminationWaitInSeconds": 120, "MaximumExecutionTimeoutInSeconds": 600,
    }})
}

#[test]
fn traffic_moves_as_the_policy_says() {
    let linear = json!({"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {
        "Type": "LINEAR", "WaitIntervalInSeconds": 60, "LinearStepSize": {"Type": "INSTANCE_COUNT", "Value": 1},
    }}});
    let rolling = json!({"RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50}, "WaitIntervalInSeconds": 60,
    }});
    let all_at_once = json!({"BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "TerminationWaitInSeconds": 100,
    }});
    let times = |policy: &Value, seconds: &[i64]| timeline(&running(deploy("new", Some(policy), None)), seconds);
    insta::assert_snapshot!(times(&canary(), &[149, 150, 449, 450, 569, 570]), @r#"
    149 Updating old 0.00 | Creating Launching 4 instance(s).
    150 Updating old 0.25 | Baking Baking for 300 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s).
    449 Updating old 0.25 | Baking Baking for 300 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s).
    450 Updating old 1.00 | Baking Baking for 120 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 4 instance(s).
    569 Updating old 1.00 | Baking Baking for 120 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 4 instance(s).
    570 InService new 0.00
    "#);
    insta::assert_snapshot!(times(&linear, &[150, 210, 270, 329, 330]), @r#"
    150 Updating old 0.25 | Baking Baking for 60 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 1 instance(s).
    210 Updating old 0.50 | Baking Baking for 60 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 2 instance(s).
    270 Updating old 0.75 | Baking Baking for 60 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 3 instance(s).
    329 Updating old 0.75 | Baking Baking for 60 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 3 instance(s).
    330 InService new 0.00
    "#);
    insta::assert_snapshot!(times(&rolling, &[150, 210, 269, 270]), @r#"
    150 Updating old 0.50 | Baking Baking for 60 seconds (WaitIntervalInSeconds) with traffic enabled on canary capacity of 2 instance(s).
    210 Updating old 1.00 | Baking Baking for 60 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 4 instance(s).
    269 Updating old 1.00 | Baking Baking for 60 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 4 instance(s).
    270 InService new 0.00
    "#);
    insta::assert_snapshot!(times(&all_at_once, &[150, 249, 250]), @r#"
    150 Updating old 1.00 | Baking Baking for 100 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 4 instance(s).
    249 Updating old 1.00 | Baking Baking for 100 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 4 instance(s).
    250 InService new 0.00
    "#);
}

#[test]
fn a_deployment_that_takes_longer_than_it_may_is_rolled_back() {
    let mut policy = canary();
    policy["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] = json!(600);
    insta::assert_snapshot!(timeline(&running(deploy("new", Some(&policy), None)), &[599, 600, 659, 660]), @r#"
    599 Updating old 1.00 | Baking Baking for 600 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 4 instance(s).
    600 RollingBack old 0.00 | Deleting Terminating 4 instance(s).
    659 RollingBack old 0.00 | Deleting Terminating 4 instance(s).
    660 InService old 0.00 | The deployment did not complete within the maximum execution timeout of 600 seconds.
    "#);
}

#[test]
fn weights_and_capacities_hold_after_a_while() {
    let target = Target { variant: "main".into(), weight: Some(0.5), instances: Some(2), serverless: Map::new() };
    let scaled = running(Some(Change { started: moment(0), work: Work::Scale(vec![target]) }));
    let at = |seconds: i64| {
        let endpoint = scaled.clone().at(moment(seconds)).unwrap();
        let variant = &endpoint.fleet.as_ref().unwrap().variants[0];
        (endpoint.status(moment(seconds)), variant.weight, variant.instances, endpoint.target("main").is_some())
    };
    assert_eq!(at(29), (Status::Updating, 1.0, Some(4), true));
    assert_eq!(at(30), (Status::InService, 0.5, Some(2), false));
}

#[test]
fn a_deleted_endpoint_is_gone_after_a_while() {
    let deleted = running(Some(Change { started: moment(0), work: Work::Delete }));
    assert_eq!(timeline(&deleted, &[19, 20]), "  19 Deleting old 0.00\n  20 gone");
}

proptest! {
    #[test]
    fn looking_in_between_changes_nothing(
        fails in any::<bool>(), created in any::<bool>(), looks in proptest::collection::vec(0..800i64, 0..6),
    ) {
        let change = deploy("new", Some(&canary()), fails.then_some("no ping"));
        let start = if created { running(change) } else { endpoint(None, change) };
        let last = looks.iter().copied().max().unwrap_or_default();
        let mut looks = looks;
        looks.sort_unstable();
        let stepwise = looks.iter().fold(start.clone(), |endpoint, look| endpoint.at(moment(*look)).unwrap());
        prop_assert_eq!(timeline(&stepwise, &[last]), timeline(&start, &[last]));
        prop_assert_eq!(stepwise.modified, start.at(moment(last)).unwrap().modified);
    }

    #[test]
    fn the_new_fleet_never_loses_traffic_in_a_rollout(size in 1..100u64, wait in 0..400i64, kind in 0..3usize) {
        let size = json!({"Type": "CAPACITY_PERCENT", "Value": size});
        let kind = ["ALL_AT_ONCE", "CANARY", "LINEAR"][kind];
        let policy = json!({"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {
            "Type": kind, "WaitIntervalInSeconds": wait,
            "CanarySize": size, "LinearStepSize": size,
        }}});
        let rollout = Rollout::of(Some(&policy), 4);
        prop_assert!(rollout.steps.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert_eq!(rollout.steps.last().copied(), Some(1.0));
        prop_assert!(rollout.length() >= 0);
    }
}
