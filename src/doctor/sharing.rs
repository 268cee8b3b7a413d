//! RAM: how the domain comes into the accounts.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ram::types::{
    ResourceOwner, ResourceShare, ResourceShareAssociation, ResourceShareAssociationStatus,
    ResourceShareAssociationType, ResourceShareInvitationStatus, ResourceShareStatus,
};

use super::{Area, Examination, Finding, Status};
use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::domain::survey::{self, Domain};
use crate::error::Result;

/// RAM, as Organizations knows it.
const RAM: &str = "ram.amazonaws.com";
/// How the permissions begin that are made for domains of version V2.
const CURRENT: [&str; 2] =
    ["AWSRAMPermissionsAmazonDatazoneDomainExtended", "AWSRAMPermissionAmazonDataZoneDomainFullAccess"];
/// The permission that aiops gives.
const USUAL: &str = "AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess";

pub(super) async fn examine(examination: &Examination<'_>) -> Result<Vec<Finding>> {
    let mut findings = vec![organization(examination).await];
    let Some((session, domain)) = examination.domain().await? else {
        findings.extend(examination.without_domain(Area::Sharing));
        return Ok(findings);
    };
    let shares = Shares::of(&session, &domain).await?;
    findings.extend(shares.findings(&session).await?);
    let sent = &shares;
    findings.extend(
        examination
            .each_account(Area::Sharing, async |account, member| {
                if member.account == session.account {
                    return Ok(Vec::new());
                }
                let member = member.in_region(&session.region);
                let mut found = invitations(&member, sent).await?;
                if found.is_empty() && !survey::sees(&member, &domain).await? {
                    let place = &account.place;
                    let what = format!("the account does not see domain {}", domain.id);
                    found.push(
                        Finding::new(Area::Sharing, &place.account, "association", Status::Problem, what)
                            .why("no project can have anything in an account that is not associated with the domain")
                            .fix("share the domain with it")
                            .command("aiops domain apply"),
                    );
                }
                Ok(found)
            })
            .await,
    );
    if findings.iter().all(|finding| finding.check != "association" && finding.check != "invitation") {
        let what = "every account that could be asked sees the domain";
        findings.push(Finding::new(Area::Sharing, &session.account, "association", Status::Ok, what));
    }
    Ok(findings)
}

/// Whether shares within the organization need no invitations.
async fn organization(examination: &Examination<'_>) -> Finding {
    let management = examination.world.landscape.management();
    let finding = |status, what: &str| Finding::new(Area::Sharing, &management.account, "organization", status, what);
    if !examination.world.config.domain.organization_sharing {
        return finding(Status::Skipped, "aiops.yaml asks for invitations: `organization-sharing: false`");
    }
    match is_trusted(examination).await {
        Ok(true) => finding(Status::Ok, "RAM may share within the organization"),
        Ok(false) => finding(Status::Problem, "RAM may not share within the organization")
            .why("every account has to accept an invitation before it sees the domain, and those end after 7 days")
            .fix("turn it on as administrator of the management account")
            .command("aws ram enable-sharing-with-aws-organization"),
        Err(error) => Finding::unasked(Area::Sharing, &management.account, &error),
    }
}

async fn is_trusted(examination: &Examination<'_>) -> Result<bool> {
    let session = examination.studio.session(examination.world.landscape.management()).await?;
    let services = session.organizations().list_aws_service_access_for_organization().into_paginator().send();
    let services = services.try_collect().await.map_err(AwsError::from)?;
    let services: Vec<_> =
        services.into_iter().flat_map(|page| page.enabled_service_principals.unwrap_or_default()).collect();
    Ok(services.iter().any(|service| service.service_principal() == Some(RAM)))
}

/// The shares that a domain is in.
struct Shares {
    shares: Vec<ResourceShare>,
    associations: Vec<ResourceShareAssociation>,
}

impl Shares {
    async fn of(session: &Session, domain: &Domain) -> Result<Self> {
        let ram = session.ram();
        let resources = ram
            .get_resource_share_associations()
            .association_type(ResourceShareAssociationType::Resource)
            .resource_arn(&domain.arn)
            .into_paginator()
            .send();
        let resources = resources.try_collect().await.map_err(AwsError::from)?;
        let resources: Vec<_> =
            resources.into_iter().flat_map(|page| page.resource_share_associations.unwrap_or_default()).collect();
        let ended = |status: Option<&ResourceShareAssociationStatus>| {
            matches!(
                status,
                Some(ResourceShareAssociationStatus::Disassociated | ResourceShareAssociationStatus::Disassociating)
            )
        };
        let mut associations: Vec<_> = resources.into_iter().filter(|one| !ended(one.status())).collect();
        let arns: BTreeSet<String> = associations.iter().filter_map(|one| one.resource_share_arn.clone()).collect();
        let arns: Vec<String> = arns.into_iter().collect();
        let mut shares = Vec::new();
        // RAM takes so many at once, and takes none for all.
        for some in arns.chunks(100) {
            let principals = ram
                .get_resource_share_associations()
                .association_type(ResourceShareAssociationType::Principal)
                .set_resource_share_arns(Some(some.to_vec()))
                .into_paginator()
                .send();
            let principals = principals.try_collect().await.map_err(AwsError::from)?;
            let principals: Vec<_> =
                principals.into_iter().flat_map(|page| page.resource_share_associations.unwrap_or_default()).collect();
            associations.extend(principals.into_iter().filter(|one| !ended(one.status())));
            let found = ram
                .get_resource_shares()
                .resource_owner(ResourceOwner::SelfValue)
                .set_resource_share_arns(Some(some.to_vec()))
                .into_paginator()
                .send();
            let found = found.try_collect().await.map_err(AwsError::from)?;
            shares.extend(found.into_iter().flat_map(|page| page.resource_shares.unwrap_or_default()));
        }
        shares.retain(|share| {
            !matches!(share.status(), Some(ResourceShareStatus::Deleted | ResourceShareStatus::Deleting))
        });
        Ok(Shares { shares, associations })
    }

