//! `init`: writes a commented `aiops.yaml`, from options, from the sandbox, or from answers.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::cli::init::Args;
use crate::cli::values::TenantAccounts;
use crate::commands::setting::{Setting, open_sandbox};
use crate::config::init::{Answers, TenantAnswers, render};
use crate::config::{self, AccountId, RegionName, TenantName};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::report::{Report, View, field};
use crate::sandbox::Sandbox;

/// The file beside `aiops.yaml` by which editors know what may stand in it.
pub const SCHEMA: &str = "aiops.schema.json";

/// Writes the file, and its schema beside it.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    let path = context.working_directory.join(&args.output_file);
    if path.exists() && !args.force {
        return Err(Error::usage(format!("{} is there already", args.output_file.display()))
            .hint("`--force` replaces it; `--output-file` writes another"));
    }
    let answers = match (args.from_aws, args.from_sandbox) {
        (true, _) => from_aws(context, args).await?,
        (_, true) => from_sandbox(context, &path)?,
        _ => from_options_or_questions(context, args)?,
    };
    let text = render(&answers);
    let schema = path.with_file_name(SCHEMA);
    if !context.settings.dry_run {
        write(&path, &text)?;
        write(&schema, &config::schema_text())?;
    }
    let data = json!({
        "file": path, "schema": schema, "tenants": answers.tenants.len(), "questions": answers.questions,
        "dry_run": context.settings.dry_run,
    });
    if context.settings.dry_run {
        return Report::new(&data, View::Text(text));
    }
    let fields = vec![
        field("Wrote", args.output_file.display().to_string()),
        field("Schema", args.output_file.with_file_name(SCHEMA).display().to_string()),
    ];
    let report = Report::new(&data, View::Fields(fields))?;
    let report =
        answers.questions.iter().fold(report, |report, question| report.next(format!("not known: {question}")));
    let report = report.next("aiops config check");
    Ok(report.next(if args.from_aws { "aiops domain plan" } else { "aiops status" }))
}

/// Reads the landscape that is there.
#[cfg(feature = "datazone")]
async fn from_aws(context: &Context, args: &Args) -> Result<Answers> {
    use crate::domain::discover::{Search, discover};

    let setting = Setting::load(context)?;
    let region = Setting::ambient_region(context).ok_or_else(|| {
        Error::usage("the Region of the landscape is not known").hint("name it: --region, or AWS_REGION")
    })?;
    let (aws, clock) = setting.reach(context, &config::Session::default(), Vec::new()).await?;
    let ask = |question: &str, answers: &[String]| {
        if !context.ui.is_interactive() {
            return Ok(None);
        }
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        context.ui.select(question, &answers).map(Some)
    };
    let parse = |account: &Option<String>| account.as_deref().map(str::parse::<AccountId>).transpose();
    let search = Search {
        aws: &aws,
        clock: &clock,
        progress: &context.ui,
        ask: &ask,
        region,
        governance: parse(&args.governance_account)?,
        shared_services: parse(&args.shared_services_account)?,
        tenants: args.tenant_accounts.iter().map(tenant).collect::<Result<_>>()?,
        domain: args.domain.clone(),
    };
    let sandbox = setting.sandbox_store().map(|store| store.display().to_string());
    Ok(Answers { sandbox, ..discover(&search).await? })
}

