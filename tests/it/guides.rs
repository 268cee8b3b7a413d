//! Tables in the guides that follow from the program. `AIOPS_UPDATE=1` writes them.

use std::fs;
use std::path::Path;

use aiops::config::ENVIRONMENT;
use aiops::governance::Origin;
use aiops::governance::machine::MOVES;
use aiops::sandbox::service;

use crate::support::assert_file;

/// Holds that what stands between the markers called `name` is `content`.
fn between(file: &str, name: &str, content: &str) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&start).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    assert_file(file, &format!("{before}{start}{content}{end}{after}"));
}

#[test]
fn the_table_of_moves() {
    let mut table = String::from("| registry | from | to | by | needs |\n|---|---|---|---|---|\n");
    for step in MOVES {
        let from = match step.from {
            Origin::New => "new".to_owned(),
            Origin::Unset => "no lifecycle".to_owned(),
            Origin::At(lifecycle) => lifecycle.to_string(),
        };
        let by: Vec<&str> = step.by.iter().map(|persona| persona.title()).collect();
        let needs: Vec<String> = step.requires.iter().map(ToString::to_string).collect();
        let needs = if needs.is_empty() { "-".to_owned() } else { needs.join("; ") };
        table.push_str(&format!("| {} | {from} | {} | {} | {needs} |\n", step.registry, step.to, by.join(", ")));
    }
    between("docs/concepts.md", "moves", &table);
}

#[test]
fn the_table_of_variables() {
    let mut table = String::from("| variable | sets | |\n|---|---|---|\n");
    for variable in ENVIRONMENT {
        let sets = variable.sets.map_or("-".to_owned(), |path| format!("`{}`", path[1..].replace('/', ".")));
        table.push_str(&format!("| `{}` | {sets} | {} |\n", variable.name, variable.help));
    }
    between("docs/configuration.md", "variables", &table);
}

#[test]
fn the_list_of_operations() {
    let mut list = String::new();
    for (service, described) in service::describe().as_object().unwrap() {
        let operations: Vec<&str> = described["operations"].as_object().unwrap().keys().map(String::as_str).collect();
        list.push_str(&format!("- **{service}** ({}): {}\n", operations.len(), operations.join(", ")));
    }
    between("docs/sandbox.md", "operations", &list);
}
