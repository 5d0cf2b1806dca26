//! Events and lines of the trace.

use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;

use super::any::Any;
use super::any_event::{KINDS, place};
use crate::json;
use crate::link::protocol::{EventState, NotUnderstood, ToFrontEnd, WireState};
use mailwatch_proto::model::{Event, EventKind, Now};

/// The event as a front end reads it at `now`.
fn read(event: &Event, now: Now) -> Event {
    let message = match EventState::of(7, event) {
        Some(state) => ToFrontEnd::Event(Box::new(state)),
        None => ToFrontEnd::Wire(Box::new(WireState::of(event).expect("a line of the trace"))),
    };
    let line = message.line();
    assert!(!line.contains(char::is_control), "{line:?}");
    match ToFrontEnd::parse(&line).unwrap_or_else(|error| panic!("{error}: {line}")) {
        ToFrontEnd::Event(state) => {
            assert_eq!(state.seq, 7);
            state.event(now)
        }
        ToFrontEnd::Wire(state) => state.event(now),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn every_kind_arrives_as_it_was(seed: u64) {
        let mut any = Any::new(seed);
        for kind in 0..KINDS {
            let event = any.event(kind);
            prop_assert_eq!(place(&event.kind), kind);
            let now = Now { at: any.now, wall: event.ts };
            prop_assert_eq!(read(&event, now), event);
        }
    }

    #[test]
    fn an_event_is_the_object_of_watch_json_with_its_number_before_it(seed: u64) {
        let mut any = Any::new(seed);
        for kind in 0..KINDS {
            let event = any.event(kind);
            let (Some(state), Some(object)) = (EventState::of(7, &event), json::json_line(&event)) else {
                prop_assert!(matches!(event.kind, EventKind::Wire(_)));
                continue;
            };
            let line = ToFrontEnd::Event(Box::new(state)).line();
            let mut expected = object.replacen('{', r#"{"type":"event","seq":7,"#, 1);
            if let EventKind::NewMail(mail) = &event.kind {
                expected.truncate(expected.len() - 1);
                write!(expected, r#","epoch":{}}}"#, mail.epoch).expect("a string takes it");
            }
            prop_assert_eq!(line, expected);
        }
    }
}

#[test]
fn the_moment_of_an_event_is_as_long_ago_as_its_time_says_and_never_to_come() {
    let mut any = Any::new(3);
    let event = any.event(3);
    let at = |wall| read(&event, Now { at: any.now, wall }).at;
    assert_eq!(any.now - at(event.ts + Duration::from_millis(1500)), Duration::from_millis(1500));
    // The clocks of two machines differ.
    assert_eq!(at(event.ts - Duration::from_mins(1)), any.now);
}

#[test]
fn a_kind_or_a_timer_that_this_version_does_not_know_is_named_and_can_be_ignored() {
    for (line, named) in [
        (
            r#"{"type":"event","seq":1,"ts":"2026-01-31T12:00:00.000Z","kind":"from_tomorrow","removed":true}"#,
            "from_tomorrow",
        ),
        (
            r#"{"type":"event","seq":1,"ts":"2026-01-31T12:00:00.000Z","kind":"retuned","timer":"nap","from_ms":1,"to_ms":null,"origin":"you"}"#,
            "nap",
        ),
        (r#"{"type":"event","seq":1,"ts":"yesterday","kind":"slept","slept_ms":1}"#, "RFC 3339"),
    ] {
        let error = ToFrontEnd::parse(line).expect_err(line);
        assert!(matches!(error, NotUnderstood::Message { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.starts_with("the message `event` is not understood: ") && said.contains(named), "{said}");
    }
}
