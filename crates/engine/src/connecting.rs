//! How many connections to one host are made at once. A thousand that begin together do not storm it, and what each needs only
//! while it is made is the next one's afterwards, instead of a hole in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;

use crate::concurrency_limit::ConcurrencyLimit;

/// So many at once.
const AT_ONCE: usize = 64;

/// One that takes longer no longer counts: a host that does not answer keeps none of its watches waiting for another's timeout.
const COUNTED: Duration = Duration::from_secs(2);

/// The hosts to which connections are made. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Connecting {
    hosts: Arc<Mutex<BTreeMap<String, Weak<ConcurrencyLimit>>>>,
    /// How many were made, or were given up.
    made: watch::Sender<u64>,
}

impl Connecting {
    /// One host's.
    #[must_use]
    pub fn to(&self, host: &str) -> Arc<ConcurrencyLimit> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(host).and_then(Weak::upgrade) {
            return known;
        }
        // Those that no account has any more.
        hosts.retain(|_, known| known.strong_count() > 0);
        let limit = Arc::new(limit().counting(self.made.clone()));
        hosts.insert(host.to_owned(), Arc::downgrade(&limit));
        limit
    }

    /// How many were made, or were given up.
    pub fn made(&self) -> watch::Receiver<u64> {
        self.made.subscribe()
    }
}

/// The limit of a host that no other account has.
#[must_use]
pub fn alone() -> Arc<ConcurrencyLimit> {
    Arc::new(limit())
}

fn limit() -> ConcurrencyLimit {
    ConcurrencyLimit::new(AT_ONCE, COUNTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_one_host_share_and_hosts_without_accounts_are_forgotten() {
        let hosts = Connecting::default();
        let (one, two) = (hosts.to("mail.example.org"), hosts.to("mail.example.org"));
        assert!(Arc::ptr_eq(&one, &two));
        drop((one, two));
        let other = hosts.to("other.example.org");
        assert_eq!(hosts.hosts.lock().expect("not poisoned").len(), 1);
        drop(other);
    }

    #[tokio::test]
    async fn what_was_made_is_counted_over_all_hosts() {
        let hosts = Connecting::default();
        let made = hosts.made();
        for host in ["mail.example.org", "other.example.org", "mail.example.org"] {
            hosts.to(host).run(std::future::ready(())).await;
        }
        assert_eq!(*made.borrow(), 3);
    }
}
