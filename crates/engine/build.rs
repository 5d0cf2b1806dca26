//! Tells the program which versions of the libraries that speak for it on the network it is built with: a report names
//! them. Reads Cargo.lock and nothing else.

use std::fs;

/// The library, and the name that `src/report/versions.rs` knows its version by.
const TOLD: [(&str, &str); 4] = [
    ("rustls", "MAILWATCH_RUSTLS"),
    ("ring", "MAILWATCH_RING"),
    ("tokio", "MAILWATCH_TOKIO"),
    ("async-imap", "MAILWATCH_ASYNC_IMAP"),
];

fn main() {
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    println!("cargo::rerun-if-changed=build.rs");
    let lock = fs::read_to_string("../../Cargo.lock").unwrap_or_default();
    for (library, name) in TOLD {
        println!("cargo::rustc-env={name}={}", version(&lock, library).unwrap_or("not known"));
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
