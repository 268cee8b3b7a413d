//! The operations on accounts.
//!
//! `CreateAccount` takes time, as in AWS. The tag [`ACCOUNT_ID_TAG`] chooses the new account's id, so that landscapes
//! are the same every time; without it the id is random. The new account comes with the role that lets the management
//! account in.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::members::Member;
use super::{
    Audience, account_not_found, constraint, enter, enter_parent, enter_with, invalid_input, listed, scan, tags,
    tags_of,
};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};
use crate::sandbox::iam::entities::Role;
use crate::sandbox::iam::support::unique_id;

/// The tag by which a request of `CreateAccount` chooses the id.
pub const ACCOUNT_ID_TAG: &str = "aiops-sandbox:account-id";

/// How long `CreateAccount` takes.
const ACCOUNT_CREATION: Duration = Duration::from_secs(20);

/// A request for an account, kept under its organization and id.
#[derive(Serialize, Deserialize)]
struct CreationRequest {
    id: String,
    name: String,
    requested: Timestamp,
    completes: Timestamp,
    account: Option<String>,
    failure: Option<String>,
}

const REQUEST: &str = "organizations/create-account";

impl CreationRequest {
    fn state(&self, now: Timestamp) -> &'static str {
        match &self.failure {
            _ if now < self.completes => "IN_PROGRESS",
            Some(_) => "FAILED",
            None => "SUCCEEDED",
        }
    }

    fn describe(&self, now: Timestamp) -> Value {
        let state = self.state(now);
        let mut status = json!({
            "Id": self.id, "AccountName": self.name, "State": state,
            "RequestedTimestamp": epoch_seconds(self.requested),
        });
        if state != "IN_PROGRESS" {
            status["CompletedTimestamp"] = epoch_seconds(self.completes);
            for (member, value) in [("FailureReason", &self.failure), ("AccountId", &self.account)] {
                if let Some(value) = value {
                    status[member] = json!(value);
                }
            }
        }
        status
    }
}

pub(super) fn create_account(call: &mut Call<'_>, input: Value) -> ApiResult {
    let wanted = tags_of(&input)?;
    let organization = enter_with(call, Audience::Management, |_| {
        vec![Access::new("organizations:CreateAccount", "*").request_tags(&wanted)]
    })?;
    let account = match wanted.get(ACCOUNT_ID_TAG) {
        Some(id) if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) => id.clone(),
        Some(id) => return Err(invalid_input(format!("{ACCOUNT_ID_TAG} must be twelve digits, not '{id}'"))),
        None => random_account_id(call)?,
    };
    let (name, email) = (required(&input, "AccountName"), required(&input, "Email"));
    let completes = call.now.checked_add(ACCOUNT_CREATION).unwrap_or(call.now);
    if Member::find(&call.store, &account)?.is_some() {
        return Err(invalid_input(format!("the account {account} exists already")));
    }
    let taken = Member::has_email(&call.store, email)?;
    let request = CreationRequest {
        id: format!("car-{}", call.random_hex(32)?),
        name: name.to_owned(),
        requested: call.now,
        completes,
        account: (!taken).then(|| account.clone()),
        failure: taken.then(|| "EMAIL_ALREADY_EXISTS".to_owned()),
    };
    call.store.put(REQUEST, &format!("{}/{}", organization.id, request.id), &request)?;
    if !taken {
        let role_name = text(&input, "RoleName").unwrap_or("OrganizationAccountAccessRole");
        access_role(call, &organization.management, &account, role_name, completes)?.save(&call.store)?;
        tags::keep(call, &organization, &account, &wanted)?;
        let member = Member {
            account,
            management: organization.management,
            name: name.to_owned(),
            email: email.to_owned(),
            parent: organization.root,
            method: "CREATED".to_owned(),
            joined: completes,
            closed: None,
        };
        member.add(&call.store)?;
    }
    Ok(json!({"CreateAccountStatus": request.describe(call.now)}))
}

/// The role by which the management account administers a new account.
fn access_role(call: &Call<'_>, management: &str, account: &str, name: &str, created: Timestamp) -> ApiResult<Role> {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": format!("arn:aws:iam::{management}:root")},
    }]});
    let mut role = Role::new(account, "/", name, unique_id(call, "AROA")?, trust.to_string(), created);
    role.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
    Ok(role)
}

