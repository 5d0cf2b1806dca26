//! The walls between the crates, and the size of files: what docs/architecture.md says, held by cargo's own metadata.

mod imports;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use imports::Imports;

/// Lines of a source file, at most.
const LONGEST: usize = 400;

/// Fields of a struct, at most.
const MOST_FIELDS: usize = 15;

/// What may not be among what a crate is built with, dependencies of dependencies included.
const WALLS: [(&str, &[&str]); 3] = [
    ("mailwatch-proto", &["tokio", "mio", "socket2", "rustls", "mailwatch-engine", "mailwatch-tui", "imap-misbehave"]),
    ("imap-misbehave", &["mailwatch-proto", "mailwatch-engine", "mailwatch-tui"]),
    ("mailwatch-engine", &["mailwatch-tui", "imap-misbehave", "ratatui", "crossterm", "clap"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every crate that this one is built with on this system; not what its tests use.
fn built_with(name: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--package", name, "--edges", "normal,build"])
        .args(["--all-features", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter_map(|line| line.split_whitespace().next()).map(ToOwned::to_owned).collect()
}

/// Rust files in these folders and below.
fn sources(folders: &[&str]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = folders.iter().flat_map(|folder| sources_below(&root().join(folder))).collect();
    found.sort();
    found
}

fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn no_crate_is_built_with_what_its_walls_keep_out() {
    for (name, kept_out) in WALLS {
        let inside = built_with(name);
        assert!(inside.contains(name), "{name} is in its own tree: {inside:?}");
        let through: Vec<&&str> = kept_out.iter().filter(|one| inside.contains(**one)).collect();
        assert!(through.is_empty(), "{name} is built with {through:?}");
    }
}

#[test]
fn every_crate_of_the_workspace_is_tested_by_default_and_one_program_is_run() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let ids = |key: &str| -> BTreeSet<String> {
        let list = metadata[key].as_array().expect("a list");
        list.iter().map(|id| id.as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids("workspace_members"), ids("workspace_default_members"));
    let runs: Vec<&Value> = metadata["packages"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|package| &package["default_run"])
        .filter(|run| !run.is_null())
        .collect();
    assert_eq!(runs, ["mailwatch-tui"], "cargo run means the program");
}

#[test]
fn no_source_file_is_longer_than_four_hundred_lines() {
    let all = sources(&["src", "crates", "tests", "benches", "examples"]);
    assert!(all.len() > 300, "{}", all.len());
    let long: Vec<String> = all
        .iter()
        .filter_map(|path| {
            let lines = fs::read_to_string(path).expect("text").lines().count();
            (lines > LONGEST).then(|| format!("{} ({lines})", path.strip_prefix(root()).unwrap_or(path).display()))
        })
        .collect();
    assert!(long.is_empty(), "longer than {LONGEST} lines: {}", long.join(", "));
}

#[test]
fn no_struct_has_more_than_fifteen_fields_but_the_kernels() {
    let is_field = |line: &&str| {
        let name = line.strip_prefix("    ").filter(|line| !line.starts_with([' ', '/', '#']));
        name.is_some_and(|name| name.contains(": "))
    };
    let mut large = BTreeSet::new();
    for path in sources(&["src", "crates", "tests", "benches", "examples", "fuzz"]) {
        let text = fs::read_to_string(&path).expect("text");
        for (at, _) in text.match_indices("struct ") {
            let Some((name, body)) = text[at + 7..].split_once(" {\n").filter(|(name, _)| !name.contains('\n')) else {
                continue;
            };
            let fields = body.lines().take_while(|line| *line != "}").filter(is_field).count();
            if fields > MOST_FIELDS {
                large.insert(format!("{name} {fields} in {}", path.display()));
            }
        }
    }
    large.retain(|what| !what.starts_with("TcpInfo "));
    assert!(large.is_empty(), "{large:#?}");
}

#[test]
fn imports_between_files_go_in_one_direction() {
    for (folder, files) in
        [("src", 250), ("crates/engine/src", 300), ("crates/proto/src", 120), ("crates/misbehave/src", 30)]
    {
        let imports = Imports::of(&root().join(folder));
        assert!(imports.files() > files, "{folder}: {}", imports.files());
        let circles = imports.circles();
        assert!(circles.is_empty(), "{folder}: files that import each other: {circles:#?}");
    }
}

#[test]
fn files_that_import_each_other_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    write("lib.rs", "mod a;\nmod b;\nmod c;\npub use a::A;\n");
    write("a.rs", "use crate::{\n    b::{self, B},\n    c::C as D,\n};\npub struct A(B, D);\n");
    write("b.rs", "// use crate::a::A;\npub struct B;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n");
    write("c.rs", "pub struct C;\n");
    assert!(Imports::of(folder.path()).circles().is_empty());
    write("c.rs", "pub struct C(Option<Box<crate::A>>);\n");
    assert_eq!(Imports::of(folder.path()).circles(), ["a -> c", "c -> a"]);
}
