//! `sandbox`: the embedded AWS for other clients, what it holds, and a fresh start.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tokio::net::TcpListener;

use crate::cli::sandbox::{Args, ServeArgs, Verb};
use crate::clock::{self, Clock};
use crate::commands::setting::{Setting, open_sandbox};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::progress::Progress as _;
use crate::report::{Report, Table, View, field};
use crate::sandbox::Sandbox;
use crate::sandbox::faults::Fault;

/// Runs the verb.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    match &args.verb {
        Verb::Serve(args) => serve(context, args).await,
        Verb::Reset(_) => reset(context),
        Verb::Info(_) => info(context),
    }
}

/// What a served sandbox did, told when it ends.
#[derive(Serialize)]
struct Served {
    url: String,
    calls: u64,
}

async fn serve(context: &Context, args: &ServeArgs) -> Result<Report> {
    let setting = Setting::load(context)?;
    let store = setting.sandbox_store();
    let cannot_open = |error| Error::failed("the sandbox store cannot be opened").because(error);
    let sandbox = Sandbox::open(store.as_deref(), context.clock.clone(), args.speed).map_err(cannot_open)?;
    for fault in args.faults.as_deref().map(faults).transpose()?.unwrap_or_default() {
        sandbox.inject(fault);
    }
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        Error::failed(format!("cannot listen on {}", args.listen))
            .because(error)
            .hint("another program may use the port: `--listen 127.0.0.1:0` takes a free one")
    })?;
    let address = listener.local_addr().map_err(|error| Error::failed("the socket has no address").because(error))?;
    let url = format!("http://{address}");
    let (account, region) = (setting.ambient_account(), setting.region());
    let kept = match &store {
        Some(path) => format!("it is kept in {}", path.display()),
        None => "it is in memory and ends with the process".to_owned(),
    };
    for line in [
        format!("the sandbox listens on {url} until Ctrl-C; {kept}"),
        "an account's number is its administrator's access key, and any secret will do:".to_owned(),
        // boto3 and version 1 of the AWS CLI read the second name alone.
        format!("  export AWS_ENDPOINT_URL={url} AWS_REGION={region} AWS_DEFAULT_REGION={region}"),
        format!("  export AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=sandbox"),
    ] {
        context.ui.note(&line);
    }
    let interrupt = context.interrupt.clone();
    axum::serve(listener, sandbox.router())
        .with_graceful_shutdown(async move { interrupt.requested().await })
        .await
        .map_err(|error| Error::failed("the sandbox cannot go on").because(error))?;
    let calls = sandbox.calls();
    let fields = vec![field("URL", url.clone()), field("Calls", calls.to_string())];
    Report::new(&Served { url, calls }, View::Fields(fields))
}

/// Faults from a YAML file: a list, each as [`Fault`] says.
fn faults(path: &Path) -> Result<Vec<Fault>> {
    let read = |error: &dyn std::error::Error| Error::config(format!("{}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| read(&error))?;
    serde_yaml::from_str(&text).map_err(|error| {
        read(&error)
            .hint("a fault looks like `- {service: s3, operation: CopyObject, skip: 2, times: 1, effect: drop}`")
    })
}

/// What a sandbox holds.
#[derive(Serialize)]
struct Info {
    store: Option<PathBuf>,
    time: String,
    accounts: Vec<Account>,
}

#[derive(Serialize)]
struct Account {
    id: String,
    resources: u64,
}

fn info(context: &Context) -> Result<Report> {
    let setting = Setting::load(context)?;
    let store = existing_store(&setting)?;
    let sandbox = open_sandbox(&store, context)?;
    let accounts: Vec<Account> = sandbox
        .census()
        .map_err(|error| Error::failed("the sandbox store cannot be read").because(error))?
        .into_iter()
        .map(|(id, resources)| Account { id, resources })
        .collect();
    let rows = accounts.iter().map(|account| vec![account.id.clone().into(), account.resources.to_string().into()]);
    let table = Table { columns: vec!["ACCOUNT", "RESOURCES"], rows: rows.collect(), empty: "the sandbox is empty" };
    let time = clock::to_second(Clock::now(sandbox.clock())).to_string();
    let fields = vec![field("Store", store.display().to_string()), field("Time", time.clone())];
    let view =
        View::Sections(vec![("Sandbox".to_owned(), View::Fields(fields)), ("Accounts".to_owned(), View::Table(table))]);
    Report::new(&Info { store: Some(store), time, accounts }, view)
}

fn reset(context: &Context) -> Result<Report> {
    let setting = Setting::load(context)?;
    let store = existing_store(&setting)?;
    let question = format!("delete everything in the sandbox {}?", store.display());
    if !context.settings.dry_run {
        if !context.ui.confirm(&question)? {
            return Err(Error::new(crate::error::Kind::Cancelled, "nothing was deleted"));
        }
        fs::remove_file(&store)
            .map_err(|error| Error::failed(format!("cannot delete {}", store.display())).because(error))?;
    }
    let dry_run = context.settings.dry_run;
    let what = if dry_run { "Would delete" } else { "Deleted" };
    let fields = vec![field(what, store.display().to_string())];
    let report = Report::new(&serde_json::json!({"deleted": store, "dry_run": dry_run}), View::Fields(fields))?;
    Ok(if dry_run { report } else { report.next("`aiops demo` fills a sandbox with a landscape and models") })
}

fn existing_store(setting: &Setting) -> Result<PathBuf> {
    let none = || {
        Error::usage("no sandbox is kept here")
            .hint("`aiops demo` makes one; `--sandbox=PATH` or `sandbox` in aiops.yaml names one elsewhere")
    };
    let store = setting.sandbox_store().ok_or_else(none)?;
    if store.is_file() { Ok(store) } else { Err(none().because(format!("there is no {}", store.display()))) }
}
