//! A watch's details: what they hold at each size, how they follow the selection, and what strangers' text does to them.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyCode;
use mailwatch_engine::history::{KeptMail, MailList, WatchKey};
use mailwatch_proto::model::{
    Board, DueCanary, EventKind, Evidence, Fault, FaultClass, Finding, FoundBy, PushDelays, Verdict, WatchId,
};
use mailwatch_tui::tui::app::{App, Effect, Input};
use mailwatch_tui::tui::requests::Reply;
use mailwatch_tui::tui::{Characters, Options, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use unicode_width::UnicodeWidthStr;

use crate::pictures::{SIZES, app, now, options, picture, press};
use crate::scene;

/// The details of the scene's watch that is ignored.
fn opened(width: u16, height: u16, options: Options) -> App {
    let now = now();
    let mut app = app(width, height, options, now);
    // Before all other events: those of the past hour come in the order of time.
    app.histories.clear();
    for event in scene::hour(now).into_iter().chain(scene::events(now)) {
        app.update(Input::Event(event), now);
    }
    let mut board = scene::board(now);
    if let Some(gmail) = board.watches.get_mut(&WatchId::new("gmail", "INBOX")) {
        Arc::make_mut(gmail).blind.today = scene::secs(17);
    }
    app.update(Input::Board(board), now);
    press(&mut app, now, &[KeyCode::Home, KeyCode::Enter]);
    app
}

/// All rows, however far one must scroll for them.
fn read_through(app: &mut App) -> String {
    let now = app.now;
    let mut text = picture(app);
    for _ in 0..400 {
        press(app, now, &[KeyCode::PageDown]);
        let next = picture(app);
        if text.ends_with(&next) {
            break;
        }
        text.push_str(&next);
    }
    text
}

#[test]
fn the_details_of_a_watch_that_is_ignored_and_their_end() {
    for ascii in [false, true] {
        for (width, height) in SIZES {
            let characters = if ascii { Characters::AsciiMarks } else { Characters::default() };
            let mut app = opened(width, height, Options { characters, ..options() });
            let suffix = if ascii { "_ascii" } else { "" };
            insta::assert_snapshot!(format!("top{suffix}_{width}x{height}"), picture(&app));
            let now = app.now;
            press(&mut app, now, &[KeyCode::Char('G')]);
            insta::assert_snapshot!(format!("end{suffix}_{width}x{height}"), picture(&app));
        }
    }
}

#[test]
fn everything_that_is_known_is_there_at_every_size_that_can_be_read() {
    for (width, height) in [(200, 50), (149, 50), (100, 30), (80, 24), (60, 20), (40, 10)] {
        let text = read_through(&mut opened(width, height, options()));
        for part in [
            "State",
            "The last hour",
            "each mark",
            "server-ignoring",
            "The last DONE that was not",
            "path-dead",
            "retransmits",
            "snd_wnd",
            "Quarantined",
            "number 4",
            "number 2",
            "EXISTS 12409",
            "Blind",
            "the path was dead",
            "The last DONEs",
            "new-mail",
            "ignored",
            "OK late",
            "192.0.2.10:993",
            "192.0.2.77:51034",
            "TLS13_AES_256_GCM_SHA384",
            "Dovecot 2.3 (os Linux)",
            "Capabilities (9)",
            "CONDSTORE",
        ] {
            assert!(text.contains(part), "{width}x{height}: {part} in\n{text}");
        }
    }
}

#[test]
fn the_delays_of_the_last_30_days_are_a_histogram_above_the_mails_that_were_late() {
    for (width, height) in [(149, 50), (100, 30), (80, 24), (40, 10)] {
        let mut app = opened(width, height, options());
        let now = app.now;
        assert!(read_through(&mut app).contains("not read yet"));
        let kept = |uid: u32, late: u64| KeptMail {
            key: WatchKey { account: "gmail".into(), login: String::new(), mailbox: "INBOX".into() },
            epoch: 0,
            uidvalidity: 1,
            uid,
            at: now.wall,
            from: "Ann Lee <ann@example.org>".into(),
            subject: "Friday?".into(),
            date: None,
            message_id: None,
            flags: Vec::new(),
            headers: true,
            by: FoundBy::Done,
            received: None,
            late: Some(Duration::from_secs(late)),
        };
        let mut delays = PushDelays::default();
        for late in [Some(0), Some(0), Some(7), Some(127), None] {
            delays.add(late.map(Duration::from_secs));
        }
        let list = MailList { mails: vec![kept(9, 127)], delays };
        app.update(Input::Reply(Reply::Mails(1, "".into(), Box::new(list))), now);
        press(&mut app, now, &[KeyCode::Home]);
        let text = read_through(&mut app);
        for part in ["Push delays", "<1s", "<5m", "unknown for 1 more", "Mails that were late", "after DONE", "Ann Lee"]
        {
            assert!(text.contains(part), "{width}x{height}: {part} in\n{text}");
        }
    }
}

#[test]
fn brackets_lead_from_watch_to_watch_and_the_details_follow() {
    let mut app = opened(100, 30, options());
    let now = app.now;
    let names = ["gmail/INBOX", "home/INBOX", "old/INBOX", "work/INBOX", "work/lists/rust", "gmail/INBOX"];
    for name in names {
        assert!(picture(&app).contains(&format!("Details {name}")), "{}", picture(&app));
        press(&mut app, now, &[KeyCode::Char(']')]);
    }
    press(&mut app, now, &[KeyCode::Char('['), KeyCode::Char('['), KeyCode::Char('[')]);
    assert_eq!(app.watches.selected, Some(WatchId::new("work", "INBOX")));
}

#[test]
fn a_line_of_the_log_is_read_whole_in_the_details_it_opens() {
    let now = now();
    let mut app = app(100, 30, options(), now);
    let text = format!("{}END-OF-IT", "a sentence that goes on and on, ".repeat(40));
    let verdict = EventKind::Verdict { verdict: Verdict::PathDead, text, evidence: None, mails: Vec::new() };
    app.update(Input::Event(scene::ago(now, 0, Some(("home", "INBOX")), 7, verdict)), now);
    press(&mut app, now, &[KeyCode::Char('3')]);
    assert!(!picture(&app).contains("END-OF-IT"), "the log cuts it: {}", picture(&app));
    press(&mut app, now, &[KeyCode::Char('f'), KeyCode::Enter]);
    assert!(picture(&app).contains("Details home/INBOX"), "{}", picture(&app));
    assert!(picture(&app).contains("END-OF-IT"), "{}", picture(&app));
    press(&mut app, now, &[KeyCode::Char(']')]);
    assert!(!picture(&app).contains("END-OF-IT"), "another watch's line goes: {}", picture(&app));
}

#[test]
fn the_details_are_copied_whole_as_plain_text() {
    let mut app = opened(40, 10, options());
    let now = app.now;
    let key = crossterm::event::KeyEvent::new(KeyCode::Char('y'), crossterm::event::KeyModifiers::NONE);
    let effects = app.update(Input::Term(crossterm::event::Event::Key(key)), now);
    let [Effect::Copy(text)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(text.starts_with("Details gmail/INBOX\n"), "{text}");
    for part in ["server-ignoring", "192.0.2.77:51034", "OK late", "CONDSTORE"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(
        app.notices.notice.as_ref().is_some_and(|notice| notice.contains("of the details")),
        "{:?}",
        app.notices.notice
    );
}

/// A watch all of whose texts come from somebody who means harm.
fn hostile(board: &mut Board, text: &str) {
    for snapshot in board.watches.values_mut() {
        let snapshot = Arc::make_mut(snapshot);
        let mut server = (*snapshot.connection.server).clone();
        server.capabilities = [text, "IDLE", text].map(str::to_owned).into();
        server.id = Some(text.to_owned());
        snapshot.connection.server = Arc::new(server);
        let evidence = Some(Evidence { acked: Some(true), outq: Some(u64::MAX), ..Evidence::default() });
        snapshot.finding =
            Some(Finding { verdict: Verdict::Closed, text: text.to_owned(), evidence, mails: Vec::new() });
        snapshot.fault = Some(Fault::retry_after(FaultClass::Closed, text));
    }
}

#[test]
fn strangers_text_keeps_the_details_border_straight() {
    let texts = [
        "\u{fffd}[31m\u{fffd}]0;x\u{fffd} escapes as they come after sanitising".to_owned(),
        "x".repeat(10_000),
        "日本語の能力".repeat(100),
        "👩\u{200d}💻 ❤\u{fe0f} 🇩🇪 👍🏽".repeat(60),
        "שלום עולם مرحبا ".repeat(60),
        "e\u{301}\u{301}\u{301}z\u{335}\u{336}".repeat(100),
    ];
    for (width, height) in [(200, 50), (149, 50), (100, 30), (80, 24), (61, 20), (40, 10), (20, 5), (7, 5)] {
        for text in &texts {
            let mut app = opened(width, height, options());
            let now = app.now;
            let mut board = scene::board(now);
            hostile(&mut board, text);
            app.update(Input::Board(board), now);
            for _ in 0..3 {
                assert_straight(&app);
                press(&mut app, now, &[KeyCode::PageDown]);
            }
            press(&mut app, now, &[KeyCode::Char('G')]);
            assert_straight(&app);
        }
    }
}

/// The popup's border stands on both sides of each row, and no row is wider than the screen.
fn assert_straight(app: &App) {
    let (width, height) = (app.size.width, app.size.height);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test's terminal");
    terminal.draw(|frame| draw(frame, app)).expect("a test's terminal");
    let area = mailwatch_tui::tui::draw::popup_area(app);
    let buffer = terminal.backend().buffer();
    for y in area.top() + 1..area.bottom() - 1 {
        for x in [area.left(), area.right() - 1] {
            assert_eq!(buffer[(x, y)].symbol(), "│", "{width}x{height} at {x},{y}\n{}", terminal.backend());
        }
        let mut x = 0;
        while x < width {
            x += u16::try_from(buffer[(x, y)].symbol().width().max(1)).expect("a cell's width");
        }
        assert_eq!(x, width, "row {y}\n{}", terminal.backend());
    }
}

#[test]
fn the_last_canary_stands_with_what_it_showed_and_when() {
    let now = now();
    let opened = || opened(100, 60, options());
    assert!(!read_through(&mut opened()).contains("canary"));
    let told = |announced, removed| {
        scene::ago(now, 60_000, Some(("gmail", "INBOX")), 7, EventKind::Canary { announced, removed })
    };
    for (announced, removed, text) in [
        (Some(Duration::from_millis(482)), true, "announced in 482 ms, at 14:02:27"),
        (None, true, "not announced, at 14:02:27"),
        (None, false, "not announced, at 14:02:27; its message may be in the mailbox still"),
    ] {
        let mut app = opened();
        app.update(Input::Event(told(announced, removed)), now);
        let shown = read_through(&mut app);
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[test]
fn the_next_canary_stands_with_when_it_is_due_in_its_own_mailbox_alone() {
    let now = now();
    let due_in = |mailbox: &str, left: Duration, ran: Option<EventKind>| {
        let mut app = opened(100, 60, options());
        if let Some(kind) = ran {
            app.update(Input::Event(scene::ago(now, 60_000, Some(("gmail", "INBOX")), 7, kind)), now);
        }
        let mut board = app.board.clone();
        let at = now.at + left;
        board.canaries.insert("gmail".into(), DueCanary { mailbox: mailbox.into(), at });
        app.update(Input::Board(board), now);
        read_through(&mut app)
    };
    let shown = due_in("INBOX", Duration::from_secs(2 * 3600 + 65), None);
    assert!(shown.contains("canary        the next is due in 2:01:05, at 16:04:32"), "{shown}");
    let shown = due_in("INBOX", Duration::ZERO, None);
    assert!(shown.contains("canary        the next is due now, or as soon as the watch is live"), "{shown}");
    let announced = EventKind::Canary { announced: Some(Duration::from_millis(482)), removed: true };
    let shown = due_in("INBOX", Duration::from_secs(65), Some(announced));
    assert!(
        shown.contains("canary        announced in 482 ms") && shown.contains("the next is due in 1:05"),
        "{shown}"
    );
    let shown = due_in("lists/rust", Duration::from_secs(65), None);
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn no_canary_is_due_once_the_engine_is_gone() {
    let now = now();
    let mut app = opened(100, 60, options());
    let mut board = app.board.clone();
    board.canaries.insert("gmail".into(), DueCanary { mailbox: "INBOX".into(), at: now.at + Duration::from_secs(65) });
    app.update(Input::Board(board), now);
    assert!(picture(&app).contains("the next is due in 1:05"), "{}", picture(&app));
    app.update(Input::EngineEnded { why: None, standing_by: true }, now);
    assert!(!read_through(&mut app).contains("canary"));
}
