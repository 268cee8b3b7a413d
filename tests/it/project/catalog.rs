//! Publishing and subscribing: what happens, what is refused, and what is said.

use aiops::error::{Error, Kind};
use aiops::governance::Stage as At;
use aiops::project::catalog::approve;
use aiops::project::catalog::publish::{self, Effect, What};
use aiops::project::catalog::subscribe::{self, Progress, Wish};
use aiops::sandbox::faults::{Effect as Fate, When};
use serde_json::json;

use super::market::{Market, session};

const ALL: What<'_> = What::Database { name: "curated", tables: &[] };

/// An error as people read it.
fn said(error: &Error) -> String {
    let causes: Vec<String> = error.causes().map(ToString::to_string).collect();
    [vec![error.to_string()], causes, error.hints().iter().map(|hint| format!("hint: {hint}")).collect()]
        .concat()
        .join("\n")
}

#[test]
fn what_one_project_publishes_another_comes_to_use() {
    let market = Market::open();
    market.table("orders", json!({}));
    market.table("customers", json!({}));
    let orders = ["orders".to_owned()];
    let published = market.publish(What::Database { name: "curated", tables: &orders }).unwrap();
    assert_eq!(published.source.as_ref().map(|source| (source.added, source.unchanged)), Some((1, 0)));
    let names: Vec<&str> = published.assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["orders"]);
    let early = market.ask().unwrap_err();
    assert!(said(&early).contains("what was published a moment ago is found some minutes later"), "{}", said(&early));
    market.pass(60);

    let asked = market.ask().unwrap();
    assert_eq!((asked.progress, asked.asset.owner.name.as_str()), (Progress::Waiting, "line-1-sales-dev"));
    assert_eq!(market.ask().unwrap().request, asked.request, "nothing is asked twice");
    let waiting = market.waiting();
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].asset.as_str(), waiting[0].project.name.as_str(), waiting[0].reason.as_str()),
        ("orders", "line-0-churn-dev", "predict who leaves")
    );
    // Nobody decides while it waits: it says so, and no more.
    let still = market.subscribe(|_| {}).unwrap();
    assert_eq!((still.progress, &still.request), (Progress::Waiting, &asked.request));

    let decided = market.decide(&waiting[0].request, true).unwrap();
    assert_eq!((decided.status, decided.effect), ("approved", approve::Effect::Decided));
    assert_eq!(market.decide(&waiting[0].request, true).unwrap().effect, approve::Effect::AlreadySo);
    assert_eq!(market.decide(&waiting[0].request, false).unwrap_err().kind(), Kind::Denied);
    assert_eq!(market.waiting(), Vec::new());
    let early = market.ask().unwrap();
    assert_eq!((early.progress, early.grants.len()), (Progress::Granting, 0));
    let done = market.subscribe(|_| {}).unwrap();
    assert_eq!((done.progress, done.grants.len()), (Progress::Granted, 1));
    assert_eq!((done.grants[0].status.as_str(), done.grants[0].name.as_deref()), ("GRANTED", Some("orders")));
    assert_eq!(market.subscribe(|_| {}).unwrap(), done);
    assert_eq!(market.counts(), [0, 1, 0, 1, 1]);
}

#[test]
fn an_approval_that_comes_while_it_is_waited_for_is_enough() {
    let market = Market::with_orders();
    let request = market.ask().unwrap().request.unwrap();
    let outcome = market.act(false, async |world, consumers, producers| {
        let wish = Wish {
            project: "churn",
            stage: At::Dev,
            asset: "orders",
            listing: None,
            reason: "r",
            again: false,
            wait: Some(std::time::Duration::from_secs(900)),
        };
        let approves = async {
            world.clock.sleep(std::time::Duration::from_secs(300)).await;
            approve::decide(world, &[producers], &request, true, "fine").await.unwrap();
        };
        futures::future::join(subscribe::subscribe(world, consumers, &wish), approves).await.0
    });
    assert_eq!(outcome.unwrap().progress, Progress::Granted);
}

