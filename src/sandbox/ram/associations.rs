//! What a share shares, and with whom.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::common::{
    DOMAIN, enter_active, invalid, invalid_state, lets, malformed_arn, not_permitted, once, paged, shares_of, strings,
    unknown,
};
use super::invitations::{invite, withdraw};
use super::share::{Association, CHANGE, End, Share};
use super::shares::sharing_organization;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};
use crate::sandbox::datazone::sharing;
use crate::sandbox::organizations;

/// The domain's association that is under way.
#[derive(Serialize, Deserialize)]
struct Busy {
    share: String,
    until: Timestamp,
}

const BUSY: &str = "ram/busy";

/// Adds what IAM may want to know of the resources and principals in a request.
pub(super) fn requested(access: Access, input: &Value) -> Access {
    let resources = strings(input, "resourceArns");
    let types = resources.iter().map(|_| DOMAIN.to_owned()).take(1).collect::<Vec<_>>();
    let keys = [
        ("ram:RequestedResourceType", types),
        ("ram:ResourceArn", resources),
        ("ram:Principal", strings(input, "principals")),
    ];
    keys.into_iter()
        .filter(|(_, values)| !values.is_empty())
        .fold(access, |access, (key, values)| access.keys_of(key, values))
}

/// Associates the share with the resources and principals in the input, beginning at `from`. Gives all that the input
/// names.
pub(super) fn add(call: &Call<'_>, share: &mut Share, input: &Value, from: Timestamp) -> ApiResult<Vec<String>> {
    if !strings(input, "sources").is_empty() {
        return Err(invalid("Sources can only restrict principals that are services."));
    }
    let (resources, principals) = (strings(input, "resourceArns"), strings(input, "principals"));
    for arn in &resources {
        if is_open(&share.resources, arn, call.now)? {
            let end = associate_domain(call, share, arn, from)?;
            join(&mut share.resources, arn, false, call.now, end);
        }
    }
    for principal in &principals {
        if is_open(&share.principals, principal, call.now)? {
            let (end, external) = associate_principal(call, share, principal, from)?;
            join(&mut share.principals, principal, external, call.now, end);
        }
    }
    Ok([resources, principals].concat())
}

/// Whether `entity` can be associated now; what is or is about to be stays as it is.
fn is_open(associations: &[Association], entity: &str, now: Timestamp) -> ApiResult<bool> {
    match associations.iter().find(|known| known.entity == entity).map(|known| known.status(now)) {
        Some("ASSOCIATING" | "ASSOCIATED") => Ok(false),
        Some("DISASSOCIATING") => Err(invalid_state(format!("{entity} is still being disassociated."))),
        _ => Ok(true),
    }
}

fn join(associations: &mut Vec<Association>, entity: &str, external: bool, started: Timestamp, end: End) {
    associations.retain(|known| known.entity != entity);
    associations.push(Association { entity: entity.to_owned(), external, started, end, removed: None });
}

fn associate_domain(call: &Call<'_>, share: &mut Share, arn: &str, from: Timestamp) -> ApiResult<End> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, service, _, _, resource] = parts.as_slice() else { return Err(malformed_arn(arn)) };
    if *service != "datazone" || !resource.starts_with("domain/") {
        return Err(not_permitted("You cannot share the selected resource type."));
    }
    if !sharing::is_shareable(call, arn)? {
        return Err(unknown(format!("Resource {arn} could not be found.")));
    }
    share.permit_domains(call);
    let until = from + CHANGE;
    let busy: Option<Busy> = call.store.get(BUSY, arn)?;
    if busy.is_some_and(|busy| busy.share != share.id && call.now < busy.until) {
        // Reported of domains that many shares are made for at once; the words are ours.
        return Ok(End::Failed(until, "Another association of this resource is still in progress.".to_owned()));
    }
    call.store.put(BUSY, arn, &Busy { share: share.id.clone(), until })?;
    Ok(End::Associated(until))
}

