//! What is kept of a response.

use super::*;

fn read(line: &[u8]) -> Response {
    let (rest, response) = proto::Response::parse(line).expect("the parser reads it");
    assert!(rest.is_empty());
    Response::from(&response)
}

#[test]
fn a_code_that_the_parser_does_not_know_is_found_in_the_text() {
    let response = read(b"A1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n");
    let text = StatusText {
        code: Some(Code::Other("AUTHENTICATIONFAILED".to_owned())),
        text: "Invalid credentials (Failure)".to_owned(),
    };
    assert_eq!(text.whole(), "[AUTHENTICATIONFAILED] Invalid credentials (Failure)");
    assert_eq!(response, Response::Tagged { tag: "A1".to_owned(), status: Status::No, text });
}

#[test]
fn a_message_keeps_what_was_asked_for() {
    let response = read(b"* 3 FETCH (UID 7 FLAGS (\\Seen) RFC822.SIZE 2048 INTERNALDATE \"01-Jan-2026 10:00:00 +0000\" BODY[HEADER.FIELDS (FROM)] {9}\r\nFrom: a\r\n)\r\n");
    let Response::Fetch(fetched) = response else { panic!("not a FETCH: {response:?}") };
    assert_eq!((fetched.uid, fetched.size), (Some(7), Some(2048)));
    assert_eq!(fetched.seen, Some(true));
    assert_eq!((fetched.seq, fetched.flags), (3, Some(vec!["\\Seen".to_owned()])));
    assert_eq!(fetched.header.as_deref(), Some(b"From: a\r\n".as_slice()));
    assert_eq!(fetched.internal_date.as_deref(), Some("01-Jan-2026 10:00:00 +0000"));
}

#[test]
fn a_mailbox_that_is_listed_is_known_by_what_it_is_for_and_whether_it_opens() {
    let listed = |bytes: &[u8]| match read(bytes) {
        Response::List(listed) => listed,
        other => panic!("not a LIST: {other:?}"),
    };
    let sent = listed(b"* LIST (\\HasNoChildren \\Sent \\Important) \".\" Gesendet\r\n");
    assert_eq!((sent.delimiter, sent.can_be_opened), (Some('.'), true));
    assert_eq!(sent.uses, ["\\Sent", "\\Important"]);
    assert!(!listed(b"* LIST (\\NoSelect) \"/\" a\r\n").can_be_opened);
    assert!(!listed(b"* LIST (\\NonExistent) NIL a\r\n").can_be_opened);
    assert_eq!(listed(b"* LIST () \"\\\\\" a\r\n").delimiter, Some('\\'));
}

#[test]
fn a_range_that_vanished_is_counted_and_cannot_overflow() {
    assert_eq!(read(b"* VANISHED 1:4294967295,7\r\n"), Response::Vanished(u32::MAX));
}
