//! The story as it is told of events.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use proptest::prelude::*;

use super::*;
use mailwatch_proto::model::WireDirection::{Client, Server};
use mailwatch_proto::model::{
    ConnId, DoneReason, Event, EventKind, Evidence, FaultClass, Phase, Served, Status, Verdict, WireDirection, WireLine,
};

/// Events at moments, in milliseconds.
fn event(at: u64, conn: u64, kind: EventKind) -> Event {
    let ts = SystemTime::UNIX_EPOCH + Duration::from_millis(at);
    Event { ts, at: Instant::now(), watch: None, conn: Some(ConnId(conn)), kind }
}

fn wire(at: u64, conn: u64, direction: WireDirection, text: &str) -> Event {
    event(at, conn, EventKind::Wire(WireLine { direction, text: text.to_owned() }))
}

fn phase(at: u64, conn: u64, to: Phase) -> Event {
    event(at, conn, EventKind::Phase { from: None, to, by: Served::default() })
}

fn connected(at: u64, conn: u64) -> Event {
    event(at, conn, EventKind::Connected { addr: None, tls: Some("1.3"), took: Duration::from_millis(20) })
}

fn fault(at: u64, conn: u64, class: FaultClass, message: &str) -> Event {
    event(at, conn, EventKind::Fault { class, message: message.to_owned(), retry: true })
}

fn story(events: impl IntoIterator<Item = Event>) -> Story {
    let mut story = Story::default();
    for event in events {
        story.record(&event);
    }
    story
}

/// What is shown, as a reader sees it.
fn read(story: &Story, needle: &str) -> Vec<String> {
    let shown = story.shown(needle).into_iter();
    shown
        .map(|number| {
            let row = story.get(number).expect("what is shown is there");
            let mark = match &row.what {
                What::Line(Client) => "C",
                What::Line(Server) => "S",
                What::Opening(_) => "--",
                What::Note(Tone::Trouble) => "x",
                What::Note(Tone::Calm) => ".",
            };
            let beside = row.beside.as_ref().map_or_else(String::new, |beside| format!(" ({})", beside.whole()));
            let conn = row.conn.map_or(0, |conn| conn.0);
            format!("{}#{conn} {mark} {}{beside}", if Story::is_inner(number) { "  " } else { "" }, row.text)
        })
        .collect()
}

/// A connection that is made: nine lines in 96 ms.
fn making(from: u64, conn: u64) -> Vec<Event> {
    let line = |n: u64, direction, text: &str| wire(from + 20 + n, conn, direction, text);
    vec![
        phase(from, conn, Phase::Connecting),
        line(0, Server, "* OK ready"),
        connected(from + 20, conn),
        line(1, Client, "A1 LOGIN ***"),
        line(9, Server, "A1 OK Logged in"),
        line(10, Client, "A2 CAPABILITY"),
        line(11, Server, "* CAPABILITY IMAP4rev1 IDLE"),
        line(12, Server, "A2 OK done"),
        line(13, Client, "A3 EXAMINE INBOX"),
        line(70, Server, "* 23 EXISTS"),
        line(76, Server, "A3 OK [READ-ONLY] done"),
    ]
}

#[test]
fn a_connections_making_is_one_row_that_opens_and_closes() {
    let mut story = story(making(0, 7));
    assert_eq!(read(&story, ""), ["#7 -- connecting, TLS 1.3, login, EXAMINE: 9 lines"]);
    for event in [wire(97, 7, Client, "A4 IDLE"), phase(97, 7, Phase::Requested), wire(99, 7, Server, "+ idling")] {
        story.record(&event);
    }
    let folded = ["#7 -- connected, TLS 1.3, login, EXAMINE: 9 lines, 97 ms", "#7 C A4 IDLE", "#7 S + idling"];
    assert_eq!(read(&story, ""), folded);
    let opening = story.shown("")[0];
    assert_eq!(story.toggle(opening), Some(opening));
    let open = read(&story, "");
    assert_eq!(open.len(), 12);
    assert_eq!(open[1..3], ["  #7 S * OK ready", "  #7 C A1 LOGIN ***"]);
    assert_eq!(open[9], "  #7 S A3 OK [READ-ONLY] done (to EXAMINE, 63 ms)");
    let inner = story.shown("")[4];
    assert_eq!(story.toggle(inner), Some(opening));
    assert_eq!(read(&story, ""), folded);
}

