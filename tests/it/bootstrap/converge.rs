//! What `domain apply` and `profile apply` bring about, and that they do it wherever they were stopped.

use aiops::{domain, profile};

use super::stage::{Stage, open_steps, written};

#[test]
fn an_empty_organization_becomes_a_working_domain() {
    let stage = Stage::new(&written(1, ""));
    let applied = stage.act(async |studio| domain::apply(studio).await.unwrap());
    assert_eq!(open_steps(&applied), Vec::<String>::new());
    let planned = stage.act(async |studio| domain::plan(studio).await.unwrap());
    assert_eq!(open_steps(&planned), Vec::<String>::new());
    let verified = stage.act(async |studio| domain::verify(studio).await.unwrap());
    assert!(verified.passed(), "{verified:?}");
}

#[test]
fn profiles_follow_the_domain_and_projects_can_be_created() {
    let sections = "profiles: [{name: tabular, use-case: regression}, {name: chat, use-case: rag, stages: [dev]}]\n";
    let stage = Stage::new(&written(2, sections));
    let applied = stage.act(async |studio| domain::apply(studio).await.unwrap());
    assert_eq!(open_steps(&applied), Vec::<String>::new());
    let applied = stage.act(async |studio| profile::apply(studio, None).await.unwrap());
    assert_eq!(open_steps(&applied), Vec::<String>::new());
    let verified = stage.act(async |studio| domain::verify(studio).await.unwrap());
    assert!(verified.passed() && verified.profiles.len() == 8, "{verified:?}");
    // Neither undoes what the other did.
    for planned in [
        stage.act(async |studio| domain::plan(studio).await.unwrap()),
        stage.act(async |studio| profile::plan(studio, None).await.unwrap()),
    ] {
        assert_eq!(open_steps(&planned), Vec::<String>::new());
    }
}
