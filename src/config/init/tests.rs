use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Config, Flags, LoadOptions, Loaded, Look, load, schema};
use super::*;

fn read(text: &str) -> Loaded {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("aiops.yaml"), text).unwrap();
    let loaded = load(&LoadOptions {
        explicit: None,
        working_directory: directory.path().to_owned(),
        environment: &BTreeMap::new(),
        flags: Flags::default(),
        look: Look::default(),
    });
    loaded.unwrap_or_else(|error| panic!("{}\n{text}", error.rendered_report().unwrap_or(&error.to_string())))
}

fn answers() -> Answers {
    let account = |digit: &str| digit.repeat(12).parse().unwrap();
    let accounts = ["3", "4", "5"].map(account);
    Answers {
        shared_services: Some(account("2")),
        tenants: vec![TenantAnswers::with_accounts("clinical".parse().unwrap(), accounts)],
        ..Answers::new("eu-west-1".parse().unwrap(), account("1"))
    }
}

/// `text` with everything switched on that is switched off.
fn switched_on(text: &str) -> String {
    let on = |line: &str| {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let switched_off = |after: &str| !after.starts_with([' ', '#']) || after.starts_with("  ");
        match rest.strip_prefix('#') {
            Some(after) if switched_off(after) => format!("{indent}{after}\n"),
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(on).collect()
}

#[test]
fn the_first_line_leads_editors_to_the_schema() {
    let text = render(&answers());
    assert_eq!(text.lines().next(), Some("# yaml-language-server: $schema=aiops.schema.json"));
    let hostile = Answers { schema: Some("a\nversion: 2\u{85}b c".to_owned()), ..answers() };
    assert_eq!(render(&hostile).lines().next(), Some("# yaml-language-server: $schema=a%0Aversion:%202%C2%85b%20c"));
}

#[test]
fn what_is_switched_off_shows_the_defaults() {
    let text = render(&answers());
    let off: Config = read(&text).config.unwrap();
    let on: Config = read(&switched_on(&text)).config.unwrap();
    assert_eq!(on.roles, off.roles);
    assert_eq!(on.concurrency, off.concurrency);
    assert_eq!(
        on.session,
        super::super::Session { external_id: on.session.external_id.clone(), ..off.session.clone() }
    );
    assert_eq!(on.gates.four_eyes, off.gates.four_eyes);
    assert_eq!(on.gates.require_smoke_test, off.gates.require_smoke_test);
    assert_eq!(on.domain.name, off.domain.name);
    assert_eq!((on.git.provider, on.git.layout), (off.git.provider, off.git.layout));
    assert_eq!((on.promotion.wait, on.promotion.poll), (off.promotion.wait, off.promotion.poll));
    assert_eq!(on.promotion.endpoint.instance_type, off.promotion.endpoint.instance_type);
    assert_eq!(on.tenants[0].models, off.tenants[0].models);
    assert_ne!(on, off);
}

#[test]
fn every_section_is_there() {
    let on = switched_on(&render(&answers()));
    let value: serde_json::Value = serde_json::to_value(read(&on).config.unwrap()).unwrap();
    let schema = schema();
    for key in schema["properties"].as_object().unwrap().keys() {
        assert!(value.get(key).is_some(), "{key}");
        let inside = |line: &str| line.starts_with(&format!("{key}:"));
        assert!(on.lines().any(inside), "{key} is not written");
    }
    for (section, definition) in
        [("session", "Session"), ("promotion", "Promotion"), ("gates", "Gates"), ("git", "Git")]
    {
        for key in schema["$defs"][definition]["properties"].as_object().unwrap().keys() {
            assert!(value[section].get(key).is_some(), "{section}.{key}");
        }
    }
}

#[test]
fn everything_that_was_found_is_read_back() {
    let hostile = "# a: [b] {c} \"d\" 'e' \\ & *f !g %h | > @ ` null: é";
    let domain = Domain {
        name: "Models of all".parse().unwrap(),
        description: Some(format!("{hostile}\n- two\u{85}lines\u{2028}")),
        single_sign_on: true,
        user_assignment: UserAssignment::Automatic,
        identity_center: Some("arn:aws:sso:::instance/ssoins-0123456789abcdef".parse().unwrap()),
        kms_key: Some("alias/example".parse().unwrap()),
        tags: BTreeMap::from([("yes".to_owned(), "012".to_owned()), (hostile.to_owned(), String::new())]),
        owners: vec![format!("group:{hostile}").parse().unwrap(), "user:on".parse().unwrap()],
        organization_sharing: false,
        blueprints: vec!["Tooling".parse().unwrap()],
        account_pools: serde_json::from_value(serde_json::json!([
            {"name": "pool 1", "accounts": [
                {"account": "999999999999"}, {"account": "012345678901", "regions": ["eu-west-1", "eu-central-1"]},
            ]},
        ]))
        .unwrap(),
        ..Domain::default()
    };
    let account = |digit: &str| StageAnswers::of(digit.repeat(12).parse().unwrap());
    let network = Network {
        vpc: "vpc-0a1b2c3d".parse().unwrap(),
        subnets: vec!["subnet-0a1b2c3d".parse().unwrap(), "subnet-1a1b2c3d".parse().unwrap()],
    };
    let role = "arn:aws:iam::333333333333:role/x/provisioning";
    let dev = StageAnswers {
        region: Some("eu-central-1".parse().unwrap()),
        network: Some(network.clone()),
        projects_bucket: Some("example".parse().unwrap()),
        project_roles: ProjectRoles { provisioning: Some(role.parse().unwrap()), ..ProjectRoles::default() },
        ..account("3")
    };
    let tenant = TenantAnswers {
        title: Some(hostile.parse().unwrap()),
        owners: vec!["group:Leads".parse().unwrap()],
        members: vec![format!("role:{role}").parse().unwrap()],
        stages: [Some(dev), Some(account("4")), Some(account("5"))],
        data: [Some(account("6")), Some(account("7")), Some(account("8"))],
        ..TenantAnswers::named("clinical".parse().unwrap())
    };
    let connection = "arn:aws:codeconnections:eu-west-1:111111111111:connection/0a1b2c3d-0000-4000-8000-000000000001";
    let profiles: Vec<Profile> = serde_json::from_value(serde_json::json!([
        {"name": "on", "use-case": "rag"},
        {
            "name": "Other name", "use-case": "llm-finetuning", "description": hostile, "template": "t",
            "tenants": ["clinical"], "stages": ["prod"], "users": [format!("user:{hostile}"), "group:no"],
            "git-connection": connection, "enabled": false,
            "environments": [{"name": "null"}, {
                "name": "Some of it", "blueprint": "QuickSight", "mode": "on-demand", "account-pools": ["pool 1"],
                "parameters": {"no": hostile, "y": {"value": "1", "editable": true}, "_false": "", "idleTimeout": "0x1"},
            }, {"name": "Tooling", "mode": "on-create"}],
        },
    ]))
    .unwrap();
    let found = Answers {
        profiles: profiles.clone(),
        management: Some("999999999999".parse().unwrap()),
        kms_key: Some("arn:aws:kms:eu-west-1:222222222222:key/0a1b2c3d-0000-4000-8000-000000000001".parse().unwrap()),
        tenants: vec![tenant.clone()],
        domain: Some(domain.clone()),
        questions: vec!["Whose is it?\nversion: 2\u{2028}region: x".to_owned()],
        ..answers()
    };
    let config = read(&render(&found)).config.unwrap();
    assert_eq!(config.domain, domain);
    assert_eq!(config.profiles, profiles);
    assert_eq!(config.management.unwrap().account.as_str(), "999999999999");
    assert_eq!(config.shared_services.kms_key, found.kms_key);
    let read_back = &config.tenants[0];
    assert_eq!(
        (&read_back.title, &read_back.owners, &read_back.members),
        (&tenant.title, &tenant.owners, &tenant.members)
    );
    let dev = &read_back.stages.dev;
    assert_eq!((&dev.network, dev.region.as_ref().unwrap().as_str()), (&Some(network), "eu-central-1"));
    assert_eq!(dev.project_roles.provisioning.as_ref().unwrap().as_str(), role);
    assert_eq!(read_back.data.as_ref().unwrap().prod.account.as_str(), "888888888888");
}

#[test]
fn what_is_not_known_is_a_question_and_a_mistake() {
    let mut unknown = answers();
    unknown.shared_services = None;
    unknown.tenants[0].stages[2] = None;
    unknown.tenants[0].data[0] = Some(StageAnswers::of("666666666666".parse().unwrap()));
    let text = render(&unknown);
    assert!(text.contains("      # Which account is clinical prod?\n"), "{text}");
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("aiops.yaml"), &text).unwrap();
    let refused = load(&LoadOptions {
        explicit: None,
        working_directory: directory.path().to_owned(),
        environment: &BTreeMap::new(),
        flags: Flags::default(),
        look: Look::default(),
    });
    let report = refused.unwrap_err().rendered_report().unwrap().to_owned();
    assert!(report.contains("prod") && report.contains("account"), "{report}");
    let answered = text.replace("#prod: { account: \"000000000006\"", "prod: { account: \"000000000006\"");
    let answered = answered.replace("  #account: \"000000000005\"", "  account: \"000000000005\"");
    let config = read(&answered).config.unwrap();
    assert_eq!((config.shared_services.account.as_str(), &config.tenants[0].data), ("000000000005", &None));
}

#[test]
fn stages_are_told_by_words() {
    for (name, stage) in [
        ("clinical-dev", Some(Stage::Dev)),
        ("Clinical Production", Some(Stage::Prod)),
        ("tabular_test_2", Some(Stage::Test)),
        ("dev-test", None),
        ("devices", None),
        ("", None),
    ] {
        assert_eq!(stage_in(name), stage, "{name}");
    }
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,6}){0,2}",
        prop::sample::select(vec!["null", "true", "false", "no", "on", "y", "n"]).prop_map(str::to_owned),
    ]
}

