//! What is held, when it is told, and that nothing of it is lost.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Bundles, LONGEST, ROOM, kind_of};
use crate::model::{ConnId, DoneReason, EventKind, Mail, Phase, Served};

use std::time::{Duration, Instant};

const S: Duration = Duration::from_secs(1);

fn alert(text: &str) -> EventKind {
    EventKind::Alert { text: text.to_owned() }
}

/// How many events a told one stands for, where its text says so.
fn stands_for(event: &EventKind) -> u64 {
    let text = super::text_of(event).unwrap_or_default();
    let said = text.rsplit_once("(the last of ").and_then(|(_, rest)| rest.split_once(" in "));
    said.and_then(|(count, _)| count.parse().ok()).unwrap_or(1)
}

#[test]
fn what_servers_say_in_earnest_is_told_at_once() {
    let (mut bundles, start) = (Bundles::default(), Instant::now());
    for n in 0..10_000 {
        let now = start + 10 * n * S;
        let beat = EventKind::Heartbeat { text: "Still here".to_owned() };
        assert_eq!(bundles.take(None, beat.clone(), now), Some(beat));
        let exists = EventKind::Exists { count: n, delta: 1 };
        assert_eq!(bundles.take(None, exists.clone(), now), Some(exists));
        assert_eq!(bundles.due(), None);
    }
}

#[test]
fn a_flood_becomes_a_line_now_and_then_with_their_number_and_the_last_text() {
    let (mut bundles, start) = (Bundles::default(), Instant::now());
    let told =
        (0..100_000).filter(|n| bundles.take(Some(ConnId(1)), alert(&format!("no {n}")), start).is_some()).count();
    assert!((40..60).contains(&told), "{told}");
    let due = bundles.due().expect("the rest is held");
    assert_eq!(due, start + 5 * S);
    assert_eq!(bundles.poll(start + 4 * S), None);
    let text = format!("no 99999 (the last of {} in 5s)", 100_000 - told);
    assert_eq!(bundles.poll(due), Some((Some(ConnId(1)), alert(&text))));
    assert_eq!((bundles.poll(due), bundles.due()), (None, None));
    assert_eq!(bundles.take(None, alert("more"), due), None);
    assert_eq!(bundles.due(), Some(due + 10 * S), "it goes on, so it is held for longer");
    assert_eq!(bundles.poll(due + 10 * S), Some((None, alert("more"))));
}

#[test]
fn after_a_flood_a_word_is_heard_at_once_again() {
    let (mut bundles, start) = (Bundles::default(), Instant::now());
    for n in 0..3600 {
        let now = start + n * S;
        bundles.take(None, alert("flood"), now);
        while bundles.poll(now).is_some() {}
    }
    let later = start + 3700 * S;
    while bundles.poll(later).is_some() {}
    assert_eq!(bundles.take(None, alert("in earnest"), later + LONGEST), Some(alert("in earnest")));
}

#[test]
fn counts_of_messages_are_added_up() {
    let (mut bundles, start) = (Bundles::default(), Instant::now());
    let mut sum = 0;
    for n in 1..=10_000 {
        if let Some(EventKind::Exists { delta, .. }) =
            bundles.take(None, EventKind::Exists { count: n, delta: 1 }, start)
        {
            sum += delta;
        }
    }
    let rest = EventKind::Exists { count: 10_000, delta: 10_000 - sum };
    assert_eq!(bundles.settle(start), Some((None, rest)));
    assert_eq!(bundles.settle(start), None);
}

#[test]
fn a_kind_that_is_quiet_takes_no_memory() {
    let (mut bundles, start) = (Bundles::default(), Instant::now());
    bundles.take(None, alert("one"), start);
    bundles.take(None, EventKind::Flags { count: 1 }, start + 3600 * S);
    assert_eq!(bundles.0.len(), 1);
    assert!(size_of::<super::Bundle>() <= 64);
}

fn event() -> impl Strategy<Value = EventKind> {
    let text = "[ -~é]{0,300}";
    prop_oneof![
        any::<u32>().prop_map(|count| EventKind::Exists { count, delta: 1 }),
        (1_u32..9).prop_map(|count| EventKind::Expunge { count }),
        (1_u32..9).prop_map(|count| EventKind::Flags { count }),
        text.prop_map(|text| EventKind::Heartbeat { text }),
        text.prop_map(|text| EventKind::Unparsed { text }),
        text.prop_map(|text| EventKind::Bye { text }),
        text.prop_map(|text| EventKind::Alert { text }),
        text.prop_map(|text| EventKind::Hint { text }),
        text.prop_map(|text| EventKind::Contradiction { text }),
        any::<u32>().prop_map(|uid| EventKind::NewMail(Mail { uid, ..Mail::default() })),
        Just(EventKind::DoneSent { reason: DoneReason::Reissue, idle: S }),
        Just(EventKind::Phase { from: None, to: Phase::Idling, by: Served::Own }),
    ]
}

/// What an event counts for, by its kind's name.
fn weight(event: &EventKind) -> u64 {
    match event {
        EventKind::Expunge { count } | EventKind::Flags { count } => u64::from(*count),
        EventKind::Exists { delta, .. } => delta.unsigned_abs(),
        other => stands_for(other),
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_held_for_long_or_told_too_often(events in vec((event(), 0_u64..3000, 1_u32..60), 0..60)) {
        let (mut bundles, start) = (Bundles::default(), Instant::now());
        let (mut now, mut told, mut came) = (start, Vec::new(), Vec::new());
        for (event, pause, times) in events {
            let next = now + Duration::from_millis(pause);
            while let Some(due) = bundles.due().filter(|due| *due <= next) {
                prop_assert!(due <= now + LONGEST);
                told.extend(std::iter::from_fn(|| bundles.poll(due)).map(|(_, event)| event));
            }
            now = next;
            for _ in 0..times {
                came.push(event.clone());
                let taken = bundles.take(None, event.clone(), now);
                if kind_of(&event).is_none() {
                    prop_assert_eq!(taken.as_ref(), Some(&event), "never held");
                }
                told.extend(taken);
            }
        }
        told.extend(std::iter::from_fn(|| bundles.settle(now)).map(|(_, event)| event));
        let names: std::collections::BTreeSet<&str> = came.iter().map(EventKind::name).collect();
        let seconds = now.saturating_duration_since(start).as_secs();
        for name in names {
            let of = |all: &[EventKind]| all.iter().filter(|event| event.name() == name).map(weight).sum::<u64>();
            prop_assert_eq!(of(&told), of(&came), "{}", name);
            let lines = told.iter().filter(|event| event.name() == name && kind_of(event).is_some()).count() as u64;
            prop_assert!(lines <= ROOM / 64 + seconds / 5 + 2, "{} lines of {} in {} s", lines, name, seconds);
        }
    }
}
