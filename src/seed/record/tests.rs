use super::*;
use crate::seed::testing::{files, single, template, told};

fn seeded() -> (Files, Record) {
    let manifest = "variables: {a: {default: 'no'}, b: {type: integer, default: 5}, c: {type: boolean, default: true}, d: {default: '012'}}";
    let template = template(manifest, &[("build/x/run.sh", "a"), ("repository/b", "<%= a %>")]).unwrap();
    let answers = template.answers(&Answers::new(), &single()).unwrap();
    seed(&template, &single(), &answers, Holds::Both, files(&[("deploy/aiops.yaml", "region: x\n")])).unwrap()
}

#[test]
fn a_repository_begins_with_its_record() {
    let (files, record) = seeded();
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [".aiops/seed.yaml", "b", "build/x/run.sh", "cicd-config.json", "deploy/aiops.yaml"]
    );
    let text = std::str::from_utf8(&files[FILE].content).unwrap();
    insta::assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "0.0.0"), @r#"
    # Written by aiops, which updates this repository by it. Do not edit it.
    version: 1
    template: t
    origin:
      source: "https://example.com/templates.git"
      commit: c0ffee
    holds: both
    answers:
      a: "no"
      b: 5
      c: true
      d: "012"
    tree: e2eaeace9ffdc20065f2e4cac4d239ad009911da
    aiops: "0.0.0"
    "#);
    assert_eq!(Record::read(&files[FILE].content).unwrap(), record);
    let cicd = String::from_utf8(files[cicd::FILE].content.clone()).unwrap();
    assert_eq!(CicdConfig::read(cicd::FILE, cicd).unwrap(), single());
}

#[test]
fn what_is_no_record_is_refused() {
    for text in ["", "version: 1\n", "a: [", "version: 2\n", "\u{1b}"] {
        assert!(told(&Record::read(text.as_bytes()).unwrap_err()).contains("take it back from the branch"), "{text}");
    }
    let (files, _) = seeded();
    let text = String::from_utf8(files[FILE].content.clone()).unwrap();
    let later = Record::read(text.replace("version: 1", "version: 2").as_bytes()).unwrap_err();
    assert!(later.to_string().contains("has the format 2"));
    assert!(Record::read((text + "more: 1\n").as_bytes()).is_err());
}

#[test]
fn what_aiops_adds_is_not_the_templates() {
    let template = template("", &[("repository/b", "")]).unwrap();
    let error = seed(&template, &single(), &Answers::new(), Holds::Both, files(&[("b", "")])).unwrap_err();
    assert!(error.to_string().contains("`b` is written by aiops"));
}

#[test]
fn the_tree_has_the_id_that_git_gives_it() {
    let directory = tempfile::tempdir().unwrap();
    let repository = git2::Repository::init_bare(directory.path()).unwrap();
    let (mut files, _) = seeded();
    // Names whose order is another with a slash behind them.
    for path in ["x", "x.a", "x-a/y", "x0/y/z", "x/y"].into_iter().skip(1) {
        files.insert(path.to_owned(), File { content: path.into(), executable: path.len() == 3 });
    }
    let mut index = git2::Index::new().unwrap();
    for (path, file) in &files {
        let time = git2::IndexTime::new(0, 0);
        index
            .add(&git2::IndexEntry {
                ctime: time,
                mtime: time,
                dev: 0,
                ino: 0,
                uid: 0,
                gid: 0,
                file_size: 0,
                flags: 0,
                flags_extended: 0,
                mode: if file.executable { 0o100_755 } else { 0o100_644 },
                id: repository.blob(&file.content).unwrap(),
                path: path.clone().into_bytes(),
            })
            .unwrap();
    }
    assert_eq!(tree_id(&files).unwrap(), index.write_tree_to(&repository).unwrap());
    assert_eq!(tree_id(&Files::new()).unwrap().to_string(), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}
