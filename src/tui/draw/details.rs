//! All that is known of the selected watch, in sections: one below the other, or in two columns if there is room.

mod connection;
mod delays;
mod evidence;
mod quarantine;
mod receipts;
mod section;
mod state;
mod timeline;

pub use self::delays::how;
use self::section::{Section, when};
use super::content::{Content, heading};
use super::fit::wrap;
use super::row::{Row, padded};
use crate::tui::app::{App, Details};
use crate::tui::log::Entry;
use crate::tui::theme::Role;
use crate::tui::words::single_width_emoji;

/// From here on there are two columns, each wide enough for the receipts' table.
pub const TWO_COLUMNS: u16 = 130;

/// Between two columns.
const GAP: u16 = 3;

pub fn content(app: &App, details: &Details, width: u16) -> Content {
    let subject = app.watches.selected.as_ref().map_or_else(String::new, ToString::to_string);
    let rows = if app.selection().is_none() {
        vec![vec![(Role::Dim, "the watch is gone".to_owned())]]
    } else if width < TWO_COLUMNS {
        let [line, hour] = whole(app, details, width);
        let mut sections = vec![line];
        sections.extend(left(app, width));
        // The state comes first, how the watch came to it next.
        sections.insert(2, hour);
        sections.extend(right(app, width));
        joined(sections)
    } else {
        let mut rows = joined(whole(app, details, width));
        if !rows.is_empty() {
            rows.push(Row::new());
        }
        let column = (width - GAP) / 2;
        rows.extend(beside(app, joined(left(app, column)), &joined(right(app, column)), column));
        rows
    };
    Content { name: "Details", subject, rows }
}

/// The details as plain lines, to be copied.
#[must_use]
pub fn text(app: &App, details: &Details) -> Vec<String> {
    const WIDTH: u16 = 100;
    let content = content(app, details, WIDTH);
    let line = |row: &Row| row.iter().map(|(_, text)| text.as_str()).collect::<String>().trim_end().to_owned();
    let title = format!("{} {}", content.name, content.subject);
    std::iter::once(title).chain(content.rows.iter().map(line)).collect()
}

/// What stands above both columns: the log's line, and the last hour.
fn whole(app: &App, details: &Details, width: u16) -> [Section; 2] {
    let line = details.entry.as_ref().map_or_else(Section::new, |entry| line(app, entry, width));
    [line, app.selection().map_or_else(Section::new, |snapshot| timeline::section(app, snapshot, width))]
}

fn left(app: &App, width: u16) -> Vec<Section> {
    let Some(snapshot) = app.selection() else { return Vec::new() };
    vec![
        state::section(app, snapshot, width),
        state::stall(app, snapshot, width),
        quarantine::quarantines(app, snapshot, width),
        quarantine::blind(app, snapshot, width),
        quarantine::unwatched(app, snapshot, width),
        delays::section(app, &snapshot.id, width),
    ]
}

fn right(app: &App, width: u16) -> Vec<Section> {
    let Some(snapshot) = app.selection() else { return Vec::new() };
    vec![
        receipts::section(app, snapshot, width),
        connection::section(snapshot, width),
        connection::capabilities(snapshot, width),
    ]
}

/// The whole line of the log that the details were opened from.
fn line(app: &App, entry: &Entry, width: u16) -> Section {
    let watch = entry.watch.as_ref().map_or_else(String::new, |watch| format!("  {watch}"));
    let mut rows = vec![heading("The log's line"), vec![(Role::Dim, format!("{}{watch}", when(app, entry.ts)))]];
    let text = single_width_emoji(&entry.text);
    rows.extend(wrap(&text, width).into_iter().map(|line| vec![(entry.role, line.to_owned())]));
    rows
}

fn joined(sections: impl IntoIterator<Item = Section>) -> Vec<Row> {
    let mut rows = Vec::new();
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        if !rows.is_empty() {
            rows.push(Row::new());
        }
        rows.extend(section);
    }
    rows
}

fn beside(app: &App, mut left: Vec<Row>, right: &[Row], column: u16) -> Vec<Row> {
    left.resize(left.len().max(right.len()), Row::new());
    let bar = format!(" {} ", app.glyphs().border.vertical_left);
    let whole = |(at, row): (usize, Row)| {
        let mut row = padded(row, column, app.glyphs().text.ellipsis);
        row.push((Role::Border, bar.clone()));
        row.extend(right.get(at).into_iter().flatten().cloned());
        row
    };
    left.into_iter().enumerate().map(whole).collect()
}
