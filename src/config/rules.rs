//! What the schema cannot say: rules about several values at once.
//!
//! They read the merged values, not the typed configuration, so that they also find their mistakes in a file that has
//! others. A rule says nothing where a value that it needs is missing or malformed: the schema's check reports that.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::duration;
use super::layers::{Layers, Origin};
use super::mistake::{Mistake, quoted};
use super::schema::listing;
use super::sources::dotted;
use crate::governance::Persona;
use crate::nearest::nearest;

/// What the rules found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub mistakes: Vec<Mistake>,
    pub warnings: Vec<String>,
}

/// Applies every rule.
pub(super) fn check(layers: &Layers) -> Findings {
    let mut rules = Rules { layers, found: Findings::default() };
    rules.names_are_unique("tenants", "tenant");
    rules.names_are_unique("profiles", "profile");
    rules.prod_stands_apart();
    rules.central_stands_apart();
    rules.shared_accounts();
    rules.group_names_are_distinct();
    rules.profiles_name_tenants();
    rules.role_arns_fit_their_account();
    rules.session();
    rules.durations();
    rules.repositories();
    rules.found
}

struct Rules<'a> {
    layers: &'a Layers,
    found: Findings,
}

/// An account as one line of the file names it.
struct Account<'a> {
    pointer: String,
    id: &'a str,
    region: &'a str,
}

