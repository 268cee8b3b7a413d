//! Who acts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::names;
use crate::error::Error;

/// As whom a command acts. Each persona is one IAM role per account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Persona {
    /// Builds the landscape, and opens the central registry to the accounts that deploy from it.
    Administrator,
    /// Trains models and registers them in dev.
    DataScientist,
    /// Decides in dev which models leave it.
    Lead,
    /// Brings models to the central registry, to test and to prod: the AI engineer.
    Engineer,
    /// Decides which models may serve in test and prod.
    GovernanceOfficer,
    /// A CI job: registers like a data scientist, deploys like an engineer, decides nothing.
    Ci,
}

impl Persona {
    /// Every persona.
    pub const ALL: [Persona; 6] = [
        Persona::Administrator,
        Persona::DataScientist,
        Persona::Lead,
        Persona::Engineer,
        Persona::GovernanceOfficer,
        Persona::Ci,
    ];

    /// The name on the command line and in `aiops.yaml`, such as `governance-officer`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Persona::Administrator => "administrator",
            Persona::DataScientist => "data-scientist",
            Persona::Lead => "lead",
            Persona::Engineer => "engineer",
            Persona::GovernanceOfficer => "governance-officer",
            Persona::Ci => "ci",
        }
    }

    /// The name in running text, such as `governance officer`.
    pub const fn title(self) -> &'static str {
        match self {
            Persona::Administrator => "administrator",
            Persona::DataScientist => "data scientist",
            Persona::Lead => "lead",
            Persona::Engineer => "AI engineer",
            Persona::GovernanceOfficer => "governance officer",
            Persona::Ci => "CI job",
        }
    }
}

impl fmt::Display for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Persona {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        names::parse("persona", text, &Persona::ALL, Persona::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_display_and_parsing_agree() {
        for persona in Persona::ALL {
            assert_eq!(serde_json::to_value(persona).unwrap(), persona.to_string());
            assert_eq!(persona.to_string().parse::<Persona>().unwrap(), persona);
            assert_eq!(persona.to_string().to_uppercase().parse::<Persona>().unwrap(), persona);
        }
    }

    #[test]
    fn a_misspelt_persona_is_recognised() {
        let told = |text: &str| {
            let error = text.parse::<Persona>().unwrap_err();
            format!("{error}\n{}", error.hints().join("\n"))
        };
        insta::assert_snapshot!(told("governence-officer"), @r#"
        "governence-officer" is not a persona
        did you mean `governance-officer`?
        a persona is one of administrator, data-scientist, lead, engineer, governance-officer, ci
        "#);
        insta::assert_snapshot!(told("root\u{1b}[2J"), @r#"
        "root\u{1b}[2J" is not a persona
        a persona is one of administrator, data-scientist, lead, engineer, governance-officer, ci
        "#);
    }
}
