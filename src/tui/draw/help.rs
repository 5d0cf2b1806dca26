//! The help: every action with its keys, from the table of actions; what the marks mean; where the files are.

use super::content::{Content, field, heading};
use super::fit::{cells, wrap};
use super::row::Row;
use crate::tui::app::{App, FilterTarget};
use crate::tui::glossary::{GLOSSARY, Word};
use crate::tui::glyphs::Characters;
use crate::tui::keymap::{BINDINGS, Group};
use crate::tui::settings::UserCommand;
use crate::tui::theme::Role;

pub fn content(app: &App, width: u16) -> Content {
    let filter = app.filters.of(FilterTarget::Help);
    let caret = if app.filters.typing == Some(FilterTarget::Help) { app.glyphs().text.caret } else { "" };
    let subject =
        if filter.is_empty() && caret.is_empty() { String::new() } else { format!("search: {filter}{caret}") };
    let needle = filter.to_lowercase();
    let mut rows = Vec::new();
    for section in sections(app, width) {
        // A heading that matches brings its whole section.
        let whole = section.title.to_lowercase().contains(&needle);
        let found = section.entries.iter().filter(|entry| whole || text_of(entry).contains(&needle));
        let mut found = found.peekable();
        if found.peek().is_some() {
            rows.push(heading(section.title));
            rows.extend(found.flatten().cloned());
            rows.push(Row::new());
        }
    }
    if rows.is_empty() {
        rows.push(vec![(Role::Dim, "nothing in the help contains this text".to_owned())]);
    }
    rows.push(vec![(Role::Dim, format!("mailwatch-tui {}", app.options.version))]);
    Content { name: "Help", subject, rows }
}

/// More cells of words than this stand in a row of their own.
const WORDS: usize = 14;

/// A heading and its entries; an entry may take several rows.
struct Section {
    title: &'static str,
    entries: Vec<Vec<Row>>,
}

fn text_of(entry: &[Row]) -> String {
    let rows = entry.iter().map(|row| row.iter().map(|(_, text)| text.trim()).collect::<Vec<_>>().join(" "));
    rows.collect::<Vec<_>>().join(" ").to_lowercase()
}

fn sections(app: &App, width: u16) -> Vec<Section> {
    let entry = |fill: &dyn Fn(&mut Vec<Row>)| {
        let mut rows = Vec::new();
        fill(&mut rows);
        rows
    };
    let mut sections = Vec::new();
    for group in Group::ALL {
        if group == Group::File && app.options.viewed.is_none() {
            continue;
        }
        let bindings = BINDINGS.iter().filter(|binding| binding.group == group);
        let entries = bindings
            .map(|binding| entry(&|rows| action(rows, &app.options.keys.show(binding.action), binding.help, width)));
        sections.push(Section { title: group.title(), entries: entries.collect() });
    }
    let commands = &app.options.preferences.commands;
    if !commands.is_empty() {
        let own =
            |one: &UserCommand| entry(&|rows| action(rows, &one.key.show(), &format!("run {}", one.shown()), width));
        sections.push(Section { title: "Your commands", entries: commands.iter().map(own).collect() });
    }
    let words = GLOSSARY.iter().map(|row| entry(&|rows| word(rows, row, width))).collect();
    sections.push(Section { title: "Words", entries: words });
    let state = &app.glyphs().state;
    let marks = [
        (state.live, Role::Live, "live: the server announces new mail"),
        (state.polling, Role::Live, "polling, or in turn: the server is asked for new mail"),
        (state.busy, Role::Busy, "busy: connecting, logging in, selecting, catching-up, finishing"),
        (
            state.warn,
            Role::Warn,
            "replacing or replaced: DONE was not answered; not pushing: mail is not announced; quiet",
        ),
        (state.down, Role::Down, "down: not watching, tried again by itself"),
        (state.failed, Role::Down, "needs you: not watching until you mend something"),
        (state.resting, Role::Resting, "paused by you; gone: the mailbox no longer exists"),
    ];
    let entries =
        marks.into_iter().map(|(glyph, role, means)| entry(&|rows| mark(rows, glyph, role, means, width))).collect();
    sections.push(Section { title: "The marks", entries });
    sections.push(Section { title: "The screen", entries: vec![entry(&|rows| appearance(rows, app, width))] });
    if !app.options.about.is_empty() {
        let accounts = app.options.about.iter();
        let entries =
            accounts.map(|(name, about)| entry(&|rows| field(rows, name, about, Role::Text, width))).collect();
        sections.push(Section { title: "The accounts", entries });
    }
    if !app.options.paths.is_empty() {
        let paths = app.options.paths.iter();
        let entries = paths
            .map(|(name, path)| entry(&|rows| field(rows, name, &path.display().to_string(), Role::Text, width)))
            .collect();
        sections.push(Section { title: "Files", entries });
    }
    sections
}

/// A word and what it means.
fn word(rows: &mut Vec<Row>, row: &Word, width: u16) {
    let words = row.words.join(", ");
    if width < 40 || usize::from(cells(&words)) < WORDS {
        return field(rows, &words, row.means, Role::Text, width);
    }
    rows.push(vec![(Role::Dim, words)]);
    field(rows, "", row.means, Role::Text, width);
}

/// What the screen is drawn with, and what decides it.
fn appearance(rows: &mut Vec<Row>, app: &App, width: u16) {
    let options = &app.options;
    let chosen = options.themes.chosen.name();
    let by = if options.themes.auto { " by the terminal's background" } else { "" };
    let theme = format!("{chosen}{by}, in {}", options.depth.words());
    field(rows, "theme", &theme, Role::Text, width);
    let is_wanted = options.preferences.found.is_some_and(|found| found != Characters::Ascii);
    let marks = match options.characters {
        Characters::Unicode => "Unicode",
        Characters::AsciiMarks => "ASCII, names and subjects as they are",
        Characters::Ascii if is_wanted => "only ASCII, as you set it",
        Characters::Ascii => "only ASCII, because the locale (LC_ALL, LC_CTYPE, LANG) is not UTF-8",
    };
    field(rows, "characters", marks, Role::Text, width);
    if options.preferences.reduced_motion {
        field(rows, "motion", "reduced: counters move every 10 s", Role::Text, width);
    }
}

fn action(rows: &mut Vec<Row>, keys: &str, help: &str, width: u16) {
    const KEYS: usize = 16;
    if width < 40 {
        rows.push(vec![(Role::Key, keys.to_owned())]);
        rows.extend(
            wrap(help, width.saturating_sub(2)).into_iter().map(|line| vec![(Role::Text, format!("  {line}"))]),
        );
        return;
    }
    let mut label = format!("{keys:<KEYS$}");
    for line in wrap(help, width.saturating_sub(16)) {
        rows.push(vec![(Role::Key, label), (Role::Text, line.to_owned())]);
        label = " ".repeat(KEYS);
    }
}

fn mark(rows: &mut Vec<Row>, glyph: &str, role: Role, meaning: &str, width: u16) {
    let mut label = format!("{glyph}  ");
    for line in wrap(meaning, width.saturating_sub(3)) {
        rows.push(vec![(role, label), (Role::Text, line.to_owned())]);
        label = " ".repeat(3);
    }
}
