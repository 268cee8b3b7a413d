use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::seed::cicd::sample;
use crate::seed::library::Library;
use crate::seed::path;
use crate::seed::testing::{library, single, template, told};

fn paths(files: &Files) -> Vec<&str> {
    files.keys().map(String::as_str).collect()
}

fn refused(manifest: &str, entries: &[(&str, &str)]) -> String {
    let template = template(manifest, entries).unwrap();
    let answers = template.answers(&Answers::new(), &single()).unwrap();
    told(&template.render(&single(), &answers, Holds::Both).unwrap_err())
}

fn rendered(manifest: &str, entries: &[(&str, &str)], cicd: &CicdConfig, holds: Holds) -> Files {
    let template = template(manifest, entries).unwrap();
    let answers = template.answers(&Answers::new(), cicd).unwrap();
    template.render(cicd, &answers, holds).unwrap_or_else(|error| panic!("{}", told(&error)))
}

const TREES: [(&str, &str); 4] = [
    ("repository/README.md", "<%= folder.build %>|<%= folder.deploy %>|<%= has.build %>|<%= has.deploy %>"),
    ("build/train.py", "<%= cicd.repositories.build.folder %>"),
    ("deploy/test.yaml", "account: <%= cicd.stages.test.account %>\n"),
    ("notes/x", "of no tree"),
];

#[test]
fn one_repository_or_two() {
    let single = rendered("", &TREES, &sample(GitProvider::Local, GitLayout::Single), Holds::Both);
    assert_eq!(paths(&single), ["README.md", "build/train.py", "deploy/test.yaml"]);
    assert_eq!(single["README.md"].content, b"build/|deploy/|True|True");
    assert_eq!(single["deploy/test.yaml"].content, b"account: 333333333333\n");
    let separate = sample(GitProvider::Local, GitLayout::Separate);
    let build = rendered("", &TREES, &separate, Holds::Build);
    assert_eq!(paths(&build), ["README.md", "train.py"]);
    assert_eq!((&build["README.md"].content[..], &build["train.py"].content[..]), (&b"||True|False"[..], &b"."[..]));
    assert_eq!(paths(&rendered("", &TREES, &separate, Holds::Deploy)), ["README.md", "test.yaml"]);
}

#[test]
fn rules_decide_about_files() {
    let manifest = "\
variables: {package: {default: churn}, monitor: {type: boolean, default: false}}
files:
  - {path: 'repository/.github/**', when: cicd.provider == 'github'}
  - {path: '**/*.sh', executable: true}
  - {path: build/data/**, render: false}
  - {path: deploy/monitor.yaml, when: monitor}
";
    let entries = [
        ("repository/.github/workflows/build.yml", "sha: ${{ github.sha }} <%= package %>"),
        ("build/src/{{ package }}/run.sh", "#!/bin/sh\n"),
        ("build/data/a.csv", "<%= not rendered %>"),
        ("build/{{ package if monitor }}/gone.py", ""),
        ("deploy/monitor.yaml", ""),
    ];
    let github = rendered(manifest, &entries, &single(), Holds::Both);
    assert_eq!(paths(&github), [".github/workflows/build.yml", "build/data/a.csv", "build/src/churn/run.sh"]);
    assert_eq!(github[".github/workflows/build.yml"].content, b"sha: ${{ github.sha }} churn");
    assert_eq!(github["build/data/a.csv"].content, b"<%= not rendered %>");
    assert!(github["build/src/churn/run.sh"].executable && !github["build/data/a.csv"].executable);
    let gitlab = rendered(manifest, &entries, &sample(GitProvider::Gitlab, GitLayout::Single), Holds::Both);
    assert_eq!(paths(&gitlab), ["build/data/a.csv", "build/src/churn/run.sh"]);
}

#[test]
fn files_of_a_template_replace_those_that_it_includes() {
    let library = library(&[
        (
            "base/template.yaml",
            "version: 1\ntitle: B\nfragment: true\nfiles: [{path: '**/x', when: 'false'}, {path: '**/run', executable: true}]\n",
        ),
        ("base/build/x", "base"),
        ("base/build/y", "base"),
        ("base/build/run", "base"),
        ("top/template.yaml", "version: 1\ntitle: T\nincludes: [base]\n"),
        ("top/build/x", "top"),
    ]);
    let template = library.template("top").unwrap();
    let files = template.render(&single(), &Answers::new(), Holds::Both).unwrap();
    assert_eq!(paths(&files), ["build/run", "build/x", "build/y"]);
    assert_eq!(files["build/x"].content, b"top", "rules are for the files of the template that has them");
    assert!(files["build/run"].executable);
    let error = library.template("base").unwrap().render(&single(), &Answers::new(), Holds::Both).unwrap_err();
    assert_eq!(error.to_string(), "`base` is only there to be included by other templates");
}

