//! What the engine sends: the board, which is true now, and the events, which happened.

use std::collections::BTreeMap;

use super::{hosts, news};
use crate::tui::app::{App, Frozen, Pane};
use crate::tui::attention::said_of_fault;
use crate::tui::log_fold::Together;
use crate::tui::log_line::describe;
use crate::tui::watch_history::WatchHistory;
use crate::tui::words;
use mailwatch_proto::model::{Board, Event, EventKind, Phase, Verdict, WatchId};

/// Takes in a board; while the display is frozen it waits.
pub fn board(app: &mut App, board: Board) {
    if let Some(frozen) = &mut app.frozen {
        frozen.board = Some(board);
        return;
    }
    let same = app.board.watches.len() == board.watches.len()
        && app.board.hosts.keys().eq(board.hosts.keys())
        && app.board.watches.keys().zip(board.watches.keys()).all(|(old, new)| old == new);
    hosts::changed(app, &board);
    app.board = board;
    if std::mem::take(&mut app.engine.new) {
        for (id, history) in &mut app.histories {
            if let Some(snapshot) = app.board.watches.get(id) {
                history.phases.resumed(snapshot);
            }
        }
    }
    app.watches.progress.update(&app.board);
    if !same {
        app.watches.fold_many(&app.board);
        let watches = &app.board.watches;
        app.watches.marked.retain(|id| watches.contains_key(id));
    }
    if !same || app.watches.arrangement.moves(app.filters.of_pane(Pane::Watches)) {
        app.arrange();
    }
    app.look_around();
}

/// Takes in an event; while the display is frozen it waits.
pub fn event(app: &mut App, event: Event) {
    if let Some(frozen) = &mut app.frozen {
        frozen.hold(event);
        return;
    }
    if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch)
        && !app.log.note_mail(mail.key(watch))
    {
        return;
    }
    // What was seen or is gone changes the list, too.
    if matches!(event.kind, EventKind::NewMail(_) | EventKind::Flags { .. } | EventKind::Expunge { .. }) {
        app.engine.mails.mails_changed(&event);
    }
    let line = log(app, &event);
    if let Some(watch) = &event.watch {
        if !app.histories.contains_key(watch) {
            app.histories.insert(watch.clone(), WatchHistory::default());
        }
        if let Some(history) = app.histories.get_mut(watch) {
            history.record(&event, line);
        }
    }
}

/// Takes in where watches stood before the engine began. A watch that the screen has seen meanwhile knows that already.
pub fn earlier(app: &mut App, events: &[Event]) {
    let mut histories: BTreeMap<WatchId, WatchHistory> = BTreeMap::new();
    for event in events {
        if let Some(watch) = event.watch.as_ref().filter(|watch| !app.histories.contains_key(*watch)) {
            histories.entry(watch.clone()).or_default().stood(event);
        }
    }
    app.histories.extend(histories);
}

/// Freezes the display, or lets it go on with all that waits.
pub fn toggle_freeze(app: &mut App) {
    let Some(frozen) = app.frozen.take() else {
        app.frozen = Some(Frozen::default());
        return;
    };
    let Frozen { events, board: waiting, dropped } = frozen;
    if let Some(waiting) = waiting {
        board(app, waiting);
    }
    for waiting in events {
        event(app, waiting);
    }
    // What happened meanwhile counts too, and the clock stood still.
    app.arrange();
    app.look_around();
    if dropped > 0 {
        app.notices.say(format!("{dropped} events were dropped while the display was frozen"));
    }
}

/// Writes the event into the log; returns its line. A prompt answer goes on DONE's own line.
fn log(app: &mut App, event: &Event) -> Option<u64> {
    let mut line = describe(event)?;
    if let EventKind::DoneAnswered { took, status, late: false, .. } = &event.kind {
        let history = event.watch.as_ref().and_then(|watch| app.histories.get_mut(watch));
        let done = history.and_then(|history| history.last_done(event.conn)).and_then(|done| done.line);
        let answer = format!(", {} in {}", status.name(), words::show_span(*took));
        if done.is_some_and(|done| app.log.append(done, &answer)) {
            return None;
        }
    }
    news::settle(app, event, &mut line);
    match (&event.watch, together(&event.kind)) {
        (Some(watch), Some(what)) if line.news => Some(app.log.push_one_of(event.ts, watch.clone(), line, what)),
        _ => Some(app.log.push(event.ts, event.watch.clone(), line)),
    }
}

/// What an event is, where the same may happen to many watches at once: an outage, a beginning, a suspend.
fn together(kind: &EventKind) -> Option<Together> {
    Some(match kind {
        EventKind::Phase { to: to @ (Phase::Idling | Phase::Polling | Phase::Paused | Phase::Failed), .. } => {
            Together::same(to.name())
        }
        EventKind::Fault { class, retry, .. } => Together {
            accounts: Some(said_of_fault(*class, !retry).sentence),
            ..Together::same(format!("fault {class}"))
        },
        EventKind::Verdict { verdict, .. } if verdict.is_stall() => {
            Together::several(format!("verdict {}", verdict.name()), stalled(*verdict))
        }
        EventKind::Verdict { verdict, .. } => Together::same(format!("verdict {}", verdict.name())),
        EventKind::Stalled { verdict, .. } => {
            Together::several(format!("stalled {}", verdict.name()), "no answer to DONE. Replacing")
        }
        EventKind::DoneAnswered { late: true, .. } => Together::several("late", "DONE was answered late"),
        EventKind::Replaced { blind, .. } if blind.is_zero() => Together::several("replaced", "replaced, never blind"),
        EventKind::Replaced { blind, .. } => {
            Together { blind: *blind, ..Together::several("replaced blind", "replaced") }
        }
        EventKind::Bye { text } => Together::same(format!("bye {text}")),
        EventKind::Alert { text } => Together::same(format!("alert {text}")),
        EventKind::Slept { .. } => Together::same("slept"),
        EventKind::Phase { .. }
        | EventKind::Connected { .. }
        | EventKind::Capabilities { .. }
        | EventKind::Exists { .. }
        | EventKind::Expunge { .. }
        | EventKind::Flags { .. }
        | EventKind::NewMail(_)
        | EventKind::DoneSent { .. }
        | EventKind::DoneAcked { .. }
        | EventKind::DoneAnswered { .. }
        | EventKind::Heartbeat { .. }
        | EventKind::Unparsed { .. }
        | EventKind::Hint { .. }
        | EventKind::Contradiction { .. }
        | EventKind::Retry { .. }
        | EventKind::Retuned { .. }
        | EventKind::Hook { .. }
        | EventKind::Canary { .. }
        | EventKind::Lost { .. }
        | EventKind::Wire(_) => return None,
    })
}

/// What is concluded of several, each with its own evidence.
const fn stalled(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::ServerIgnoring => "the servers have DONE and ignore it",
        Verdict::PathDead => "DONE is not acknowledged, the path is dead",
        Verdict::ServerNotReading => "the servers do not read",
        Verdict::NotKnown
        | Verdict::Live
        | Verdict::Finishing
        | Verdict::Quiet
        | Verdict::Slept
        | Verdict::Closed
        | Verdict::Limited
        | Verdict::Refused
        | Verdict::NotPushing => "DONE is not answered",
    }
}
