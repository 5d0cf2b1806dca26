//! What a popup shows: its title, its rows, and what of them can be focused and clicked.

use std::ops::Range;

use super::fit::wrap;
use super::row::Row;
use crate::tui::app::Hit;
use crate::tui::theme::Role;

/// A popup's title and rows.
#[derive(Default)]
pub struct Content {
    pub name: &'static str,
    pub subject: String,
    pub rows: Vec<Row>,
}

/// Which of a popup's rows are focused, and what a click on a row hits.
#[derive(Default)]
pub struct Marks {
    /// The rows to keep visible.
    pub focus: Range<usize>,
    /// Rows that can be clicked.
    pub hits: Vec<(usize, Hit)>,
}

/// A heading.
pub fn heading(text: &str) -> Row {
    vec![(Role::TitleFocused, text.to_owned())]
}

/// A name, and a value beside it that may take several rows.
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
