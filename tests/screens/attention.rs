//! The line below the watches: each thing that is wrong has a sentence that fits, and a key that does something about it.

use std::sync::Arc;

use crossterm::event::{Event as TermEvent, KeyCode};
use mailwatch_proto::model::{Command, Fault, FaultClass, Origin, Phase, Setting, Timer, WatchId};
use mailwatch_tui::tui::app::{App, Effect, Input};
use mailwatch_tui::tui::attention::Remedy;
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::requests::Request;
use ratatui::layout::Size;

use crate::pictures::{app, now, options, picture, press};
use crate::scene;

fn key(app: &mut App, now: Now, code: KeyCode) -> Vec<Effect> {
    app.update(Input::Term(TermEvent::Key(code.into())), now)
}

/// The scene, in which one watch has this fault.
fn with_fault(now: Now, fault: Fault) -> App {
    let mut board = scene::board(now);
    board.watches.retain(|id, _| &*id.account != "gmail");
    let old = board.watches.get_mut(&WatchId::new("old", "INBOX")).expect("a watch of the scene");
    let old = Arc::make_mut(old);
    old.phase = if fault.retry() { Phase::Waiting } else { Phase::Failed };
    (old.fault, old.finding) = (Some(fault), None);
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board), now);
    app
}

#[test]
fn every_fault_has_a_sentence_that_fits_and_something_to_do() {
    let now = now();
    let mut lines = Vec::new();
    for class in FaultClass::ALL {
        let message = "imap.example.org:993 (192.0.2.10) did not do what it was asked for, and said so at some length";
        for fault in [Fault::retry_after(class, message), Fault::needs_user(class, message)] {
            let text = picture(&with_fault(now, fault));
            let line = text.lines().find(|line| line.contains("old/INBOX") && line.contains(" x ")).expect("a line");
            assert!(!line.contains('…'), "{line}");
            lines.push(line.trim_matches('"').trim_end().to_owned());
        }
    }
    insta::assert_snapshot!("attention_faults", lines.join("\n"));
}

#[test]
fn a_server_that_ignores_old_idles_gets_a_shorter_reissue_and_is_asked_to_keep_it() {
    let now = now();
    let mut app = app(100, 30, options(), now);
    let mut board = scene::board(now);
    let gmail = board.watches.get_mut(&WatchId::new("gmail", "INBOX")).expect("a watch of the scene");
    Arc::make_mut(gmail).timers.set(Timer::Reissue, Some(scene::secs(300)), Origin::Config);
    app.update(Input::Board(board), now);
    key(&mut app, now, KeyCode::Char('X'));
    insta::assert_snapshot!("attention_ignored_100x30", picture(&app));
    let attention = app.notices.attention().cloned().expect("something is wrong");
    assert_eq!(attention.remedy, Remedy::Reissue("gmail".into(), scene::secs(270)));
    let effects = key(&mut app, now, KeyCode::Char('x'));
    let retune = Command::Retune { timer: Timer::Reissue, value: Some(scene::secs(270)), by: None };
    assert_eq!(effects, [Effect::Ask(WatchId::new("gmail", "INBOX"), retune)]);
    insta::assert_snapshot!("attention_question_100x30", picture(&app));
    let effects = key(&mut app, now, KeyCode::Enter);
    let [Effect::Request(Request::Save(tuned))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(tuned[0].setting, Setting::Value(Some(scene::secs(270))));
}

#[test]
fn a_page_that_the_server_names_is_shown_whole_and_opened_only_after_a_question() {
    let now = now();
    let page = "https://accounts.example.org/signin/continue?sarp=1&scc=1&plt=AKgnsbs-Web";
    let fault =
        Fault::needs_user(FaultClass::Auth, format!("refused the login: [WEBALERT {page}] Web login required."));
    let mut app = with_fault(now, fault);
    assert!(key(&mut app, now, KeyCode::Char('x')).is_empty());
    assert!(picture(&app).contains(page), "{}", picture(&app));
    let effects = key(&mut app, now, KeyCode::Enter);
    assert!(matches!(&effects[..], [Effect::Run(command)] if command[1] == page), "{effects:?}");
    key(&mut app, now, KeyCode::Char('x'));
    assert!(key(&mut app, now, KeyCode::Esc).is_empty());
}

#[test]
fn where_nothing_is_wrong_there_is_no_line_and_the_keys_say_so() {
    let now = now();
    let mut board = scene::board(now);
    board.watches.retain(|id, _| &*id.account == "work");
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board), now);
    for code in ['x', 'X'] {
        press(&mut app, now, &[KeyCode::Char(code)]);
        assert!(picture(&app).contains("nothing is wrong"), "{}", picture(&app));
    }
}
