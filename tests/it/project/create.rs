//! Projects: made whole, found again, told as failed, repaired, and deleted.

use aiops::plan::{Action, Plan};
use aiops::project::{self, Designation, Readiness};
use aiops::sandbox::faults::{Effect, Fault, When};
use serde_json::json;

use super::team::{DEV, GIT, Team, role, said, together};
use crate::bootstrap::stage::{GOVERNANCE, account, open_steps, written};

/// What a plan has, a line each: `action kind name`.
fn told(plan: &Plan) -> Vec<String> {
    let line =
        |step: &aiops::plan::Outcome| format!("{} {} {}", step.action.word(), step.address.kind, step.address.name);
    plan.steps.iter().map(line).collect()
}

#[test]
fn a_project_has_a_workspace_in_each_stage_and_is_made_once() {
    let team = Team::open(&written(1, &format!("{GIT}profiles: [{{name: tabular, use-case: regression}}]\n")));
    let planned = team.order("churn", false, |_| {}).unwrap();
    insta::assert_snapshot!(told(&planned).join("\n"), @r"
    keep domain machine-learning
    create repository line-0-churn
    create project line-0-churn-dev
    create project line-0-churn-test
    create project line-0-churn-prod
    create model package group churn
    create model package group line-0-churn
    create CI environment test of line-0-churn
    create CI environment prod of line-0-churn
    create seed line-0-churn
    create branch protection main of line-0-churn
    ");
    team.create("churn");
    assert_eq!(team.to_do("churn"), Vec::<String>::new());
    let listed = team.stage.act(async |studio| project::list(studio, None).await.unwrap());
    let [churn] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((churn.name.as_str(), churn.tenant.as_str()), ("churn", "line-0"));
    assert_eq!((churn.profile.as_deref(), churn.template.as_deref()), (Some("tabular"), Some("regression")));
    let workspaces: Vec<_> = churn.workspaces.iter().map(|known| (known.name.as_str(), &known.readiness)).collect();
    let ready = &Readiness::Ready;
    assert_eq!(workspaces, [("line-0-churn-dev", ready), ("line-0-churn-test", ready), ("line-0-churn-prod", ready)]);
    let shown = team.stage.act(async |studio| project::show(studio, "line-0-churn-test", None).await.unwrap());
    let accounts: Vec<&str> =
        shown.environments.iter().filter(|known| known.name == "Tooling").map(|known| known.account.as_str()).collect();
    assert_eq!(accounts, [account(0, 0), account(0, 1), account(0, 2)]);
    assert_eq!(shown.roles.len(), 3, "{:?}", shown.roles);
}

#[test]
fn a_project_may_be_in_dev_alone_with_two_repositories() {
    let text = together(1, &format!("{}{DEV}", GIT.replace("git: {", "git: {layout: separate, ")));
    let team = Team::open(&text);
    team.create("churn");
    assert_eq!(team.to_do("churn"), Vec::<String>::new());
    for name in ["line-0-churn-build", "line-0-churn-deploy"] {
        assert!(team.repository(name).is_dir(), "{name}");
    }
    assert!(!team.repository("line-0-churn").exists());
}

#[test]
fn members_come_with_the_project_change_and_go() {
    let team = Team::open(&together(1, &format!("{GIT}{DEV}")));
    let with = |order: &mut project::Order<'_>| {
        order.members = vec![(role("leads"), Designation::Owner), (role("scientists"), Designation::Contributor)];
    };
    // That AWS takes members with a project is in its model, and nowhere else.
    for (name, refuses) in [("churn", false), ("fraud", true)] {
        if refuses {
            team.stage.sandbox.inject(Fault {
                service: Some("datazone".to_owned()),
                operation: Some("CreateProject.membershipAssignments".to_owned()),
                account: None,
                skip: 0,
                times: None,
                when: When::Before,
                effect: Effect::Error { status: 400, code: "ValidationException".into(), message: "not here".into() },
            });
        }
        let applied = team.order(name, true, with).unwrap();
        assert_eq!((open_steps(&applied), applied.verdict()), (Vec::new(), None), "{name}");
        let workspace = format!("line-0-{name}-dev");
        let as_ = |word: &str| vec![(workspace.clone(), word.to_owned())];
        let members = team.members(name);
        assert!(members.contains(&("leads".to_owned(), as_("owner"))), "{members:?}");
        assert!(members.contains(&("scientists".to_owned(), as_("contributor"))), "{members:?}");
        assert_eq!(open_steps(&team.order(name, false, with).unwrap()), Vec::<String>::new());

        let changed = team.change(name, "scientists", Some(Designation::Viewer));
        assert_eq!((changed.count(Action::Change), changed.verdict()), (1, None));
        assert!(team.members(name).contains(&("scientists".to_owned(), as_("viewer"))));
        assert!(!team.change(name, "scientists", Some(Designation::Viewer)).has_changes());
        let removed = team.change(name, "scientists", None);
        assert_eq!((removed.count(Action::Remove), removed.verdict()), (1, None));
        assert!(team.members(name).iter().all(|(who, _)| who != "scientists"));
        assert!(!team.change(name, "scientists", None).has_changes());
    }
}

