//! A host's row over its watches, and what the headline says of hosts that are not heard of.

use ratatui::layout::Rect;

use super::accounts::counts;
use super::columns::Widths;
use super::fit::fitted;
use super::narrow::COUNTS_AND_WORD;
use super::paint::Paint;
use super::row::Row;
use crate::tui::app::{App, LostHost, Pane, of_host};
use crate::tui::keymap::Action;
use crate::tui::layout::ScreenLayout;
use crate::tui::theme::Role;
use crate::tui::words::{self, show_age};
use mailwatch_proto::model::{Host, HostLink, PhaseGroup, Snapshot};

/// In fewer cells a sentence says nothing.
const LEAST_SAID: u16 = 10;

/// How many cells a host's name has in the headline.
const NAME: u16 = 20;

pub fn row(paint: &mut Paint, line: Rect, name: &str, columns: &Widths) {
    let app = paint.app;
    let Some(host) = app.board.hosts.get(name) else { return };
    let folded = app.watches.arrangement.folded_hosts.contains(name);
    let mark = if folded { app.glyphs().list.folded } else { app.glyphs().list.open };
    paint.put(line.x + 1, line.y, line.width.saturating_sub(1).min(1), mark, Role::Title);
    let called = if name.is_empty() { "this machine" } else { name };
    let mut x = line.x + 3;
    let width = columns.name.min(line.right().saturating_sub(x));
    paint.put_cut(x, line.y, width, called, Role::Title);
    x = x.saturating_add(width + 2);
    let room = line.right().saturating_sub(x + 1);
    let state = if let Some(lost) = app.lost(name) {
        lost_row(app, &lost)
    } else {
        let watches: Vec<&Snapshot> =
            of_host(&app.board, name).filter_map(|id| app.board.watches.get(id)).map(AsRef::as_ref).collect();
        counts(paint, &watches)
    };
    x = paint.put_row(x, line.y, room, &state).saturating_add(2);
    let (said, role) = said(app, host);
    let room = line.right().saturating_sub(x + 1);
    if room >= LEAST_SAID {
        paint.put_cut(x, line.y, room, &said, role);
    }
}

/// That it is not heard of, and for how long.
fn lost_row(app: &App, lost: &LostHost<'_>) -> Row {
    let (glyph, role) = match lost.link {
        HostLink::Connecting => words::group_mark(PhaseGroup::Busy, app.glyphs()),
        HostLink::Up | HostLink::Silent | HostLink::Lost => words::group_mark(PhaseGroup::Down, app.glyphs()),
    };
    vec![(role, format!("{glyph} {} ", lost.link.name())), (Role::Strong, show_age(lost.age))]
}

/// What else there is to say of it: why there is no link, or whose engine it is.
fn said(app: &App, host: &Host) -> (String, Role) {
    if !host.link.is_up() {
        if host.asks {
            let key = app.options.keys.show(Action::Unlock);
            return (format!("{key} lets ssh ask: {}", host.said), Role::Dim);
        }
        return (host.said.clone(), Role::Dim);
    }
    match &host.engine {
        Some(engine) if engine.version != app.options.version => {
            (format!("{}, version {}", engine.role, engine.version), Role::Warn)
        }
        Some(engine) => (engine.role.clone(), Role::Dim),
        None => (String::new(), Role::Dim),
    }
}

/// Which hosts are not heard of, for the headline.
pub fn lost(app: &App, width: u16) -> Option<Row> {
    let (glyph, role) = words::group_mark(PhaseGroup::Down, app.glyphs());
    let lost: Vec<LostHost<'_>> = app.lost_hosts().filter(|host| host.link != HostLink::Connecting).collect();
    match lost.as_slice() {
        [] => None,
        [host] => {
            let name = fitted(host.called(), NAME, app.glyphs());
            let word = if width < COUNTS_AND_WORD { String::new() } else { format!(" {}", host.link.name()) };
            Some(vec![(role, format!("{glyph} {name}{word} ")), (Role::Strong, show_age(host.age))])
        }
        several => {
            let word = if width < COUNTS_AND_WORD { "hosts" } else { "hosts not heard of" };
            Some(vec![
                (role, format!("{glyph} ")),
                (Role::Strong, several.len().to_string()),
                (role, format!(" {word}")),
            ])
        }
    }
}

/// Greys what is shown of the selected watch while its host is not heard of.
pub fn grey(paint: &mut Paint, layout: &ScreenLayout) {
    for (pane, area) in &layout.panes {
        match pane {
            Pane::Timers => paint.grey(*area),
            // The table greys row by row; what happened stays true.
            Pane::Watches | Pane::Log | Pane::Wire | Pane::Mail => {}
        }
    }
}