fn random_account_id(call: &Call<'_>) -> ApiResult<String> {
    let number = u64::from_str_radix(&call.random_hex(15)?, 16).unwrap_or_default();
    Ok(format!("{}", 100_000_000_000 + number % 900_000_000_000))
}

pub(super) fn describe_create_account_status(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter(call, "DescribeCreateAccountStatus", Audience::Readers, |_| Vec::new())?;
    let key = format!("{}/{}", organization.id, required(&input, "CreateAccountRequestId"));
    let request: Option<CreationRequest> = call.store.get(REQUEST, &key)?;
    let request = request.ok_or_else(|| {
        let message = "You specified a create account request ID that doesn't exist.";
        ApiError::new(400, "CreateAccountStatusNotFoundException", message)
    })?;
    Ok(json!({"CreateAccountStatus": request.describe(call.now)}))
}

pub(super) fn list_create_account_status(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter(call, "ListCreateAccountStatus", Audience::Readers, |_| Vec::new())?;
    let (found, token) = scan::<CreationRequest>(call, REQUEST, &format!("{}/", organization.id), &input)?;
    let states = input["States"].as_array().filter(|states| !states.is_empty());
    let wanted = |request: &CreationRequest| {
        states.is_none_or(|states| states.iter().any(|state| state == request.state(call.now)))
    };
    let requests = found.iter().filter(|request| wanted(request));
    Ok(listed("CreateAccountStatuses", requests.map(|request| request.describe(call.now)).collect(), token))
}

pub(super) fn describe_account(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = required(&input, "AccountId");
    let organization = enter(call, "DescribeAccount", Audience::Readers, |org| vec![org.account_arn(account)])?;
    let member = organization.member(call, account)?.ok_or_else(account_not_found)?;
    Ok(json!({"Account": organization.describe_account(&member)}))
}

pub(super) fn list_accounts(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter(call, "ListAccounts", Audience::Readers, |_| Vec::new())?;
    let (members, token) = organization.members(call, &input)?;
    Ok(listed("Accounts", members.iter().map(|member| organization.describe_account(member)).collect(), token))
}

pub(super) fn list_accounts_for_parent(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter_parent(call, "ListAccountsForParent", &input)?;
    let (members, token) = organization.children(call, required(&input, "ParentId"), &input)?;
    Ok(listed("Accounts", members.iter().map(|member| organization.describe_account(member)).collect(), token))
}

/// A closed account is suspended at once, where AWS takes some minutes; that it cannot act any more is not emulated.
pub(super) fn close_account(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = required(&input, "AccountId");
    let organization = enter(call, "CloseAccount", Audience::Management, |org| vec![org.account_arn(account)])?;
    let mut member = organization.member(call, account)?.ok_or_else(account_not_found)?;
    if account == organization.management {
        return Err(constraint("You cannot close the management account of the organization."));
    }
    if member.closed.is_some() {
        let message = "The account is already closed.";
        return Err(ApiError::new(400, "AccountAlreadyClosedException", message));
    }
    member.closed = Some(call.now);
    member.save(&call.store)?;
    Ok(json!({}))
}

pub(super) fn move_account(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = required(&input, "AccountId");
    let (from, to) = (required(&input, "SourceParentId"), required(&input, "DestinationParentId"));
    let organization = enter(call, "MoveAccount", Audience::Management, |org| {
        vec![org.account_arn(account), org.node_arn(from), org.node_arn(to)]
    })?;
    let mut member = organization.member(call, account)?.ok_or_else(account_not_found)?;
    if !organization.has_node(from) || member.parent != from {
        let message = "You specified a source root or OU that doesn't exist or isn't the account's parent.";
        return Err(ApiError::new(400, "SourceParentNotFoundException", message));
    }
    if !organization.has_node(to) {
        let message = "You specified a destination root or OU that doesn't exist.";
        return Err(ApiError::new(400, "DestinationParentNotFoundException", message));
    }
    if from == to {
        let message = "The account is already in the specified destination.";
        return Err(ApiError::new(400, "DuplicateAccountException", message));
    }
    member.move_to(&call.store, to)?;
    Ok(json!({}))
}
