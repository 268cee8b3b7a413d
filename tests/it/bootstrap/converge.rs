//! What `domain apply` and `profile apply` bring about, and that they do it wherever they were stopped.

use aiops::domain;

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
