//! The program's log: where it goes, and what a panic writes to it.

use std::fs::{File, OpenOptions};
use std::io;
use std::panic;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The log's name in the state directory.
pub const FILE: &str = "mailwatch.log";

/// The crates that `-v` is about.
const OUR_CRATES: [&str; 4] = ["mailwatch_tui", "mailwatch_engine", "mailwatch_proto", "imap_misbehave"];

/// Logs a panic's place and never its payload, which may hold a server's text, or worse. The watch that panicked goes on.
pub fn quiet_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let thread = std::thread::current();
        tracing::error!(thread = thread.name().unwrap_or("unnamed"), "panic at {place}");
    }));
}

/// The filter for so many `-v`. async-imap's trace prints passwords: its target stays off.
fn filter(verbose: u8) -> Targets {
    let own = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        3.. => LevelFilter::TRACE,
    };
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OUR_CRATES.map(|name| (name, own)))
        .with_target("async_imap", LevelFilter::OFF)
        .with_target("imap_proto", LevelFilter::OFF)
}

/// Logs to standard error.
pub fn to_stderr(verbose: u8) {
    let layer = fmt::layer().with_writer(io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(filter(verbose)).with(layer).init();
}

/// Opens the log in the state directory, which is there already.
///
/// # Errors
/// A sentence with its path, where it cannot be written.
pub fn open(state_dir: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let path = state_dir.join(FILE);
    options.open(&path).map_err(|error| {
        let message = format!(
            "the log {} cannot be written ({error}): make it writable, or name another directory with --state-dir",
            path.display()
        );
        io::Error::new(error.kind(), message)
    })
}

/// Logs to a file in the state directory, which is there already.
///
/// # Errors
/// Where the file cannot be opened.
pub fn to_file(state_dir: &Path, verbose: u8) -> io::Result<()> {
    let file = open(state_dir)?;
    let layer = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false);
    tracing_subscriber::registry().with(filter(verbose)).with(layer).init();
    Ok(())
}