/// How the association with the principal ends, and whether that is an outsider.
fn associate_principal(call: &Call<'_>, share: &Share, principal: &str, from: Timestamp) -> ApiResult<(End, bool)> {
    let organization = sharing_organization(call)?;
    let done = End::Associated(from + CHANGE);
    if let Some(rest) = principal.strip_prefix("arn:aws:organizations::") {
        return match organization {
            Some(management) if stands_for(call, &management, rest)? => Ok((done, false)),
            _ => Err(unknown(format!("{principal} could not be found in your organization."))),
        };
    }
    if principal.len() != 12 || !principal.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(format!("Principal ID {principal} is malformed. Verify the ID and try again.")));
    }
    if principal == share.account {
        return Err(invalid("A resource cannot be shared with the account that owns it."));
    }
    let theirs = organizations::membership(&call.store, principal)?.map(|membership| membership.management);
    if organization.is_some() && theirs == organization {
        return Ok((done, false));
    }
    if !share.allow_external {
        return Err(not_permitted(
            "The resource you are attempting to share can only be shared within your AWS Organization. This error may \
             also occur if you have not enabled sharing with your AWS organization, or that onboarding process is \
             still in progress.",
        ));
    }
    Ok((End::Invited(invite(call, share, principal)?), true))
}

/// Whether `rest`, an ARN behind its service, is that of the organization which `management` rules, or of a unit in it.
fn stands_for(call: &Call<'_>, management: &str, rest: &str) -> ApiResult<bool> {
    let Some(membership) = organizations::membership(&call.store, management)? else { return Ok(false) };
    let Some((account, resource)) = rest.split_once(':') else { return Ok(false) };
    let ours = account == management;
    match resource.split('/').collect::<Vec<_>>().as_slice() {
        ["organization", id] => Ok(ours && *id == membership.organization),
        ["ou", id, unit] => {
            let known = organizations::has_node(&call.store, management, unit)?;
            Ok(ours && *id == membership.organization && known)
        }
        _ => Ok(false),
    }
}

/// `AssociateResourceShare`.
pub(super) fn associate_resource_share(call: &mut Call<'_>, input: Value) -> ApiResult {
    change(call, "AssociateResourceShare", &input, |call, share| add(call, share, &input, call.now))
}

/// `DisassociateResourceShare`.
pub(super) fn disassociate_resource_share(call: &mut Call<'_>, input: Value) -> ApiResult {
    change(call, "DisassociateResourceShare", &input, |call, share| {
        let (resources, principals) = (strings(&input, "resourceArns"), strings(&input, "principals"));
        for arn in &resources {
            leave(&mut share.resources, arn, call.now)?;
        }
        for principal in &principals {
            leave(&mut share.principals, principal, call.now)?;
            withdraw(call, share, principal)?;
        }
        Ok([resources, principals].concat())
    })
}

fn leave(associations: &mut [Association], entity: &str, now: Timestamp) -> ApiResult<()> {
    let association = associations.iter_mut().find(|known| known.entity == entity && known.removed.is_none());
    let association = association.ok_or_else(|| unknown(format!("{entity} is not associated with the share.")))?;
    association.removed = Some(now);
    Ok(())
}

/// Changes associations of a share by `act`, which gives the resources and principals that it has changed.
fn change(
    call: &mut Call<'_>,
    operation: &str,
    input: &Value,
    act: impl FnOnce(&Call<'_>, &mut Share) -> ApiResult<Vec<String>>,
) -> ApiResult {
    let arn = required(input, "resourceShareArn");
    let mut share = enter_active(call, operation, arn, |access| requested(access, input))?;
    once(call, operation, input, |call| {
        if ["resourceArns", "principals"].iter().all(|member| strings(input, member).is_empty()) {
            return Err(invalid("At least one resource or principal is required."));
        }
        let touched = act(call, &mut share)?;
        share.save(call, &touched)?;
        let touched = |known: &&Association| touched.contains(&known.entity);
        let resources = share.resources.iter().filter(touched);
        let principals = share.principals.iter().filter(touched);
        let told: Vec<Value> = resources
            .map(|known| share.describe_association(call.now, "RESOURCE", known))
            .chain(principals.map(|known| share.describe_association(call.now, "PRINCIPAL", known)))
            .collect();
        Ok(json!({"resourceShareAssociations": told}))
    })
}

/// `GetResourceShareAssociations`.
pub(super) fn get_resource_share_associations(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("ram:GetResourceShareAssociations", "*"))?;
    let kind = required(&input, "associationType");
    for (member, other) in [("resourceArn", "PRINCIPAL"), ("principal", "RESOURCE")] {
        if kind == other && text(&input, member).is_some() {
            return Err(invalid(format!("{member} cannot be specified if the association type is {other}.")));
        }
    }
    let all = each(shares_of(call, "SELF", &input)?, |share| match kind {
        "RESOURCE" => share.resources.clone(),
        "PRINCIPAL" => share.principals.clone(),
        _ => Vec::new(),
    });
    let entity = text(&input, "resourceArn").or_else(|| text(&input, "principal"));
    let status = text(&input, "associationStatus");
    let wanted = |(_, known): &(usize, Association)| {
        entity.is_none_or(|entity| entity == known.entity)
            && status.is_none_or(|status| status == known.status(call.now))
    };
    let Each { shares, associations } = all;
    paged("resourceShareAssociations", associations, &input, wanted, |(index, known)| {
        shares[*index].describe_association(call.now, kind, known)
    })
}

