//! Update and its effects.

mod in_place;
mod news;
mod palette;
mod reading;
mod table;
mod timers;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Size};

use crate::tui::app::{App, Effect, Input, Pane, Popup};
use crate::tui::clock::Now;
use crate::tui::draw;
use crate::tui::layout::ScreenLayout;
use crate::tui::leave::Leave;
use crate::tui::log::LOG_LIMIT;
use crate::tui::options::Options;
use crate::tui::table::Row;
use mailwatch_proto::model::{
    Board, Command, ConnId, DoneReason, Event, EventKind, FaultClass, Mail, Phase, Served, Snapshot, Status, Timer,
    Timers, Verdict, WatchId,
};

fn now() -> Now {
    Now { at: Instant::now(), wall: SystemTime::UNIX_EPOCH + Duration::from_hours(24) }
}

fn layout(app: &App) -> ScreenLayout {
    ScreenLayout::of(app, app.size)
}

fn board(names: &[&str], now: Now) -> Board {
    let mut board = Board::default();
    for name in names {
        let id = WatchId::new(name, "INBOX");
        let mut snapshot = Snapshot::new(id.clone(), Timers::default(), now.at);
        snapshot.phase = Phase::Idling;
        board.watches.insert(id, Arc::new(snapshot));
    }
    board
}

fn app(names: &[&str], now: Now) -> App {
    let mut app = App::new(Options::default(), Size::new(100, 30), now);
    app.update(Input::Board(board(names, now)), now);
    app
}

fn press(app: &mut App, c: char) -> Vec<Effect> {
    let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
    app.update(Input::Term(TermEvent::Key(key)), app.now)
}

fn code(app: &mut App, code: KeyCode) -> Vec<Effect> {
    app.update(Input::Term(TermEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))), app.now)
}

fn happened(app: &mut App, kind: EventKind) {
    let (ts, at) = (app.now.wall, app.now.at);
    let watch = Some(WatchId::new("a", "INBOX"));
    app.update(Input::Event(Event { ts, at, watch, conn: Some(ConnId(1)), kind }), app.now);
}

fn mail(uid: u32) -> EventKind {
    let (from, subject) = ("Ann <a@example.org>".to_owned(), "hello".to_owned());
    EventKind::NewMail(Mail { uid, uidvalidity: 1, from, subject, date: None, gap: false, ..Mail::default() })
}

fn lines(app: &App) -> Vec<String> {
    (app.log.first()..app.log.end()).filter_map(|at| app.log.get(at)).map(|entry| entry.text.clone()).collect()
}

#[test]
fn done_asks_the_selected_watch_and_its_capital_asks_all() {
    let mut app = app(&["a", "b"], now());
    code(&mut app, KeyCode::Down);
    assert_eq!(press(&mut app, 'd'), [Effect::Ask(WatchId::new("b", "INBOX"), Command::Done)]);
    assert_eq!(press(&mut app, 'D'), [Effect::AskAll(Command::Done)]);
}

#[test]
fn without_a_watch_a_command_says_why_nothing_happens() {
    let mut app = app(&[], now());
    assert_eq!(press(&mut app, 'd'), []);
    assert!(app.notices.notice.is_some());
}

#[test]
fn pause_resumes_what_rests_and_what_has_failed() {
    for (phase, command) in
        [(Phase::Idling, Command::Pause), (Phase::Paused, Command::Resume), (Phase::Failed, Command::Pause)]
    {
        let now = now();
        let mut app = app(&["a"], now);
        let mut board = board(&["a"], now);
        for snapshot in board.watches.values_mut() {
            Arc::make_mut(snapshot).phase = phase;
        }
        app.update(Input::Board(board), now);
        assert_eq!(press(&mut app, 'p'), [Effect::Ask(WatchId::new("a", "INBOX"), command)]);
    }
}

#[test]
fn the_answer_stands_on_its_dones_line() {
    let mut app = app(&["a"], now());
    let reason = DoneReason::User;
    happened(&mut app, EventKind::DoneSent { reason, idle: Duration::from_mins(4) });
    let took = Duration::from_millis(38);
    happened(&mut app, EventKind::DoneAnswered { reason, took, status: Status::Ok, untagged: 0, late: false });
    assert_eq!(lines(&app), ["DONE (user) after 4:00, OK in 38 ms"]);
}

#[test]
fn a_mail_waits_for_its_frame_and_is_confirmed_once() {
    let mut app = app(&["a"], now());
    happened(&mut app, mail(7));
    assert_eq!(app.drawn().iter().map(|key| key.uid).collect::<Vec<_>>(), [7]);
    assert_eq!(app.drawn(), []);
}

#[test]
fn a_frozen_display_stands_still_and_catches_up() {
    let now = now();
    let mut app = app(&["a"], now);
    press(&mut app, 'F');
    let later = Now { at: now.at + Duration::from_secs(5), wall: now.wall + Duration::from_secs(5) };
    app.tick(later);
    happened(&mut app, mail(7));
    app.update(Input::Board(board(&["a", "b"], now)), later);
    assert_eq!((app.now, app.watches.rows.len(), lines(&app).len()), (now, 1, 0));
    assert!(!app.is_ticking() && app.drawn().is_empty());
    press(&mut app, 'F');
    assert_eq!((app.watches.rows.len(), lines(&app).len(), app.drawn().len()), (2, 1, 1));
}

