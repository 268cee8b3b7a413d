//! `docs/cli.md` is the help of every command, and stays so.

use aiops::cli;
use clap_markdown::MarkdownOptions;

use crate::support::assert_file;

#[test]
fn the_reference_is_what_help_says() {
    let options = MarkdownOptions::new().title("Command line reference".into()).show_footer(false);
    let reference = clap_markdown::help_markdown_command_custom(&cli::command(), &options);
    // A second line of usage comes without the program's name.
    let reference = reference.replace("\n       approve", "` or `aiops approve");
    // Every flag is off by default: that need not be said.
    let reference = reference.replace("\n\n  Default value: `false`", "").replace("\n\n  Default value: `0`", "");
    let lines: Vec<&str> = reference.lines().map(str::trim_end).collect();
    assert_file("docs/cli.md", &(lines.join("\n").trim_end().to_owned() + "\n"));
}
