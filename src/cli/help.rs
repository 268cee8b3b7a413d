//! `aiops help`: of a command, or about a topic

/// Print help for a command, or about a topic
///
/// Topics: exit-codes, environment, output, configuration.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops help promote
    aiops help config show
    aiops help exit-codes")]
pub struct Args {
    /// A command with its verb, or a topic
    #[arg(value_name = "COMMAND|TOPIC")]
    pub subject: Vec<String>,
}

impl Args {
    /// The topic that is asked for; none if it is a command.
    pub fn topic(&self) -> Option<Topic> {
        let [name] = self.subject.as_slice() else { return None };
        TOPICS.into_iter().find(|topic| topic.name == name)
    }
}

/// Help that belongs to no single command. The text is a page of the documentation.
#[derive(Clone, Copy, Debug)]
pub struct Topic {
    /// As typed after `aiops help`.
    pub name: &'static str,
    /// The page.
    pub text: &'static str,
}

/// Every topic.
pub const TOPICS: [Topic; 4] = [
    Topic { name: "exit-codes", text: include_str!("../../docs/help/exit-codes.md") },
    Topic { name: "environment", text: include_str!("../../docs/help/environment.md") },
    Topic { name: "output", text: include_str!("../../docs/help/output.md") },
    Topic { name: "configuration", text: include_str!("../../docs/help/configuration.md") },
];
