//! What README.md and docs/ say is so: tables are the program's, links lead somewhere, commands are understood.

mod commands;
mod links;
mod reference;
mod run;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The documents for readers, by their paths from the root, with their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "benches/README.md", "crates/misbehave/behaviours/README.md"]
            .map(PathBuf::from)
            .into();
    paths.extend(["engine", "misbehave", "proto"].map(|name| Path::new("crates").join(name).join("README.md")));
    let docs = fs::read_dir(Path::new(ROOT).join("docs")).expect("docs/");
    paths.extend(docs.map(|file| Path::new("docs").join(file.expect("a file").file_name())));
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(Path::new(ROOT).join(&path)).expect("a document");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// Asserts that a document is what is made from the program. `INSTA_UPDATE=always` writes it instead: the same word as for the
/// snapshots, so that what is written is read before it is committed.
fn written(path: &str, text: &str, made: &str) {
    if text == made {
        return;
    }
    assert!(
        std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always"),
        "{path} is not what the program makes of it: INSTA_UPDATE=always cargo test --test readme writes it"
    );
    fs::write(Path::new(ROOT).join(path), made).expect("the document can be written");
}

#[test]
fn the_readme_is_short() {
    let lines = include_str!("../../README.md").lines().count();
    assert!(lines <= 200, "README.md has {lines} lines: what is more belongs into docs/");
}
