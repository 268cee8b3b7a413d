use super::*;
use crate::seed::testing::{files, library, told};

const T: &str = "version: 1\ntitle: T\n";

fn put(directory: &Path, path: &str, content: &str) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn the_templates_inside_are_right() {
    let library = Library::built_in();
    for name in library.names().unwrap() {
        library.template(&name).unwrap_or_else(|error| panic!("{name}: {}", told(&error)));
    }
    // As the build found them.
    let on_disk = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let on_disk = if on_disk.is_dir() { template_names(&on_disk).unwrap() } else { Vec::new() };
    assert_eq!(library.names().unwrap(), on_disk);
}

#[test]
fn a_directory_is_a_library() {
    let directory = tempfile::tempdir().unwrap();
    put(directory.path(), "templates/one/template.yaml", T);
    put(directory.path(), "templates/one/build/__pycache__/x.pyc", "x");
    put(directory.path(), "templates/one/build/.keep", "");
    put(directory.path(), "templates/one/notes/x.md", "not of the template");
    put(directory.path(), "templates/Not A Template/template.yaml", T);
    for place in [directory.path().to_owned(), directory.path().join("templates")] {
        let library = Library::directory(&place).unwrap();
        assert_eq!(library.names().unwrap(), ["one"]);
        let template = library.template("one").unwrap();
        assert_eq!(template.layers[0].files.keys().collect::<Vec<_>>(), ["build/.keep"]);
        assert_eq!((template.origin.source, template.origin.commit.len()), (place.display().to_string(), 64));
    }
    assert!(Library::directory(&directory.path().join("templates/one/build")).is_err());
    assert!(Library::directory(&directory.path().join("nowhere")).is_err());
}

#[test]
fn a_commit_is_a_library() {
    for prefix in ["", "templates/"] {
        let path = format!("{prefix}one/template.yaml");
        let library = library(&[("README.md", ""), (&path, T), ("docs/x/y.md", "")]);
        assert_eq!(library.names().unwrap(), ["one"]);
        assert_eq!(library.template("one").unwrap().origin.commit, "c0ffee");
    }
    let origin = Origin { source: "x".into(), reference: None, commit: "y".into() };
    assert!(Library::from_files(files(&[("a/b", "")]), origin).is_err());
}

