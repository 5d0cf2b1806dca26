//! The table of watches in its arrangements, and hundreds of them scrolled; what the headline says while they begin.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossterm::event::KeyCode;
use mailwatch_proto::model::{Board, Finding, Phase, Snapshot, Timers, Verdict, WatchId};
use mailwatch_tui::tui::Options;
use mailwatch_tui::tui::app::{App, Input, Pane};
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::layout::ScreenLayout;
use ratatui::layout::Size;

use crate::pictures::{app, now, options, picture, press};
use crate::scene;

const SIZES: [(u16, u16); 5] = [(200, 50), (100, 30), (80, 24), (60, 20), (40, 10)];

fn typed(app: &mut App, keys: &str) {
    let now = app.now;
    press(app, now, &keys.chars().map(KeyCode::Char).collect::<Vec<_>>());
}

fn snap(name: &str, arrange: impl Fn(&mut App)) {
    for (width, height) in SIZES {
        let mut app = app(width, height, options(), now());
        arrange(&mut app);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture(&app));
    }
}

/// So many watches like the scene's, ten to an account.
fn many(now: Now, count: usize) -> Board {
    let models: Vec<_> = scene::board(now).watches.into_values().collect();
    let watch = |n: usize| {
        let mut snapshot = (*models[n % models.len()]).clone();
        snapshot.id = WatchId::new(&format!("account{:02}", n / 10), &format!("lists/number-{n:03}"));
        (snapshot.id.clone(), Arc::new(snapshot))
    };
    Board { watches: (0..count).map(watch).collect(), ..Board::default() }
}

#[test]
fn watches_stand_under_their_accounts() {
    snap("grouped", |app| typed(app, "A"));
}

#[test]
fn an_account_whose_server_announces_nothing_is_not_marked_as_well() {
    let now = now();
    let mut board = scene::board(now);
    let work = board.watches.get_mut(&WatchId::new("work", "INBOX")).expect("a watch of the scene");
    let finding = Finding { verdict: Verdict::NotPushing, text: String::new(), evidence: None, mails: Vec::new() };
    Arc::make_mut(work).finding = Some(finding);
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board), now);
    typed(&mut app, "A");
    let text = picture(&app);
    assert!(text.contains("\u{25be} work                 \u{25cf}1 !1 "), "{text}");
}

#[test]
fn what_is_tried_just_now_says_so() {
    let now = now();
    let mut board = scene::board(now);
    let old = board.watches.get_mut(&WatchId::new("old", "INBOX")).expect("a watch of the scene");
    let old = Arc::make_mut(old);
    (old.phase, old.deadline) = (Phase::Connecting, None);
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board), now);
    let text = picture(&app);
    assert!(text.lines().any(|line| line.contains("old/INBOX") && line.contains("trying now")), "{text}");
}

#[test]
fn an_account_is_folded_and_says_what_its_watches_come_to() {
    snap("folded", |app| {
        typed(app, "A");
        press(app, app.now, &[KeyCode::End, KeyCode::Left, KeyCode::Left]);
    });
}

#[test]
fn the_header_and_the_title_say_the_order() {
    snap("sorted", |app| {
        typed(app, "sss");
        // The notice goes with the next key.
        press(app, app.now, &[KeyCode::Home]);
    });
}

#[test]
fn the_title_says_the_filter_while_it_is_typed() {
    snap("filtered", |app| typed(app, "/work !rust"));
}

#[test]
fn three_hundred_watches_are_scrolled() {
    snap("scrolled", |app| {
        let now = app.now;
        app.update(Input::Board(many(now, 300)), now);
        press(app, now, &[KeyCode::Home, KeyCode::PageDown, KeyCode::PageDown, KeyCode::PageDown]);
    });
}

#[test]
fn a_filter_longer_than_its_title_is_seen_at_its_end() {
    for (width, height) in [(100, 30), (80, 24), (60, 20), (40, 10), (24, 8)] {
        for (pane, digit) in [(Pane::Watches, "1"), (Pane::Log, "3"), (Pane::Wire, "4")] {
            let mut app = app(width, height, options(), now());
            typed(&mut app, digit);
            typed(&mut app, &format!("/{}the end", "nothing like this ".repeat(5)));
            let text = picture(&app);
            assert!(text.contains("he end▏"), "{pane:?} at {width}x{height}\n{text}");
        }
    }
}

#[test]
fn what_a_filter_finds_nothing_in_says_so() {
    let mut app = app(80, 24, options(), now());
    typed(&mut app, "/nothing like it");
    assert!(picture(&app).contains("no watch passes the filter"));
}

