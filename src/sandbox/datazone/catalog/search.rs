//! Searching the inventory of projects, and what is published.

use serde_json::{Value, json};

use super::super::common::paged;
use super::assets::Asset;
use super::duties::{self, Duty};
use super::listings::Listing;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// How many of the words that are looked for somebody says. Search is generous: one is enough to be found.
fn rank(wanted: &str, name: &str, description: Option<&str>) -> usize {
    let said = format!("{name} {}", description.unwrap_or_default()).to_lowercase();
    let words = wanted.to_lowercase();
    words.split(|letter: char| letter.is_whitespace() || letter == '_').filter(|word| said.contains(word)).count()
}

/// Keeps what has any of the words that are looked for, the best first. Without words everything is kept, by name.
fn ranked<T>(items: Vec<T>, input: &Value, said: impl Fn(&T) -> (&str, Option<&str>)) -> Vec<T> {
    let wanted = text(input, "searchText").map(str::trim).filter(|text| !text.is_empty());
    let rank_of = |item: &T| {
        let (name, description) = said(item);
        wanted.map_or(1, |wanted| rank(wanted, name, description))
    };
    let mut items: Vec<(usize, T)> = items.into_iter().map(|item| (rank_of(&item), item)).collect();
    items.retain(|(rank, _)| *rank > 0);
    items.sort_by(|(rank, item), (other_rank, other)| other_rank.cmp(rank).then(said(item).0.cmp(said(other).0)));
    items.into_iter().map(|(_, item)| item).collect()
}

/// Whether something meets a `FilterClause`. Attributes are the members by which it is told of.
fn meets(clause: &Value, item: &Value) -> ApiResult<bool> {
    let all = |clauses: &Value| -> ApiResult<Vec<bool>> {
        clauses.as_array().into_iter().flatten().map(|clause| meets(clause, item)).collect()
    };
    match clause.as_object().map(|members| members.iter().collect::<Vec<_>>()).as_deref() {
        None | Some([]) => Ok(true),
        Some([(kind, inner)]) => match kind.as_str() {
            "and" => Ok(all(inner)?.into_iter().all(|met| met)),
            "or" => Ok(all(inner)?.into_iter().any(|met| met)),
            _ => Ok(matches(inner, item)),
        },
        Some(_) => Err(ApiError::validation("Exactly one member of filters must be set")),
    }
}

fn matches(filter: &Value, item: &Value) -> bool {
    let actual = &item[required(filter, "attribute")];
    let Some(actual) = actual.as_str() else {
        let ordering = actual.as_i64().zip(filter["intValue"].as_i64()).map(|(actual, wanted)| actual.cmp(&wanted));
        return ordering.is_some_and(|ordering| fits(filter, ordering));
    };
    let Some(wanted) = text(filter, "value") else { return false };
    match text(filter, "operator") {
        Some("TEXT_SEARCH") => actual.to_lowercase().contains(&wanted.to_lowercase()),
        _ => fits(filter, actual.cmp(wanted)),
    }
}

fn fits(filter: &Value, ordering: std::cmp::Ordering) -> bool {
    match text(filter, "operator") {
        Some("LE") => ordering.is_le(),
        Some("LT") => ordering.is_lt(),
        Some("GE") => ordering.is_ge(),
        Some("GT") => ordering.is_gt(),
        _ => ordering.is_eq(),
    }
}

/// A page of what meets the filters of an input, and how much there is.
fn answer(input: &Value, kind: &str, mut items: Vec<Value>) -> ApiResult {
    let mut met = Vec::new();
    for item in items.drain(..) {
        if meets(&input["filters"], &item)? {
            met.push(item);
        }
    }
    let total = met.len();
    let mut answer = paged("items", met, input, 50, |_| true, |item| json!({kind: item}))?;
    answer["totalMatchCount"] = json!(total);
    Ok(answer)
}

/// `Search`: the inventory of those projects whose member the caller is.
pub(super) fn inventory(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "Search";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let owner = text(&input, "owningProjectIdentifier");
    if let Some(owner) = owner {
        duties::require(call, &domain, &caller, &[(owner, Duty::See)], operation)?;
    }
    if required(&input, "searchScope") != "ASSET" {
        return answer(&input, "assetItem", Vec::new());
    }
    let own = duties::projects_of(call, &domain, &caller, Duty::See)?;
    let mut assets = Asset::all(call, &domain)?;
    assets.retain(|asset| match owner {
        Some(owner) => asset.project == owner,
        None => own.contains(&asset.project),
    });
    let assets = ranked(assets, &input, |asset| (&asset.name, asset.description.as_deref()));
    let items = assets.iter().map(|asset| {
        let mut item = asset.summary(&domain);
        item["identifier"] = json!(asset.id);
        item
    });
    answer(&input, "assetItem", items.collect())
}

/// `SearchListings`: what is published, as far as the index has it.
pub(super) fn listings(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _) = duties::enter(call, "SearchListings", &input)?;
    let mut listings = Listing::all(call, &domain)?;
    listings.retain(|listing| listing.is_found(call.now));
    let listings = ranked(listings, &input, |listing| (&listing.asset.name, listing.asset.description.as_deref()));
    let with_forms = input["additionalAttributes"].as_array().is_some_and(|asked| asked.contains(&json!("FORMS")));
    let items = listings.iter().map(|listing| {
        let mut item = listing.summary();
        if with_forms {
            item["additionalAttributes"] = json!({"forms": listing.forms()});
        }
        item
    });
    answer(&input, "assetListing", items.collect())
}
