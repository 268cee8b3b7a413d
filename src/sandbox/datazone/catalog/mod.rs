//! The catalog of a domain: assets that projects own, what they publish of them, and how other projects come to use it.
//!
//! ```text
//! table of Glue -> data source, run -> asset -> listing -> request -> subscription -> grant in an environment
//! ```
//!
//! Everything happens in its own time: what is due later is written down at once, with the moment from which it counts.

mod assets;
mod data_sources;
mod duties;
mod grants;
mod listings;
mod operations;
mod requests;
mod runs;
mod search;
mod subscriptions;
mod targets;

use serde_json::{Value, json};

pub(in crate::sandbox) use self::operations::SERVICE;
use super::domain::Domain;
use super::projects::Project;
use crate::sandbox::call::{ApiResult, Call};

/// Kinds of documents that go with the domain.
pub(super) const KINDS: &[&str] = &[
    assets::Asset::KIND,
    listings::Listing::KIND,
    data_sources::DataSource::KIND,
    runs::Run::KIND,
    requests::Request::KIND,
    subscriptions::Subscription::KIND,
    grants::Grant::KIND,
    targets::Target::KIND,
];

/// The types of assets that DataZone gives access to by itself.
const MANAGED: &[&str] = &[
    "amazon.datazone.GlueTableAssetType",
    "amazon.datazone.GlueViewAssetType",
    "amazon.datazone.RedshiftTableAssetType",
    "amazon.datazone.RedshiftViewAssetType",
];

/// The name of a project, also of one that is gone by now.
fn project_name(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Value> {
    let found = Project::all(call, domain)?.into_iter().find(|project| project.id == id);
    Ok(found.map_or(Value::Null, |project| json!(project.name)))
}
