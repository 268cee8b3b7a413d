//! The event buses of Amazon EventBridge, and who else may use them. Every account has the bus `default` everywhere.

mod bus;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use self::bus::{Bus, DEFAULT};
use super::call::{Access, ApiError, ApiResult, Call, page, required, text};
use super::iam::{DocumentKind, Policy, entities};
use super::service::{Operation, Protocol, Service};
use super::tagging::Tagged;
use super::tags::{self, TagRules};

/// EventBridge.
pub(super) const SERVICE: Service = Service {
    name: "events",
    protocol: Protocol::Json {
        target_prefix: "AWSEvents",
        validation_code: "ValidationException",
        operations: OPERATIONS,
    },
    shapes: r"
        Name = string 1..256 `[/\.\-_A-Za-z0-9]+`
        OwnName = string 1..256 `[\.\-_A-Za-z0-9]+`
        NameOrArn = string 1..1600 `(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+`
        Arn = string 1..1600
        StatementId = string 1..64 `[a-zA-Z0-9-_]+`
        TagKey = string 1..128
        Tag = { Key!: TagKey, Value!: string 0..256 }
        DeadLetterConfig = { Arn: Arn }
        LogConfig = { IncludeDetail: enum NONE FULL, Level: enum OFF ERROR INFO TRACE }
    ",
};

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateEventBus",
        input: r"{ Name!: Name, EventSourceName: string 1..256 `aws\.partner(/[\.\-_A-Za-z0-9]+){2,}`,
                   Description: string ..512, KmsKeyIdentifier: string ..2048 `^[a-zA-Z0-9_\-/:]*$`,
                   DeadLetterConfig: DeadLetterConfig, LogConfig: LogConfig, Tags: list of Tag }",
        handler: create_event_bus,
    },
    Operation { name: "DescribeEventBus", input: "{ Name: NameOrArn }", handler: describe_event_bus },
    Operation {
        name: "ListEventBuses",
        input: "{ NamePrefix: Name, NextToken: string 1..2048, Limit: integer 1..100 }",
        handler: list_event_buses,
    },
    Operation { name: "DeleteEventBus", input: "{ Name!: Name }", handler: delete_event_bus },
    Operation {
        name: "PutPermission",
        input: r"{ EventBusName: OwnName, Action: string 1..64 `events:[a-zA-Z]+`,
                   Principal: string 1..12 `(\d{12}|\*)`, StatementId: StatementId,
                   Condition: { Type!: string, Key!: string, Value!: string }, Policy: string }",
        handler: put_permission,
    },
    Operation {
        name: "RemovePermission",
        input: "{ StatementId: StatementId, RemoveAllPermissions: boolean, EventBusName: OwnName }",
        handler: remove_permission,
    },
    Operation { name: "TagResource", input: "{ ResourceARN!: Arn, Tags!: list of Tag }", handler: tag_resource },
    Operation {
        name: "UntagResource",
        input: "{ ResourceARN!: Arn, TagKeys!: list of TagKey }",
        handler: untag_resource,
    },
    Operation { name: "ListTagsForResource", input: "{ ResourceARN!: Arn }", handler: list_tags_for_resource },
];

// AWS names no error for too many tags.
const TAGS: TagRules =
    TagRules { members: ("Key", "Value"), invalid: "ValidationException", most: (50, 400, "ValidationException") };

/// The most buses of an account in a Region, and the most bytes of a bus's policy.
const MOST_BUSES: usize = 100;
const LARGEST_POLICY: usize = 10_240;
/// The members that an answer repeats as the request had them.
const SETTINGS: &[&str] = &["Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"];

