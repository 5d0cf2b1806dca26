//! What a popup shows: its title, its rows, and what of them can be focused and clicked.

use std::ops::Range;

use super::fit::wrap;
use super::row::Row;
use crate::tui::app::Hit;
use crate::tui::theme::Role;

/// A popup's rows with its title.
#[derive(Default)]
pub struct Content {
    pub name: &'static str,
    pub subject: String,
    pub rows: Vec<Row>,
}

/// What of a popup's rows has the keys, and what a click on others means.
#[derive(Default)]
pub struct Marks {
    /// The rows that are to be seen.
    pub focus: Range<usize>,
    /// Rows that can be clicked.
    pub hits: Vec<(usize, Hit)>,
}

/// A heading.
pub fn heading(text: &str) -> Row {
    vec![(Role::TitleFocused, text.to_owned())]
}

/// A name and a value that may take several rows, hanging beside the name.
pub fn field(rows: &mut Vec<Row>, name: &str, value: &str, role: Role, width: u16) {
    const NAME: usize = 14;
    let indent = if width < 40 { 2 } else { NAME };
    let room = width.saturating_sub(u16::try_from(indent).unwrap_or(0));
    let mut label = format!("{name:<indent$}");
    if width < 40 {
        rows.push(vec![(Role::Dim, name.to_owned())]);
        label = " ".repeat(indent);
    }
    for line in wrap(value, room) {
        rows.push(vec![(Role::Dim, label), (role, line.to_owned())]);
        label = " ".repeat(indent);
    }
}
