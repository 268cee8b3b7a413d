//! How well projects are kept apart: an account with two of them, and what can be wrong there.

use std::time::Duration;

use aiops::commands::project_audit::report;
use aiops::error::Kind;
use aiops::project::audit::{self, Audit, Check, Finding, Scope, Status};
use aiops::sandbox::faults::Fault;
use aiops::{domain, profile};
use serde_json::{Value, json};

use crate::bootstrap::stage::{Stage, account, open_steps, written};

/// A dev account with the projects `churn` and `fraud`, and the ids of both.
struct Neighbours {
    stage: Stage,
    domain: String,
    churn: String,
    fraud: String,
}

impl Neighbours {
    fn new() -> Self {
        let stage = Stage::with_roles(&written(1, "profiles: [{name: tabular, use-case: regression}]\n"));
        let applied = stage.act(async |studio| domain::apply(studio).await.unwrap());
        assert_eq!(open_steps(&applied), Vec::<String>::new());
        let applied = stage.act(async |studio| profile::apply(studio, None).await.unwrap());
        assert_eq!(open_steps(&applied), Vec::<String>::new());
        let (domain, churn, fraud) = stage.act(async |studio| {
            let datazone = studio.session(studio.governance()).await.unwrap().datazone();
            let domains = datazone.list_domains().send().await.unwrap();
            let domain = domains.items()[0].id().to_owned();
            let profiles = datazone.list_project_profiles().domain_identifier(&domain).send().await.unwrap();
            let profile = profiles.items().iter().find(|profile| profile.name() == "line-0 tabular dev").unwrap();
            let create = async |name: &str| {
                let create = datazone.create_project().domain_identifier(&domain).name(name);
                let create = create.project_profile_id(profile.id()).set_domain_unit_id(profile.domain_unit_id.clone());
                create.send().await.unwrap().id().to_owned()
            };
            (domain.clone(), create("line-0-churn-dev").await, create("fraud").await)
        });
        stage.sandbox.advance(Duration::from_secs(400)).unwrap();
        Neighbours { domain, churn, fraud, stage }
    }

    fn dev(&self) -> String {
        account(0, 0)
    }

    /// Somebody in the console of the dev account.
    fn console(&self, service: &str, operation: &str, input: Value) -> Value {
        self.stage.administer(&self.dev(), service, operation, input)
    }

    /// A model package group with these tags.
    fn group(&self, name: &str, tags: &[(&str, &str)]) {
        let tags: Value = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let input = json!({"ModelPackageGroupName": name, "Tags": tags});
        self.console("sagemaker", "CreateModelPackageGroup", input);
    }

    /// The name of a project's role.
    fn role(&self, project: &str) -> String {
        let roles = self.console("iam", "ListRoles", json!({}));
        let names = roles["Roles"].as_array().unwrap().iter().map(|role| role["RoleName"].as_str().unwrap());
        names.into_iter().find(|name| name.starts_with(&format!("datazone_usr_role_{project}_"))).unwrap().to_owned()
    }

    /// Lets the role of a project do more.
    fn permit(&self, project: &str, statement: Value) {
        let document = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let input = json!({"RoleName": self.role(project), "PolicyName": "more", "PolicyDocument": document});
        self.console("iam", "PutRolePolicy", input);
    }

    fn audit(&self, scope: &Scope) -> Audit {
        self.stage.act(async |studio| audit::audit(studio, scope).await.unwrap())
    }
}

/// A finding in a line: with the end of the ARN, which is all that differs.
fn line(finding: &Finding) -> String {
    let end = finding.resource.rsplit_once(":").map_or(finding.resource.as_str(), |(_, end)| end);
    format!("{} {} {end}: {}", finding.status.as_str(), finding.check.as_str(), finding.what)
}

#[test]
fn projects_that_have_only_what_the_studio_gave_them_are_apart() {
    let world = Neighbours::new();
    let found = world.audit(&Scope::default());
    let problems: Vec<String> = found.findings.iter().filter(|it| it.status != Status::Note).map(line).collect();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(found.verdict(), None);
    let dev = &found.accounts[0];
    assert_eq!((&dev.account, &dev.projects), (&world.dev(), &vec!["fraud".to_owned(), "line-0-churn-dev".to_owned()]));
    // What AWS's policies leave open all the same.
    let open: Vec<&str> = found.limits.iter().filter(|it| !it.reached_by.is_empty()).map(|it| it.limit.what).collect();
    assert_eq!(open, ["names and descriptions in SageMaker's lists and search", "Git connections for all projects"]);
}

