//! IAM Identity Center, as far as other services lean on it: instances, and the users and groups of their directories.
//!
//! AWS enables an organization's instance in the console; here `CreateInstance` from the management account makes it,
//! and from any other account that account's own. An instance is in one Region and serves only there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Access, ApiError, ApiResult, Call, epoch_seconds, page, required, text};
use super::organizations;
use super::service::{Operation, Protocol, Service};
use super::store::{Store, StoreError};

/// IAM Identity Center's administration (`sso-admin`).
pub(super) const INSTANCES: Service = Service {
    name: "sso",
    protocol: Protocol::Json {
        target_prefix: "SWBExternalService",
        validation_code: "ValidationException",
        operations: &[
            Operation {
                name: "CreateInstance",
                input: "{ Name: string 0..255 `[\\w+=,.@-]+`, ClientToken: string 1..64 `[!-~]+` }",
                handler: create_instance,
            },
            Operation {
                name: "ListInstances",
                input: "{ MaxResults: integer 1..100, NextToken: string 0..2048 `[-a-zA-Z0-9+=/_]*` }",
                handler: list_instances,
            },
        ],
    },
    shapes: "",
};

/// The directories of IAM Identity Center (`identitystore`).
pub(super) const DIRECTORY: Service = Service {
    name: "identitystore",
    protocol: Protocol::Json {
        target_prefix: "AWSIdentityStore",
        validation_code: "ValidationException",
        operations: &[
            Operation {
                name: "CreateUser",
                input: "{ IdentityStoreId!: IdentityStoreId, UserName: UserName, DisplayName: Words,
                          Name: { Formatted: Words, GivenName: Words, FamilyName: Words },
                          Emails: list 1..1 of { Value: Words, Type: Words, Primary: boolean } }",
                handler: create_user,
            },
            Operation { name: "ListUsers", input: LISTING, handler: list_users },
            Operation {
                name: "CreateGroup",
                input: "{ IdentityStoreId!: IdentityStoreId, DisplayName: Words, Description: Words }",
                handler: create_group,
            },
            Operation { name: "ListGroups", input: LISTING, handler: list_groups },
        ],
    },
    // The last two characters of the class are spaces, as AWS has them: a no-break one and an ideographic one.
    shapes: concat!(
        r"
        IdentityStoreId = string 1..93 `(arn:aws[a-z-]*:identitystore::\d{12}:identitystore/)?(d-[0-9a-f]{10}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})`
        UserName = string 1..128 `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`
        Filter = {
            AttributePath!: string 1..255 `(?:\p{L}+:\p{L}+:\p{L}+(?:\.\p{L}+){0,3}|\p{L}+(?:\.\p{L}+){0,2})`,
            AttributeValue!: Words
        }
        Words = string 1..1024 `[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ",
        "\u{a0}\u{3000}]+`"
    ),
};

const LISTING: &str = "{ IdentityStoreId!: IdentityStoreId, MaxResults: integer 1..100,
                         NextToken: string 1..65535 `[-a-zA-Z0-9+=/:_]*`, Filters: list 0..1 of Filter }";

const INSTANCE: &str = "identity-center/instance";
const USER: &str = "identity-center/user";
const GROUP: &str = "identity-center/group";

/// An instance of IAM Identity Center.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// `arn:aws:sso:::instance/ssoins-...`.
    pub arn: String,
    /// Id of its directory, `d-...`.
    pub identity_store: String,
    owner: String,
    region: String,
    name: Option<String>,
    created: Timestamp,
}

impl Instance {
    /// The instances that an account may use in a Region: its own, and its organization's.
    fn available(store: &Store<'_>, account: &str, region: &str) -> Result<Vec<Self>, StoreError> {
        let management = organizations::membership(store, account)?.map(|membership| membership.management);
        let mut owners = vec![account.to_owned()];
        owners.extend(management.filter(|management| management != account));
        let found = owners.iter().filter_map(|owner| store.get(INSTANCE, &format!("{owner}/{region}")).transpose());
        found.collect()
    }

