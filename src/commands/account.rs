//! `domain account`: list, create, associate.

use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::poll::Patience;
use crate::cli::account::{Args, AssociateArgs, CreateArgs, ListArgs, UnitPath, Verb};
use crate::commands::domain::within;
use crate::commands::plan::{self, before_writing};
use crate::commands::setting::Setting;
use crate::config::init::account_entry;
use crate::config::{Session, TenantName};
use crate::context::Context;
use crate::domain::{self, Account, Accounts, Studio, Wanted};
use crate::error::{Error, Result};
use crate::organization::{self, Making, NewAccount};
use crate::plan::{Facts, Plan, Walk};
use crate::report::{Cell, Report, Table, Tone, View, field};

/// Lists, creates or associates.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    match &args.verb {
        Verb::List(args) => within(context, async |studio| list(context, studio, args).await).await,
        Verb::Create(args) => create(context, args).await,
        Verb::Associate(args) => within(context, async |studio| associate(context, studio, args).await).await,
    }
}

async fn list(context: &Context, studio: &Studio<'_>, args: &ListArgs) -> Result<Report> {
    let tenant = context.settings.tenant.as_deref();
    let found = domain::accounts(studio, Wanted { tenant, all: args.all, readiness: args.readiness }).await?;
    let report = Report::new(&found, View::Table(table(&found, args.readiness)))?.verdict(found.verdict());
    let report = found.problems.iter().fold(report, |report, problem| report.next(format!("not found out: {problem}")));
    Ok(match found.others {
        0 => report,
        many if tenant.is_some() => report.next(format!("the organization has {many} other accounts")),
        many => {
            report.next(format!("aiops.yaml does not name {many} other accounts of the organization: --all shows them"))
        }
    })
}

fn table(found: &Accounts, readiness: bool) -> Table {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let row = |account: &Account| {
        let state = match account.state.as_deref() {
            Some("ACTIVE") => Cell::new("ACTIVE", Tone::Good),
            Some(state) => Cell::new(state, Tone::Bad),
            None => Cell::new("not in the organization", Tone::Bad),
        };
        let mut uses = account.uses.clone();
        uses.extend(account.delegated_administrator.then(|| "delegated administrator".to_owned()));
        let uses = if uses.is_empty() { Cell::new("-", Tone::Faint) } else { uses.join(", ").into() };
        let associated = match account.associated {
            Some(true) => Cell::new("yes", Tone::Good),
            Some(false) => Cell::new("no", Tone::Waiting),
            None => Cell::new("-", Tone::Faint),
        };
        let mut row = vec![
            account.id.clone().into(),
            text(&account.name).into(),
            text(&account.email).into(),
            state,
            text(&account.unit).into(),
            uses,
            associated,
        ];
        if readiness {
            row.push(match &account.readiness {
                None => Cell::new("-", Tone::Faint),
                Some(readiness) if readiness.ready => Cell::new("ready", Tone::Good),
                Some(readiness) => Cell::new(format!("missing: {}", readiness.missing.join(", ")), Tone::Bad),
            });
        }
        row
    };
    let columns = ["ACCOUNT", "NAME", "EMAIL", "STATE", "UNIT", "USE", "ASSOCIATED", "READINESS"];
    Table {
        columns: columns[..if readiness { 8 } else { 7 }].to_vec(),
        rows: found.accounts.iter().map(row).collect(),
        empty: "no accounts",
    }
}

async fn create(context: &Context, args: &CreateArgs) -> Result<Report> {
    let setting = Setting::load(context)?;
    if setting.config().is_ok() {
        return within(context, async |studio| {
            let world = studio.world;
            let session = studio.session(world.landscape.management()).await?;
            let uses = |id: &str| domain::uses(world).remove(id).into_iter().flatten().map(|(word, _)| word).collect();
            let making = Making { session, clock: world.clock, progress: world.progress };
            make(context, args, &making, &studio.walk(), uses).await
        })
        .await;
    }
    let (aws, clock) = setting.reach(context, &Session::default(), Vec::new()).await?;
    let session = aws.session(&aws.caller().await?.account, &setting.region(), None).await?;
    let making = Making { session, clock: &clock, progress: &context.ui };
    let walk = Walk { clock: &clock, progress: &context.ui, lanes: 1, look_within: Duration::from_secs(300) };
    make(context, args, &making, &walk, |_| Vec::new()).await
}

