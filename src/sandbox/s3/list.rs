//! Listings: keys in their order, with prefix, delimiter and pages.

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::bucket::Bucket;
use super::object::{Object, Version, Versions};
use super::reply::{Reply, iso_time, quoted};
use super::request::{Request, invalid_argument};
use super::xml::Xml;
use crate::sandbox::call::{ApiResult, Call};

/// How many keys are read from the store at once.
const BATCH: usize = 1000;
/// Sorts behind every key that starts with what it follows.
const LAST: char = char::MAX;

/// What a listing asks for.
pub(super) struct Listing<'q> {
    pub prefix: &'q str,
    pub delimiter: Option<&'q str>,
    pub most: usize,
    encoded: bool,
}

/// What a listing meets.
pub(super) enum Entry<T> {
    Item(String, T),
    /// Keys with this beginning, rolled up.
    Prefix(String),
}

impl<T> Entry<T> {
    /// Listings go on behind this.
    pub fn end(&self) -> String {
        match self {
            Entry::Item(key, _) => key.clone(),
            Entry::Prefix(prefix) => format!("{prefix}{LAST}"),
        }
    }
}

/// A page of a listing, until it is full.
pub(super) struct Page<T> {
    pub entries: Vec<Entry<T>>,
    /// Whether something did not fit in.
    pub more: bool,
    most: usize,
}

impl<T> Page<T> {
    /// An empty page for `most` entries. One for none is never cut short: S3 says so.
    pub fn new(most: usize) -> Self {
        Page { entries: Vec::new(), more: false, most }
    }

    /// Adds an entry, or breaks off.
    pub fn push(&mut self, entry: Entry<T>) -> ControlFlow<()> {
        if self.entries.len() == self.most {
            self.more = self.most > 0;
            return ControlFlow::Break(());
        }
        self.entries.push(entry);
        ControlFlow::Continue(())
    }

    /// The last entry, if another page follows.
    pub fn last(&self) -> Option<&Entry<T>> {
        self.entries.last().filter(|_| self.more)
    }
}

