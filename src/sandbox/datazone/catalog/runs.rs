//! Runs of data sources: tables become assets, and listings if the source says so.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::common::{CLIENT_TOKENS, conflict, iso, not_found, paged, without_nulls};
use super::super::domain::Domain;
use super::assets::Asset;
use super::data_sources::DataSource;
use super::duties::{self, Duty};
use super::listings;
use crate::sandbox::call::{ApiResult, Call, required, text};
use crate::sandbox::glue;

/// How long a run is `REQUESTED`.
const REQUESTED: SignedDuration = SignedDuration::from_secs(5);
/// How long a run takes from its beginning.
const DURATION: SignedDuration = SignedDuration::from_secs(40);

/// A run. What comes of it is found out at its beginning, and shows at its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    id: String,
    source: String,
    project: String,
    pub since: Timestamp,
    added: usize,
    updated: usize,
    unchanged: usize,
    failure: Option<String>,
}

impl Run {
    /// The store's kind of runs.
    pub const KIND: &'static str = "datazone/data-source-run";

    /// The runs of a data source, the newest last.
    pub fn of_source(call: &Call<'_>, domain: &Domain, source: &str) -> ApiResult<Vec<Self>> {
        let mut runs: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        runs.retain(|run| run.source == source);
        runs.sort_by_key(|run| run.since);
        Ok(runs)
    }

    fn end(&self) -> Timestamp {
        self.since + DURATION
    }

    /// Whether it has not come to its end by `now`.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        now < self.end()
    }

    /// AWS's word for the state at `now`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        if now < self.since + REQUESTED {
            "REQUESTED"
        } else if self.is_under_way(now) {
            "RUNNING"
        } else if self.failure.is_some() {
            "FAILED"
        } else {
            "SUCCESS"
        }
    }

    /// What went wrong, once that shows.
    pub fn error(&self, now: Timestamp) -> Option<Value> {
        let failure = self.failure.as_ref().filter(|_| !self.is_under_way(now))?;
        Some(json!({"errorType": "RESOURCE_NOT_FOUND_EXCEPTION", "errorDetail": failure}))
    }

    fn summary(&self, now: Timestamp) -> Value {
        let ended = !self.is_under_way(now);
        without_nulls(json!({
            "id": self.id, "dataSourceId": self.source, "projectId": self.project, "type": "PRIORITIZED",
            "status": self.status(now), "createdAt": iso(self.since), "errorMessage": self.error(now),
            "updatedAt": iso(if ended { self.end() } else { self.since }),
            "startedAt": (now >= self.since + REQUESTED).then(|| iso(self.since + REQUESTED)),
            "stoppedAt": ended.then(|| iso(self.end())),
            "runStatisticsForAssets": ended.then(|| json!({
                "added": self.added, "updated": self.updated, "unchanged": self.unchanged, "skipped": 0, "failed": 0,
            })),
        }))
    }

    fn describe(&self, domain: &Domain, now: Timestamp) -> Value {
        let mut answer = self.summary(now);
        answer["domainId"] = json!(domain.id);
        answer
    }
}

/// Whether a name fits a filter's expression, in which `*` stands for anything.
fn fits(expression: &str, name: &str) -> bool {
    let Some((head, rest)) = expression.split_once('*') else { return expression == name };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(tail)
}

/// Whether a database's filters let a table in.
fn is_wanted(filter: &Value, table: &str) -> bool {
    let of_kind = |kind: &'static str| {
        let all = filter["filterExpressions"].as_array().into_iter().flatten();
        all.filter(move |expression| text(expression, "type") == Some(kind)).map(|it| required(it, "expression"))
    };
    let included = of_kind("INCLUDE").next().is_none() || of_kind("INCLUDE").any(|it| fits(it, table));
    included && !of_kind("EXCLUDE").any(|it| fits(it, table))
}

/// What a table is as an asset, if the run of `source` makes one of it at the moment `at`.
fn asset(call: &Call<'_>, source: &DataSource, table: &Value, at: Timestamp, by: &str) -> ApiResult<Asset> {
    let (account, region) = &source.place;
    let (database, name) = (required(table, "DatabaseName"), required(table, "Name"));
    let arn = glue::table_arn(account, region, database, name);
    let column = |column: &Value| json!({"columnName": column["Name"], "dataType": column["Type"], "description": column["Comment"]});
    let columns = table["StorageDescriptor"]["Columns"].as_array().into_iter().flatten().map(column);
    let content = json!({
        "catalogId": account, "region": region, "tableArn": arn, "tableName": name,
        "sourceLocation": table["StorageDescriptor"]["Location"], "columns": columns.collect::<Vec<_>>(),
    });
    let kind = if table["TableType"] == "VIRTUAL_VIEW" { "GlueViewAssetType" } else { "GlueTableAssetType" };
    Ok(Asset {
        id: call.random_hex(14)?,
        name: name.to_owned(),
        description: text(table, "Description").map(str::to_owned),
        kind: format!("amazon.datazone.{kind}"),
        external: Some(arn),
        project: source.project.clone(),
        forms: vec![json!({
            "formName": "GlueTableForm", "typeName": "amazon.datazone.GlueTableFormType", "typeRevision": "1",
            "content": content.to_string(),
        })],
        revision: 1,
        created: (at, by.to_owned()),
        updated: at,
    })
}

