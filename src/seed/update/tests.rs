use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use proptest::prelude::*;

use super::*;

/// Paths with content and whether they are programs.
type Tree<'a> = BTreeMap<&'a str, (Vec<u8>, bool)>;

struct World {
    directory: tempfile::TempDir,
    repository: Repository,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let repository = Repository::init(directory.path(), "main").unwrap();
        World { directory, repository }
    }

    fn tree(&self, files: &Tree<'_>) -> Oid {
        let entries = files.iter().map(|(path, (content, executable))| {
            let mode = if *executable { 0o100_755 } else { 0o100_644 };
            (path.as_bytes().to_vec(), (mode, self.repository.inner().blob(content).unwrap()))
        });
        write(self.repository.inner(), &entries.collect()).unwrap()
    }

    fn merge(
        &self,
        base: &Tree<'_>,
        ours: &Tree<'_>,
        theirs: &Tree<'_>,
    ) -> (Merged, BTreeMap<String, (Vec<u8>, bool)>) {
        let labels = Labels { ours: "main".into(), theirs: "template".into() };
        let merged = merge(&self.repository, self.tree(base), self.tree(ours), self.tree(theirs), &labels).unwrap();
        let files = self.files(merged.tree);
        (merged, files)
    }

    fn files(&self, tree: Oid) -> BTreeMap<String, (Vec<u8>, bool)> {
        let content = |id| self.repository.inner().find_blob(id).unwrap().content().to_vec();
        let entries = entries(self.repository.inner(), tree).unwrap();
        entries
            .into_iter()
            .map(|(path, (mode, id))| (String::from_utf8(path).unwrap(), (content(id), mode == 0o100_755)))
            .collect()
    }

    /// Runs git; its exit code and what it printed.
    fn git(&self, arguments: &[&str]) -> (i32, Vec<u8>) {
        let output = Command::new("git").arg("-C").arg(self.directory.path()).args(arguments).output().unwrap();
        (output.status.code().unwrap(), output.stdout)
    }
}

fn tree<'a>(files: &[(&'a str, &str)]) -> Tree<'a> {
    files.iter().map(|(path, content)| (*path, (content.as_bytes().to_vec(), false))).collect()
}

fn conflicts(merged: &Merged) -> Vec<(&str, ConflictKind)> {
    merged.conflicts.iter().map(|conflict| (conflict.path.as_str(), conflict.kind)).collect()
}

#[test]
fn what_one_side_changed_is_taken_from_it() {
    let base = tree(&[
        ("same", "1"),
        ("ours", "1"),
        ("theirs", "1"),
        ("gone here", "1"),
        ("gone there", "1"),
        ("both", "a\nb\nc\nd\ne\n"),
    ]);
    let ours = tree(&[
        ("same", "1"),
        ("ours", "2"),
        ("theirs", "1"),
        ("gone there", "1"),
        ("new here", "1"),
        ("both", "A\nb\nc\nd\ne\n"),
    ]);
    let theirs = tree(&[
        ("same", "1"),
        ("ours", "1"),
        ("theirs", "2"),
        ("gone here", "1"),
        ("new there", "1"),
        ("both", "a\nb\nc\nd\nE\n"),
    ]);
    let (merged, files) = World::new().merge(&base, &ours, &theirs);
    let expected = [
        ("same", "1"),
        ("ours", "2"),
        ("theirs", "2"),
        ("new here", "1"),
        ("new there", "1"),
        ("both", "A\nb\nc\nd\nE\n"),
    ];
    assert_eq!(files, tree(&expected).into_iter().map(|(path, file)| (path.to_owned(), file)).collect());
    assert!(merged.conflicts.is_empty() && merged.kept_deleted.is_empty() && merged.kept_edited.is_empty());
    let changed: Vec<(&str, ChangeKind)> =
        merged.changed.iter().map(|change| (change.path.as_str(), change.kind)).collect();
    use ChangeKind::{Added, Changed, Removed};
    assert_eq!(changed, [("both", Changed), ("gone there", Removed), ("new there", Added), ("theirs", Changed)]);
}

