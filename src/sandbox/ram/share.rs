//! A resource share as the store keeps it, and what time makes of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sandbox::call::{ApiResult, Call, epoch_seconds, page_of_documents};
use crate::sandbox::datazone::sharing;
use crate::sandbox::organizations;
use crate::sandbox::store::StoreError;

// AWS tells none of these times. They are of the size that its users report.
/// How long a new share is `PENDING`.
const ACTIVATION: SignedDuration = SignedDuration::from_secs(3);
/// How long an association is `ASSOCIATING` or `DISASSOCIATING`, and a share `DELETING`.
pub(super) const CHANGE: SignedDuration = SignedDuration::from_secs(5);
/// How long after its association DataZone shows a domain to the account that it is shared with.
const SPREAD: SignedDuration = SignedDuration::from_secs(15);
/// How long a deleted share is still told of.
const AFTERLIFE: SignedDuration = SignedDuration::from_hours(2);

/// A share, kept under its owner, Region and id.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Share {
    pub id: String,
    pub account: String,
    pub region: String,
    pub name: String,
    pub allow_external: bool,
    /// As it was asked for.
    pub configuration: Option<Value>,
    pub tags: BTreeMap<String, String>,
    /// Name of its permission for domains, and when it came to it.
    pub permission: Option<(String, Timestamp)>,
    pub resources: Vec<Association>,
    pub principals: Vec<Association>,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub deleted: Option<Timestamp>,
}

/// What a share shares, or with whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Association {
    /// ARN of the resource, or the principal.
    pub entity: String,
    pub external: bool,
    pub started: Timestamp,
    pub end: End,
    /// When it was taken back.
    pub removed: Option<Timestamp>,
}

/// How an association ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum End {
    /// Well, at that moment.
    Associated(Timestamp),
    /// Badly, at that moment, for this reason.
    Failed(Timestamp, String),
    /// Not before its invitation is accepted, and not at all once that has expired.
    Invited(Timestamp),
    /// The invitation was rejected.
    Rejected(Timestamp),
}

impl Share {
    const KIND: &'static str = "ram/share";
    /// Keys of shares by Region and principal.
    const WITH: &'static str = "ram/shared-with";

    /// The share that an ARN means.
    pub fn by_arn(call: &Call<'_>, arn: &str) -> Result<Option<Self>, StoreError> {
        let mut parts = arn.splitn(6, ':').skip(3);
        let (region, account, rest) = (parts.next(), parts.next(), parts.next());
        let id = rest.and_then(|rest| rest.strip_prefix("resource-share/")).unwrap_or_default();
        let key = format!("{}/{}/{id}", account.unwrap_or_default(), region.unwrap_or_default());
        let share: Option<Self> = call.store.get(Self::KIND, &key)?;
        Ok(share.filter(|share| share.region == call.region && !share.is_gone(call.now)))
    }

    /// The caller's shares in the Region that is asked.
    pub fn own(call: &Call<'_>) -> Result<Vec<Self>, StoreError> {
        let all = call.store.list::<Self>(Self::KIND, &call.key(""))?.into_iter().map(|(_, share)| share);
        Ok(all.filter(|share| !share.is_gone(call.now)).collect())
    }

    /// A page of the caller's shares in the Region that is asked.
    pub fn own_page(call: &Call<'_>, size: usize, token: Option<&str>) -> ApiResult<(Vec<Self>, Option<String>)> {
        let (mut shares, token) = page_of_documents::<Self>(&call.store, Self::KIND, &call.key(""), size, token)?;
        shares.retain(|share| !share.is_gone(call.now));
        Ok((shares, token))
    }

    /// Other accounts' shares that have come to the caller.
    pub fn received(call: &Call<'_>) -> Result<Vec<Self>, StoreError> {
        let mut received: Vec<Self> = Vec::new();
        for name in organizations::names_of(&call.store, &call.caller.account)? {
            for share in Self::with(call, &name)? {
                let arrived =
                    share.principals.iter().any(|known| known.entity == name && known.status(call.now) == "ASSOCIATED");
                let known = received.iter().any(|known| known.id == share.id);
                if arrived && !known && share.account != call.caller.account {
                    received.push(share);
                }
            }
        }
        Ok(received)
    }

    /// The shares of whomever with `principal`, in the Region that is asked.
    fn with(call: &Call<'_>, principal: &str) -> Result<Vec<Self>, StoreError> {
        let mut shares = Vec::new();
        for (_, key) in call.store.list::<String>(Self::WITH, &format!("{}/{principal}/", call.region))? {
            shares.extend(call.store.get::<Self>(Self::KIND, &key)?);
        }
        Ok(shares)
    }

