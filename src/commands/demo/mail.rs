//! The mail of the demo's servers: by itself, at irregular intervals, or in pairs within each IDLE.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use imap_misbehave::{Letters, NewMessage, Server};
use tokio::time::sleep;

/// A mailbox of the show never holds more: the oldest are expunged.
const KEPT: usize = 200;

/// The first of a pair comes so long after IDLE began, the other so long after the first. Both are within an IDLE of 15 s,
/// and further apart than the 10 s that prove something.
const FIRST: Duration = Duration::from_secs(1);
const APART: Range<u64> = 11_000..12_000;

/// Delivers mail at irregular intervals, in seconds.
pub(super) async fn at_random(server: Server, mailbox: &'static str, letters: Letters, every: Range<u64>) {
    for letter in letters {
        sleep(Duration::from_millis(fastrand::u64(every.start * 1000..every.end * 1000))).await;
        deliver(&server, mailbox, letter);
    }
}

/// Delivers two mails in each IDLE, dated by `clock`: where neither is announced, the first was there for long enough to
/// prove it.
pub async fn in_pairs(server: Server, mailbox: &str, mut letters: Letters, clock: impl Fn() -> SystemTime) {
    loop {
        server.wait_until(|server| server.idling() > 0).await;
        let dones = server.dones();
        for pause in [FIRST, Duration::from_millis(fastrand::u64(APART))] {
            sleep(pause).await;
            let Some(letter) = letters.next() else { return };
            deliver(&server, mailbox, letter.received(clock()));
        }
        server.wait_until(|server| server.dones() > dones || server.idling() == 0).await;
    }
}

fn deliver(server: &Server, mailbox: &str, letter: NewMessage) {
    server.deliver(mailbox, letter);
    server.trim(mailbox, KEPT);
}
