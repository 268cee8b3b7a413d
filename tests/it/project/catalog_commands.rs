//! What the commands answer, from the real binary.

use super::market::{Market, configuration};
use crate::support::TestEnv;

#[test]
fn subscriptions_are_listed_beside_versions_and_decided() {
    let market = Market::with_orders();
    let request = market.ask().unwrap().request.unwrap();
    let (_directory, store) = market.stage.kept();
    let env = TestEnv::new();
    std::fs::copy(store, env.directory().join("world.db")).unwrap();
    std::fs::write(env.directory().join("aiops.yaml"), format!("sandbox: world.db\n{}", configuration())).unwrap();
    let tell = |words: &[&str]| {
        let outcome = env.run(words).to_string().replace(&request, "[REQUEST]");
        format!("$ aiops {}\n{outcome}\n", words.join(" ").replace(&request, "[REQUEST]"))
    };
    let decide = ["approve", "subscription", &request, "--status", "approved", "--comment", "fine"];
    let told = [
        tell(&["approve", "list", "--output", "table"]),
        tell(&["approve", "list", "--jq", ".[] | [.kind, .tenant, .subscription.asset, .subscription.project.name]"]),
        tell(&["approve", "list", "--as", "lead"]),
        tell(&[&decide[..], &["--dry-run", "--output", "table"]].concat()),
        tell(&[&decide[..], &["--output", "table"]].concat()),
        tell(&[&decide[..], &["--output", "json"]].concat()),
        tell(&["approve", "list"]),
        tell(&["approve", "subscription", "nonsense", "--status", "rejected", "--comment", "x"]),
    ]
    .concat();
    insta::assert_snapshot!(told);
}