#[test]
fn where_one_is_among_hundreds_is_seen_on_the_border() {
    let now = now();
    let mut app = App::new(options(), Size::new(100, 30), now);
    // Whoever has pressed a key has them as they were.
    press(&mut app, now, &[KeyCode::Home]);
    app.update(Input::Board(many(now, 300)), now);
    let thumb = |app: &App| picture(app).lines().position(|line| line.contains('┃'));
    let first = thumb(&app).expect("a mark");
    press(&mut app, now, &[KeyCode::End]);
    let last = thumb(&app).expect("a mark");
    let height = ScreenLayout::of(&app, app.size).watch_rows();
    assert_eq!((first, last), (3, 2 + height), "from the first row to the last");
    app.update(Input::Board(scene::board(now)), now);
    assert_eq!(thumb(&app), None, "all are seen");
}

#[test]
fn three_hundred_watches_are_understood_at_one_look() {
    for (width, height) in SIZES {
        let now = now();
        let mut app = App::new(options(), Size::new(width, height), now);
        app.update(Input::Board(many(now, 300)), now);
        insta::assert_snapshot!(format!("many_{width}x{height}"), picture(&app));
    }
}

#[test]
fn up_to_five_watches_are_all_seen_beside_the_other_panes() {
    let text = picture(&app(80, 24, options(), now()));
    for watch in ["gmail/INBOX", "home/INBOX", "old/INBOX", "work/INBOX", "work/lists/rust"] {
        assert!(text.lines().take(9).any(|line| line.contains(watch)), "{watch}\n{text}");
    }
}

#[test]
fn keys_are_for_all_that_are_marked_until_escape() {
    let mut app = app(100, 30, options(), now());
    typed(&mut app, "1g  ");
    let now = app.now;
    let press_d = Input::Term(crossterm::event::Event::Key(crossterm::event::KeyCode::Char('d').into()));
    assert_eq!(app.update(press_d, now).len(), 2);
    typed(&mut app, "l");
    insta::assert_snapshot!("marked_100x30", picture(&app));
    press(&mut app, now, &[KeyCode::Esc]);
    assert!(app.watches.marked.is_empty() && !picture(&app).contains('✓'));
}

/// Watches of which so many stand already, the others being connected.
fn beginning(now: Now, all: usize, stand: usize) -> Board {
    let watch = |n: usize| {
        let mut snapshot = Snapshot::new(WatchId::new("work", &format!("box{n:02}")), Timers::default(), now.at);
        snapshot.phase = if n < stand { Phase::Idling } else { Phase::Connecting };
        (snapshot.id.clone(), Arc::new(snapshot))
    };
    Board { watches: (0..all).map(watch).collect(), ..Board::default() }
}

#[test]
fn the_headline_counts_what_stands_while_many_connect() {
    for (width, said) in [(100, "███░░░░░ 15 of 40 stand"), (60, "15 of 40 stand"), (40, "15/40")] {
        let now = now();
        let mut app = App::new(options(), Size::new(width, 24), now);
        app.update(Input::Board(beginning(now, 40, 15)), now);
        let headline = |app: &App| picture(app).lines().next().unwrap_or_default().to_owned();
        assert!(headline(&app).contains(said), "{}", headline(&app));
        app.update(Input::Board(beginning(now, 40, 40)), now);
        assert!(!headline(&app).contains("stand") && !headline(&app).contains("/40"), "{}", headline(&app));
    }
}

#[test]
fn a_long_catch_up_is_counted_in_the_headline() {
    let now = now();
    let mut board = scene::board(now);
    for snapshot in board.watches.values_mut().take(2) {
        let snapshot = Arc::make_mut(snapshot);
        (snapshot.phase, snapshot.connection.replacing) = (Phase::CatchingUp, false);
        snapshot.since = now.at.checked_sub(scene::secs(3)).expect("late enough");
    }
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board), now);
    assert!(picture(&app).lines().next().is_some_and(|line| line.contains("2 catching up")), "{}", picture(&app));
}

#[test]
fn what_is_to_be_known_of_an_account_stands_in_the_log_the_help_and_at_its_name() {
    let about: BTreeMap<Arc<str>, _> =
        [("gmail".into(), "ignores DONE once an IDLE is 20 s old, until mail comes")].into();
    let options = Options { about, ..options() };
    let now = now();
    let mut app = App::new(options, Size::new(100, 30), now);
    app.update(Input::Board(scene::board(now)), now);
    typed(&mut app, "3z");
    assert!(picture(&app).contains("gmail: ignores DONE once an IDLE is 20 s old, until mail comes"));
    typed(&mut app, "z1A");
    insta::assert_snapshot!("about_100x30", picture(&app));
    typed(&mut app, "?/gmail");
    assert!(picture(&app).contains("The accounts"), "{}", picture(&app));
}

#[test]
fn every_command_is_listed_with_its_key_and_with_what_it_lacks() {
    snap("commands", |app| typed(app, ":"));
    snap("commands_found", |app| typed(app, ":tun"));
}
