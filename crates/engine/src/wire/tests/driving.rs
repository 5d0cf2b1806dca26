//! What goes out, when, in how many pieces; what the trace shows of it; what waiting costs; how a stream ends.

use std::io::ErrorKind;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use zeroize::Zeroizing;

use super::{Script, Sink, drain, poll};
use crate::wire::{Ended, Incoming, Outgoing, Wire};
use mailwatch_proto::response::Response;
use mailwatch_proto::wire::Violation;

#[test]
fn each_command_is_one_write_and_one_flush() {
    let mut wire = Wire::new(Script::open(), false);
    wire.send(Outgoing::line("A1 IDLE"));
    wire.send(Outgoing::line("DONE").stamped());
    assert_eq!(wire.unsent(), 15);
    drain(&mut wire);
    assert_eq!(wire.io().writes, [&b"A1 IDLE\r\n"[..], b"DONE\r\n"]);
    assert_eq!(wire.io().flushes, 2);
    assert_eq!(wire.unsent(), 0);
}

#[test]
fn a_command_that_is_taken_in_parts_goes_on_where_it_was() {
    let mut wire = Wire::new(Script { takes: Some(3), ..Script::open() }, false);
    wire.send(Outgoing::line("A1 EXAMINE INBOX").stamped());
    let outcome = drain(&mut wire);
    assert_eq!(wire.io().writes.concat(), b"A1 EXAMINE INBOX\r\n");
    assert!(outcome.written());
}

#[test]
fn no_text_can_end_a_command_and_begin_another() {
    let mut wire = Wire::new(Script::open(), false);
    wire.send(Outgoing::line("A1 EXAMINE \"a\r\nA2 LOGOUT\0\""));
    wire.send(Outgoing::secret(Zeroizing::new(b"A3 LOGIN u p\nA4 X".to_vec()), "A3 LOGIN …"));
    drain(&mut wire);
    assert_eq!(wire.io().writes, [&b"A1 EXAMINE \"a??A2 LOGOUT?\"\r\n"[..], b"A3 LOGIN u p?A4 X\r\n"]);
}

#[test]
fn a_peer_that_does_not_read_is_read_on() {
    let mut wire = Wire::new(Script { sink: Sink::Blocked, open: true, ..Script::new(["* 1 EXISTS\r\n"]) }, false);
    wire.send(Outgoing::line("DONE").stamped());
    let outcome = drain(&mut wire);
    assert_eq!(outcome.incoming, [Incoming::Response(Response::Exists(1))]);
    assert_eq!(wire.unsent(), 6);
}

#[test]
fn written_is_noted_when_the_kernel_has_the_last_byte() {
    let mut wire = Wire::new(Script { sink: Sink::Blocked, ..Script::open() }, false);
    wire.send(Outgoing::line("DONE").stamped());
    assert!(!drain(&mut wire).written());
    wire.io.sink = Sink::Holding;
    assert!(!drain(&mut wire).written(), "TLS may still hold it");
    assert_eq!(wire.unsent(), 6);
    wire.io.sink = Sink::Open;
    assert!(drain(&mut wire).written());
    assert_eq!(wire.unsent(), 0);
}

#[test]
fn only_who_asks_is_told_that_it_was_written() {
    let mut wire = Wire::new(Script::open(), false);
    wire.send(Outgoing::line("A1 NOOP"));
    assert!(!drain(&mut wire).written());
}

#[test]
fn what_is_sent_leaves_before_what_came_is_taken() {
    let mut wire = Wire::new(Script { open: true, ..Script::new(["* 1 EXISTS\r\n* 2 EXISTS\r\n"]) }, false);
    assert!(matches!(poll(&mut wire), Poll::Ready(Ok(Incoming::Response(Response::Exists(1))))));
    wire.send(Outgoing::line("DONE").stamped());
    assert!(matches!(poll(&mut wire), Poll::Ready(Ok(Incoming::Response(Response::Exists(2))))));
    assert_eq!(wire.io().writes, [b"DONE\r\n"]);
    assert!(drain(&mut wire).written());
}

