//! How much is done at once of what comes in masses.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;

/// A limit. Waiting work begins in order. Work that takes long no longer counts, so that a host that hangs delays nobody for long.
#[derive(Debug)]
pub struct ConcurrencyLimit {
    slots: Semaphore,
    counted: Duration,
    /// How much was done, where somebody wants to know.
    done: Option<watch::Sender<u64>>,
}

impl ConcurrencyLimit {
    /// So many at once, each of which counts for so long at most.
    #[must_use]
    pub const fn new(at_once: usize, counted: Duration) -> Self {
        Self { slots: Semaphore::const_new(at_once), counted, done: None }
    }

    /// Adds to this what is done.
    #[must_use]
    pub fn counting(self, done: watch::Sender<u64>) -> Self {
        Self { done: Some(done), ..self }
    }

    /// Does it, once there is room.
    pub async fn run<F: Future>(&self, work: F) -> F::Output {
        let output = self.run_limited(work).await;
        if let Some(done) = &self.done {
            done.send_modify(|done| *done += 1);
        }
        output
    }

    async fn run_limited<F: Future>(&self, work: F) -> F::Output {
        // Never closed.
        let slot = self.slots.acquire().await.ok();
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = sleep(self.counted) => drop(slot),
        }
        work.await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;

    const AT_ONCE: usize = 8;
    const COUNTED: Duration = Duration::from_secs(2);

    /// Begins `count` times what takes so long.
    fn begin(
        set: &mut JoinSet<()>,
        limit: &Arc<ConcurrencyLimit>,
        begun: &Arc<AtomicUsize>,
        count: usize,
        takes: Duration,
    ) {
        for _ in 0..count {
            let (limit, begun) = (Arc::clone(limit), Arc::clone(begun));
            set.spawn(async move {
                limit
                    .run(async {
                        begun.fetch_add(1, Ordering::Relaxed);
                        sleep(takes).await;
                    })
                    .await;
            });
        }
    }

    fn limit() -> (Arc<ConcurrencyLimit>, Arc<AtomicUsize>, JoinSet<()>) {
        (Arc::new(ConcurrencyLimit::new(AT_ONCE, COUNTED)), Arc::default(), JoinSet::new())
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_so_many_are_under_way_and_none_waits_for_what_hangs() {
        let (limit, begun, mut set) = limit();
        begin(&mut set, &limit, &begun, 3 * AT_ONCE, Duration::from_secs(20));
        sleep(Duration::from_millis(1)).await;
        for round in 1..=3 {
            assert_eq!(begun.load(Ordering::Relaxed), round * AT_ONCE);
            sleep(COUNTED).await;
        }
        set.join_all().await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_makes_way_at_once() {
        let (limit, begun, mut set) = limit();
        let start = tokio::time::Instant::now();
        begin(&mut set, &limit, &begun, 10 * AT_ONCE, Duration::from_millis(50));
        set.join_all().await;
        assert_eq!((begun.load(Ordering::Relaxed), start.elapsed().as_millis()), (10 * AT_ONCE, 500));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_dropped_makes_way_too() {
        let (limit, begun, mut set) = limit();
        let mut stuck = JoinSet::new();
        for _ in 0..AT_ONCE {
            let limit = Arc::clone(&limit);
            stuck.spawn(async move { limit.run(pending::<()>()).await });
        }
        sleep(Duration::from_millis(1)).await;
        stuck.shutdown().await;
        begin(&mut set, &limit, &begun, AT_ONCE, Duration::from_millis(1));
        sleep(Duration::from_millis(2)).await;
        assert_eq!(begun.load(Ordering::Relaxed), AT_ONCE);
    }
}
