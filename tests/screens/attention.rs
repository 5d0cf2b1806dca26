//! The line below the watches: each thing that is wrong has a sentence that fits, and a key that does something about it.

use std::sync::Arc;

use crossterm::event::{Event as TermEvent, KeyCode};
use mailwatch_proto::model::{
    Command, DoneReason, EventKind, Evidence, Fault, FaultClass, Finding, Origin, Phase, Served, Setting, Timer,
    Unannounced, Verdict, WatchId,
};
use mailwatch_tui::tui::app::{App, Effect, Input};
use mailwatch_tui::tui::attention::Remedy;
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::requests::{Request, ShareOrder};
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

/// The attention line in each of these widths: whole, and with its key.
fn lines(app: &mut App, now: Now, who: &str) -> Vec<String> {
    [(100, 30), (80, 24), (40, 10)]
        .map(|(width, height)| {
            app.update(Input::Term(TermEvent::Resize(width, height)), now);
            let text = picture(app);
            let offers = |line: &&str| {
                line.contains(who) && (line.contains("  x ") || line.trim_end_matches(['"', ' ']).ends_with(" x"))
            };
            let line = text.lines().find(offers).unwrap_or_else(|| panic!("{who} has no line: {text}"));
            assert!(!line.contains('…'), "{line}");
            line.trim_matches('"').trim_end().to_owned()
        })
        .to_vec()
}

#[test]
fn every_fault_has_a_sentence_that_fits_every_width_and_something_to_do() {
    let now = now();
    let mut all = Vec::new();
    for class in FaultClass::ALL {
        let message = "imap.example.org:993 (192.0.2.10) did not do what it was asked for, and said so at some length";
        for fault in [Fault::retry_after(class, message), Fault::needs_user(class, message)] {
            all.extend(lines(&mut with_fault(now, fault), now, "old"));
        }
    }
    insta::assert_snapshot!("attention_faults", all.join("\n"));
}

/// The scene, in which one watch has this verdict while it idles.
fn with_verdict(now: Now, verdict: Verdict) -> App {
    let mut board = scene::board(now);
    board.watches.retain(|id, _| id.to_string() == "work/INBOX");
    let work = board.watches.get_mut(&WatchId::new("work", "INBOX")).expect("a watch of the scene");
    let mails = [3, 724].map(|late| Unannounced { uid: 7, received: None, found_after: scene::secs(late) });
    let (text, evidence) = ("as the program puts it".to_owned(), None);
    Arc::make_mut(work).finding = Some(Finding { verdict, text, evidence, mails: mails.to_vec() });
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board), now);
    app
}

/// Why a verdict has no line of its own; `None` where it has one.
const fn needs_no_line(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Live => Some("all is well"),
        Verdict::Finishing | Verdict::Slept => Some("DONE is sent, and finds out"),
        Verdict::Closed | Verdict::Limited | Verdict::Refused => Some("the fault that came with it has one"),
        Verdict::Quiet
        | Verdict::ServerIgnoring
        | Verdict::PathDead
        | Verdict::ServerNotReading
        | Verdict::NotKnown
        | Verdict::NotPushing => None,
    }
}

#[test]
fn every_verdict_has_a_sentence_that_fits_every_width_and_something_to_do() {
    let now = now();
    let mut all = Vec::new();
    for verdict in Verdict::ALL {
        let mut app = with_verdict(now, verdict);
        match needs_no_line(verdict) {
            Some(why) => {
                assert_eq!(app.notices.attention(), None, "{verdict:?}: {why}");
                all.push(format!("{}: {why}", verdict.name()));
            }
            None => all.extend(lines(&mut app, now, "work")),
        }
    }
    insta::assert_snapshot!("attention_verdicts", all.join("\n"));
}

#[test]
fn many_watches_and_long_names_fit_too() {
    let now = now();
    let mut board = scene::board(now);
    let down = board.watches[&WatchId::new("old", "INBOX")].clone();
    board.watches.clear();
    for n in 0..40 {
        let mut one = (*down).clone();
        one.id = WatchId::new(if n < 20 { "a" } else { "b" }, &format!("a mailbox with a long name {n}"));
        one.fault = Some(Fault::retry_after(
            FaultClass::Connect,
            "cannot connect to imap.example.org:993: 192.0.2.1:993 refused the connection. Look there",
        ));
        one.finding = None;
        board.watches.insert(one.id.clone(), Arc::new(one));
    }
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board), now);
    insta::assert_snapshot!(lines(&mut app, now, "40 watches").join("\n"), @r"
    ✕ 40 watches of 2 accounts are down for 0:36: the server refused the connection          x try now
    ✕ 40 watches of 2 accounts are down for 0:36: no connection          x try now
    ✕ 40 watches: no connection  x try now
    ");
}

