//! What is under a key: its versions, newest first, and how one is found, added and removed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attributes::{Attributes, with_tags};
use super::bucket::{Bucket, Versioning};
use super::checksum::Checksum;
use super::content::Content;
use super::reply::{Reply, http_time, quoted};
use super::request::{Request, invalid_argument};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call};
use crate::sandbox::store::Store;

/// The id of versions made while the bucket keeps none.
const NULL: &str = "null";

/// All versions of one key, newest first; never empty in the store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Versions(pub Vec<Version>);

/// A version of an object, or a delete marker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub id: String,
    pub modified: Timestamp,
    /// None in a delete marker.
    object: Option<Object>,
}

/// An object's state; it never changes but for its tags.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Object {
    /// Without quotes.
    pub etag: String,
    pub content: Content,
    pub checksum: Checksum,
    pub attributes: Attributes,
    /// The parts of an object that came in parts.
    pub parts: Vec<PartOfObject>,
}

/// A part of a finished object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PartOfObject {
    pub number: usize,
    pub size: u64,
    /// Known only when the upload asked for one.
    pub checksum: Option<Checksum>,
}

/// What a removal did.
pub(super) struct Removal {
    /// The version removed, or the delete marker made.
    pub version: Option<String>,
    /// Whether that is a delete marker.
    pub marker: bool,
}

impl Version {
    /// The object, unless this is a delete marker.
    pub fn content(&self) -> Option<&Object> {
        self.object.as_ref()
    }
}

impl Versions {
    const KIND: &'static str = "s3/object";

    fn document(bucket: &str, key: &str) -> String {
        // No bucket's name has a slash.
        format!("{bucket}/{key}")
    }

    /// All versions under `key`; none when it was never written.
    pub fn load(store: &Store<'_>, bucket: &str, key: &str) -> ApiResult<Self> {
        Ok(store.get(Self::KIND, &Self::document(bucket, key))?.unwrap_or_default())
    }

