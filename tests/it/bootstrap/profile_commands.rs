//! What `aiops profile` answers, from the real binary.

use super::profiles::{SECTIONS, with_domain};
use super::stage::{Stage, written};
use crate::support::TestEnv;

#[test]
fn the_commands_tell_what_they_do() {
    let fewer = SECTIONS.replace("use-case: regression", "use-case: regression\n    stages: [test]");
    let stage = Stage::new(&written(1, &fewer));
    with_domain(&stage);
    let (_directory, store) = stage.kept();
    let env = TestEnv::new();
    std::fs::copy(store, env.directory().join("world.db")).unwrap();
    let file = format!("sandbox: world.db\n{}", written(1, &fewer));
    std::fs::write(env.directory().join("aiops.yaml"), file).unwrap();
    // Ids differ from run to run.
    let id = regex::Regex::new("[0-9a-f]{14}").unwrap();
    let tell = |words: &[&str]| {
        let outcome = env.run(&[words, &["--output", "table"]].concat()).to_string();
        format!("$ aiops {}\n{}\n", words.join(" "), id.replace_all(&outcome, "[ID]"))
    };
    assert_eq!(env.line("profile plan --quiet --detailed-exitcode").code, 2);
    let name = "line-0 chat dev";
    let told: String = [
        tell(&["profile", "plan", "--quiet"]),
        tell(&["profile", "apply"]),
        tell(&["profile", "apply", "--yes", "--quiet"]),
        tell(&["profile", "plan", "--detailed-exitcode"]),
        tell(&["profile", "list"]),
        tell(&["profile", "show", name]),
        tell(&["profile", "delete", name, "--quiet", "--yes"]),
        tell(&["profile", "show", name]),
    ]
    .concat();
    insta::assert_snapshot!(told, @r#"
    $ aiops profile plan --quiet
    exit 0
    ----- stdout
    ACTION  ACCOUNT       KIND             NAME                                       WHY
    create  111111111111  account pool     sandboxes                                  2 accounts for projects to choose from
    create  111111111111  project profile  line-0 tabular test                        regression in test of line-0
    create  111111111111  project profile  line-0 chat dev                            rag in dev of line-0
    create  111111111111  profile grant    every user of the domain in unit line-0    may create projects from 2 profiles
    create  111111111111  profile grant    every user of the domain in the root unit  may create projects from 2 profiles

    $ aiops profile apply
    exit 2
    ----- stderr
    looking at what is there ...
    looking at what is there: 5 things
    5 to create
    create   account pool sandboxes in account 111111111111
    create   project profile line-0 tabular test in account 111111111111
    create   project profile line-0 chat dev in account 111111111111
    create   profile grant every user of the domain in unit line-0 in account 111111111111
    create   profile grant every user of the domain in the root unit in account 111111111111
    error: there is nobody to ask: Make these changes?
    hint: --yes answers every question with yes

    $ aiops profile apply --yes --quiet
    exit 3
    ----- stdout
    Done
    ACTION   ACCOUNT       KIND             NAME                                       WHY
    created  111111111111  account pool     sandboxes                                  2 accounts for projects to choose from
    created  111111111111  project profile  line-0 tabular test                        regression in test of line-0
    created  111111111111  project profile  line-0 chat dev                            rag in dev of line-0
    created  111111111111  profile grant    every user of the domain in unit line-0    may create projects from 2 profiles
    created  111111111111  profile grant    every user of the domain in the root unit  may create projects from 2 profiles

    Can projects be created?
    UNIT    PROFILE              VERIFIED
    -       -                    not asked: the dev account 300000000000 of line-0: AWS refused the call: AccessDeniedException: User is not permitted to perform operation: ListEnvironmentBlueprintConfigurations
    -       -                    not asked: the test account 300000000001 of line-0: AWS refused the call: AccessDeniedException: User is not permitted to perform operation: ListEnvironmentBlueprintConfigurations
    -       -                    not asked: the prod account 300000000002 of line-0: AWS refused the call: AccessDeniedException: User is not permitted to perform operation: ListEnvironmentBlueprintConfigurations
    line-0  line-0 chat dev      not known
    line-0  line-0 tabular test  not known

    $ aiops profile plan --detailed-exitcode
    exit 0
    ----- stdout
    everything is as aiops.yaml says
    ----- stderr
    looking at what is there ...
    looking at what is there: 5 things
    5 as they should be

    $ aiops profile list
    exit 0
    ----- stdout
    TENANT  STAGE  NAME                 USE CASE    STATUS   ACCOUNT                       ENVIRONMENTS
    line-0  test   line-0 tabular test  regression  enabled  300000000001, pool sandboxes  Tooling, DataLake, MLExperiments, Reports
    line-0  dev    line-0 chat dev      rag         enabled  300000000000                  Tooling, DataLake, Guardrail, KnowledgeBase

    $ aiops profile show line-0 chat dev
    exit 0
    ----- stdout
    Profile
    Name:         line-0 chat dev
    Id:           [ID]
    Tenant:       line-0
    Stage:        dev
    Use case:     rag
    Template:     rag
    Status:       enabled
    Description:  Answer questions from documents (managed by aiops)

    Environments
    ENVIRONMENT    BLUEPRINT                   MODE       ORDER  ACCOUNT       REGION
    Tooling        Tooling                     on-create  0      300000000000  eu-west-1
    DataLake       DataLake                    on-create  1      300000000000  eu-west-1
    Guardrail      AmazonBedrockGuardrail      on-demand  -      300000000000  eu-west-1
    KnowledgeBase  AmazonBedrockKnowledgeBase  on-demand  -      300000000000  eu-west-1

    Parameters
    ENVIRONMENT  PARAMETER                          VALUE    EDITABLE
    Tooling      enableAmazonBedrockIDEPermissions  true     no
    Tooling      enableAmazonBedrockPermissions     true     no
    Tooling      enableNetworkIsolation             false    no
    Tooling      enableSpaces                       true     no
    Tooling      idleTimeoutInMinutes               60       yes
    Tooling      lifecycleManagement                ENABLED  no
    Tooling      maxEbsVolumeSize                   100      no
    DataLake     glueDbName                         glue_db  yes

    Who may create projects
    WHO                       GRANTED IN                  EFFECTIVE
    every user of the domain  unit line-0, the root unit  yes

    $ aiops profile delete line-0 chat dev --quiet --yes
    exit 0
    ----- stdout
    ACTION   ACCOUNT       KIND             NAME                                       WHY
    changed  111111111111  profile grant    every user of the domain in unit line-0    may create projects from 1 profile
                                              profiles                                 ["line-0 chat dev","line-0 tabular test"] -> ["line-0 tabular test"]
    changed  111111111111  profile grant    every user of the domain in the root unit  may create projects from 1 profile
                                              profiles                                 ["line-0 chat dev","line-0 tabular test"] -> ["line-0 tabular test"]
    removed  111111111111  project profile  line-0 chat dev                            to be deleted

    $ aiops profile show line-0 chat dev
    exit 1
    ----- stderr
    error: the domain has no project profile "line-0 chat dev"
    hint: `aiops profile list` shows all
    "#);
}
