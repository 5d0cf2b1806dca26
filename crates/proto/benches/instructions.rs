//! Work whose instructions `benches/instructions` counts: each name runs one kind of it, a fixed number of times.
//!
//! No clock and no chance is in it, so that a build takes the same number of instructions each time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use mailwatch_proto::idle::{Idle, Input, Output};
use mailwatch_proto::model::{DoneReason, Timers};
use mailwatch_proto::response::Response;
use mailwatch_proto::wire::{Decoder, Item};

/// How often each is done.
const TIMES: usize = 1000;

/// The responses in a stream, which comes in pieces as large as those that the engine reads.
fn decoded(stream: &str, mut each: impl FnMut(&Response)) -> usize {
    let mut decoder = Decoder::new(false);
    decoder.logged_in();
    let mut responses = 0;
    for piece in stream.as_bytes().chunks(4096) {
        let fed = decoder.feed(piece, |item| {
            if let Item::Response(response) = black_box(item) {
                each(&response);
                responses += 1;
            }
        });
        assert!(fed.is_ok(), "the stream can be read");
    }
    responses
}

fn exists() {
    let stream = "* 4711 EXISTS\r\n".repeat(TIMES);
    assert_eq!(decoded(&stream, |_| {}), TIMES);
}

fn headers() {
    let header = "From: Ann Lee <ann@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= (2)\r\n\
                  Date: Mon, 5 Jan 2026 14:03:27 +0100\r\nMessage-ID: <0123456789abcdef@mail.example.org>\r\n\r\n";
    let fetch = format!("* 9 FETCH (UID 4711 BODY[HEADER] {{{}}}\r\n{header})\r\n", header.len());
    assert_eq!(decoded(&fetch.repeat(TIMES), |_| {}), TIMES);
}

fn search() {
    let uids: Vec<String> = (1..=TIMES * 10).map(|uid| uid.to_string()).collect();
    assert_eq!(decoded(&format!("* SEARCH {}\r\n", uids.join(" ")), |_| {}), 1);
}

/// From IDLE to DONE's answer, with a mail between.
fn idle() {
    let mut now = Instant::now();
    let mut done = 0;
    for round in 0..TIMES {
        let tag = format!("a{round}");
        let mut idle = Idle::start(tag.clone(), Timers::default(), now);
        let stream = format!("+ idling\r\n* {round} EXISTS\r\n{tag} OK Idle completed.\r\n");
        let mut poll = |idle: &mut Idle| {
            while let Some(output) = idle.poll() {
                done += usize::from(matches!(black_box(output), Output::Ended(_)));
            }
        };
        decoded(&stream, |response| {
            now += Duration::from_secs(1);
            idle.handle(now, Input::Response(response));
            poll(&mut idle);
            if matches!(response, Response::Exists(_)) {
                idle.handle(now, Input::Done(DoneReason::NewMail));
                idle.handle(now, Input::Written);
                poll(&mut idle);
            }
        });
    }
    assert_eq!(done, TIMES, "each IDLE ended");
}

fn main() {
    // Cargo's own argument to benches comes first or last.
    let name = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    match name.as_deref() {
        Some("exists") => exists(),
        Some("headers") => headers(),
        Some("search") => search(),
        Some("idle") => idle(),
        Some("nothing") => {}
        Some(_) | None => [exists as fn(), headers, search, idle].into_iter().for_each(|work| work()),
    }
}