    /// The instance with this ARN, or the first, that an account may use in a Region.
    pub(super) fn serving(
        store: &Store<'_>,
        account: &str,
        region: &str,
        arn: Option<&str>,
    ) -> Result<Option<Self>, StoreError> {
        let available = Self::available(store, account, region)?;
        Ok(available.into_iter().find(|instance| arn.is_none_or(|arn| arn == instance.arn)))
    }

    fn describe(&self) -> Value {
        let mut answer = json!({
            "InstanceArn": self.arn, "IdentityStoreId": self.identity_store, "OwnerAccountId": self.owner,
            "CreatedDate": epoch_seconds(self.created), "Status": "ACTIVE", "PrimaryRegion": self.region,
        });
        if let Some(name) = &self.name {
            answer["Name"] = json!(name);
        }
        answer
    }
}

/// A user of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// UUID.
    pub id: String,
    /// What they sign in with.
    pub name: String,
    /// First name.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    display_name: Option<String>,
    emails: Option<Value>,
}

impl Person {
    /// Whether a search for `text`, in lower case, finds them.
    pub(super) fn mentions(&self, text: &str) -> bool {
        let names = [Some(&self.name), self.given_name.as_ref(), self.family_name.as_ref(), self.display_name.as_ref()];
        names.into_iter().flatten().any(|name| name.to_lowercase().contains(text))
    }
}

/// A group of a directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    /// UUID.
    pub id: String,
    /// What it is called.
    pub name: String,
    description: Option<String>,
}

/// The users of a directory.
pub(super) fn people(store: &Store<'_>, identity_store: &str) -> Result<Vec<Person>, StoreError> {
    Ok(store.list(USER, &format!("{identity_store}/"))?.into_iter().map(|(_, person)| person).collect())
}

/// The groups of a directory.
pub(super) fn groups(store: &Store<'_>, identity_store: &str) -> Result<Vec<Group>, StoreError> {
    Ok(store.list(GROUP, &format!("{identity_store}/"))?.into_iter().map(|(_, group)| group).collect())
}

fn create_instance(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("sso:CreateInstance", "arn:aws:sso:::instance/*"))?;
    let key = format!("{}/{}", call.caller.account, call.region);
    if call.store.get::<Instance>(INSTANCE, &key)?.is_some() {
        return Err(conflict("An instance of IAM Identity Center already exists in this account and Region"));
    }
    let instance = Instance {
        arn: format!("arn:aws:sso:::instance/ssoins-{}", call.random_hex(16)?),
        identity_store: format!("d-{}", call.random_hex(10)?),
        owner: call.caller.account.clone(),
        region: call.region.clone(),
        name: text(&input, "Name").map(str::to_owned),
        created: call.now,
    };
    call.store.put(INSTANCE, &key, &instance)?;
    Ok(json!({"InstanceArn": instance.arn}))
}

fn list_instances(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("sso:ListInstances", "*"))?;
    let available = Instance::available(&call.store, &call.caller.account, &call.region)?;
    paged("Instances", available.iter().map(Instance::describe).collect(), &input)
}

