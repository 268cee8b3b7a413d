//! Names of projects.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The most characters.
const LONGEST: usize = 40;

/// The name of a project. It becomes part of names of workspaces, models, repositories, roles and endpoints, so it is
/// made of what all of them allow: lower-case letters, digits and single hyphens, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct ProjectName(String);

impl ProjectName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        let of_these = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if begins && of_these && !text.ends_with('-') && !text.contains("--") && text.len() <= LONGEST {
            return Ok(ProjectName(text.to_owned()));
        }
        // In one message: of an argument that cannot be read, no hint is shown.
        Err(Error::usage(format!(
            "{text:?} is no name for a project: it takes lower-case letters, digits and single hyphens, begins with a \
             letter, and has at most {LONGEST} characters, such as churn or house-prices"
        )))
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_every_service_allows() {
        for good in ["churn", "a", "house-prices-2", &"a".repeat(40)] {
            assert_eq!(good.parse::<ProjectName>().unwrap().as_str(), good);
        }
        let long = "a".repeat(41);
        for bad in ["", "Churn", "1st", "-a", "a-", "a--b", "a_b", "a b", "../a", "a\u{1b}[0m", &long] {
            assert!(bad.parse::<ProjectName>().is_err(), "{bad:?}");
        }
    }
}