#[test]
fn what_is_not_tagged_as_it_should_be_is_told() {
    let world = Neighbours::new();
    let (churn, domain) = (world.churn.clone(), world.domain.clone());
    world.group("fine", &[("AmazonDataZoneProject", &churn), ("AmazonDataZoneDomain", &domain)]);
    world.group("half", &[("AmazonDataZoneProject", &churn)]);
    world.group("orphan", &[("AmazonDataZoneProject", "gone"), ("AmazonDataZoneDomain", &domain)]);
    world.group("foreign", &[("AmazonDataZoneProject", "x"), ("AmazonDataZoneDomain", "dzd-other")]);
    world.group("bare", &[]);
    let found = world.audit(&Scope::default());
    let told: Vec<String> = found.findings.iter().map(line).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    warning incomplete model-package-group/half: has no tag AmazonDataZoneDomain
    warning unknown-project model-package-group/orphan: tagged with project gone, which is not there
    note untagged model-package-group/bare: no project's tag, and no project's role reaches it
    ");
    assert_eq!(found.verdict(), None, "warnings are no failure");

    // A project that is deleted leaves behind what it made by itself.
    world.stage.act(async |studio| {
        let datazone = studio.session(studio.governance()).await.unwrap().datazone();
        datazone.delete_project().domain_identifier(&domain).identifier(&churn).send().await.unwrap();
    });
    world.stage.sandbox.advance(Duration::from_secs(200)).unwrap();
    let found = world.audit(&Scope::default());
    let orphans = found.findings.iter().filter(|finding| finding.check == Check::UnknownProject);
    assert_eq!(orphans.count(), 3);
}

#[test]
fn a_project_that_reaches_another_s_is_a_problem_and_the_statement_is_named() {
    let world = Neighbours::new();
    let (fraud, domain) = (world.fraud.clone(), world.domain.clone());
    world.group("theirs", &[("AmazonDataZoneProject", &fraud), ("AmazonDataZoneDomain", &domain)]);
    world.group("nobodys", &[]);
    world.permit(
        &world.churn,
        json!([
            {"Sid": "AllGroups", "Effect": "Allow", "Action": "sagemaker:DescribeModelPackageGroup", "Resource": "*"},
            {"Sid": "AllFiles", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
            {"Sid": "AllRoles", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
        ]),
    );
    let found = world.audit(&Scope::default());
    assert_eq!(found.verdict(), Some(Kind::Failed));
    let problems: Vec<&Finding> = found.findings.iter().filter(|it| it.status == Status::Problem).collect();
    let actions: Vec<String> = problems
        .iter()
        .map(|it| {
            let [reached] = &it.reached_by[..] else { panic!("{it:?}") };
            assert_eq!(reached.project, "line-0-churn-dev");
            assert!(reached.role.ends_with(&world.role(&world.churn)));
            let project = it.project.as_deref().unwrap_or("-");
            let (_, resource) = it.resource.rsplit_once([':', '/']).unwrap();
            format!(
                "{} {project} {} {}",
                it.check.as_str(),
                resource.split('_').next().unwrap(),
                reached.actions.join(" ")
            )
        })
        .collect();
    insta::assert_snapshot!(actions.join("\n"), @"
    reachable fraud datazone iam:PassRole (AllRoles)
    untagged - aiops-line-0-300000000000-eu-west-1 s3:GetObject (AllFiles)
    untagged - nobodys sagemaker:DescribeModelPackageGroup (AllGroups)
    reachable fraud theirs sagemaker:DescribeModelPackageGroup (AllGroups)
    reachable fraud * s3:GetObject (AllFiles)
    ");

    // Whoever asks for one project is told of it alone, and by any of its names.
    let of = |name: &str| world.audit(&Scope { project: Some(name.to_owned()), ..Scope::default() });
    assert!(of("churn").findings.iter().any(|finding| finding.resource.ends_with("/theirs")));
    assert_eq!(of("churn").findings, of(&world.churn).findings);
    let unknown = Scope { project: Some("chum".to_owned()), ..Scope::default() };
    let refused = world.stage.act(async |studio| audit::audit(studio, &unknown).await.unwrap_err());
    assert_eq!(refused.to_string(), "there is no project \"chum\"");
}

#[test]
fn an_account_that_does_not_answer_and_a_list_that_cannot_be_read_are_told() {
    let world = Neighbours::new();
    let fault = |text: &str| world.stage.sandbox.inject(serde_yaml::from_str::<Fault>(text).unwrap());
    let denied = "effect: { error: { status: 403, code: AccessDeniedException, message: not you } }";
    fault(&format!("service: tagging\naccount: '{}'\n{denied}", account(0, 1)));
    fault(&format!("service: sagemaker\noperation: ListModels\naccount: '{}'\n{denied}", world.dev()));
    let found = world.audit(&Scope::default());
    assert_eq!(found.verdict(), Some(Kind::Partial));
    let unreachable: Vec<bool> = found.accounts.iter().map(|account| account.unreachable.is_some()).collect();
    assert_eq!(unreachable, [false, true, false]);
    let unread: Vec<&Finding> = found.findings.iter().filter(|finding| finding.check == Check::Unread).collect();
    assert_eq!(unread.len(), 1);
    assert_eq!((unread[0].resource.as_str(), &unread[0].account), ("models", &world.dev()));

    let report = report(&found).unwrap();
    assert_eq!(report.verdict, Some(Kind::Partial));
    assert_eq!(report.data["accounts"][1]["account"], json!(account(0, 1)));
    assert!(report.data["limits"][0]["reached_by"].as_array().unwrap().contains(&json!("fraud")));
    let scope = Scope { tenant: Some("line-9".to_owned()), ..Scope::default() };
    let refused = world.stage.act(async |studio| audit::audit(studio, &scope).await.unwrap_err());
    assert_eq!(refused.kind(), Kind::Usage);
}