    /// At most `limit` keys that start with `prefix` and come after `after`, with their versions.
    pub fn scan(
        store: &Store<'_>,
        bucket: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> ApiResult<Vec<(String, Versions)>> {
        let document = |key: &str| Self::document(bucket, key);
        let found = store.scan(Self::KIND, &document(prefix), &document(after), limit)?;
        let root = document("").len();
        Ok(found
            .into_iter()
            .map(|(key, versions)| (key.get(root..).unwrap_or_default().to_owned(), versions))
            .collect())
    }

    /// Writes the versions back.
    pub fn save(&self, store: &Store<'_>, bucket: &str, key: &str) -> ApiResult<()> {
        let document = Self::document(bucket, key);
        if self.0.is_empty() {
            store.delete(Self::KIND, &document)?;
        } else {
            store.put(Self::KIND, &document, self)?;
        }
        Ok(())
    }

    /// The newest.
    pub fn current(&self) -> Option<&Version> {
        self.0.first()
    }

    /// The version with `id`, or the newest.
    pub fn find(&self, id: Option<&str>) -> Option<&Version> {
        match id {
            None => self.current(),
            Some(id) => self.0.iter().find(|version| version.id == id),
        }
    }

    /// Gives the version with `id` other tags.
    pub fn set_tags(&mut self, id: &str, tags: Vec<(String, String)>) {
        let version = self.0.iter_mut().find(|version| version.id == id);
        if let Some(object) = version.and_then(|version| version.object.as_mut()) {
            object.attributes.tags = tags;
        }
    }

    /// Puts `object` (none: a delete marker) on top, as the bucket's versioning wants it. Gives the version's id.
    fn add(&mut self, call: &Call<'_>, bucket: &Bucket, object: Option<Object>) -> ApiResult<String> {
        let id = match bucket.versioning {
            Some(Versioning::Enabled) => call.random_hex(32)?,
            Some(Versioning::Suspended) | None => {
                self.remove(&call.store, NULL)?;
                NULL.to_owned()
            }
        };
        self.0.insert(0, Version { id: id.clone(), modified: call.now, object });
        Ok(id)
    }

    /// Removes the version with `id` and its bytes.
    fn remove(&mut self, store: &Store<'_>, id: &str) -> ApiResult<Option<Version>> {
        let Some(position) = self.0.iter().position(|version| version.id == id) else { return Ok(None) };
        let version = self.0.remove(position);
        if let Some(object) = &version.object {
            object.content.delete(store)?;
        }
        Ok(Some(version))
    }
}

/// Stores `object` under `key`. Gives the version's id if the bucket has versions.
pub(super) fn put(call: &Call<'_>, bucket: &Bucket, key: &str, object: Object) -> ApiResult<Option<String>> {
    let mut versions = Versions::load(&call.store, &bucket.name, key)?;
    let id = versions.add(call, bucket, Some(object))?;
    versions.save(&call.store, &bucket.name, key)?;
    Ok(bucket.versioning.map(|_| id))
}

/// Removes what is under `key`: one version for good, or the newest as the bucket's versioning wants it.
pub(super) fn remove(call: &Call<'_>, bucket: &Bucket, key: &str, id: Option<&str>) -> ApiResult<Removal> {
    let mut versions = Versions::load(&call.store, &bucket.name, key)?;
    let removal = match (id, bucket.versioning) {
        (Some(id), _) => {
            let removed = versions.remove(&call.store, id)?;
            let marker = removed.is_some_and(|version| version.object.is_none());
            Removal { version: Some(id.to_owned()), marker }
        }
        (None, None) => {
            versions.remove(&call.store, NULL)?;
            Removal { version: None, marker: false }
        }
        (None, Some(_)) => Removal { version: Some(versions.add(call, bucket, None)?), marker: true },
    };
    versions.save(&call.store, &bucket.name, key)?;
    Ok(removal)
}

/// The object version that a reader means, if the caller may do `actions` (of the newest, of a stated version) to it.
pub(super) fn open(
    call: &mut Call<'_>,
    bucket: &Bucket,
    key: &str,
    id: Option<&str>,
    actions: [&str; 2],
) -> ApiResult<(Version, Object)> {
    open_with(call, bucket, key, id, actions, |access| access)
}

/// [`open`], with more condition keys.
pub(super) fn open_with(
    call: &mut Call<'_>,
    bucket: &Bucket,
    key: &str,
    id: Option<&str>,
    actions: [&str; 2],
    more_keys: impl FnOnce(Access) -> Access,
) -> ApiResult<(Version, Object)> {
    check_version_id(id)?;
    let versions = Versions::load(&call.store, &bucket.name, key)?;
    let version = versions.find(id);
    let [action_on_newest, action_on_version] = actions;
    let access = match id {
        None => bucket.object_access(action_on_newest, key),
        Some(id) => bucket.object_access(action_on_version, key).key("s3:VersionId", id),
    };
    call.authorize(&more_keys(with_existing_tags(access, version)))?;
    if let Some(version) = version
        && let Some(object) = version.content()
    {
        return Ok((version.clone(), object.clone()));
    }
    // Who may not list does not learn what is missing.
    call.authorize(&bucket.access("s3:ListBucket"))?;
    Err(match (version, id) {
        (Some(marker), Some(_)) => {
            ApiError::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
                .detail("x-amz-delete-marker", "true")
                .detail("x-amz-version-id", &marker.id)
        }
        (Some(marker), None) => {
            no_such_key(key).detail("x-amz-delete-marker", "true").detail("x-amz-version-id", &marker.id)
        }
        (None, Some(id)) => ApiError::new(404, "NoSuchVersion", "The specified version does not exist.")
            .detail("Key", key)
            .detail("VersionId", id),
        (None, None) => no_such_key(key),
    })
}

/// Adds the condition keys of the tags that an object has.
pub(super) fn with_existing_tags(access: Access, version: Option<&Version>) -> Access {
    match version.and_then(Version::content) {
        Some(object) => with_tags(access, "s3:ExistingObjectTag", &object.attributes.tags),
        None => access,
    }
}

/// There is nothing under `key`.
pub(super) fn no_such_key(key: &str) -> ApiError {
    ApiError::new(404, "NoSuchKey", "The specified key does not exist.").detail("Key", key)
}

/// Refuses what cannot be the id of a version.
pub(super) fn check_version_id(id: Option<&str>) -> ApiResult<()> {
    match id {
        Some(id) if id != NULL && (id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit())) => {
            Err(invalid_argument("Invalid version id specified", "versionId", id))
        }
        _ => Ok(()),
    }
}

/// The headers by which every reader knows an object.
pub(super) fn identity(reply: Reply, bucket: &Bucket, version: &Version, object: &Object) -> Reply {
    reply
        .header("etag", &quoted(&object.etag))
        .header("last-modified", &http_time(version.modified))
        .maybe("x-amz-version-id", bucket.versioning.map(|_| version.id.as_str()))
}

/// The headers that answer a write.
pub(super) fn written(reply: Reply, object: &Object, version: Option<&str>) -> Reply {
    reply.headers(&object.attributes.encryption).maybe("x-amz-version-id", version)
}

/// The version that a request names.
pub(super) fn version_id<'q>(request: &'q Request<'_>) -> Option<&'q str> {
    request.stated("versionId")
}
