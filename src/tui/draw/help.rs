//! The help: every action with its keys, from the one table; what the marks mean; where the files are.

use super::paint::{Row, wrap};
use super::popup::{Content, field, heading};
use crate::model::{Phase, PhaseGroup};
use crate::tui::app::App;
use crate::tui::keymap::{BINDINGS, Group};
use crate::tui::theme::Role;
use crate::tui::words::group_mark;

pub fn content(app: &App, width: u16) -> Content {
    let mut rows = Vec::new();
    for group in Group::ALL {
        rows.push(heading(group.title()));
        for binding in BINDINGS.iter().filter(|binding| binding.group == group) {
            action(&mut rows, &app.options.keys.show(binding.action), binding.help, width);
        }
        rows.push(Row::new());
    }
    rows.push(heading("The marks"));
    for (group, meaning) in [
        (PhaseGroup::Live, "told of new mail, or asking for it"),
        (PhaseGroup::Busy, "on the way there"),
        (PhaseGroup::Down, "not watching: waiting for the next attempt, or for you"),
        (PhaseGroup::Resting, "paused by you"),
    ] {
        let (glyph, role) = group_mark(group, app.glyphs);
        let phases: Vec<_> = Phase::ALL.into_iter().filter(|phase| phase.group() == group).map(Phase::name).collect();
        mark(&mut rows, glyph, role, &format!("{meaning} ({})", phases.join(", ")), width);
    }
    mark(&mut rows, app.glyphs.warn, Role::Warn, "replacing a connection that does not answer DONE", width);
    rows.push(Row::new());
    if !app.options.paths.is_empty() {
        rows.push(heading("Files"));
        for (name, path) in &app.options.paths {
            field(&mut rows, name, &path.display().to_string(), Role::Text, width);
        }
        rows.push(Row::new());
    }
    rows.push(vec![(Role::Dim, format!("mailwatch-tui {}", app.options.version))]);
    Content { name: "Help", subject: String::new(), rows }
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
