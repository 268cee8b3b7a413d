//! What CI says about itself in its OIDC tokens, and what a role of AWS asks for to trust exactly that: this branch of
//! this repository, and its environments. Pure.

use serde_json::Value;

use crate::config::GitProvider;
use crate::governance::policy;

/// Whom tokens are made for. GitLab's are made for whom the job names, which is the same then.
pub const AUDIENCE: &str = "sts.amazonaws.com";

/// A repository whose CI may take the role.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// How the subjects of its tokens begin, as the forge says ([`super::Forge::oidc_subject`]).
    pub subject: &'a str,
    /// The branch that it builds and deploys.
    pub branch: &'a str,
    /// Whether jobs without an environment may take the role: builds.
    pub builds: bool,
    /// The environments whose jobs may.
    pub environments: &'a [&'a str],
}

/// The CI of a project, as AWS meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who makes the tokens: a URL.
    pub issuer: String,
    /// Whom they are made for.
    pub audience: &'static str,
    /// What they may be about.
    pub subjects: Vec<String>,
}

impl Identity {
    /// The CI of these repositories; nothing where there is none.
    pub fn new(provider: GitProvider, host: Option<&str>, sources: &[Source<'_>]) -> Option<Self> {
        let host = host.or(provider.public_host()).unwrap_or_default();
        let (issuer, subjects): (String, fn(&Source<'_>) -> Vec<String>) = match provider {
            GitProvider::Github => (github_issuer(host), github_subjects),
            GitProvider::Gitlab => (format!("https://{host}"), gitlab_subjects),
            GitProvider::Local => return None,
        };
        let mut all: Vec<String> = Vec::new();
        for subject in sources.iter().flat_map(subjects) {
            if !all.contains(&subject) {
                all.push(subject);
            }
        }
        Some(Identity { issuer, audience: AUDIENCE, subjects: all })
    }

    /// What IAM calls the provider: its URL without the scheme.
    pub fn provider(&self) -> &str {
        self.issuer.strip_prefix("https://").unwrap_or(&self.issuer)
    }

    /// ARN of the provider in an account.
    pub fn provider_arn(&self, partition: &str, account: &str) -> String {
        format!("arn:{partition}:iam::{account}:oidc-provider/{}", self.provider())
    }

    /// The trust policy of the role that CI takes in an account.
    pub fn trust(&self, partition: &str, account: &str) -> Value {
        let arn = self.provider_arn(partition, account);
        policy::web_identity_trust(&arn, self.provider(), self.audience, &self.subjects)
    }
}

/// Enterprise Server has its own, and so has Enterprise Cloud with a host of its own.
fn github_issuer(host: &str) -> String {
    match host {
        "github.com" => "https://token.actions.githubusercontent.com".to_owned(),
        host if host.ends_with(".ghe.com") => format!("https://token.actions.{host}"),
        host => format!("https://{host}/_services/token"),
    }
}

/// A job in an environment says the environment, and not the branch: which branches an environment takes, the forge is
/// told.
fn github_subjects(source: &Source<'_>) -> Vec<String> {
    let Source { subject, branch, .. } = source;
    let build = source.builds.then(|| format!("{subject}:ref:refs/heads/{branch}"));
    // Colons part the subject.
    let deployed = source.environments.iter().map(|name| format!("{subject}:environment:{}", name.replace(':', "%3A")));
    build.into_iter().chain(deployed).collect()
}

/// A job says its branch, whatever its environment.
fn gitlab_subjects(source: &Source<'_>) -> Vec<String> {
    let runs = source.builds || !source.environments.is_empty();
    runs.then(|| format!("{}:ref_type:branch:ref:{}", source.subject, source.branch)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(provider: GitProvider, host: Option<&str>, subject: &str) -> Identity {
        let source = Source { subject, branch: "main", builds: true, environments: &["test", "prod:eu"] };
        let deploys = Source { subject: "repo:o/d", builds: false, ..source };
        Identity::new(provider, host, &[source, source, deploys]).unwrap()
    }

    #[test]
    fn github_tells_branch_or_environment() {
        let found = identity(GitProvider::Github, None, "repo:o@1/r@2");
        insta::assert_json_snapshot!(found.trust("aws", "222222222222"), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Sid": "TakenByCi",
              "Effect": "Allow",
              "Principal": {
                "Federated": "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"
              },
              "Action": "sts:AssumeRoleWithWebIdentity",
              "Condition": {
                "StringEquals": {
                  "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                  "token.actions.githubusercontent.com:sub": [
                    "repo:o@1/r@2:ref:refs/heads/main",
                    "repo:o@1/r@2:environment:test",
                    "repo:o@1/r@2:environment:prod%3Aeu",
                    "repo:o/d:environment:test",
                    "repo:o/d:environment:prod%3Aeu"
                  ]
                }
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn every_host_has_its_issuer() {
        let issuer = |provider, host| identity(provider, host, "x").issuer;
        assert_eq!(issuer(GitProvider::Github, Some("github.com")), "https://token.actions.githubusercontent.com");
        assert_eq!(issuer(GitProvider::Github, Some("acme.ghe.com")), "https://token.actions.acme.ghe.com");
        assert_eq!(issuer(GitProvider::Github, Some("git.acme.com")), "https://git.acme.com/_services/token");
        assert_eq!(issuer(GitProvider::Gitlab, None), "https://gitlab.com");
        assert_eq!(issuer(GitProvider::Gitlab, Some("git.acme.com:8443")), "https://git.acme.com:8443");
        assert_eq!(Identity::new(GitProvider::Local, None, &[]), None);
    }

    #[test]
    fn gitlab_tells_the_branch() {
        let found = identity(GitProvider::Gitlab, None, "project_path:g/s/p");
        assert_eq!(
            found.subjects,
            ["project_path:g/s/p:ref_type:branch:ref:main", "repo:o/d:ref_type:branch:ref:main"]
        );
        assert_eq!(found.provider_arn("aws-cn", "2"), "arn:aws-cn:iam::2:oidc-provider/gitlab.com");
        let nothing = Source { subject: "x", branch: "main", builds: false, environments: &[] };
        let found = Identity::new(GitProvider::Gitlab, None, &[nothing]).unwrap();
        assert_eq!(found.subjects, Vec::<String>::new());
    }
}
