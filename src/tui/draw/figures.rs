//! A watch's cells in its row of the table: where it stands, how late its mail was told, how DONE was answered, its
//! figures.

use std::time::Duration;

use super::paint::Paint;
use super::watch_cells::optional;
use crate::tui::app::App;
use crate::tui::settings::Column;
use crate::tui::stall::{self, Stall, StallKind};
use crate::tui::theme::Role;
use crate::tui::words::{self, Age, State, show_age, show_span};
use mailwatch_proto::model::{FoundBy, Receipt, Snapshot};
use mailwatch_proto::push_proof::PROVES;

/// With fewer cells the state has no age.
const AGE_FROM: u16 = 14;

/// The state's word, and since when at the right.
pub fn cells_of_state(paint: &mut Paint, (x, y, width): (u16, u16, u16), snapshot: &Snapshot, state: State) {
    let age = age(paint.app, snapshot, state);
    paint.put_cut(x, y, width, state.word, state.role);
    if let Some(age) = age.filter(|_| has_age(width)) {
        let role = if state.is_trouble() { state.role } else { Role::Text };
        paint.put_right(x, y, width, &show_age(age), role);
    }
}

/// Whether so many cells of a state have its age.
pub const fn has_age(width: u16) -> bool {
    width >= AGE_FROM
}

/// For how long a watch is in its state, where that says something.
pub fn age(app: &App, snapshot: &Snapshot, state: State) -> Option<Duration> {
    let ago = |at| app.now.at.saturating_duration_since(at);
    match state.age {
        Age::Phase => Some(ago(snapshot.since)),
        Age::Down => {
            let remembered = app.histories.get(&snapshot.id).and_then(|history| history.down_since);
            Some(ago(words::down_since(snapshot, remembered)))
        }
        Age::Stall => app.stall(snapshot).map(|stall| stall.age),
        Age::None => None,
    }
}

/// How late the last mail was told, or by what it was found where the server did not announce it.
pub fn push(paint: &mut Paint, (x, y, width): (u16, u16, u16), snapshot: &Snapshot) {
    let app = paint.app;
    if snapshot.is_not_pushing() {
        let mails = snapshot.finding.iter().flat_map(|finding| &finding.mails);
        let longest = mails.map(|mail| mail.found_after).max().unwrap_or_default();
        paint.put_right(x, y, width, &show_age(longest), Role::Warn);
        return;
    }
    let Some(mail) = app.histories.get(&snapshot.id).and_then(|history| history.mail) else {
        return optional(paint, (x, y, width), None);
    };
    // The server's clock tells no more than seconds.
    let shown = |late| if late < Duration::from_secs(1) { "<1 s".to_owned() } else { show_span(late) };
    let late = |usual: &str| mail.late.map_or_else(|| usual.to_owned(), shown);
    let (text, role) = match mail.found {
        FoundBy::Push | FoundBy::Notify => (late("<1 s"), Role::Text),
        // One that came between two IDLEs could not be announced; one that waited says something of the push.
        FoundBy::Done if mail.late.is_some_and(|late| late < PROVES) => (late("looked"), Role::Text),
        FoundBy::Done => (late("looked"), Role::Busy),
        FoundBy::Poll => (late("polled"), Role::Text),
        FoundBy::Connect => (late("gap"), Role::Text),
    };
    paint.put_right(x, y, width, &text, role);
}

/// From DONE to its answer; what became of it where there was none.
pub fn answer(paint: &mut Paint, at: (u16, u16, u16), snapshot: &Snapshot, stall: Option<Stall>) {
    let (x, y, width) = at;
    if let Some(stall) = stall.filter(|_| snapshot.phase.has_mailbox() || snapshot.connection.replacing) {
        let role = match stall.kind {
            StallKind::Ignored | StallKind::Unacked | StallKind::Late => Role::Warn,
        };
        paint.put_right(x, y, width, stall.word(), role);
        return;
    }
    optional(paint, at, snapshot.receipt.as_ref().and_then(Receipt::took).map(show_span));
}

/// A figure of the watch, or what is concluded of it.
pub fn figure(paint: &mut Paint, column: Column, at: (u16, u16, u16), snapshot: &Snapshot) {
    let app = paint.app;
    let (x, y, width) = at;
    match column {
        Column::New => match snapshot.mailbox.new {
            0 => optional(paint, at, None),
            new => paint.put_right(x, y, width, &format!("+{new}"), Role::Mail),
        },
        Column::Unseen => optional(paint, at, snapshot.mailbox.unseen.map(|unseen| unseen.to_string())),
        Column::Heard => {
            let heard = snapshot.connection.heard.map(|heard| app.now.at.saturating_duration_since(heard));
            optional(paint, at, heard.map(show_age));
        }
        Column::Blind => {
            let blind = snapshot.blind.today;
            optional(paint, at, (!blind.is_zero()).then(|| show_span(blind)));
        }
        Column::Verdict => {
            let stall = app.stall(snapshot).filter(|_| stall::may_replace_verdict(snapshot));
            let (text, role) = match stall {
                Some(stall) => (stall.show(app.glyphs(), width), Role::Warn),
                None => words::verdict_word(snapshot, app.now.at, width),
            };
            let text = if text.is_empty() { app.glyphs().text.none } else { &text };
            paint.put_cut(x, y, width, text, role);
        }
        Column::State | Column::Hour | Column::Next | Column::Push | Column::Answer => {}
    }
}
