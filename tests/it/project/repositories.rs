//! The repositories of projects: what they begin with, and how updates reach them.

use std::path::Path;
use std::process::Command;

use aiops::git::{Author, File, Files, Repository};
use aiops::project::{self, Standing, State};
use serde_json::{Value, json};

use super::team::{DEV, GIT, Team, said, together};
use crate::bootstrap::stage::written;

const NAME: &str = "line-0-churn";

fn open(team: &Team) -> Repository {
    Repository::open(&team.repository(NAME)).unwrap()
}

/// The files of a branch.
fn files(team: &Team, branch: &str) -> Files {
    let repository = open(team);
    let head = repository.branch(branch).unwrap().unwrap_or_else(|| panic!("there is no branch {branch}"));
    repository.files(head).unwrap()
}

fn text(files: &Files, path: &str) -> String {
    String::from_utf8(files[path].content.clone()).unwrap()
}

/// A commit of the team on main.
fn commit(team: &Team, files: &Files, message: &str) {
    let repository = open(team);
    let parents: Vec<_> = repository.branch("main").unwrap().into_iter().collect();
    let author = Author { name: "Ann".to_owned(), email: "ann@example.com".to_owned() };
    let tree = repository.write_tree(files).unwrap();
    repository.commit("main", tree, &parents, &author, message, "2026-01-06T09:00:00Z".parse().unwrap()).unwrap();
}

fn only(standings: &[Standing]) -> &Standing {
    let [only] = standings else { panic!("{standings:?}") };
    only
}

fn state(team: &Team) -> State {
    only(&team.check(Some("churn"))).state
}

/// A world with the project `churn`, of a template with these files.
fn seeded(template: &[(&str, &str)]) -> Team {
    let mut team = Team::open(&together(1, &format!("{GIT}{DEV}")));
    team.template("a1", template);
    team.create("churn");
    team
}

const FIRST: [(&str, &str); 4] = [
    ("build/train.py", "one\ntwo\nthree\nfour\nfive\n"),
    ("build/evaluate.py", "evaluate\n"),
    ("build/notes.md", "notes\n"),
    ("build/old.py", "old\n"),
];
const SECOND: [(&str, &str); 4] = [
    ("build/train.py", "one\ntwo\nthree\nfour\nFIVE\n"),
    ("build/evaluate.py", "evaluate better\n"),
    ("build/notes.md", "notes of the template\n"),
    ("build/new.py", "new\n"),
];

#[test]
fn a_repository_can_be_cloned_and_says_what_its_project_is() {
    let team = Team::open(&written(1, &format!("{GIT}profiles: [{{name: tabular, use-case: regression}}]\n")));
    team.create("churn");
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("churn");
    let cloned = Command::new("git").arg("clone").arg("--quiet").arg(team.repository(NAME)).arg(&place).status();
    match cloned {
        Ok(status) => assert!(status.success()),
        // Where there is no Git, this is not tried, unless it has to be.
        Err(error) => {
            assert!(std::env::var("AIOPS_CONFORMANCE").as_deref() != Ok("required"), "{error}");
            return;
        }
    }
    let read = |path: &str| std::fs::read_to_string(place.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let cicd: Value = serde_json::from_str(&read("cicd-config.json")).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/cicd-config.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&cicd).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let shown = team.stage.act(async |studio| project::show(studio, "churn", None).await.unwrap());
    for workspace in &shown.project.workspaces {
        let stage = workspace.stage.unwrap().word();
        assert_eq!(cicd["stages"][stage]["project"], json!(workspace.id), "{stage}");
    }
    let record: Value = serde_yaml::from_str(&read(".aiops/seed.yaml")).unwrap();
    let source = format!("aiops {}", env!("CARGO_PKG_VERSION"));
    assert_eq!((&record["template"], &record["origin"]["source"]), (&json!("regression"), &json!(source)));
    let commit = record["origin"]["commit"].as_str().unwrap();
    assert!(!commit.is_empty());
    let log = Command::new("git").args(["log", "--format=%an <%ae>%n%s"]).current_dir(&place).output().unwrap();
    let log = String::from_utf8(log.stdout).unwrap();
    let short: String = commit.chars().take(12).collect();
    assert_eq!(log, format!("Platform <platform@example.com>\nRender template regression of {source} at {short}\n"));

    let deploy = place.join("deploy");
    let config = crate::bootstrap::stage::config(&std::fs::read_to_string(deploy.join("aiops.yaml")).unwrap());
    assert_eq!(config.tenants.len(), 1);
}

