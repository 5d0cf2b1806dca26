//! The `connect` timer inside a dial, so that a dial that runs out of time says at which step.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use mailwatch_proto::model::{Fault, FaultClass, show_duration};

/// How much earlier than the caller's timer this one ends: the caller knows only that time ran out, this module knows in
/// which step. A caller with a shorter timer drops the dial.
const HEAD_START: Duration = Duration::from_millis(200);

/// The moment by which a dial must be done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    pub(super) at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(super) fn within(limit: Duration) -> Self {
        let limit_here = limit.saturating_sub(HEAD_START.min(limit / 10));
        Self { at: Instant::now() + limit_here, limit }
    }

    /// Waits for `step` until the deadline; `what` describes what did not happen.
    pub(super) async fn hold<T>(
        &self,
        class: FaultClass,
        step: impl Future<Output = T>,
        what: impl FnOnce() -> String,
    ) -> Result<T, Fault> {
        timeout_at(self.at, step).await.map_err(|_| Fault::retry_after(class, format!("{} {}", what(), self.passed())))
    }

    /// `within 20s (timer connect)`.
    pub(super) fn passed(&self) -> String {
        if self.limit < Duration::from_secs(1) {
            format!("within {}ms (timer connect)", self.limit.as_millis())
        } else {
            format!("within {} (timer connect)", show_duration(Some(self.limit)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_step_that_hangs_is_named_before_the_callers_timer_ends() {
        let limit = Duration::from_secs(20);
        let deadline = Deadline::within(limit);
        let step = deadline.hold(FaultClass::Dns, std::future::pending::<()>(), || "no address".to_owned());
        let fault = tokio::time::timeout(limit, step).await.expect("earlier than the caller's").expect_err("it hangs");
        assert_eq!(fault, Fault::retry_after(FaultClass::Dns, "no address within 20s (timer connect)"));
    }
}
