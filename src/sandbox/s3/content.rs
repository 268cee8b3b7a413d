//! What an object holds: bytes in the store, or runs of zeros that take no room however long they are.

use std::ops::Range;

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use crate::sandbox::call::{ApiError, ApiResult};
use crate::sandbox::store::Store;

/// More than this is never brought into memory at once.
const LARGEST_READ: u64 = 1 << 30;
/// Longer runs of zeros are not hashed for an ETag.
const LONGEST_HASHED_RUN: u64 = 8 << 20;

/// The content of an object or a part: segments, in order. Each blob belongs to one content alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Content(Vec<Segment>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Segment {
    Blob { id: i64, size: u64 },
    Zeros { size: u64 },
}

/// A stretch of content as a reader meets it.
pub(super) enum Stretch<'b> {
    Bytes(&'b [u8]),
    Zeros(u64),
}

impl Segment {
    fn size(&self) -> u64 {
        match self {
            Segment::Blob { size, .. } | Segment::Zeros { size } => *size,
        }
    }
}

impl Content {
    /// Keeps `bytes`.
    pub fn of(store: &Store<'_>, bytes: &[u8]) -> ApiResult<Self> {
        if bytes.is_empty() {
            return Ok(Content::default());
        }
        Ok(Content(vec![Segment::Blob { id: store.put_blob(bytes)?, size: bytes.len() as u64 }]))
    }

    /// `size` zero bytes.
    pub fn zeros(size: u64) -> Self {
        Content(vec![Segment::Zeros { size }])
    }

    /// Number of bytes.
    pub fn size(&self) -> u64 {
        self.0.iter().map(Segment::size).sum()
    }

    /// Adds what `other` holds at the end.
    pub fn append(&mut self, other: Content) {
        for segment in other.0 {
            match (self.0.last_mut(), segment) {
                // One run of zeros, however it came together.
                (Some(Segment::Zeros { size }), Segment::Zeros { size: more }) => *size += more,
                (_, segment) => self.0.push(segment),
            }
        }
    }

    /// Walks over `range`, stretch by stretch.
    pub fn visit(
        &self,
        store: &Store<'_>,
        range: &Range<u64>,
        mut visitor: impl FnMut(Stretch<'_>) -> ApiResult<()>,
    ) -> ApiResult<()> {
        let mut start = 0;
        for segment in &self.0 {
            let end = start + segment.size();
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                match segment {
                    Segment::Zeros { .. } => visitor(Stretch::Zeros(to - from))?,
                    Segment::Blob { id, .. } => {
                        let blob = store.blob(*id)?;
                        visitor(Stretch::Bytes(
                            blob.get(index(from - start)?..index(to - start)?).unwrap_or_default(),
                        ))?;
                    }
                }
            }
            start = end;
        }
        Ok(())
    }

    /// The bytes of `range`.
    pub fn read(&self, store: &Store<'_>, range: &Range<u64>) -> ApiResult<Vec<u8>> {
        let size = range.end.saturating_sub(range.start);
        if size > LARGEST_READ {
            return Err(ApiError::internal(format!(
                "The sandbox does not read {size} bytes at once; ask for ranges of at most {LARGEST_READ}."
            )));
        }
        let mut bytes = Vec::with_capacity(index(size)?);
        self.visit(store, range, |stretch| {
            match stretch {
                Stretch::Bytes(slice) => bytes.extend_from_slice(slice),
                Stretch::Zeros(count) => bytes.resize(bytes.len() + index(count)?, 0),
            }
            Ok(())
        })?;
        Ok(bytes)
    }

    /// A copy of `range`, with blobs of its own.
    pub fn copy(&self, store: &Store<'_>, range: &Range<u64>) -> ApiResult<Self> {
        let mut copy = Content::default();
        self.visit(store, range, |stretch| {
            copy.append(match stretch {
                Stretch::Bytes(slice) => Content::of(store, slice)?,
                Stretch::Zeros(size) => Content::zeros(size),
            });
            Ok(())
        })?;
        Ok(copy)
    }

    /// Forgets the bytes.
    pub fn delete(&self, store: &Store<'_>) -> ApiResult<()> {
        for segment in &self.0 {
            if let Segment::Blob { id, .. } = segment {
                store.delete_blob(*id)?;
            }
        }
        Ok(())
    }

    /// The ETag of this content when it comes as one piece: its MD5. That of very long runs of zeros would take minutes;
    /// they get what objects under a KMS key have in AWS: 32 digits that depend on the content and are not its MD5.
    pub fn etag(&self, store: &Store<'_>) -> ApiResult<String> {
        let mut md5 = Md5::new();
        self.visit(store, &(0..self.size()), |stretch| {
            match stretch {
                Stretch::Bytes(bytes) => md5.update(bytes),
                Stretch::Zeros(size) if size <= LONGEST_HASHED_RUN => md5.update(vec![0; index(size)?]),
                Stretch::Zeros(size) => md5.update(format!("{size} zeros")),
            }
            Ok(())
        })?;
        Ok(hex::encode(md5.finalize()))
    }
}

fn index(number: u64) -> ApiResult<usize> {
    usize::try_from(number).map_err(|_| ApiError::internal("this object does not fit into memory"))
}
