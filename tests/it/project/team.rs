//! A domain with profiles of its tenants, whose teams have their repositories in a directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aiops::config::Principal;
use aiops::domain::{self, Studio};
use aiops::error::{Error, Result};
use aiops::git::{File, Files, User};
use aiops::plan::Plan;
use aiops::profile;
use aiops::project::{self, Designation, Hosting, Order, Standing, Surroundings};
use aiops::seed::{Answers, Library, Origin};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bootstrap::stage::{GOVERNANCE, Stage, account, open_steps, written};

/// What all landscapes here have.
pub const GIT: &str = "git: {author: {name: Platform, email: platform@example.com}}\n";
/// One profile with a workspace in dev.
pub const DEV: &str = "profiles: [{name: tabular, use-case: regression, stages: [dev]}]\n";
/// Roles whose sessions may be members.
pub const ROLES: [&str; 2] = ["leads", "scientists"];

/// The role of this name, as aiops.yaml has it.
pub fn role(name: &str) -> Principal {
    format!("role:arn:aws:iam::{GOVERNANCE}:role/{name}").parse().unwrap()
}

/// A landscape in which every stage of a tenant is in one account.
pub fn together(tenants: usize, sections: &str) -> String {
    let mut text = written(tenants, sections);
    for tenant in 0..tenants {
        for stage in 1..3 {
            text = text.replace(&account(tenant, stage), &account(tenant, 0));
        }
    }
    text.replace("    stages:\n", "    allow-shared-prod: true\n    stages:\n")
}

/// An error as people read it.
pub fn said(error: &Error) -> String {
    let causes = error.causes().map(ToString::to_string);
    let hints = error.hints().iter().map(|hint| format!("hint: {hint}"));
    [error.to_string()].into_iter().chain(causes).chain(hints).collect::<Vec<_>>().join("\n")
}

/// The world.
pub struct Team {
    pub stage: Stage,
    /// Where the repositories are.
    directory: TempDir,
    pub library: Library,
}