/// Looks at the tables, and writes down what is to come of them.
fn import(call: &Call<'_>, domain: &Domain, source: &DataSource, run: &mut Run, by: &str) -> ApiResult<()> {
    let (account, region) = &source.place;
    let at = run.end();
    let known = Asset::all(call, domain)?;
    for filter in source.glue["relationalFilterConfigurations"].as_array().into_iter().flatten() {
        let database = required(filter, "databaseName");
        if !glue::has_database(&call.store, account, region, database)? {
            run.failure = Some(format!("Database {database} not found in account {account} and Region {region}"));
            return Ok(());
        }
        for table in glue::tables(&call.store, account, region, database)? {
            if !is_wanted(filter, required(&table, "Name")) {
                continue;
            }
            let new = asset(call, source, &table, at, by)?;
            let same = known.iter().find(|it| it.project == new.project && it.external == new.external);
            let asset = match same {
                None => {
                    run.added += 1;
                    new
                }
                Some(same) if (&same.forms, &same.description) == (&new.forms, &new.description) => {
                    run.unchanged += 1;
                    same.clone()
                }
                Some(same) => {
                    run.updated += 1;
                    let (id, revision, created) = (same.id.clone(), same.revision + 1, same.created.clone());
                    Asset { id, revision, created, ..new }
                }
            };
            asset.save(call, domain)?;
            if source.publishes {
                listings::publish(call, domain, &asset, at, by)?;
            }
        }
    }
    Ok(())
}

/// `StartDataSourceRun`.
pub(super) fn start(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "StartDataSourceRun";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let source = DataSource::existing(call, &domain, required(&input, "dataSourceIdentifier"))?;
    duties::require(call, &domain, &caller, &[(&source.project, Duty::Produce)], operation)?;
    CLIENT_TOKENS.once(call, operation, &input, |call| {
        let runs = Run::of_source(call, &domain, &source.id)?;
        match source.status(&runs, call.now) {
            "READY" => {}
            status => return Err(conflict(format!("Data source {} is {status}", source.id))),
        }
        let mut run = Run {
            id: call.random_hex(14)?,
            source: source.id.clone(),
            project: source.project.clone(),
            since: call.now,
            added: 0,
            updated: 0,
            unchanged: 0,
            failure: None,
        };
        import(call, &domain, &source, &mut run, caller.id())?;
        call.store.put(Run::KIND, &domain.key(&run.id), &run)?;
        Ok(run.describe(&domain, call.now))
    })
}

/// `GetDataSourceRun`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "GetDataSourceRun";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let id = required(&input, "identifier");
    let run: Option<Run> = call.store.get(Run::KIND, &domain.key(id))?;
    let run = run.ok_or_else(|| not_found("Data source run", id))?;
    duties::require(call, &domain, &caller, &[(&run.project, Duty::See)], operation)?;
    Ok(run.describe(&domain, call.now))
}

/// `ListDataSourceRuns`, the newest first.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "ListDataSourceRuns";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let source = DataSource::existing(call, &domain, required(&input, "dataSourceIdentifier"))?;
    duties::require(call, &domain, &caller, &[(&source.project, Duty::See)], operation)?;
    let mut runs = Run::of_source(call, &domain, &source.id)?;
    runs.reverse();
    let now = call.now;
    let wanted = |run: &Run| text(&input, "status").is_none_or(|status| run.status(now) == status);
    paged("items", runs, &input, 50, wanted, |run| run.summary(now))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_anything() {
        for (expression, name, expected) in [
            ("*", "orders", true),
            ("orders", "orders", true),
            ("order", "orders", false),
            ("ord*", "orders", true),
            ("*ers", "orders", true),
            ("o*d*s", "orders", true),
            ("o*x*s", "orders", false),
            ("orders*s", "orders", false),
        ] {
            assert_eq!(fits(expression, name), expected, "{expression} {name}");
        }
    }
}