impl<'q> Listing<'q> {
    /// What `request` asks for, with at most `page` entries.
    pub fn of(request: &'q Request<'_>, page: &'static str) -> ApiResult<Self> {
        let encoded = match request.stated("encoding-type") {
            None => false,
            Some("url") => true,
            Some(other) => {
                return Err(invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", other));
            }
        };
        Ok(Listing {
            prefix: request.stated("prefix").unwrap_or_default(),
            delimiter: request.stated("delimiter"),
            most: request.page_size(page)?,
            encoded,
        })
    }

    /// A key as this listing writes it.
    pub fn encode(&self, key: &str) -> String {
        // What S3 leaves as it is.
        const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');
        if self.encoded { utf8_percent_encode(key, ENCODED).to_string().replace("%20", "+") } else { key.to_owned() }
    }

    /// What `key` is rolled up to.
    pub fn rolled_up(&self, key: &str) -> Option<String> {
        let delimiter = self.delimiter?;
        let start = self.prefix.len();
        let end = start + key.get(start..)?.find(delimiter)? + delimiter.len();
        key.get(..end).map(str::to_owned)
    }

    /// Where a page begins that follows `marker`. If that was a common prefix, behind all that it stands for.
    fn behind(&self, marker: &str) -> String {
        if self.rolled_up(marker).as_deref() == Some(marker) { format!("{marker}{LAST}") } else { marker.to_owned() }
    }

    /// Meets the keys behind `after`, those that `counts` is true of, until `visit` breaks off.
    fn walk(
        &self,
        call: &Call<'_>,
        bucket: &Bucket,
        after: &str,
        counts: impl Fn(&Versions) -> bool,
        mut visit: impl FnMut(Entry<Versions>) -> ControlFlow<()>,
    ) -> ApiResult<()> {
        let mut after = after.to_owned();
        loop {
            let batch = Versions::scan(&call.store, &bucket.name, self.prefix, &after, BATCH)?;
            let complete = batch.len() < BATCH;
            for (key, versions) in batch {
                if key <= after || !counts(&versions) {
                    continue;
                }
                let entry = match self.rolled_up(&key) {
                    Some(prefix) => Entry::Prefix(prefix),
                    None => Entry::Item(key, versions),
                };
                after = entry.end();
                if visit(entry).is_break() {
                    return Ok(());
                }
            }
            if complete {
                return Ok(());
            }
        }
    }

    /// The elements that say what was asked.
    fn write_question(&self, xml: &mut Xml, bucket: &Bucket, page: &str) {
        xml.text("Name", &bucket.name);
        xml.text("Prefix", self.encode(self.prefix));
        xml.maybe("Delimiter", self.delimiter.map(|delimiter| self.encode(delimiter)));
        xml.text(page, self.most);
        xml.maybe("EncodingType", self.encoded.then_some("url"));
    }

    /// Common prefixes, each in an element of its own.
    pub fn write_prefixes<T>(&self, xml: &mut Xml, entries: &[Entry<T>]) {
        for entry in entries {
            if let Entry::Prefix(prefix) = entry {
                xml.element("CommonPrefixes", |xml| xml.text("Prefix", self.encode(prefix)));
            }
        }
    }
}

/// Asks leave to list, with the condition keys of listings.
fn open(call: &mut Call<'_>, request: &Request<'_>, action: &str, listing: &Listing<'_>) -> ApiResult<Bucket> {
    let bucket = Bucket::requested(call, request)?;
    let mut access = bucket.access(action).key("s3:prefix", listing.prefix);
    if let Some(delimiter) = listing.delimiter {
        access = access.key("s3:delimiter", delimiter);
    }
    if let Some(most) = request.stated("max-keys") {
        access = access.key("s3:max-keys", most);
    }
    call.authorize(&access)?;
    Ok(bucket)
}

/// The live objects behind `after`.
fn page_of_objects(call: &Call<'_>, bucket: &Bucket, listing: &Listing<'_>, after: &str) -> ApiResult<Page<Versions>> {
    let mut page = Page::new(listing.most);
    let live = |versions: &Versions| versions.current().and_then(Version::content).is_some();
    listing.walk(call, bucket, after, live, |entry| page.push(entry))?;
    Ok(page)
}

fn write_objects(xml: &mut Xml, listing: &Listing<'_>, bucket: &Bucket, entries: &[Entry<Versions>], owner: bool) {
    for entry in entries {
        let Entry::Item(key, versions) = entry else { continue };
        let Some((version, object)) = versions.current().and_then(|version| Some((version, version.content()?))) else {
            continue;
        };
        xml.element("Contents", |xml| {
            xml.text("Key", listing.encode(key));
            xml.text("LastModified", iso_time(version.modified));
            write_state(xml, object);
            if owner {
                xml.element("Owner", |xml| xml.text("ID", bucket.owner_id()));
            }
        });
    }
    listing.write_prefixes(xml, entries);
}

fn write_state(xml: &mut Xml, object: &Object) {
    xml.text("ETag", quoted(&object.etag));
    xml.text("ChecksumAlgorithm", object.checksum.algorithm.name());
    xml.text("ChecksumType", object.checksum.kind.name());
    xml.text("Size", object.content.size());
    xml.text("StorageClass", &object.attributes.storage_class);
}

/// ListObjectsV2.
pub(super) fn objects_v2(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let listing = Listing::of(request, "max-keys")?;
    let bucket = open(call, request, "s3:ListBucket", &listing)?;
    let token = request.stated("continuation-token");
    let start_after = request.stated("start-after");
    let after = match token {
        Some(token) => decode_token(token)?,
        None => start_after.unwrap_or_default().to_owned(),
    };
    let page = page_of_objects(call, &bucket, &listing, &after)?;
    Ok(Reply::xml("ListBucketResult", |xml| {
        listing.write_question(xml, &bucket, "MaxKeys");
        xml.text("KeyCount", page.entries.len());
        xml.text("IsTruncated", page.more);
        xml.maybe("ContinuationToken", token);
        xml.maybe("NextContinuationToken", page.last().map(|entry| encode_token(&entry.end())));
        xml.maybe("StartAfter", start_after.map(|key| listing.encode(key)));
        write_objects(xml, &listing, &bucket, &page.entries, request.stated("fetch-owner") == Some("true"));
    }))
}

/// ListObjects, which pages by key.
pub(super) fn objects(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let listing = Listing::of(request, "max-keys")?;
    let bucket = open(call, request, "s3:ListBucket", &listing)?;
    let marker = request.stated("marker").unwrap_or_default();
    let page = page_of_objects(call, &bucket, &listing, &listing.behind(marker))?;
    let last = page.last().map(|entry| match entry {
        Entry::Item(name, _) | Entry::Prefix(name) => listing.encode(name),
    });
    Ok(Reply::xml("ListBucketResult", |xml| {
        listing.write_question(xml, &bucket, "MaxKeys");
        xml.text("Marker", listing.encode(marker));
        xml.text("IsTruncated", page.more);
        xml.maybe("NextMarker", last.filter(|_| listing.delimiter.is_some()));
        write_objects(xml, &listing, &bucket, &page.entries, true);
    }))
}

/// ListObjectVersions: all versions and delete markers, newest first under each key.
pub(super) fn versions(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let listing = Listing::of(request, "max-keys")?;
    let bucket = open(call, request, "s3:ListBucketVersions", &listing)?;
    let key_marker = request.stated("key-marker").unwrap_or_default();
    let version_marker = request.stated("version-id-marker");
    if version_marker.is_some() && key_marker.is_empty() {
        let message = "A version-id marker cannot be specified without a key marker.";
        return Err(invalid_argument(message, "version-id-marker", version_marker.unwrap_or_default()));
    }
    let mut page = Page::new(listing.most);
    let push = |page: &mut Page<(bool, Version)>, key: &str, versions: Versions, skip: usize| {
        let mut versions = versions.0.into_iter().enumerate().skip(skip);
        versions.try_for_each(|(index, version)| page.push(Entry::Item(key.to_owned(), (index == 0, version))))
    };
    let mut flow = ControlFlow::Continue(());
    if let Some(marker) = version_marker {
        let versions = Versions::load(&call.store, &bucket.name, key_marker)?;
        let position = versions.0.iter().position(|version| version.id == marker);
        flow = push(&mut page, key_marker, versions, position.map_or(usize::MAX, |position| position + 1));
    }
    if flow.is_continue() {
        listing.walk(
            call,
            &bucket,
            &listing.behind(key_marker),
            |_| true,
            |entry| match entry {
                Entry::Item(key, versions) => push(&mut page, &key, versions, 0),
                Entry::Prefix(prefix) => page.push(Entry::Prefix(prefix)),
            },
        )?;
    }
    Ok(Reply::xml("ListVersionsResult", |xml| {
        listing.write_question(xml, &bucket, "MaxKeys");
        xml.text("KeyMarker", listing.encode(key_marker));
        xml.text("VersionIdMarker", version_marker.unwrap_or_default());
        xml.text("IsTruncated", page.more);
        match page.last() {
            Some(Entry::Item(key, (_, version))) => {
                xml.text("NextKeyMarker", listing.encode(key));
                xml.text("NextVersionIdMarker", &version.id);
            }
            Some(Entry::Prefix(prefix)) => xml.text("NextKeyMarker", listing.encode(prefix)),
            None => {}
        }
        for entry in &page.entries {
            let Entry::Item(key, (latest, version)) = entry else { continue };
            let element = if version.content().is_some() { "Version" } else { "DeleteMarker" };
            xml.element(element, |xml| {
                xml.text("Key", listing.encode(key));
                xml.text("VersionId", &version.id);
                xml.text("IsLatest", latest);
                xml.text("LastModified", iso_time(version.modified));
                if let Some(object) = version.content() {
                    write_state(xml, object);
                }
                xml.element("Owner", |xml| xml.text("ID", bucket.owner_id()));
            });
        }
        listing.write_prefixes(xml, &page.entries);
    }))
}

const TOKEN: &str = "behind:";

fn encode_token(position: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{TOKEN}{position}"))
}

fn decode_token(token: &str) -> ApiResult<String> {
    let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .as_deref()
        .and_then(|text| text.strip_prefix(TOKEN))
        .map(str::to_owned)
        .ok_or_else(|| invalid_argument("The continuation token provided is incorrect", "continuation-token", token))
}
