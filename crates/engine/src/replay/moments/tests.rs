//! The state at a moment is what the records up to it add up to, however one came there.

use std::time::UNIX_EPOCH;

use proptest::prelude::*;

use super::*;
use crate::history::{Blindness, KeptLine, KeptReceipt, KeptServer, Logged, Stall, WatchKey};
use mailwatch_proto::model::{
    DoneReason, EventKind, Evidence, Phase, Served, ServerInfo, Status, Verdict, WireDirection, WireLine, words,
};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

fn key(mailbox: &str) -> WatchKey {
    WatchKey { account: "work".to_owned(), login: "me@example.org".to_owned(), mailbox: mailbox.to_owned() }
}

fn logged(seconds: u64, mailbox: &str, kind: &EventKind) -> Logged {
    let (kind, text) = (kind.name().to_owned(), words(kind));
    Logged { at: at(seconds), key: Some(key(mailbox)), conn: Some(1), kind, text }
}

fn phase(seconds: u64, mailbox: &str, to: Phase) -> Logged {
    logged(seconds, mailbox, &EventKind::Phase { from: None, to, by: Served::Own })
}

fn verdict(seconds: u64, mailbox: &str, verdict: Verdict) -> Logged {
    logged(seconds, mailbox, &EventKind::Verdict { verdict, text: "so".to_owned(), evidence: None, mails: Vec::new() })
}

fn receipt(seconds: u64, mailbox: &str, took: Option<u64>, late: bool) -> KeptReceipt {
    KeptReceipt {
        key: key(mailbox),
        conn: 1,
        at: at(seconds),
        reason: DoneReason::Reissue,
        idle: Duration::from_mins(4),
        written: Some(Duration::ZERO),
        acked: Some(Duration::from_secs(1)),
        answered: took.map(Duration::from_secs),
        status: took.map(|_| Status::Ok),
        untagged: 0,
        late,
    }
}

fn stall(seconds: u64, mailbox: &str) -> Stall {
    Stall {
        key: key(mailbox),
        conn: 1,
        at: at(seconds),
        verdict: Verdict::ServerIgnoring,
        waited: Duration::from_secs(10),
        evidence: Evidence { acked: Some(true), ..Evidence::default() },
        text: Some("the server ignores DONE".to_owned()),
        samples: Vec::new(),
    }
}

fn materials() -> impl Strategy<Value = Material> {
    let moment = || 0_u64..50_000;
    let mailbox = || prop::sample::select(vec!["INBOX", "lists", "Archive"]);
    let phases = (moment(), mailbox(), prop::sample::select(Phase::ALL.to_vec()))
        .prop_map(|(seconds, mailbox, to)| phase(seconds, mailbox, to));
    let verdicts = (moment(), mailbox(), prop::sample::select(Verdict::ALL.to_vec()))
        .prop_map(|(seconds, mailbox, it)| verdict(seconds, mailbox, it));
    let receipts =
        (moment(), mailbox(), any::<Option<u32>>(), any::<bool>()).prop_map(|(seconds, mailbox, took, late)| {
            receipt(seconds, mailbox, took.map(|took| u64::from(took % 100)), late)
        });
    let stalls = (moment(), mailbox()).prop_map(|(seconds, mailbox)| stall(seconds, mailbox));
    let blind = (moment(), 0_u64..300, mailbox()).prop_map(|(seconds, long, mailbox)| Blindness {
        key: key(mailbox),
        since: at(seconds),
        until: at(seconds + long),
        why: None,
    });
    let wire = (moment(), mailbox(), "[a-z ]{0,20}").prop_map(|(seconds, mailbox, text)| KeptLine {
        key: key(mailbox),
        conn: 1,
        at: at(seconds),
        line: WireLine { direction: WireDirection::Server, text },
    });
    let servers = (moment(), mailbox()).prop_map(|(seconds, mailbox)| KeptServer {
        key: key(mailbox),
        conn: seconds,
        at: at(seconds),
        server: ServerInfo::default(),
    });
    let log = prop::collection::vec(prop_oneof![phases, verdicts], 0..1500);
    let rest = (
        prop::collection::vec(receipts, 0..300),
        prop::collection::vec(stalls, 0..20),
        prop::collection::vec(blind, 0..20),
        prop::collection::vec(wire, 0..50),
        prop::collection::vec(servers, 0..20),
    );
    (log, rest).prop_map(|(log, (receipts, stalls, blind, wire, servers))| Material {
        receipts,
        stalls,
        blind,
        log,
        wire,
        servers,
        ..Material::default()
    })
}