#[test]
fn the_team_decides_about_files() {
    let base = tree(&[("deleted", "1"), ("edited", "1")]);
    let ours = tree(&[("edited", "2")]);
    let theirs = tree(&[("deleted", "2")]);
    let (merged, files) = World::new().merge(&base, &ours, &theirs);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["edited"]);
    assert_eq!(files["edited"].0, b"2");
    assert_eq!((merged.kept_deleted, merged.kept_edited), (vec!["deleted".to_owned()], vec!["edited".to_owned()]));
    assert!(merged.conflicts.is_empty() && merged.changed.is_empty());
}

#[test]
fn conflicts_are_marked_as_git_marks_them() {
    let world = World::new();
    let (merged, files) = world.merge(
        &tree(&[("a", "1\nx\n2\n")]),
        &tree(&[("a", "1\nours\n2\n"), ("b", "o\n")]),
        &tree(&[("a", "1\ntheirs\n2\n"), ("b", "t\n")]),
    );
    assert_eq!(conflicts(&merged), [("a", ConflictKind::Content), ("b", ConflictKind::Content)]);
    insta::assert_snapshot!(String::from_utf8_lossy(&files["a"].0), @"
    1
    <<<<<<< main
    ours
    =======
    theirs
    >>>>>>> template
    2
    ");
    insta::assert_snapshot!(String::from_utf8_lossy(&files["b"].0), @"
    <<<<<<< main
    o
    =======
    t
    >>>>>>> template
    ");
}

#[test]
fn what_cannot_be_merged_by_lines_stays_the_teams() {
    let world = World::new();
    let (merged, files) = world.merge(
        &tree(&[("a", "\0"), ("d", "")]),
        &tree(&[("a", "\0 1"), ("d", "")]),
        &tree(&[("a", "\0 2"), ("d", "")]),
    );
    assert_eq!((conflicts(&merged), &files["a"].0[..]), (vec![("a", ConflictKind::Binary)], &b"\0 1"[..]));

    let base = tree(&[("file", "1")]);
    let (merged, files) =
        world.merge(&base, &tree(&[("file", "2"), ("dir/x", "1")]), &tree(&[("file/y", "1"), ("dir", "1")]));
    assert_eq!(conflicts(&merged), [("dir", ConflictKind::Place), ("file/y", ConflictKind::Place)]);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["dir/x", "file"]);
    // A file that only the template had to do with becomes a directory.
    let (merged, files) = world.merge(&base, &base, &tree(&[("file/y", "1")]));
    assert!(merged.conflicts.is_empty());
    assert_eq!(files.keys().collect::<Vec<_>>(), ["file/y"]);
}

#[test]
fn links_and_modules_of_the_team_stay() {
    let world = World::new();
    let blob = world.repository.inner().blob(b"target").unwrap();
    let link = |path: &str| (path.as_bytes().to_vec(), (LINK, blob));
    let ours = write(
        world.repository.inner(),
        &[link("link"), link("was a file"), (b"module".to_vec(), (COMMIT, blob))].into(),
    )
    .unwrap();
    let base = world.tree(&tree(&[("was a file", "1")]));
    let theirs = world.tree(&tree(&[("was a file", "2"), ("new", "1")]));
    let labels = Labels { ours: "a\0\n".into(), theirs: String::new() };
    let merged = merge(&world.repository, base, ours, theirs, &labels).unwrap();
    assert_eq!(conflicts(&merged), [("was a file", ConflictKind::Binary)]);
    let modes: Vec<i32> =
        entries(world.repository.inner(), merged.tree).unwrap().values().map(|entry| entry.0).collect();
    assert_eq!(modes, [LINK, COMMIT, 0o100_644, LINK]);
}

#[test]
fn executable_bits_are_merged_beside_contents() {
    let file = |content: &str, executable| BTreeMap::from([("a", (content.as_bytes().to_vec(), executable))]);
    let world = World::new();
    for (base, ours, theirs, result) in [
        (file("1", false), file("2", false), file("1", true), file("2", true)),
        (file("1", false), file("1", true), file("2", false), file("2", true)),
        (file("1", true), file("2", false), file("1", true), file("2", false)),
        (file("1", false), file("1", true), file("1", true), file("1", true)),
        (file("a\nb\nc\n", false), file("A\nb\nc\n", true), file("a\nb\nC\n", false), file("A\nb\nC\n", true)),
    ] {
        let (merged, files) = world.merge(&base, &ours, &theirs);
        assert_eq!(files["a"], result["a"]);
        assert!(merged.conflicts.is_empty());
    }
}

#[test]
fn what_aiops_writes_comes_from_the_new_rendering() {
    let ours = [(".aiops/seed.yaml", "edited"), ("cicd-config.json", "edited"), ("deploy/cicd-config.json", "mine")];
    let base = tree(&[(".aiops/seed.yaml", "1"), ("cicd-config.json", "1")]);
    let theirs = tree(&[(".aiops/seed.yaml", "2"), ("cicd-config.json", "2"), ("deploy/cicd-config.json", "2")]);
    let (merged, files) = World::new().merge(&base, &tree(&ours), &theirs);
    assert_eq!((&files[".aiops/seed.yaml"].0[..], &files["cicd-config.json"].0[..]), (&b"2"[..], &b"2"[..]));
    assert_eq!(conflicts(&merged), [("deploy/cicd-config.json", ConflictKind::Content)]);
    let (merged, files) = World::new().merge(&base, &Tree::new(), &theirs);
    assert_eq!((files.len(), merged.kept_deleted.len()), (3, 0), "also when the team deleted them");
}

#[test]
fn an_update_starts_from_the_rendering_that_the_record_is_of() {
    use crate::git::{Author, Files};
    let world = World::new();
    let author = Author { name: "aiops".into(), email: "aiops@example.com".into() };
    let rendered = |content: &str| {
        let template = crate::seed::testing::template("", &[("build/a", content)]).unwrap();
        let answers = crate::seed::Answers::new();
        crate::seed::seed(&template, &crate::seed::testing::single(), &answers, crate::seed::Holds::Both, Files::new())
            .unwrap()
    };
    let (files, first) = rendered("1");
    assert_eq!(base(&world.repository, &first).unwrap(), None);
    let mut parents = Vec::new();
    let mut trees = Vec::new();
    for files in [files, rendered("2").0] {
        let tree = world.repository.write_tree(&files).unwrap();
        let commit =
            world.repository.commit(BRANCH, tree, &parents, &author, "Render", jiff::Timestamp::UNIX_EPOCH).unwrap();
        (parents, trees) = (vec![commit], [trees, vec![tree]].concat());
    }
    assert_eq!(base(&world.repository, &first).unwrap(), Some(trees[0]));
    assert_eq!(base(&world.repository, &rendered("2").1).unwrap(), Some(trees[1]));
    assert_eq!(base(&world.repository, &rendered("3").1).unwrap(), None);
}

#[test]
fn an_object_that_is_not_there_is_an_error() {
    let world = World::new();
    let labels = Labels { ours: String::new(), theirs: String::new() };
    let tree = world.tree(&Tree::new());
    assert!(merge(&world.repository, tree, Oid::hash_object(ObjectType::Blob, b"x").unwrap(), tree, &labels).is_err());
}

/// How lines change: each is kept, dropped, replaced, or has something before it.
fn edited(lines: &[String], edits: &[u8], who: &str) -> Vec<String> {
    let mut result = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match edits.get(index).copied().unwrap_or(0) {
            1 => {}
            2 => result.push(format!("{who} {index}\n")),
            3 => result.extend([format!("{who} {index}\n"), line.clone()]),
            _ => result.push(line.clone()),
        }
    }
    if edits.last() == Some(&3) {
        // The last line without its end.
        result.push(format!("{who} end"));
    }
    result
}

