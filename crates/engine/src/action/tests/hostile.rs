//! Servers that mean ill, or have gone mad: each costs one connection, and none of it passes for success.

use std::time::Duration;

use super::{Does, Scripted, action, ends, says, settle};
use crate::clock::now;
use mailwatch_proto::model::FaultClass;

#[tokio::test(start_paused = true)]
async fn whatever_a_server_answers_it_is_an_error_and_the_connection_is_closed() {
    let deep = "(".repeat(500);
    let id = format!("* ID (\"name\" \"{}\")\r\n", "x".repeat(5000));
    let line = "x".repeat(65 * 1024);
    let name = format!("* LIST () \"/\" {}\r\n", "a".repeat(400));
    let blank = format!("{}\r\n", " ".repeat(400));
    for (name, does, class, words) in [
        (
            "a NO that Session takes for success",
            says("TAG NO not now\r\n"),
            FaultClass::Closed,
            "refused LIST: not now",
        ),
        ("BAD", says("TAG BAD what\r\n"), FaultClass::Closed, "refused LIST: what"),
        ("names and then NO", says("* LIST () \"/\" a\r\nTAG NO no\r\n"), FaultClass::Closed, "refused LIST"),
        ("an end", ends(""), FaultClass::Closed, "closed the connection"),
        ("an end after names", ends("* LIST () \"/\" a\r\n"), FaultClass::Closed, "closed the connection"),
        ("an end inside a response", ends("* LIST () \"/\" "), FaultClass::Closed, "in the middle of a response"),
        ("an end inside the reply", ends("TAG OK don"), FaultClass::Closed, "in the middle of a response"),
        ("a literal of 4 GiB", says("* LIST () \"/\" {4294967296}\r\n"), FaultClass::Protocol, "announced literals"),
        ("a literal beyond numbers", says(format!("* X {{{}}}\r\n", "9".repeat(40))), FaultClass::Protocol, "literals"),
        ("a line without end", says(&line), FaultClass::Protocol, "a line of more than 64 KiB"),
        ("a line for ever", Does::Repeats(line.clone().into_bytes()), FaultClass::Protocol, "a line of more than"),
        ("nothing", says(""), FaultClass::Timeout, "did not answer LIST in time"),
        ("another's reply", says("A1 OK done\r\n"), FaultClass::Timeout, "did not answer LIST in time"),
        ("names for ever", Does::Repeats(name.clone().into_bytes()), FaultClass::Closed, "more than 4 MiB"),
        ("empty lines for ever", Does::Repeats(blank.clone().into_bytes()), FaultClass::Closed, "more than 4 MiB"),
        ("nesting alone", says(format!("* 1 FETCH (BODYSTRUCTURE {deep}\r\n")), FaultClass::Timeout, "in time"),
        ("BYE", says("* BYE over\r\n"), FaultClass::Closed, "over"),
        ("ID and an end", ends(&id), FaultClass::Closed, "closed the connection"),
    ] {
        let server = Scripted::new(does);
        let action = action(&server);
        let begun = now();
        let fault = action.list().await.expect_err(name);
        assert!(now() - begun <= Duration::from_secs(31), "{name}");
        assert!(fault.message.contains(words), "{name}: {}", fault.message);
        assert_eq!(fault.class, class, "{name}: {}", fault.message);
        settle().await;
        assert_eq!(server.open(), 0, "{name}");
        // The permit is given back: the next operation has a connection of its own.
        let _ = action.list().await;
        assert_eq!(server.connections(), 2, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_parser_cannot_bear_is_left_out_and_the_answer_is_read_on() {
    let deep = "(".repeat(500);
    let id = format!("* ID (\"name\" \"{}\")\r\n", "x".repeat(5000));
    for (trap, left_out) in [
        (format!("* 1 FETCH (BODYSTRUCTURE {deep}\r\n"), 1),
        (format!("* LIST {deep} \"/\" a\r\n"), 1),
        (id, 0),
        ("* OK [ALERT]éx\r\n".to_owned(), 0),
        ("* NAMESPACE NIL NIL NIL\r\n".to_owned(), 1),
        ("* 1 FETCH (INTERNALDATE NIL)\r\n".to_owned(), 0),
        ("\r\n".to_owned(), 1),
        ("+ what\r\n".to_owned(), 0),
        (format!("* SEARCH{}\r\n", " 12345".repeat(9000)), 0),
        (format!("* 1 FETCH (BODY[] {{100000}}\r\n{})\r\n", "x".repeat(100_000)), 0),
        ("* 1 EXISTS\r\n".repeat(300), 0),
    ] {
        let stream = format!("* LIST () \"/\" a\r\n{trap}* LIST () \"/\" b\r\nTAG OK done\r\n");
        let server = Scripted::new(says(stream));
        let shown = &trap[..trap.len().min(40)];
        let listing = action(&server).list().await.expect(shown);
        assert_eq!((listing.mailboxes.len(), listing.left_out), (2, left_out), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_greets_or_never_logs_in_is_given_up_in_time() {
    for greeting in ["", "* OK"] {
        let server = Scripted::greeting(greeting, says(""));
        let begun = now();
        let fault = action(&server).list().await.expect_err("there is no login");
        assert_eq!(fault.class, FaultClass::Timeout);
        assert!(now() - begun <= Duration::from_secs(31));
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_response_of_which_a_part_looks_wrong_is_left_out() {
    // async-imap sees the first 4 KiB of an ID response alone, and would close the stream over some of them.
    let mut left_out = 0;
    for pad in 0..16 {
        let id = format!("* ID (\"{}\" NIL {}\"c\" NIL)\r\n", "a".repeat(pad), "\"a\" \"b\" ".repeat(1000));
        let server = Scripted::new(says(format!("{id}* LIST () \"/\" a\r\nTAG OK done\r\n")));
        let listing = action(&server).list().await.expect("it is listed");
        assert_eq!(listing.mailboxes.len(), 1, "{pad}");
        left_out += listing.left_out;
    }
    assert!((1..16).contains(&left_out), "{left_out}");
}
