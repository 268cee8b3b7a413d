//! Stopped at any call, and run again: the same end, with nothing twice.

use aiops::project::catalog::publish::What;
use aiops::project::catalog::subscribe::Progress;
use aiops::sandbox::faults::{Effect, When};
use serde_json::json;

use super::market::Market;

/// How operations begin that change something.
const WRITES: [&str; 5] = ["Create", "Delete", "Accept", "Reject", "Start"];

/// Plays `act` with each of its calls struck, and all that follow it: for the caller, the process ends there. Then
/// `look` looks at a world in which `act` was run again.
fn struck_at_every_call(prepared: &Market, act: impl Fn(&Market) -> bool, look: impl Fn(&Market, &str)) {
    let whole = prepared.copy();
    whole.stage.sandbox.take_log();
    assert!(act(&whole));
    let calls = whole.stage.sandbox.take_log();
    assert!(calls.len() > 3, "{} calls are no flow", calls.len());
    for when in [When::Before, When::After] {
        // What reads has had no effect: struck after it, it is the same as before.
        let is_struck = |operation: &str| when == When::Before || WRITES.iter().any(|verb| operation.starts_with(verb));
        for (index, call) in calls.iter().enumerate().filter(|(_, call)| is_struck(&call.operation)) {
            let market = prepared.copy();
            market.stage.strike(index as u64, when, Effect::Drop);
            let place = format!("{when:?} call {index}, {} {}", call.service, call.operation);
            assert!(!act(&market), "{place} was not reached");
            market.stage.sandbox.clear_faults();
            let market = market.started_again();
            assert!(act(&market), "{place}");
            look(&market, &place);
        }
    }
}

#[test]
fn a_request_is_made_once() {
    struck_at_every_call(
        &Market::with_orders(),
        |market| market.ask().is_ok_and(|asked| asked.progress == Progress::Waiting),
        |market, place| assert_eq!(market.counts(), [1, 0, 0, 0, 0], "{place}"),
    );
}

#[test]
fn a_decision_is_made_once() {
    let market = Market::with_orders();
    let request = market.ask().unwrap().request.unwrap();
    struck_at_every_call(
        &market,
        |market| market.decide(&request, true).is_ok(),
        |market, place| assert_eq!(market.counts()[..4], [0, 1, 0, 1], "{place}"),
    );
}

#[test]
fn access_is_given_once_also_if_it_failed_at_first() {
    let market = Market::open();
    market.table("orders", json!({"aiops-sandbox:grantable": "false"}));
    market.publish(What::Database { name: "curated", tables: &[] }).unwrap();
    market.pass(60);
    let request = market.ask().unwrap().request.unwrap();
    market.decide(&request, true).unwrap();
    assert!(market.subscribe(|_| {}).is_err());
    market.drop_table("orders");
    market.table("orders", json!({}));
    struck_at_every_call(
        &market,
        |market| market.subscribe(|_| {}).is_ok_and(|done| done.progress == Progress::Granted),
        |market, place| assert_eq!(market.counts(), [0, 1, 0, 1, 1], "{place}"),
    );
}

#[test]
fn tables_are_published_once() {
    let market = Market::open();
    market.table("orders", json!({}));
    struck_at_every_call(
        &market,
        |market| {
            market.publish(What::Database { name: "curated", tables: &[] }).is_ok_and(|done| done.assets.len() == 1)
        },
        |market, place| {
            let again = market.publish(What::Asset("orders")).unwrap();
            assert_eq!(again.assets.len(), 1, "{place}");
        },
    );
}
