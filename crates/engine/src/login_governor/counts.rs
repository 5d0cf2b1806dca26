//! What is counted: in memory, and where there is a state directory in a file that other programs share.

use std::mem;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use super::file::LoginsFile;
use crate::clock::now;
use mailwatch_proto::boot_clock::BootClock;
use mailwatch_proto::logins::{Logins, Run, Settings, Who};
use mailwatch_proto::model::Account;

/// The file is written whole: so many bytes of it make the next writing wait for a millisecond,
const BYTES_A_MILLISECOND: usize = 16_384;

/// and all of them together for no longer. What is asked for meanwhile is written together.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Counts(Arc<Inner>);

/// What is done on what is known, and what follows once that is in the file.
type Act = Box<dyn FnOnce(&mut Logins, Run, SystemTime) -> Box<dyn FnOnce() + Send> + Send>;

#[derive(Debug)]
struct Inner {
    /// What is shared with other programs; none in a test or a demo.
    file: Option<LoginsFile>,
    known: Mutex<Known>,
    queue: Mutex<Queue>,
    settled: Notify,
    run: Run,
}

/// What waits for the file. It is locked meanwhile, and each that waited for it by itself would take a thread.
#[derive(Default)]
struct Queue {
    acts: Vec<Act>,
    /// Whether a task takes them.
    is_served: bool,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("acts", &self.acts.len()).field("is_served", &self.is_served).finish()
    }
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
        Self(Arc::new(Inner { file, known: Mutex::new(known), queue: Mutex::default(), settled: Notify::new(), run }))
    }

    /// Does it on what is known, shared with others where there is a file; that is done off the runtime.
    pub async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Logins, Run, SystemTime) -> T + Send + 'static,
    ) -> T {
        if self.0.file.is_none() {
            return self.0.apply(act);
        }
        let (answer, done) = oneshot::channel();
        self.enqueue(Box::new(move |logins, run, at| {
            let done = act(logins, run, at);
            // Who asked may be gone.
            Box::new(move || drop(answer.send(done)))
        }));
        match done.await {
            Ok(done) => done,
            // The runtime ends: nobody waits for this any more.
            Err(_) => std::future::pending().await,
        }
    }

    /// Has it done with all that waits.
    fn enqueue(&self, act: Act) {
        let is_served = {
            let mut queue = self.0.queue();
            queue.acts.push(act);
            mem::replace(&mut queue.is_served, true)
        };
        // Not under the lock: a runtime that ends drops the task at once, which takes it.
        if !is_served {
            tokio::spawn(Served { counts: Arc::clone(&self.0), is_over: false }.serve());
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
        let act: Act = Box::new(move |logins, run, at| {
            act(logins, run, at);
            Box::new(move || inner.settled.notify_waiters())
        });
        match tokio::runtime::Handle::try_current() {
            Ok(_) if self.0.file.is_some() => self.enqueue(act),
            Ok(_) | Err(_) => drop(self.0.apply_all(vec![act])),
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

    #[cfg(test)]
    pub fn writings(&self) -> usize {
        self.0.file.as_ref().map_or(0, LoginsFile::writings)
    }

    pub fn woke(&self, count: u64, slept: Duration) {
        self.0.known().clock.woke(count, slept);
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply<T>(&self, act: impl FnOnce(&mut Logins, Run, SystemTime) -> T) -> T {
        let known = &mut *self.known();
        let at = known.wall();
        act(&mut known.logins, self.run, at)
    }

    /// Does all of it with one reading and one writing of the file. How many bytes were written.
    fn apply_all(&self, acts: Vec<Act>) -> usize {
        let Some(file) = &self.file else {
            let done: Vec<_> = acts.into_iter().map(|act| self.apply(act)).collect();
            for done in done {
                done();
            }
            return 0;
        };
        let held = file.hold();
        let (known, at) = {
            let known = self.known();
            (known.logins.clone(), known.wall())
        };
        let shared = held.read(&known);
        let mut logins = shared.clone().unwrap_or(known);
        for run in logins.runs() {
            if run != self.run && has_ended(run) {
                logins.lost(run);
            }
        }
        let done: Vec<_> = acts.into_iter().map(|act| act(&mut logins, self.run, at)).collect();
        let written = if shared.as_ref() == Some(&logins) { 0 } else { held.write(&logins) };
        self.known().logins = logins;
        drop(held);
        for done in done {
            done();
        }
        written
    }
}

/// The task that takes what waits, as long as something does.
struct Served {
    counts: Arc<Inner>,
    is_over: bool,
}

impl Served {
    async fn serve(mut self) {
        while let Some(acts) = self.next() {
            let counts = Arc::clone(&self.counts);
            let written = tokio::task::spawn_blocking(move || counts.apply_all(acts)).await;
            if let Ok(bytes @ 1..) = written {
                tokio::time::sleep(pause(bytes)).await;
            }
        }
    }

    fn next(&mut self) -> Option<Vec<Act>> {
        let mut queue = self.counts.queue();
        // Under the same lock: what comes next begins another task.
        self.is_over = queue.acts.is_empty();
        queue.is_served = !self.is_over;
        (!self.is_over).then(|| mem::take(&mut queue.acts))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The runtime has ended first.
        if !self.is_over {
            self.counts.queue().is_served = false;
        }
    }
}

/// How long the next writing waits after one of so many bytes: a small file's not noticeably.
fn pause(bytes: usize) -> Duration {
    Duration::from_millis(u64::try_from(bytes / BYTES_A_MILLISECOND).unwrap_or(u64::MAX)).min(LONGEST_PAUSE)
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
