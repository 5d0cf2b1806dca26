//! What goes out, when, in how many pieces; what the trace shows of it; what waiting costs.

use std::io::ErrorKind;
use std::task::Poll;

use zeroize::Zeroizing;

use super::{Script, Sink, drain, poll, through_later};
use crate::wire::{Note, Outgoing, Tap};

fn written(tap: &mut Tap<Script>) -> bool {
    std::iter::from_fn(|| tap.note()).any(|note| matches!(note, Note::Written { .. }))
}

#[test]
fn each_command_is_one_write_and_one_flush() {
    let mut tap = Tap::new(Script::open(), false);
    tap.send(Outgoing::line("A1 IDLE"));
    tap.send(Outgoing::line("DONE").stamped());
    assert_eq!(tap.unsent(), 15);
    assert!(poll(&mut tap, 64).is_pending());
    assert_eq!(tap.io().writes, [&b"A1 IDLE\r\n"[..], b"DONE\r\n"]);
    assert_eq!(tap.io().flushes, 2);
    assert_eq!(tap.unsent(), 0);
}

#[test]
fn a_command_that_is_taken_in_parts_goes_on_where_it_was() {
    let mut tap = Tap::new(Script { takes: Some(3), ..Script::open() }, false);
    tap.send(Outgoing::line("A1 EXAMINE INBOX").stamped());
    assert!(poll(&mut tap, 64).is_pending());
    assert_eq!(tap.io().writes.concat(), b"A1 EXAMINE INBOX\r\n");
    assert!(written(&mut tap));
}

#[test]
fn no_text_can_end_a_command_and_begin_another() {
    let mut tap = Tap::new(Script::open(), false);
    tap.send(Outgoing::line("A1 EXAMINE \"a\r\nA2 LOGOUT\0\""));
    tap.send(Outgoing::secret(Zeroizing::new(b"A3 LOGIN u p\nA4 X".to_vec()), "A3 LOGIN …"));
    assert!(poll(&mut tap, 64).is_pending());
    assert_eq!(tap.io().writes, [&b"A1 EXAMINE \"a??A2 LOGOUT?\"\r\n"[..], b"A3 LOGIN u p?A4 X\r\n"]);
}

#[test]
fn a_peer_that_does_not_read_is_read_on() {
    let mut tap = Tap::new(Script { sink: Sink::Blocked, open: true, ..Script::new(["* 1 EXISTS\r\n"]) }, false);
    tap.send(Outgoing::line("DONE").stamped());
    let outcome = drain(&mut tap);
    assert_eq!(outcome.handed(), "* 1 EXISTS\r\n");
    assert_eq!(tap.unsent(), 6);
    assert!(outcome.notes.is_empty());
}

#[test]
fn written_is_noted_when_the_kernel_has_the_last_byte() {
    let mut tap = Tap::new(Script { sink: Sink::Blocked, ..Script::open() }, false);
    tap.send(Outgoing::line("DONE").stamped());
    assert!(poll(&mut tap, 64).is_pending());
    assert!(!written(&mut tap));
    tap.io.sink = Sink::Holding;
    assert!(poll(&mut tap, 64).is_pending());
    assert!(!written(&mut tap), "TLS may still hold it");
    assert_eq!(tap.unsent(), 6);
    tap.io.sink = Sink::Open;
    assert!(poll(&mut tap, 64).is_pending());
    assert!(written(&mut tap));
    assert_eq!(tap.unsent(), 0);
}

#[test]
fn only_who_asks_is_told_that_it_was_written() {
    let mut tap = Tap::new(Script::open(), false);
    tap.send(Outgoing::line("A1 NOOP"));
    assert!(poll(&mut tap, 64).is_pending());
    assert!(!written(&mut tap));
}

#[test]
fn a_server_that_said_bye_and_closed_is_heard_before_the_write_s_error() {
    let mut tap = Tap::new(Script { sink: Sink::Broken, ..Script::new(["* BYE timeout\r\n"]) }, false);
    tap.send(Outgoing::line("DONE"));
    let outcome = drain(&mut tap);
    assert_eq!(outcome.handed(), "* BYE timeout\r\n");
    assert_eq!(outcome.end, None);
    let mut tap = Tap::new(Script { sink: Sink::Broken, open: true, ..Script::new(["* BYE timeout\r\n"]) }, false);
    tap.send(Outgoing::line("DONE"));
    let outcome = drain(&mut tap);
    assert_eq!(outcome.handed(), "* BYE timeout\r\n");
    assert_eq!(outcome.end, Some(ErrorKind::BrokenPipe));
    assert_eq!(tap.unsent(), 0);
}

