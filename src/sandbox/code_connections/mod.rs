//! AWS CodeConnections: connections to where source code is kept. They are global: every Region shows all of them.
//!
//! A new connection waits for its handshake, in which somebody agrees in the provider's web pages. AWS has it in its
//! console only; here the tag [`HANDSHAKE_TAG`] stands for it, given with the connection or later.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Access, ApiError, ApiResult, Call, page, required, text};
use super::service::{Operation, Protocol, Service};
use super::tagging::Tagged;
use super::tags::{self, TagRules, Tags};

/// CodeConnections, which speaks awsJson1.0 and rpc-v2-cbor.
pub(super) const SERVICE: Service = Service {
    name: "codeconnections",
    protocol: Protocol::Json {
        target_prefix: "com.amazonaws.codeconnections.CodeConnections_20231201",
        validation_code: "ValidationException",
        operations: OPERATIONS,
    },
    shapes: r"
        ProviderType = enum Bitbucket GitHub GitHubEnterpriseServer GitLab GitLabSelfManaged AzureDevOps
        ConnectionArn = string 0..256 `arn:aws(-[\w]+)*:.+:.+:[0-9]{12}:.+`
        ResourceArn = string 1..1011 `arn:aws(-[\w]+)*:.+:.+:[0-9]{12}:.+`
        HostArn = string 0..256 `arn:aws(-[\w]+)*:(codestar-connections|codeconnections):.+:[0-9]{12}:host\/.+`
        TagKey = string 1..128 `.*`
        Tag = { Key!: TagKey, Value!: string 0..256 `.*` }
        Tags = list 0..200 of Tag
    ",
};

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateConnection",
        input: r"{ ProviderType: ProviderType, ConnectionName!: string 1..32 `[\s\S]*`, Tags: Tags, HostArn: HostArn }",
        handler: create_connection,
    },
    Operation { name: "GetConnection", input: "{ ConnectionArn!: ConnectionArn }", handler: get_connection },
    Operation {
        name: "ListConnections",
        input: "{ ProviderTypeFilter: ProviderType, HostArnFilter: HostArn, MaxResults: integer 0..100,
                  NextToken: string 1..1024 `^.*$` }",
        handler: list_connections,
    },
    Operation { name: "DeleteConnection", input: "{ ConnectionArn!: ConnectionArn }", handler: delete_connection },
    Operation { name: "TagResource", input: "{ ResourceArn!: ResourceArn, Tags!: Tags }", handler: tag_resource },
    Operation {
        name: "UntagResource",
        input: "{ ResourceArn!: ResourceArn, TagKeys!: list 0..200 of TagKey }",
        handler: untag_resource,
    },
    Operation { name: "ListTagsForResource", input: "{ ResourceArn!: ResourceArn }", handler: list_tags_for_resource },
];

/// The tag that tells how the handshake of a connection went: `done` or `failed`. Without it, nobody has shaken hands.
const HANDSHAKE_TAG: &str = "aiops-sandbox:handshake";

/// The tag that lets all projects of SageMaker Unified Studio use a connection.
const PROJECTS_TAG: &str = "for-use-with-all-datazone-projects";

const TAGS: TagRules =
    TagRules { members: ("Key", "Value"), invalid: "ValidationException", most: (200, 429, "LimitExceededException") };

/// A connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Connection {
    arn: String,
    /// The account that owns it.
    account: String,
    name: String,
    provider: String,
    tags: Tags,
}

impl Connection {
    const KIND: &'static str = "codeconnections/connection";

    /// The connection that an ARN of anybody's means. It is the same in every Region.
    fn find(call: &Call<'_>, arn: &str) -> ApiResult<Option<Self>> {
        let found: Option<Self> = call.store.get(Self::KIND, &Self::key(arn))?;
        Ok(found.filter(|connection| connection.arn == arn))
    }

    /// The caller's connections, by id.
    fn all(call: &Call<'_>) -> ApiResult<Vec<Self>> {
        let connections = call.store.list(Self::KIND, &format!("{}/", call.caller.account))?;
        Ok(connections.into_iter().map(|(_, connection)| connection).collect())
    }

    fn save(&self, call: &Call<'_>) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &Self::key(&self.arn), self)?)
    }

    fn delete(&self, call: &Call<'_>) -> ApiResult<()> {
        call.store.delete(Self::KIND, &Self::key(&self.arn))?;
        Ok(())
    }

    /// `account/id` of an ARN.
    fn key(arn: &str) -> String {
        let (account, id) = (arn.split(':').nth(4), arn.rsplit('/').next());
        format!("{}/{}", account.unwrap_or_default(), id.unwrap_or_default())
    }

    fn status(&self) -> &'static str {
        match self.tags.get(HANDSHAKE_TAG).map(String::as_str) {
            Some("done") => "AVAILABLE",
            Some("failed") => "ERROR",
            _ => "PENDING",
        }
    }

    fn describe(&self) -> Value {
        json!({"ConnectionName": self.name, "ConnectionArn": self.arn, "ProviderType": self.provider,
               "OwnerAccountId": self.account, "ConnectionStatus": self.status()})
    }
}

