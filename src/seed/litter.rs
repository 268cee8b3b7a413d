// Also a part of the build script, which takes in the templates inside the program.

/// Whether `name` is what tools leave beside the files of a template, and no part of it.
pub fn is_litter(name: &str) -> bool {
    const LITTER: [&str; 9] = [
        "__pycache__",
        ".pytest_cache",
        ".ruff_cache",
        ".mypy_cache",
        ".ipynb_checkpoints",
        ".venv",
        ".DS_Store",
        "Thumbs.db",
        "node_modules",
    ];
    LITTER.contains(&name) || name.ends_with(".pyc")
}