/// Takes the account's Tooling away, as somebody in its console would.
fn disable_tooling(team: &Team) {
    let found = team.console("ListEnvironmentBlueprints", json!({"managed": true, "name": "Tooling"}));
    let domains = team.stage.administer(GOVERNANCE, "datazone", "ListDomains", json!({}));
    let tooling = found["items"].as_array().unwrap().iter().find(|known| known["name"] == "Tooling").unwrap();
    let input = json!({
        "domainIdentifier": domains["items"][0]["id"], "environmentBlueprintIdentifier": tooling["id"],
    });
    team.stage.administer(&account(0, 0), "datazone", "DeleteEnvironmentBlueprintConfiguration", input);
}

#[test]
fn a_deployment_that_failed_is_told_so_until_it_is_repaired() {
    let team = Team::open(&together(1, &format!("{GIT}{DEV}")));
    disable_tooling(&team);
    let outcome = |plan: &Plan| {
        let step = plan.steps.iter().find(|step| step.address.name == "line-0-churn-dev").unwrap();
        (step.action, step.error.clone().unwrap_or_default(), step.hints.join(" "))
    };
    let applied = team.order("churn", true, |_| {}).unwrap();
    let (_, error, hints) = outcome(&applied);
    assert!(applied.verdict().is_some() && error.contains("project line-0-churn-dev is FAILED"), "{error}");
    assert!(hints.contains("--redeploy"), "{hints}");
    // Nothing is pushed that would name what is not there.
    let repository = git2::Repository::open_bare(team.repository("line-0-churn")).unwrap();
    assert_eq!(repository.references().unwrap().count(), 0);
    let again = team.order("churn", true, |_| {}).unwrap();
    assert!(again.verdict().is_some(), "it is not better for being looked at again");
    assert!(error.ends_with(&outcome(&again).1), "{error}\n{}", outcome(&again).1);
    let (error, _) = (outcome(&again).1, error);
    let listed = team.stage.act(async |studio| project::list(studio, None).await.unwrap());
    let Readiness::Failed { reasons, .. } = &listed[0].workspaces[0].readiness else { panic!("{listed:?}") };
    assert!(!reasons.is_empty() && reasons.iter().all(|reason| error.contains(reason)), "{reasons:?}");
    let waited = team
        .stage
        .act(async |studio| project::wait(studio, "churn", None, project::DEPLOYMENT_TAKES).await.unwrap_err());
    assert!(said(&waited).starts_with(&error), "{}", said(&waited));

    let mended = team.stage.act(async |studio| aiops::domain::apply(studio).await.unwrap());
    assert_eq!(open_steps(&mended), Vec::<String>::new());
    let names = team
        .stage
        .act(async |studio| project::redeploy(studio, ("churn", None), project::DEPLOYMENT_TAKES).await.unwrap());
    assert_eq!(names, ["line-0-churn-dev"]);
    team.create("churn");
    assert_eq!(team.to_do("churn"), Vec::<String>::new());
}

const TWO: &str =
    "profiles: [{name: tabular, use-case: regression, stages: [dev]}, {name: chat, use-case: rag, stages: [dev]}]\n";

#[test]
fn a_project_of_others_is_used_if_it_matches_and_refused_if_not() {
    let team = Team::open(&together(1, &format!("{GIT}{TWO}")));
    team.in_portal("line-0-churn-dev", "line-0 tabular dev");
    team.in_portal("line-0-other-dev", "line-0 chat dev");
    let planned = team.order("churn", false, |_| {}).unwrap();
    assert!(told(&planned).contains(&"adopt project line-0-churn-dev".to_owned()), "{:#?}", told(&planned));
    team.create("churn");
    assert_eq!(team.to_do("churn"), Vec::<String>::new());
    let refused = team.order("other", false, |_| {}).unwrap();
    let step = refused.steps.iter().find(|step| step.address.name == "line-0-other-dev").unwrap();
    assert_eq!((step.action, step.differences[0].field.as_str()), (Action::Conflict, "profile"));
    let conflict = refused.refuse_conflicts().unwrap_err().to_string();
    assert!(conflict.starts_with("the project line-0-other-dev in account 111111111111 is not aiops's"), "{conflict}");
    // What others made is theirs to delete.
    let deleted =
        team.act(async |studio, hosting| project::delete(studio, ("churn", None), Some(hosting), true).await.unwrap());
    assert!(told(&deleted).contains(&"leave project line-0-churn-dev".to_owned()), "{:#?}", told(&deleted));
    let listed = team.stage.act(async |studio| project::list(studio, None).await.unwrap());
    assert_eq!(listed.len(), 2);
}