#[cfg(not(feature = "datazone"))]
async fn from_aws(_: &Context, _: &Args) -> Result<Answers> {
    Err(Error::usage("this build has no client for that").hint("build it with the feature `datazone`"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| Error::failed(format!("cannot write {}", path.display())).because(error))
}

fn from_options_or_questions(context: &Context, args: &Args) -> Result<Answers> {
    let ui = &context.ui;
    let ask = |given: Option<&String>, question: &str| match given {
        Some(account) => account.parse::<AccountId>(),
        None => ui.prompt(question, str::parse),
    };
    let region = match Setting::ambient_region(context) {
        Some(region) => region,
        None => ui.prompt("Region of the landscape, such as eu-west-1", str::parse::<RegionName>)?,
    };
    let governance = ask(args.governance_account.as_ref(), "Governance account (12 digits)")?;
    let shared_services = ask(args.shared_services_account.as_ref(), "Shared services account (12 digits)")?;
    let tenants = if args.tenant_accounts.is_empty() {
        ask_tenants(context)?
    } else {
        args.tenant_accounts.iter().map(tenant).collect::<Result<_>>()?
    };
    Ok(Answers { shared_services: Some(shared_services), tenants, ..Answers::new(region, governance) })
}

fn tenant(accounts: &TenantAccounts) -> Result<TenantAnswers> {
    let TenantAccounts { name, dev, test, prod } = accounts;
    Ok(TenantAnswers::with_accounts(name.parse()?, [dev.parse()?, test.parse()?, prod.parse()?]))
}

fn ask_tenants(context: &Context) -> Result<Vec<TenantAnswers>> {
    let ui = &context.ui;
    let mut tenants = Vec::new();
    loop {
        let name = ui.prompt("Name of a tenant (line of business), such as clinical", str::parse::<TenantName>)?;
        let account =
            |stage: &str| ui.prompt(&format!("{stage} account of {name} (12 digits)"), str::parse::<AccountId>);
        let accounts = [account("Dev")?, account("Test")?, account("Prod")?];
        tenants.push(TenantAnswers::with_accounts(name, accounts));
        if ui.select("Another tenant?", &["no", "yes"])? == 0 {
            return Ok(tenants);
        }
    }
}

/// Reads the organization of the sandbox: its management account is the governance account, an account at the root is
/// shared services, and a unit with accounts `<unit>-dev`, `<unit>-test` and `<unit>-prod` is a tenant.
fn from_sandbox(context: &Context, file: &Path) -> Result<Answers> {
    let setting = Setting::load(context)?;
    let store = setting.sandbox_store().ok_or_else(|| {
        Error::usage("no sandbox is kept here").hint("`--sandbox=PATH` names one; `aiops demo` makes one")
    })?;
    let sandbox = open_sandbox(&store, context)?;
    let management = setting.ambient_account();
    let region = setting.region();
    let ask = |operation: &str, input| {
        sandbox
            .administer(&management, &region, "organizations", operation, input)
            .map_err(|error| Error::failed("the organization of the sandbox cannot be read").because(error))
    };
    let root = ask("ListRoots", json!({}))?["Roots"][0]["Id"].clone();
    let at_root = accounts(&sandbox, &management, &region, &root)?;
    let shared_services = at_root
        .iter()
        .find(|(id, _)| *id != management)
        .map(|(id, _)| id.clone())
        .ok_or_else(|| Error::failed("no account of the sandbox is at the root beside the management account"))?;
    let units = ask("ListOrganizationalUnitsForParent", json!({"ParentId": root}))?;
    let mut tenants = Vec::new();
    for unit in units["OrganizationalUnits"].as_array().into_iter().flatten() {
        let name = unit["Name"].as_str().unwrap_or_default();
        let members = accounts(&sandbox, &management, &region, &unit["Id"])?;
        let of = |stage: &str| {
            let wanted = format!("{name}-{stage}");
            let found = members.iter().find(|(_, account)| *account == wanted).map(|(id, _)| id.parse::<AccountId>());
            found.unwrap_or_else(|| Err(Error::failed(format!("the sandbox has no account called {wanted}"))))
        };
        tenants.push(TenantAnswers::with_accounts(name.parse()?, [of("dev")?, of("test")?, of("prod")?]));
    }
    Ok(Answers {
        shared_services: Some(shared_services.parse()?),
        tenants,
        // Beside the file, the store is named as seen from there.
        sandbox: Some(
            file.parent().and_then(|near| store.strip_prefix(near).ok()).unwrap_or(&store).display().to_string(),
        ),
        ..Answers::new(region.parse()?, management.parse()?)
    })
}

/// Id and name of the accounts under a root or unit.
fn accounts(
    sandbox: &Sandbox,
    management: &str,
    region: &str,
    parent: &serde_json::Value,
) -> Result<Vec<(String, String)>> {
    let input = json!({"ParentId": parent});
    let answer = sandbox
        .administer(management, region, "organizations", "ListAccountsForParent", input)
        .map_err(|error| Error::failed("the accounts of the sandbox cannot be read").because(error))?;
    let listed = answer["Accounts"].as_array().into_iter().flatten();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(listed.map(|account| (text(&account["Id"]), text(&account["Name"]))).collect())
}
