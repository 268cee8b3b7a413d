//! What must hold for templates of anybody. The fuzz targets under `fuzz/` drive this too.

use aiops::config::{GitLayout, GitProvider, obeyed};
use aiops::error::Error;
use aiops::git::{File, Files};
use aiops::seed::cicd::sample;
use aiops::seed::{Answers, Holds, Library, Origin, path};

/// `bytes` as the `template.yaml` of a template.
pub fn manifest(bytes: &[u8]) {
    let files = [
        ("t/template.yaml", bytes),
        ("t/repository/README.md", b"<%= cicd.project.name %><% if has.build %>\n<% endif %>"),
        ("t/build/{{ snake(cicd.project.name) }}/a.py", b"x"),
        ("t/deploy/test.yaml", b"a: 1\n"),
    ];
    try_out(files.map(|(path, content)| (path.to_owned(), File::new(content))).into(), &Answers::new());
}

/// `text` as the name of a file, what follows its first line as the answer that the name may have in it, and as the
/// content.
pub fn rendered_path(text: &str) {
    let (name, answer) = text.split_once('\n').unwrap_or((text, text));
    let manifest = b"version: 1\ntitle: T\nvariables: {v: {default: x}}\n";
    let files = [
        ("t/template.yaml".to_owned(), File::new(&manifest[..])),
        ("t/build/taken".to_owned(), File::new("")),
        (format!("t/build/{name}"), File::new(answer)),
        (format!("t/{name}"), File::new(answer)),
        (name.to_owned(), File::new(answer)),
    ];
    try_out(files.into(), &Answers::from([("v".to_owned(), answer.into())]));
}

/// Renders what can be rendered. Nothing panics, nothing leads elsewhere, and no message moves a terminal.
fn try_out(files: Files, given: &Answers) {
    let origin = Origin { source: "fuzz".to_owned(), reference: None, commit: "0".to_owned() };
    let rendered = Library::from_files(files, origin).and_then(|library| {
        let template = library.template("t")?;
        let mut all = Vec::new();
        for (layout, holds) in [(GitLayout::Single, Holds::Both), (GitLayout::Separate, Holds::Deploy)] {
            let cicd = sample(GitProvider::Gitlab, layout);
            let answers = template.answers(given, &cicd)?;
            all.push(template.render(&cicd, &answers, holds)?);
        }
        Ok(all)
    });
    match rendered {
        Ok(all) => {
            for files in all {
                let mut tree = path::Tree::default();
                for (path, file) in &files {
                    tree.add(path, file.content.len() as u64).unwrap_or_else(|error| panic!("{path:?}: {error}"));
                }
            }
        }
        Err(error) => harmless(&error),
    }
}

fn harmless(error: &Error) {
    let report = error.rendered_report().unwrap_or_default();
    let told = [error.to_string(), report.to_owned(), error.hints().join("\n")].concat();
    assert!(!told.chars().any(|letter| obeyed(letter) && !matches!(letter, '\n' | '\t')), "{told:?}");
}