impl<'a> Rules<'a> {
    fn text(&self, pointer: &str) -> Option<&'a str> {
        self.layers.value.pointer(pointer)?.as_str()
    }

    fn list(&self, pointer: &str) -> &'a [Value] {
        self.layers.value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The tenants that have a name, with their pointers.
    fn tenants(&self) -> Vec<(String, &'a str)> {
        let tenants = (0..self.list("/tenants").len()).map(|index| format!("/tenants/{index}"));
        tenants.filter_map(|tenant| Some((tenant.clone(), self.text(&format!("{tenant}/name"))?))).collect()
    }

    fn account(&self, pointer: String) -> Option<Account<'a>> {
        let id = self.text(&format!("{pointer}/account"))?;
        let region = self.text(&format!("{pointer}/region")).or_else(|| self.text("/region")).unwrap_or_default();
        Some(Account { pointer, id, region })
    }

    /// Every place that names an account.
    fn accounts(&self) -> Vec<Account<'a>> {
        let mut pointers = vec!["/governance".to_owned(), "/shared-services".to_owned()];
        for index in 0..self.list("/tenants").len() {
            for set in ["stages", "data"] {
                pointers.extend(["dev", "test", "prod"].map(|stage| format!("/tenants/{index}/{set}/{stage}")));
            }
        }
        pointers.into_iter().filter_map(|pointer| self.account(pointer)).collect()
    }

    /// `mistake` with the place of the value at `pointer`, or the name of the variable or flag that set it.
    fn at(&self, mut mistake: Mistake, pointer: &str, label: &str) -> Mistake {
        match self.layers.origin(pointer) {
            Origin::File { span, .. } => mistake.at(span, label),
            Origin::Override(source) => {
                mistake.message = format!("{source}: {}", mistake.message);
                mistake
            }
            Origin::Nowhere => mistake,
        }
    }

    fn warn(&mut self, pointer: &str, message: &str) {
        let place = match (self.layers.origin(pointer), &self.layers.file) {
            (Origin::File { line, .. }, Some(file)) => format!("{}:{line}: ", file.name),
            _ => String::new(),
        };
        self.found.warnings.push(format!("{place}{message}"));
    }

    fn names_are_unique(&mut self, section: &str, what: &str) {
        let mut first: BTreeMap<&str, String> = BTreeMap::new();
        for index in 0..self.list(&format!("/{section}")).len() {
            let pointer = format!("/{section}/{index}/name");
            let Some(name) = self.text(&pointer) else { continue };
            let Some(earlier) = first.get(name) else {
                first.insert(name, pointer);
                continue;
            };
            let mistake = Mistake::new(format!("two {section} are called {}", quoted(name)))
                .help(format!("give each {what} a name of its own"));
            let mistake = self.at(mistake, &pointer, "second time");
            self.found.mistakes.push(self.at(mistake, earlier, "first time"));
        }
    }

    fn prod_stands_apart(&mut self) {
        for (tenant, name) in self.tenants() {
            let allowed = self.layers.value.pointer(&format!("{tenant}/allow-shared-prod")) == Some(&Value::Bool(true));
            for set in ["stages", "data"] {
                let account = |stage: &str| self.account(format!("{tenant}/{set}/{stage}"));
                let (Some(dev), Some(prod)) = (account("dev"), account("prod")) else { continue };
                if dev.id != prod.id {
                    continue;
                }
                let prod_account = format!("{}/account", prod.pointer);
                if allowed {
                    let message = format!(
                        "dev and prod of {} share account {}: whoever administers dev administers prod",
                        quoted(name),
                        quoted(dev.id)
                    );
                    self.warn(&prod_account, &message);
                    continue;
                }
                let mistake = Mistake::new(format!("dev and prod of {} are one account", quoted(name))).help(
                    "give prod an account of its own; or, if the two must share one, write `allow-shared-prod: true` in \
                     this tenant",
                );
                let mistake = self.at(mistake, &prod_account, "prod");
                self.found.mistakes.push(self.at(mistake, &format!("{}/account", dev.pointer), "dev"));
            }
        }
    }

    /// A registry that is central and a tenant's dev at once would have the moves of both: a lead could make there what
    /// only a governance officer may.
    fn central_stands_apart(&mut self) {
        let Some(central) = self.account("/shared-services".to_owned()) else { return };
        for (tenant, name) in self.tenants() {
            let Some(dev) = self.account(format!("{tenant}/stages/dev")) else { continue };
            if (dev.id, dev.region) != (central.id, central.region) {
                continue;
            }
            let message = format!("dev of {} and shared services are one account in one Region", quoted(name));
            let mistake = Mistake::new(message)
                .help("the rules of dev would count in the central registry: give one of them an account of its own");
            let mistake = self.at(mistake, &format!("{}/account", dev.pointer), "dev");
            self.found.mistakes.push(self.at(mistake, &format!("{}/account", central.pointer), "shared services"));
        }
    }

    /// Tenants may share accounts, but not without knowing what that means.
    fn shared_accounts(&mut self) {
        let tenants = self.tenants();
        for (index, (left, left_name)) in tenants.iter().enumerate() {
            for (right, right_name) in &tenants[index + 1..] {
                if left_name == right_name {
                    continue;
                }
                let account = |tenant: &str, stage: &str| self.account(format!("{tenant}/stages/{stage}"));
                let same = |a: &Option<Account<'_>>, b: &Option<Account<'_>>, whole: bool| match (a, b) {
                    (Some(a), Some(b)) => a.id == b.id && (!whole || a.region == b.region),
                    _ => false,
                };
                let owns_all = |tenant: &str| self.layers.value.pointer(&format!("{tenant}/models")).is_none();
                let mut warnings = Vec::new();
                if same(&account(left, "dev"), &account(right, "dev"), true) && (owns_all(left) || owns_all(right)) {
                    let message = format!(
                        "{} and {} share a dev account, and a model in it belongs to both: give each `models`",
                        quoted(left_name),
                        quoted(right_name)
                    );
                    warnings.push((format!("{right}/stages/dev/account"), message));
                }
                for ((dev, dev_name), (prod, prod_name)) in
                    [((left, left_name), (right, right_name)), ((right, right_name), (left, left_name))]
                {
                    if same(&account(dev, "dev"), &account(prod, "prod"), false) {
                        let message = format!("dev of {} is prod of {}", quoted(dev_name), quoted(prod_name));
                        warnings.push((format!("{dev}/stages/dev/account"), message));
                    }
                }
                for (pointer, message) in warnings {
                    self.warn(&pointer, &message);
                }
            }
        }
    }

    /// Central groups are called `<tenant>-<model>`.
    fn group_names_are_distinct(&mut self) {
        let tenants = self.tenants();
        for (long, long_name) in &tenants {
            for (_, short_name) in &tenants {
                if let Some(rest) = long_name.strip_prefix(short_name).and_then(|rest| rest.strip_prefix('-')) {
                    let message = format!(
                        "a model of {} whose name begins with `{rest}-` takes a central name that belongs to {}",
                        quoted(short_name),
                        quoted(long_name)
                    );
                    self.warn(&format!("{long}/name"), &message);
                }
            }
        }
    }

    fn profiles_name_tenants(&mut self) {
        let names: Vec<&str> = self.tenants().into_iter().map(|(_, name)| name).collect();
        for profile in 0..self.list("/profiles").len() {
            for index in 0..self.list(&format!("/profiles/{profile}/tenants")).len() {
                let pointer = format!("/profiles/{profile}/tenants/{index}");
                let Some(name) = self.text(&pointer).filter(|name| !names.contains(name)) else { continue };
                let help = match nearest(name, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("tenants of this file: {}", listing(names.iter().copied(), "and")),
                };
                let mistake = Mistake::new(format!("there is no tenant {}", quoted(name))).help(help);
                self.found.mistakes.push(self.at(mistake, &pointer, &dotted(&pointer)));
            }
        }
    }

    /// A role's ARN names one account, so it must be the account that the role is for.
    fn role_arns_fit_their_account(&mut self) {
        let accounts = self.accounts();
        let Ok(Value::Array(personas)) = serde_json::to_value(Persona::ALL) else { return };
        let names = personas.iter().filter_map(Value::as_str).chain(["execution"]);
        for name in names {
            let role = |parent: &str| {
                let short = format!("{parent}/roles/{name}");
                let long = format!("{short}/role");
                let found =
                    self.text(&short).map(|arn| (short, arn)).or_else(|| self.text(&long).map(|arn| (long, arn)));
                found.map(|(pointer, arn)| (pointer, arn.split(':').nth(4)))
            };
            let mut mistakes = Vec::new();
            for account in &accounts {
                if let Some((pointer, Some(of))) = role(&account.pointer)
                    && of != account.id
                {
                    let mistake = Mistake::new(format!("this role belongs to account {}", quoted(of)))
                        .help(format!("a role of account {} is needed here", quoted(account.id)));
                    mistakes.push(self.at(mistake, &pointer, &dotted(&pointer)));
                }
            }
            if let Some((pointer, Some(of))) = role("")
                && let Some(other) = accounts.iter().find(|other| other.id != of && role(&other.pointer).is_none())
            {
                let mistake = Mistake::new(format!("this role only exists in account {}", quoted(of))).help(format!(
                    "account {} needs one as well: write the role's name, or the ARN in the `roles` of its account",
                    quoted(other.id)
                ));
                mistakes.push(self.at(mistake, &pointer, &dotted(&pointer)));
            }
            self.found.mistakes.extend(mistakes);
        }
    }

    fn session(&mut self) {
        if self.layers.value.pointer("/session/assume-roles") != Some(&Value::Bool(false)) {
            return;
        }
        for key in ["external-id", "via"] {
            let pointer = format!("/session/{key}");
            let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
            if self.layers.value.pointer(&pointer).is_none_or(empty) {
                continue;
            }
            let mistake = Mistake::new(format!("`{key}` without a role to assume"))
                .help(format!("remove `{key}`, or let commands assume roles"));
            let mistake = self.at(mistake, &pointer, "has no effect");
            self.found.mistakes.push(self.at(mistake, "/session/assume-roles", "because of this"));
        }
    }

    fn durations(&mut self) {
        let length = |rules: &Self, pointer: &str| rules.text(pointer).and_then(duration::parse);
        let hour = 3600;
        let chained = !self.list("/session/via").is_empty();
        if let Some(session) = length(self, "/session/duration").map(|session| session.as_secs()) {
            let most = if chained { hour } else { 12 * hour };
            if !(900..=most).contains(&session) {
                let help = if chained { "15m to 1h, because roles are chained by `via`" } else { "15m to 12h" };
                let mistake = Mistake::new("AWS makes no sessions of this length").help(help);
                self.found.mistakes.push(self.at(mistake, "/session/duration", "session.duration"));
            }
        }
        for pointer in ["/promotion/wait", "/promotion/poll", "/concurrency/account-timeout"] {
            if length(self, pointer) == Some(Duration::ZERO) {
                let mistake = Mistake::new("this must be longer than nothing").help("such as `45s`");
                self.found.mistakes.push(self.at(mistake, pointer, &dotted(pointer)));
            }
        }
        if let (Some(wait), Some(poll)) = (length(self, "/promotion/wait"), length(self, "/promotion/poll"))
            && poll > wait
        {
            let mistake = Mistake::new("the first look would come after the waiting is over")
                .help("make `poll` shorter than `wait`");
            let mistake = self.at(mistake, "/promotion/poll", "poll");
            self.found.mistakes.push(self.at(mistake, "/promotion/wait", "wait"));
        }
    }

    fn repositories(&mut self) {
        if let Some(provider @ ("github" | "gitlab")) = self.text("/git/provider")
            && self.layers.value.pointer("/git/owner").is_none()
        {
            let mistake = Mistake::new(format!("repositories on {provider} need an owner"))
                .help("add `owner:` with the organisation, user or group");
            self.found.mistakes.push(self.at(mistake, "/git/provider", "git.provider"));
        }
        if self.text("/templates/ref").is_some() && self.layers.value.pointer("/templates/source").is_none() {
            let mistake = Mistake::new("`ref` without a repository")
                .help("add `source:` with the Git URL of the templates, or remove `ref`");
            self.found.mistakes.push(self.at(mistake, "/templates/ref", "templates.ref"));
        }
    }
}