#[test]
fn reading_stops_while_too_many_notes_wait_and_goes_on_after() {
    let flood = "* WHAT\r\n".repeat(20_000);
    let mut tap = Tap::new(Script { open: true, ..Script::new([flood]) }, false);
    for _ in 0..100 {
        assert!(poll(&mut tap, 4096).is_pending());
    }
    assert!(tap.notes.len() < 1024, "{} notes wait", tap.notes.len());
    assert!(!tap.io().pieces.is_empty());
    assert_eq!(drain(&mut tap).unparsed().len(), 20_000);
}

#[test]
fn taking_the_notes_wakes_a_reader_that_waits_for_it() {
    struct Count(std::sync::atomic::AtomicUsize);
    impl std::task::Wake for Count {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let count = std::sync::Arc::new(Count(0.into()));
    let waker = std::task::Waker::from(std::sync::Arc::clone(&count));
    let mut tap = Tap::new(Script { open: true, ..Script::new(["* WHAT\r\n".repeat(5000)]) }, false);
    let mut bytes = [0; 64];
    let mut buf = tokio::io::ReadBuf::new(&mut bytes);
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(tokio::io::AsyncRead::poll_read(std::pin::Pin::new(&mut tap), &mut cx, &mut buf).is_pending());
    let woken = || count.0.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(woken(), 0, "it must not spin");
    while tap.note().is_some() {}
    assert_eq!(woken(), 1);
}

#[test]
fn a_flood_that_means_nothing_gives_way_to_others() {
    let mut tap = Tap::new(Script { open: true, ..Script::new(["\r\n".repeat(1_000_000)]) }, false);
    assert!(poll(&mut tap, 4096).is_pending());
    assert!(!tap.io().pieces.is_empty(), "one poll must not swallow it all");
}

#[test]
fn the_trace_shows_both_directions_in_order_and_literals_as_sizes() {
    let mut tap = Tap::new(Script { open: true, ..Script::default() }, true);
    tap.logged_in();
    tap.send(Outgoing::line("A1 UID FETCH 7 (UID)"));
    assert!(poll(&mut tap, 64).is_pending());
    tap.io.pieces.extend([b"* 1 FETCH (BODY[] {6}\r\n\x1b[2Jab UID 7)\r\nA1 OK \x1b[2J\r\n".to_vec()]);
    let outcome = drain(&mut tap);
    let shown = ["A1 UID FETCH 7 (UID)", "* 1 FETCH (BODY[] {6 bytes} UID 7)", "A1 OK \u{fffd}[2J"];
    assert_eq!(outcome.lines(), shown);
    assert!(through_later(["* 1 EXISTS\r\n"], false).notes.is_empty(), "nobody asked for a trace");
}

#[test]
fn nothing_of_a_login_is_shown_anywhere() {
    let mut tap = Tap::new(Script { sink: Sink::Blocked, ..Script::open() }, true);
    tap.send(Outgoing::secret(Zeroizing::new(b"A1 LOGIN me hunter2".to_vec()), "A1 LOGIN me …"));
    let debug = format!("{tap:?} {:?}", Outgoing::secret(Zeroizing::new(b"hunter2".to_vec()), "…"));
    assert!(!debug.contains("hunter2"), "{debug}");
    tap.io.sink = Sink::Open;
    assert!(poll(&mut tap, 64).is_pending());
    tap.io.pieces.extend([b"+ aHVudGVyMg==\r\n".to_vec(), b"A1 OK in\r\n+ idling\r\n".to_vec()]);
    let outcome = drain(&mut tap);
    assert_eq!(outcome.handed(), "+ aHVudGVyMg==\r\nA1 OK in\r\n+ idling\r\n");
    assert_eq!(outcome.lines(), ["A1 LOGIN me …", "+ …", "A1 OK in", "+ idling"]);
}

#[test]
fn a_challenge_after_authenticate_is_not_shown() {
    let mut tap = Tap::new(Script::open(), true);
    tap.send(Outgoing::line("A1 AUTHENTICATE LOGIN"));
    assert!(poll(&mut tap, 64).is_pending());
    tap.io.pieces.extend([b"+ VXNlcm5hbWU6\r\n+ \r\n".to_vec()]);
    assert_eq!(drain(&mut tap).lines(), ["A1 AUTHENTICATE LOGIN", "+ …", "+"]);
}

#[test]
fn an_idle_tap_holds_next_to_no_memory() {
    let mut tap = Tap::new(Script::open(), true);
    assert!(size_of::<Tap<()>>() <= 512, "{} bytes", size_of::<Tap<()>>());
    tap.logged_in();
    tap.io.pieces.extend(
        (0..500).map(|n| format!("* 1 FETCH (BODY[] {{5000}}\r\n{})\r\n* {n} WHAT\r\n", "x".repeat(5000)).into_bytes()),
    );
    tap.send(Outgoing::line("A1 NOOP"));
    let outcome = drain(&mut tap);
    assert!(outcome.handed.len() > 2_500_000);
    assert!(matches!(poll(&mut tap, 64), Poll::Pending));
    assert_eq!(tap.heap(), 0);
}