/// The state without any copy.
fn folded(replay: &Replay, moment: SystemTime) -> State {
    let mut state = State::new(replay.watches.len());
    for entry in replay.entries.iter().filter(|entry| entry.at <= moment) {
        state.take(entry, &replay.watches);
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_state_at_a_moment_is_what_the_records_up_to_it_add_up_to(
        material in materials(),
        moments in prop::collection::vec(0_u64..52_000, 1..12),
    ) {
        let replay = Replay::new(material, Instant::now());
        for seconds in moments {
            prop_assert_eq!(replay.state(at(seconds)), folded(&replay, at(seconds)));
        }
    }

    #[test]
    fn what_was_told_in_parts_is_what_was_told(material in materials(), cuts in prop::collection::vec(0_u64..52_000, 2..8)) {
        let replay = Replay::new(material, Instant::now());
        let mut cuts = cuts;
        cuts.sort_unstable();
        let whole: Vec<Event> = replay.between(at(cuts[0]), at(cuts[cuts.len() - 1])).collect();
        let parts: Vec<Event> = cuts.windows(2).flat_map(|cut| replay.between(at(cut[0]), at(cut[1]))).collect();
        prop_assert_eq!(whole, parts);
    }

    #[test]
    fn steps_forth_visit_each_moment_once_and_back_again(material in materials()) {
        let replay = &Replay::new(material, Instant::now());
        for wanted in [Wanted::Event, Wanted::Trouble] {
            let (begin, end) = replay.span();
            let walk = |from: SystemTime, direction| {
                let next = move |at: SystemTime| replay.next(at, wanted, direction).map(|(at, _)| at);
                std::iter::successors(next(from), move |at| next(*at))
            };
            let before = begin - Duration::from_secs(1);
            let forth: Vec<_> = walk(before, Direction::Forth).collect();
            let mut back: Vec<_> = walk(end + Duration::from_secs(1), Direction::Back).collect();
            back.reverse();
            prop_assert_eq!(&forth, &back);
            prop_assert!(forth.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn any_moment_has_a_board(material in materials(), seconds in any::<u32>(), parts in 0_usize..300) {
        let replay = Replay::new(material, Instant::now());
        let moment = UNIX_EPOCH + Duration::from_secs(seconds.into());
        let _ = replay.board(moment, moment - Duration::from_hours(9));
        let _ = (replay.troubles(parts), replay.silence(moment));
        prop_assert!(replay.part(moment, parts) <= parts);
    }
}

#[test]
fn verdicts_stand_as_they_stood() {
    let material = Material {
        log: vec![
            phase(0, "INBOX", Phase::Idling),
            verdict(1, "INBOX", Verdict::Live),
            verdict(100, "INBOX", Verdict::ServerIgnoring),
            verdict(130, "INBOX", Verdict::Live),
        ],
        receipts: vec![receipt(90, "INBOX", None, false), receipt(120, "INBOX", Some(2), false)],
        stalls: vec![stall(100, "INBOX")],
        ..Material::default()
    };
    let replay = Replay::new(material, Instant::now());
    let shown = |seconds| {
        let board = replay.board(at(seconds), at(0));
        let snapshot = board.watches.values().next().cloned().expect("a watch");
        (snapshot.finding.clone().map(|finding| finding.verdict), snapshot)
    };
    assert_eq!(shown(50).0, Some(Verdict::Live));
    let (verdict, stalled) = shown(100);
    assert_eq!(verdict, Some(Verdict::ServerIgnoring));
    let evidence = stalled.finding.as_ref().and_then(|finding| finding.evidence.clone()).expect("the stall's evidence");
    assert_eq!((evidence.acked, stalled.connection.replacing), (Some(true), true));
    assert_eq!(stalled.past.receipts.back().and_then(|past| past.stall), Some(Verdict::ServerIgnoring));
    // DONE's stages come one after the other.
    let stages = |seconds| {
        let receipt = shown(seconds).1.receipt.clone().expect("a DONE");
        (receipt.written.is_some(), receipt.acked.is_some(), receipt.answer.is_some())
    };
    assert_eq!(
        (stages(120), stages(121), stages(122)),
        ((true, false, false), (true, true, false), (true, true, true))
    );
    assert_eq!(shown(200).0, Some(Verdict::Live));
}

#[test]
fn a_silence_that_no_watch_has_is_named() {
    let material =
        Material { log: vec![phase(0, "a", Phase::Idling), phase(9_000, "a", Phase::Idling)], ..Material::default() };
    let replay = Replay::new(material, Instant::now());
    assert_eq!(replay.silence(at(4_000)), Some((at(0), at(9_000))));
    assert_eq!((replay.silence(at(0)), replay.silence(at(9_000))), (None, None));
}

#[test]
fn an_idle_that_is_older_than_any_can_be_is_not_shown_as_live() {
    let mut log = vec![phase(0, "old", Phase::Idling), verdict(0, "old", Verdict::Live)];
    log.extend((0..40).map(|n| phase(n * 300, "INBOX", Phase::Idling)));
    let replay = Replay::new(Material { log, ..Material::default() }, Instant::now());
    let shown = |seconds, name: &str| {
        let board = replay.board(at(seconds), at(0));
        let found = board.watches.iter().find(|(id, _)| &*id.mailbox == name).map(|(_, watch)| watch.clone());
        found.map(|watch| (watch.phase, watch.finding.as_ref().map(|finding| finding.verdict)))
    };
    assert_eq!(shown(2000, "old"), Some((Phase::Idling, Some(Verdict::Live))));
    assert_eq!(shown(2200, "old"), Some((Phase::Paused, Some(Verdict::Quiet))));
    assert_eq!(shown(2200, "INBOX"), Some((Phase::Idling, None)));
}

#[test]
fn a_month_of_eight_mailboxes_is_moved_through_quickly() {
    let month = 30 * 24 * 3600;
    let names: Vec<String> = (0..8).map(|n| format!("box{n}")).collect();
    let mut material = Material::default();
    for seconds in (0..month).step_by(240) {
        for name in &names {
            for (after, to) in [(0, Phase::Finishing), (1, Phase::Requested), (2, Phase::Idling)] {
                material.log.push(phase(seconds + after, name, to));
            }
            material.receipts.push(receipt(seconds, name, Some(1), false));
        }
    }
    let replay = Replay::new(material, Instant::now());
    assert!(replay.entries.len() > 400_000);
    // Not by the clock of a busy machine: what a moment costs is what is folded since the last copy.
    let apart = replay.copies.windows(2).map(|pair| pair[1].0 - pair[0].0).max().expect("copies");
    assert!(apart <= replay.entries.len() / 60, "{apart}");
    assert_eq!(replay.board(at(month), at(0)).watches.len(), 8);
}
