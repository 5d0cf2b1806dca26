//! Versions of the program, of the system, and of the libraries that it uses on the network.

use std::fmt::Write as _;
use std::fs;

use mailwatch_proto::model::sanitise;

/// How much of the system's own words is kept, in characters.
const DETAIL: usize = 200;

/// One `name: version` a line.
pub(super) fn versions() -> String {
    let mut text = String::new();
    for (name, version) in [
        ("mailwatch-tui", env!("CARGO_PKG_VERSION").to_owned()),
        ("target", env!("MAILWATCH_TARGET").to_owned()),
        ("kernel", kernel()),
        ("system", system()),
        ("rustls", env!("MAILWATCH_RUSTLS").to_owned()),
        ("ring", env!("MAILWATCH_RING").to_owned()),
        ("async-imap", env!("MAILWATCH_ASYNC_IMAP").to_owned()),
        ("tokio", env!("MAILWATCH_TOKIO").to_owned()),
        ("SQLite", rusqlite::version().to_owned()),
    ] {
        let _ = writeln!(text, "{name}: {}", sanitise(&version, DETAIL));
    }
    text
}

/// `Linux 6.1.0-18-amd64 x86_64`. Without the machine's name.
#[cfg(unix)]
fn kernel() -> String {
    let uname = rustix::system::uname();
    let parts = [uname.sysname(), uname.release(), uname.machine()];
    parts.map(|part| part.to_string_lossy().into_owned()).join(" ")
}

#[cfg(not(unix))]
fn kernel() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// A distribution's name for itself (os-release(5)).
fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or_else(|| std::env::consts::OS.to_owned(), |name| name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_version_is_known() {
        let versions = super::versions();
        for name in
            ["mailwatch-tui: 0", "kernel: ", "rustls: 0.", "ring: 0.", "async-imap: 0.", "tokio: 1.", "SQLite: 3."]
        {
            assert!(versions.contains(name), "{name} is not in\n{versions}");
        }
        assert!(!versions.contains("not known"), "{versions}");
    }
}