#[test]
fn what_ci_reads_has_no_other_tenant() {
    let team = Team::open(&together(2, &format!("{GIT}{DEV}")));
    team.create("churn");
    let landscape = text(&files(&team, "main"), "deploy/aiops.yaml");
    assert!(landscape.contains("line-0") && !landscape.contains("line-1"), "{landscape}");
    crate::bootstrap::stage::config(&landscape);
}

#[test]
fn an_update_loses_nothing_of_the_teams() {
    let mut team = seeded(&FIRST);
    assert_eq!(state(&team), State::Current);
    let mut own = files(&team, "main");
    own.insert("build/train.py".into(), File::new("ONE\ntwo\nthree\nfour\nfive\n"));
    own.insert("build/notes.md".into(), File::new("notes of the team\n"));
    own.insert("build/own.py".into(), File::new("own\n"));
    own.insert("build/old.py".into(), File::new("old, and dear to us\n"));
    own.remove("build/evaluate.py");
    commit(&team, &own, "Work");
    assert_eq!(state(&team), State::Current, "the team's work is no reason for an update");
    team.template("b2", &SECOND);
    assert_eq!(state(&team), State::Behind);
    assert_eq!(files(&team, "main"), own);

    let updated = team.update("churn").unwrap();
    let updated = only(&updated);
    let (branch, change) = (updated.branch.clone().unwrap(), updated.change.clone());
    assert_eq!((updated.state, change.is_some()), (State::Offered, true));
    let merged = updated.merged.as_ref().unwrap();
    let conflicts: Vec<&str> = merged.conflicts.iter().map(|conflict| conflict.path.as_str()).collect();
    assert_eq!(conflicts, ["build/notes.md"]);
    assert_eq!(
        (&merged.kept_deleted[..], &merged.kept_edited[..]),
        (&["build/evaluate.py".to_owned()][..], &["build/old.py".to_owned()][..])
    );
    assert_eq!(files(&team, "main"), own, "nothing but a branch is offered");
    let offered = files(&team, &branch);
    assert_eq!(text(&offered, "build/train.py"), "ONE\ntwo\nthree\nfour\nFIVE\n");
    assert_eq!((text(&offered, "build/own.py"), text(&offered, "build/new.py")), ("own\n".into(), "new\n".into()));
    assert_eq!(text(&offered, "build/old.py"), "old, and dear to us\n");
    assert!(!offered.contains_key("build/evaluate.py"));
    let notes = text(&offered, "build/notes.md");
    assert!(
        notes.contains("<<<<<<< main\nnotes of the team\n") && notes.contains(">>>>>>> template regression"),
        "{notes}"
    );

    let tip = open(&team).branch(&branch).unwrap();
    let again = team.update("churn").unwrap();
    assert_eq!((&only(&again).branch, &only(&again).change), (&Some(branch.clone()), &change));
    assert_eq!(open(&team).branch(&branch).unwrap(), tip, "nothing is offered twice");

    // Squashed: the history of the merge is gone, and its record is there.
    let mut resolved = offered;
    resolved.insert("build/notes.md".into(), File::new("notes of both\n"));
    commit(&team, &resolved, "Update from template regression");
    assert_eq!(state(&team), State::Current);
    let third = SECOND.map(|(path, content)| match path {
        "build/notes.md" => (path, "notes of the template\nand more\n"),
        "build/train.py" => (path, "one\ntwo\nthree\nfour\nFIVE\nsix\n"),
        _ => (path, content),
    });
    team.template("c3", &third);
    let updated = team.update("churn").unwrap();
    let merged = only(&updated).merged.as_ref().unwrap();
    let conflicts: Vec<&str> = merged.conflicts.iter().map(|conflict| conflict.path.as_str()).collect();
    assert_eq!(conflicts, ["build/notes.md"], "only what both changed since");
    let offered = files(&team, only(&updated).branch.as_ref().unwrap());
    assert_eq!(text(&offered, "build/train.py"), "ONE\ntwo\nthree\nfour\nFIVE\nsix\n");
}

#[test]
fn without_the_branch_of_renderings_an_update_says_what_to_do() {
    let mut team = seeded(&FIRST);
    open(&team).inner().find_branch("aiops/template", git2::BranchType::Local).unwrap().delete().unwrap();
    assert_eq!(state(&team), State::Current);
    team.template("b2", &SECOND);
    let updated = team.update("churn").unwrap();
    let updated = only(&updated);
    assert_eq!(updated.state, State::Unknown);
    let error = updated.error.as_deref().unwrap();
    assert_eq!(error, "what line-0-churn was made from is not in it any more");
    assert!(updated.hints[0].starts_with("bring back the branch aiops/template"), "{:?}", updated.hints);
}

