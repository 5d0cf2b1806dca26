//! Linux: a timer that resuming cancels, and two clocks of which one stands still in suspend.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;

use super::{Clocks, Woken, check_at};

/// The kernel's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clocks for System {
    fn asleep(&self) -> Duration {
        // In this order: time between the two readings counts as sleep and cannot make the sum negative.
        let awake = clock_gettime(ClockId::Monotonic);
        let all = clock_gettime(ClockId::Boottime);
        since_boot(all).saturating_sub(since_boot(awake))
    }
}

fn since_boot(time: Timespec) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}

/// Tells of each suspend, once the machine has resumed, and of each time that the wall clock was set. Must run within a tokio runtime with I/O.
///
/// # Errors
/// Where the kernel refuses the timer (a sandbox may): it ends with that, and with nothing else. Then dead connections
/// are found by their own timers alone.
pub async fn watch(tell: impl FnMut(Woken)) -> io::Result<()> {
    let timer = Arc::new(WallClockTimer::new()?);
    let wake = || {
        let timer = Arc::clone(&timer);
        async move { timer.clock_was_set().await }
    };
    check_at(System, wake, tell).await
}

/// A timer that never runs out, but is cancelled when the wall clock is set.
#[derive(Debug)]
struct WallClockTimer(AsyncFd<OwnedFd>);

impl WallClockTimer {
    #[expect(deprecated, reason = "unsound for types whose descriptor is not their own; an OwnedFd's is")]
    fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        let never = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec { tv_sec: i64::MAX, tv_nsec: 0 },
        };
        match timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET, &never) {
            // ECANCELED: armed, though the clock was set meanwhile (timerfd_create(2)).
            Ok(_) | Err(Errno::CANCELED) => Ok(Self(AsyncFd::new(timer)?)),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until the wall clock is set, as resuming does. The timer stays armed. Cancel-safe.
    async fn clock_was_set(&self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            let read = |timer: &AsyncFd<OwnedFd>| Ok(rustix::io::read(timer, &mut [0; 8])?);
            match ready.try_io(read) {
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::CANCELED.raw_os_error()) => return Ok(()),
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
                Err(_would_block) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn the_kernel_takes_the_timer_and_it_does_not_run_out_by_itself() {
        let timer = WallClockTimer::new().expect("Linux has timerfd");
        let left = rustix::time::timerfd_gettime(timer.0.get_ref()).expect("it is a timer");
        assert!(left.it_value.tv_sec > 0, "armed");
        assert!(timer.clock_was_set().now_or_never().is_none(), "nobody set the clock");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn watching_runs_as_a_task_and_waits() {
        let mut watching = tokio::spawn(watch(|_| {}));
        assert!((&mut watching).now_or_never().is_none(), "it waits for a suspend");
        watching.abort();
        assert!(watching.await.is_err_and(|error| error.is_cancelled()));
    }

    #[test]
    fn the_time_asleep_does_not_grow_while_awake() {
        let before = System.asleep();
        let after = System.asleep();
        assert!(after.abs_diff(before) < Duration::from_millis(500), "{before:?} {after:?}");
    }
}
