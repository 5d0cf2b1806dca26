//! Boards, whole and by what changed, and pasts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::any::Any;
use crate::link::protocol::name::Named;
use crate::link::protocol::{BoardChange, BoardState, Ms, PastState, TO_FRONT_END_LIMIT, ToFrontEnd, WatchState};
use mailwatch_proto::model::check::StepKind;
use mailwatch_proto::model::{
    Ages, Auth, Board, DoneReason, FaultClass, Flow, FoundBy, Origin, Past, Phase, PhaseGroup, Served, Snapshot,
    Status, Tally, Timer, Timers, TlsMode, Verdict, WatchId,
};

/// What a front end makes of a message: it is sent as a line and read at another moment.
fn sent(message: &ToFrontEnd) -> ToFrontEnd {
    let line = message.line();
    assert!(!line.contains(char::is_control), "{line:?}");
    ToFrontEnd::parse(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn same_board(one: &Board, other: &Board) {
    assert_eq!(one.watches, other.watches);
    assert_eq!(one.fault, other.fault);
    assert_eq!(one.failed_hooks, other.failed_hooks);
    assert_eq!(one.connection_limits, other.connection_limits);
    assert_eq!(one.canaries, other.canaries);
    assert!(one.ages.keys().eq(other.ages.keys()));
    for (one, other) in one.ages.values().zip(other.ages.values()) {
        same_ages(one, other);
    }
}

/// The usual time of an answer is a mean of logarithms: it is the same to the microsecond and not to the last bit.
fn same_ages(one: &Ages, other: &Ages) {
    let exact = |ages: &Ages| -> Vec<_> {
        let step = |(from, step): (Duration, &mailwatch_proto::model::AgeStep)| {
            let counts = (step.answered, step.early, step.failed, step.timed());
            (from, counts, step.oldest_answered, step.youngest_failed, step.slowest)
        };
        ages.steps().map(step).collect()
    };
    assert_eq!(exact(one), exact(other));
    for ((_, one), (_, other)) in one.steps().zip(other.steps()) {
        let (one, other) = (one.usual().unwrap_or_default(), other.usual().unwrap_or_default());
        assert!(one.abs_diff(other) <= Duration::from_micros(1), "{one:?} {other:?}");
    }
}

proptest! {
    #[test]
    fn a_board_arrives_as_it_was_whenever_it_is_read(seed: u64, waited in 0..10_000_000u64) {
        let mut any = Any::new(seed);
        let (board, tally, now) = (any.board(), any.tally(), any.now);
        let state = BoardState::of(&board, &tally, 7, now);
        let ToFrontEnd::Board(arrived) = sent(&ToFrontEnd::Board(Box::new(state.clone()))) else {
            panic!("a board");
        };
        prop_assert_eq!(&*arrived, &state);
        let (read, counts) = arrived.clone().board(now);
        same_board(&read, &board);
        prop_assert_eq!(counts, tally);
        // Read later, every moment is as much later, and nothing else is different: the same is sent on.
        let later = now + Duration::from_micros(waited);
        let (late, counts) = arrived.board(later);
        prop_assert_eq!(BoardState::of(&late, &counts, 7, later), state);
    }

    #[test]
    fn what_changed_makes_of_the_old_board_the_new_one(seed: u64) {
        let mut any = Any::new(seed);
        let (old, new, now) = (any.board(), any.board(), any.now);
        let (counted, mut counts) = (any.tally(), any.tally());
        // An account's counts are never gone.
        for (account, kept) in &counted.accounts {
            counts.accounts.entry(Arc::clone(account)).or_insert_with(|| kept.clone());
        }
        counts.lost = counted.lost;
        let (mut board, mut tally) = (old.clone(), counted.clone());
        if let Some(change) = BoardChange::between((&old, &counted), (&new, &counts), now) {
            let ToFrontEnd::Change(arrived) = sent(&ToFrontEnd::Change(Box::new(change.clone()))) else {
                panic!("a change");
            };
            prop_assert_eq!(&*arrived, &change);
            arrived.apply(&mut board, &mut tally, now);
        }
        same_board(&board, &new);
        prop_assert_eq!(tally, counts);
        prop_assert_eq!(BoardChange::between((&new, &counted), (&new, &counted), now), None);
    }

    #[test]
    fn a_past_arrives_as_it_was(seed: u64) {
        let mut any = Any::new(seed);
        let (past, watch, now) = (any.past(), any.watch(), any.now);
        let state = Box::new(PastState::of(&past, now));
        let message = ToFrontEnd::Past { id: Some(1), watch, past: state };
        let arrived = sent(&message);
        prop_assert_eq!(&arrived, &message);
        let ToFrontEnd::Past { past: state, .. } = arrived else { panic!("a past") };
        prop_assert_eq!(state.past(now), past);
    }
}

#[test]
fn the_past_that_a_front_end_has_outlives_a_change() {
    let (now, id) = (Instant::now(), WatchId::new("work", "INBOX"));
    let past: Arc<Past> = Arc::new(Any::new(1).past());
    let snapshot = Snapshot { past: Arc::clone(&past), ..Snapshot::new(id.clone(), Timers::default(), now) };
    let mut board = Board::default();
    board.watches.insert(id.clone(), Arc::new(snapshot));
    let changed = Snapshot { phase: Phase::Idling, ..(*board.watches[&id]).clone() };
    let change = BoardChange { watches: vec![WatchState::of(&changed, now)], ..BoardChange::default() };
    change.apply(&mut board, &mut Tally::default(), now);
    let watch = &board.watches[&id];
    assert_eq!(watch.phase, Phase::Idling);
    assert!(Arc::ptr_eq(&watch.past, &past));
}

#[test]
fn a_fault_that_is_over_is_said_and_one_that_stays_is_not() {
    let now = Instant::now();
    let (mut faulty, mut tally) = (Board { fault: Some(Any::new(1).fault()), ..Board::default() }, Tally::default());
    let change = BoardChange::between((&faulty, &tally), (&Board::default(), &tally), now).expect("a change");
    let line = ToFrontEnd::Change(Box::new(change)).line();
    assert_eq!(line, r#"{"type":"change","fault":null}"#);
    let ToFrontEnd::Change(change) = ToFrontEnd::parse(&line).expect("a message") else { panic!("a change") };
    change.apply(&mut faulty, &mut tally, now);
    assert_eq!(faulty.fault, None);
}

/// Every value by its name, and what the values are: a new one is missing here until it is added to its list.
#[test]
fn every_name_is_read_back_and_no_value_is_forgotten() {
    fn names<T: Named + PartialEq + std::fmt::Debug>() -> usize {
        for value in T::all() {
            assert_eq!(T::known(value.its_name()), Some(value));
        }
        assert_eq!(T::known("unheard-of"), None);
        T::all().count()
    }
    let counted = [
        (names::<Phase>(), 12),
        (names::<PhaseGroup>(), 4),
        (names::<Verdict>(), Verdict::NotPushing as usize + 1),
        (names::<DoneReason>(), DoneReason::NotPushing as usize + 1),
        (names::<FaultClass>(), FaultClass::Config as usize + 1),
        (names::<Status>(), Status::Bad as usize + 1),
        (names::<Origin>(), Origin::You as usize + 1),
        (names::<Served>(), Served::Status as usize + 1),
        (names::<FoundBy>(), FoundBy::Connect as usize + 1),
        (names::<Timer>(), Timer::RetryMax as usize + 1),
        (names::<StepKind>(), StepKind::List as usize + 1),
        (names::<TlsMode>(), TlsMode::Off as usize + 1),
        (names::<Auth>(), Auth::OAuth2 as usize + 1),
        (names::<Flow>(), Flow::Device as usize + 1),
    ];
    for (there, expected) in counted {
        assert_eq!(there, expected);
    }
}

#[test]
fn what_a_newer_engine_says_is_shown_as_nothing_better_than_it_is() {
    let id = WatchId::new("work", "INBOX");
    let now = Instant::now();
    let mut state =
        serde_json::to_value(WatchState::of(&Snapshot::new(id, Timers::default(), now), now)).expect("JSON");
    state["phase"] = "dreaming".into();
    state["standing"] = "floating".into();
    state["deadline"] = serde_json::json!({"timer": "nap", "in_ms": 5});
    state["timers"]["nap"] = serde_json::json!({"value_ms": 1, "origin": "stars"});
    state["timers"]["done"]["origin"] = "stars".into();
    state["finding"] = serde_json::json!({"verdict": "enchanted", "text": "it is", "more": [1]});
    state["fault"] = serde_json::json!({"class": "moon", "message": "gone", "retry": false, "next": "sleep"});
    state["connection"]["server"]["tls"] = "1.4".into();
    state["sharing"]["served"] = "telepathy".into();
    state["unheard"] = serde_json::json!({"of": null});
    let state: WatchState = serde_json::from_value(state).expect("a watch");
    let watch = state.snapshot(now);
    assert_eq!((watch.phase, watch.deadline), (Phase::Connecting, None));
    assert!(watch.finding.as_ref().is_some_and(|finding| !finding.verdict.is_healthy() && finding.text == "it is"));
    assert!(watch.fault.as_ref().is_some_and(|fault| !fault.retry() && fault.class == FaultClass::Protocol));
    assert_eq!(watch.connection.server.tls.as_ref().map(|tls| tls.version), Some("newer"));
    assert_eq!(watch.timers.tuned(Timer::Done).value, Timers::default().value(Timer::Done));
    assert_ne!(watch.sharing.served, Served::Own);
}

#[test]
fn a_watch_of_which_an_older_engine_says_little_is_read() {
    let state: WatchState =
        serde_json::from_str(r#"{"watch":{"account":"work","mailbox":"INBOX"},"phase":"idling","since_ms":1500.25}"#)
            .expect("a watch");
    let now = Instant::now();
    let watch = state.snapshot(now);
    assert_eq!(now.duration_since(watch.since), Duration::from_micros(1_500_250));
    assert_eq!(watch.timers, Timers::default());
}

#[test]
fn no_distance_in_time_is_too_large() {
    let now = Instant::now();
    for text in ["1e300", "-1e300", "0", "-0.0001", "9007199254740993", "1e-300"] {
        let ms: Ms = serde_json::from_str(text).expect(text);
        let _ = (ms.duration(), ms.before(now), ms.after(now));
        let again: Ms = serde_json::from_str(&serde_json::to_string(&ms).expect("JSON")).expect("a distance");
        assert_eq!(again, ms, "{text}");
    }
    let longest = Ms::from(Duration::MAX);
    assert!(longest.duration() > Duration::from_hours(24 * 36_000));
}

/// A board of ten thousand watches, each with a server that has many capabilities and a DONE that was answered, is one line.
#[test]
fn the_board_of_ten_thousand_watches_is_a_line_that_a_front_end_takes() {
    let now = Instant::now();
    let json = r#"{"watch":{"account":"a customer's account","mailbox":"INBOX/some lists/rust-users"},"phase":"idling",
        "since_ms":61204.118,"connection":{"conn":30123,"server":{"addr":"[2001:db8::dead:beef]:993",
        "local":"[2001:db8::1]:54321","tls":"1.3","cipher":"TLS13_AES_256_GCM_SHA384","capabilities":[],
        "id":"Dovecot 2.3.19"},"heard_ms":61204.118,"heartbeat_ms":120000.5,"idle_ms":61204.118},
        "deadline":{"timer":"reissue","in_ms":178795.882},"counts":{"new":12,"exists":23456,"unseen":123},
        "receipt":{"reason":"reissue","idle_ms":240000.123,"since_ms":61204.345,"written_ms":0.041,"acked_ms":19.123,
        "answered_ms":19.456,"status":"OK"},"finding":{"verdict":"live","text":"IDLE stands; the server answered the last DONE in 19 ms","evidence":null}}"#;
    let state: WatchState = serde_json::from_str(json).expect("a watch");
    let mut watch = state.snapshot(now);
    let server = Arc::make_mut(&mut watch.connection.server);
    server.capabilities = vec!["LIST-EXTENDED".to_owned(); 50].into();
    let line =
        ToFrontEnd::Board(Box::new(BoardState { watches: vec![WatchState::of(&watch, now)], ..BoardState::default() }))
            .line();
    assert!(line.len() * 10_000 < TO_FRONT_END_LIMIT, "{} bytes a watch", line.len());
}