fn edits() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![6 => Just(0u8), 1 => Just(1), 1 => Just(2), 1 => Just(3)], 0..14)
}

fn lines_of() -> impl Strategy<Value = Vec<String>> {
    // Each line once: where lines repeat, more than one way to align them is right.
    (0..12usize).prop_map(|count| (0..count).map(|index| format!("line {index}\n")).collect())
}

/// Conflict markers with labels that do not count.
fn without_labels(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    let marks = ["<<<<<<<", ">>>>>>>"];
    text.split_inclusive('\n')
        .map(|line| {
            marks.iter().find(|mark| line.starts_with(*mark)).map_or(line.to_owned(), |mark| format!("{mark}\n"))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn files_are_merged_as_git_merge_file_does(base in lines_of(), ours in edits(), theirs in edits()) {
        let (ours, theirs) = (edited(&base, &ours, "team").concat(), edited(&base, &theirs, "template").concat());
        let base = base.concat();
        let world = World::new();
        let (merged, files) = world.merge(&tree(&[("f", &base)]), &tree(&[("f", &ours)]), &tree(&[("f", &theirs)]));
        for (name, content) in [("base", &base), ("ours", &ours), ("theirs", &theirs)] {
            fs::write(world.directory.path().join(name), content).unwrap();
        }
        let (code, output) = world.git(&["merge-file", "-p", "-L", "main", "-L", "base", "-L", "template", "ours", "base", "theirs"]);
        prop_assert_eq!(code > 0, !merged.conflicts.is_empty());
        if code == 0 {
            prop_assert_eq!(&files["f"].0, &output);
        }
        // Every line that the team wrote is there, once.
        for line in ours.lines().filter(|line| line.starts_with("team")) {
            prop_assert_eq!(files["f"].0.split(|byte| *byte == b'\n').filter(|found| *found == line.as_bytes()).count(), 1, "{}", line);
        }
    }

    #[test]
    fn trees_are_merged_as_git_merge_tree_does_but_for_deletions(
        sides in prop::collection::vec((0..4u8, 0..4u8, 0..4u8, lines_of(), edits(), edits()), 1..5),
    ) {
        let names = ["a", "b/c", "b/d", "e"];
        let mut trees = [Tree::new(), Tree::new(), Tree::new()];
        for (name, (base, ours, theirs, lines, our_edits, their_edits)) in names.iter().zip(&sides) {
            // Git would take files that are alike for one that was moved.
            let lines: Vec<String> = lines.iter().map(|line| format!("{name} {line}")).collect();
            let side = |edits: &[u8], who: &str| edited(&lines, edits, &format!("{name} {who}")).concat();
            let versions = [lines.concat(), side(our_edits, "team"), side(their_edits, "template")];
            for (tree, (side, version)) in trees.iter_mut().zip([(base, &versions[0]), (ours, &versions[1]), (theirs, &versions[2])]) {
                match side {
                    0 => {}
                    1 => drop(tree.insert(name, (versions[0].clone().into_bytes(), false))),
                    _ => drop(tree.insert(name, (version.clone().into_bytes(), *side == 3))),
                }
            }
        }
        let [base, ours, theirs] = &trees;
        let world = World::new();
        let (merged, files) = world.merge(base, ours, theirs);
        let ids = [base, ours, theirs].map(|tree| world.tree(tree).to_string());
        let merge_base = format!("--merge-base={}", ids[0]);
        let (code, output) = world.git(&["merge-tree", "--write-tree", "--name-only", "-z", "--no-messages", &merge_base, &ids[1], &ids[2]]);
        prop_assert!(code == 0 || code == 1);
        let output = String::from_utf8(output).unwrap();
        let mut parts = output.split('\0').filter(|part| !part.is_empty());
        let gits = world.files(Oid::from_str(parts.next().unwrap()).unwrap());
        let mut told: Vec<&str> = merged.conflicts.iter().map(|conflict| conflict.path.as_str()).collect();
        told.extend(merged.kept_deleted.iter().chain(&merged.kept_edited).map(String::as_str));
        told.sort_unstable();
        let mut conflicted: Vec<&str> = parts.collect();
        conflicted.dedup();
        // Where Git sees a conflict only in the mode, ours takes the team's.
        let mode_only = |path: &str| {
            let of = |tree: &Tree<'_>| tree.get(path).cloned();
            let (base, ours, theirs) = (of(base), of(ours), of(theirs));
            base.is_none() && ours.zip(theirs).is_some_and(|(ours, theirs)| ours.1 != theirs.1)
        };
        conflicted.retain(|path| told.contains(path) || !mode_only(path));
        prop_assert_eq!(&told, &conflicted);
        for path in files.keys().chain(gits.keys()) {
            if merged.kept_deleted.contains(path) {
                prop_assert!(!files.contains_key(path));
            } else if !mode_only(path) {
                let plain = |files: &BTreeMap<String, (Vec<u8>, bool)>| files.get(path).map(|file| (without_labels(&file.0), file.1));
                prop_assert_eq!(plain(&files), plain(&gits), "{}", path);
            }
        }
        for path in &merged.kept_edited {
            prop_assert_eq!(&files[path], &ours[path.as_str()]);
        }
    }
}