#[test]
fn a_refusal_is_told_with_its_reason_and_asked_again_only_if_one_says_so() {
    let market = Market::with_orders();
    let request = market.ask().unwrap().request.unwrap();
    market.decide(&request, false).unwrap();
    let refused = market.ask().unwrap_err();
    assert_eq!(refused.kind(), Kind::Denied);
    assert!(said(&refused).contains("as agreed") && said(&refused).contains("--again"), "{}", said(&refused));
    let again = market.subscribe(|wish| (wish.wait, wish.again) = (None, true)).unwrap();
    assert_eq!(again.progress, Progress::Waiting);
    assert_ne!(again.request, Some(request));
    market.decide(again.request.as_ref().unwrap(), true).unwrap();
    assert_eq!(market.subscribe(|_| {}).unwrap().progress, Progress::Granted);
    assert_eq!(market.counts(), [0, 1, 1, 1, 1]);
}

#[test]
fn names_that_nothing_or_too_much_has_are_explained() {
    let market = Market::with_orders();
    let near = said(&market.subscribe(|wish| wish.asset = "order").unwrap_err());
    assert!(near.contains("no published asset is called order\n") && near.contains("did you mean orders?"), "{near}");
    let far = said(&market.subscribe(|wish| wish.asset = "xyz").unwrap_err());
    assert!(far.contains("there are, among others: orders"), "{far}");
    let project = said(&market.subscribe(|wish| wish.project = "chrun").unwrap_err());
    assert!(
        project.contains("there is no project line-0-chrun-dev") && project.contains("line-0-churn-dev?"),
        "{project}"
    );
    let unknown = said(&market.publish(What::Asset("ordres")).unwrap_err());
    assert!(unknown.contains("has no asset called ordres") && unknown.contains("did you mean orders?"), "{unknown}");
    // A second project publishes something of the same name.
    let listing = market.act(false, async |world, consumers, _| {
        let (session, domain) = session(world, consumers).await;
        let client = session.datazone();
        let projects = client.list_projects().domain_identifier(&domain).send().await.unwrap();
        let own = projects.items().iter().find(|project| project.name() == "line-0-churn-dev").unwrap();
        let asset = client.create_asset().domain_identifier(&domain).name("orders").owning_project_identifier(own.id());
        let asset = asset.type_identifier("amazon.datazone.S3ObjectCollectionAssetType").send().await.unwrap();
        let listing = publish::publish(
            world,
            consumers,
            "churn",
            At::Dev,
            What::Asset(asset.id()),
            std::time::Duration::from_secs(60),
        );
        listing.await.unwrap().assets[0].listing.clone().unwrap()
    });
    market.pass(60);
    let several = said(&market.ask().unwrap_err());
    assert!(several.contains("2 assets are called orders"), "{several}");
    assert!(several.contains(&format!("--listing {listing} is that of project line-0-churn-dev")), "{several}");
    assert!(several.contains("project line-1-sales-dev"), "{several}");
    // What is their own needs no approval, and what DataZone does not manage no grant.
    let own = market.subscribe(|wish| wish.listing = Some(&listing)).unwrap();
    assert_eq!((own.progress, own.grants.len()), (Progress::Unmanaged, 0));
}

#[test]
fn access_that_could_not_be_given_says_why_and_is_asked_for_once_more() {
    let market = Market::open();
    market.table("orders", json!({"aiops-sandbox:grantable": "false"}));
    market.publish(ALL).unwrap();
    market.pass(60);
    let request = market.ask().unwrap().request.unwrap();
    market.decide(&request, true).unwrap();
    let failed = market.subscribe(|_| {}).unwrap_err();
    assert_eq!(failed.kind(), Kind::Failed);
    let told = said(&failed);
    assert!(told.contains("with grant option on orders") && told.contains("those who own line-1-sales-dev"), "{told}");
    let again = said(&market.subscribe(|_| {}).unwrap_err());
    assert!(again.contains("with grant option"), "{again}");
    market.drop_table("orders");
    market.table("orders", json!({}));
    assert_eq!(market.subscribe(|_| {}).unwrap().progress, Progress::Granted);
    assert_eq!(market.counts(), [0, 1, 0, 1, 1]);
}

