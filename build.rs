//! Takes the templates into the program: writes a list of `templates/**` with the bytes of each file, sorted.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/seed/litter.rs"]
mod litter;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("templates");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/seed/litter.rs");
    println!("cargo::rerun-if-changed=templates");
    let mut files = Vec::new();
    if root.is_dir() {
        walk(&root, "", &mut files)?;
    }
    files.sort();
    let mut list = String::from("static BUILT_IN: &[(&str, bool, &[u8])] = &[\n");
    for (path, place, executable) in files {
        writeln!(list, "    ({path:?}, {executable}, include_bytes!({place:?})),")?;
    }
    list.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("templates.rs"), list)?;
    Ok(())
}

/// Finds the files below `directory`: their path with `/` between its parts, where they are, whether they are programs.
fn walk(directory: &Path, above: &str, files: &mut Vec<(String, PathBuf, bool)>) -> Result<(), Box<dyn Error>> {
    // Cargo looks at the times of directories only as far as they are named.
    println!("cargo::rerun-if-changed={}", directory.display());
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| format!("{} is not UTF-8", name.display()))?;
        if litter::is_litter(&name) {
            continue;
        }
        let (path, kind) = (format!("{above}{name}"), entry.file_type()?);
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            println!("cargo::rerun-if-changed={}", entry.path().display());
            files.push((path, entry.path(), is_executable(&entry.path())?));
        } else {
            return Err(format!("templates/{path} is neither a file nor a directory").into());
        }
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(path: &Path) -> Result<bool, Box<dyn Error>> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::metadata(path)?.permissions().mode() & 0o111 != 0)
}

/// Where files have no such bit, what begins as a script is one.
#[cfg(not(unix))]
fn is_executable(path: &Path) -> Result<bool, Box<dyn Error>> {
    Ok(fs::read(path)?.starts_with(b"#!"))
}