    /// Keeps the share, and lets DataZone know what has become of the `touched` resources and principals.
    pub fn save(&mut self, call: &Call<'_>, touched: &[String]) -> ApiResult<()> {
        self.updated = call.now;
        let key = self.key();
        call.store.put(Self::KIND, &key, self)?;
        let is_touched = |association: &&Association| touched.contains(&association.entity);
        for principal in self.principals.iter().filter(is_touched) {
            let index = format!("{}/{}/{}/{}", self.region, principal.entity, self.account, self.id);
            match principal.removed {
                None => call.store.put(Self::WITH, &index, &key)?,
                Some(_) => drop(call.store.delete(Self::WITH, &index)?),
            }
        }
        for principal in &self.principals {
            for resource in self.resources.iter().filter(|resource| is_touched(resource) || is_touched(&principal)) {
                Self::tell(call, &resource.entity, &principal.entity)?;
            }
        }
        Ok(())
    }

    /// Tells DataZone from when on the principal sees the domain, by whichever share comes first.
    fn tell(call: &Call<'_>, domain: &str, principal: &str) -> ApiResult<()> {
        let since = Self::with(call, principal)?.iter().filter_map(|share| share.shared(domain, principal)).min();
        match since {
            Some(since) => sharing::associate(&call.store, domain, principal, since + SPREAD)?,
            None => drop(sharing::dissociate(&call.store, domain, principal)?),
        }
        Ok(())
    }

    /// Since when, or from when on, the share shares `resource` with `principal`.
    fn shared(&self, resource: &str, principal: &str) -> Option<Timestamp> {
        let since = |associations: &[Association], entity: &str| {
            associations.iter().find(|known| known.entity == entity)?.associated()
        };
        Some(since(&self.resources, resource)?.max(since(&self.principals, principal)?))
    }

    /// Where the store has it.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.id)
    }

    /// ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:ram:{}:{}:resource-share/{}", self.region, self.account, self.id)
    }

    /// The moment at which it becomes, or became, `ACTIVE`.
    pub fn active(&self) -> Timestamp {
        self.created + ACTIVATION
    }

    /// AWS's word for its state.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.deleted {
            Some(deleted) if now < deleted + CHANGE => "DELETING",
            Some(_) => "DELETED",
            None if now < self.active() => "PENDING",
            None => "ACTIVE",
        }
    }

    fn is_gone(&self, now: Timestamp) -> bool {
        self.deleted.is_some_and(|deleted| now >= deleted + AFTERLIFE)
    }

    /// As `GetResourceShares` tells of it. Tags are the owner's business.
    pub fn describe(&self, now: Timestamp, viewer: &str) -> Value {
        let mut share = json!({
            "resourceShareArn": self.arn(), "name": self.name, "owningAccountId": self.account,
            "allowExternalPrincipals": self.allow_external, "status": self.status(now),
            "creationTime": epoch_seconds(self.created), "lastUpdatedTime": epoch_seconds(self.updated),
            "featureSet": "STANDARD",
        });
        if viewer == self.account {
            share["tags"] = self.tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        }
        if let Some(configuration) = &self.configuration {
            share["resourceShareConfiguration"] = configuration.clone();
        }
        share
    }

    /// As `GetResourceShareAssociations` tells of one of its associations.
    pub fn describe_association(&self, now: Timestamp, kind: &str, association: &Association) -> Value {
        let mut told = json!({
            "resourceShareArn": self.arn(), "resourceShareName": self.name, "associatedEntity": association.entity,
            "associationType": kind, "status": association.status(now), "external": association.external,
            "creationTime": epoch_seconds(association.started),
            "lastUpdatedTime": epoch_seconds(association.updated(now)),
        });
        if let (End::Failed(_, reason), "FAILED") = (&association.end, association.status(now)) {
            told["statusMessage"] = json!(reason);
        }
        told
    }
}

impl Association {
    /// AWS's word for its state. No document says what becomes of an association whose invitation leads nowhere.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match (self.removed, &self.end) {
            (Some(removed), _) if now < removed + CHANGE => "DISASSOCIATING",
            (Some(_), _) => "DISASSOCIATED",
            (None, End::Associated(at) | End::Failed(at, _) | End::Invited(at)) if now < *at => "ASSOCIATING",
            (None, End::Associated(_)) => "ASSOCIATED",
            (None, End::Failed(..)) => "FAILED",
            (None, End::Invited(_) | End::Rejected(_)) => "DISASSOCIATED",
        }
    }

    /// The moment from which on it holds, if it ever does.
    fn associated(&self) -> Option<Timestamp> {
        match (self.removed, &self.end) {
            (None, End::Associated(at)) => Some(*at),
            _ => None,
        }
    }

    /// When it changed last.
    pub fn updated(&self, now: Timestamp) -> Timestamp {
        let (End::Associated(end) | End::Failed(end, _) | End::Invited(end) | End::Rejected(end)) = &self.end;
        let moments = [Some(*end), self.removed, self.removed.map(|removed| removed + CHANGE)];
        moments.into_iter().flatten().filter(|moment| *moment <= now).max().unwrap_or(self.started)
    }
}