#[tokio::test]
async fn what_is_sent_leaves_while_a_read_waits() {
    let (ours, mut theirs) = duplex(64);
    let mut wire = Wire::new(ours, false);
    for command in ["A1 IDLE", "DONE"] {
        wire.send(Outgoing::line(command).stamped());
        // One poll sends it; the stamp comes at once or with the next.
        assert!(matches!(poll(&mut wire), Poll::Ready(Ok(Incoming::Written(_)))));
        assert!(poll(&mut wire).is_pending());
        let mut seen = vec![0; command.len() + 2];
        theirs.read_exact(&mut seen).await.expect("the command left");
        assert_eq!(seen, format!("{command}\r\n").as_bytes());
    }
    assert!(wire.heard().is_none());
    theirs.write_all(b"A1 OK done\r\n").await.expect("there is room");
    assert!(matches!(poll(&mut wire), Poll::Ready(Ok(Incoming::Response(Response::Tagged { .. })))));
    assert!(wire.heard().is_some());
}

#[test]
fn a_server_that_said_bye_and_closed_is_heard_before_the_write_s_error() {
    let mut wire = Wire::new(Script { sink: Sink::Broken, ..Script::new(["* BYE timeout\r\n"]) }, false);
    wire.send(Outgoing::line("DONE"));
    let outcome = drain(&mut wire);
    assert!(matches!(outcome.responses()[..], [Response::Bye(_)]));
    assert!(matches!(outcome.end, Some(Ended::Closed)));
    let mut wire = Wire::new(Script { sink: Sink::Broken, open: true, ..Script::new(["* BYE timeout\r\n"]) }, false);
    wire.send(Outgoing::line("DONE"));
    let outcome = drain(&mut wire);
    assert!(matches!(outcome.responses()[..], [Response::Bye(_)]));
    assert!(matches!(outcome.end, Some(Ended::Failed(error)) if error.kind() == ErrorKind::BrokenPipe));
    assert_eq!(wire.unsent(), 0);
}

#[test]
fn a_stream_s_end_says_whether_a_response_was_cut() {
    let outcome = drain(&mut Wire::new(Script::new(["* 1 EXISTS\r\n"]), false));
    assert!(matches!(outcome.end, Some(Ended::Closed)));
    let outcome = drain(&mut Wire::new(Script::new(["* 1 EXISTS\r\n* BYE autolog"]), false));
    let all = [Incoming::Response(Response::Exists(1)), Incoming::Unparsed("* BYE autolog".to_owned())];
    assert_eq!(outcome.incoming, all);
    assert!(matches!(outcome.end, Some(Ended::Cut)));
}

#[test]
fn a_broken_cap_ends_the_connection_after_what_came_before() {
    let mut wire = Wire::new(Script { open: true, ..Script::new(["* 1 EXISTS\r\n", &"x".repeat(9000)]) }, false);
    let outcome = drain(&mut wire);
    assert_eq!(outcome.incoming, [Incoming::Response(Response::Exists(1))]);
    assert!(matches!(outcome.end, Some(Ended::Violated(Violation::Line { cap: 8192 }))));
    assert_eq!(Violation::Line { cap: 8192 }.to_string(), "the server sent a line of more than 8 KiB");
}

#[test]
fn reading_stops_while_much_waits_and_goes_on_after() {
    let flood = "* WHAT\r\n".repeat(20_000);
    let mut wire = Wire::new(Script { open: true, ..Script::new([flood]) }, false);
    assert!(poll(&mut wire).is_ready());
    assert!(wire.arrived.len() < 1024, "{} wait", wire.arrived.len());
    assert!(!wire.io().pieces.is_empty());
    assert_eq!(drain(&mut wire).unparsed(), 20_000 - 1);
}

