//! User profiles: who of IAM Identity Center and of IAM takes part in a domain.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::common::{CLIENT_TOKENS, enter_available, not_found, paged};
use super::domain::Domain;
use super::groups::Group;
use crate::sandbox::call::{ApiError, ApiResult, Call, Caller, required, text};
use crate::sandbox::iam::entities::Role;
use crate::sandbox::identity_center::{self, Person};

/// A user's profile. There is no operation that deletes one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct User {
    /// A user of IAM Identity Center has the id that they have there.
    pub id: String,
    /// `ASSIGNED`, `NOT_ASSIGNED`, `ACTIVATED` or `DEACTIVATED`.
    pub status: String,
    /// When it was made.
    pub created: Timestamp,
    /// Who it is.
    pub who: Who,
}

/// Whom a profile stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Who {
    /// A user of IAM Identity Center.
    Sso(Person),
    /// A role, all of its sessions or one, or an account's administrator.
    Iam {
        /// ARN of the role, or of the account's root.
        arn: String,
        /// Unique id of the role: a role made anew under the same name is another one.
        principal: String,
        /// The one session.
        session: Option<String>,
    },
}

impl User {
    /// The store's kind of user profiles.
    pub const KIND: &'static str = "datazone/user-profile";

    fn new(call: &Call<'_>, id: String, who: Who) -> Self {
        // Identity Center's users become active when they first sign in; nobody signs in as a role.
        let status = if matches!(who, Who::Sso(_)) { "ASSIGNED" } else { "ACTIVATED" };
        User { id, status: status.to_owned(), created: call.now, who }
    }

    /// A new profile of an account's administrator.
    pub fn of_account(call: &Call<'_>, account: &str) -> ApiResult<Self> {
        let arn = format!("arn:aws:iam::{account}:root");
        Ok(User::new(call, call.uuid()?, Who::Iam { arn, principal: account.to_owned(), session: None }))
    }

    /// All profiles of a domain, newest first.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        let mut all: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        all.sort_by_key(|user| Reverse(user.created));
        Ok(all)
    }

    /// The profile that an identifier means: its id, the name of an Identity Center user, or an ARN. Of several
    /// profiles of one role the newest.
    pub fn find(call: &Call<'_>, domain: &Domain, identifier: &str) -> ApiResult<Option<Self>> {
        Ok(Self::all(call, domain)?.into_iter().find(|user| user.is_called(identifier)))
    }

    fn is_called(&self, identifier: &str) -> bool {
        self.id == identifier
            || match &self.who {
                Who::Sso(person) => person.name == identifier,
                Who::Iam { arn, .. } => arn == identifier,
            }
    }

    /// Whether the profile is the caller's.
    pub fn is(&self, caller: &Caller) -> bool {
        match (&self.who, &caller.session) {
            (Who::Iam { arn, principal, session: None }, None) => *arn == caller.arn() && *principal == caller.account,
            (Who::Iam { arn, principal, session: name }, Some(session)) => {
                *arn == session.role_arn
                    && *principal == session.role_id
                    && name.as_ref().is_none_or(|name| *name == session.session_name)
            }
            _ => false,
        }
    }

    /// Keeps the profile.
    pub fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    fn kind(&self) -> &'static str {
        if matches!(self.who, Who::Sso(_)) { "SSO" } else { "IAM" }
    }

    /// As AWS tells of it. `groups` are those of the domain.
    fn describe(&self, domain: &Domain, groups: &[Group]) -> Value {
        let (kind, required, optional) = match &self.who {
            Who::Sso(Person { name, given_name, family_name, .. }) => (
                "sso",
                json!({"username": name}),
                [("firstName", given_name.clone()), ("lastName", family_name.clone())],
            ),
            Who::Iam { arn, principal, session } => {
                let group = groups.iter().find(|group| group.is_role(arn, principal)).map(|group| group.id.clone());
                let required = json!({"arn": arn, "principalId": principal});
                ("iam", required, [("sessionName", session.clone()), ("groupProfileId", group)])
            }
        };
        let mut details = required;
        for (member, value) in optional {
            if let Some(value) = value {
                details[member] = json!(value);
            }
        }
        json!({
            "domainId": domain.id, "id": self.id, "type": self.kind(), "status": self.status,
            "details": {kind: details},
        })
    }
}

