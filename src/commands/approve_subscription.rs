//! `approve` for subscriptions: a decision, and what waits for one.

use serde::Serialize;
use serde_json::Value;

use crate::cli::approve::{SubscriptionArgs, SubscriptionStatus};
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::governance::Persona;
use crate::landscape::Tenant;
use crate::progress::Progress as _;
use crate::project::catalog::approve::{self, Asked, Effect};
use crate::report::{Cell, Report, Table, Tone, View, field};
use crate::world::World;

/// The tenants that are worked for.
fn tenants<'w>(context: &Context, world: &World<'w>) -> Result<Vec<&'w Tenant>> {
    Ok(match &context.settings.tenant {
        Some(name) => vec![world.landscape.tenant(name)?],
        None => world.landscape.tenants().iter().collect(),
    })
}

/// Decides about a subscription.
pub(super) async fn decide(context: &Context, args: &SubscriptionArgs) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let approved = args.status == SubscriptionStatus::Approved;
    let tenants = tenants(context, &world)?;
    let decided = approve::decide(&world, &tenants, &args.request, approved, &args.comment).await?;
    let effect = match decided.effect {
        Effect::Decided => Cell::new(decided.status, if approved { Tone::Good } else { Tone::Bad }),
        Effect::AlreadySo => Cell::new(format!("was {} already", decided.status), Tone::Faint),
        Effect::WouldDecide => Cell::new(format!("{}, not done", decided.status), Tone::Waiting),
    };
    let fields = vec![
        field("Request", decided.asked.request.clone()),
        field("Asset", format!("{} of {}", decided.asked.asset, decided.asked.owner.name)),
        field("For", decided.asked.project.name.clone()),
        field("Reason", decided.asked.reason.clone()),
        field("Decision", effect),
        field("Comment", decided.comment.clone()),
    ];
    Report::new(&decided, View::Fields(fields))
}

/// A subscription that waits for a decision.
#[derive(Serialize)]
struct Waiting {
    /// Tells it from the versions in the same list.
    kind: &'static str,
    tenant: String,
    persona: Persona,
    act: &'static str,
    command: String,
    subscription: Asked,
}

/// The report on what waits, with the subscriptions that wait for the caller's projects.
pub(super) async fn with_waiting(context: &Context, world: &World<'_>, mut report: Report) -> Result<Report> {
    if world.acting_as.is_some_and(|persona| persona != Persona::DataScientist) {
        return Ok(report);
    }
    let mut waiting = Vec::new();
    for tenant in tenants(context, world)? {
        match approve::waiting(world, tenant).await {
            Ok(found) => waiting.extend(found.into_iter().map(|asked| of_tenant(tenant, asked))),
            Err(error) => context.ui.warn(&format!("the catalog was not asked for {}: {error}", tenant.name)),
        }
    }
    if waiting.is_empty() {
        return Ok(report);
    }
    let data = serde_json::to_value(&waiting)
        .map_err(|error| Error::failed("the answer cannot be written as JSON").because(error))?;
    if let (Value::Array(all), Value::Array(more)) = (&mut report.data, data) {
        all.extend(more);
    }
    let rows = waiting.iter().map(|wait| {
        let asked = &wait.subscription;
        vec![
            wait.tenant.clone().into(),
            asked.asset.clone().into(),
            asked.owner.name.clone().into(),
            Cell::new(asked.project.name.clone(), Tone::Waiting),
            asked.reason.clone().into(),
            wait.command.clone().into(),
        ]
    });
    let columns = vec!["TENANT", "ASSET", "OWNER", "FOR", "REASON", "COMMAND"];
    let subscriptions = View::Table(Table { columns, rows: rows.collect(), empty: "" });
    report.view = View::Sections(vec![("Models".to_owned(), report.view), ("Subscriptions".to_owned(), subscriptions)]);
    Ok(report)
}

fn of_tenant(tenant: &Tenant, asked: Asked) -> Waiting {
    let (name, request) = (&tenant.name, &asked.request);
    Waiting {
        kind: "subscription",
        tenant: name.clone(),
        persona: Persona::DataScientist,
        act: "decide about the subscription",
        command: format!("aiops approve subscription {request} --status approved --tenant {name} --comment ..."),
        subscription: asked,
    }
}