#[test]
fn bytes_stay_as_they_are() {
    let binary = b"\x89PNG\0<%= nothing %>\xff".to_vec();
    let latin = b"caf\xe9 <%= nothing %>".to_vec();
    let mut files = crate::seed::testing::files(&[
        ("t/template.yaml", "version: 1\ntitle: T\n"),
        ("t/build/crlf", "a\r\n<%= 1 %>\r\n"),
    ]);
    files.insert("t/build/a.png".into(), File { content: binary.clone(), executable: true });
    files.insert("t/build/b.txt".into(), File::new(latin.clone()));
    let origin = crate::seed::Origin { source: "x".into(), reference: None, commit: "y".into() };
    let template = Library::from_files(files, origin).unwrap().template("t").unwrap();
    let files = template.render(&single(), &Answers::new(), Holds::Both).unwrap();
    assert_eq!(files["build/a.png"], File { content: binary, executable: true });
    assert_eq!(files["build/b.txt"].content, latin);
    assert_eq!(files["build/crlf"].content, b"a\r\n1\r\n");
}

#[test]
fn every_fault_is_shown_where_it_is() {
    let entries = [
        ("build/a.py", "one\ntwo <%= cicd.projct.name %>\n"),
        ("build/b.py", "<% if x %>"),
        ("build/{{ nothing }}.py", ""),
        ("deploy/c.yaml", ""),
    ];
    insta::assert_snapshot!(refused("files: [{path: 'deploy/*', when: nothing == 1}]", &entries), @"
    4 files of the template `t` cannot be rendered
      × `cicd.projct` is undefined
       ╭─[t/build/a.py:2:13]
     1 │ one
     2 │ two <%= cicd.projct.name %>
       ·             ──────┬─────
       ·                   ╰── here
       ╰────

      × syntax error: unexpected end of input, expected end of block
       ╭─[t/build/b.py:1:9]
     1 │ <% if x %>
       ·         ─┬
       ·          ╰── here
       ╰────

      × t/build/{{ nothing }}.py: its name cannot be rendered: `nothing` is undefined

      × t/deploy/c.yaml: the condition `nothing == 1` cannot be told: `nothing` is undefined
    ");
}

#[test]
fn a_template_is_for_some_layouts_and_providers() {
    let template = template("layouts: [separate]\nproviders: [gitlab]", &[]).unwrap();
    let told = |provider, layout| {
        let cicd = sample(provider, layout);
        template.render(&cicd, &Answers::new(), Holds::Both).map_err(|error| error.to_string())
    };
    assert_eq!(
        told(GitProvider::Gitlab, GitLayout::Single),
        Err("the template `t` is not made for the layout `single`".into())
    );
    assert_eq!(told(GitProvider::Github, GitLayout::Separate), Err("the template `t` is not made for `github`".into()));
    assert_eq!(told(GitProvider::Gitlab, GitLayout::Separate), Ok(Files::new()));
}

#[test]
fn what_is_rendered_cannot_lead_elsewhere() {
    for (name, answer, why) in [
        ("build/{{ v }}", "..", "`..` leads elsewhere"),
        ("build/{{ v }}/x", "../../etc", "which is more than one part"),
        ("build/{{ v }}", "/etc/passwd", "which is more than one part"),
        ("repository/{{ v }}/hooks/pre-commit", ".git", "Git keeps itself under that name"),
        ("repository/{{ v }}/config", ".GIT", "Git keeps itself under that name"),
        ("repository/{{ v }}/config", "git~1", "Git keeps itself under that name"),
        ("build/{{ v }}", "nul", "that name is a device on Windows"),
        ("build/{{ v }}", "C:x", "Windows has no file names with `:`"),
        ("build/{{ v }}", &"x".repeat(256), "longer than 255 bytes"),
        ("build/{{ v }}", "a\nb", "that a terminal obeys"),
        ("repository/{{ v }}", "cicd-config.json", "is written by aiops"),
        ("repository/{{ v }}/x", ".aiops", "is written by aiops"),
        ("deploy/{{ v }}", "aiops.yaml", "is written by aiops"),
        ("repository/{{ v }}", "CICD-Config.json", "is written by aiops"),
        ("build/{{ v }}", "taken", "`build/taken` is there twice"),
        ("build/{{ v }}", "Taken", "differ in case only"),
        ("build/{{ v }}/x", "taken", "`build/taken` is a file and a directory"),
        ("repository/build/{{ v }}", "taken", "`build/taken` is there twice"),
    ] {
        let manifest = format!("variables: {{v: {{default: {}}}}}", serde_json::to_string(answer).unwrap());
        let told = refused(&manifest, &[("build/taken", ""), (name, "")]);
        assert!(told.replace("\n  │ ", " ").contains(why), "{name} {answer:?}: {told}");
        assert!(!told.contains('\u{1b}'));
    }
}

#[test]
fn a_template_in_memory_is_held_to_the_same_names() {
    for name in ["../x", "/x", ".git/hooks/x", "a\0b", "a\\b", "\u{1b}[2J", &"x".repeat(300)] {
        let told = told(&template("", &[(&format!("build/{name}"), "")]).unwrap_err());
        assert!(told.contains("is refused"), "{told}");
        assert!(!told.contains(['\u{1b}', '\0']), "{told:?}");
    }
    assert!(told(&template("", &[("build/a", ""), ("build/A", "")]).unwrap_err()).contains("differ in case only"));
    let many: Vec<(String, &str)> = (0..path::MOST_FILES).map(|index| (format!("build/{index}"), "")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(path, content)| (path.as_str(), *content)).collect();
    assert!(told(&template("", &many).unwrap_err()).contains("more than 10000 files"));
}

#[test]
fn loops_and_sizes_end() {
    for (content, why) in [
        (
            "<% for a in range(9999) %><% for b in range(9999) %><% endfor %><% endfor %>",
            "makes more work than a file may",
        ),
        ("<% macro m() %><%= m() %><% endmacro %><%= m() %>", "recursion"),
        ("<% for a in range(1200) %><%= 'x' * 9999 %><% endfor %>", "larger than 10 MiB"),
    ] {
        let told = refused("", &[("build/x", content)]);
        assert!(told.contains(why), "{told}");
    }
}

/// A template of `count` files, of the size that files of code have.
fn large(count: usize) -> Template {
    let content = "value = '<%= cicd.project.name %>'  # <% if has.build %>built<% endif %>\n".repeat(20);
    let entries: Vec<(String, &str)> = (0..count)
        .map(|index| (format!("build/pkg{}/{{{{ package }}}}_{index}.py", index % 40), content.as_str()))
        .collect();
    let entries: Vec<(&str, &str)> = entries.iter().map(|(path, content)| (path.as_str(), *content)).collect();
    template("variables: {package: {default: churn}}\nfiles: [{path: '**/*_1.py', executable: true}]", &entries)
        .unwrap()
}

#[test]
fn time_grows_with_the_number_of_files_and_no_faster() {
    let time = |count| {
        let template = large(count);
        let answers = template.answers(&Answers::new(), &single()).unwrap();
        let once = || {
            let start = Instant::now();
            assert_eq!(template.render(&single(), &answers, Holds::Both).unwrap().len(), count);
            start.elapsed()
        };
        (0..3).map(|_| once()).min().unwrap()
    };
    let (few, many) = (time(250), time(2000));
    println!("250 files: {few:?}, 2,000 files: {many:?}");
    // Eight times the work. Were it quadratic, it would take 64 times the time.
    assert!(many < few * 24 + Duration::from_millis(50), "250 files: {few:?}, 2,000 files: {many:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn rendering_is_a_function(
        names in prop::collection::btree_set("(repository|build|deploy)/[a-c]{1,2}(/\\{\\{ v \\}\\}[a-c]?)?", 0..6),
        content in "([a-z\n]|<%= v %>|<% if v %>x<% endif %>|<%= cicd.provider %>){0,12}",
        answer in "[a-c]{0,2}",
    ) {
        let manifest = format!("variables: {{v: {{default: '{answer}'}}}}");
        let entries: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), content.as_str())).collect();
        let Ok(one) = template(&manifest, &entries) else { return Ok(()) };
        let entries: Vec<(&str, &str)> = entries.into_iter().rev().collect();
        let other = template(&manifest, &entries).unwrap();
        let render = |template: &Template| {
            let answers = template.answers(&Answers::new(), &single()).unwrap();
            template.render(&single(), &answers, Holds::Both).map_err(|error| told(&error))
        };
        let files = render(&one);
        prop_assert_eq!(&files, &render(&other));
        for path in files.iter().flat_map(BTreeMap::keys) {
            prop_assert!(path::check(path).is_ok());
        }
    }

    #[test]
    fn any_answer_in_a_name_is_a_path_or_refused(answer in any::<String>()) {
        let template = template("variables: {v: {}}", &[("build/a{{ v }}/{{ v }}", "<%= v %>")]).unwrap();
        let given = Answers::from([("v".to_owned(), answer.clone().into())]);
        if let Ok(answers) = template.answers(&given, &single())
            && let Ok(files) = template.render(&single(), &answers, Holds::Both)
        {
            for (path, file) in files {
                prop_assert!(path::check(&path).is_ok() && path.starts_with("build/a"));
                prop_assert_eq!(&file.content, answer.as_bytes());
            }
        }
    }
}
