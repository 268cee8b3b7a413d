//! Names that are made of other names.

use crate::governance::Digest;

/// The most characters that SageMaker allows in the name of a group or an endpoint.
const LONGEST: usize = 63;
/// Hexadecimal digits that mark a shortened name.
const MARK: usize = 8;

/// `<first>-<second>`. If that is too long, it is cut, and marked with a digest of the whole, so that two long names never
/// become one.
pub(super) fn joined(first: &str, second: &str) -> String {
    let whole = format!("{first}-{second}");
    if whole.len() <= LONGEST {
        return whole;
    }
    let mark = &Digest::of(&whole).token()[..MARK];
    let room = LONGEST - MARK - 1;
    let kept: String = whole.chars().take(room).collect();
    format!("{}-{mark}", kept.trim_end_matches('-'))
}

/// The partition of a Region: the second part of every ARN there.
pub fn partition(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "aws-cn",
        government if government.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}
