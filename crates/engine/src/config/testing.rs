//! The program's own table of providers and its sample, for the tests of this crate.

use std::path::Path;

use super::findings::Findings;
use super::format::{Format, FrontEndTable, NoFrontEnd};
use super::providers::Providers;
use super::read::Section;
use super::table::Table;
use crate::repository;

/// The built-in providers.
pub(crate) fn providers() -> Providers {
    let path = Path::new("assets/providers.toml");
    Providers::parse(&repository::text("assets/providers.toml"), path)
        .expect("no problems")
        .expect("an entry for all others")
}

/// The commented sample.
pub(crate) fn sample() -> String {
    repository::text("assets/config.toml")
}

/// A format whose `[ui]` has the sample's keys, and reads none of them.
pub(crate) fn format() -> Format<AnyUi> {
    Format { providers: providers(), front_end: AnyUi }
}

/// Takes the keys of the program's `[ui]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnyUi;

impl FrontEndTable for AnyUi {
    type Settings = ();

    fn tables(&self) -> &'static [Table] {
        const UI: Table = Table::new("[ui]", &["theme", "ascii", "reduced_motion", "columns", "keys", "commands"]);
        &[UI]
    }

    fn read(&self, section: &Section<'_>, directory: Option<&Path>, findings: &mut Findings) {
        NoFrontEnd.read(section, directory, findings);
    }
}
