//! What all of SageMaker shares: ARNs, where resources are kept, their tags and their past, and who did something.
//!
//! A resource is one JSON document with AWS's member names, in the form in which its Describe operation answers. It is
//! kept under its ARN; so tagging, existence and search need no knowledge of the single resource types.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sandbox::call::{Access, ApiError, ApiResult, Call};

/// How far the search index lags behind writes. AWS gives no number; a few seconds are what its users see.
pub(super) const SEARCH_LAG: SignedDuration = SignedDuration::from_secs(5);

/// The most tags that a resource may have.
const MAX_TAGS: usize = 50;

/// The ARN of a SageMaker resource: `arn:aws:sagemaker:<region>:<account>:<resource type>/<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arn {
    /// The Region.
    pub region: String,
    /// The account that owns the resource.
    pub account: String,
    /// Such as `model-package-group` or `endpoint`.
    pub resource_type: String,
    /// The rest: a name, or `<group>/<version>`.
    pub name: String,
}

impl Arn {
    /// The caller's own resource of this name.
    pub fn own(call: &Call<'_>, resource_type: &str, name: &str) -> Self {
        Arn {
            region: call.region.clone(),
            account: call.caller.account.clone(),
            resource_type: resource_type.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Reads an ARN; none if the text is no SageMaker ARN.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let (resource_type, name) = parts.next()?.split_once('/')?;
        let sagemaker = arn == "arn" && service == "sagemaker" && !name.is_empty();
        sagemaker.then(|| Arn { region, account, resource_type: resource_type.to_owned(), name: name.to_owned() })
    }

    /// What an input means that takes a name (of the caller's own resource) or an ARN (of anyone's). The ARN must be of
    /// the right type and of the Region that is asked.
    pub fn resolve(call: &Call<'_>, resource_type: &str, name_or_arn: &str) -> ApiResult<Self> {
        if !name_or_arn.starts_with("arn:") {
            return Ok(Self::own(call, resource_type, name_or_arn));
        }
        Self::parse(name_or_arn).filter(|arn| arn.resource_type == resource_type).map_or_else(
            // AWS's words for an ARN of another type are not known.
            || Err(ApiError::validation(format!("Invalid {resource_type} ARN: {name_or_arn}"))),
            |arn| arn.in_region_of(call),
        )
    }

    /// The ARN, if it is of the Region that is asked.
    pub fn in_region_of(self, call: &Call<'_>) -> ApiResult<Self> {
        if self.region == call.region {
            Ok(self)
        } else {
            Err(ApiError::validation(format!("ARN should be scoped to correct region: {}", call.region)))
        }
    }

    /// The ARN of another resource beside this one.
    pub fn sibling(&self, resource_type: &str, name: &str) -> Self {
        Arn { resource_type: resource_type.to_owned(), name: name.to_owned(), ..self.clone() }
    }

    /// Whose tags count for this resource: a version of a model package has those of its group.
    pub fn tagged(&self) -> Self {
        match self.name.split_once('/') {
            Some((group, _)) if self.resource_type == "model-package" => self.sibling("model-package-group", group),
            _ => self.clone(),
        }
    }

    /// The document, if the resource exists.
    pub fn load(&self, call: &Call<'_>) -> ApiResult<Option<Value>> {
        Ok(call.store.get(&kind(&self.resource_type), &self.key())?)
    }

    /// Keeps `document` as the present state, and the state before it for as long as the search index shows it.
    pub fn save(&self, call: &Call<'_>, document: &Value) -> ApiResult<()> {
        call.store.put(&kind(&self.resource_type), &self.key(), document)?;
        remember(call, &past_kind(&self.resource_type), self, Some(document))
    }

    /// Ends the resource and its tags.
    pub fn remove(&self, call: &Call<'_>) -> ApiResult<()> {
        call.store.delete(&kind(&self.resource_type), &self.key())?;
        remember(call, &past_kind(&self.resource_type), self, None)?;
        if self.tagged() == *self { set_tags(call, self, &Map::new()) } else { Ok(()) }
    }

    /// `account/region/name`: where the store has it.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.account, self.region, self.name)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:sagemaker:{}:{}:{}/{}", self.region, self.account, self.resource_type, self.name)
    }
}

fn kind(resource_type: &str) -> String {
    format!("sagemaker/{resource_type}")
}

fn past_kind(resource_type: &str) -> String {
    format!("sagemaker/past/{resource_type}")
}

/// The present documents of the account and Region of `owner` whose name starts with `prefix`.
pub(super) fn all(call: &Call<'_>, owner: &Arn, prefix: &str) -> ApiResult<Vec<Value>> {
    let documents = call.store.list(&kind(&owner.resource_type), &owner.sibling(&owner.resource_type, prefix).key())?;
    Ok(documents.into_iter().map(|(_, document)| document).collect())
}