fn create_connection(call: &mut Call<'_>, input: Value) -> ApiResult {
    let tags = TAGS.read(&input)?;
    let arn = call.arn("codeconnections", &format!("connection/{}", call.uuid()?));
    let mut access = Access::new("codeconnections:CreateConnection", &arn).request_tags(&tags);
    if let Some(provider) = text(&input, "ProviderType") {
        access = access.key("codeconnections:ProviderType", provider);
    }
    if let Some(host) = text(&input, "HostArn") {
        access = access.key("codeconnections:HostArn", host);
    }
    call.authorize(&access)?;
    if let Some(host) = text(&input, "HostArn") {
        return Err(not_found("Host", host));
    }
    // AWS's words for a request that says neither are not known.
    let provider =
        text(&input, "ProviderType").ok_or_else(|| ApiError::validation("Provide either ProviderType or HostArn"))?;
    let connection = Connection {
        arn,
        account: call.caller.account.clone(),
        name: required(&input, "ConnectionName").to_owned(),
        provider: provider.to_owned(),
        tags,
    };
    connection.save(call)?;
    Ok(json!({"ConnectionArn": connection.arn, "Tags": TAGS.list(&connection.tags)}))
}

fn get_connection(call: &mut Call<'_>, input: Value) -> ApiResult {
    let connection = enter(call, "GetConnection", required(&input, "ConnectionArn"), |access| access)?;
    Ok(json!({"Connection": connection.describe()}))
}

fn list_connections(call: &mut Call<'_>, input: Value) -> ApiResult {
    let provider = text(&input, "ProviderTypeFilter");
    let mut access = Access::new("codeconnections:ListConnections", call.arn("codeconnections", "connection/*"));
    if let Some(provider) = provider {
        access = access.key("codeconnections:ProviderTypeFilter", provider);
    }
    call.authorize(&access)?;
    // No connection is one to a host.
    let none = text(&input, "HostArnFilter").is_some();
    let found = Connection::all(call)?
        .into_iter()
        .filter(|connection| !none && provider.is_none_or(|provider| connection.provider == provider));
    let found: Vec<Value> = found.map(|connection| connection.describe()).collect();
    // AWS's model allows 0, and nobody says what it means: as many as there may be.
    let most = input["MaxResults"].as_u64().filter(|most| *most > 0).unwrap_or(100);
    let (items, token) = page(found, usize::try_from(most).unwrap_or(usize::MAX), text(&input, "NextToken"))?;
    let mut answer = json!({"Connections": items});
    if let Some(token) = token {
        answer["NextToken"] = json!(token);
    }
    Ok(answer)
}

fn delete_connection(call: &mut Call<'_>, input: Value) -> ApiResult {
    let connection = enter(call, "DeleteConnection", required(&input, "ConnectionArn"), |access| access)?;
    connection.delete(call)?;
    Ok(json!({}))
}

fn tag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let new = TAGS.read(&input)?;
    let mut connection =
        enter(call, "TagResource", required(&input, "ResourceArn"), |access| access.request_tags(&new))?;
    TAGS.add(&mut connection.tags, new)?;
    connection.save(call)?;
    Ok(json!({}))
}

fn untag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let gone = tags::keys(&input);
    let mut connection = enter(call, "UntagResource", required(&input, "ResourceArn"), |access| {
        access.keys_of("aws:TagKeys", gone.iter().cloned())
    })?;
    connection.tags.retain(|known, _| !gone.contains(known));
    connection.save(call)?;
    Ok(json!({}))
}

fn list_tags_for_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let connection = enter(call, "ListTagsForResource", required(&input, "ResourceArn"), |access| access)?;
    Ok(json!({"Tags": TAGS.list(&connection.tags)}))
}

/// The connection `arn`, once the caller has leave for `operation` on it; `request` adds what the request itself says
/// to the question. Connections have no policies, so other accounts have no way in.
fn enter(
    call: &mut Call<'_>,
    operation: &str,
    arn: &str,
    request: impl FnOnce(Access) -> Access,
) -> ApiResult<Connection> {
    let connection = Connection::find(call, arn)?;
    let tags = connection.iter().flat_map(|connection| &connection.tags);
    let access = Access::new(format!("codeconnections:{operation}"), arn).tags("aws:ResourceTag", tags);
    call.authorize(&request(access))?;
    connection.ok_or_else(|| not_found("Connection", arn))
}

/// The caller's connections of the Region that is asked, with their tags.
pub(super) fn tagged(call: &Call<'_>) -> ApiResult<Tagged> {
    let mut all = Connection::all(call)?;
    all.retain(|connection| connection.arn.split(':').nth(3) == Some(&call.region));
    Ok(all.into_iter().map(|connection| (connection.arn, connection.tags)).collect())
}

/// Why projects of SageMaker Unified Studio cannot work with the connection `arn`, if they cannot. Whose it is makes no
/// difference here: AWS wants those of other accounts to be shared, which the sandbox has for domains only.
pub(super) fn usable_in_projects(call: &Call<'_>, arn: &str) -> ApiResult<Result<(), String>> {
    // The older name of the service is good in ARNs still.
    let arn = arn.replacen(":codestar-connections:", ":codeconnections:", 1);
    let Some(connection) = Connection::find(call, &arn)? else {
        return Ok(Err(format!("Connection {arn} does not exist")));
    };
    let status = connection.status();
    if status != "AVAILABLE" {
        return Ok(Err(format!("Connection {arn} is not available: its status is {status}")));
    }
    if connection.tags.get(PROJECTS_TAG).map(String::as_str) != Some("true") {
        return Ok(Err(format!("Connection {arn} does not have the tag {PROJECTS_TAG}")));
    }
    Ok(Ok(()))
}

fn not_found(what: &str, arn: &str) -> ApiError {
    ApiError::new(404, "ResourceNotFoundException", format!("{what} not found: {arn}"))
}