#[test]
fn a_frozen_display_never_drops_a_mail() {
    let mut app = app(&["a"], now());
    press(&mut app, 'F');
    happened(&mut app, mail(1));
    for _ in 0..LOG_LIMIT + 10 {
        happened(&mut app, EventKind::Alert { text: "x".to_owned() });
    }
    press(&mut app, 'F');
    assert_eq!(app.drawn().len(), 1);
    assert!(app.notices.notice.as_deref().is_some_and(|notice| notice.starts_with("11 events")));
}

#[test]
fn a_filter_is_typed_kept_and_ended() {
    let mut app = app(&["alpha", "beta"], now());
    press(&mut app, '/');
    for c in "BET".chars() {
        press(&mut app, c);
    }
    assert_eq!(app.watches.rows, [Row::Watch(WatchId::new("beta", "INBOX"))]);
    assert_eq!(app.watches.selected, Some(WatchId::new("beta", "INBOX")));
    code(&mut app, KeyCode::Enter);
    assert_eq!(press(&mut app, 'q'), [Effect::Leave(Leave::Quit)]);
    code(&mut app, KeyCode::Esc);
    assert_eq!(app.watches.rows.len(), 2);
}

#[test]
fn the_selection_stays_with_its_watch_when_others_come() {
    let now = now();
    let mut app = app(&["b"], now);
    press(&mut app, 'j');
    app.update(Input::Board(board(&["a", "b", "c"], now)), now);
    assert_eq!(app.watches.selected, Some(WatchId::new("b", "INBOX")));
}

#[test]
fn until_a_key_is_pressed_the_first_watch_is_selected_whichever_came_first() {
    let now = now();
    let mut app = app(&["c"], now);
    for names in [&["b", "c"][..], &["a", "b", "c"]] {
        app.update(Input::Board(board(names, now)), now);
        assert_eq!(app.watches.selected, Some(WatchId::new(names[0], "INBOX")));
    }
    press(&mut app, 'j');
    assert_eq!(app.watches.selected, Some(WatchId::new("b", "INBOX")));
}