fn create_event_bus(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "Name");
    let mut bus = Bus::new(call, name);
    bus.tags = TAGS.read(&input)?;
    call.authorize(&Access::new("events:CreateEventBus", bus.arn()).request_tags(&bus.tags))?;
    if let Some(source) = text(&input, "EventSourceName") {
        return Err(not_found(format!("Event source {source} does not exist.")));
    }
    if name.contains('/') {
        return Err(ApiError::validation("Event bus name must not contain '/'."));
    }
    if Bus::find(call, &bus.account, name)?.is_some() {
        let message = format!("Event bus {name} already exists.");
        return Err(ApiError::new(400, "ResourceAlreadyExistsException", message));
    }
    if Bus::all(call)?.len() >= MOST_BUSES {
        let message = "The requested resource exceeds the maximum number allowed.";
        return Err(ApiError::new(400, "LimitExceededException", message));
    }
    let stated = SETTINGS.iter().filter_map(|setting| Some(((*setting).to_owned(), input.get(*setting)?.clone())));
    bus.settings = stated.filter(|(_, value)| !value.is_null()).collect();
    bus.created = Some(call.now);
    bus.save(call)?;
    let mut answer = Value::Object(bus.settings.clone());
    answer["EventBusArn"] = json!(bus.arn());
    Ok(answer)
}

fn describe_event_bus(call: &mut Call<'_>, input: Value) -> ApiResult {
    let bus = enter(call, "DescribeEventBus", text(&input, "Name").unwrap_or(DEFAULT), |access| access)?;
    Ok(bus.describe(SETTINGS))
}

fn list_event_buses(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("events:ListEventBuses", "*"))?;
    let prefix = text(&input, "NamePrefix").unwrap_or_default();
    let buses = Bus::all(call)?;
    let found = buses.iter().filter(|bus| bus.name.starts_with(prefix)).map(|bus| bus.describe(&["Description"]));
    let most = usize::try_from(input["Limit"].as_u64().unwrap_or(100)).unwrap_or(usize::MAX);
    let (items, token) = page(found.collect(), most, text(&input, "NextToken"))?;
    let mut answer = json!({"EventBuses": items});
    if let Some(token) = token {
        answer["NextToken"] = json!(token);
    }
    Ok(answer)
}

fn delete_event_bus(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "Name");
    let bus = match Bus::find(call, &call.caller.account, name)? {
        Some(bus) => bus,
        // That there is none is as good as its deletion.
        None => Bus::new(call, name),
    };
    call.authorize(&bus.access("DeleteEventBus"))?;
    if name == DEFAULT {
        return Err(ApiError::validation("Cannot delete event bus default."));
    }
    bus.delete(call)?;
    Ok(json!({}))
}

fn put_permission(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = text(&input, "EventBusName").unwrap_or(DEFAULT);
    let mut bus = enter(call, "PutPermission", name, |access| access)?;
    let single = ["Action", "Principal", "StatementId", "Condition"];
    let policy = match text(&input, "Policy") {
        Some(_) if single.iter().any(|member| input.get(*member).is_some_and(|value| !value.is_null())) => {
            return Err(ApiError::validation("Policy cannot be given together with parts of a statement."));
        }
        Some(policy) => policy.to_owned(),
        None => {
            let new = statement(&bus, &input)?;
            let mut statements = bus.statements();
            statements.retain(|known| known["Sid"] != new["Sid"]);
            statements.push(new);
            bus::document(&statements)
        }
    };
    if policy.len() > LARGEST_POLICY {
        let message = format!("The policy exceeds the maximum of {LARGEST_POLICY} bytes.");
        return Err(ApiError::new(400, "PolicyLengthExceededException", message));
    }
    let parsed =
        Policy::parse(&policy, DocumentKind::Resource).map_err(|error| ApiError::validation(error.to_string()))?;
    if let Some(message) = entities::unknown_principal(&call.store, &parsed)? {
        return Err(ApiError::validation(message));
    }
    bus.policy = Some(policy);
    bus.save(call)?;
    Ok(json!({}))
}

/// The statement that a request without a policy describes.
fn statement(bus: &Bus, input: &Value) -> ApiResult<Value> {
    let member = |name: &str| {
        text(input, name)
            .ok_or_else(|| ApiError::validation(format!("Parameter {name} is needed where Policy is not given.")))
    };
    let (sid, action, principal) = (member("StatementId")?, member("Action")?, member("Principal")?);
    if action != "events:PutEvents" {
        return Err(ApiError::validation(format!("Action {action} cannot be granted this way: use Policy.")));
    }
    let principal =
        if principal == "*" { json!("*") } else { json!({"AWS": format!("arn:aws:iam::{principal}:root")}) };
    let mut statement = json!({"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action,
                               "Resource": bus.arn()});
    if let Some(condition) = input.get("Condition").filter(|condition| !condition.is_null()) {
        let part = |name| required(condition, name);
        if (part("Type"), part("Key")) != ("StringEquals", "aws:PrincipalOrgID") {
            return Err(ApiError::validation("Condition must be StringEquals of aws:PrincipalOrgID."));
        }
        statement["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": part("Value")}});
    }
    Ok(statement)
}

