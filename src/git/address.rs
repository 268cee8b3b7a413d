//! Where a repository is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};
use crate::output::text::sanitize;

/// How the tokens of GitHub and GitLab begin. Some people write one where the name of a user belongs.
const TOKENS: [&str; 10] =
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glcbt-", "glptt-"];
/// No name of a user is that long, and most tokens are.
const LONGEST_USER: usize = 39;
const NO_SECRETS: &str = "leave it out: a token comes from the environment (`AIOPS_GIT_TOKEN`), from Git's credential \
                          helper, or from Secrets Manager (`git.token-secret`)";

/// Where a repository is. It holds no password, and shows none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Https(Remote),
    Ssh(Remote),
    File(PathBuf),
}

/// A repository on another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Remote {
    user: Option<String>,
    /// In lower case; an IPv6 address has its brackets.
    host: String,
    port: Option<u16>,
    /// With the `/` at its front that a URL has. Without one, as in `git@host:owner/name.git`, it is relative to the
    /// home of the user.
    path: String,
}

/// How a repository is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP over TLS.
    Https,
    /// The user's `ssh`.
    Ssh,
    /// A directory of this machine.
    File,
}

impl Address {
    /// The repository in this directory.
    pub fn directory(path: impl Into<PathBuf>) -> Self {
        Address(Place::File(path.into()))
    }

    /// How it is reached.
    pub fn protocol(&self) -> Protocol {
        match &self.0 {
            Place::Https(_) => Protocol::Https,
            Place::Ssh(_) => Protocol::Ssh,
            Place::File(_) => Protocol::File,
        }
    }

    fn remote(&self) -> Option<&Remote> {
        match &self.0 {
            Place::Https(remote) | Place::Ssh(remote) => Some(remote),
            Place::File(_) => None,
        }
    }

    /// The machine, in lower case. Empty for a directory.
    pub fn host(&self) -> &str {
        self.remote().map_or("", |remote| &remote.host)
    }

    /// The port, unless it is the usual one.
    pub fn port(&self) -> Option<u16> {
        self.remote().and_then(|remote| remote.port)
    }

    /// Machine and port, as a URL has them.
    pub fn authority(&self) -> String {
        match self.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// The user to log in as.
    pub fn user(&self) -> Option<&str> {
        self.remote().and_then(|remote| remote.user.as_deref())
    }

    /// The path on that machine; in a URL it begins with `/`.
    pub fn path(&self) -> &str {
        match &self.0 {
            Place::Https(remote) | Place::Ssh(remote) => &remote.path,
            Place::File(path) => path.to_str().unwrap_or_default(),
        }
    }

    /// The directory, if it is one of this machine.
    pub fn as_directory(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) => Some(path),
            _ => None,
        }
    }

    /// What the messages call the other side: its host, or the directory.
    pub fn place(&self) -> String {
        match &self.0 {
            Place::File(path) => sanitize(&path.display().to_string()),
            _ => self.authority(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            // Whoever needs a name here has it in their credentials: it only leads astray whoever reads the address.
            Place::Https(remote) => write!(f, "https://{}{}", self.authority(), remote.path),
            Place::Ssh(remote) => {
                let user = remote.user.as_deref().map(|user| format!("{user}@")).unwrap_or_default();
                let slash = if remote.path.starts_with('~') { "/" } else { "" };
                if remote.path.starts_with(['/', '~']) {
                    write!(f, "ssh://{user}{}{slash}{}", self.authority(), remote.path)
                } else {
                    write!(f, "{user}{}:{}", remote.host, remote.path)
                }
            }
            Place::File(path) => f.write_str(&sanitize(&path.display().to_string())),
        }
    }
}

impl FromStr for Address {
    type Err = Error;

    /// Reads `https://host/path`, `ssh://user@host/path`, `user@host:path`, `codecommit::region://name`, `file:///path`
    /// or the path of a directory.
    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::config("the address of a repository is empty"));
        }
        // Nothing else of the text may be shown before it is known to hold no password.
        if text.chars().any(|letter| letter.is_control()) {
            return Err(Error::config("the address of a repository has control characters in it"));
        }
        if let Some(rest) = text.strip_prefix("codecommit:") {
            return codecommit(rest);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return match scheme.to_ascii_lowercase().as_str() {
                "https" => https(rest),
                "ssh" | "git+ssh" | "ssh+git" => ssh(rest),
                "file" => file(rest),
                "http" => {
                    Err(Error::config("a repository over plain http would show its token to everybody on the way")
                        .hint("write https://"))
                }
                _ => Err(Error::config("the address of a repository begins with a protocol that aiops does not speak")
                    .hint("write https://HOST/PATH, ssh://USER@HOST/PATH, USER@HOST:PATH or a directory")),
            };
        }
        match scp_like(text) {
            Some((authority, path)) => {
                let (user, host, port) = parse_authority(authority)?;
                if path.starts_with(':') {
                    return Err(Error::config("the address of a repository names one of Git's helpers")
                        .hint("write https://HOST/PATH, ssh://USER@HOST/PATH, USER@HOST:PATH or a directory"));
                }
                if path.contains('@') {
                    return Err(Error::config("the address of a repository has a password in it").hint(NO_SECRETS));
                }
                if port.is_some() {
                    return Err(Error::config("an address like `user@host:path` has no port").hint("write ssh://"));
                }
                ssh_at(Remote { user, host, port: None, path: path.to_owned() })
            }
            None => Ok(Address::directory(text)),
        }
    }
}

