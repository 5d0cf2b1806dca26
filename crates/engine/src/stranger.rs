//! What answers in the server's place: a hotel's portal, a router, a server of somebody else. It comes and goes with the
//! network, and nothing is asked of the server meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use mailwatch_proto::model::{Fault, FaultClass, Next};

/// A portal is seldom looked at for longer. What stays so long is no portal, and is asked as seldom as any other.
const PORTAL: Duration = Duration::from_mins(5);

/// Since when there has been nothing else, for all connections of an account.
#[derive(Debug, Default)]
pub struct Stranger(Mutex<Option<Instant>>);

impl Stranger {
    /// The server itself answers.
    pub fn gone(&self) {
        *self.since() = None;
    }

    /// A fault of dialling: one that a stranger causes is followed soon, for a while.
    pub fn follow(&self, fault: Fault, now: Instant) -> Fault {
        if fault.class != FaultClass::Tls || fault.next != Next::Retry {
            return fault;
        }
        let since = *self.since().get_or_insert(now);
        if now.saturating_duration_since(since) < PORTAL { Fault { next: Next::Soon, ..fault } } else { fault }
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_followed_soon_for_five_minutes_and_again_once_the_server_was_there() {
        let (stranger, now) = (Stranger::default(), Instant::now());
        let next = |class, at| stranger.follow(Fault::retry_after(class, "x"), at).next;
        assert_eq!(next(FaultClass::Tls, now), Next::Soon);
        assert_eq!(next(FaultClass::Tls, now + PORTAL / 2), Next::Soon);
        assert_eq!(next(FaultClass::Tls, now + PORTAL), Next::Retry);
        assert_eq!(next(FaultClass::Closed, now), Next::Retry, "no other fault");
        stranger.gone();
        assert_eq!(next(FaultClass::Tls, now + PORTAL), Next::Soon);
    }
}
