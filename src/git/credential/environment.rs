//! Tokens in environment variables, each for the host that it was made for.

use super::{Address, Credentials, Login};
use crate::config::{GitProvider, settings};
use crate::error::Result;
use crate::git::{Secret, User};

/// Tokens in environment variables.
#[derive(Clone, Debug)]
pub struct Environment {
    user: User,
    provider: GitProvider,
    /// The host of the configured provider, with its port if it has one.
    host: Option<String>,
}

impl Environment {
    /// The variables of `user` for the provider that `config` names.
    pub fn new(user: &User, config: &settings::Git) -> Self {
        let host = config.host_name().map(str::to_ascii_lowercase);
        Environment { user: user.clone(), provider: config.provider, host }
    }

    /// The variables whose tokens may go to `host`, the first that is set being the one to take.
    fn variables(&self, host: &str) -> Vec<(&'static str, GitProvider)> {
        use GitProvider::{Github, Gitlab};
        let ours = self.host.as_deref() == Some(host);
        let server = |variable| self.user.variable(variable).is_some_and(|url: &str| authority(url) == host);
        let named = self.user.variable("AIOPS_GIT_HOST").is_some_and(|named| named.eq_ignore_ascii_case(host));
        let public_github = host == "github.com" || host.ends_with(".ghe.com");
        let github = public_github || (ours && self.provider == Github) || server("GITHUB_SERVER_URL");
        let gitlab = host == "gitlab.com" || (ours && self.provider == Gitlab) || server("CI_SERVER_URL");
        let mut variables = Vec::new();
        if ours || named {
            variables.push(("AIOPS_GIT_TOKEN", if gitlab { Gitlab } else { Github }));
        }
        if github {
            if !public_github {
                variables.extend([("GH_ENTERPRISE_TOKEN", Github), ("GITHUB_ENTERPRISE_TOKEN", Github)]);
            }
            // In a workflow GITHUB_TOKEN belongs to the server that runs it, and to no other.
            if server("GITHUB_SERVER_URL") || self.user.variable("GITHUB_SERVER_URL").is_none() {
                variables.extend([("GH_TOKEN", Github), ("GITHUB_TOKEN", Github)]);
            }
        }
        if gitlab {
            variables.push(("GITLAB_TOKEN", Gitlab));
            if server("CI_SERVER_URL") {
                variables.push(("CI_JOB_TOKEN", Gitlab));
            }
        }
        variables
    }
}

impl Credentials for Environment {
    fn login(&self, address: &Address) -> Result<Option<Login>> {
        let found = self.variables(&address.authority()).into_iter().find_map(|(variable, provider)| {
            let token = self.user.variable(variable)?.trim();
            let mut login = Login::with_token(provider, Secret::new(token), variable);
            match (variable, self.user.variable("AIOPS_GIT_USER")) {
                ("CI_JOB_TOKEN", _) => login.user = "gitlab-ci-token".to_owned(),
                ("AIOPS_GIT_TOKEN", Some(user)) => login.user = user.to_owned(),
                _ => {}
            }
            (!token.is_empty()).then_some(login)
        });
        Ok(found)
    }
}

/// Host and port of an https URL.
fn authority(url: &str) -> String {
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
    authority.strip_suffix(":443").map(str::to_owned).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(variables: &[(&str, &str)], provider: GitProvider, host: Option<&str>) -> Environment {
        let set = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let isolated = [("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned())];
        let user = User::new(&set.chain(isolated).collect()).unwrap();
        let config = settings::Git { provider, host: host.map(str::to_owned), ..settings::Git::default() };
        Environment::new(&user, &config)
    }

    fn found(tokens: &Environment, host: &str) -> Option<(String, String)> {
        let address = format!("https://{host}/acme/churn").parse().unwrap();
        tokens.login(&address).unwrap().map(|login| (login.user, login.from))
    }

    fn some(user: &str, from: &str) -> Option<(String, String)> {
        Some((user.into(), from.into()))
    }

    #[test]
    fn a_token_goes_to_the_host_that_it_was_made_for() {
        use GitProvider::{Github, Gitlab, Local};
        let all = [
            ("AIOPS_GIT_TOKEN", "a"),
            ("GH_TOKEN", "b"),
            ("GITHUB_TOKEN", "c"),
            ("GITLAB_TOKEN", "d"),
            ("CI_JOB_TOKEN", "e"),
        ];
        let github = tokens(&all, Github, None);
        assert_eq!(found(&github, "github.com"), some("x-access-token", "AIOPS_GIT_TOKEN"));
        assert_eq!(found(&github, "gitlab.com"), some("oauth2", "GITLAB_TOKEN"));
        assert_eq!(found(&github, "evil.example"), None);
        assert_eq!(found(&github, "github.com.evil.example"), None);
        assert_eq!(found(&github, "github.com:8443"), None);
        let gitlab = tokens(&all[1..], Gitlab, Some("git.acme.example"));
        assert_eq!(found(&gitlab, "git.acme.example"), some("oauth2", "GITLAB_TOKEN"));
        assert_eq!(found(&gitlab, "github.com"), some("x-access-token", "GH_TOKEN"));
        let local = tokens(&all, Local, None);
        assert_eq!(found(&local, "git.acme.example"), None);
        let named = [("AIOPS_GIT_TOKEN", "a"), ("AIOPS_GIT_HOST", "Git.acme.example"), ("AIOPS_GIT_USER", "robot")];
        assert_eq!(found(&tokens(&named, Local, None), "git.acme.example"), some("robot", "AIOPS_GIT_TOKEN"));
    }

    #[test]
    fn in_ci_a_token_belongs_to_the_server_that_runs_it() {
        use GitProvider::{Github, Gitlab};
        let workflow = [("GITHUB_TOKEN", "a"), ("GITHUB_SERVER_URL", "https://ghe.acme.example")];
        let enterprise = tokens(&workflow, Github, Some("ghe.acme.example"));
        assert_eq!(found(&enterprise, "ghe.acme.example"), some("x-access-token", "GITHUB_TOKEN"));
        assert_eq!(found(&enterprise, "github.com"), None);
        let job = [("CI_JOB_TOKEN", "a"), ("CI_SERVER_URL", "https://git.acme.example:443/")];
        let gitlab = tokens(&job, Gitlab, Some("git.acme.example"));
        assert_eq!(found(&gitlab, "git.acme.example"), some("gitlab-ci-token", "CI_JOB_TOKEN"));
        assert_eq!(found(&gitlab, "gitlab.com"), None);
    }

    #[test]
    fn an_empty_variable_is_none_and_a_line_break_no_part_of_a_token() {
        let tokens = tokens(&[("GH_TOKEN", " \n"), ("GITHUB_TOKEN", "c\n")], GitProvider::Github, None);
        let login = tokens.login(&"https://github.com/a/b".parse().unwrap()).unwrap().unwrap();
        assert_eq!((login.password.expose(), login.from.as_str()), ("c", "GITHUB_TOKEN"));
    }
}