/// Those of `names` that `document` has, as a summary.
pub(super) fn members(document: &Value, names: &[&str]) -> Value {
    names.iter().filter_map(|name| Some(((*name).to_owned(), document.get(name)?.clone()))).collect()
}

/// States of one document, oldest first; none means that there was no document.
#[derive(Default, Serialize, Deserialize)]
struct Past(Vec<(Timestamp, Option<Value>)>);

impl Past {
    /// The state at `moment`.
    fn at(&self, moment: Timestamp) -> Option<&Value> {
        self.0.iter().rev().find(|(since, _)| *since <= moment).and_then(|(_, state)| state.as_ref())
    }
}

fn remember(call: &Call<'_>, kind: &str, arn: &Arn, state: Option<&Value>) -> ApiResult<()> {
    let mut past: Past = call.store.get(kind, &arn.key())?.unwrap_or_default();
    let horizon = call.now - SEARCH_LAG;
    // Of the states that were current before the horizon only the last can still be asked for.
    let stale = past.0.iter().filter(|(since, _)| *since <= horizon).count().saturating_sub(1);
    past.0.drain(..stale);
    // A state that did not last was never seen.
    past.0.retain(|(since, _)| *since != call.now);
    past.0.push((call.now, state.cloned()));
    Ok(call.store.put(kind, &arn.key(), &past)?)
}

/// The caller's resources of a type as they were at `moment`, no longer ago than [`SEARCH_LAG`].
pub(super) fn all_at(call: &Call<'_>, resource_type: &str, moment: Timestamp) -> ApiResult<Vec<(Arn, Value)>> {
    let prefix = Arn::own(call, resource_type, "").key();
    let pasts: Vec<(String, Past)> = call.store.list(&past_kind(resource_type), &prefix)?;
    let states = pasts.iter().filter_map(|(key, past)| {
        let name = key.strip_prefix(&prefix)?;
        Some((Arn::own(call, resource_type, name), past.at(moment)?.clone()))
    });
    Ok(states.collect())
}

/// The store's kind of tags, by ARN.
pub(super) const TAGS: &str = "sagemaker/tags";
const PAST_TAGS: &str = "sagemaker/past/tags";

/// The tags of a resource: keys to values.
pub(super) fn tags(call: &Call<'_>, arn: &Arn) -> ApiResult<Map<String, Value>> {
    Ok(call.store.get(TAGS, &arn.tagged().to_string())?.unwrap_or_default())
}

/// The tags of a resource as they were at `moment`, no longer ago than [`SEARCH_LAG`].
pub(super) fn tags_at(call: &Call<'_>, arn: &Arn, moment: Timestamp) -> ApiResult<Map<String, Value>> {
    let arn = arn.tagged();
    let past: Option<Past> = call.store.get(&format!("{PAST_TAGS}/{}", arn.resource_type), &arn.key())?;
    Ok(past.and_then(|past| past.at(moment)?.as_object().cloned()).unwrap_or_default())
}

/// Gives a resource exactly these tags.
pub(super) fn set_tags(call: &Call<'_>, arn: &Arn, tags: &Map<String, Value>) -> ApiResult<()> {
    if tags.len() > MAX_TAGS {
        let message = format!("The number of tags on {arn} would exceed the limit of {MAX_TAGS}.");
        return Err(ApiError::new(400, "ResourceLimitExceeded", message));
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(ApiError::validation("aws: prefixed tag key names are not allowed for external use."));
    }
    if tags.is_empty() {
        call.store.delete(TAGS, &arn.to_string())?;
    } else {
        call.store.put(TAGS, &arn.to_string(), tags)?;
    }
    remember(call, &format!("{PAST_TAGS}/{}", arn.resource_type), arn, Some(&Value::Object(tags.clone())))
}

