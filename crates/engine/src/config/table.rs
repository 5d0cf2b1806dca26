//! The tables of a configuration: what messages call each, which keys it takes, how their values are written.

use std::fmt;

/// A table of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// What messages call it.
    pub title: &'static str,
    /// The keys that may stand in it.
    pub keys: &'static [&'static str],
    /// Keys of which [`ProblemKind::help`](super::ProblemKind::help) knows no example, each with one.
    pub examples: &'static [(&'static str, &'static str)],
}

impl Table {
    /// A table whose keys need no examples of their own.
    #[must_use]
    pub const fn new(title: &'static str, keys: &'static [&'static str]) -> Self {
        Self { title, keys, examples: &[] }
    }

    /// How a key's value is written, where the table says so.
    #[must_use]
    pub fn example(&self, key: &str) -> Option<&'static str> {
        self.examples.iter().find(|(known, _)| *known == key).map(|(_, example)| *example)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}