#[test]
fn an_answer_says_what_it_answers_and_how_late_and_done_what_became_of_it() {
    let (reason, status) = (DoneReason::Reissue, Status::Ok);
    let answered =
        |took, late| EventKind::DoneAnswered { reason, took: Duration::from_millis(took), status, untagged: 0, late };
    let acked = EventKind::DoneAcked { took: Duration::from_millis(19) };
    let prompt = story([
        wire(0, 3, Client, "A5 IDLE"),
        wire(1, 3, Server, "+ idling"),
        wire(10, 3, Client, "DONE"),
        wire(48, 3, Server, "A5 OK IDLE terminated"),
        event(48, 3, acked.clone()),
        event(48, 3, answered(38, false)),
    ]);
    let wanted =
        ["#3 C A5 IDLE", "#3 S + idling", "#3 C DONE (acked 19 ms)", "#3 S A5 OK IDLE terminated (to DONE, 38 ms)"];
    assert_eq!(read(&prompt, ""), wanted);
    let evidence = Evidence::default();
    let span = Duration::from_secs(10);
    let late = story([
        wire(0, 3, Client, "DONE"),
        event(19, 3, acked),
        event(10_000, 3, EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited: span, evidence }),
        phase(10_000, 7, Phase::Connecting),
        wire(26_000, 3, Server, "A6 OK IDLE terminated"),
        event(26_000, 3, answered(26_000, true)),
    ]);
    let wanted = [
        "#3 C DONE (acked 19 ms, answered after 26 s)",
        "#3 x no answer in 10 s: the server ignores DONE",
        "#7 -- connecting",
        "#3 S A6 OK IDLE terminated (to DONE, late, 26 s)",
    ];
    assert_eq!(read(&late, ""), wanted);
}

#[test]
fn each_end_is_a_line_with_its_reason_once() {
    let peer = "imap.example.org:993";
    let closed = || Verdict::Closed;
    let cases: [(Vec<Event>, &[&str]); 7] = [
        (
            vec![fault(0, 3, FaultClass::Closed, &format!("{peer} reset the connection (RST)"))],
            &["#3 x the server reset the connection (RST)"],
        ),
        (
            vec![
                fault(0, 3, FaultClass::Closed, &format!("{peer} closed the connection without BYE")),
                event(
                    0,
                    3,
                    EventKind::Verdict { verdict: closed(), text: "Closed.".into(), evidence: None, mails: vec![] },
                ),
            ],
            &["#3 x the server closed the connection without BYE (FIN)"],
        ),
        (
            vec![
                event(0, 3, EventKind::Bye { text: "Autologout".into() }),
                fault(0, 3, FaultClass::Closed, &format!("{peer} said BYE: Autologout")),
            ],
            &["#3 x ended by the server: BYE Autologout"],
        ),
        (
            vec![fault(0, 3, FaultClass::Timeout, &format!("{peer} did not answer NOOP within 30 s"))],
            &["#3 x the server did not answer NOOP within 30 s"],
        ),
        (
            vec![event(0, 3, EventKind::Replaced { by: ConnId(7), blind: Duration::from_secs(2) })],
            &["#3 . replaced by #7, blind for 2.0 s"],
        ),
        (
            vec![wire(0, 3, Client, "A9 LOGOUT"), wire(4, 3, Server, "* BYE bye"), wire(5, 3, Server, "A9 OK done")],
            &["#3 C A9 LOGOUT", "#3 S * BYE bye", "#3 . closed: logged out", "#3 S A9 OK done (to LOGOUT, 5.0 ms)"],
        ),
        (vec![wire(0, 3, Client, "(let go after 30:00)")], &["#3 . let go after 30:00"]),
    ];
    for (events, wanted) in cases {
        assert_eq!(read(&story(events), ""), wanted);
    }
}

#[test]
fn refused_attempts_are_told_among_the_rest_and_the_same_again_is_counted() {
    let refused = "cannot connect to imap.example.org:993: connection refused";
    let mut events = Vec::new();
    for (at, conn) in [(0, 4), (2_000, 5), (6_000, 6)] {
        events.push(phase(at, conn, Phase::Connecting));
        events.push(fault(at + 1, conn, FaultClass::Connect, refused));
    }
    events.push(phase(9_000, 7, Phase::Connecting));
    events.push(wire(9_001, 7, Server, "* OK ready"));
    events.push(wire(9_002, 7, Client, "A1 LOGIN ***"));
    events.push(wire(9_003, 7, Server, "A1 NO [AUTHENTICATIONFAILED] no"));
    events.push(fault(9_003, 7, FaultClass::Auth, "imap.example.org:993 refused the login: no"));
    let wanted = [
        "#6 -- cannot connect: connection refused, 3 tries",
        "#7 -- the server refused the login: no; 3 lines, 3.0 ms",
    ];
    assert_eq!(read(&story(events), ""), wanted);
}

#[test]
fn a_standbys_first_lines_are_its_openings_though_its_dialling_was_not_told() {
    let story = story([
        wire(0, 3, Client, "A5 IDLE"),
        wire(10, 9, Server, "* OK ready"),
        connected(11, 9),
        wire(12, 9, Client, "A1 LOGIN ***"),
    ]);
    assert_eq!(read(&story, ""), ["#3 C A5 IDLE", "#9 -- connecting, TLS 1.3, login: 2 lines"]);
}

