//! Reports.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use mailwatch_proto::model::{DoneReason, Evidence, Phase, ServerInfo, Span, Status, Verdict, WireDirection, WireLine};

use super::*;
use crate::history::{
    Blindness, Each, Interrupted, KeptLine, KeptPush, KeptReceipt, KeptServer, Logged, Moment, Stall, WatchKey,
};
use crate::report::{Facts, Lists, Proof, ReportData, bundle, pack};

const HEAD: &str =
    r#"{"record":"report","format":1,"version":"0.2.0","since":"2026-11-24T07:00:00Z","until":"2026-11-24T09:00:00Z"}"#;

fn archive(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, name, *bytes).expect("packed");
    }
    builder.into_inner().and_then(GzEncoder::finish).expect("packed")
}

fn state(lines: &[&str]) -> Vec<u8> {
    let text = lines.join("\n");
    archive(&[
        ("report/summary.md", tar::EntryType::Regular, b"# A page"),
        ("report/state.jsonl", tar::EntryType::Regular, text.as_bytes()),
    ])
}

fn said(bytes: &[u8]) -> String {
    read_report(bytes).expect_err("it is refused").to_string()
}

fn event(text: &str) -> String {
    format!(
        r#"{{"record":"event","ts":"2026-11-24T07:15:03.211Z","account":"work","login":"me@example.org","mailbox":"INBOX","conn":1,"kind":"phase","text":{text}}}"#
    )
}

#[test]
fn a_report_is_read_as_it_was_written() {
    let key = WatchKey { account: "work".into(), login: "user-1@example.org".into(), mailbox: "INBOX".into() };
    let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(1_795_000_000 + seconds);
    let logged = |seconds, kind: &str, text: &str| Logged {
        at: at(seconds),
        key: Some(key.clone()),
        conn: Some(3),
        kind: kind.to_owned(),
        text: text.to_owned(),
    };
    let receipt = KeptReceipt {
        key: key.clone(),
        conn: 3,
        at: at(240),
        reason: DoneReason::Reissue,
        idle: Duration::from_mins(4),
        written: Some(Duration::from_millis(1)),
        acked: Some(Duration::from_millis(19)),
        answered: None,
        status: None,
        untagged: 0,
        late: false,
    };
    let late = KeptReceipt {
        answered: Some(Duration::from_secs(26)),
        status: Some(Status::Ok),
        late: true,
        ..receipt.clone()
    };
    let evidence = Evidence { acked: Some(true), outq: Some(0), proxy: Some(false), ..Evidence::default() };
    let text = Some("it ignores DONE".to_owned());
    let (verdict, waited) = (Verdict::ServerIgnoring, Duration::from_secs(10));
    let stall = Stall { key: key.clone(), conn: 3, at: at(250), verdict, waited, evidence, text, samples: Vec::new() };
    let line = WireLine { direction: WireDirection::Client, text: "DONE".to_owned() };
    let receipts = vec![receipt.clone(), late.clone()];
    let log = vec![logged(0, "phase", "idling"), logged(250, "stalled", "DONE ignored: acked, no answer in 10 s")];
    let proof = Proof {
        stalls: vec![stall.clone()],
        blind: vec![Blindness { key: key.clone(), since: at(240), until: at(252), why: None }],
        unwatched: vec![Span { from: at(60), to: at(180) }],
        wire: vec![KeptLine { key: key.clone(), conn: 3, at: at(240), line }],
        servers: vec![KeptServer { key: key.clone(), conn: 3, at: at(0), server: ServerInfo::default() }],
    };
    let (since, until) = (at(0), at(3000));
    let data =
        ReportData::new(proof, Box::new(InMemory { receipts: receipts.clone(), log: log.clone() })).expect("read");
    let files = bundle(&data, &Facts { since, until, config: "", renamed: true });
    let bytes = pack("mailwatch-report", &files, until, &|| false).expect("packed");
    let material = read_report(&bytes).expect("read");
    assert_eq!((material.since, material.until, &material.remark), (Some(since), Some(until), &None));
    assert_eq!(material.watches, [key]);
    let Proof { stalls, blind, unwatched, wire, servers } = &data.proof;
    assert_eq!((&material.stalls, &material.receipts), (stalls, &receipts));
    assert_eq!((&material.blind, &material.log), (blind, &log));
    assert_eq!((&material.wire, &material.servers), (wire, servers));
    assert_eq!(&material.unwatched, unwatched);
    assert_eq!(last_board(material).gaps[""].unwatched_spans(), &**unwatched);
}