fn any_tenants() -> impl Strategy<Value = Vec<TenantAnswers>> {
    let accounts = ("[0-4][0-9]{11}", "[0-9]{12}", "[5-9][0-9]{11}");
    prop::collection::btree_map(any_name(), accounts, 1..4).prop_map(|tenants| {
        let parsed = |(name, (dev, test, prod)): (String, (String, String, String))| {
            let accounts = [dev, test, prod].map(|account| account.parse().unwrap());
            TenantAnswers::with_accounts(name.parse().unwrap(), accounts)
        };
        tenants.into_iter().map(parsed).collect()
    })
}

proptest! {
    #[test]
    fn what_is_rendered_is_read_back(
        tenants in any_tenants(),
        governance in "[0-9]{12}",
        store in prop::option::of("\\PC{1,20}|[\\x00-\\x7f]{1,20}|any|.{1,20}"),
        schema in prop::option::of(any::<String>()),
    ) {
        let answers = Answers {
            governance: governance.parse().unwrap(),
            tenants,
            sandbox: store.filter(|store| !store.starts_with('/')),
            schema,
            ..answers()
        };
        let loaded = read(&render(&answers));
        let sandbox = loaded.sources.get("sandbox").map(|sourced| sourced.value.as_str().unwrap().to_owned());
        let config = loaded.config.unwrap();
        let tenants = config.tenants.into_iter().map(|tenant| {
            let accounts = [tenant.stages.dev, tenant.stages.test, tenant.stages.prod].map(|stage| stage.account);
            TenantAnswers::with_accounts(tenant.name, accounts)
        });
        let read_back = Answers {
            shared_services: Some(config.shared_services.account),
            tenants: tenants.collect(),
            sandbox,
            schema: answers.schema.clone(),
            ..Answers::new(config.region, config.governance.account)
        };
        prop_assert_eq!(read_back, answers);
    }
}
