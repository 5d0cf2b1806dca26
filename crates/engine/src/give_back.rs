//! When memory is given back to the system: once what needed it is over.
//!
//! To make a connection takes a TLS handshake, a login and a look at the mailbox; then the watch idles for hours.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// No connection is made for so long: the start is over, and what it had to write down is written.
const QUIET: Duration = Duration::from_secs(7);

/// So many are made before it is worth another time.
const WORTH: u64 = 16;

/// Calls `give_back` whenever connections were made and none is made any more. `made` counts them; ends with it.
pub async fn when_quiet(mut made: watch::Receiver<u64>, give_back: impl Fn()) {
    let mut enough = 1;
    while made.wait_for(|made| *made >= enough).await.is_ok() {
        while let Ok(changed) = timeout(QUIET, made.changed()).await {
            if changed.is_err() {
                return;
            }
        }
        give_back();
        enough = *made.borrow_and_update() + WORTH;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::{Instant, sleep};

    use super::*;

    fn begun() -> (watch::Sender<u64>, Arc<AtomicUsize>, tokio::task::JoinHandle<()>) {
        let (made, given) = (watch::Sender::new(0), Arc::new(AtomicUsize::new(0)));
        let (receiver, count) = (made.subscribe(), Arc::clone(&given));
        let task = tokio::spawn(when_quiet(receiver, move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        (made, given, task)
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_given_back_once_when_the_last_connection_is_made() {
        let (made, given, task) = begun();
        for _ in 0..100 {
            made.send_modify(|made| *made += 1);
            sleep(QUIET / 2).await;
            assert_eq!(given.load(Ordering::Relaxed), 0);
        }
        sleep(QUIET).await;
        assert_eq!(given.load(Ordering::Relaxed), 1);
        drop(made);
        task.await.expect("it ends");
        assert_eq!(given.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_single_connection_later_is_not_worth_it_and_many_are() {
        let (made, given, _task) = begun();
        for (more, times) in [(1, 1), (1, 1), (WORTH - 2, 1), (1, 2), (1, 2), (5 * WORTH, 3)] {
            made.send_modify(|made| *made += more);
            sleep(2 * QUIET).await;
            assert_eq!(given.load(Ordering::Relaxed), times, "{}", *made.borrow());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_nothing_is_made_nothing_wakes_it() {
        let (made, given, task) = begun();
        made.send_modify(|made| *made += 1);
        sleep(2 * QUIET).await;
        assert_eq!(given.load(Ordering::Relaxed), 1);
        let start = Instant::now();
        // A paused clock goes to the next timer: there is none but this one.
        sleep(Duration::from_hours(1)).await;
        assert_eq!((start.elapsed(), task.is_finished()), (Duration::from_hours(1), false));
    }
}