#[cfg(unix)]
#[test]
fn executable_bits_are_seen_and_links_are_not_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let directory = tempfile::tempdir().unwrap();
    put(directory.path(), "t/template.yaml", T);
    put(directory.path(), "t/build/run.sh", "#!/bin/sh\n");
    fs::set_permissions(directory.path().join("t/build/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let library = Library::directory(directory.path()).unwrap();
    assert!(library.template("t").unwrap().layers[0].files["build/run.sh"].executable);

    let hostile = directory.path().join("t/build/hostile");
    let refused = || {
        let error = library.template("t").unwrap_err().to_string();
        fs::remove_file(&hostile).unwrap();
        error.replace(&directory.path().display().to_string(), "")
    };
    symlink("/etc/passwd", &hostile).unwrap();
    assert_eq!(refused(), "`/t/build/hostile` is a symbolic link");
    symlink("/etc", &hostile).unwrap();
    assert_eq!(refused(), "`/t/build/hostile` is a symbolic link");
    let _socket = std::os::unix::net::UnixListener::bind(&hostile).unwrap();
    assert_eq!(refused(), "`/t/build/hostile` is neither a file nor a directory");
    let made = std::process::Command::new("mkfifo").arg(&hostile).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(refused(), "`/t/build/hostile` is neither a file nor a directory");
    }
    // A template that is itself a link is none, nor is one whose template.yaml is.
    symlink(directory.path().join("t"), directory.path().join("link")).unwrap();
    assert!(library.template("link").is_err());
    fs::rename(directory.path().join("t/template.yaml"), directory.path().join("t.yaml")).unwrap();
    symlink(directory.path().join("t.yaml"), directory.path().join("t/template.yaml")).unwrap();
    assert!(library.template("t").unwrap_err().to_string().contains("is a symbolic link"));
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_no_repository_may_have_are_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    for name in [&b".git"[..], b"a\\b", b"\x1b[2J", b"con", b"x.", b"\xff"] {
        let directory = tempfile::tempdir().unwrap();
        put(directory.path(), "t/template.yaml", T);
        fs::create_dir_all(directory.path().join("t/build")).unwrap();
        fs::write(directory.path().join("t/build").join(OsStr::from_bytes(name)), "").unwrap();
        let error = told(&Library::directory(directory.path()).unwrap().template("t").unwrap_err());
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    put(directory.path(), "t/template.yaml", T);
    put(directory.path(), "t/build/large", "");
    fs::File::options()
        .write(true)
        .open(directory.path().join("t/build/large"))
        .unwrap()
        .set_len(LARGEST_FILE + 1)
        .unwrap();
    let error = Library::directory(directory.path()).unwrap().template("t").unwrap_err();
    assert!(error.to_string().contains("larger than 10 MiB"), "{error}");
}

#[test]
fn included_files_come_first_and_variables_join() {
    let library = library(&[
        ("base/template.yaml", "version: 1\ntitle: B\nfragment: true\nvariables: {a: {default: x}, b: {default: y}}\n"),
        ("base/build/x", "base"),
        ("mid/template.yaml", "version: 1\ntitle: M\nincludes: [base]\n"),
        (
            "top/template.yaml",
            "version: 1\ntitle: T\nincludes: [base, mid]\nvariables: {c: {default: z}, a: {default: w}}\n",
        ),
    ]);
    let template = library.template("top").unwrap();
    assert_eq!(template.layers.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>(), ["base", "mid", "top"]);
    let variables: Vec<_> = template
        .manifest
        .variables
        .iter()
        .map(|(name, variable)| (name, variable.default.as_deref().unwrap()))
        .collect();
    assert_eq!(variables, [("a", "w"), ("b", "y"), ("c", "z")]);
}

#[test]
fn what_is_not_there_or_includes_itself_is_told() {
    let library = library(&[
        ("one/template.yaml", "version: 1\ntitle: T\nincludes: [two]\n"),
        ("two/template.yaml", "version: 1\ntitle: T\nincludes: [one]\n"),
        ("three/template.yaml", "version: 1\ntitle: T\nincludes: [tow]\n"),
    ]);
    let told = ["one", "three", "thre", "../one", "\u{1b}"]
        .map(|name| told(&library.template(name).unwrap_err()))
        .join("--\n");
    insta::assert_snapshot!(told, @"
    the template `one` includes itself: one -> two
    --
    the template `tow` cannot be included
    hint: there are: one, three, two
    hint: `three` includes it
    --
    there is no template `thre` in `https://example.com/templates.git`
    hint: did you mean `three`?
    --
    there is no template `../one` in `https://example.com/templates.git`
    hint: there are: one, three, two
    --
    there is no template `?` in `https://example.com/templates.git`
    hint: there are: one, three, two
    ");
}

#[test]
fn the_digest_is_of_everything() {
    let base = [("t/template.yaml", T), ("t/build/a", "1"), ("t/build/b", "2")];
    let digest_of = |entries: &[(&str, &str)], executable: bool| {
        let mut library = library(entries);
        library.commit = None;
        let Place::Memory(templates) = &mut library.place else { panic!() };
        templates.get_mut("t").unwrap().get_mut("build/a").unwrap().executable = executable;
        library.template("t").unwrap().origin.commit
    };
    let first = digest_of(&base, false);
    assert_eq!(first, digest_of(&base, false));
    assert_ne!(first, digest_of(&base, true));
    assert_ne!(first, digest_of(&[base[0], ("t/build/a", "12"), ("t/build/b", "")], false));
    assert_ne!(first, digest_of(&[("t/template.yaml", "version: 1\ntitle: U\n"), base[1], base[2]], false));
}

#[test]
fn urls_and_directories_are_told_apart() {
    for url in
        ["https://github.com/acme/templates", "ssh://git@host/x.git", "git@github.com:acme/templates.git", "file:///x"]
    {
        assert!(is_url(url), "{url}");
    }
    for directory in ["templates", "./a@b:c", "C:\\templates", "/srv/x@y:z", "../t.git"] {
        assert!(!is_url(directory), "{directory}");
    }
}
