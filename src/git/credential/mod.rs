//! What opens the door to a repository over https. No token is kept here longer than a call, and none leaves for a host
//! that it was not made for.

mod environment;
mod helper;
mod sigv4;

use std::fmt;
use std::sync::Arc;

pub use self::environment::Environment;
pub use self::helper::Helper;
pub use self::sigv4::{Keys, SigV4, is_at_aws};
use super::{Address, Secret};
use crate::config::GitProvider;
use crate::error::{Error, Result};

/// A name and a password, or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name; for a token, the one that the provider wants beside it.
    pub user: String,
    /// The password or token.
    pub password: Secret,
    /// Where it was found, for whoever has to mend it: `AIOPS_GIT_TOKEN`.
    pub from: String,
}

// The name for CodeCommit holds the token of the session.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Login").field(&self.from).finish()
    }
}

impl Login {
    /// A token of `provider`, with the name that it wants beside one.
    pub fn with_token(provider: GitProvider, token: Secret, from: impl Into<String>) -> Self {
        let user = match provider {
            GitProvider::Gitlab => "oauth2",
            GitProvider::Github | GitProvider::Local => "x-access-token",
        };
        Login { user: user.to_owned(), password: token, from: from.into() }
    }
}

/// The token in the value of a secret: all of it, or what is called `token` if it is a JSON object.
pub fn token_in(value: &str) -> Result<Secret> {
    let token = match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(value) {
        Ok(object) => object.get("token").and_then(|token| token.as_str()).map(str::to_owned),
        Err(_) => Some(value.to_owned()),
    };
    let token = token.map(|token| token.trim().to_owned());
    // Whatever an `Authorization` header could not carry is no token, and its text is not to be shown.
    match token.filter(|token| !token.is_empty() && token.chars().all(|letter| letter.is_ascii_graphic())) {
        Some(token) => Ok(Secret::new(token)),
        None => Err(Error::config("the secret holds no token")
            .hint("its value is the token alone, or a JSON object that has it as `token`")),
    }
}

/// A place where logins are found.
pub trait Credentials: Send + Sync {
    /// The login for `address`, if there is one here.
    fn login(&self, address: &Address) -> Result<Option<Login>>;
}

/// One login for one host.
#[derive(Clone, Debug)]
pub struct Fixed {
    authority: String,
    login: Login,
}

impl Fixed {
    /// `login` for everything at `authority`, which is a host, with its port if that is not 443.
    pub fn new(authority: &str, login: Login) -> Self {
        Fixed { authority: authority.to_ascii_lowercase(), login }
    }
}

impl Credentials for Fixed {
    fn login(&self, address: &Address) -> Result<Option<Login>> {
        Ok((address.authority() == self.authority).then(|| self.login.clone()))
    }
}

/// Several places, of which the first that has a login counts.
#[derive(Clone, Default)]
pub struct Chain(pub Vec<Arc<dyn Credentials>>);

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain of {}", self.0.len())
    }
}

impl Credentials for Chain {
    fn login(&self, address: &Address) -> Result<Option<Login>> {
        for place in &self.0 {
            if let Some(login) = place.login(address)? {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(from: &str) -> Login {
        Login { user: "git".into(), password: Secret::new("token"), from: from.into() }
    }

    #[test]
    fn a_secret_is_a_token_or_has_one() {
        for value in ["abc", " abc\n", r#"{"token": "abc", "user": "x"}"#] {
            assert_eq!(token_in(value).unwrap().expose(), "abc", "{value}");
        }
        for value in ["", " ", r#"{"password": "hunter2"}"#, r#"{"token": 1}"#, "hunter2 hunter2", "hunter2\nhunter2"] {
            let error = token_in(value).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{value}");
        }
    }

    #[test]
    fn a_login_goes_to_its_host_alone_and_the_first_counts() {
        let chain = Chain(vec![
            Arc::new(Fixed::new("git.example", login("first"))),
            Arc::new(Fixed::new("git.example:8443", login("second"))),
            Arc::new(Fixed::new("git.example", login("third"))),
        ]);
        let from = |address: &str| chain.login(&address.parse().unwrap()).unwrap().map(|login| login.from);
        assert_eq!(from("https://git.example/a/b").as_deref(), Some("first"));
        assert_eq!(from("https://git.example:8443/a/b").as_deref(), Some("second"));
        assert_eq!(from("https://git.example.evil/a/b"), None);
        assert_eq!(from("https://evil/git.example"), None);
    }
}
