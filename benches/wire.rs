//! Bytes per second from a transport to owned responses: what a busy server costs.

use std::hint::black_box;
use std::task::{Context, Poll, Waker};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mailwatch_engine::wire::Wire;
use tokio::io::{join, sink};

/// Reads all of a stream; how much came of it.
fn read_through(stream: &[u8]) -> usize {
    let mut wire = Wire::new(join(stream, sink()), false);
    wire.logged_in();
    let mut cx = Context::from_waker(Waker::noop());
    let mut sum = 0;
    loop {
        match wire.poll_next(&mut cx) {
            Poll::Ready(Ok(incoming)) => {
                black_box(incoming);
                sum += 1;
            }
            Poll::Ready(Err(_)) => return sum,
            Poll::Pending => {}
        }
    }
}

fn wire(criterion: &mut Criterion) {
    let idle = "* OK Still here\r\n* 1204 EXISTS\r\n* 1 RECENT\r\n* 17 FETCH (FLAGS (\\Seen))\r\n* 3 EXPUNGE\r\n";
    let header = "From: Ann Lee <ann@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= (2)\r\n\
                  Date: Mon, 5 Jan 2026 14:03:27 +0100\r\nMessage-ID: <0123456789abcdef@mail.example.org>\r\n\r\n";
    let fetch = format!(
        "* 9 FETCH (UID 4711 BODY[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)] {{{}}}\r\n{header})\r\n",
        header.len()
    );
    let large = format!("* 9 FETCH (UID 4711 BODY[HEADER] {{{}}}\r\n{})\r\n", 256 * 1024, "x".repeat(256 * 1024));
    let mut group = criterion.benchmark_group("wire");
    for (name, stream) in [
        ("an idle's responses", idle.repeat(2000)),
        ("fetched headers", fetch.repeat(1000)),
        ("literals of 256 KiB", large.repeat(4)),
        ("lines that nobody reads", "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n".repeat(5000)),
    ] {
        group.throughput(Throughput::Bytes(stream.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| read_through(black_box(stream.as_bytes()))));
    }
    group.finish();
}

criterion_group!(benches, wire);
criterion_main!(benches);
