//! What a program adds to the engine's part of a configuration: its built-in providers, and the reader of `[ui]`.

use std::fmt::Debug;
use std::path::Path;

use super::findings::Findings;
use super::providers::Providers;
use super::read::Section;
use super::table::Table;

/// Reads `[ui]`, which is the front end's.
pub trait FrontEndTable {
    /// What the table says. The default is that of a file without the table.
    type Settings: Clone + Debug + Default + PartialEq;

    /// The table itself, then those below it.
    fn tables(&self) -> &'static [Table];

    /// Reads the table. Files may be read in `directory`, the configuration's own, and nowhere where it is `None`.
    fn read(&self, section: &Section<'_>, directory: Option<&Path>, findings: &mut Findings) -> Self::Settings;

    /// The names of the parts that differ.
    fn changed(&self, before: &Self::Settings, after: &Self::Settings) -> Vec<&'static str> {
        if before == after { Vec::new() } else { vec!["[ui]"] }
    }
}

/// A front end without settings: each key of `[ui]` is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoFrontEnd;

impl FrontEndTable for NoFrontEnd {
    type Settings = ();

    fn tables(&self) -> &'static [Table] {
        const UI: Table = Table::new("[ui]", &[]);
        &[UI]
    }

    fn read(&self, _: &Section<'_>, _: Option<&Path>, _: &mut Findings) {}
}

/// By what a configuration is read.
#[derive(Clone, Debug)]
pub struct Format<F = NoFrontEnd> {
    /// The providers that the program knows.
    pub providers: Providers,
    /// The reader of `[ui]`.
    pub front_end: F,
}