/// How often to look whether AWS has made an account: it takes about a minute.
const LOOK_EVERY: Duration = Duration::from_secs(7);

async fn make(
    context: &Context,
    args: &CreateArgs,
    making: &Making<'_>,
    walk: &Walk<'_>,
    uses: impl Fn(&str) -> Vec<String>,
) -> Result<Report> {
    let tenant = context.settings.tenant.as_deref().map(str::parse::<TenantName>).transpose()?;
    let given = args.ou.as_ref().map(|UnitPath(names)| names.clone());
    let wanted = NewAccount {
        name: args.name.clone(),
        email: args.email.clone(),
        role_name: args.role_name.clone(),
        unit: given.or_else(|| tenant.as_ref().map(|tenant| vec![tenant.to_string()])),
        patience: Patience { interval: LOOK_EVERY, deadline: args.wait_timeout },
    };
    let resources = organization::new_account(making, &wanted);
    let facts = Facts::default();
    let planned = crate::plan::look(&resources, &facts, walk).await;
    if let Some(stopped) = before_writing(context, &planned)? {
        return Ok(stopped);
    }
    let made: Plan = if planned.has_changes() { crate::plan::apply(&resources, &facts, walk).await } else { planned };
    let id = facts.get(&wanted.address(making), "id");
    let mut report = plan::report(&made, false)?;
    report.data["account"] = json!({"id": id, "name": args.name, "email": args.email});
    let Some(id) = id else { return Ok(report) };
    let mut sections = vec![
        ("Account".to_owned(), View::Fields(vec![field("Id", id.clone()), field("Address", args.email.clone())])),
        ("Done".to_owned(), report.view),
    ];
    let uses = uses(&id);
    if uses.is_empty() {
        let entry = account_entry(&args.name, tenant.as_ref(), &id);
        report.data["entry"] = Value::String(entry.clone());
        sections.push(("For aiops.yaml".to_owned(), View::Text(entry)));
    } else {
        sections.push(("In aiops.yaml".to_owned(), View::Fields(vec![field("As", uses.join(", "))])));
    }
    report.view = View::Sections(sections);
    Ok(match report.verdict {
        Some(_) => report.next("what was done stays done: run the same command again to continue"),
        None if uses.is_empty() => {
            report.next("once aiops.yaml names it: aiops domain account associate ".to_owned() + &id)
        }
        None => report,
    })
}

async fn associate(context: &Context, studio: &Studio<'_>, args: &AssociateArgs) -> Result<Report> {
    let account = args.account.as_str();
    let accounts = studio.world.landscape.project_accounts();
    if !accounts.iter().any(|known| known.place.account.as_str() == account) {
        let known: Vec<&str> = accounts.iter().map(|known| known.place.account.as_str()).collect();
        let error = Error::usage(format!("aiops.yaml names no account {account} that projects live in"));
        return Err(error.hint(format!("it names: {}", known.join(", "))).hint(
            "write it below `tenants`, as a stage of one: the roles, blueprints and grants of an account follow from that",
        ));
    }
    let planned = domain::associate(studio, account, false).await?;
    if let Some(stopped) = before_writing(context, &planned)? {
        return Ok(stopped);
    }
    let done = if planned.has_changes() { domain::associate(studio, account, true).await? } else { planned };
    let report = plan::report(&done, false)?;
    Ok(match report.verdict {
        Some(_) => report.next("what was done stays done: run the same command again to continue"),
        None => report.next("see what is still missing: aiops domain account list --readiness"),
    })
}