#[test]
fn what_is_ours_from_another_profile_cannot_be_changed() {
    let team = Team::open(&together(1, &format!("{GIT}{TWO}")));
    team.create("churn");
    let planned = team.act(async |studio, hosting| {
        let tenant = project::tenant(studio.world, None).unwrap();
        let profile = project::profile(studio.world, tenant, "chat").unwrap();
        let order = project::Order::new(tenant, "churn".parse().unwrap(), profile);
        project::plan(studio, order, Some(hosting)).await.unwrap()
    });
    let step = planned.steps.iter().find(|step| step.address.name == "line-0-churn-dev").unwrap();
    let told = format!("{} {}", step.error.as_deref().unwrap_or_default(), step.hints.join(" "));
    assert!(told.contains("its profile is line-0 tabular dev, not line-0 chat dev"), "{told}");
}

#[test]
fn accounts_come_out_of_pools() {
    let pools =
        format!("domain: {{account-pools: [{{name: sandboxes, accounts: [{{account: '{}'}}]}}]}}\n", account(0, 0));
    let profile = "profiles:\n  - name: tabular\n    use-case: regression\n    stages: [dev]\n    environments: [{name: Tooling, account-pools: [sandboxes]}]\n";
    let team = Team::open(&together(1, &format!("{GIT}{pools}{profile}")));
    team.create("churn");
    let shown = team.stage.act(async |studio| project::show(studio, "churn", None).await.unwrap());
    let tooling = shown.environments.iter().find(|known| known.name == "Tooling").unwrap();
    assert_eq!((tooling.account.as_str(), tooling.status.as_str()), (account(0, 0).as_str(), "ACTIVE"));
    let refused = team.order("fraud", true, |order| order.account = Some("900000000009".parse().unwrap())).unwrap();
    let step = refused.steps.iter().find(|step| step.address.name == "line-0-fraud-dev").unwrap();
    assert!(step.hints.iter().any(|hint| hint.contains(&account(0, 0))), "{step:?}");
}

#[test]
fn a_git_connection_that_aws_refuses_is_left_with_the_reason() {
    let profile = |connection: &str| {
        format!("profiles: [{{name: tabular, use-case: regression, stages: [dev], git-connection: '{connection}'}}]\n")
    };
    let team = Team::open(&together(1, GIT));
    let tags = json!([{"Key": "aiops-sandbox:handshake", "Value": "done"},
        {"Key": "for-use-with-all-datazone-projects", "Value": "true"}]);
    let input = json!({"ConnectionName": "acme", "ProviderType": "GitHub", "Tags": tags});
    let made = team.stage.administer(&account(0, 0), "codeconnections", "CreateConnection", input);
    let arn = made["ConnectionArn"].as_str().unwrap();
    let team = team.configured(&together(1, &format!("{GIT}{}", profile(arn))));
    let profiles = team.stage.act(async |studio| aiops::profile::apply(studio, None).await.unwrap());
    assert_eq!(open_steps(&profiles), Vec::<String>::new());
    // A repository in a directory has no owner, and so no name by which AWS could know it.
    let applied = team.order("churn", true, |_| {}).unwrap();
    let connection = applied.steps.iter().find(|step| step.address.kind == "Git connection").unwrap();
    assert_eq!((connection.action, applied.verdict()), (Action::Leave, None), "{:#?}", told(&applied));
    insta::assert_snapshot!(connection.reason, @r"AWS does not connect the project with its repository: ValidationException: 1 validation error detected: Value 'line-0-churn' at 'props.gitProperties.repositoryId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9._\-]+(/[a-zA-Z0-9._\-]+)+");
    assert!(team.repository("line-0-churn").is_dir());
}

#[test]
fn a_deleted_project_leaves_what_is_the_teams() {
    let team = Team::open(&together(1, &format!("{GIT}{DEV}")));
    team.create("churn");
    let planned =
        team.act(async |studio, hosting| project::delete(studio, ("churn", None), Some(hosting), false).await.unwrap());
    insta::assert_snapshot!(told(&planned).join("\n"), @r"
    remove project line-0-churn-dev
    leave model package group line-0-churn
    leave model package group churn
    leave repository line-0-churn
    ");
    assert_eq!(team.to_do("churn"), Vec::<String>::new(), "a plan deletes nothing");
    let deleted =
        team.act(async |studio, hosting| project::delete(studio, ("churn", None), Some(hosting), true).await.unwrap());
    assert_eq!((deleted.count(Action::Remove), deleted.verdict()), (planned.count(Action::Remove), None));
    let listed = team.stage.act(async |studio| project::list(studio, None).await.unwrap());
    assert!(listed.is_empty(), "{listed:?}");
    assert!(team.repository("line-0-churn").is_dir());
    // The same name again finds its repository and its models.
    team.create("churn");
    assert_eq!(team.to_do("churn"), Vec::<String>::new());
}

#[test]
fn looking_for_one_project_asks_about_no_other() {
    let team = Team::open(&written(1, &format!("{GIT}{DEV}")));
    team.create("churn");
    team.create("sales");
    team.stage.sandbox.take_log();
    let members = team.act(async |studio, _| project::members(studio, "churn", None).await.unwrap());
    assert_eq!(members.len(), 1, "the administrator made it");
    let log = team.stage.sandbox.take_log();
    assert_eq!(log.iter().filter(|call| call.operation == "GetProject").count(), 1);
}
