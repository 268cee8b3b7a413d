//! How the user gets at repositories on other machines.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::credential::{Chain, Credentials, Environment, Helper};
use super::http::{Http, Options};
use super::{Address, Login, User};
use crate::config::settings;
use crate::error::Result;

/// How the user gets at repositories: with whose login, trusting whom, by which proxy and which ssh. Cheap to clone.
#[derive(Clone)]
pub struct Access(Arc<Ways>);

struct Ways {
    user: User,
    credentials: Box<dyn Credentials>,
    http: OnceLock<Http>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access(..)")
    }
}

impl Access {
    /// With what `user` has in variables and in Git's configuration, and with these credentials.
    pub fn new(user: &User, credentials: impl Credentials + 'static) -> Self {
        Access(Arc::new(Ways { user: user.clone(), credentials: Box::new(credentials), http: OnceLock::new() }))
    }

    /// The usual order of credentials: `first` (a token of Secrets Manager, keys of AWS), then the environment's
    /// variables, then the user's credential helpers.
    pub fn usual(user: &User, config: &settings::Git, first: Vec<Arc<dyn Credentials>>) -> Self {
        let own: [Arc<dyn Credentials>; 2] = [Arc::new(Environment::new(user, config)), Arc::new(Helper::new(user))];
        Access::new(user, Chain(first.into_iter().chain(own).collect()))
    }

    /// The login for `address`.
    pub fn login(&self, address: &Address) -> Result<Option<Login>> {
        self.0.credentials.login(address)
    }

    /// The HTTP client, which is made when it is first needed.
    pub fn http(&self) -> Result<&Http> {
        if let Some(http) = self.0.http.get() {
            return Ok(http);
        }
        let made = Http::new(&Options::of(&self.0.user))?;
        Ok(self.0.http.get_or_init(|| made))
    }

    /// Whose access it is.
    pub fn user(&self) -> &User {
        &self.0.user
    }
}
