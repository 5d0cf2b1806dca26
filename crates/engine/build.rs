//! Tells the program which versions of the libraries that speak for it on the network it is built with: a report names
//! them. Reads Cargo.lock and nothing else.

use std::fs;
use std::path::Path;

/// The repository's lock file, which is what it is built with.
const REPOSITORY: &str = "../../Cargo.lock";

/// A published package's own. Without `--locked` cargo may take newer versions than it names.
const PACKAGE: &str = "Cargo.lock";

/// The library, and the name that `src/report/versions.rs` knows its version by.
const TOLD: [(&str, &str); 4] = [
    ("rustls", "MAILWATCH_RUSTLS"),
    ("ring", "MAILWATCH_RING"),
    ("tokio", "MAILWATCH_TOKIO"),
    ("async-imap", "MAILWATCH_ASYNC_IMAP"),
];

fn main() {
    let (path, vague) = if Path::new(REPOSITORY).exists() { (REPOSITORY, "") } else { (PACKAGE, " or newer") };
    println!("cargo::rerun-if-changed={path}");
    println!("cargo::rerun-if-changed=build.rs");
    let lock = fs::read_to_string(path).unwrap_or_default();
    for (library, name) in TOLD {
        match version(&lock, library) {
            Some(version) => println!("cargo::rustc-env={name}={version}{vague}"),
            None => println!("cargo::rustc-env={name}=not known"),
        }
    }
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=MAILWATCH_TARGET={target}");
}

/// The version that stands below the library's name; the newest where there are several.
fn version<'a>(lock: &'a str, library: &str) -> Option<&'a str> {
    let heads = lock.split("[[package]]").filter(|package| package.contains(&format!("name = \"{library}\"\n")));
    let line = heads.last()?.lines().find_map(|line| line.strip_prefix("version = "))?;
    Some(line.trim_matches('"'))
}