impl Team {
    /// A domain with the profiles that the landscape names, and no projects.
    pub fn open(written: &str) -> Self {
        let stage = Stage::new(written);
        for name in ROLES {
            let trust = json!({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": GOVERNANCE}}});
            let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
            stage.administer(GOVERNANCE, "iam", "CreateRole", input);
        }
        for applied in [
            stage.act(async |studio| domain::apply(studio).await.unwrap()),
            stage.act(async |studio| profile::apply(studio, None).await.unwrap()),
        ] {
            assert_eq!(open_steps(&applied), Vec::<String>::new());
        }
        Team { stage, directory: tempfile::tempdir().unwrap(), library: Library::built_in() }
    }

    /// The same world once more.
    pub fn copy(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        copy(self.directory.path(), directory.path());
        Team { stage: self.stage.copy(), directory, library: self.library.clone() }
    }

    /// The same world after the process ended.
    pub fn started_again(self) -> Self {
        Team { stage: self.stage.started_again(), ..self }
    }

    /// The same world under another configuration.
    pub fn configured(self, written: &str) -> Self {
        Team { stage: self.stage.configured(written), ..self }
    }

    /// The repository called `name`, on disk.
    pub fn repository(&self, name: &str) -> PathBuf {
        self.directory.path().join("repositories").join(format!("{name}.git"))
    }

    /// Acts as the administrator of the governance account.
    pub fn act<T>(&self, work: impl AsyncFnOnce(&Studio<'_>, &Hosting) -> T) -> T {
        self.stage.act(async |studio| {
            let variables = BTreeMap::from([
                ("HOME".to_owned(), self.directory.path().display().to_string()),
                ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
            ]);
            let user = User::new(&variables).unwrap();
            let directory = self.directory.path().to_owned();
            let surroundings = Surroundings { user, directory, library: self.library.clone() };
            let hosting = Hosting::open(studio.world, surroundings).await.unwrap();
            work(studio, &hosting).await
        })
    }

    /// Looks at, or makes, the project `name` of the first tenant and the first profile, with these changes.
    pub fn order(&self, name: &str, acts: bool, change: impl FnOnce(&mut Order<'_>)) -> Result<Plan> {
        self.act(async |studio, hosting| {
            let tenant = project::tenant(studio.world, Some("line-0"))?;
            let profile = &studio.world.config.profiles[0];
            let mut order = Order::new(tenant, name.parse()?, profile);
            change(&mut order);
            match acts {
                true => project::apply(studio, order, Some(hosting)).await,
                false => project::plan(studio, order, Some(hosting)).await,
            }
        })
    }

    /// Makes a project, and holds that everything of it is there.
    pub fn create(&self, name: &str) {
        let applied = self.order(name, true, |_| {}).unwrap();
        assert_eq!((open_steps(&applied), applied.verdict()), (Vec::new(), None));
    }

    /// What a plan for a project finds to do.
    pub fn to_do(&self, name: &str) -> Vec<String> {
        open_steps(&self.order(name, false, |_| {}).unwrap())
    }

    pub fn check(&self, name: Option<&str>) -> Vec<Standing> {
        self.act(async |studio, hosting| project::check(studio, hosting, name, None).await.unwrap())
    }

    pub fn update(&self, name: &str) -> Result<Vec<Standing>> {
        self.act(async |studio, hosting| project::update(studio, hosting, (name, None), &Answers::new()).await)
    }

    pub fn seed(&self, name: &str) -> Result<Vec<Standing>> {
        self.act(async |studio, hosting| project::seed(studio, hosting, (name, None), &Answers::new()).await)
    }

    /// Who works in a project: designation by name of role, for each workspace.
    pub fn members(&self, name: &str) -> Vec<(String, Vec<(String, String)>)> {
        let known = self.stage.act(async |studio| project::members(studio, name, None).await.unwrap());
        let short = |who: &str| who.rsplit('/').next().unwrap_or_default().to_owned();
        known.into_iter().map(|known| (short(&known.who), known.designations.into_iter().collect())).collect()
    }

    pub fn change(&self, name: &str, who: &str, wanted: Option<Designation>) -> Plan {
        self.stage.act(async |studio| project::change(studio, (name, None), &[role(who)], wanted, true).await.unwrap())
    }

    /// The console of the governance account.
    pub fn console(&self, operation: &str, mut input: Value) -> Value {
        let domains = self.stage.administer(GOVERNANCE, "datazone", "ListDomains", json!({}));
        input["domainIdentifier"] = domains["items"][0]["id"].clone();
        self.stage.administer(GOVERNANCE, "datazone", operation, input)
    }

    /// A project that somebody makes in the portal.
    pub fn in_portal(&self, name: &str, profile: &str) {
        let profiles = self.console("ListProjectProfiles", json!({}));
        let found = profiles["items"].as_array().unwrap().iter().find(|known| known["name"] == profile).unwrap();
        let input = json!({"name": name, "projectProfileId": found["id"], "domainUnitId": found["domainUnitId"]});
        self.console("CreateProject", input);
        self.pass(900);
    }

    /// Lets so many seconds pass.
    pub fn pass(&self, seconds: u64) {
        self.stage.sandbox.advance(Duration::from_secs(seconds)).unwrap();
    }

    /// Takes these files for the template `regression` from now on.
    pub fn template(&mut self, commit: &str, files: &[(&str, &str)]) {
        let head = ("regression/template.yaml".to_owned(), File::new("version: 1\ntitle: T\n"));
        let rest = files.iter().map(|(path, content)| (format!("regression/{path}"), File::new(*content)));
        let files: Files = [head].into_iter().chain(rest).collect();
        let origin = Origin { source: "https://example.com/t.git".into(), reference: None, commit: commit.into() };
        self.library = Library::from_files(files, origin).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
