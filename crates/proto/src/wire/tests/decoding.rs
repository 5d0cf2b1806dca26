//! What responses say, what the trace shows, what waiting costs.

use super::{drain, through, through_later};
use crate::model::Status;
use crate::response::{Response, StatusText};
use crate::wire::framer::Caps;
use crate::wire::{Decoder, Item, Violation};

#[test]
fn lines_that_the_parser_cannot_read_do_not_end_the_stream() {
    let traps = [
        "* NAMESPACE NIL NIL NIL",
        "* ESEARCH UID MIN 2",
        "",
        "*  OK x",
        "* 1 FETCH ()",
        "* STATUS a (SIZE 3)",
        "[ALERT] x",
        "* OK [ALERT]éx",
        "* 1 FETCH (INTERNALDATE NIL)",
        "A1 BAD",
    ];
    for trap in traps {
        let outcome = through([format!("{trap}\r\n* 7 EXISTS\r\n")]);
        assert_eq!(outcome.responses().last(), Some(&&Response::Exists(7)), "{trap}");
    }
}

#[test]
fn a_long_id_response_never_arrives_in_parts() {
    let id = |length: usize| format!("* ID (\"name\" \"{}\")\r\n", "x".repeat(length));
    for (stream, count) in [(id(100).repeat(50), 50), (format!("{}{}", id(3000), id(4000)), 2), (id(5000), 1)] {
        let outcome = through(format!("{stream}* 7 EXISTS\r\n").as_bytes().chunks(1000));
        assert_eq!(outcome.responses().last(), Some(&&Response::Exists(7)));
        assert_eq!(outcome.responses().len(), count + 1);
    }
}

#[test]
fn long_responses_and_short_ones_arrive_whole() {
    let numbers = " 12345".repeat(9000);
    let fetch = format!("* 1 FETCH (BODY[] {{100000}}\r\n{} UID 4)\r\n", "x".repeat(100_000));
    let stream = format!("* SEARCH{numbers}\r\n{fetch}* 1 EXISTS\r\n* SEARCH{numbers}\r\nA1 OK x\r\n");
    let outcome = through_later(stream.as_bytes().chunks(4096), false);
    let responses = outcome.responses();
    assert_eq!(responses.len(), 5);
    assert!(matches!(responses[1], Response::Fetch(fetched) if fetched.uid == Some(4)));
    let text = StatusText { code: None, text: "x".to_owned() };
    assert_eq!(responses[4], &Response::Tagged { tag: "A1".to_owned(), status: Status::Ok, text });
}

#[test]
fn a_response_comes_after_its_line_and_after_the_report_of_what_it_lost() {
    let outcome = through_later(["* 5 EXISTS or so\r\n* WHAT\r\n* 6 EXISTS\r\n"], true);
    let shapes = outcome.items.iter().map(|item| match item {
        Item::Line(line) => format!("line {}", line.text),
        Item::Unparsed(text) => format!("unparsed {text}"),
        Item::Response(response) => format!("{response:?}"),
    });
    let all = [
        "line * 5 EXISTS or so",
        "unparsed * 5 EXISTS or so",
        "Exists(5)",
        "line * WHAT",
        "unparsed * WHAT",
        "line * 6 EXISTS",
        "Exists(6)",
    ];
    assert_eq!(shapes.collect::<Vec<_>>(), all);
}

#[test]
fn the_trace_shows_literals_as_sizes_and_no_control_characters() {
    let stream = "* 1 FETCH (BODY[] {6}\r\n\x1b[2Jab UID 7)\r\nA1 OK \x1b[2J\r\n";
    let outcome = through_later([stream], true);
    assert_eq!(outcome.lines(), ["* 1 FETCH (BODY[] {6 bytes} UID 7)", "A1 OK \u{fffd}[2J"]);
    assert_eq!(through_later(["* 1 EXISTS\r\n"], false).items, [Item::Response(Response::Exists(1))]);
}

#[test]
fn a_challenge_is_hidden_until_the_login_has_its_answer() {
    let mut decoder = Decoder::new(true);
    decoder.veil();
    let outcome = drain(&mut decoder, ["+ aHVudGVyMg==\r\n+ \r\n", "A1 OK in\r\n+ idling\r\n"], Caps::STRANGER);
    assert_eq!(outcome.lines(), ["+ …", "+", "A1 OK in", "+ idling"]);
    assert!(matches!(outcome.responses()[0], Response::Continue { text } if text == "aHVudGVyMg=="));
}

#[test]
fn what_an_end_leaves_of_a_challenge_is_hidden_too() {
    let mut decoder = Decoder::new(true);
    decoder.veil();
    let outcome = drain(&mut decoder, ["+ aHVudGVy"], Caps::STRANGER);
    assert!(outcome.cut);
    assert_eq!(outcome.unparsed(), ["+ …"]);
}

#[test]
fn a_stream_that_begins_as_tls_is_told_from_imap_before_a_line_ends() {
    for alert in [&b"\x15\x03\x01\x00\x02\x02\x46"[..], b"\x15\x03\x01\x0a\x02\r\n"] {
        assert_eq!(through([alert]).violation, Some(Violation::Tls));
        assert_eq!(through(alert.chunks(1)).violation, Some(Violation::Tls));
    }
    let later = through(["* OK ready\r\n", "\x15\x03\x01\x00\r\n", "* 3 EXISTS\r\n"]);
    assert_eq!((later.violation, later.responses().len()), (None, 2));
}

#[test]
fn enabled_is_read_as_the_capabilities_that_it_names() {
    // Whoever sends ENABLE knows that the answer is no new list of capabilities.
    let outcome = through(["* ENABLED UTF8=ACCEPT\r\n"]);
    assert_eq!(outcome.responses(), [&Response::Capability(vec!["UTF8=ACCEPT".to_owned()])]);
}

#[test]
fn at_rest_a_decoder_holds_no_memory_and_a_response_that_has_begun_is_kept() {
    let mut decoder = Decoder::new(true);
    decoder.logged_in();
    let mut count = 0;
    for n in 0..500 {
        let some = format!("* 1 FETCH (BODY[] {{5000}}\r\n{})\r\n* {n} WHAT\r\n", "x".repeat(5000));
        decoder.feed(some.as_bytes(), |_| count += 1).expect("no cap is broken");
    }
    assert_eq!(count, 4 * 500);
    assert!(decoder.heap() > 0);
    decoder.rest();
    assert_eq!(decoder.heap(), 0);
    decoder.feed(b"* 7 EX", |_| count += 1).expect("no cap is broken");
    decoder.rest();
    decoder
        .feed(b"ISTS\r\n", |item| {
            count += usize::from(item == Item::Response(Response::Exists(7)));
        })
        .expect("no cap is broken");
    assert_eq!(count, 4 * 500 + 1);
}
