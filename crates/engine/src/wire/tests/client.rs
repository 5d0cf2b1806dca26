//! async-imap on a tap: it sees each response, whatever stands between.

use std::task::{Context, Poll, Waker};

use async_imap::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::Script;
use crate::wire::{Note, Outgoing, Tap};
use mailwatch_proto::wire::Violation;

/// All that async-imap reads of a stream, as it prints it.
async fn read(stream: &str) -> Vec<String> {
    let (ours, mut theirs) = duplex(1 << 20);
    theirs.write_all(stream.as_bytes()).await.expect("there is room");
    drop(theirs);
    let mut tap = Tap::new(ours, false);
    tap.logged_in();
    let mut client = Client::new(tap);
    let mut seen = Vec::new();
    while let Some(response) = client.read_response().await.expect("async-imap reads what the tap hands on") {
        seen.push(format!("{:?}", response.parsed()));
        while client.get_mut().note().is_some() {}
    }
    seen
}

#[tokio::test]
async fn lines_that_would_end_async_imap_s_stream_do_not() {
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
        let seen = read(&format!("{trap}\r\n* 7 EXISTS\r\n")).await;
        assert_eq!(seen.last().map(String::as_str), Some("MailboxData(Exists(7))"), "{trap}");
    }
}

#[tokio::test]
async fn a_long_id_response_never_arrives_in_parts() {
    let id = |length: usize| format!("* ID (\"name\" \"{}\")\r\n", "x".repeat(length));
    for stream in [id(100).repeat(50), format!("{}{}", id(3000), id(4000)), id(5000)] {
        let seen = read(&format!("{stream}* 7 EXISTS\r\n")).await;
        assert_eq!(seen.last().map(String::as_str), Some("MailboxData(Exists(7))"));
    }
}

#[tokio::test]
async fn long_responses_and_short_ones_arrive_whole() {
    let numbers = " 12345".repeat(9000);
    let fetch = format!("* 1 FETCH (BODY[] {{100000}}\r\n{} UID 4)\r\n", "x".repeat(100_000));
    let stream = format!("* SEARCH{numbers}\r\n{fetch}* 1 EXISTS\r\n* SEARCH{numbers}\r\nA1 OK x\r\n");
    let seen = read(&stream).await;
    assert_eq!(seen.len(), 5);
    assert!(seen[4].contains("Done"), "{}", seen[4]);
}

#[tokio::test]
async fn commands_of_async_imap_s_own_leave_in_one_piece() {
    let mut tap = Tap::new(Script { open: true, ..Script::default() }, true);
    tap.io.pieces.push_back(b"A0001 NO [AUTHENTICATIONFAILED] wrong\r\n".to_vec());
    let client = Client::new(tap);
    let (_, mut client) = client.login("me", "hunter2").await.expect_err("the server said no");
    assert_eq!(client.get_ref().io().writes, [b"A0001 LOGIN \"me\" \"hunter2\"\r\n"]);
    let notes: Vec<Note> = std::iter::from_fn(|| client.get_mut().note()).collect();
    assert!(!format!("{notes:?}").contains("hunter2"));
    assert_eq!(notes.len(), 2);
}

#[tokio::test]
async fn what_is_sent_leaves_while_a_read_waits() {
    let (ours, mut theirs) = duplex(64);
    let mut client = Client::new(Tap::new(ours, false));
    let mut cx = Context::from_waker(Waker::noop());
    for command in ["A1 IDLE", "DONE"] {
        client.get_mut().send(Outgoing::line(command).stamped());
        assert!(std::pin::pin!(client.read_response()).poll(&mut cx).is_pending());
        let mut seen = vec![0; command.len() + 2];
        theirs.read_exact(&mut seen).await.expect("the command left");
        assert_eq!(seen, format!("{command}\r\n").as_bytes());
        assert!(matches!(client.get_mut().note(), Some(Note::Written { .. })));
    }
    theirs.write_all(b"A1 OK done\r\n").await.expect("there is room");
    assert!(matches!(std::pin::pin!(client.read_response()).poll(&mut cx), Poll::Ready(Ok(Some(_)))));
    assert!(client.get_ref().heard().is_some());
}

#[tokio::test]
async fn a_violation_is_found_in_the_error() {
    let (ours, mut theirs) = duplex(1 << 16);
    theirs.write_all(&[b'x'; 9000]).await.expect("there is room");
    let error = Client::new(Tap::new(ours, false)).read_response().await.expect_err("the line is too long");
    let violation = error.get_ref().and_then(|inner| inner.downcast_ref::<Violation>());
    assert_eq!(violation, Some(&Violation::Line { cap: 8192 }));
    assert_eq!(error.to_string(), "the server sent a line of more than 8 KiB");
}