#[test]
fn a_filter_finds_what_is_folded_too() {
    let mut events = making(0, 7);
    events.push(wire(97, 7, Client, "A4 IDLE"));
    let story = story(events);
    assert_eq!(read(&story, "capability"), ["  #7 C A2 CAPABILITY", "  #7 S * CAPABILITY IMAP4rev1 IDLE"]);
}

#[test]
fn another_engines_connections_are_not_those_of_the_same_numbers() {
    let mut story = story([phase(0, 1, Phase::Connecting), wire(0, 2, Client, "DONE")]);
    story.end_connections();
    story.record(&event(5, 2, EventKind::DoneAcked { took: Duration::from_millis(5) }));
    story.record(&wire(6, 1, Client, "A1 NOOP"));
    assert_eq!(read(&story, ""), ["#1 -- connecting, no more is known", "#2 C DONE", "#1 C A1 NOOP"]);
}

#[test]
fn a_hundred_thousand_lines_take_no_more_room_than_five_hundred() {
    let mut story = Story::default();
    for n in 0..100_000 {
        story.record(&wire(
            n,
            1,
            Server,
            &format!("* {n} EXISTS {}", "x".repeat(usize::try_from(n % 400).unwrap_or(0))),
        ));
    }
    let kept: usize = story.all().map(|row| row.text.len()).sum();
    assert!(story.all().count() <= LINES && kept <= BYTES, "{} lines, {kept} bytes", story.all().count());
    let newest = story.shown("").last().and_then(|at| story.get(*at)).map(|row| row.text.clone());
    assert!(newest.is_some_and(|text| text.starts_with("* 99999 EXISTS")));
}

#[test]
fn of_a_making_longer_than_what_is_kept_the_newest_lines_stay_and_all_are_counted() {
    let mut story = story([phase(0, 1, Phase::Connecting), wire(0, 1, Server, "* OK ready"), connected(0, 1)]);
    for n in 0..2_000 {
        story.record(&wire(n, 1, Server, &format!("* LIST {n}")));
    }
    assert_eq!(read(&story, ""), ["#1 -- connecting, TLS 1.3: 2001 lines"]);
    let opening = story.shown("")[0];
    story.toggle(opening);
    let open = read(&story, "");
    assert_eq!((open.len(), open.last().map(String::as_str)), (LINES, Some("  #1 S * LIST 1999")));
}

fn any_event() -> impl Strategy<Value = (u64, u8)> {
    (1u64..4, 0u8..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Lines of each connection in their order, whatever else happens, folded and opened.
    #[test]
    fn no_line_is_lost_and_each_connections_are_in_order_and_folding_is_undone_by_opening(
        steps in prop::collection::vec(any_event(), 0..300),
        toggled in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let (mut story, mut sent) = (Story::default(), BTreeMap::<u64, Vec<String>>::new());
        let mut made = 0;
        for (n, (conn, what)) in steps.into_iter().enumerate() {
            let at = n as u64;
            let conn = conn + made * 3;
            let line = |direction, text: String| (wire(at, conn, direction, &text), Some(text));
            let (event, text) = match what {
                0 => line(Client, format!("A{n} IDLE")),
                1 => line(Client, format!("A{n} NOOP")),
                2 => line(Server, format!("A{} OK {n}", n.saturating_sub(1))),
                3 => line(Server, format!("* {n} EXISTS")),
                4 => line(Client, "DONE".to_owned()),
                5 => (phase(at, conn, Phase::Connecting), None),
                6 => (connected(at, conn), None),
                7 => (fault(at, conn, FaultClass::Connect, "no"), None),
                _ => {
                    made += 1;
                    (phase(at, conn, Phase::Idling), None)
                }
            };
            story.record(&event);
            sent.entry(conn).or_default().extend(text);
        }
        let before = story.shown("");
        for at in before.iter().copied() {
            prop_assert!(story.get(at).is_some());
        }
        let mut numbers = before.clone();
        numbers.sort_unstable();
        numbers.dedup();
        prop_assert_eq!(&numbers, &before, "in order, each once");
        for index in toggled {
            if let Some(at) = (!before.is_empty()).then(|| *index.get(&before))
                && story.toggle(at).is_some()
            {
                prop_assert!(story.toggle(at).is_some());
            }
        }
        prop_assert_eq!(story.shown(""), before.clone());
        for at in before {
            story.toggle(at);
        }
        let mut told = BTreeMap::<u64, Vec<String>>::new();
        for row in story.shown("").into_iter().filter_map(|at| story.get(at)) {
            if let (What::Line(_), Some(conn)) = (&row.what, row.conn) {
                told.entry(conn.0).or_default().push(row.text.clone());
            }
        }
        sent.retain(|_, lines| !lines.is_empty());
        prop_assert_eq!(told, sent);
        let bytes: usize = story.all().map(|row| row.text.len()).sum();
        prop_assert_eq!((story.all().count(), bytes), (story.lines, story.bytes));
    }
}
