//! One account by itself; and accounts that are told apart by what is in the domain.

use aiops::config::init::render;
use aiops::domain::discover::{Search, discover};
use aiops::domain::{self, Wanted};
use aiops::plan::Action;
use aiops::profile;
use aiops::progress::Silent;
use aiops::sandbox::faults::{Effect, Fault, When};

use super::stage::{GOVERNANCE, REGION, Stage, account, open_steps, written};

#[test]
fn an_account_is_associated_with_all_that_it_needs_and_no_other() {
    let stage = Stage::new(&written(1, ""));
    let dev = account(0, 0);
    let planned = stage.act(async |studio| domain::associate(studio, &dev, false).await.unwrap());
    assert!(planned.has_changes());
    let done = stage.act(async |studio| domain::associate(studio, &dev, true).await.unwrap());
    assert_eq!(open_steps(&done), Vec::<String>::new());
    assert!(done.steps.iter().any(|step| step.address.kind == "domain" && step.action == Action::Create));
    assert!(done.steps.iter().all(|step| step.address.account == dev || step.address.account == GOVERNANCE));
    let again = stage.act(async |studio| domain::associate(studio, &dev, false).await.unwrap());
    assert!(!again.has_changes(), "{:?}", open_steps(&again));

    let wanted = Wanted { readiness: true, ..Wanted::default() };
    let listed = stage.act(async |studio| domain::accounts(studio, wanted).await.unwrap());
    let of = |id: &str| listed.accounts.iter().find(|account| account.id == id).unwrap();
    assert_eq!(
        (of(&dev).associated, of(&account(0, 1)).associated, of(GOVERNANCE).associated),
        (Some(true), Some(false), None)
    );
    assert!(of(&dev).readiness.as_ref().unwrap().ready, "{:?}", of(&dev));
    assert_eq!(of(&account(0, 1)).readiness.as_ref().unwrap().missing, ["it does not see the domain"]);
    assert_eq!((listed.others, &listed.problems), (0, &Vec::new()));
}

#[test]
fn profiles_tell_stages_where_names_do_not() {
    let stage = Stage::new(&written(1, "profiles: [{name: tabular, use-case: regression}]\n"));
    stage.act(async |studio| domain::apply(studio).await.unwrap());
    stage.act(async |studio| profile::apply(studio, None).await.unwrap());
    // Who may not read the organization knows no account by name.
    let (code, message) = ("AccessDeniedException".to_owned(), "You don't have permissions.".to_owned());
    stage.sandbox.inject(Fault {
        service: Some("organizations".to_owned()),
        operation: None,
        account: None,
        skip: 0,
        times: None,
        when: When::Before,
        effect: Effect::Error { status: 400, code, message },
    });
    let answers = stage.act(async |studio| {
        let world = studio.world;
        let ask = |_: &str, _: &[String]| Ok(None);
        let search = Search {
            aws: world.aws,
            clock: world.clock,
            progress: &Silent,
            ask: &ask,
            region: REGION.parse().unwrap(),
            governance: None,
            shared_services: Some("222222222222".parse().unwrap()),
            tenants: Vec::new(),
            domain: None,
        };
        discover(&search).await.unwrap()
    });
    let stages: Vec<String> =
        answers.tenants[0].stages.iter().flatten().map(|stage| stage.account.to_string()).collect();
    assert_eq!(stages, [account(0, 0), account(0, 1), account(0, 2)]);
    assert!(answers.questions[0].starts_with("The organization was not read"), "{:?}", answers.questions);
    stage.sandbox.clear_faults();
    let stage = stage.configured(&render(&answers));
    assert_eq!(stage.config.profiles.len(), 1);
    let planned = stage.act(async |studio| domain::plan(studio).await.unwrap());
    assert_eq!(open_steps(&planned), Vec::<String>::new());
    let planned = stage.act(async |studio| profile::plan(studio, None).await.unwrap());
    assert_eq!(open_steps(&planned), Vec::<String>::new());
}
