//! Other services of AWS in the organization: trusted access, and who administers them for everybody.

use serde_json::{Value, json};

use super::tree::{Delegation, Organization};
use super::{Audience, account_not_found, constraint, cut, enter, enter_with, invalid_input, listed, paged};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};

pub(super) fn enable_aws_service_access(call: &mut Call<'_>, input: Value) -> ApiResult {
    trust_service(call, required(&input, "ServicePrincipal"))?;
    Ok(json!({}))
}

/// Gives a service of AWS's trusted access to the organization of the caller, who must be its management account and
/// permitted `organizations:EnableAWSServiceAccess`. Once given, it stays as it is.
pub fn trust_service(call: &mut Call<'_>, service: &str) -> ApiResult<()> {
    let mut organization =
        enter_with(call, Audience::Management, |_| vec![about("EnableAWSServiceAccess", "*", service)])?;
    if !service.ends_with(".amazonaws.com") {
        return Err(invalid_input("You specified an unrecognized service principal."));
    }
    organization.services.entry(service.to_owned()).or_insert(call.now);
    organization.save(call)
}

pub(super) fn list_aws_service_access_for_organization(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter(call, "ListAWSServiceAccessForOrganization", Audience::Readers, |_| Vec::new())?;
    let services = organization.services.iter();
    let services =
        services.map(|(name, since)| json!({"ServicePrincipal": name, "DateEnabled": epoch_seconds(*since)}));
    paged("EnabledServicePrincipals", services.collect(), &input)
}

pub(super) fn register_delegated_administrator(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (mut organization, account, service) = enter_delegation(call, "RegisterDelegatedAdministrator", &input)?;
    if account == organization.management {
        return Err(constraint("You cannot register the management account as a delegated administrator."));
    }
    if !organization.services.contains_key(service) {
        return Err(constraint(
            "You attempted to register a delegated administrator before you enabled service access. \
             Call the EnableAWSServiceAccess API first.",
        ));
    }
    if position(&organization, account, service).is_some() {
        let message = "The specified account is already a delegated administrator for this AWS service.";
        return Err(ApiError::new(400, "AccountAlreadyRegisteredException", message));
    }
    let delegation = Delegation { account: account.to_owned(), service: service.to_owned(), since: call.now };
    organization.delegated.push(delegation);
    organization.save(call)?;
    Ok(json!({}))
}

pub(super) fn deregister_delegated_administrator(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (mut organization, account, service) = enter_delegation(call, "DeregisterDelegatedAdministrator", &input)?;
    let position = position(&organization, account, service).ok_or_else(|| {
        let message = "The specified account is not a delegated administrator for this AWS service.";
        ApiError::new(400, "AccountNotRegisteredException", message)
    })?;
    organization.delegated.remove(position);
    organization.save(call)?;
    Ok(json!({}))
}

pub(super) fn list_delegated_administrators(call: &mut Call<'_>, input: Value) -> ApiResult {
    let service = text(&input, "ServicePrincipal");
    let organization = enter_with(call, Audience::Readers, |_| {
        let access = Access::new("organizations:ListDelegatedAdministrators", "*");
        vec![service.into_iter().fold(access, |access, service| access.key("organizations:ServicePrincipal", service))]
    })?;
    let mut accounts: Vec<&str> = organization.delegated.iter().map(|known| known.account.as_str()).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let (accounts, token) = cut(accounts, &input)?;
    let mut administrators = Vec::new();
    for account in accounts {
        let mut delegations = organization.delegated.iter().filter(|known| known.account == account);
        let delegation = delegations.find(|known| service.is_none_or(|service| service == known.service));
        if let Some((delegation, member)) = delegation.zip(organization.member(call, account)?) {
            let mut administrator = organization.describe_account(&member);
            administrator["DelegationEnabledDate"] = epoch_seconds(delegation.since);
            if let Some(members) = administrator.as_object_mut() {
                members.remove("Paths");
            }
            administrators.push(administrator);
        }
    }
    Ok(listed("DelegatedAdministrators", administrators, token))
}

/// The organization, and the account and the service that the input names. The account must be a member.
fn enter_delegation<'v>(
    call: &mut Call<'_>,
    action: &str,
    input: &'v Value,
) -> ApiResult<(Organization, &'v str, &'v str)> {
    let (account, service) = (required(input, "AccountId"), required(input, "ServicePrincipal"));
    let organization = enter_with(call, Audience::Management, |organization| {
        vec![about(action, &organization.account_arn(account), service)]
    })?;
    organization.member(call, account)?.ok_or_else(account_not_found)?;
    Ok((organization, account, service))
}

fn about(action: &str, resource: &str, service: &str) -> Access {
    Access::new(format!("organizations:{action}"), resource).key("organizations:ServicePrincipal", service)
}

fn position(organization: &Organization, account: &str, service: &str) -> Option<usize> {
    organization.delegated.iter().position(|known| known.account == account && known.service == service)
}
