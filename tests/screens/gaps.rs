//! The last hour of each watch, whoever saw it; the blind time of all together; the time in which nobody watched.

use std::sync::Arc;

use crossterm::event::KeyCode;
use mailwatch_proto::model::{Board, Event, EventKind, Gaps, Phase, Served, Span, WatchId};
use mailwatch_tui::tui::app::{App, Input};
use mailwatch_tui::tui::clock::Now;
use ratatui::layout::Size;

use crate::pictures::{now, options, picture, press};
use crate::scene;

fn span(now: Now, from: u64, to: u64) -> Span {
    Span { from: now.wall - scene::secs(from), to: now.wall - scene::secs(to) }
}

fn phase(now: Now, ago: u64, to: Phase) -> Event {
    let kind = EventKind::Phase { from: None, to, by: Served::Own };
    scene::ago(now, ago * 1000, Some(("work", "INBOX")), 1, kind)
}

/// One watch that has just begun, of an engine that knows these gaps.
fn begun(now: Now, gaps: Gaps) -> App {
    let mut board = scene::board(now);
    board.watches.retain(|id, _| id.to_string() == "work/INBOX");
    let work = board.watches.get_mut(&WatchId::new("work", "INBOX")).expect("a watch of the scene");
    Arc::make_mut(work).since = now.at.checked_sub(scene::secs(120)).expect("late enough");
    board.gaps.insert(Arc::from(""), Arc::new(gaps));
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Earlier(Vec::new()), now);
    app.update(Input::Board(Board { ..board }), now);
    app
}

fn hour(app: &App) -> String {
    let text = picture(app);
    let row = text.lines().find(|line| line.contains("work/INBOX")).expect("its row");
    row.chars().filter(|mark| "\u{25aa}\u{b7}\u{2715}!".contains(*mark)).collect()
}

#[test]
fn the_hour_begins_with_what_another_engine_saw_and_shows_when_none_ran() {
    let now = now();
    let gaps = Gaps::new([], [span(now, 1800, 1200)]);
    let mut app = begun(now, gaps);
    assert!(hour(&app).starts_with("\u{b7}\u{b7}\u{b7}\u{b7}"), "{}", hour(&app));
    let before = [
        (3500, Phase::Idling),
        (2700, Phase::Waiting),
        (2400, Phase::Idling),
        (1200, Phase::Connecting),
        (1190, Phase::Idling),
    ];
    app.update(Input::Earlier(before.map(|(ago, to)| phase(now, ago, to)).to_vec()), now);
    insta::assert_snapshot!(hour(&app), @"▪▪▪▪▪▪▪✕✕✕▪▪▪▪▪·····▪▪▪▪▪▪▪▪▪▪");
    press(&mut app, now, &[KeyCode::Enter, KeyCode::PageDown, KeyCode::PageDown]);
    let details = picture(&app);
    assert!(details.contains("Not watched") && details.contains("10:00, no engine ran"), "{details}");
}

#[test]
fn blind_today_counts_the_time_of_all_watches_once_and_none_without_an_engine() {
    let now = now();
    let app = begun(now, Gaps::new([span(now, 100, 90), span(now, 95, 80)], [span(now, 700, 600)]));
    assert!(picture(&app).contains("blind today 0:20"), "{}", picture(&app));
}

#[test]
fn a_pause_is_time_not_watched_with_its_times_and_no_blind_time() {
    let now = now();
    let mut app = begun(now, Gaps::new([], [span(now, 1800, 1200)]));
    for event in [phase(now, 900, Phase::Paused), phase(now, 600, Phase::Connecting), phase(now, 590, Phase::Idling)] {
        app.update(Input::Event(event), now);
    }
    press(&mut app, now, &[KeyCode::Enter, KeyCode::PageDown, KeyCode::PageDown]);
    let details = picture(&app);
    assert!(details.contains("5:00, paused by you") && details.contains("10:00, no engine ran"), "{details}");
    assert!(details.contains("13:48:27 to 13:53:27  5:00  paused"), "{details}");
    assert!(!details.contains("Blind time"), "{details}");
}
