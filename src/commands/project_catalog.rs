//! `project subscribe` and `project publish`: the catalog of the domain, from a project's side.

use crate::cli::project_catalog::{PublishArgs, SubscribeArgs};
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::landscape::{Landscape, Tenant};
use crate::project::catalog::publish::{self, Effect, Published, What};
use crate::project::catalog::subscribe::{self, Progress, Subscribed, Wish};
use crate::report::{Cell, Report, Table, Tone, View, field};
use crate::world::World;

/// The tenant that is worked for, where it must be one.
fn tenant<'l>(landscape: &'l Landscape, named: Option<&str>) -> Result<&'l Tenant> {
    match (named, landscape.tenants()) {
        (Some(name), _) => landscape.tenant(name),
        (None, [only]) => Ok(only),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|tenant| tenant.name.as_str()).collect();
            Err(Error::usage("whose project is it?").hint(format!("--tenant is one of {}", names.join(", "))))
        }
    }
}

/// Subscribes a project to an asset.
pub async fn subscribe(context: &Context, args: &SubscribeArgs) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let tenant = tenant(world.landscape, context.settings.tenant.as_deref())?;
    let wish = Wish {
        project: &args.project,
        stage: args.stage,
        asset: &args.asset,
        listing: args.listing.as_deref(),
        reason: &args.reason,
        again: args.again,
        wait: (!args.no_wait).then_some(args.wait),
    };
    let subscribed = subscribe::subscribe(&world, tenant, &wish).await?;
    let command = (subscribed.progress == Progress::Waiting).then(|| decision(&world, &subscribed));
    // Nobody has to wait for what was not to be waited for.
    let verdict = (subscribed.progress == Progress::Waiting && !args.no_wait).then_some(Kind::Denied);
    let report = Report::new(&subscribed, View::Fields(fields(&subscribed)))?.verdict(verdict);
    Ok(command.into_iter().fold(report, Report::next))
}

/// What those who own an asset have to do.
fn decision(world: &World<'_>, subscribed: &Subscribed) -> String {
    let request = subscribed.request.as_deref().unwrap_or_default();
    let owner = &subscribed.asset.owner.name;
    let theirs = |tenant: &&Tenant| owner.strip_prefix(&tenant.name).is_some_and(|rest| rest.starts_with('-'));
    // Of `a` and `a-b`, `a-b-c` is the latter's.
    let tenant = world.landscape.tenants().iter().filter(theirs).max_by_key(|tenant| tenant.name.len());
    let tenant = tenant.map(|tenant| format!(" --tenant {}", tenant.name)).unwrap_or_default();
    format!("an owner of {owner} decides: aiops approve subscription {request} --status approved{tenant} --comment ...")
}

fn fields(subscribed: &Subscribed) -> Vec<(String, Cell)> {
    let owner = &subscribed.asset.owner.name;
    let progress = match subscribed.progress {
        Progress::Planned => Cell::new(format!("would be asked of the owners of {owner}"), Tone::Waiting),
        Progress::Waiting => Cell::new(format!("waits for the owners of {owner}"), Tone::Waiting),
        Progress::Granting => Cell::new("approved, access is under way", Tone::Waiting),
        Progress::Granted => Cell::new("can be used", Tone::Good),
        Progress::Unmanaged => {
            Cell::new("approved; its owners give access, DataZone does not manage this type", Tone::Good)
        }
    };
    let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "-".to_owned());
    let mut fields = vec![
        field("Project", subscribed.project.name.clone()),
        field("Asset", format!("{} of {owner}", subscribed.asset.name)),
        field("Progress", progress),
        field("Request", id(&subscribed.request)),
        field("Subscription", id(&subscribed.subscription)),
    ];
    for grant in &subscribed.grants {
        let name = grant.name.as_deref().unwrap_or(&subscribed.asset.name);
        fields.push(field("Access", format!("{} as {name} in environment {}", grant.status, grant.environment)));
    }
    fields
}

/// Publishes an asset, or the tables of a database.
pub async fn publish(context: &Context, args: &PublishArgs) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let tenant = tenant(world.landscape, context.settings.tenant.as_deref())?;
    let what = match (&args.asset, &args.database) {
        (Some(asset), None) => What::Asset(asset),
        (None, Some(database)) => What::Database { name: database, tables: &args.tables },
        _ => return Err(Error::usage("what is to be published?").hint("--asset NAME, or --database NAME")),
    };
    let published = publish::publish(&world, tenant, &args.project, args.stage, what, args.timeout).await?;
    let rows = published.assets.iter().map(|asset| {
        let effect = match asset.effect {
            Effect::Published => Cell::new("published", Tone::Good),
            Effect::AlreadyPublished => Cell::new("was published already", Tone::Faint),
            Effect::WouldPublish => Cell::new("would be published", Tone::Waiting),
        };
        vec![
            published.project.name.clone().into(),
            asset.name.clone().into(),
            asset.listing.clone().unwrap_or_else(|| "-".to_owned()).into(),
            effect,
        ]
    });
    let columns = vec!["PROJECT", "ASSET", "LISTING", "EFFECT"];
    let table = Table { columns, rows: rows.collect(), empty: "a data source would be run, and its tables published" };
    let report = Report::new(&published, View::Table(table))?;
    Ok(next(&published).into_iter().fold(report, Report::next))
}

fn next(published: &Published) -> Option<String> {
    let is_new = published.assets.iter().any(|asset| asset.effect == Effect::Published);
    is_new.then(|| {
        "others find it in the catalog within some minutes: aiops project subscribe PROJECT --asset NAME".to_owned()
    })
}
