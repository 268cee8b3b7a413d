//! Names that are made of other names.

use super::place::Place;
use crate::governance::Digest;

/// The most characters that SageMaker allows in the name of a group or an endpoint, and S3 in that of a bucket.
const LONGEST: usize = 63;
/// Hexadecimal digits that mark a shortened name.
const MARK: usize = 8;

/// `<first>-<second>`, as [`fitted`].
pub(super) fn joined(first: &str, second: &str) -> String {
    fitted(format!("{first}-{second}"))
}

/// `name`, cut if it is too long and marked with a digest of the whole, so that two long names never become one. What
/// only looks like a shortened name is shortened as well, so that no name can be taken for another's.
pub(super) fn fitted(name: String) -> String {
    fitted_within(LONGEST, name)
}

/// [`fitted`] where names may have `longest` characters.
pub(super) fn fitted_within(longest: usize, name: String) -> String {
    if name.len() <= longest && !is_cut_at(longest, &name) {
        return name;
    }
    let mark = &Digest::of(&name).token()[..MARK];
    let kept: String = name.chars().take(longest - MARK - 1).collect();
    format!("{kept}-{mark}")
}

/// The ARN of a KMS key, or of an alias, that is named in `place` by id, alias or ARN.
pub(super) fn key_arn(key: &str, place: &Place) -> String {
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    let resource = if key.starts_with("alias/") { key.to_owned() } else { format!("key/{key}") };
    format!("arn:{}:kms:{}:{}:{resource}", place.partition(), place.region, place.account)
}

/// Whether `name` is one that was cut: it tells no more what it was made of.
pub(super) fn is_shortened(name: &str) -> bool {
    is_cut_at(LONGEST, name)
}

fn is_cut_at(longest: usize, name: &str) -> bool {
    name.len() == longest
        && name.rsplit_once('-').is_some_and(|(_, mark)| {
            mark.len() == MARK && mark.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
}
