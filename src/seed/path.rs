//! What paths and how much a template may hold. Templates come from anywhere, and what they render goes onto disks of
//! every system and into repositories: a path that means something else to one of them than to another is refused.

use std::collections::HashMap;

use crate::config::{obeyed, quoted};
use crate::error::{Error, Result};

/// The most files that a template may have, and the most that it may render.
pub const MOST_FILES: usize = 10_000;
/// The largest file, in bytes, as it is in the template and as it is rendered.
pub const LARGEST_FILE: u64 = 10 * 1024 * 1024;
/// The largest template, in bytes, as it is and as it is rendered.
pub const LARGEST_TEMPLATE: u64 = 100 * 1024 * 1024;
/// The longest part of a path, in bytes: what file systems take.
pub const LONGEST_PART: usize = 255;
/// The longest path, in bytes.
pub const LONGEST_PATH: usize = 1024;

/// Characters that Windows has no file names with. The backslash separates there, the colon opens a stream.
const FOREIGN: [char; 8] = ['\\', ':', '<', '>', '"', '|', '?', '*'];

/// Names that are devices on Windows, whatever follows a dot.
const DEVICES: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// Refuses `path` unless it names the same file, below the directory that it starts from, on every system.
pub fn check(path: &str) -> Result<()> {
    let refuse = |why: &str| {
        Err(Error::config(format!("the path {} is refused: {why}", quoted(path)))
            .hint("a path is relative, its parts are joined by `/`, and each is a name on every system"))
    };
    if path.len() > LONGEST_PATH {
        return refuse(&format!("it is longer than {LONGEST_PATH} bytes"));
    }
    if path.starts_with('/') {
        return refuse("it is absolute");
    }
    match path.split('/').find_map(fault) {
        Some(why) => refuse(&why),
        None => Ok(()),
    }
}

/// What is wrong with a part of a path.
fn fault(part: &str) -> Option<String> {
    let foreign = part.chars().find(|letter| FOREIGN.contains(letter));
    let folded = fold(part);
    Some(match part {
        "" => "a part of it is empty".to_owned(),
        "." | ".." => format!("`{part}` leads elsewhere"),
        _ if part.len() > LONGEST_PART => format!("a part of it is longer than {LONGEST_PART} bytes"),
        _ if part.chars().any(obeyed) => "it has a character that is not seen, or that a terminal obeys".to_owned(),
        _ if foreign.is_some() => format!("Windows has no file names with `{}`", foreign.unwrap_or_default()),
        _ if is_git_directory(&folded) => "Git keeps itself under that name".to_owned(),
        _ if part.ends_with(['.', ' ']) => "Windows drops the blank or dot at an end".to_owned(),
        _ if is_device(&folded) => "that name is a device on Windows".to_owned(),
        _ => return None,
    })
}

/// Whether Git takes `folded` for its own directory, on some file system. Unseen characters, which HFS+ ignores, are
/// refused anyway.
fn is_git_directory(folded: &str) -> bool {
    let short =
        folded.strip_prefix("git~").is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    short || folded.trim_end_matches(['.', ' ']) == ".git"
}

fn is_device(folded: &str) -> bool {
    let name = folded.split('.').next().unwrap_or_default().trim_end();
    let numbered = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    match numbered {
        Some(number) => matches!(number.chars().collect::<Vec<_>>()[..], ['0'..='9' | '¹' | '²' | '³']),
        None => DEVICES.contains(&name),
    }
}

/// As file systems compare that ignore case.
fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Paths that can stand beside each other in one tree, on every system, and how much they hold.
#[derive(Debug, Default)]
pub struct Tree {
    /// Every file and directory: by folded path, as it is spelled and whether it is a file.
    known: HashMap<String, (String, bool)>,
    files: usize,
    bytes: u64,
}

