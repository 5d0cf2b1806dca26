//! Lines that are no messages.

use proptest::prelude::*;

use crate::link::protocol::{NotUnderstood, ToEngine, ToFrontEnd};

#[test]
fn what_is_not_json_is_told_apart_from_what_is_not_known() {
    for line in ["", "GET / HTTP/1.1", r#"{"type":"bye""#, "\u{0}"] {
        let error = ToEngine::parse(line).expect_err(line);
        assert!(matches!(error, NotUnderstood::NotJson { .. }), "{line:?}: {error:?}");
        assert!(error.to_string().starts_with("not one JSON object per line: "), "{error}");
    }
}

#[test]
fn an_error_repeats_nothing_harmful_and_little() {
    let line = format!(r#"{{"type":"{}\u001b[2J"}}"#, "a".repeat(100_000));
    let said = ToEngine::parse(&line).expect_err("no type").to_string();
    assert!(said.chars().count() < 1000 && !said.contains(char::is_control), "{said:?}");
}

#[test]
fn a_line_that_nests_without_end_is_refused() {
    for nested in ["[".repeat(1_000_000), format!(r#"{{"type":"confirm","mails":{}"#, "[".repeat(1_000_000))] {
        assert!(ToEngine::parse(&nested).is_err() && ToFrontEnd::parse(&nested).is_err());
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_written_alike(text in r#"[{}\[\]":,a-z0-9_\\ ]{0,60}|\PC{0,40}"#) {
        if let Ok(message) = ToEngine::parse(&text) {
            prop_assert_eq!(ToEngine::parse(&message.line()), Ok(message));
        }
        if let Ok(message) = ToFrontEnd::parse(&text) {
            prop_assert_eq!(ToFrontEnd::parse(&message.line()), Ok(message));
        }
    }
}
