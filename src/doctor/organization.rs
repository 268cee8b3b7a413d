//! AWS Organizations: whether it can be read, and whether every account is in it.

use std::collections::BTreeMap;

use super::{Area, Examination, Finding, Status};
use crate::aws::error::{AwsError, Class};
use crate::error::Result;

/// What an account is in no state other than.
const ACTIVE: &str = "ACTIVE";

pub(super) async fn examine(examination: &Examination<'_>) -> Result<Vec<Finding>> {
    let world = examination.world;
    let sharing = world.config.domain.organization_sharing;
    let bad = if sharing { Status::Problem } else { Status::Warning };
    let management = world.landscape.management();
    let account = &management.account;
    let organizations = examination.studio.session(management).await?.organizations();
    let finding = |check: &str, status, what: String| Finding::new(Area::Organization, account, check, status, what);
    let without = "accounts can only be created, moved, and associated without invitations in an organization";
    let described = organizations.describe_organization().send().await.map_err(AwsError::from);
    let organization = match described {
        Ok(output) => output.organization,
        Err(error) if error.code() == "AWSOrganizationsNotInUseException" => {
            let fix = "make an organization, or write `organization-sharing: false` under `domain` in aiops.yaml";
            return Ok(vec![
                finding("access", bad, "the account is in no organization".to_owned())
                    .why(without)
                    .fix(fix)
                    .command("aws organizations create-organization --feature-set ALL"),
            ]);
        }
        Err(error) if error.class() == Class::Denied => {
            return Ok(vec![not_permitted(finding("access", bad, error.to_string()), without)]);
        }
        Err(error) => return Err(error.into()),
    };
    let master = organization.as_ref().and_then(|found| found.master_account_id()).unwrap_or_default();
    let id = organization.as_ref().and_then(|found| found.id()).unwrap_or_default();
    let mut wanted: BTreeMap<String, Option<String>> =
        examination.places().into_iter().map(|place| (place.account.to_string(), None)).collect();
    let mut pages = organizations.list_accounts().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(AwsError::from) {
            Ok(page) => page,
            // Any account may describe its organization; only some may list it.
            Err(error) if error.class() == Class::Denied => {
                let finding = finding("access", bad, format!("the accounts of {id} cannot be listed: {error}"));
                let fix = format!(
                    "name the management account in aiops.yaml: `management: {{ account: \"{master}\" }}`; or make \
                     this account a delegated administrator of the organization"
                );
                return Ok(vec![finding.why(without).fix(fix).command(format!(
                    "aws organizations register-delegated-administrator --account-id {account} \
                     --service-principal ram.amazonaws.com"
                ))]);
            }
            Err(error) => return Err(error.into()),
        };
        for listed in page.accounts() {
            if let Some(state) = listed.id().and_then(|number| wanted.get_mut(number)) {
                let told = listed.state().map(|state| state.as_str());
                // `Status` is what `State` was called before.
                let told = told.or_else(|| listed.status().map(|status| status.as_str()));
                *state = Some(told.unwrap_or(ACTIVE).to_owned());
            }
        }
    }
    let mut findings =
        vec![finding("access", Status::Ok, format!("organization {id} of account {master} can be read"))];
    let count = wanted.len();
    for (account, state) in wanted {
        let finding = |status, what| Finding::new(Area::Organization, &account, "membership", status, what);
        match state.as_deref() {
            Some(ACTIVE) => {}
            Some(state) => findings.push(
                finding(Status::Problem, format!("the account is {state}"))
                    .why("nothing can be made or run in an account that is not active")
                    .fix("reopen it within 90 days through AWS Support, or take it out of aiops.yaml"),
            ),
            None => findings.push(
                finding(bad, format!("the account is not in organization {id}"))
                    .why("a domain is shared with it by invitation only, and no policy of the organization holds there")
                    .fix(format!("correct its number in aiops.yaml, or invite it from account {master}"))
                    .command(format!(
                        "aws organizations invite-account-to-organization --target Type=ACCOUNT,Id={account}"
                    )),
            ),
        }
    }
    if findings.len() == 1 {
        findings.push(finding("membership", Status::Ok, format!("all {count} accounts are in it, and active")));
    }
    Ok(findings)
}

fn not_permitted(finding: Finding, why: &str) -> Finding {
    finding
        .why(why)
        .fix("let the administrator read the organization: `organizations:Describe*` and `organizations:List*` on `*`")
}