/// The directory that an input names, once IAM lets the caller use it. Members of an organization may read its own.
fn enter(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<String> {
    let id = required(input, "IdentityStoreId").rsplit('/').next().unwrap_or_default().to_owned();
    let account = call.caller.account.clone();
    let arn = format!("arn:aws:identitystore::{account}:identitystore/{id}");
    call.authorize(&Access::new(format!("identitystore:{operation}"), arn))?;
    let mut available = Instance::available(&call.store, &account, &call.region)?.into_iter();
    let usable = |instance: &Instance| instance.owner == account || operation.starts_with("List");
    match available.find(|instance| instance.identity_store == id && usable(instance)) {
        Some(_) => Ok(id),
        None => Err(ApiError::new(400, "ResourceNotFoundException", format!("Identity store {id} is not found"))),
    }
}

fn create_user(call: &mut Call<'_>, input: Value) -> ApiResult {
    let directory = enter(call, "CreateUser", &input)?;
    let name = text(&input, "UserName").ok_or_else(|| ApiError::validation("UserName is a required attribute"))?;
    if people(&call.store, &directory)?.iter().any(|person| person.name.eq_ignore_ascii_case(name)) {
        return Err(conflict("Duplicate UserName"));
    }
    let part = |member: &str| input["Name"][member].as_str().map(str::to_owned);
    let person = Person {
        id: call.uuid()?,
        name: name.to_owned(),
        given_name: part("GivenName"),
        family_name: part("FamilyName"),
        display_name: text(&input, "DisplayName").map(str::to_owned),
        emails: input.get("Emails").cloned(),
    };
    call.store.put(USER, &format!("{directory}/{}", person.id), &person)?;
    Ok(describe(&directory, "User", &person.id))
}

fn create_group(call: &mut Call<'_>, input: Value) -> ApiResult {
    let directory = enter(call, "CreateGroup", &input)?;
    let name =
        text(&input, "DisplayName").ok_or_else(|| ApiError::validation("DisplayName is a required attribute"))?;
    if groups(&call.store, &directory)?.iter().any(|group| group.name.eq_ignore_ascii_case(name)) {
        return Err(conflict("Duplicate GroupDisplayName"));
    }
    let description = text(&input, "Description").map(str::to_owned);
    let group = Group { id: call.uuid()?, name: name.to_owned(), description };
    call.store.put(GROUP, &format!("{directory}/{}", group.id), &group)?;
    Ok(describe(&directory, "Group", &group.id))
}

/// What every answer says of a `User` or `Group`.
fn describe(directory: &str, kind: &str, id: &str) -> Value {
    let arn = format!("arn:aws:identitystore:::{}/{id}", kind.to_lowercase());
    let mut answer = json!({"IdentityStoreId": directory, "Revision": "1"});
    answer[format!("{kind}Id")] = json!(id);
    answer[format!("{kind}Arn")] = json!(arn);
    answer
}

/// The value that the one filter of an input wants of `attribute`.
fn wanted<'v>(input: &'v Value, attribute: &str) -> ApiResult<Option<&'v str>> {
    let Some(filter) = input["Filters"].get(0) else { return Ok(None) };
    if required(filter, "AttributePath") == attribute {
        return Ok(text(filter, "AttributeValue"));
    }
    Err(ApiError::validation(format!("Only {attribute} can be filtered by")))
}

fn list_users(call: &mut Call<'_>, input: Value) -> ApiResult {
    let directory = enter(call, "ListUsers", &input)?;
    let wanted = wanted(&input, "UserName")?;
    let mut people = people(&call.store, &directory)?;
    people.retain(|person| wanted.is_none_or(|wanted| wanted == person.name));
    let described = people.iter().map(|person| {
        let mut answer = describe(&directory, "User", &person.id);
        answer["UserName"] = json!(person.name);
        answer["UserStatus"] = json!("ENABLED");
        for (member, value) in [("GivenName", &person.given_name), ("FamilyName", &person.family_name)] {
            if let Some(value) = value {
                answer["Name"][member] = json!(value);
            }
        }
        if let Some(name) = &person.display_name {
            answer["DisplayName"] = json!(name);
        }
        if let Some(emails) = &person.emails {
            answer["Emails"] = emails.clone();
        }
        answer
    });
    paged("Users", described.collect(), &input)
}

fn list_groups(call: &mut Call<'_>, input: Value) -> ApiResult {
    let directory = enter(call, "ListGroups", &input)?;
    let wanted = wanted(&input, "DisplayName")?;
    let mut groups = groups(&call.store, &directory)?;
    groups.retain(|group| wanted.is_none_or(|wanted| wanted == group.name));
    let described = groups.iter().map(|group| {
        let mut answer = describe(&directory, "Group", &group.id);
        answer["DisplayName"] = json!(group.name);
        if let Some(description) = &group.description {
            answer["Description"] = json!(description);
        }
        answer
    });
    paged("Groups", described.collect(), &input)
}

fn paged(member: &str, items: Vec<Value>, input: &Value) -> ApiResult {
    let max = input["MaxResults"].as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or(100);
    let (items, token) = page(items, max, text(input, "NextToken"))?;
    let mut answer = json!({member: items});
    if let Some(token) = token {
        answer["NextToken"] = json!(token);
    }
    Ok(answer)
}

fn conflict(message: &str) -> ApiError {
    ApiError::new(400, "ConflictException", message)
}
