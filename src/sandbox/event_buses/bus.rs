//! What a bus is, and where it is kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sandbox::call::{Access, ApiResult, Call, epoch_seconds};
use crate::sandbox::tags::Tags;

/// The bus that every account has, and that requests mean which name none.
pub(super) const DEFAULT: &str = "default";

/// An event bus.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bus {
    pub name: String,
    /// The account that owns it.
    pub account: String,
    pub region: String,
    /// None for the default bus, which nobody made.
    pub created: Option<Timestamp>,
    changed: Option<Timestamp>,
    pub policy: Option<String>,
    /// What the request that made it said of it, under AWS's names.
    pub settings: Map<String, Value>,
    pub tags: Tags,
}

impl Bus {
    const KIND: &'static str = "events/bus";

    /// A bus of the caller's, not kept yet.
    pub fn new(call: &Call<'_>, name: &str) -> Self {
        Self::of(call, &call.caller.account, name)
    }

    fn of(call: &Call<'_>, account: &str, name: &str) -> Self {
        Bus {
            name: name.to_owned(),
            account: account.to_owned(),
            region: call.region.clone(),
            created: None,
            changed: None,
            policy: None,
            settings: Map::new(),
            tags: Tags::new(),
        }
    }

    /// The bus `name` of `account` in the Region of the call.
    pub fn find(call: &Call<'_>, account: &str, name: &str) -> ApiResult<Option<Self>> {
        let kept = call.store.get(Self::KIND, &format!("{account}/{}/{name}", call.region))?;
        Ok(kept.or_else(|| (name == DEFAULT).then(|| Self::of(call, account, name))))
    }

    /// The caller's buses, by name.
    pub fn all(call: &Call<'_>) -> ApiResult<Vec<Self>> {
        let kept = call.store.list::<Bus>(Self::KIND, &call.key(""))?;
        let mut buses: Vec<Self> = kept.into_iter().map(|(_, bus)| bus).filter(|bus| bus.name != DEFAULT).collect();
        buses.extend(Self::find(call, &call.caller.account, DEFAULT)?);
        buses.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(buses)
    }

    /// Keeps the bus.
    pub fn save(&mut self, call: &Call<'_>) -> ApiResult<()> {
        self.changed = Some(call.now);
        Ok(call.store.put(Self::KIND, &self.key(), self)?)
    }

    /// Removes the bus, if it is there.
    pub fn delete(&self, call: &Call<'_>) -> ApiResult<()> {
        call.store.delete(Self::KIND, &self.key())?;
        Ok(())
    }

    fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }

    /// `arn:aws:events:R:A:event-bus/N`.
    pub fn arn(&self) -> String {
        format!("arn:aws:events:{}:{}:event-bus/{}", self.region, self.account, self.name)
    }

    /// A request for leave to do `operation` with this bus.
    pub fn access(&self, operation: &str) -> Access {
        Access::new(format!("events:{operation}"), self.arn())
            .resource_policy(self.policy.clone())
            .tags("aws:ResourceTag", &self.tags)
    }

    /// The statements of its policy.
    pub fn statements(&self) -> Vec<Value> {
        let document = self.policy.as_deref().and_then(|policy| serde_json::from_str::<Value>(policy).ok());
        match document.map(|mut document| document["Statement"].take()) {
            Some(Value::Array(statements)) => statements,
            Some(statement @ Value::Object(_)) => vec![statement],
            _ => Vec::new(),
        }
    }

    /// The bus as answers show it, with so much of its settings.
    pub fn describe(&self, settings: &[&str]) -> Value {
        let mut described = json!({"Name": self.name, "Arn": self.arn()});
        for setting in settings {
            if let Some(value) = self.settings.get(*setting) {
                described[*setting] = value.clone();
            }
        }
        if let Some(policy) = &self.policy {
            described["Policy"] = json!(policy);
        }
        for (member, moment) in [("CreationTime", self.created), ("LastModifiedTime", self.changed)] {
            if let Some(moment) = moment {
                described[member] = epoch_seconds(moment);
            }
        }
        described
    }
}

/// A policy of these statements.
pub(super) fn document(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}