#[test]
fn a_time_without_an_engine_that_ends_before_it_begins_is_none_and_one_without_an_end_is_named() {
    let span = |since: &str, until: &str| {
        format!(r#"{{"record":"unwatched","since":"2026-11-24T{since}Z","until":"2026-11-24T{until}Z"}}"#)
    };
    let (right, wrong) = (span("07:20:00", "07:30:00"), span("07:30:00", "07:20:00"));
    let material = read_report(&state(&[HEAD, &event(r#""idling""#), &wrong, &right])).expect("read");
    assert_eq!(material.unwatched.iter().map(|span| span.long()).collect::<Vec<_>>(), [Duration::from_mins(10)]);
    let endless = r#"{"record":"unwatched","since":"2026-11-24T07:00:00Z"}"#;
    let said = said(&state(&[HEAD, endless]));
    assert!(said.starts_with("state.jsonl, line 2: missing field `until`"), "{said}");
}

#[test]
fn a_long_report_is_broken_off_between_two_pieces() {
    let at = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let line = Logged { at, key: None, conn: None, kind: "heartbeat".into(), text: "alive".into() };
    let lists = InMemory { receipts: Vec::new(), log: vec![line; 10_000] };
    let data = ReportData::new(Proof::default(), Box::new(lists)).expect("read");
    let files = bundle(&data, &Facts { since: at, until: at, config: "", renamed: true });
    let whole = pack("mailwatch-report", &files, at, &|| false).expect("packed");
    assert!(read_report(&whole).is_ok());
    assert!(matches!(pack("mailwatch-report", &files, at, &|| true), Err(Interrupted::Reader(_))));
}

/// Lists that are in memory.
struct InMemory {
    receipts: Vec<KeptReceipt>,
    log: Vec<Logged>,
}

impl Lists for InMemory {
    fn receipts(&self, each: Each<'_, KeptReceipt>) -> Result<(), Interrupted> {
        Ok(self.receipts.iter().cloned().try_for_each(each)?)
    }

    fn pushes(&self, _: Each<'_, KeptPush>) -> Result<(), Interrupted> {
        Ok(())
    }

    fn log(&self, each: Each<'_, Logged>) -> Result<(), Interrupted> {
        Ok(self.log.iter().cloned().try_for_each(each)?)
    }

    fn moments(&self, each: Each<'_, Moment>) -> Result<(), Interrupted> {
        let lines = self.log.iter().cloned().map(|line| (line.at, Moment::Line(line)));
        let receipts = self.receipts.iter().cloned().map(|receipt| (receipt.at, Moment::Receipt(receipt)));
        let mut all: Vec<_> = lines.chain(receipts).collect();
        all.sort_by_key(|(at, _)| *at);
        Ok(all.into_iter().try_for_each(|(_, moment)| each(moment))?)
    }
}

#[test]
fn strings_of_a_stranger_are_harmless() {
    let bytes = state(&[
        HEAD,
        &event(r#""idling""#).replace("work", r"w\u001b]0;own\u0007").replace("INBOX", r"a\u202eb"),
        &event(r#""a\u001b[2Jb""#).replace("phase", "heartbeat"),
    ]);
    let board = last_board(read_report(&bytes).expect("read"));
    let id = board.watches.keys().next().expect("a watch");
    assert!(!id.to_string().contains(|c: char| c.is_control() || c == '\u{202e}'), "{id:?}");
    assert_eq!(board.watches[id].phase, Phase::Idling);
}

#[test]
fn a_line_that_is_none_is_named_with_its_number() {
    let long = format!("{{\"record\":\"{}\"}}", "x".repeat(600 << 10));
    let none = event("7");
    let moment = event(r#""idling""#).replace("2026-11-24T07:15:03.211Z", "yesterday");
    let verdict = r#"{"record":"stall","ts":"2026-11-24T07:15:03Z","account":"a","login":"l","mailbox":"m","conn":1,"verdict":"\u001bfine","waited_ms":1}"#;
    let newer = HEAD.replace("\"format\":1", "\"format\":9");
    for (lines, wanted) in [
        (vec![], "state.jsonl, line 1: the first line is not a `report` record"),
        (vec!["{}"], "state.jsonl, line 1: missing field `record`"),
        (vec!["nonsense"], "state.jsonl, line 1: expected"),
        (vec![HEAD, &long], "state.jsonl, line 2: it is longer than 512 KiB"),
        (vec![HEAD, &none], "state.jsonl, line 2: invalid type: integer `7`, expected a string"),
        (vec![HEAD, &moment], "state.jsonl, line 2: `ts` is \"yesterday\", which does not exist"),
        (vec![HEAD, verdict], "state.jsonl, line 2: `verdict` is \"\u{fffd}fine\", which does not exist"),
        (vec![&*newer], "state.jsonl, line 1: a newer mailwatch-tui wrote it (format 9)"),
    ] {
        let said = said(&state(&lines));
        assert!(said.starts_with(wanted), "{said:?} for {wanted:?}");
    }
    assert!(said(&archive(&[("r/state.jsonl", tar::EntryType::Regular, b"\xff\xfe\n")])).contains("line 1: "));
}

#[test]
fn what_a_newer_program_adds_is_passed_over_and_said() {
    let more = event(r#""idling""#).replace("\"conn\"", "\"tomorrow\":[1,{}],\"conn\"");
    let material = read_report(&state(&[HEAD, r#"{"record":"weather","rain":true}"#, &more])).expect("read");
    assert_eq!(material.log.len(), 1);
    assert_eq!(material.remark.as_deref(), Some("1 records come from a newer mailwatch-tui and are skipped"));
}

#[test]
fn an_archive_without_records_or_with_a_link_for_them_is_refused() {
    let other = archive(&[
        ("report/summary.md", tar::EntryType::Regular, b"x"),
        ("a/b/state.jsonl", tar::EntryType::Regular, b"x"),
    ]);
    assert!(
        said(&other).starts_with("it has no state.jsonl: it is not a report of mailwatch-tui 0.2"),
        "{}",
        said(&other)
    );
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo, tar::EntryType::Directory] {
        let link = archive(&[("report/state.jsonl", kind, b"")]);
        assert_eq!(said(&link), "its entry state.jsonl is not a plain file", "{kind:?}");
    }
    assert!(said(b"\x1f\x8bnonsense").starts_with("its archive cannot be read"));
}

#[test]
fn an_archive_that_is_cut_anywhere_is_refused_or_read() {
    let lines: Vec<String> = (0..200).map(|n| event(&format!("\"{}\"", n * 7919))).collect();
    let lines: Vec<&str> = std::iter::once(HEAD).chain(lines.iter().map(String::as_str)).collect();
    let whole = state(&lines);
    for cut in 0..whole.len() - 1 {
        // A part that ends with a whole line, and where the rest is only padding, is whole.
        if let Err(error) = read_report(&whole[..cut]) {
            assert!(!error.to_string().is_empty());
        }
    }
    assert_eq!(read_report(&whole).expect("read").log.len(), 200);
}

/// So many bytes of one kind in an archive.
fn zeros(name: &str, mebibytes: u64) -> Vec<u8> {
    let size = mebibytes << 20;
    let mut header = tar::Header::new_gnu();
    header.set_path(name).expect("a name");
    header.set_size(size);
    header.set_cksum();
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(header.as_bytes()).expect("written");
    for _ in 0..mebibytes {
        out.write_all(&vec![b' '; 1 << 20]).expect("written");
    }
    out.finish().expect("packed")
}

#[test]
fn a_bomb_ends_at_its_limit_wherever_it_lies() {
    let wanted = "it unpacks to more than 256 MiB, or to more than 200 times its size: no report does";
    for name in ["report/summary.md", "report/state.jsonl"] {
        let bomb = zeros(name, 300);
        assert!(bomb.len() < 4 << 20, "{} bytes", bomb.len());
        let said = said(&bomb);
        assert!(said == wanted || said.contains("line 1: it is longer than 512 KiB"), "{said}");
    }
    assert_eq!(said(&zeros("report/summary.md", 300)), wanted);
    // An extended name of any size is not read into memory.
    let mut header = tar::Header::new_gnu();
    header.set_path("././@LongLink").expect("a name");
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(1 << 40);
    header.set_cksum();
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(header.as_bytes()).expect("written");
    out.write_all(&[b'a'; 4096]).expect("written");
    assert!(said(&out.finish().expect("packed")).starts_with("its archive cannot be read"));
}

#[test]
fn entries_without_end_are_refused() {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for n in 0..20_001 {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        builder.append_data(&mut header, format!("r/{}", n % 10), &b""[..]).expect("packed");
    }
    let bytes = builder.into_inner().and_then(GzEncoder::finish).expect("packed");
    assert!(
        said(&bytes).contains("entries: no report has") || said(&bytes).contains("times its size"),
        "{}",
        said(&bytes)
    );
}

#[test]
fn times_that_no_clock_shows_are_left_out() {
    let far = event(r#""idling""#).replace("2026-11-24T07:15:03.211Z", "9999-12-30T00:00:00Z");
    let endless = r#"{"record":"receipt","ts":"2026-11-24T07:15:03Z","account":"a","login":"l","mailbox":"m","conn":1,"reason":"reissue","idle_ms":18446744073709551615,"written_ms":18446744073709551615,"answered_ms":18446744073709551615,"status":"OK","untagged":4294967295,"late":false}"#;
    let material = read_report(&state(&[HEAD, &far, endless, &event(r#""idling""#)])).expect("read");
    let replay = Replay::new(material, Instant::now());
    let (begin, end) = replay.span();
    assert!(end.duration_since(begin).is_ok_and(|span| span < Duration::from_hours(3)), "{begin:?} {end:?}");
    let board = replay.board(end, SystemTime::UNIX_EPOCH);
    assert_eq!(board.watches.len(), 2);
}
