//! Any bytes through framer, check and tap: `cargo +nightly fuzz run wire`.
//!
//! libFuzzer's panic hook aborts, so that a panic which the check would catch is found too, and can be kept from the
//! parser before it happens. A stack that overflows and memory that grows are found by the sanitizer.

#![no_main]

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use imap_proto::Response;
use libfuzzer_sys::fuzz_target;
use mailwatch_engine::wire::Tap;
use tokio::io::{AsyncRead, ReadBuf, join, sink};

fuzz_target!(|stream: &[u8]| {
    let mut tap = Tap::new(join(stream, sink()), true);
    tap.logged_in();
    let mut cx = Context::from_waker(Waker::noop());
    let mut bytes = [0; 4096];
    let mut handed = Vec::new();
    loop {
        let mut buf = ReadBuf::new(&mut bytes);
        match Pin::new(&mut tap).poll_read(&mut cx, &mut buf) {
            Poll::Ready(Ok(())) if buf.filled().is_empty() => break,
            Poll::Ready(Ok(())) => handed.extend_from_slice(buf.filled()),
            Poll::Ready(Err(_)) => break,
            Poll::Pending => {}
        }
        while tap.note().is_some() {}
    }
    let mut rest = &handed[..];
    while !rest.is_empty() {
        rest = Response::parse(rest).expect("only readable responses are handed on").0;
    }
});