#[test]
fn a_look_over_all_projects_tells_each_as_it_is() {
    let mut team = seeded(&FIRST);
    for name in ["fraud", "gone", "plain"] {
        team.create(name);
    }
    std::fs::remove_dir_all(team.repository("line-0-gone")).unwrap();
    let plain = Repository::open(&team.repository("line-0-plain")).unwrap();
    let head = plain.branch("main").unwrap().unwrap();
    let tree = plain.write_tree(&Files::from([("README.md".to_owned(), File::new("ours\n"))])).unwrap();
    let author = Author { name: "Ann".to_owned(), email: "ann@example.com".to_owned() };
    plain.commit("main", tree, &[head], &author, "Begin anew", "2026-01-06T09:00:00Z".parse().unwrap()).unwrap();
    team.template("b2", &SECOND);
    let updated = team.update("churn").unwrap();
    let offered = files(&team, only(&updated).branch.as_ref().unwrap());
    commit(&team, &offered, "Update");
    let told: Vec<(String, State)> =
        team.check(None).into_iter().map(|standing| (standing.project, standing.state)).collect();
    let expected =
        [("churn", State::Current), ("fraud", State::Behind), ("gone", State::Missing), ("plain", State::Unseeded)];
    assert_eq!(told, expected.map(|(name, state)| (name.to_owned(), state)));
}

#[test]
fn a_project_of_the_portal_is_found_and_seeded_beside_what_it_has() {
    let mut team = Team::open(&together(1, &format!("{GIT}{DEV}")));
    team.template("a1", &FIRST);
    team.in_portal("Churn", "line-0 tabular dev");
    let listed = team.stage.act(async |studio| project::list(studio, None).await.unwrap());
    assert_eq!((listed[0].name.as_str(), listed[0].profile.as_deref()), ("churn", Some("tabular")));
    let by_name = team.stage.act(async |studio| project::show(studio, "Churn", None).await.unwrap());
    assert_eq!(by_name.project.name, "churn");
    assert_eq!(state(&team), State::Missing);
    Repository::init(&team.repository(NAME), "main").unwrap();
    let own = Files::from([
        ("build/train.py".to_owned(), File::new("ours\n")),
        ("README.md".to_owned(), File::new("ours\n")),
    ]);
    commit(&team, &own, "Begin");
    assert_eq!(state(&team), State::Unseeded);
    let seeded = team.seed("Churn").unwrap();
    let branch = only(&seeded).branch.clone().unwrap();
    let offered = files(&team, &branch);
    assert_eq!((text(&offered, "README.md"), text(&offered, "build/old.py")), ("ours\n".into(), "old\n".into()));
    let train = text(&offered, "build/train.py");
    assert!(train.contains("<<<<<<< main\nours\n") && train.contains("five\n"), "{train}");
    let cicd: Value = serde_json::from_str(&text(&offered, "cicd-config.json")).unwrap();
    assert_eq!(cicd["stages"]["dev"]["project"], json!(by_name.project.workspaces[0].id));
    assert_eq!(only(&team.seed("churn").unwrap()).branch, Some(branch.clone()));
    commit(&team, &offered, "Add template regression");
    assert_eq!(state(&team), State::Current);
}

#[test]
fn a_project_of_the_portal_gets_its_first_repository() {
    let mut team = Team::open(&together(1, &format!("{}{DEV}", GIT.replace("git: {", "git: {layout: separate, "))));
    team.template("a1", &FIRST);
    team.in_portal("Churn", "line-0 tabular dev");
    let states: Vec<State> = team.seed("Churn").unwrap().iter().map(|standing| standing.state).collect();
    assert_eq!(states, [State::Current, State::Current]);
    let deploy = Repository::open(&team.repository("line-0-churn-deploy")).unwrap();
    let begun = deploy.branch("main").unwrap();
    let config: Value =
        serde_json::from_slice(&deploy.file(begun.unwrap(), "cicd-config.json").unwrap().unwrap()).unwrap();
    let shown = team.stage.act(async |studio| project::show(studio, "churn", None).await.unwrap());
    assert_eq!(config["stages"]["dev"]["project"], json!(shown.project.workspaces[0].id));
    team.seed("churn").unwrap();
    assert_eq!(deploy.branch("main").unwrap(), begun, "it is seeded once");
}

#[test]
fn a_project_of_no_profile_has_no_template() {
    let team = Team::open(&together(1, &format!("{GIT}{DEV}")));
    team.create("churn");
    let team = team.configured(&together(1, &format!("{GIT}{}", DEV.replace("tabular", "other"))));
    assert!(team.check(None).is_empty());
    let refused = said(&team.update("churn").unwrap_err());
    assert!(refused.contains("made from no profile of aiops.yaml"), "{refused}");
}