#[test]
fn hundreds_of_watches_scroll_with_the_selection() {
    let names: Vec<_> = (0..300).map(|n| format!("account{n:03}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut app = app(&names, now());
    press(&mut app, 'G');
    let height = layout(&app).watch_rows();
    assert_eq!((app.watches.position(), app.watches.top), (Some(299), 300 - height));
    press(&mut app, 'g');
    assert_eq!((app.watches.position(), app.watches.top), (Some(0), 0));
}

#[test]
fn scrolling_the_log_up_leaves_the_end_and_the_capital_returns() {
    let mut app = app(&["a"], now());
    for n in 0..200 {
        happened(&mut app, mail(n));
    }
    press(&mut app, '3');
    code(&mut app, KeyCode::PageUp);
    happened(&mut app, mail(200));
    assert_eq!(app.log.view.fresh(app.log.end()), 1);
    press(&mut app, 'G');
    assert_eq!(app.log.view, crate::tui::navigation::View::Follow);
}

#[test]
fn a_paused_watch_needs_no_ticking() {
    let now = now();
    let mut app = app(&["a"], now);
    assert!(app.is_ticking());
    let mut board = board(&["a"], now);
    for snapshot in board.watches.values_mut() {
        Arc::make_mut(snapshot).phase = Phase::Paused;
    }
    app.update(Input::Board(board), now);
    assert!(!app.is_ticking());
}

#[test]
fn a_watch_that_needs_the_user_is_counted_on_for_it_is_tried_again_too() {
    let now = now();
    let mut app = app(&["a"], now);
    let mut board = board(&["a"], now);
    for snapshot in board.watches.values_mut() {
        Arc::make_mut(snapshot).phase = Phase::Failed;
    }
    app.update(Input::Board(board), now);
    assert!(app.is_ticking());
}

#[test]
fn a_connection_that_comes_to_idle_is_news_once() {
    let mut app = app(&["a"], now());
    for from in [Phase::Requested, Phase::Requested] {
        happened(&mut app, EventKind::Phase { from: Some(from), to: Phase::Idling, by: Served::Own });
    }
    assert_eq!(lines(&app), ["idling"]);
}

fn mouse(app: &mut App, kind: MouseEventKind, (column, row): (u16, u16)) -> Vec<Effect> {
    let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    app.update(Input::Term(TermEvent::Mouse(mouse)), app.now)
}

#[test]
fn a_click_selects_a_watch_and_focuses_a_pane() {
    let mut app = app(&["a", "b", "c"], now());
    let table = layout(&app).watch_table().expect("the table is seen");
    let click = MouseEventKind::Down(MouseButton::Left);
    mouse(&mut app, click, (table.x + 5, table.y + 2));
    assert_eq!(app.watches.selected, Some(WatchId::new("c", "INBOX")));
    let log = layout(&app).inside(Pane::Log).expect("the log is seen");
    mouse(&mut app, click, (log.x, log.y));
    assert_eq!(app.panes.focused, Pane::Log);
}

#[test]
fn a_click_on_a_key_in_the_footer_presses_it() {
    let mut app = app(&["a"], now());
    let footer = layout(&app).footer.expect("the footer is seen");
    let effects = mouse(&mut app, MouseEventKind::Down(MouseButton::Left), (footer.x + 1, footer.y));
    assert_eq!(effects, [Effect::Ask(WatchId::new("a", "INBOX"), Command::Done)]);
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut app = app(&["a"], now());
    for n in 0..200 {
        happened(&mut app, mail(n));
    }
    let log = layout(&app).inside(Pane::Log).expect("the log is seen");
    mouse(&mut app, MouseEventKind::ScrollUp, (log.x, log.y));
    assert_ne!(app.log.view, crate::tui::navigation::View::Follow);
    assert_eq!(app.panes.focused, Pane::Watches);
}

#[test]
fn a_verdict_that_repeats_its_fault_is_no_news() {
    let mut app = app(&["a"], now());
    let message = "imap.example.org:993 closed the connection without BYE".to_owned();
    let fault = EventKind::Fault { class: FaultClass::Closed, message: message.clone(), retry: true };
    let verdict = |text| EventKind::Verdict { verdict: Verdict::Closed, text, evidence: None, mails: Vec::new() };
    happened(&mut app, fault);
    happened(&mut app, verdict(message.clone()));
    assert_eq!(lines(&app), ["closed: the server closed the connection without BYE"]);
    happened(&mut app, verdict("the session ended at its age".to_owned()));
    assert_eq!(lines(&app).len(), 2, "another text is news");
}

#[test]
fn done_on_a_failed_watch_says_what_it_needs_instead() {
    let mut app = app(&["a"], now());
    let mut board = app.board.clone();
    for snapshot in board.watches.values_mut() {
        Arc::make_mut(snapshot).phase = Phase::Failed;
    }
    app.update(Input::Board(board), app.now);
    assert_eq!(press(&mut app, 'd'), []);
    assert!(
        app.notices.notice.as_ref().is_some_and(|notice| notice.ends_with("reconnect with r")),
        "{:?}",
        app.notices.notice
    );
}

#[test]
fn a_rebound_key_does_what_its_action_does_and_the_old_one_nothing() {
    use crate::tui::keymap::{Action, Key, Keys};
    let mut keys = Keys::default();
    keys.give(Action::Done, vec![Key::parse("x").expect("a key")]);
    let options = Options { keys, ..Options::default() };
    let mut app = App::new(options, Size::new(100, 30), now());
    app.update(Input::Board(board(&["a"], app.now)), app.now);
    assert_eq!(press(&mut app, 'd'), []);
    assert_eq!(press(&mut app, 'x'), [Effect::Ask(WatchId::new("a", "INBOX"), Command::Done)]);
}

#[test]
fn a_terminal_that_has_shrunk_since_it_last_said_so_is_drawn_without_a_panic() {
    for key in ['?', 't', '\r', 'A', ' '] {
        let mut app = app(&["a", "b"], now());
        if key == '\r' {
            code(&mut app, KeyCode::Enter)
        } else {
            press(&mut app, key)
        };
        for (width, height) in [(99, 30), (100, 12), (40, 10), (20, 5), (3, 3), (1, 1)] {
            let mut terminal =
                ratatui::Terminal::new(ratatui::backend::TestBackend::new(width, height)).expect("cells");
            let now = app.now;
            crate::tui::sending::Sending::default()
                .frame(&mut terminal, &mut app, (now, now.at), false)
                .expect("cells");
            app.size = Size::new(100, 30);
        }
    }
}

#[test]
fn a_form_with_something_typed_is_left_by_a_second_escape_and_an_empty_one_by_the_first() {
    let mut app = app(&["a"], now());
    press(&mut app, 'a');
    code(&mut app, KeyCode::Esc);
    assert!(app.popups.form.is_none(), "nothing was typed");

    press(&mut app, 'a');
    press(&mut app, 'x');
    code(&mut app, KeyCode::Esc);
    assert!(
        app.notices.notice.as_deref().is_some_and(|notice| notice.contains("again discards")),
        "{:?}",
        app.notices.notice
    );
    // Going on is an answer too: the next one is asked about anew.
    press(&mut app, 'y');
    assert_eq!(app.notices.notice, None);
    code(&mut app, KeyCode::Esc);
    assert_eq!(app.popups.form.as_ref().map(|form| form.inputs.address.value()), Some("xy"));
    code(&mut app, KeyCode::Esc);
    assert!(app.popups.form.is_none() && app.popups.open.is_none());

    // A password is something typed, an address that was taken back is not.
    press(&mut app, 'a');
    press(&mut app, 'x');
    code(&mut app, KeyCode::Backspace);
    code(&mut app, KeyCode::Esc);
    assert!(app.popups.form.is_none());
}
