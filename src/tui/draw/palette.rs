//! The list of commands: what is typed, and below it the commands that fit, each with its key, or with what it lacks.

use super::content::{Content, Marks};
use super::fit::{cells, wrap};
use super::row::{Row, padded};
use crate::tui::app::{App, Hit, Palette};
use crate::tui::palette::{Found, found};
use crate::tui::theme::Role;

/// The longest of the actions' names, and a gap.
const NAME: u16 = 22;

/// Room for two keys.
const KEYS: u16 = 10;

/// In fewer cells a sentence says nothing.
const LEAST_ABOUT: u16 = 24;

/// The rows of a sentence below the list, and a blank one; from this height on they are there.
const SENTENCE: usize = 3;
const TALL: usize = 10;

/// The rows in `height`, the chosen one among them.
pub fn content(app: &App, palette: &Palette, width: u16, height: usize) -> (Content, Marks) {
    let all = found(app, palette);
    let typed = format!("{}{}", palette.text, app.glyphs().text.caret);
    let mut rows = vec![vec![(Role::Key, ":".to_owned()), (Role::Strong, typed)]];
    let mut marks = Marks::default();
    // The chosen one's sentence is seen whole below the list, where there is room.
    let foot = if height < TALL { 0 } else { SENTENCE };
    let room = height.saturating_sub(rows.len() + foot).max(1);
    let chosen = palette.chosen.min(all.len().saturating_sub(1));
    let top = chosen.saturating_sub(room / 2).min(all.len().saturating_sub(room));
    for (at, found) in all.iter().enumerate().skip(top).take(room) {
        marks.hits.push((rows.len(), Hit::Command(at)));
        rows.push(row(app, found, at == chosen, width));
    }
    if all.is_empty() {
        rows.push(vec![(Role::Dim, "no command, no watch and no theme has these letters".to_owned())]);
    }
    if let Some(found) = all.get(chosen).filter(|_| foot > 0) {
        rows.resize(height - SENTENCE + 1, Row::new());
        let (about, role) = match &found.why_not {
            Some(why) => (format!("{}: {why}", found.name), Role::Warn),
            None => (found.about.to_string(), Role::Text),
        };
        let lines = wrap(&about, width).into_iter().take(SENTENCE - 1);
        rows.extend(lines.map(|line| vec![(role, line.to_owned())]));
    }
    rows.resize(height.max(2), Row::new());
    let subject = if all.is_empty() { String::new() } else { format!("{} of {}", chosen + 1, all.len()) };
    (Content { name: "Commands", subject, rows }, marks)
}

fn row(app: &App, found: &Found, chosen: bool, width: u16) -> Row {
    let ellipsis = app.glyphs().text.ellipsis;
    let pointer = if chosen { format!("{} ", app.glyphs().list.pointer) } else { "  ".to_owned() };
    let (role, about) = match &found.why_not {
        Some(why) => (Role::Dim, why.as_ref()),
        None if chosen => (Role::TitleFocused, found.about.as_ref()),
        None => (Role::Strong, found.about.as_ref()),
    };
    let mark = if chosen { Role::TitleFocused } else { Role::Text };
    let key = if found.why_not.is_some() { Role::Dim } else { Role::Key };
    let named = width.saturating_sub(2);
    if named < NAME + KEYS + LEAST_ABOUT {
        // The key alone, at the right end: the first, where it has several.
        let first = found.keys.split(' ').next().unwrap_or_default().to_owned();
        let name = padded(vec![(role, found.name.clone())], named.saturating_sub(cells(&first) + 1), ellipsis);
        return [vec![(mark, pointer)], name, vec![(Role::Text, " ".to_owned()), (key, first)]].concat();
    }
    let name = padded(vec![(role, found.name.clone())], NAME.max(cells(&found.name).min(named / 2)), ellipsis);
    let keys = padded(vec![(key, found.keys.clone())], KEYS, ellipsis);
    let gap = || vec![(Role::Text, " ".to_owned())];
    let said = if chosen && found.why_not.is_none() { Role::Text } else { Role::Dim };
    [vec![(mark, pointer)], name, gap(), keys, gap(), vec![(said, about.to_owned())]].concat()
}
