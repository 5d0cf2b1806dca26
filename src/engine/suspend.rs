//! Knowing that the machine was suspended, at the moment it runs again.
//!
//! On Linux the kernel wakes us: a timerfd on `CLOCK_REALTIME` with `TFD_TIMER_CANCEL_ON_SET` ends early when the wall
//! clock jumps, as it does at resume. Whether the machine slept, the clocks decide: `CLOCK_BOOTTIME` goes on in suspend,
//! `CLOCK_MONOTONIC` does not. Nothing polls.

use std::time::Duration;

/// Less is no suspend: the two clocks are not read at the same instant.
const LEAST: Duration = Duration::from_secs(1);

/// Tells how long the machine has been suspended in all since it was started.
pub trait Clocks {
    /// `CLOCK_BOOTTIME` less `CLOCK_MONOTONIC`.
    fn asleep(&self) -> Duration;
}

/// Notices that the machine has slept since it was last asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detector {
    before: Duration,
}

impl Detector {
    /// From now on.
    #[must_use]
    pub fn new(clocks: &impl Clocks) -> Self {
        Self { before: clocks.asleep() }
    }

    /// How long the machine has slept since the last check; `None` where it has not. A wall clock that was only set
    /// (by NTP, by hand) moves neither of the two.
    pub fn check(&mut self, clocks: &impl Clocks) -> Option<Duration> {
        let asleep = clocks.asleep();
        let slept = asleep.saturating_sub(self.before);
        if slept < LEAST {
            return None;
        }
        self.before = asleep;
        Some(slept)
    }
}

/// Calls back after each suspend, until dropped. Elsewhere than on Linux it never does: there a suspend shows at the
/// next timer that runs out.
///
/// # Errors
/// Where the system has no such timer: then suspends go unnoticed.
pub async fn watch(on_slept: impl FnMut(Duration)) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::watch(on_slept).await;
    #[cfg(not(target_os = "linux"))]
    {
        drop(on_slept);
        std::future::pending().await
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Duration;

    use rustix::io::Errno;
    use rustix::time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    use super::{Clocks, Detector};

    /// The kernel's clocks.
    pub struct Kernel;

    impl Clocks for Kernel {
        fn asleep(&self) -> Duration {
            // Monotonic first: what passes between the two readings counts for less than the least suspend.
            let monotonic = since_boot(clock_gettime(ClockId::Monotonic));
            since_boot(clock_gettime(ClockId::Boottime)).saturating_sub(monotonic)
        }
    }

    fn since_boot(time: Timespec) -> Duration {
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
    }

    /// Far beyond any run of the program: only a jump of the clock ends the timer.
    const FAR: i64 = 100 * 365 * 24 * 3600;

    pub fn arm(fd: &OwnedFd) -> io::Result<()> {
        let at = Timespec { tv_sec: clock_gettime(ClockId::Realtime).tv_sec + FAR, tv_nsec: 0 };
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        timerfd_settime(fd, flags, &Itimerspec { it_interval: never, it_value: at })?;
        Ok(())
    }

    #[expect(deprecated, reason = "its successor is unsafe for types whose descriptor may change; OwnedFd's does not")]
    pub fn timer() -> io::Result<AsyncFd<OwnedFd>> {
        let fd = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        arm(&fd)?;
        AsyncFd::new(fd)
    }

    pub async fn watch(mut on_slept: impl FnMut(Duration)) -> io::Result<()> {
        let timer = timer()?;
        let mut detector = Detector::new(&Kernel);
        loop {
            let mut ready = timer.readable().await?;
            let mut count = [0; 8];
            match rustix::io::read(timer.get_ref(), &mut count) {
                // The clock jumped: that is what this timer is for.
                Err(Errno::CANCELED) | Ok(_) => arm(timer.get_ref())?,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            ready.clear_ready();
            if let Some(slept) = detector.check(&Kernel) {
                on_slept(slept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Fake(Cell<Duration>);

    impl Clocks for Fake {
        fn asleep(&self) -> Duration {
            self.0.get()
        }
    }

    #[test]
    fn a_suspend_is_told_once_with_its_length() {
        let clocks = Fake(Cell::new(Duration::from_hours(5)));
        let mut detector = Detector::new(&clocks);
        assert_eq!(detector.check(&clocks), None, "a clock that was set is no suspend");
        clocks.0.set(Duration::from_hours(6));
        assert_eq!(detector.check(&clocks), Some(Duration::from_hours(1)));
        assert_eq!(detector.check(&clocks), None);
        clocks.0.set(Duration::from_hours(6) + Duration::from_millis(900));
        assert_eq!(detector.check(&clocks), None, "readings apart are no suspend");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_kernel_takes_the_timer_and_nothing_wakes_it_meanwhile() {
        let timer = linux::timer().expect("Linux has it");
        let readable = timer.readable();
        assert!(futures_util::FutureExt::now_or_never(readable).is_none());
        assert!(linux::Kernel.asleep() < Duration::from_hours(24 * 365 * 50));
    }
}
