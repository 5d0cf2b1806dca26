//! How many connections to one host are made at once. A thousand that begin together do not storm it, and what each needs only
//! while it is made is the next one's afterwards, instead of a hole in memory.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;

/// So many at once.
const AT_ONCE: usize = 128;

/// One that takes longer no longer counts: a host that does not answer keeps none of its watches waiting for another's timeout.
const COUNTED: Duration = Duration::from_secs(2);

/// The hosts to which connections are made. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Connecting(Arc<Mutex<BTreeMap<String, Weak<Semaphore>>>>);

impl Connecting {
    /// One host's.
    #[must_use]
    pub fn to(&self, host: &str) -> HostConnecting {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(host).and_then(Weak::upgrade) {
            return HostConnecting(known);
        }
        // Those that no account has any more.
        hosts.retain(|_, known| known.strong_count() > 0);
        let slots = HostConnecting::default();
        hosts.insert(host.to_owned(), Arc::downgrade(&slots.0));
        slots
    }
}

/// A host to which connections are made; by default one that no other account shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HostConnecting(Arc<Semaphore>);

impl Default for HostConnecting {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl HostConnecting {
    /// Makes a connection, once it is its turn.
    pub async fn make<F: Future>(&self, making: F) -> F::Output {
        // Never closed: it lives as long as whoever waits for it.
        let slot = Arc::clone(&self.0).acquire_owned().await.ok();
        let mut making = pin!(making);
        tokio::select! {
            biased;
            made = &mut making => return made,
            () = sleep(COUNTED) => drop(slot),
        }
        making.await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;

    /// Has `count` connections made, each of which takes this long.
    fn begin(set: &mut JoinSet<()>, host: &HostConnecting, begun: &Arc<AtomicUsize>, count: usize, takes: Duration) {
        for _ in 0..count {
            let (host, begun) = (host.clone(), Arc::clone(begun));
            set.spawn(async move {
                host.make(async {
                    begun.fetch_add(1, Ordering::Relaxed);
                    sleep(takes).await;
                })
                .await;
            });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_so_many_are_made_at_once_and_none_waits_for_a_timeout() {
        let (hosts, begun, mut set) = (Connecting::default(), Arc::default(), JoinSet::new());
        begin(&mut set, &hosts.to("dead.example.org"), &begun, 3 * AT_ONCE, Duration::from_secs(20));
        sleep(Duration::from_millis(1)).await;
        assert_eq!(begun.load(Ordering::Relaxed), AT_ONCE);
        sleep(COUNTED).await;
        assert_eq!(begun.load(Ordering::Relaxed), 2 * AT_ONCE);
        sleep(COUNTED).await;
        assert_eq!(begun.load(Ordering::Relaxed), 3 * AT_ONCE);
        set.join_all().await;
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_made_makes_way_at_once() {
        let (hosts, begun, mut set) = (Connecting::default(), Arc::default(), JoinSet::new());
        let host = hosts.to("mail.example.org");
        let start = tokio::time::Instant::now();
        begin(&mut set, &host, &begun, 10 * AT_ONCE, Duration::from_millis(50));
        set.join_all().await;
        assert_eq!(begun.load(Ordering::Relaxed), 10 * AT_ONCE);
        assert_eq!(start.elapsed().as_millis(), 500);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_host_holds_up_no_other_and_one_that_is_let_go_makes_way() {
        let (hosts, begun, mut set) = (Connecting::default(), Arc::default(), JoinSet::new());
        let dead = hosts.to("dead.example.org");
        let mut stuck = JoinSet::new();
        for _ in 0..AT_ONCE {
            let dead = dead.clone();
            stuck.spawn(async move { dead.make(pending::<()>()).await });
        }
        sleep(Duration::from_millis(1)).await;
        begin(&mut set, &hosts.to("other.example.org"), &begun, 1, Duration::from_millis(1));
        set.join_next().await.expect("one").expect("made");
        assert_eq!(begun.load(Ordering::Relaxed), 1);
        stuck.shutdown().await;
        begin(&mut set, &dead, &begun, AT_ONCE, Duration::from_millis(1));
        sleep(Duration::from_millis(2)).await;
        assert_eq!(begun.load(Ordering::Relaxed), 1 + AT_ONCE);
    }

    #[test]
    fn accounts_of_one_host_share_and_hosts_without_accounts_are_forgotten() {
        let hosts = Connecting::default();
        let (one, two) = (hosts.to("mail.example.org"), hosts.to("mail.example.org"));
        assert!(Arc::ptr_eq(&one.0, &two.0));
        drop((one, two));
        let _other = hosts.to("other.example.org");
        assert_eq!(hosts.0.lock().expect("not poisoned").len(), 1);
    }
}