    fn has(&self, share: &str) -> bool {
        self.shares.iter().any(|known| known.resource_share_arn() == Some(share))
    }

    async fn findings(&self, session: &Session) -> Result<Vec<Finding>> {
        let account = session.account.as_str();
        let finding = |status, what: String| Finding::new(Area::Sharing, account, "share", status, what);
        let again = "apply makes the share anew; RAM fails shares that are made side by side";
        let mut findings = Vec::new();
        for share in &self.shares {
            let name = share.name().unwrap_or_default();
            let status = share.status().map_or("unknown", ResourceShareStatus::as_str);
            if status != ResourceShareStatus::Active.as_str() {
                let reason = share.status_message().map(|text| format!(": {text}")).unwrap_or_default();
                findings.push(
                    finding(Status::Problem, format!("share {name} is {status}{reason}"))
                        .why("the accounts of the share do not see the domain")
                        .fix(again)
                        .command("aiops domain apply"),
                );
            }
            findings.extend(self.permission(session, share).await?);
        }
        let broken = self.associations.iter().filter(|one| {
            one.status() != Some(&ResourceShareAssociationStatus::Associated)
                && one.resource_share_arn().is_some_and(|share| self.has(share))
        });
        // What waits for an invitation is told by the account that was invited.
        let broken: BTreeMap<&str, &ResourceShareAssociation> =
            broken.filter_map(|one| Some((one.associated_entity()?, one))).collect();
        for (entity, one) in broken {
            let status = one.status().map_or("unknown", ResourceShareAssociationStatus::as_str);
            let failed = one.status() == Some(&ResourceShareAssociationStatus::Failed);
            let reason = one.status_message().map(|text| format!(": {text}")).unwrap_or_default();
            let share = one.resource_share_name().unwrap_or_default();
            let bad = if failed { Status::Problem } else { Status::Warning };
            findings.push(
                finding(bad, format!("{entity} in share {share} is {status}{reason}"))
                    .why("the account does not see the domain")
                    .fix(if failed { again } else { "wait a minute, or let the account accept the invitation" })
                    .command(if failed { "aiops domain apply" } else { "aiops doctor --only sharing" }),
            );
        }
        if findings.is_empty() && !self.shares.is_empty() {
            let what = format!("{} shares are active, with the current permission", self.shares.len());
            findings.push(finding(Status::Ok, what));
        }
        Ok(findings)
    }

    /// Whether a share permits what today's domains need: AWS moves no share to a new version by itself.
    async fn permission(&self, session: &Session, share: &ResourceShare) -> Result<Option<Finding>> {
        let arn = share.resource_share_arn().unwrap_or_default();
        let permissions = session.ram().list_resource_share_permissions().resource_share_arn(arn);
        let permissions = permissions.into_paginator().send();
        let permissions = permissions.try_collect().await.map_err(AwsError::from)?;
        let permissions: Vec<_> =
            permissions.into_iter().flat_map(|page| page.permissions.unwrap_or_default()).collect();
        let Some(permission) = permissions.first() else { return Ok(None) };
        let (name, version) = (permission.name().unwrap_or_default(), permission.version().unwrap_or_default());
        let current = CURRENT.iter().any(|begin| name.starts_with(begin));
        if current && permission.default_version() != Some(false) {
            return Ok(None);
        }
        let wanted = match permission.arn().filter(|_| current) {
            Some(arn) => arn.to_owned(),
            None => {
                let partition = crate::config::partition(&session.region);
                format!("arn:{partition}:ram::aws:permission/{USUAL}")
            }
        };
        let what =
            format!("share {} has an outdated permission: {name}, version {version}", share.name().unwrap_or_default());
        Ok(Some(
            Finding::new(Area::Sharing, &session.account, "permission", Status::Warning, what)
                .why("the account may not call what newer features of SageMaker Unified Studio need")
                .fix("give the share the current permission, in its newest version")
                .command(format!(
                    "aws ram associate-resource-share-permission --replace --resource-share-arn {arn} \
                     --permission-arn {wanted}"
                )),
        ))
    }
}

/// Invitations to shares of the domain that the account has not taken.
async fn invitations(member: &Session, shares: &Shares) -> Result<Vec<Finding>> {
    let invitations = member.ram().get_resource_share_invitations().into_paginator().send();
    let invitations = invitations.try_collect().await.map_err(AwsError::from)?;
    let invitations: Vec<_> =
        invitations.into_iter().flat_map(|page| page.resource_share_invitations.unwrap_or_default()).collect();
    let open = invitations.iter().filter(|one| {
        one.status() == Some(&ResourceShareInvitationStatus::Pending)
            && one.resource_share_arn().is_some_and(|share| shares.has(share))
    });
    let found = open.map(|one| {
        let arn = one.resource_share_invitation_arn().unwrap_or_default();
        let what = format!("the invitation to {} waits to be accepted", one.resource_share_name().unwrap_or_default());
        Finding::new(Area::Sharing, &member.account, "invitation", Status::Problem, what)
            .why("the account does not see the domain before, and the invitation ends after 7 days")
            .fix("accept it as administrator of this account, or let apply do it")
            .command(format!(
                "aws ram accept-resource-share-invitation --resource-share-invitation-arn {arn} --region {}",
                member.region
            ))
    });
    Ok(found.collect())
}