#[test]
fn a_reader_that_waits_does_not_spin() {
    struct Count(std::sync::atomic::AtomicUsize);
    impl std::task::Wake for Count {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let count = std::sync::Arc::new(Count(0.into()));
    let waker = Waker::from(std::sync::Arc::clone(&count));
    let woken = || count.0.load(std::sync::atomic::Ordering::Relaxed);
    let mut wire = Wire::new(Script { open: true, ..Script::new(["* WHAT\r\n".repeat(5000)]) }, false);
    while wire.poll_next(&mut Context::from_waker(&waker)).is_ready() {}
    assert!(wire.io().pieces.is_empty());
    assert_eq!(woken(), 0);
}

#[test]
fn a_flood_that_means_nothing_gives_way_to_others() {
    let mut wire = Wire::new(Script { open: true, ..Script::new(["\r\n".repeat(1_000_000)]) }, false);
    assert!(matches!(poll(&mut wire), Poll::Ready(Ok(Incoming::Unparsed(_)))));
    assert!(poll(&mut wire).is_pending());
    assert!(!wire.io().pieces.is_empty(), "one poll must not swallow it all");
}

#[test]
fn the_trace_shows_both_directions_in_order() {
    let mut wire = Wire::new(Script::open(), true);
    wire.logged_in();
    wire.send(Outgoing::line("A1 UID FETCH 7 (UID)"));
    let mut outcome = drain(&mut wire);
    wire.io.pieces.extend([b"* 1 FETCH (BODY[] {6}\r\n\x1b[2Jab UID 7)\r\nA1 OK \x1b[2J\r\n".to_vec()]);
    outcome.incoming.extend(drain(&mut wire).incoming);
    let shown = ["A1 UID FETCH 7 (UID)", "* 1 FETCH (BODY[] {6 bytes} UID 7)", "A1 OK \u{fffd}[2J"];
    assert_eq!(outcome.lines(), shown);
}

#[test]
fn nothing_of_a_login_is_shown_anywhere() {
    let mut wire = Wire::new(Script { sink: Sink::Blocked, ..Script::open() }, true);
    wire.send(Outgoing::secret(Zeroizing::new(b"A1 LOGIN me hunter2".to_vec()), "A1 LOGIN me …"));
    let debug = format!("{wire:?} {:?}", Outgoing::secret(Zeroizing::new(b"hunter2".to_vec()), "…"));
    assert!(!debug.contains("hunter2"), "{debug}");
    wire.io.sink = Sink::Open;
    assert_eq!(drain(&mut wire).lines(), ["A1 LOGIN me …"]);
    wire.io.pieces.extend([b"+ aHVudGVyMg==\r\n".to_vec(), b"A1 OK in\r\n+ idling\r\n".to_vec()]);
    let outcome = drain(&mut wire);
    assert_eq!(outcome.responses().len(), 3);
    assert_eq!(outcome.lines(), ["+ …", "A1 OK in", "+ idling"]);
}

#[test]
fn a_challenge_after_authenticate_is_not_shown() {
    let mut wire = Wire::new(Script::open(), true);
    wire.send(Outgoing::line("A1 AUTHENTICATE LOGIN"));
    assert_eq!(drain(&mut wire).lines(), ["A1 AUTHENTICATE LOGIN"]);
    wire.io.pieces.extend([b"+ VXNlcm5hbWU6\r\n+ \r\n".to_vec()]);
    assert_eq!(drain(&mut wire).lines(), ["+ …", "+"]);
}

#[test]
fn an_idle_wire_holds_next_to_no_memory() {
    let mut wire = Wire::new(Script::open(), true);
    assert!(size_of::<Wire<()>>() <= 512, "{} bytes", size_of::<Wire<()>>());
    wire.logged_in();
    wire.io.pieces.extend(
        (0..500).map(|n| format!("* 1 FETCH (BODY[] {{5000}}\r\n{})\r\n* {n} WHAT\r\n", "x".repeat(5000)).into_bytes()),
    );
    wire.send(Outgoing::line("A1 NOOP"));
    let outcome = drain(&mut wire);
    assert_eq!((outcome.responses().len(), outcome.unparsed(), outcome.lines().len()), (500, 500, 1001));
    assert!(poll(&mut wire).is_pending());
    assert_eq!(wire.heap(), 0);
}

#[test]
fn a_large_literal_is_read_to_where_it_stays_and_comes_out_as_it_was_sent() {
    let literal = "(x\r\n* 9 EXISTS\r\n".repeat(20_000);
    let stream = format!("* 1 FETCH (UID 7 BODY[HEADER] {{{}}}\r\n{literal})\r\n* 2 EXISTS\r\n", literal.len());
    for size in [1000, 4096, 100_000, stream.len()] {
        let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
        let mut wire = Wire::new(Script { open: true, ..Script::new(pieces) }, false);
        wire.logged_in();
        let outcome = drain(&mut wire);
        let [Response::Fetch(fetched), Response::Exists(2)] = outcome.responses()[..] else {
            panic!("{:?}", outcome.incoming)
        };
        assert_eq!(fetched.header.as_deref(), Some(literal.as_bytes()), "in pieces of {size}");
        assert_eq!(wire.heap(), 0);
    }
}

#[test]
fn a_stream_that_ends_in_a_large_literal_was_cut() {
    let mut wire = Wire::new(Script::new([format!("* 1 FETCH (BODY[] {{90000}}\r\n{}", "x".repeat(50_000))]), false);
    wire.logged_in();
    assert!(matches!(drain(&mut wire).end, Some(Ended::Cut)));
}