#[test]
fn a_project_without_data_lake_is_told_so() {
    let market = Market::with_orders();
    market.project(0, "plain", false);
    let asked = market.subscribe(|wish| (wish.project, wish.wait) = ("plain", None)).unwrap();
    market.decide(&asked.request.unwrap(), true).unwrap();
    let told = said(&market.subscribe(|wish| wish.project = "plain").unwrap_err());
    assert!(told.contains("project line-0-plain-dev has no environment in which orders could be used"), "{told}");
    assert!(told.contains("DataLake"), "{told}");
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let market = Market::open();
    market.table("orders", json!({}));
    let published = market.act(true, async |world, _, producers| {
        publish::publish(world, producers, "sales", At::Dev, ALL, std::time::Duration::from_secs(60)).await.unwrap()
    });
    assert_eq!((published.source.unwrap().id, published.assets), (None, Vec::new()));
    market.publish(ALL).unwrap();
    market.pass(60);
    let wish = Wish {
        project: "churn",
        stage: At::Dev,
        asset: "orders",
        listing: None,
        reason: "r",
        again: false,
        wait: None,
    };
    let dry =
        || market.act(true, async |world, consumers, _| subscribe::subscribe(world, consumers, &wish).await.unwrap());
    assert_eq!((dry().progress, market.counts()), (Progress::Planned, [0; 5]));
    let request = market.ask().unwrap().request.unwrap();
    assert_eq!(dry().progress, Progress::Waiting);
    let undecided = market.act(true, async |world, _, producers| {
        approve::decide(world, &[producers], &request, true, "fine").await.unwrap().effect
    });
    assert_eq!((undecided, market.counts()), (approve::Effect::WouldDecide, [1, 0, 0, 0, 0]));
    market.decide(&request, true).unwrap();
    assert_eq!(dry().progress, Progress::Granting);
}

#[test]
fn who_is_no_member_is_refused_and_told_who_may() {
    let market = Market::with_orders();
    let request = market.ask().unwrap().request.unwrap();
    let refused = market.act(false, async |world, consumers, _| {
        approve::decide(world, &[consumers], &request, true, "we want it").await.unwrap_err()
    });
    assert_eq!(refused.kind(), Kind::Denied);
    assert!(
        said(&refused).contains("is not permitted to perform operation: AcceptSubscriptionRequest"),
        "{}",
        said(&refused)
    );
    // Without a tenant, the one that may is found.
    let decided = market.act(false, async |world, consumers, producers| {
        approve::decide(world, &[consumers, producers], &request, true, "fine").await.unwrap().effect
    });
    assert_eq!(decided, approve::Effect::Decided);
    let foreign = market.act(false, async |world, _, producers| {
        let wish = Wish {
            project: "sales",
            stage: At::Dev,
            asset: "orders",
            listing: None,
            reason: "r",
            again: false,
            wait: None,
        };
        subscribe::subscribe(world, producers, &wish).await
    });
    assert_eq!(foreign.unwrap().progress, Progress::Granting, "what is their own needs no approval");
}

#[test]
fn lost_answers_make_nothing_twice() {
    let market = Market::with_orders();
    for operation in ["CreateSubscriptionRequest", "AcceptSubscriptionRequest"] {
        market.strike(operation, 2, When::After, Fate::Drop);
    }
    let request = market.ask().unwrap().request.unwrap();
    // The decision has no token: asked again by the client, AWS says that it is made.
    let decided = market.decide(&request, true);
    assert!(decided.is_ok() || decided.as_ref().is_err_and(|error| error.kind() == Kind::Failed), "{decided:?}");
    assert_eq!(market.decide(&request, true).unwrap().effect, approve::Effect::AlreadySo);
    assert_eq!(market.subscribe(|_| {}).unwrap().progress, Progress::Granted);
    assert_eq!(market.counts(), [0, 1, 0, 1, 1]);
}

#[test]
fn what_is_published_already_is_left_alone_and_what_changed_is_published_anew() {
    let market = Market::with_orders();
    let again = market.publish(ALL).unwrap();
    assert_eq!(again.assets.iter().map(|asset| asset.effect).collect::<Vec<_>>(), [Effect::AlreadyPublished]);
    assert_eq!(again.source.map(|source| (source.added, source.unchanged)), Some((0, 1)));
    let by_name = market.publish(What::Asset("orders")).unwrap();
    assert_eq!((by_name.source, by_name.assets), (None, again.assets));
    let missing = said(&market.publish(What::Database { name: "nothing", tables: &[] }).unwrap_err());
    assert!(missing.contains("Database nothing not found") && missing.contains("manage access role"), "{missing}");
    let none = ["x*".to_owned()];
    let nothing = said(&market.publish(What::Database { name: "curated", tables: &none }).unwrap_err());
    assert!(nothing.contains("do the patterns fit their names?"), "{nothing}");
}
