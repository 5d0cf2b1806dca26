//! What is counted: in memory, and where there is a state directory in a file that other programs share.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore};

use super::file::LoginsFile;
use crate::clock::now;
use mailwatch_proto::boot_clock::BootClock;
use mailwatch_proto::logins::{Logins, Run, Settings, Who};
use mailwatch_proto::model::Account;

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Counts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// What is shared with other programs; none in a test or a demo.
    file: Option<LoginsFile>,
    known: Mutex<Known>,
    /// One at a time: the file is locked meanwhile, and each that waited for it would take a thread.
    turn: Arc<Semaphore>,
    settled: Notify,
    run: Run,
}

#[derive(Debug)]
struct Known {
    logins: Logins,
    /// The same moment on both clocks: a wall clock that is set meanwhile shortens no pause.
    began: (Instant, SystemTime),
    clock: BootClock,
}

impl Known {
    fn wall(&self) -> SystemTime {
        self.began.1 + self.clock.boottime(now()).saturating_duration_since(self.began.0)
    }
}

/// Whose login, kept for as long as it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whose {
    host: String,
    user: String,
    account: String,
    settings: Settings,
}

impl Whose {
    pub(crate) fn of(account: &Account) -> Self {
        Self {
            host: account.host.clone(),
            user: account.user.clone(),
            account: account.name.clone(),
            settings: Settings::of(account),
        }
    }

    pub(super) fn who(&self) -> Who<'_> {
        Who { host: &self.host, user: &self.user, account: &self.account, settings: self.settings }
    }
}

impl Counts {
    /// Kept in this directory, if there is one.
    pub fn new(directory: Option<&Path>) -> Self {
        let known = Known { logins: Logins::default(), began: (now(), SystemTime::now()), clock: BootClock::default() };
        let run = Run { pid: std::process::id(), chance: fastrand::u32(..) };
        let file = directory.map(LoginsFile::in_directory);
        Self(Arc::new(Inner {
            file,
            known: Mutex::new(known),
            turn: Arc::new(Semaphore::new(1)),
            settled: Notify::new(),
            run,
        }))
    }

    /// Does it on what is known, shared with others where there is a file; that is done off the runtime.
    pub async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Logins, Run, SystemTime) -> T + Send + 'static,
    ) -> T {
        if self.0.file.is_none() {
            return self.0.apply(act);
        }
        let inner = Arc::clone(&self.0);
        // It is never closed.
        let turn = Arc::clone(&inner.turn).acquire_owned().await.ok();
        let apply = move || {
            let _turn = turn;
            inner.apply(act)
        };
        match tokio::task::spawn_blocking(apply).await {
            Ok(done) => done,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime ends: nobody waits for this any more.
            Err(_) => std::future::pending().await,
        }
    }

    /// The same for what others may wait for.
    pub async fn settle<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Logins, Run, SystemTime) -> T + Send + 'static,
    ) -> T {
        let done = self.with(act).await;
        self.0.settled.notify_waiters();
        done
    }

    /// The same where nothing can be waited for.
    pub fn settle_later(&self, act: impl FnOnce(&mut Logins, Run, SystemTime) + Send + 'static) {
        let inner = Arc::clone(&self.0);
        let settle = move || {
            inner.apply(act);
            inner.settled.notify_waiters();
        };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if self.0.file.is_some() => drop(runtime.spawn_blocking(settle)),
            Ok(_) | Err(_) => settle(),
        }
    }

    /// Resolves once something was settled after this call.
    pub fn settled(&self) -> Notified<'_> {
        self.0.settled.notified()
    }

    /// Looks at what was last known.
    pub fn look<T>(&self, at: impl FnOnce(&Logins) -> T) -> T {
        at(&self.0.known().logins)
    }

    pub fn woke(&self, count: u64, slept: Duration) {
        self.0.known().clock.woke(count, slept);
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply<T>(&self, act: impl FnOnce(&mut Logins, Run, SystemTime) -> T) -> T {
        let Some(file) = &self.file else {
            let known = &mut *self.known();
            let at = known.wall();
            return act(&mut known.logins, self.run, at);
        };
        let held = file.hold();
        let (mut logins, at) = {
            let known = self.known();
            (known.logins.clone(), known.wall())
        };
        let shared = held.read(&mut logins);
        for run in logins.runs() {
            if run != self.run && has_ended(run) {
                logins.lost(run);
            }
        }
        let done = act(&mut logins, self.run, at);
        if !shared.is_same(&logins) {
            held.write(&logins);
        }
        self.known().logins = logins;
        done
    }
}

/// Whether no process of that number is there any more, or this one has it now.
fn has_ended(run: Run) -> bool {
    if run.pid == std::process::id() {
        return true;
    }
    #[cfg(unix)]
    {
        let pid = i32::try_from(run.pid).ok().and_then(rustix::process::Pid::from_raw);
        pid.is_none_or(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
    }
    // Its logins are given up after a while.
    #[cfg(not(unix))]
    false
}
