//! What is read of a FETCH that is spelt otherwise.

use super::through;
use crate::response::{Fetched, Response};

fn fetched(line: &str) -> Fetched {
    let outcome = through([line]);
    match outcome.responses()[..] {
        [Response::Fetch(fetched)] => fetched.clone(),
        _ => panic!("{line}: {outcome:?}"),
    }
}

#[test]
fn any_echo_of_the_header_section_is_taken() {
    for name in [
        "BODY[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)]<0> ",
        "BODY[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)]<0.65536> ",
        "BODY[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)]<0.65536>",
        "BODY[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)] ",
        "BODY[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)]",
        "BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)]<0.65536> ",
        "body.peek[header.fields (\"Date\" \"From\")]<0>",
        "BODY[HEADER.FIELDS FROM SUBJECT] ",
        "BODY[HEADER.FIELDS (From,Subject)] ",
        "BODY[HEADER] ",
        "RFC822.HEADER",
    ] {
        for value in ["{9}\r\nFrom: a\r\n", "{9+}\r\nFrom: a\r\n", "~{9}\r\nFrom: a\r\n"] {
            let fetched = fetched(&format!("* 3 FETCH (UID 7 FLAGS (\\Seen) {name}{value})\r\n"));
            assert_eq!((fetched.seq, fetched.uid, fetched.seen), (3, Some(7), Some(true)), "{name}");
            assert_eq!(fetched.header.as_deref(), Some(b"From: a\r\n".as_slice()), "{name}{value}");
        }
    }
    let quoted = fetched("* 3 FETCH (BODY.PEEK[HEADER]<0.9> \"From: \\\"a\\\"\" UID 4294967295)\r\n");
    assert_eq!((quoted.uid, quoted.header.as_deref()), (Some(u32::MAX), Some(b"From: \"a\"".as_slice())));
    let nil = fetched("* 3 FETCH (UID 7 BODY.PEEK[HEADER]<0.9> NIL)\r\n");
    assert_eq!((nil.unreadable, nil.header), (true, None));
}

#[test]
fn what_nobody_asked_for_does_not_cost_the_rest() {
    let line = "* 3 FETCH (X-MOOD <<happy>> FLAGS (\\Seen [Odd] $Junk) ENVELOPE ((\"x)\" {1}\r\n)) y) UID 7 INTERNALDATE \"x\")\r\n";
    let outcome = through([line]);
    assert_eq!(outcome.unparsed().len(), 1, "and it is reported");
    let fetched = fetched(line);
    assert_eq!((fetched.uid, fetched.internal_date.as_deref()), (Some(7), Some("x")));
    assert_eq!(fetched.flags, Some(vec!["\\Seen".to_owned(), "$Junk".to_owned()]));
}

#[test]
fn what_cannot_be_taken_apart_is_left_alone() {
    for line in ["* 3 FETCH (UID 7 X-MOOD <<happy>> ENVELOPE ((\r\n", "* 3 FETCH UID 7\r\n"] {
        let outcome = through([line]);
        assert_eq!((outcome.responses().len(), outcome.unparsed().len()), (0, 1), "{line}");
    }
}
