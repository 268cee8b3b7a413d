//! What to make of what is in an account.

use serde::Serialize;

use super::inventory::Inventory;
use super::limits::{Gap, LIMITS};
use super::reach::{self, DOMAIN, FOR_ALL, PROJECT, ProjectRole, Tags, Target};
use super::{Bounded, Ground};

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Whether a project reaches what another one has.
    Reachable,
    /// Whether something has the tag of a project.
    Untagged,
    /// Whether something is open to all projects.
    Shared,
    /// Whether the project that a tag names is there.
    UnknownProject,
    /// Whether something has all the tags that isolation relies on.
    Incomplete,
    /// Something that could not be read.
    Unread,
}

impl Check {
    /// Its name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Check::Reachable => "reachable",
            Check::Untagged => "untagged",
            Check::Shared => "shared",
            Check::UnknownProject => "unknown-project",
            Check::Incomplete => "incomplete",
            Check::Unread => "unread",
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Good to know.
    Note,
    /// Nobody gets through that should not, but not as it is meant.
    Warning,
    /// A project reaches what it should not.
    Problem,
}

impl Status {
    /// Its name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Note => "note",
            Status::Warning => "warning",
            Status::Problem => "problem",
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub status: Status,
    /// What was looked at.
    pub check: Check,
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// ARN, or what could not be read.
    pub resource: String,
    /// Name of the project that has it; its id if it is not there any more.
    pub project: Option<String>,
    /// Who reaches it.
    pub reached_by: Vec<Reached>,
    /// What is there.
    pub what: String,
}

/// A project that reaches something, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Name of the project.
    pub project: String,
    /// ARN of its role.
    pub role: String,
    /// What its policies allow, each with the id of the statement that does, where it has one.
    pub actions: Vec<String>,
}

impl Finding {
    /// Whether one of these projects has what was found, or reaches it. What nobody has concerns all.
    pub(super) fn concerns(&self, projects: &[String]) -> bool {
        let reaches = self.reached_by.iter().any(|reached| projects.contains(&reached.project));
        let nobodys = self.project.is_none() && self.reached_by.is_empty();
        reaches || nobodys || self.project.as_ref().is_some_and(|project| projects.contains(project))
    }
}

/// Everything that is to be said of an account.
pub(super) fn findings(ground: &Ground, inventory: &Inventory) -> Vec<Finding> {
    let judge = Judge { ground, inventory };
    let resources = inventory.resources.iter().flat_map(|(arn, tags)| judge.resource(arn, tags));
    let unread = inventory.gaps.iter().map(|(what, why)| Finding {
        resource: what.clone(),
        ..judge.finding(Status::Warning, Check::Unread, what, format!("not read: {why}"))
    });
    resources.chain(judge.paths()).chain(unread).collect()
}

/// What tags cannot keep apart, with the projects whose roles get through to what another project may have.
pub(super) fn limits(ground: &Ground, inventories: &[Inventory]) -> Vec<Bounded> {
    let reached_by = |gap: Gap, sample: &str, actions: &[&'static str]| {
        let mut names: Vec<String> = Vec::new();
        for inventory in inventories {
            let arn = sample
                .replace("{partition}", ground.partition)
                .replace("{place}", &format!("{}:{}", inventory.region, inventory.account))
                .replace("{account}", &inventory.account)
                .replace("{bucket}", &inventory.bucket)
                .replace("{domain}", &ground.domain);
            let mut tags = Tags::from([(PROJECT.to_owned(), "another".to_owned())]);
            if gap == Gap::Shared {
                tags.insert(FOR_ALL.to_owned(), "true".to_owned());
            }
            let policy = inventory.bucket_policy.as_ref().filter(|_| reach::kind_of(&arn).0 == "s3");
            let target = Target { arn: &arn, account: &inventory.account, tags: &tags, policy };
            let through = inventory.roles.iter().filter(|role| !role.reaches(target, actions).is_empty());
            names.extend(through.map(|role| ground.name(&role.project)));
        }
        names.sort();
        names.dedup();
        names
    };
    let bounded = |limit: &super::Limit| Bounded {
        limit: *limit,
        reached_by: reached_by(limit.gap, limit.sample, limit.actions),
    };
    LIMITS.iter().map(bounded).collect()
}

struct Judge<'a> {
    ground: &'a Ground,
    inventory: &'a Inventory,
}

