//! Messages to the engine, and what answers them.

use std::time::Duration;

use proptest::prelude::*;

use super::any::Any;
use super::any_request::{REPLIES, REQUESTS, reply_place, request_place};
use crate::link::protocol::{CommandMessage, ReplyState, RequestState, ToEngine, ToFrontEnd};
use crate::requests::Reply;
use crate::requests::Request;
use mailwatch_proto::model::{Command, MailKey, Timer};

fn sent(message: &ToEngine) -> ToEngine {
    let line = message.line();
    assert!(!line.contains(char::is_control), "{line:?}");
    ToEngine::parse(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

proptest! {
    #[test]
    fn a_command_arrives_as_it_was(seed: u64) {
        let mut any = Any::new(seed);
        let message = CommandMessage { id: any.number(), command: any.command(), watches: any.list(3, Any::watch) };
        let message = ToEngine::Command(message);
        prop_assert_eq!(sent(&message), message);
    }

    #[test]
    fn a_request_arrives_as_it_was(seed: u64) {
        let mut any = Any::new(seed);
        for place in 0..REQUESTS {
            let requested = any.requested(place);
            prop_assert_eq!(request_place(&requested), place);
            let message = ToEngine::Request { id: any.number(), request: requested.clone().into() };
            let arrived = sent(&message);
            prop_assert_eq!(&arrived, &message);
            let ToEngine::Request { id: _, request } = arrived else { panic!("a request") };
            prop_assert_eq!(Request::from(request), requested);
        }
    }

    #[test]
    fn a_reply_arrives_as_it_was(seed: u64) {
        let mut any = Any::new(seed);
        for place in 0..REPLIES {
            let reply = any.reply(place);
            prop_assert_eq!(reply_place(&reply), Some(place));
            let state = ReplyState::of(&reply, any.now).expect("for other processes");
            let message = ToFrontEnd::Reply { id: Some(3), reply: Box::new(state) };
            let arrived = ToFrontEnd::parse(&message.line());
            prop_assert_eq!(arrived.as_ref(), Ok(&message));
            let Ok(ToFrontEnd::Reply { reply: state, .. }) = arrived else { panic!("a reply") };
            let arrived: Reply<()> = state.reply(|| (), any.now).expect("known");
            prop_assert_eq!(format!("{arrived:?}"), format!("{reply:?}"));
        }
    }

    #[test]
    fn mails_are_confirmed_by_what_identifies_them(seed: u64) {
        let mut any = Any::new(seed);
        let key = |any: &mut Any| MailKey {
            watch: any.watch(),
            epoch: any.small(),
            uidvalidity: any.small(),
            uid: any.small(),
        };
        let message = ToEngine::Confirm { mails: any.list(9, key) };
        prop_assert_eq!(sent(&message), message);
    }
}

#[test]
fn a_password_is_on_its_way_to_the_engine_and_nowhere_else() {
    let line = r#"{"type":"request","id":1,"request":{"type":"secret","account":"work","password":"Zq7Secret"}}"#;
    let message = ToEngine::parse(line).expect("a message");
    assert_eq!(message.line(), line);
    assert!(!format!("{message:?}").contains("Zq7"), "{message:?}");
    let ToEngine::Request { request, .. } = message else { panic!("a request") };
    assert!(!format!("{:?}", Request::from(request)).contains("Zq7"));
    // What is wrong with a line is said without what may be a password.
    for wrong in ["4711", "47.11", "-4711", "true", r#"["Zq7Secret"]"#, r#"{"is":"Zq7Secret"}"#, "null"] {
        let line = line.replace(r#""Zq7Secret""#, wrong);
        let said = ToEngine::parse(&line).expect_err(&line).to_string();
        assert!(!said.contains("Zq7") && !said.contains("4711"), "{said}");
    }
}

#[test]
fn a_password_of_which_nothing_else_is_said_is_kept_in_memory_alone() {
    let line = r#"{"type":"request","id":1,"request":{"type":"add","entry":{"account":{"name":"a","host":"b","port":993,"tls":"implicit","user":"c","auth":"password"},"password":"d"}}}"#;
    let Ok(ToEngine::Request { request: RequestState::Add { entry }, .. }) = ToEngine::parse(line) else {
        panic!("an account");
    };
    let entry = crate::requests::Entry::from(*entry);
    assert_eq!(entry.password.map(|(_, keep)| keep), Some(crate::requests::Keep::ThisRun));
}

#[test]
fn a_timer_is_retuned_within_its_range_and_off_where_it_can_be() {
    let line = |timer: &str, value: &str| {
        format!(r#"{{"type":"command","id":4,"command":"retune","watches":[],"timer":"{timer}","value_ms":{value}}}"#)
    };
    for (timer, value, expected) in [
        ("reissue", "240000", Some((Timer::Reissue, Some(Duration::from_mins(4))))),
        ("silence", "null", Some((Timer::Silence, None))),
        ("reissue", "0", None),
        ("reissue", "-240000", None),
        ("reissue", "1e300", None),
        ("reissue", "null", None),
        ("poll", "999.9", None),
    ] {
        let line = line(timer, value);
        match (ToEngine::parse(&line), expected) {
            (Ok(ToEngine::Command(message)), Some((timer, value))) => {
                assert_eq!(message.command, Command::Retune { timer, value, by: None });
            }
            (Err(error), None) => {
                assert_eq!(error.id(), Some(4));
                assert!(error.to_string().contains("takes 1s to "), "{error}");
            }
            (outcome, _) => panic!("{line}: {outcome:?}"),
        }
    }
}

#[test]
fn what_a_newer_front_end_wants_is_refused_by_name_and_number() {
    for (line, id, said) in [
        (r#"{"type":"dance","id":9}"#, Some(9), "the message `dance` is not understood: unknown variant `dance`"),
        (r#"{"type":"command","id":8,"command":"sing"}"#, Some(8), "unknown variant `sing`"),
        (r#"{"type":"command","id":8,"command":"retune"}"#, Some(8), "`retune` needs a `timer`"),
        (r#"{"type":"request","id":7,"request":{"type":"dream"}}"#, Some(7), "unknown variant `dream`"),
        (r#"{"type":"past","id":6}"#, Some(6), "missing field `watch`"),
        (r#"{"id":"\u001b[2J"}"#, None, "a message without a type is not understood"),
        ("[]", None, "not understood"),
        ("5", None, "a message without a type is not understood"),
    ] {
        let error = ToEngine::parse(line).expect_err(line);
        assert_eq!(error.id(), id, "{line}");
        assert!(error.to_string().contains(said), "{error}");
    }
    let more = r#"{"type":"attach","events":true,"smell":true,"accounts":["work"]}"#;
    assert!(matches!(ToEngine::parse(more), Ok(ToEngine::Attach(attach)) if attach.events && !attach.wire));
    assert_eq!(ToEngine::parse(r#"{"type":"bye","why":"tea"}"#), Ok(ToEngine::Bye));
}
