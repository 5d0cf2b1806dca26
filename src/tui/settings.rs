//! The screen's settings in the configuration: `[ui]`, its keys, and themes.

mod ascii;
mod columns;
mod commands;
mod key_table;
pub mod keys;
pub mod roles;
mod tables;
mod theme;
mod theme_file;

pub use ascii::Ascii;
pub use columns::{Column, Columns};
pub use commands::{UserCommand, Values};
pub use theme::{AUTO, NoTheme, Offered, Theme, ThemeError, Wanted};

use std::path::Path;

use self::keys::Keys;
use mailwatch_engine::config::{Findings, FrontEndTable, ProblemKind, Section, Table, WarningKind};
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// How the screen looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ui {
    /// Its colours.
    pub theme: Wanted,
    /// Whether counters and bars move as little as possible.
    pub reduced_motion: bool,
    /// Its keys.
    pub keys: Keys,
    /// The columns of its table.
    pub columns: Columns,
    /// Whether it sends ASCII alone.
    pub ascii: Ascii,
    /// What keys of the user's own run.
    pub commands: Vec<UserCommand>,
}

/// The reader of `[ui]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UiTable;

impl FrontEndTable for UiTable {
    type Settings = Ui;

    fn tables(&self) -> &'static [Table] {
        &tables::IN_CONFIGURATION
    }

    fn read(&self, section: &Section<'_>, directory: Option<&Path>, findings: &mut Findings) -> Ui {
        let keys = section.table("keys", tables::KEYS, findings).map(|section| key_table::read(&section, findings));
        let mut keys = keys.unwrap_or_default();
        let commands = commands::read(section, &mut keys, findings);
        Ui {
            theme: theme(section, directory, findings).unwrap_or_default(),
            reduced_motion: section.flag("reduced_motion", findings),
            keys,
            columns: columns(section, findings),
            ascii: ascii::read(section, findings),
            commands,
        }
    }

    fn changed(&self, before: &Ui, after: &Ui) -> Vec<&'static str> {
        let parts = [
            (before.theme != after.theme, "theme"),
            (before.keys != after.keys, "keys"),
            (before.columns != after.columns, "columns"),
            (before.ascii != after.ascii, "ascii"),
            (before.commands != after.commands, "commands"),
            (before.reduced_motion != after.reduced_motion, "reduced_motion"),
        ];
        parts.into_iter().filter(|(changed, _)| *changed).map(|(_, part)| part).collect()
    }
}

/// The chosen columns; `auto` where none are.
fn columns(section: &Section<'_>, findings: &mut Findings) -> Columns {
    if section.entry("columns").is_none() {
        return Columns::Auto;
    }
    let Some((names, _)) = section.list("columns", findings) else { return Columns::Auto };
    let mut chosen = Vec::new();
    for (name, at) in names {
        match Column::named(name) {
            Some(column) if chosen.contains(&column) => {}
            Some(column) => chosen.push(column),
            None => {
                let known: Vec<_> = Column::ALL.map(Column::name).into();
                let message = format!("`{}` is no column", sanitise(name, LINE_LIMIT));
                let help = format!("the columns are {}", known.join(", "));
                findings.problem(ProblemKind::FrontEnd { message, label: "unknown column", help }, at);
            }
        }
    }
    if chosen.is_empty() { Columns::Auto } else { Columns::Chosen(chosen) }
}

/// The wanted theme; a user's own only if files may be read.
fn theme(section: &Section<'_>, directory: Option<&Path>, findings: &mut Findings) -> Option<Wanted> {
    let (name, at) = section.string("theme", findings)?;
    let found = match directory {
        Some(directory) => Wanted::find(name, directory),
        None => Wanted::built_in(name).ok_or_else(|| NoTheme::of(name, None).into()),
    };
    match found {
        Ok(theme) => {
            if let Some(path) = directory.and_then(|directory| theme::hides(name, directory)) {
                let path = sanitise(&path.to_string_lossy(), LINE_LIMIT);
                let warning = format!("this names the built-in theme, so {path} is not read: give it another name");
                findings.warn(WarningKind::FrontEnd(warning), at);
            }
            Some(theme)
        }
        Err(ThemeError::Unknown(unknown)) => {
            let (message, help) = (unknown.to_string(), unknown.help());
            findings.problem(ProblemKind::FrontEnd { message, label: "unknown value", help }, at);
            None
        }
        Err(ThemeError::Config(error)) => {
            findings.another_file(error);
            None
        }
    }
}
