//! By which name a person is known to AWS: the source identity of a session.
//!
//! Many people share a role, so four-eyes rules compare source identities. They are set when a role is assumed, cannot
//! be changed on the way through further roles, and CloudTrail records them.

use std::sync::LazyLock;

use regex::Regex;

/// The longest source identity that STS takes, in characters.
const LONGEST: usize = 64;

/// A source identity for `caller`: a user name, an e-mail address, or an ARN as `GetCallerIdentity` returns it.
///
/// Of an ARN the last part is taken, which names the person: the user's name, or the session's name of an assumed
/// role. The result has 2 to 64 of the characters that STS takes, without the comma, which model package metadata
/// refuses; in lower case, because `Who` and `who` are one person and conditions compare case. `None` if too little is
/// left to know anybody by.
pub fn source_identity(caller: &str) -> Option<String> {
    let name = name(caller).to_lowercase();
    let mut identity = String::with_capacity(LONGEST);
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || "_+=.@-".contains(c) {
            identity.push(c);
        } else if !identity.is_empty() && !identity.ends_with('-') {
            identity.push('-');
        }
    }
    identity.truncate(LONGEST);
    let identity = identity.trim_end_matches('-');
    (identity.len() >= 2).then(|| identity.to_owned())
}

/// The part of an ARN that names somebody; other text as it is.
fn name(caller: &str) -> String {
    #[allow(clippy::expect_used, reason = "the pattern is a literal, compiled by every test here")]
    static ARN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("^arn:[^:]*:[^:]*:[^:]*:([^:]*):(.+)$").expect("a valid pattern"));
    match ARN.captures(caller.trim()) {
        // Each account has a root user: alone, the word would make them one person.
        Some(parts) if &parts[2] == "root" => format!("root-{}", &parts[1]),
        Some(parts) => parts[2].rsplit('/').next().unwrap_or_default().to_owned(),
        None => caller.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn callers_become_source_identities() {
        for (caller, identity) in [
            ("lead", Some("lead")),
            ("  Lead.One@example.com ", Some("lead.one@example.com")),
            ("arn:aws:iam::111122223333:user/ml/Officer", Some("officer")),
            (
                "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_ML_1/officer@example.com",
                Some("officer@example.com"),
            ),
            ("arn:aws:iam::111122223333:root", Some("root-111122223333")),
            ("arn:aws-cn:iam::111122223333:root", Some("root-111122223333")),
            ("last, first", Some("last-first")),
            ("b\u{fc}ro\u{1b}[31m", Some("b-ro-31m")),
            ("x", None),
            ("", None),
            ("\u{4eba}\u{4eba}", None),
            ("arn:aws:iam::111122223333:user/", None),
        ] {
            assert_eq!(source_identity(caller).as_deref(), identity, "{caller:?}");
        }
        assert_eq!(source_identity(&"x".repeat(100)), Some("x".repeat(64)));
    }

    proptest! {
        #[test]
        fn whatever_comes_out_is_taken_by_sts_and_by_metadata(caller in any::<String>()) {
            if let Some(identity) = source_identity(&caller) {
                let sts = Regex::new(r"^[A-Za-z0-9_+=.@-]{2,64}$").unwrap();
                prop_assert!(sts.is_match(&identity), "{identity:?}");
                prop_assert!(super::super::MetadataValue::new(&identity).is_ok());
                prop_assert_eq!(source_identity(&identity), Some(identity));
            }
        }
    }
}
