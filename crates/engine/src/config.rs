//! The configuration: TOML in, checked accounts out, and every problem of the file at once, pointed at.
//!
//! Knows no network and no screen: what `[ui]` says is read by the front end ([`FrontEndTable`]), and the built-in
//! providers come from the program ([`Format`]). [`load`] alone reads files; [`parse`] is pure.

mod account;
mod command;
mod conceal;
mod document;
mod draft;
mod error;
mod files;
mod findings;
mod format;
mod history;
mod host;
mod nearest;
mod network;
mod notify;
mod oauth;
mod parse;
mod patience;
mod place;
mod problem;
pub mod providers;
mod read;
mod remove;
pub mod save;
mod schema;
mod server;
pub mod share;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod timers;
mod warning;
mod write;

pub use document::{Config, Source, UnknownAccount};
pub use draft::{Draft, Refused, Wrong};
pub use error::{ConfigError, Problems};
pub use files::{Writers, read_file};
pub use findings::Findings;
pub use format::{Format, FrontEndTable, NoFrontEnd};
pub use host::{HostSetting, bad_destination};
pub use nearest::nearest;
pub use parse::{load, parse, parse_file};
pub use patience::beside_runtime;
pub use place::{NoHome, default_path, default_state_dir, make_state_dir};
pub use problem::{Problem, ProblemKind};
pub use read::{Entry, Section, Text};
pub use remove::{NotRemoved, remove_account};
pub use server::{IMAP_PORT, IMAPS_PORT, is_loopback};
pub use table::Table;
pub use warning::{Warning, WarningKind};
pub use write::{EditError, edit, write_sample};