/// The parts of `user@host:path`: as for Git, the colon comes before any slash.
fn scp_like(text: &str) -> Option<(&str, &str)> {
    let colon = match text.find('[') {
        Some(bracket) if !text[..bracket].contains(['/', ':']) => bracket + text[bracket..].find("]:")? + 1,
        _ => text.find(':')?,
    };
    let (authority, path) = (&text[..colon], &text[colon + 1..]);
    // `C:\repositories` is a directory.
    let drive = authority.len() == 1 && authority.starts_with(|letter: char| letter.is_ascii_alphabetic());
    (!authority.contains(['/', '\\']) && !drive).then_some((authority, path))
}

fn https(rest: &str) -> Result<Address> {
    let (authority, path) = split(rest)?;
    let (user, host, port) = parse_authority(authority)?;
    let user = user.map(|user| percent_decode_str(&user).decode_utf8_lossy().into_owned());
    if let Some(user) = &user {
        let token = TOKENS.iter().any(|prefix| user.starts_with(prefix)) || user.len() > LONGEST_USER;
        if token {
            return Err(
                Error::config(format!("the address of a repository at {host} has a token in it")).hint(NO_SECRETS)
            );
        }
        if user.chars().any(|letter| letter.is_control() || letter == ':') {
            return Err(Error::config(format!("the name of the user at {host} has letters that no name has")));
        }
    }
    if path.contains(['?', '#']) {
        return Err(Error::config(format!("the address of a repository at {host} has `?` or `#` in it"))
            .hint("an address is https://HOST/PATH and nothing else"));
    }
    Ok(Address(Place::Https(Remote { user, host, port: port.filter(|port| *port != 443), path: path.to_owned() })))
}

fn ssh(rest: &str) -> Result<Address> {
    let (authority, path) = split(rest)?;
    let (user, host, port) = parse_authority(authority)?;
    // `/~user/x` is a path relative to a home.
    let path = if path.starts_with("/~") { &path[1..] } else { path };
    ssh_at(Remote { user, host, port: port.filter(|port| *port != 22), path: path.to_owned() })
}

/// Whatever reaches the command line of `ssh`, or of the other side, must not be taken for an option.
fn ssh_at(remote: Remote) -> Result<Address> {
    let dashed = [remote.user.as_deref().unwrap_or_default(), &remote.host, &remote.path];
    if dashed.iter().any(|part| part.starts_with('-')) {
        return Err(
            Error::config("a part of a repository's address begins with `-`").hint("ssh would take it for an option")
        );
    }
    if remote.path.is_empty() {
        return Err(Error::config(format!("the address of a repository at {} has no path", remote.host)));
    }
    Ok(Address(Place::Ssh(remote)))
}

fn file(rest: &str) -> Result<Address> {
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return Err(Error::config("a file:// address names no directory of this machine").hint("write file:///PATH"));
    }
    let path = percent_decode_str(path).decode_utf8().map_err(|_| Error::config("a file:// address is not UTF-8"))?;
    // `/C:/repositories` is how a URL has a path of Windows.
    let drive = cfg!(windows) && path.as_bytes().get(2) == Some(&b':');
    Ok(Address::directory(if drive { &path[1..] } else { &path }))
}

/// `:region://name`, as the helper git-remote-codecommit has it.
fn codecommit(rest: &str) -> Result<Address> {
    let parts = rest.strip_prefix(':').and_then(|rest| rest.split_once("://"));
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    match parts {
        Some((region, name)) if plain(region) && plain(name) => {
            let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
            https(&format!("git-codecommit.{region}.amazonaws.com{suffix}/v1/repos/{name}"))
        }
        _ => Err(Error::config("the address of a CodeCommit repository is not codecommit::REGION://NAME")
            .hint("it has a Region, and no profile: aiops knows whose credentials to use")),
    }
}

/// Authority and path.
fn split(rest: &str) -> Result<(&str, &str)> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if path.len() < 2 || !path.starts_with('/') {
        return Err(Error::config("the address of a repository has no path").hint("write https://HOST/PATH"));
    }
    if path.chars().any(char::is_whitespace) {
        return Err(Error::config("the address of a repository has blanks in it"));
    }
    Ok((authority, path))
}

/// User, host and port.
fn parse_authority(authority: &str) -> Result<(Option<String>, String, Option<u16>)> {
    let (user, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, authority),
    };
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (place, None),
    };
    let host = host.to_ascii_lowercase();
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let valid = match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            host.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter))
                && host.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        }
    };
    if !valid {
        return Err(Error::config("the address of a repository has no valid host")
            .hint("write https://HOST/PATH; a name in other letters than a-z is written as DNS has it (xn--...)"));
    }
    let port = port.map(str::parse::<u16>).transpose();
    let port = port.map_err(|_| Error::config(format!("the port at {host} is not a number below 65536")))?;
    let Some(user) = user else { return Ok((None, host, port)) };
    if user.contains([':', '@']) {
        return Err(
            Error::config(format!("the address of a repository at {host} has a password in it")).hint(NO_SECRETS)
        );
    }
    let valid = user.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._~+%".contains(letter));
    if user.is_empty() || !valid {
        return Err(Error::config(format!("the name of the user at {host} has letters that no name has")));
    }
    Ok((Some(user.to_owned()), host, port))
}

#[cfg(test)]
mod tests;
