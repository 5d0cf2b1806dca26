//! Tries to reach a host, several at once: what hangs must not delay what would succeed.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use super::unreached::Unreached;

/// Between two tries, doubling.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The longest pause for as long after a link was heard last: a network, or an engine, that comes back is seen within 5 s.
const SOON: (Duration, Duration) = (Duration::from_secs(4), Duration::from_mins(10));

/// A link that has stood for so long begins with the shortest pause again.
const SURVIVED: Duration = Duration::from_mins(1);

/// How long a try may take: a login over two jumps that are far away, and a big board.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one may take that begins while a patient one is under way: so many end as begin, and one begins every 4 s.
/// The first packet of one that hangs is sent again ever more seldom.
const BRIEF: Duration = Duration::from_secs(12);

/// Tries that run at once.
const AT_ONCE: usize = 4;

/// A try, and what became of it.
pub(super) type Try<T> = BoxFuture<'static, Result<T, Unreached>>;

/// Those under way, and when the next begins.
pub(super) struct Tries<T> {
    running: FuturesUnordered<Try<T>>,
    next: Instant,
    /// Before the one after that.
    pause: Duration,
    /// Since when nothing was heard of the last link.
    lost: Option<Instant>,
    /// Until when a patient one is under way.
    patient: Instant,
}

impl<T> Tries<T> {
    /// The first is due at once.
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { running: FuturesUnordered::new(), next: now, pause: PAUSE.0, lost: None, patient: now }
    }

    /// The outcome of a try that has ended; or `Err`: the next is to begin now, and may take so long. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<Result<T, Unreached>, Duration> {
        loop {
            tokio::select! {
                biased;
                Some(outcome) = self.running.next(), if !self.running.is_empty() => return Ok(outcome),
                () = sleep_until(self.next) => {
                    let now = Instant::now();
                    self.next = now + self.pause();
                    if self.running.len() >= AT_ONCE {
                        continue;
                    }
                    if now < self.patient {
                        return Err(BRIEF);
                    }
                    self.patient = now + PATIENCE;
                    return Err(PATIENCE);
                }
            }
        }
    }

    /// One more is under way.
    pub(super) fn push(&mut self, one: Try<T>) {
        self.running.push(one);
    }

    /// The next begins at once.
    pub(super) fn hurry(&mut self) {
        self.next = Instant::now();
    }

    /// The last link has not been heard since; it had stood for so long. The next begins after a pause.
    pub(super) fn lost(&mut self, since: Instant, stood: Duration) {
        if stood >= SURVIVED {
            self.pause = PAUSE.0;
        }
        self.lost = Some(since);
        self.next = Instant::now() + self.pause();
    }

    /// None is wanted any more.
    pub(super) fn give_up(&mut self) {
        self.running.clear();
        self.patient = Instant::now();
    }

    /// The pause before the next; the one after is longer.
    fn pause(&mut self) -> Duration {
        let (longest, within) = SOON;
        let is_soon = self.lost.is_some_and(|lost| lost.elapsed() < within);
        let pause = if is_soon { self.pause.min(longest) } else { self.pause };
        self.pause = (pause * 2).min(PAUSE.1);
        pause
    }
}