/// The `Tags` of an input as keys to values.
pub(super) fn tags_of_input(input: &Value) -> Map<String, Value> {
    let tags = input.get("Tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(|tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.clone()))).collect()
}

/// Tags as AWS lists them.
pub(super) fn tag_list(tags: &Map<String, Value>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Tags, or other pairs of texts, as plain text.
pub(super) fn plain(tags: &Map<String, Value>) -> impl Iterator<Item = (&String, &str)> + Clone {
    tags.iter().map(|(key, value)| (key, value.as_str().unwrap_or_default()))
}

/// Asks leave for `action` (without `sagemaker:`) on `arn`: with the resource's tags as condition keys.
pub(super) fn access(call: &Call<'_>, action: &str, arn: &Arn) -> ApiResult<Access> {
    let tags = tags(call, arn)?;
    let access = Access::new(format!("sagemaker:{action}"), arn.to_string());
    Ok(access.tags("aws:ResourceTag", plain(&tags)).tags("sagemaker:ResourceTag", plain(&tags)))
}

/// Adds the condition keys of the tags that a request carries.
pub(super) fn with_request_tags(access: Access, tags: &Map<String, Value>) -> Access {
    access.request_tags(plain(tags))
}

/// Asks leave to create `arn` with the `Tags` of the input. Who creates with tags needs `sagemaker:AddTags` too.
pub(super) fn authorize_creation(call: &mut Call<'_>, access: Access, arn: &Arn, input: &Value) -> ApiResult<()> {
    let tags = tags_of_input(input);
    let operation = access.action.trim_start_matches("sagemaker:").to_owned();
    call.authorize(&with_request_tags(access, &tags))?;
    if tags.is_empty() {
        return Ok(());
    }
    let tagging = Access::new("sagemaker:AddTags", arn.to_string()).key("sagemaker:TaggingAction", operation);
    call.authorize(&with_request_tags(tagging, &tags))
}

/// The caller as SageMaker records who created or changed something.
pub(super) fn user_context(call: &Call<'_>) -> Value {
    let mut identity = Map::new();
    identity.insert("Arn".into(), call.caller.arn().into());
    match &call.caller.session {
        None => drop(identity.insert("PrincipalId".into(), call.caller.account.clone().into())),
        Some(session) => {
            let principal = format!("{}:{}", session.role_id, session.session_name);
            identity.insert("PrincipalId".into(), principal.into());
            if let Some(source) = &session.source_identity {
                identity.insert("SourceIdentity".into(), source.clone().into());
            }
        }
    }
    json!({"IamIdentity": identity})
}

/// A moment of an input, in epoch seconds: a number, or ISO 8601.
pub(super) fn moment(input: &Value, member: &str) -> ApiResult<Option<f64>> {
    match input.get(member) {
        Some(Value::String(text)) => {
            let moment: Timestamp = text
                .parse()
                .map_err(|_| ApiError::new(400, "SerializationException", format!("{member} is no timestamp")))?;
            Ok(Some(moment.as_duration().as_secs_f64()))
        }
        other => Ok(other.and_then(Value::as_f64)),
    }
}

/// Shapes that more than one SageMaker file refers to, for `concat!`.
macro_rules! shared_shapes {
    () => {
        r"
        EntityName = string 1..63 `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`
        ArnOrName = string 1..170 `(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)`
        VersionedArnOrName = string 1..176 `(arn:aws[a-z\-]*:sagemaker:[a-z0-9\-]*:[0-9]{12}:[a-z\-]*\/)?([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)(\/[0-9]{1,9})?`
        TagKey = string 1..128 `([\p{L}\p{Z}\p{N}_.:/=+\-@]*)`
        TagValue = string 0..256 `([\p{L}\p{Z}\p{N}_.:/=+\-@]*)`
        Tag = { Key!: TagKey, Value!: TagValue }
        TagList = list 0..50 of Tag
        RoleArn = string 20..2048 `arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`
        KmsKeyId = string 0..2048 `[a-zA-Z0-9:/_-]*`
        ContainerHostname = string 0..63 `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`
        ContainerImage = string 0..255 `[\S]+`
        Url = string 0..1024 `(https|s3)://([^/]+)/?(.*)`
        EnvironmentKey = string 0..1024 `[a-zA-Z_][a-zA-Z0-9_]*`
        EnvironmentValue = string 0..1024 `[\S\s]*`
        EnvironmentMap = map 0..100 of EnvironmentKey to EnvironmentValue
        S3ModelDataSource = {
            S3Uri!: Url, S3DataType!: enum S3Prefix S3Object, CompressionType!: enum None Gzip,
            ModelAccessConfig: { AcceptEula!: boolean },
            HubAccessConfig: { HubContentArn!: string 0..255 `.*` },
            ManifestS3Uri: Url, ETag: string, ManifestEtag: string
        }
        ModelDataSource = { S3DataSource: S3ModelDataSource }
        AdditionalModelDataSources = list 0..5 of
            { ChannelName!: string 1..64 `[A-Za-z0-9\.\-_]+`, S3DataSource!: S3ModelDataSource }
        NameContains = string 0..63 `[a-zA-Z0-9\-]+`
        NextToken = string 0..8192 `.*`
        MaxResults = integer 1..100
        SortOrder = enum Ascending Descending
        "
    };
}
pub(super) use shared_shapes;
