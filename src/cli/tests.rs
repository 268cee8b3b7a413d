use super::approve::Verb;
use super::values::{Destination, TenantAccounts};
use super::*;
use crate::governance::{Persona, Stage, Status};

fn parse_line(line: &str) -> Result<Cli, String> {
    let words = ["aiops"].into_iter().chain(line.split_whitespace()).map(OsString::from);
    parse(words).map_err(|error| error.to_string())
}

fn each(command: &clap::Command, check: &mut impl FnMut(&clap::Command)) {
    check(command);
    command.get_subcommands().for_each(|subcommand| each(subcommand, check));
}

#[test]
fn clap_finds_no_contradiction() {
    command().debug_assert();
}

#[test]
fn every_command_is_explained_with_examples_and_every_argument_with_help() {
    each(&command(), &mut |command| {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name}");
        assert!(command.get_after_help().is_some_and(|help| help.to_string().contains("    aiops ")), "{name}");
        for argument in command.get_arguments() {
            let help = argument.get_help().unwrap_or_else(|| panic!("{name} {}", argument.get_id())).to_string();
            assert!(!help.ends_with('.') && !help.is_empty(), "{name} {}: {help}", argument.get_id());
        }
    });
}

#[test]
fn every_example_parses() {
    let mut lines = Vec::new();
    each(&command(), &mut |command| {
        let help = command.get_after_help().unwrap().to_string().replace("\\\n", " ");
        let examples = help.lines().filter_map(|line| line.strip_prefix("    aiops ")).map(ToOwned::to_owned);
        lines.extend(examples);
    });
    assert!(lines.len() > 30);
    for line in lines {
        // What follows belongs to the shell.
        let ours = line.split(" > ").next().unwrap().split(" | man").next().unwrap().split(" && ").next().unwrap();
        let ours = ours.split("   ").next().unwrap();
        let words = shell_words(ours);
        if let Err(error) = parse(["aiops".into()].into_iter().chain(words)) {
            assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{line}\n{error}");
        }
    }
}

/// Splits at blanks outside of quotes.
fn shell_words(line: &str) -> Vec<OsString> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for letter in line.chars() {
        match (letter, quote) {
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.push(std::mem::take(&mut word)),
            (letter, _) => word.push(letter),
        }
    }
    words.push(word);
    words.into_iter().filter(|word| !word.is_empty()).map(Into::into).collect()
}

#[test]
fn the_groups_name_every_command_once() {
    let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    grouped.sort_unstable();
    let command = command();
    let mut all: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    all.sort_unstable();
    assert_eq!(grouped, all);
}

#[test]
fn a_decision_in_the_spelling_of_aws() {
    let cli = parse_line("approve churn:3 --stage Test --status APPROVED --comment ok --tenant retail").unwrap();
    assert_eq!(cli.global.tenant.as_deref(), Some("retail"));
    let Command::Approve(approve::Args { verb: None, decision: Some(decision) }) = cli.command else {
        panic!("{:?}", cli.command);
    };
    assert_eq!(decision.model.to_string(), "churn:3");
    assert_eq!((decision.stage, decision.status), (Stage::Test, Status::Approved));
}

#[test]
fn approve_list_beside_a_decision() {
    for line in ["approve list", "approve list --tenant a", "--tenant a approve list"] {
        let cli = parse_line(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(
            matches!(cli.command, Command::Approve(approve::Args { verb: Some(Verb::List(_)), decision: None })),
            "{line}: {:?}",
            cli.command
        );
    }
    let error = parse_line("approve").unwrap_err();
    for required in ["<MODEL[:VERSION]>", "--stage", "--status", "--comment"] {
        assert!(error.contains(required), "{error}");
    }
    assert!(parse_line("approve --stage dev list").is_err());
}

#[test]
fn a_promotion() {
    let cli = parse_line("promote churn --to Prod --timeout 1h30m --as Governance-Officer").unwrap();
    let Command::Promote(args) = cli.command else { panic!() };
    assert_eq!((args.to, args.timeout.unwrap().as_secs(), args.no_wait), (Destination::Prod, 5400, false));
    assert_eq!(cli.global.persona, Some(Persona::GovernanceOfficer));
    assert!(parse_line("promote churn --to prod --no-wait --timeout 1m").is_err());
}

#[test]
fn values_are_refused_with_the_reason() {
    let cases = [
        ("promote churn:x --to test", "\"x\" is not a version"),
        ("promote churn --to tset", "'test'"),
        ("promote churn --to test --timeout 0s", "longer than nothing"),
        ("promote churn --to test --timeout=-5m", "longer than nothing"),
        ("promote churn --to test --timeout soon", "`90s`"),
        ("sandbox serve --listen 0.0.0.0:80", "loopback only"),
        ("sandbox serve --listen localhost", "an IP address and a port"),
        ("sandbox serve --speed 0", "above 0"),
        ("sandbox serve --speed inf", "above 0"),
        ("status --latest 0", "--latest"),
        ("status --all --latest 1", "cannot be used with"),
        ("status -q -v", "cannot be used with"),
        ("init --governance-account 123", "12 digits"),
        ("init --tenant-accounts retail=1,2", "NAME=DEV,TEST,PROD"),
        ("init --tenant-accounts =111111111111,222222222222,333333333333", "NAME=DEV,TEST,PROD"),
        ("init --tenant-accounts retail=111111111111,222222222222,33333333333x", "12 digits"),
        ("init --from-sandbox --governance-account 111111111111", "cannot be used with"),
        ("stauts", "'status'"),
        ("config shwo", "'show'"),
        ("status --tenat a", "'--tenant'"),
        ("help stauts", "'status'"),
        ("help nothing-like-it", "the topics are exit-codes, environment, output, configuration"),
    ];
    for (line, reason) in cases {
        let error = parse_line(line).expect_err(line);
        assert!(error.contains(reason), "{line}: {error}");
    }
}

#[test]
fn tenant_accounts_keep_leading_zeros() {
    let line = "init --tenant-accounts a=011111111111,022222222222,033333333333 --tenant-accounts b=1,2,3";
    assert!(parse_line(line).is_err());
    let accounts: TenantAccounts = "a=011111111111,022222222222,033333333333".parse().unwrap();
    assert_eq!((accounts.name.as_str(), accounts.prod.as_str()), ("a", "033333333333"));
}

#[test]
fn help_is_about_commands_and_topics() {
    for line in ["help", "help promote", "help config show", "help approve list", "--help", "promote --help"] {
        let error = parse(["aiops"].into_iter().chain(line.split(' ')).map(OsString::from)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{line}");
    }
    for topic in help::TOPICS {
        assert!(parse_line(&format!("help {}", topic.name)).is_ok());
    }
}

#[test]
fn the_exit_codes_in_the_topic_are_those_of_the_kinds() {
    use crate::error::Kind;
    let text = help::TOPICS[0].text;
    let kinds = [
        Kind::Failed,
        Kind::Usage,
        Kind::Config,
        Kind::ChangesPending,
        Kind::Partial,
        Kind::NotAuthenticated,
        Kind::Denied,
        Kind::RolledBack,
        Kind::Cancelled,
    ];
    for kind in kinds {
        assert!(text.contains(&format!("\n    {:<5}", kind.exit_code())), "{kind:?}");
    }
}
