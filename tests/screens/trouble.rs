//! What the table, the headline and the timers say of a watch that is, or was, in trouble.

use std::sync::Arc;

use crossterm::event::KeyCode;
use mailwatch_proto::model::{Evidence, Fault, FaultClass, Finding, Phase, Snapshot, Timer, Verdict, WatchId};
use mailwatch_tui::tui::app::{App, Input};
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::{Options, words};

use crate::{pictures, scene};

/// The scene with one watch changed, and that one selected.
fn changed(size: (u16, u16), name: (&str, &str), change: impl FnOnce(&mut Snapshot, Now)) -> App {
    let now = pictures::now();
    let mut app = pictures::app(size.0, size.1, pictures::options(), now);
    let mut board = scene::board(now);
    let id = WatchId::new(name.0, name.1);
    let snapshot = board.watches.get_mut(&id).expect("a watch of the scene");
    change(Arc::make_mut(snapshot), now);
    app.update(Input::Board(board), now);
    pictures::press(&mut app, now, &[KeyCode::Home]);
    for _ in 0..5 {
        if app.watches.selected.as_ref() != Some(&id) {
            pictures::press(&mut app, now, &[KeyCode::Down]);
        }
    }
    assert_eq!(app.watches.selected, Some(id));
    app
}

/// The quarantined connection has been replaced: the watch is live again.
fn replaced(snapshot: &mut Snapshot, now: Now) {
    snapshot.phase = Phase::Idling;
    snapshot.connection.replacing = false;
    snapshot.connection.idle_since = Some(now.at);
    snapshot.deadline = Some((now.at + snapshot.timers.limit(Timer::Reissue), Timer::Reissue));
    snapshot.receipt = None;
    snapshot.finding = Some(Finding {
        verdict: Verdict::Live,
        text: "DONE is answered.".to_owned(),
        evidence: None,
        mails: Vec::new(),
    });
}

fn failed(snapshot: &mut Snapshot, _: Now) {
    snapshot.phase = Phase::Failed;
    snapshot.deadline = None;
    snapshot.finding = None;
    let message = "mail.example.org refused the login with: LOGIN failed.";
    snapshot.fault = Some(Fault::needs_user(FaultClass::Auth, message));
}

#[test]
fn an_ignored_done_stays_visible_after_its_connection_was_replaced() {
    for (width, height) in [(200, 50), (100, 30), (80, 24), (40, 10)] {
        let app = changed((width, height), ("gmail", "INBOX"), replaced);
        insta::assert_snapshot!(format!("ignored_{width}x{height}"), pictures::picture(&app));
    }
    let narrow = pictures::picture(&changed((40, 10), ("gmail", "INBOX"), replaced));
    assert!(narrow.contains("! 1"), "{narrow}");
    let text = pictures::picture(&changed((80, 24), ("gmail", "INBOX"), replaced));
    assert!(text.contains("! 1 ignored DONE") && text.contains("! gmail/INBOX       replaced     0:01"), "{text}");
}

#[test]
fn an_ignored_done_is_remembered_when_the_quarantine_has_ended() {
    let ended = |snapshot: &mut Snapshot, now| {
        replaced(snapshot, now);
        snapshot.quarantined = None;
    };
    let app = changed((100, 30), ("gmail", "INBOX"), ended);
    let text = pictures::picture(&app);
    assert!(text.contains("! 1 ignored DONE") && text.contains("replaced     0:0"), "{text}");
    let mut app = app;
    let now = Now { at: app.now.at + scene::secs(1900), wall: app.now.wall + scene::secs(1900) };
    app.tick(now);
    assert!(!pictures::picture(&app).contains("ignored DONE"));
}

#[test]
fn a_failed_watch_is_named_by_class_and_its_timers_say_what_to_do() {
    let app = changed((80, 24), ("old", "INBOX"), failed);
    assert!(pictures::picture(&app).contains("login refused"));
    let app = changed((100, 30), ("old", "INBOX"), failed);
    let text = pictures::picture(&app);
    assert!(text.contains("Fix the user"), "{text}");
    insta::assert_snapshot!("failed_100x30", text);
    let fault = app.selection().and_then(|snapshot| snapshot.fault.clone()).expect("it failed");
    assert!(words::advice_with_keys(&fault, &app.options.keys, "work", false).is_some());
}

#[test]
fn an_ack_that_is_a_proxys_is_called_so() {
    let proxied = |snapshot: &mut Snapshot, _| {
        let evidence = Some(Evidence { acked: Some(true), proxy: Some(true), ..Evidence::default() });
        snapshot.finding =
            Some(Finding { verdict: Verdict::Live, text: "DONE is answered.".to_owned(), evidence, mails: Vec::new() });
    };
    let through = |snapshot: &mut Snapshot, _| {
        let server = Arc::make_mut(&mut snapshot.connection.server);
        server.proxy = Some("socks5://192.0.2.7:1080".to_owned());
    };
    let before_a_stall = pictures::picture(&changed((200, 50), ("work", "INBOX"), through));
    assert!(before_a_stall.contains("acked by proxy"), "{before_a_stall}");
    let wide = pictures::picture(&changed((200, 50), ("work", "INBOX"), proxied));
    assert!(wide.contains("acked by proxy"), "{wide}");
    let narrow = pictures::picture(&changed((80, 24), ("work", "INBOX"), proxied));
    assert!(narrow.contains("written─proxy"), "{narrow}");
    let plain = pictures::picture(&changed((200, 50), ("work", "INBOX"), |_, _| {}));
    assert!(!plain.contains("proxy"), "{plain}");
}

#[test]
fn that_keys_of_tls_are_written_is_seen_at_every_size() {
    for (width, height, words) in
        [(200, 50, "TLS KEYS LOGGED"), (80, 24, "TLS KEYS LOGGED"), (40, 10, "TLS KEYS!"), (20, 5, "TLS KEYS!")]
    {
        let options = Options { keylog: true, ..pictures::options() };
        let text = pictures::picture(&pictures::app(width, height, options, pictures::now()));
        assert!(text.lines().next().is_some_and(|line| line.contains(words)), "{width}: {text}");
    }
}

#[test]
fn a_hook_that_failed_is_seen_in_the_headline_until_one_does_its_work() {
    let now = pictures::now();
    for (width, height, words) in [
        (200, 50, "! 3 hooks failed"),
        (100, 30, "! 3 hooks failed"),
        (80, 24, "! 3 hooks failed"),
        (40, 10, "! 3 hook"),
    ] {
        let mut app = pictures::app(width, height, pictures::options(), now);
        let mut board = scene::board(now);
        board.failed_hooks = [("work", 2), ("home", 1)].map(|(account, count)| (account.into(), count)).into();
        app.update(Input::Board(board.clone()), now);
        let text = pictures::picture(&app);
        assert!(text.lines().next().is_some_and(|line| line.contains(words)), "{width}: {text}");
        board.failed_hooks.clear();
        app.update(Input::Board(board), now);
        let text = pictures::picture(&app);
        assert!(!text.lines().next().unwrap_or_default().contains("hook"), "{width}: {text}");
    }
}