#[test]
fn a_done_that_was_ignored_while_the_display_was_frozen_counts_as_soon_as_it_goes_on() {
    let now = now();
    let mut board = scene::board(now);
    board.watches.retain(|id, _| *id == WatchId::new("work", "INBOX"));
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board), now);
    key(&mut app, now, KeyCode::Char('F'));
    let work = Some(("work", "INBOX"));
    let sent = EventKind::DoneSent { reason: DoneReason::Reissue, idle: scene::secs(300) };
    let stalled =
        EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited: scene::secs(10), evidence: Evidence::default() };
    app.update(Input::Event(scene::ago(now, 11_000, work, 1, sent)), now);
    app.update(Input::Event(scene::ago(now, 1_000, work, 1, stalled)), now);
    assert!(!picture(&app).contains("1 ignored DONE"), "{}", picture(&app));
    key(&mut app, now, KeyCode::Char('F'));
    assert!(picture(&app).contains("1 ignored DONE"), "{}", picture(&app));
    // Half an hour later nobody needs to be told, however much comes in meanwhile.
    for _ in 0..=30 * 60 * 4 {
        let later = Now { at: app.now.at + scene::millis(250), wall: app.now.wall + scene::millis(250) };
        app.update(Input::Term(TermEvent::FocusGained), later);
    }
    assert!(!picture(&app).contains("ignored DONE"), "{}", picture(&app));
}

#[test]
fn a_key_that_tries_again_promises_no_login_that_is_not_due() {
    let now = now();
    for (class, said) in [
        (FaultClass::Connect, "trying 1 watch now"),
        (FaultClass::Auth, "trying 1 watch now, unless too many logins were refused"),
    ] {
        let mut board = scene::board(now);
        let mut down = (*board.watches[&WatchId::new("old", "INBOX")]).clone();
        down.fault = Some(Fault::retry_after(class, "imap.example.org:993 did not like it"));
        down.finding = None;
        board.watches = [(down.id.clone(), Arc::new(down))].into();
        let mut app = App::new(options(), Size::new(100, 30), now);
        app.update(Input::Board(board), now);
        let effects = key(&mut app, now, KeyCode::Char('x'));
        assert_eq!(effects, [Effect::Ask(WatchId::new("old", "INBOX"), Command::Reconnect)]);
        assert!(picture(&app).contains(said), "{class}: {}", picture(&app));
    }
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
fn a_servers_words_are_said_without_their_code_and_what_helps_against_them_comes_first() {
    let now = now();
    let message = "imap.example.org:993 refused the login: [WEBALERT https://example.org/a] Web login required. Sign in \
                   with a browser once and confirm that it is you";
    let mut app = with_fault(now, Fault::needs_user(FaultClass::Auth, message));
    press(&mut app, now, &[KeyCode::Char('g'), KeyCode::Down]);
    let text = picture(&app);
    assert!(text.contains("is down for 0:36: the server refused the login: Web login required "), "{text}");
    assert!(text.contains("Sign in with a browser once and"), "{text}");
    assert!(!text.contains("Mend the user"), "{text}");
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

#[test]
fn a_server_that_allows_fewer_connections_has_them_shared_for_good_after_a_question() {
    let now = now();
    let mut board = scene::board(now);
    let live = board.watches[&WatchId::new("work", "INBOX")].clone();
    board.watches.clear();
    for n in 0..8 {
        let mut one = (*live).clone();
        one.id = WatchId::new("work", &format!("box{n}"));
        one.sharing.served = if n < 3 { Served::Own } else { Served::Notify };
        board.watches.insert(one.id.clone(), Arc::new(one));
    }
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(board.clone()), now);
    assert_eq!(app.notices.attention(), None, "they share what the configuration allows");
    board.connection_limits.insert("work".into(), 2);
    app.update(Input::Board(board.clone()), now);
    insta::assert_snapshot!(lines(&mut app, now, "work").join("\n"), @r"
    ! work: the server allows 3 connections, which 8 mailboxes share               x share connections
    ! work: 8 mailboxes share 3 connections                    x share connections
    ! work: 3 connections allowed        x
    ");
    app.update(Input::Term(TermEvent::Resize(100, 30)), now);
    assert!(key(&mut app, now, KeyCode::Char('x')).is_empty(), "it is asked first");
    insta::assert_snapshot!("attention_share", picture(&app));
    let effects = key(&mut app, now, KeyCode::Enter);
    let order = ShareOrder { account: "work".to_owned(), connections: 3 };
    assert_eq!(effects, [Effect::Request(Request::Share(order))]);

    // One that the server refuses just now, beside those that stand.
    let mut down = (*live).clone();
    down.id = WatchId::new("work", "down");
    (down.phase, down.finding) = (Phase::Waiting, None);
    down.fault = Some(Fault::retry_after(FaultClass::Limit, "too many connections"));
    board.connection_limits.clear();
    board.watches.insert(down.id.clone(), Arc::new(down));
    app.update(Input::Board(board), now);
    let offered = app.notices.attention().map(|attention| attention.remedy.clone());
    assert_eq!(offered, Some(Remedy::Share("work".into(), 3)));
}