impl Tree {
    /// Takes in the file `path` of `size` bytes.
    ///
    /// # Errors
    ///
    /// Kind `Config`: if the path is refused ([`check`]), is there already, differs from another in case only, is a file
    /// here and a directory there, or if the tree becomes too large.
    pub fn add(&mut self, path: &str, size: u64) -> Result<()> {
        check(path)?;
        if size > LARGEST_FILE {
            return Err(Error::config(format!("{} is larger than {} MiB", quoted(path), LARGEST_FILE >> 20)));
        }
        self.files += 1;
        self.bytes += size;
        if self.files > MOST_FILES {
            return Err(Error::config(format!("there are more than {MOST_FILES} files")));
        }
        if self.bytes > LARGEST_TEMPLATE {
            return Err(Error::config(format!("the files take more than {} MiB", LARGEST_TEMPLATE >> 20)));
        }
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for end in ends {
            let (name, is_file) = (&path[..end], end == path.len());
            match self.known.get(&fold(name)) {
                None => {
                    self.known.insert(fold(name), (name.to_owned(), is_file));
                }
                Some((other, _)) if other != name => {
                    return Err(Error::config(format!(
                        "{} and {} differ in case only, which some systems cannot keep apart",
                        quoted(other),
                        quoted(name)
                    )));
                }
                Some((_, true)) if is_file => {
                    return Err(Error::config(format!("{} is there twice", quoted(name))));
                }
                Some((_, was_file)) if *was_file || is_file => {
                    return Err(Error::config(format!("{} is a file and a directory", quoted(name))));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_a_path() {
        for path in
            ["a", ".github/workflows/build.yml", "src/my file.py", ".gitignore", "größe/漢字.md", "con-text/comma"]
        {
            check(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }

    #[test]
    fn what_is_refused_and_why() {
        let long = "x".repeat(256);
        let deep = "abcdefg/".repeat(129) + "x";
        for (path, why) in [
            ("", "a part of it is empty"),
            ("/etc/passwd", "it is absolute"),
            ("a//b", "a part of it is empty"),
            ("a/", "a part of it is empty"),
            ("../x", "`..` leads elsewhere"),
            ("a/../../x", "`..` leads elsewhere"),
            ("./x", "`.` leads elsewhere"),
            ("..\\x", "Windows has no file names with `\\`"),
            ("C:/x", "Windows has no file names with `:`"),
            ("a/\0", "it has a character that is not seen, or that a terminal obeys"),
            ("a/\u{1b}[2J", "it has a character that is not seen, or that a terminal obeys"),
            ("user\u{202e}txt", "it has a character that is not seen, or that a terminal obeys"),
            (".g\u{200c}it/config", "it has a character that is not seen, or that a terminal obeys"),
            (".git/hooks/pre-commit", "Git keeps itself under that name"),
            ("a/.GIT/config", "Git keeps itself under that name"),
            (".git /config", "Git keeps itself under that name"),
            (".git.", "Git keeps itself under that name"),
            (".git::$INDEX_ALLOCATION/config", "Windows has no file names with `:`"),
            ("GIT~1/config", "Git keeps itself under that name"),
            ("a. ", "Windows drops the blank or dot at an end"),
            ("aux", "that name is a device on Windows"),
            ("a/NUL.txt", "that name is a device on Windows"),
            ("com1", "that name is a device on Windows"),
            ("LPT³.log", "that name is a device on Windows"),
            (&long, "a part of it is longer than 255 bytes"),
            (&deep, "it is longer than 1024 bytes"),
        ] {
            let message = check(path).expect_err(path).to_string();
            assert!(message.ends_with(&format!("is refused: {why}")), "{path:?}: {message}");
            assert!(!message.chars().any(obeyed), "{message:?}");
        }
    }

    #[test]
    fn what_cannot_stand_side_by_side() {
        for (paths, why) in [
            (["a/b", "a/b"], "`a/b` is there twice"),
            (["README.md", "Readme.md"], "differ in case only"),
            (["Src/a", "src/b"], "differ in case only"),
            (["a", "a/b"], "`a` is a file and a directory"),
            (["a/b/c", "a/b"], "`a/b` is a file and a directory"),
        ] {
            let mut tree = Tree::default();
            tree.add(paths[0], 0).unwrap();
            let message = tree.add(paths[1], 0).unwrap_err().to_string();
            assert!(message.contains(why), "{message}");
        }
        let mut tree = Tree::default();
        ["a/b", "a/c", "b/a", "ab"].iter().for_each(|path| tree.add(path, 1).unwrap());
    }

    #[test]
    fn how_much_is_too_much() {
        let mut tree = Tree::default();
        assert!(tree.add("a", LARGEST_FILE + 1).unwrap_err().to_string().contains("larger than 10 MiB"));
        let mut tree = Tree::default();
        (0..10).for_each(|index| tree.add(&format!("f{index}"), LARGEST_FILE).unwrap());
        assert!(tree.add("more", 1).unwrap_err().to_string().contains("more than 100 MiB"));
        let mut tree = Tree::default();
        (0..MOST_FILES).for_each(|index| tree.add(&format!("f{index}"), 0).unwrap());
        assert!(tree.add("more", 0).unwrap_err().to_string().contains("more than 10000 files"));
    }

    /// Parts that lie at the edge of what is allowed, and any others.
    fn part() -> impl Strategy<Value = String> {
        const EDGES: &[&str] =
            &["..", ".", "", ".git", ".GiT ", "git~1", "nul", "NUL.x", "a", "A", "\\", "c:", "\u{1b}", "\u{200b}"];
        prop_oneof![prop::sample::select(EDGES).prop_map(str::to_owned), "[a-zA-Z.~ ]{0,6}", any::<String>()]
    }

    proptest! {
        #[test]
        fn what_passes_stays_below_and_is_no_repository(parts in prop::collection::vec(part(), 1..6)) {
            let path = parts.join("/");
            if check(&path).is_ok() {
                prop_assert!(Path::new(&path).components().all(|part| matches!(part, Component::Normal(_))));
                prop_assert_eq!(Path::new(&path).components().count(), path.split('/').count());
                prop_assert!(path.split('/').all(|part| !part.to_lowercase().trim_end_matches(['.', ' ']).eq(".git")));
                prop_assert!(!path.chars().any(obeyed) && path.len() <= LONGEST_PATH);
            }
        }

        #[test]
        fn what_a_tree_takes_a_folder_without_case_keeps_apart(paths in prop::collection::vec("[aAbB]{1,2}(/[aAbB]{1,2}){0,2}", 1..8)) {
            let mut tree = Tree::default();
            let taken: Vec<&String> = paths.iter().filter(|path| tree.add(path, 0).is_ok()).collect();
            for (index, one) in taken.iter().enumerate() {
                for other in &taken[index + 1..] {
                    prop_assert_ne!(one.to_lowercase(), other.to_lowercase());
                    let below = one.to_lowercase() + "/";
                    prop_assert!(!other.to_lowercase().starts_with(&below));
                }
            }
        }
    }
}