impl Judge<'_> {
    fn finding(&self, status: Status, check: Check, resource: &str, what: impl Into<String>) -> Finding {
        Finding {
            status,
            check,
            account: self.inventory.account.clone(),
            region: self.inventory.region.clone(),
            resource: resource.to_owned(),
            project: None,
            reached_by: Vec::new(),
            what: what.into(),
        }
    }

    fn resource(&self, arn: &str, tags: &Tags) -> Vec<Finding> {
        let owner = tags.get(PROJECT);
        // What every project has a part in is looked at part by part.
        let reached_by = if *arn == self.bucket() { Vec::new() } else { self.reached_by(arn, tags) };
        let project = owner.map(|id| self.ground.name(id));
        let mut findings = Vec::new();
        if !reached_by.is_empty() {
            let names: Vec<&str> = reached_by.iter().map(|reached| reached.project.as_str()).collect();
            let names = names.join(", ");
            let shared = tags.get(FOR_ALL).is_some_and(|value| value == "true");
            let (status, check, what) = match owner {
                _ if shared => (Status::Warning, Check::Shared, format!("open to all projects by {FOR_ALL}: {names}")),
                None => (Status::Problem, Check::Untagged, format!("no project's tag, and reached by {names}")),
                Some(_) => (Status::Problem, Check::Reachable, format!("reached by {names}")),
            };
            findings.push(Finding { reached_by, ..self.finding(status, check, arn, what) });
        } else if owner.is_none() && reach::kind_of(arn).0 == "sagemaker" {
            let what = "no project's tag, and no project's role reaches it";
            findings.push(self.finding(Status::Note, Check::Untagged, arn, what));
        }
        if let Some(id) = owner {
            findings.extend(self.tags(arn, tags, id));
        }
        findings.into_iter().map(|finding| Finding { project: project.clone(), ..finding }).collect()
    }

    /// What is wrong with the tags of something that has a project's.
    fn tags(&self, arn: &str, tags: &Tags, project: &str) -> Option<Finding> {
        match tags.get(DOMAIN) {
            Some(domain) if *domain != self.ground.domain => None,
            _ if !self.ground.projects.contains_key(project) => {
                let what = format!("tagged with project {project}, which is not there");
                Some(self.finding(Status::Warning, Check::UnknownProject, arn, what))
            }
            None => {
                let what = format!("has no tag {DOMAIN}");
                Some(self.finding(Status::Warning, Check::Incomplete, arn, what))
            }
            Some(_) => None,
        }
    }

    fn bucket(&self) -> String {
        format!("arn:{}:s3:::{}", self.ground.partition, self.inventory.bucket)
    }

    /// The projects other than its own that reach something.
    fn reached_by(&self, arn: &str, tags: &Tags) -> Vec<Reached> {
        let others = self.inventory.roles.iter().filter(|role| tags.get(PROJECT) != Some(&role.project));
        let trust = self.inventory.roles.iter().find(|role| role.arn == arn).and_then(|role| role.trust.as_ref());
        let object = format!("{arn}/object");
        let inside = if reach::kind_of(arn).0 == "s3" { &object } else { arn };
        let target = Target { arn: inside, account: &self.inventory.account, tags, policy: trust };
        others.filter_map(|role| self.reached(role, target)).collect()
    }

    fn reached(&self, role: &ProjectRole, target: Target<'_>) -> Option<Reached> {
        let allowed = role.reaches(target, reach::probes(target.arn));
        let spoken = |allowed: reach::Allowed| match allowed.statement {
            Some(statement) => format!("{} ({statement})", allowed.action),
            None => allowed.action.to_owned(),
        };
        (!allowed.is_empty()).then(|| Reached {
            project: self.ground.name(&role.project),
            role: role.arn.clone(),
            actions: allowed.into_iter().map(spoken).collect(),
        })
    }

    /// The parts that projects have in the bucket that they share.
    fn paths(&self) -> Vec<Finding> {
        let mut owners: Vec<&str> = self.inventory.roles.iter().map(|role| role.project.as_str()).collect();
        owners.sort_unstable();
        owners.dedup();
        let path = |owner: &str| format!("{}/{}/{owner}", self.bucket(), self.ground.domain);
        let found = owners.into_iter().filter_map(|owner| {
            let (arn, tags) = (format!("{}/dev/object", path(owner)), Tags::new());
            let policy = self.inventory.bucket_policy.as_ref();
            let target = Target { arn: &arn, account: &self.inventory.account, tags: &tags, policy };
            let others = self.inventory.roles.iter().filter(|role| role.project != owner);
            let reached_by: Vec<Reached> = others.filter_map(|role| self.reached(role, target)).collect();
            let names: Vec<&str> = reached_by.iter().map(|reached| reached.project.as_str()).collect();
            let what = format!("files reached by {}", names.join(", "));
            let finding = self.finding(Status::Problem, Check::Reachable, &format!("{}/*", path(owner)), what);
            (!reached_by.is_empty()).then(|| Finding { project: Some(self.ground.name(owner)), reached_by, ..finding })
        });
        found.collect()
    }
}
