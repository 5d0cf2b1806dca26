//! Timers that are to be saved, and what was saved.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::document::{Config, Source};
use mailwatch_proto::model::{Setting, Timer};

/// Whose timer is meant. The configuration has none for one mailbox alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// One account's: its `timers`.
    Account(Arc<str>),
    /// Every account's that says nothing else: `[timers]`.
    All,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => f.pad(name),
            Self::All => f.pad("all accounts"),
        }
    }
}

/// A timer's setting that is to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuned {
    /// Where.
    pub place: Place,
    /// Which.
    pub timer: Timer,
    /// To what it is set.
    pub setting: Setting,
}

/// A text with timers set in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited<S = ()> {
    /// What it is read as.
    pub config: Config<S>,
    /// The whole text.
    pub text: String,
    /// What was set. What the text said already is not among it.
    pub changed: Vec<Tuned>,
    /// Accounts whose own timers say something else than was set for all.
    pub overridden: BTreeSet<String>,
}

/// What was saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved<S = ()> {
    /// The file.
    pub path: PathBuf,
    /// What changed in it.
    pub edited: Edited<S>,
    /// Whether it holds other changes that were made since it was read.
    pub merged: bool,
    /// What was read, with what was saved: what the next save compares with.
    pub source: Source,
}
