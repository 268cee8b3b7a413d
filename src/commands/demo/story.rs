//! The story of the demo: the commands that people would type, run for real.

/// One step of the story.
pub(super) enum Step {
    /// Training registers a version of a model of a tenant.
    Register {
        /// What happens, in words.
        title: &'static str,
        tenant: &'static str,
        model: &'static str,
        /// 1 or 2: which of the two trained versions.
        trained: usize,
    },
    /// The endpoint in prod is asked about patients whose outcome is known.
    Ask {
        /// What happens, in words.
        title: &'static str,
        /// 1 or 2: which of the two trained versions serves.
        trained: usize,
    },
    /// Somebody types a command.
    Command {
        /// What happens, in words.
        title: &'static str,
        /// The words after `aiops`.
        words: &'static [&'static str],
        /// Whether AWS has to refuse it.
        refused: bool,
    },
}

const fn command(title: &'static str, words: &'static [&'static str]) -> Step {
    Step::Command { title, words, refused: false }
}

/// The model that both versions are of.
pub(super) const MODEL: &str = "diabetes-progression";
/// The model of the second tenant.
pub(super) const OTHER_MODEL: &str = "diabetes-risk";
/// The tenant of the story.
pub(super) const TENANT: &str = "clinical";
/// The tenant beside it.
pub(super) const OTHER_TENANT: &str = "insurance";

/// What happens, in order.
pub(super) const STEPS: &[Step] = &[
    command(
        "The administrator brings up the SageMaker Unified Studio domain over all accounts",
        &["domain", "apply", "--yes"],
    ),
    command(
        "The administrator makes a project profile for each tenant, stage and use case",
        &["profile", "apply", "--yes"],
    ),
    command(
        "The administrator gives a team its project: workspaces, registries, and a repository that builds and deploys",
        &["project", "create", "diabetes-progression", "--tenant", "clinical", "--profile", "tabular", "--yes"],
    ),
    Step::Register {
        title: "CI trains a model and registers it in the dev account",
        tenant: TENANT,
        model: MODEL,
        trained: 1,
    },
    command(
        "The lead looks at the metrics and approves it for the central registry",
        &["approve", "diabetes-progression:1", "--stage", "dev", "--status", "approved", "--comment", "a baseline"],
    ),
    command(
        "An engineer copies it to the central registry: artifacts and record, bound by digests",
        &["promote", "diabetes-progression:1", "--to", "central"],
    ),
    command(
        "The engineer deploys it to test and asks the endpoint",
        &["promote", "diabetes-progression:1", "--to", "test"],
    ),
    Step::Command {
        title: "A data scientist tries to approve it, and IAM refuses",
        words: &[
            "approve",
            "diabetes-progression:1",
            "--stage",
            "test",
            "--status",
            "approved",
            "--comment",
            "looks fine",
            "--as",
            "data-scientist",
        ],
        refused: true,
    },
    command(
        "A governance officer approves what was tested",
        &["approve", "diabetes-progression:1", "--stage", "test", "--status", "approved", "--comment", "as evaluated"],
    ),
    command("The engineer deploys it to prod", &["promote", "diabetes-progression:1", "--to", "prod"]),
    command(
        "The governance officer approves it for prod",
        &["approve", "diabetes-progression:1", "--stage", "prod", "--status", "approved", "--comment", "as in test"],
    ),
    Step::Ask { title: "The endpoint in prod is asked about five patients whose outcome is known", trained: 1 },
    Step::Register {
        title: "CI trains a second version, on ten features in place of four",
        tenant: TENANT,
        model: MODEL,
        trained: 2,
    },
    command(
        "The lead approves it too",
        &["approve", "diabetes-progression:2", "--stage", "dev", "--status", "approved", "--comment", "beats :1"],
    ),
    command(
        "The engineer copies it to the central registry",
        &["promote", "diabetes-progression:2", "--to", "central"],
    ),
    command(
        "The engineer deploys it to test, where it waits for the governance officer",
        &["promote", "diabetes-progression:2", "--to", "test"],
    ),
    Step::Register {
        title: "CI of another tenant registers a model of its own",
        tenant: OTHER_TENANT,
        model: OTHER_MODEL,
        trained: 2,
    },
];