/// Associations, each with the position of its share.
struct Each {
    shares: Vec<Share>,
    associations: Vec<(usize, Association)>,
}

fn each(shares: Vec<Share>, of: impl Fn(&Share) -> Vec<Association>) -> Each {
    let numbered = shares.iter().enumerate();
    let associations = numbered.flat_map(|(index, share)| of(share).into_iter().map(move |known| (index, known)));
    Each { associations: associations.collect(), shares }
}

/// `ListPrincipals`: whom the caller shares with, or who shares with the caller. What holds by now is told, not what is
/// under way.
pub(super) fn list_principals(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("ram:ListPrincipals", "*"))?;
    known_type(&input)?;
    let (now, owner) = (call.now, required(&input, "resourceOwner"));
    let all = each(shares_of(call, owner, &input)?, |share| match owner {
        "SELF" => share.principals.clone(),
        // One for the owner, as old as what it shares.
        _ => holding(&share.resources, now)
            .take(1)
            .map(|known| Association { entity: share.account.clone(), ..known.clone() })
            .collect(),
    });
    let (resource, principals) = (text(&input, "resourceArn"), strings(&input, "principals"));
    let Each { shares, associations } = all;
    let viewer = &call.caller.account;
    let wanted = |(index, known): &(usize, Association)| {
        let has = |arn: &str| holding(&shares[*index].resources, now).any(|resource| resource.entity == arn);
        known.status(now) == "ASSOCIATED" && lets(&principals, &known.entity) && resource.is_none_or(has)
    };
    paged("principals", associations, &input, wanted, |(index, known)| {
        let share = &shares[*index];
        let invited = share.principals.iter().any(|known| known.entity == *viewer && known.external);
        json!({
            "id": known.entity, "resourceShareArn": share.arn(), "external": known.external || invited,
            "creationTime": epoch_seconds(known.started), "lastUpdatedTime": epoch_seconds(known.updated(now)),
        })
    })
}

/// `ListResources`: what the caller shares, or what is shared with the caller.
pub(super) fn list_resources(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("ram:ListResources", "*"))?;
    known_type(&input)?;
    let (now, owner) = (call.now, required(&input, "resourceOwner"));
    let Each { shares, associations } = each(shares_of(call, owner, &input)?, |share| share.resources.clone());
    let (principal, arns) = (text(&input, "principal"), strings(&input, "resourceArns"));
    let wanted = |(index, known): &(usize, Association)| {
        let share = &shares[*index];
        let with = |principal: &str| match owner {
            "SELF" => holding(&share.principals, now).any(|known| known.entity == principal),
            _ => share.account == principal,
        };
        known.status(now) == "ASSOCIATED"
            && lets(&arns, &known.entity)
            && principal.is_none_or(with)
            && text(&input, "resourceRegionScope") != Some("GLOBAL")
    };
    paged("resources", associations, &input, wanted, |(index, known)| {
        json!({
            "arn": known.entity, "type": DOMAIN, "resourceShareArn": shares[*index].arn(), "status": "AVAILABLE",
            "creationTime": epoch_seconds(known.started), "lastUpdatedTime": epoch_seconds(known.updated(now)),
            "resourceRegionScope": "REGIONAL",
        })
    })
}

fn holding(associations: &[Association], now: Timestamp) -> impl Iterator<Item = &Association> {
    associations.iter().filter(move |known| known.status(now) == "ASSOCIATED")
}

fn known_type(input: &Value) -> ApiResult<()> {
    match text(input, "resourceType") {
        Some(kind) if !kind.eq_ignore_ascii_case(DOMAIN) => {
            Err(ApiError::new(400, "InvalidResourceTypeException", format!("The resource type {kind} is not valid.")))
        }
        _ => Ok(()),
    }
}