/// `CreateUserProfile`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "CreateUserProfile", &input)?;
    CLIENT_TOKENS.once(call, "CreateUserProfile", &input, |call| {
        let identifier = required(&input, "userIdentifier");
        let is_arn = identifier.starts_with("arn:");
        let kind = text(&input, "userType").unwrap_or(if is_arn { "IAM_ROLE" } else { "SSO_USER" });
        if is_arn == (kind == "SSO_USER") {
            return Err(ApiError::validation(format!("userIdentifier {identifier} does not fit userType {kind}")));
        }
        let session = text(&input, "sessionName");
        if session.is_some() != (kind == "IAM_ROLE_SESSION") {
            return Err(ApiError::validation("sessionName goes with userType IAM_ROLE_SESSION"));
        }
        let user = if is_arn {
            iam_user(call, identifier, session)?
        } else {
            let person = person(call, &domain, identifier)?;
            User::new(call, person.id.clone(), Who::Sso(person))
        };
        if let Some(known) = User::all(call, &domain)?.iter().find(|known| known.who == user.who) {
            let message = format!("User profile for {identifier} already exists with status {}", known.status);
            return Err(ApiError::validation(message));
        }
        user.save(call, &domain)?;
        Ok(user.describe(&domain, &Group::all(call, &domain)?))
    })
}

/// The user of IAM Identity Center that an identifier means.
fn person(call: &Call<'_>, domain: &Domain, identifier: &str) -> ApiResult<Person> {
    let people = identity_center::people(&call.store, domain.directory()?)?;
    let found = people.into_iter().find(|person| person.id == identifier || person.name == identifier);
    found.ok_or_else(|| not_found("User", identifier))
}

fn iam_user(call: &Call<'_>, arn: &str, session: Option<&str>) -> ApiResult<User> {
    if let Some(account) = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root")) {
        return User::of_account(call, account);
    }
    let role = Role::by_arn(&call.store, arn)?.ok_or_else(|| not_found("IAM principal", arn))?;
    let who = Who::Iam { arn: role.arn, principal: role.id, session: session.map(str::to_owned) };
    Ok(User::new(call, call.uuid()?, who))
}

/// The profile that an input means, by identifier, type and session.
fn existing(call: &Call<'_>, domain: &Domain, input: &Value) -> ApiResult<User> {
    let identifier = required(input, "userIdentifier");
    let (kind, wanted) = (text(input, "type"), text(input, "sessionName"));
    let fits = |user: &User| {
        let fits_session = wanted.is_none_or(|wanted| match &user.who {
            Who::Iam { session, .. } => session.as_deref() == Some(wanted),
            Who::Sso(_) => false,
        });
        user.is_called(identifier) && fits_session && kind.is_none_or(|kind| kind == user.kind())
    };
    User::all(call, domain)?.into_iter().find(fits).ok_or_else(|| not_found("User profile", identifier))
}

/// `GetUserProfile`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "GetUserProfile", &input)?;
    Ok(existing(call, &domain, &input)?.describe(&domain, &Group::all(call, &domain)?))
}

/// `UpdateUserProfile`. Users of Identity Center are assigned or not, those of IAM activated or not.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "UpdateUserProfile", &input)?;
    let mut user = existing(call, &domain, &input)?;
    let status = required(&input, "status");
    if status.ends_with("ASSIGNED") != matches!(user.who, Who::Sso(_)) {
        let message = format!("Status {status} is not valid for a user profile of type {}", user.kind());
        return Err(ApiError::validation(message));
    }
    status.clone_into(&mut user.status);
    user.save(call, &domain)?;
    Ok(user.describe(&domain, &Group::all(call, &domain)?))
}

/// `SearchUserProfiles`. With `SSO_USER` it finds everybody in Identity Center, with a profile or not.
pub(super) fn search(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "SearchUserProfiles", &input)?;
    let kind = required(&input, "userType");
    let mut users = User::all(call, &domain)?;
    users.retain(|user| match kind {
        "DATAZONE_IAM_USER" => user.kind() == "IAM",
        "DATAZONE_USER" => true,
        _ => user.kind() == "SSO",
    });
    if kind == "SSO_USER" {
        for person in identity_center::people(&call.store, domain.directory()?)? {
            if !users.iter().any(|user| user.id == person.id) {
                let mut user = User::new(call, person.id.clone(), Who::Sso(person));
                "NOT_ASSIGNED".clone_into(&mut user.status);
                users.push(user);
            }
        }
    }
    let wanted = text(&input, "searchText").unwrap_or_default().to_lowercase();
    let found = |user: &User| match &user.who {
        Who::Sso(person) => person.mentions(&wanted),
        Who::Iam { arn, .. } => arn.to_lowercase().contains(&wanted),
    };
    let groups = Group::all(call, &domain)?;
    paged("items", users, &input, 50, found, |user| user.describe(&domain, &groups))
}
