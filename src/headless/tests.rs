//! Every kind in both formats.

mod reader;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Instant as StdInstant, SystemTime};

use super::*;
use mailwatch_proto::model::{
    ConnId, DoneReason, Evidence, FaultClass, Mail, Origin, Phase, Served, Status, Timer, Timers, Verdict, WatchId,
    WireDirection, WireLine,
};

const SECOND: Duration = Duration::from_secs(1);

fn inbox() -> WatchId {
    WatchId::new("gmail", "INBOX")
}

fn event(kind: EventKind) -> Event {
    // 2026-01-02T03:04:05.678Z
    let ts = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_323_045_678);
    Event { ts, at: StdInstant::now(), watch: Some(inbox()), conn: Some(ConnId(4)), kind }
}

fn mail(uid: u32) -> EventKind {
    EventKind::NewMail(Mail {
        uid,
        uidvalidity: 7,
        from: "Ann Lee <ann@example.org>".into(),
        subject: "Friday?".into(),
        date: None,
        gap: false,
        ..Mail::default()
    })
}

fn evidence() -> Evidence {
    Evidence { acked: Some(true), outq: Some(0), retransmits: Some(0), proxy: Some(false), ..Evidence::default() }
}

/// One of every kind that is a line, some in two shapes.
fn every_kind() -> Vec<EventKind> {
    let text = || "words \u{1b}[2J\u{9b} of a \"server\"\n".to_owned();
    vec![
        EventKind::Phase { from: None, to: Phase::Connecting, by: Served::Own },
        EventKind::Phase { from: Some(Phase::Requested), to: Phase::Idling, by: Served::Own },
        EventKind::Connected { addr: "192.0.2.1:993".parse().ok(), tls: Some("1.3"), took: Duration::from_millis(84) },
        EventKind::Connected { addr: None, tls: None, took: Duration::ZERO },
        EventKind::Capabilities { idle: true, list: Arc::from(["IMAP4rev1".to_owned(), "IDLE".to_owned()]) },
        EventKind::Exists { count: 12408, delta: -1 },
        EventKind::Expunge { count: 1 },
        EventKind::Flags { count: 2 },
        mail(12),
        EventKind::NewMail(Mail {
            uid: 13,
            uidvalidity: 7,
            from: String::new(),
            subject: String::new(),
            date: Some("2026-01-02T04:04:05+01:00".into()),
            gap: true,
            flags: vec!["\\Seen".to_owned()],
            headers: false,
            ..Mail::default()
        }),
        EventKind::DoneSent { reason: DoneReason::Reissue, idle: SECOND * 300 },
        EventKind::DoneAcked { took: Duration::from_millis(19) },
        EventKind::DoneAnswered {
            reason: DoneReason::NewMail,
            took: Duration::from_millis(38),
            status: Status::Ok,
            untagged: 2,
            late: false,
        },
        EventKind::DoneAnswered {
            reason: DoneReason::Reissue,
            took: SECOND * 372,
            status: Status::Ok,
            untagged: 1,
            late: true,
        },
        EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited: SECOND * 10, evidence: evidence() },
        EventKind::Verdict { verdict: Verdict::Quiet, text: text(), evidence: None, mails: Vec::new() },
        EventKind::Replaced { by: ConnId(5), blind: Duration::from_millis(1250) },
        EventKind::Heartbeat { text: "Still here".into() },
        EventKind::Unparsed { text: text() },
        EventKind::Bye { text: "Session expired".into() },
        EventKind::Alert { text: "Quota".into() },
        EventKind::Fault { class: FaultClass::Auth, message: "wrong password".into(), retry: false },
        EventKind::Retry { attempt: 4, delay: SECOND * 36 },
        EventKind::Retuned { timer: Timer::Silence, from: None, to: Some(SECOND * 90), origin: Origin::You, by: None },
        EventKind::Slept { slept: SECOND * 4000 },
        EventKind::Hook { command: vec!["mbsync".into(), "work".into()], exit: Some(0), took: SECOND },
        EventKind::Hook { command: vec!["mbsync".into()], exit: None, took: SECOND },
        EventKind::Lost { count: 3 },
    ]
}

fn lines(format: &Format) -> String {
    let mut writer = Writer {
        out: &mut (),
        format,
        printed: &mut Printed::default(),
        fit: BTreeMap::new(),
        faults: BTreeMap::new(),
    };
    every_kind().into_iter().filter_map(|kind| writer.line(&event(kind))).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_kind_is_a_line_of_json_with_its_fields_in_order() {
    insta::assert_snapshot!("json", lines(&Format::Json));
}

#[test]
fn every_kind_is_a_line_of_text() {
    insta::assert_snapshot!("text", lines(&Format::Text { zone: TimeZone::UTC, all: true }));
}

#[test]
fn without_more_being_asked_for_text_is_news_alone() {
    insta::assert_snapshot!("news", lines(&Format::Text { zone: TimeZone::UTC, all: false }));
}

#[test]
fn that_a_connection_idles_is_news_once() {
    let format = Format::Text { zone: TimeZone::UTC, all: false };
    let mut writer = Writer {
        out: &mut (),
        format: &format,
        printed: &mut Printed::default(),
        fit: BTreeMap::new(),
        faults: BTreeMap::new(),
    };
    let mut told = |conn| {
        let idling = EventKind::Phase { from: Some(Phase::Requested), to: Phase::Idling, by: Served::Own };
        writer.line(&Event { conn: Some(ConnId(conn)), ..event(idling) }).is_some()
    };
    assert_eq!([1, 1, 2, 1, 2, 2].map(&mut told), [true, false, true, true, true, false]);
}

#[test]
fn a_verdict_that_repeats_its_fault_is_no_news() {
    let format = Format::Text { zone: TimeZone::UTC, all: false };
    let mut writer = Writer {
        out: &mut (),
        format: &format,
        printed: &mut Printed::default(),
        fit: BTreeMap::new(),
        faults: BTreeMap::new(),
    };
    let mut told = |kind| writer.line(&event(kind)).is_some();
    let message = "imap.example.org:993 closed the connection without BYE".to_owned();
    let verdict = |text| EventKind::Verdict { verdict: Verdict::Closed, text, evidence: None, mails: Vec::new() };
    assert!(told(EventKind::Fault { class: FaultClass::Closed, message: message.clone(), retry: true }));
    assert!(!told(verdict(message)));
    assert!(told(verdict("the session ended at its age".to_owned())));
}

#[test]
fn every_line_of_json_reads_back_as_an_object_of_its_kind() {
    let mut kinds = BTreeSet::new();
    for kind in every_kind() {
        let name = kind.name();
        let line = json_line(&event(kind)).expect("it is a line");
        assert!(!line.contains(char::is_control), "{line:?}");
        let value: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
        assert_eq!(value["kind"], name);
        assert_eq!(value["ts"], "2026-01-02T03:04:05.678Z");
        kinds.insert(name);
    }
    assert_eq!(kinds.len(), 23, "DESIGN names 23 kinds");
}

#[test]
fn the_trace_is_not_told() {
    let wire = event(EventKind::Wire(WireLine { direction: WireDirection::Client, text: "A1 IDLE".into() }));
    assert_eq!((json_line(&wire), text_line(&wire, &TimeZone::UTC)), (None, None));
}

#[test]
fn an_event_of_no_watch_names_none() {
    let whole = Event { watch: None, conn: None, ..event(EventKind::Lost { count: 1 }) };
    let line = json_line(&whole).expect("it is a line");
    assert_eq!(line, r#"{"ts":"2026-01-02T03:04:05.678Z","kind":"lost","count":1}"#);
}