fn remove_permission(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = text(&input, "EventBusName").unwrap_or(DEFAULT);
    let mut bus = enter(call, "RemovePermission", name, |access| access)?;
    if input["RemoveAllPermissions"] == true {
        bus.policy = None;
    } else {
        let sid = text(&input, "StatementId")
            .ok_or_else(|| ApiError::validation("StatementId or RemoveAllPermissions is needed."))?;
        if bus.policy.is_none() {
            return Err(not_found("EventBus does not have a policy."));
        }
        let mut statements = bus.statements();
        let before = statements.len();
        statements.retain(|known| known["Sid"] != sid);
        if statements.len() == before {
            return Err(not_found("Statement with the provided id does not exist."));
        }
        bus.policy = (!statements.is_empty()).then(|| bus::document(&statements));
    }
    bus.save(call)?;
    Ok(json!({}))
}

fn tag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let new = TAGS.read(&input)?;
    let mut bus = enter_resource(call, "TagResource", &input, |access| access.request_tags(&new))?;
    TAGS.add(&mut bus.tags, new)?;
    bus.save(call)?;
    Ok(json!({}))
}

fn untag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let gone = tags::keys(&input);
    let mut bus =
        enter_resource(call, "UntagResource", &input, |access| access.keys_of("aws:TagKeys", gone.iter().cloned()))?;
    bus.tags.retain(|known, _| !gone.contains(known));
    bus.save(call)?;
    Ok(json!({}))
}

fn list_tags_for_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let bus = enter_resource(call, "ListTagsForResource", &input, |access| access)?;
    Ok(json!({"Tags": TAGS.list(&bus.tags)}))
}

/// [`enter`] for what has an ARN.
fn enter_resource(
    call: &mut Call<'_>,
    operation: &str,
    input: &Value,
    request: impl FnOnce(Access) -> Access,
) -> ApiResult<Bus> {
    let arn = required(input, "ResourceARN");
    if !arn.starts_with("arn:") {
        return Err(ApiError::validation(format!(
            "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        )));
    }
    enter(call, operation, arn, request)
}

/// The bus that `name_or_arn` means, once the caller has leave for `operation` on it; `request` adds what the request
/// itself says to the question.
fn enter(
    call: &mut Call<'_>,
    operation: &str,
    name_or_arn: &str,
    request: impl FnOnce(Access) -> Access,
) -> ApiResult<Bus> {
    let found = match name_or_arn.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", _, "events", region, account, resource] if region == call.region => {
            resource.strip_prefix("event-bus/").map_or(Ok(None), |name| Bus::find(call, account, name))?
        }
        ["arn", ..] => None,
        _ => Bus::find(call, &call.caller.account, name_or_arn)?,
    };
    if let Some(bus) = found {
        call.authorize(&request(bus.access(operation)))?;
        return Ok(bus);
    }
    let is_arn = name_or_arn.starts_with("arn:");
    let arn = if is_arn { name_or_arn.to_owned() } else { call.arn("events", &format!("event-bus/{name_or_arn}")) };
    call.authorize(&request(Access::new(format!("events:{operation}"), arn)))?;
    let name = name_or_arn.rsplit(":event-bus/").next().unwrap_or(name_or_arn);
    Err(not_found(format!("Event bus {name} does not exist.")))
}

fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "ResourceNotFoundException", message)
}

/// The caller's buses of the Region that is asked, with their tags.
pub(super) fn tagged(call: &Call<'_>) -> ApiResult<Tagged> {
    Ok(Bus::all(call)?.into_iter().map(|bus| (bus.arn(), bus.tags)).collect())
}
