//! Everything that a noun acts with: the landscape, the accounts behind it, time, and somebody to tell.

use crate::aws::{Aws, Session};
use crate::clock::SharedClock;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::governance::Persona;
use crate::landscape::{Landscape, Place};
use crate::progress::Progress;

/// What a noun acts with. Nouns know no screen and no command line.
pub struct World<'a> {
    /// The configuration, whole.
    pub config: &'a Config,
    /// Which account, Region and role everything means.
    pub landscape: &'a Landscape,
    /// The way into the accounts.
    pub aws: &'a Aws,
    /// Time.
    pub clock: &'a SharedClock,
    /// Somebody to tell how it goes.
    pub progress: &'a dyn Progress,
    /// As whom to act in place of the persona that usually does (`--as`, or `persona` in the configuration).
    pub acting_as: Option<Persona>,
    /// Whether to say what would be done, and do nothing.
    pub dry_run: bool,
}

impl World<'_> {
    /// A session in `place` as whoever acts, usually `usual`.
    pub async fn session(&self, place: &Place, usual: Persona) -> Result<Session> {
        let opened = self.session_as(place, self.acting(usual)).await;
        opened.map_err(|error| match (error.kind(), self.acting_as) {
            (Kind::Denied, None) => error.hint(
                "if you act as another persona, say so: `--as PERSONA`, AIOPS_PERSONA, or `persona` in aiops.yaml",
            ),
            _ => error,
        })
    }

    /// Who acts where `usual` usually does.
    pub fn acting(&self, usual: Persona) -> Persona {
        self.acting_as.unwrap_or(usual)
    }

    /// A session in `place` as `persona`, whoever acts otherwise.
    pub async fn session_as(&self, place: &Place, persona: Persona) -> Result<Session> {
        let role = self.config.session.assume_roles.then(|| place.role(persona));
        self.aws
            .session(place.account.as_str(), place.region.as_str(), role.as_ref())
            .await
            .map_err(|error| error.context(format!("cannot act as {} in {place}", persona.title())))
    }

    /// Adds to a refusal by AWS who may do what was tried.
    pub fn explain_refusal(&self, error: Error, usual: &[Persona]) -> Error {
        let acting = self.acting_as.or_else(|| usual.first().copied());
        if error.kind() != Kind::Denied || acting.is_none_or(|persona| usual.contains(&persona)) {
            return error;
        }
        let titles: Vec<&str> = usual.iter().map(|persona| persona.title()).collect();
        let name = usual.first().map_or("", |persona| persona.as_str());
        error.hint(format!("this is for the {}: leave out `--as`, or use `--as {name}`", titles.join(" or the ")))
    }
}
