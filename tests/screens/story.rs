//! The wire as a story: a stall, its replacement folded and opened, a late answer, a refused attempt, the ends.

use crossterm::event::KeyCode;

use crate::first_run::typed;
use crate::pictures::{app, now, options, picture, press};
use crate::scene;
use mailwatch_proto::model::{
    ConnId, DoneReason, EventKind, Evidence, FaultClass, Phase, Served, Status, Verdict, WireDirection,
};
use mailwatch_tui::tui::app::{App, Effect, Input};
use mailwatch_tui::tui::clock::Now;

/// The picture of the contract: an ignored DONE of connection 3, connection 7 in its place, the late answer.
fn told(app: &mut App, now: Now) {
    use WireDirection::{Client, Server};
    let phase = |to| EventKind::Phase { from: None, to, by: Served::default() };
    let secs = scene::secs;
    let line = scene::wire;
    let (reason, status) = (DoneReason::Reissue, Status::Ok);
    let refused = "cannot connect to imap.gmail.com:993: connection refused".to_owned();
    let refused = EventKind::Fault { class: FaultClass::Connect, message: refused, retry: true };
    let mut events = vec![
        (300, 3, line(Client, "A6 IDLE")),
        (300, 3, line(Server, "+ idling")),
        (60, 3, line(Client, "DONE")),
        (60, 3, EventKind::DoneSent { reason, idle: secs(240) }),
        (60, 3, EventKind::DoneAcked { took: scene::millis(19) }),
        (
            50,
            3,
            EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited: secs(10), evidence: Evidence::default() },
        ),
        (50, 4, phase(Phase::Connecting)),
        (50, 4, refused.clone()),
        (48, 5, phase(Phase::Connecting)),
        (48, 5, refused),
        (40, 7, phase(Phase::Connecting)),
        (40, 7, line(Server, "* OK Gimap ready")),
        (40, 7, EventKind::Connected { addr: None, tls: Some("1.3"), took: scene::millis(30) }),
    ];
    for (tag, sent, answer) in [
        ("A1", "LOGIN ***", "OK me@gmail.com authenticated (Success)"),
        ("A2", "CAPABILITY", "OK Thats all she wrote!"),
        ("A3", "EXAMINE \"INBOX\"", "OK [READ-ONLY] INBOX selected. (Success)"),
    ] {
        events.push((39, 7, line(Client, &format!("{tag} {sent}"))));
        events.push((39, 7, line(Server, &format!("{tag} {answer}"))));
    }
    events.extend([
        (38, 7, line(Client, "A4 IDLE")),
        (38, 7, phase(Phase::Requested)),
        (38, 7, line(Server, "+ idling")),
        (38, 3, EventKind::Replaced { by: ConnId(7), blind: secs(262) }),
        (34, 3, line(Server, "A6 OK IDLE terminated")),
        (34, 3, EventKind::DoneAnswered { reason, took: secs(26), status, untagged: 0, late: true }),
        (34, 3, line(Client, "A7 LOGOUT")),
        (34, 3, line(Server, "* BYE")),
        (
            5,
            7,
            EventKind::Fault {
                class: FaultClass::Closed,
                message: "imap.gmail.com:993 reset the connection (RST)".to_owned(),
                retry: true,
            },
        ),
    ]);
    for (ago, conn, kind) in events {
        app.update(Input::Event(scene::ago(now, ago, Some(("work", "lists/rust")), conn, kind)), now);
    }
}

fn shown(width: u16, height: u16) -> (App, Now) {
    let now = now();
    let mut app = app(width, height, options(), now);
    told(&mut app, now);
    for _ in 0..app.board.watches.len() {
        if app.watches.selected.as_ref().is_some_and(|watch| watch.to_string() == "work/lists/rust") {
            break;
        }
        typed(&mut app, "]");
    }
    typed(&mut app, "4");
    (app, now)
}

#[test]
fn the_wire_tells_what_happened_at_every_size() {
    for (width, height) in [(100, 30), (80, 24), (40, 10), (200, 50)] {
        let (mut app, now) = shown(width, height);
        typed(&mut app, "z");
        insta::assert_snapshot!(format!("folded_{width}x{height}"), picture(&app));
        press(&mut app, now, &[KeyCode::Enter]);
        insta::assert_snapshot!(format!("opened_{width}x{height}"), picture(&app));
    }
}

#[test]
fn enter_opens_and_closes_how_a_connection_was_made_and_elsewhere_the_details() {
    let (mut app, now) = shown(100, 30);
    typed(&mut app, "z");
    let folded = picture(&app);
    press(&mut app, now, &[KeyCode::Enter]);
    assert!(picture(&app).contains("LOGIN ***"), "{}", picture(&app));
    press(&mut app, now, &[KeyCode::Down, KeyCode::Down, KeyCode::Enter]);
    assert!(!picture(&app).contains("LOGIN ***"), "from one of its lines too: {}", picture(&app));
    press(&mut app, now, &[KeyCode::End]);
    let rows = |picture: &str| picture.lines().filter(|row| row.contains('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&picture(&app)), rows(&folded));
    press(&mut app, now, &[KeyCode::Up, KeyCode::Up, KeyCode::Enter]);
    assert!(picture(&app).contains("Details"), "{}", picture(&app));
}

#[test]
fn a_search_finds_a_folded_line_and_opens_what_it_is_in() {
    let (mut app, now) = shown(100, 30);
    typed(&mut app, "z/login");
    press(&mut app, now, &[KeyCode::Enter]);
    assert!(picture(&app).contains("LOGIN ***"), "the filter shows it: {}", picture(&app));
    press(&mut app, now, &[KeyCode::Esc]);
    assert!(!picture(&app).contains("LOGIN ***"), "{}", picture(&app));
    typed(&mut app, "NNN");
    assert!(picture(&app).contains("LOGIN ***"), "{}", picture(&app));
}

#[test]
fn the_pane_keeps_its_place_while_lines_come() {
    let (mut app, now) = shown(100, 30);
    press(&mut app, now, &[KeyCode::Home, KeyCode::Down, KeyCode::Down]);
    let rows =
        |app: &App| picture(app).lines().filter(|row| row.contains("  #")).map(str::to_owned).collect::<Vec<_>>();
    let before = rows(&app);
    for n in 0..40 {
        let line = scene::wire(WireDirection::Server, &format!("* {n} EXISTS"));
        app.update(Input::Event(scene::ago(now, 0, Some(("work", "lists/rust")), 7, line)), now);
    }
    assert_eq!(rows(&app), before);
}

#[test]
fn what_is_copied_is_the_row_at_the_cursor_and_all_rows_opened() {
    let (mut app, now) = shown(100, 30);
    press(&mut app, now, &[KeyCode::Home, KeyCode::Down, KeyCode::Down]);
    let copied = |app: &mut App, key: &str| {
        typed(app, key).into_iter().find_map(|effect| if let Effect::Copy(text) = effect { Some(text) } else { None })
    };
    let line = copied(&mut app, "y").expect("a row is copied");
    assert!(line.ends_with("#3  C  DONE  (acked 19 ms, answered after 26 s)"), "{line}");
    let all = copied(&mut app, "Y").expect("all is copied");
    assert!(all.contains("A1 LOGIN ***") && all.contains("connected, TLS 1.3, login, EXAMINE: 7 lines"), "{all}");
}
