//! Works through an account's hooks of some kinds: takes what is owed, runs it with its retries, and reports each run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use super::invocation::Invocation;
use super::run::{FinishedRun, Limits, RunEnd, run};
use crate::clock::now;
use crate::history::{History, OwedHook, WatchKey};
use crate::link::Publisher;
use mailwatch_proto::model::{
    Event, EventKind, Fault, FaultClass, HookEvent, Hooks, LINE_LIMIT, Next, WatchId, sanitise,
};

/// Events in one run at most: its input stays under two megabytes, and no variable grows with them.
pub(super) const AT_ONCE: u32 = 200;

/// From the beginning of one run to the next: a single mail waits for nothing, and the mails of a burst after its first
/// share one run.
const GATHER: Duration = Duration::from_secs(1);

/// The pauses before the second and the third try: a server that restarts is back after the last.
const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

/// Tries in all.
const TRIES: usize = PAUSES.len() + 1;

/// Waited for before a hook is given up: systemd ends all processes of a unit at once, so the hook may have been ended a
/// moment before this program. Then it stays owed.
const MOMENT: Duration = Duration::from_millis(500);

/// Mails that a sentence names when their hook is given up.
const NAMED: usize = 10;

/// What [`Launch::launch`] returns.
pub(super) type RunFuture<'a> = Pin<Box<dyn Future<Output = FinishedRun> + Send + 'a>>;

/// Runs commands. Injected, so that tests need no processes.
pub(super) trait Launch: Send + Sync + 'static {
    /// Runs the command to its end, which comes soon after `stop` in any case.
    fn launch<'a>(&'a self, invocation: &'a Invocation, stop: &'a CancellationToken) -> RunFuture<'a>;
}

/// Runs them as processes.
pub(super) struct Processes;

impl Launch for Processes {
    fn launch<'a>(&'a self, invocation: &'a Invocation, stop: &'a CancellationToken) -> RunFuture<'a> {
        Box::pin(run(invocation, Limits::USUAL, stop))
    }
}

/// Runs one account's hooks of some kinds, one run at a time.
pub(super) struct HookRunner<L> {
    account: Arc<str>,
    login: String,
    hooks: watch::Receiver<Hooks>,
    /// What it runs hooks for.
    events: Vec<HookEvent>,
    signals: mpsc::UnboundedReceiver<Vec<OwedHook>>,
    history: History,
    publisher: Publisher,
    stop: CancellationToken,
    launch: L,
    /// Owed hooks that the history could not keep.
    unkept: Vec<OwedHook>,
    /// Settled hooks whose settling the history could not keep.
    unsettled: Vec<OwedHook>,
    /// When the last run began.
    last_began: Option<Instant>,
    /// Hooks that were given up since one of the kind last succeeded.
    failures: Failures,
    /// What was told of each kind's failure since one of it last succeeded.
    told: BTreeMap<HookEvent, Told>,
}

/// A failure that was told.
struct Told {
    /// Its sentence, without the digits of what the program said: a time or a UID in it makes it no other failure.
    failure: String,
    /// Whether it was told too that a hook was given up over it.
    given_up: bool,
}

/// The same for all of an account's runners.
pub(super) type Failures = Arc<Mutex<BTreeMap<HookEvent, u32>>>;

/// The program ends, or the account is removed.
struct Stopped;

impl<L: Launch> HookRunner<L> {
    /// For this account and login; runs what the signals carry and what the history keeps.
    pub fn new(
        (account, login): (&str, String),
        hooks: watch::Receiver<Hooks>,
        (events, signals): (Vec<HookEvent>, mpsc::UnboundedReceiver<Vec<OwedHook>>),
        (history, publisher, failures): (History, Publisher, Failures),
        stop: CancellationToken,
        launch: L,
    ) -> Self {
        Self {
            account: account.into(),
            login,
            hooks,
            events,
            signals,
            history,
            publisher,
            stop,
            launch,
            unkept: Vec::new(),
            unsettled: Vec::new(),
            last_began: None,
            failures,
            told: BTreeMap::new(),
        }
    }

    /// Runs until it is stopped, or the account is removed.
    pub async fn run(mut self) {
        while self.step().await.is_ok() {}
        self.publisher.change(|board| {
            board.failed_hooks.remove(&self.account);
        });
    }

    /// One run with its retries, or one wait for a reason to ask again.
    async fn step(&mut self) -> Result<(), Stopped> {
        if let Some(began) = self.last_began {
            self.wait_until(began + GATHER).await?;
        }
        let batch = self.owed().await;
        if batch.is_empty() { self.wait_for_work().await } else { self.run_batch(batch).await }
    }

    async fn wait_until(&self, at: Instant) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Stopped),
            () = sleep_until(at.into()) => Ok(()),
        }
    }

    /// Waits for a signal, or for another configuration.
    async fn wait_for_work(&mut self) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Stopped),
            signal = self.signals.recv() => signal.map(|more| self.unkept.extend(more)).ok_or(Stopped),
            changed = self.hooks.changed() => changed.map_err(|_| Stopped),
        }
    }

    /// What the next run is for: of one event, oldest first.
    async fn owed(&mut self) -> Vec<OwedHook> {
        while let Ok(more) = self.signals.try_recv() {
            self.unkept.extend(more);
        }
        let mut events = self.hooks.borrow_and_update().events();
        events.retain(|event| self.events.contains(event));
        if events.is_empty() || !self.settle(Vec::new()).await {
            return Vec::new();
        }
        // The history reports its own faults.
        let kept = self.history.owed_hooks(&self.account, &self.login, events, AT_ONCE).await.unwrap_or_default();
        if !kept.is_empty() || self.unkept.is_empty() {
            return kept;
        }
        let first = self.unkept.first().map(|owed| owed.event);
        let (now, later) = std::mem::take(&mut self.unkept).into_iter().partition(|owed| Some(owed.event) == first);
        self.unkept = later;
        now
    }

    /// Has the history settle what is done; `false` where it cannot, so that nothing runs twice.
    async fn settle(&mut self, done: Vec<OwedHook>) -> bool {
        self.unsettled.extend(done);
        if !self.unsettled.is_empty() {
            if self.history.settle_hooks(self.unsettled.clone(), SystemTime::now()).await.is_err() {
                return false;
            }
            self.unsettled.clear();
        }
        true
    }

    /// Runs the hook for these until it succeeds or all tries are used up.
    async fn run_batch(&mut self, batch: Vec<OwedHook>) -> Result<(), Stopped> {
        let Some((event, key)) = batch.last().map(|newest| (newest.event, newest.key.clone())) else { return Ok(()) };
        for pause in PAUSES.into_iter().map(Some).chain([None]) {
            // A hook that left the configuration stays owed, in case it comes back.
            let Some(command) = self.hooks.borrow().command(event).map(<[String]>::to_vec) else { return Ok(()) };
            let began = now();
            self.last_began = Some(began);
            let invocation = Invocation::new(command, event, &batch);
            let finished = self.launch.launch(&invocation, &self.stop).await;
            let program = sanitise(invocation.program(), 100);
            let Some(failure) = self.outcome(&key, invocation, &finished, now().saturating_duration_since(began))?
            else {
                self.log(event, &program, &finished);
                self.told.remove(&event);
                self.show_failed(event, |_| 0);
                self.settle(batch).await;
                return Ok(());
            };
            let sentence = format!("{} of {}: {failure}", event.key(), self.account);
            let news = self.is_news(event, &failure, pause.is_none());
            if news {
                self.log(event, &program, &finished);
            }
            let Some(pause) = pause else {
                self.wait_until(now() + MOMENT).await?;
                self.show_failed(event, |failed| failed.saturating_add(1));
                let left = left_behind(event, &batch);
                self.report_fault(&key, &format!("{sentence}; given up after {TRIES} tries{left}"), Next::User, news);
                break;
            };
            self.report_fault(&key, &format!("{sentence}; next try in {} s", pause.as_secs()), Next::Retry, news);
            self.wait_until(now() + pause).await?;
        }
        self.settle(batch).await;
        Ok(())
    }

    /// Reports how a run ended; gives what is wrong, where it failed.
    fn outcome(
        &self,
        key: &WatchKey,
        invocation: Invocation,
        finished: &FinishedRun,
        took: Duration,
    ) -> Result<Option<String>, Stopped> {
        let name = format!("`{}`", sanitise(invocation.program(), 100));
        let (exit, failure) = match &finished.end {
            // Nothing ran, so there is no end to report.
            RunEnd::NotStarted(why) => return Ok(Some(why.sentence(&name))),
            RunEnd::Stopped => return Err(Stopped),
            RunEnd::Exited(status) if status.success() => (status.code(), None),
            RunEnd::Exited(status) => {
                let how =
                    status.code().map_or_else(|| "by a signal".to_owned(), |code| format!("with exit code {code}"));
                (status.code(), Some(format!("{name} ended {how}{}", finished.complaint())))
            }
            RunEnd::TimedOut(limit) => {
                let sentence =
                    format!("{name} did not end within {} s and was ended{}", limit.as_secs(), finished.complaint());
                (None, Some(sentence))
            }
        };
        self.report(key, EventKind::Hook { command: invocation.command, exit, took });
        Ok(failure)
    }

    /// Whether this failure was not told yet since a hook of the kind last succeeded, or not that one was given up over it.
    fn is_news(&mut self, event: HookEvent, failure: &str, given_up: bool) -> bool {
        let (how, said) = failure.split_once(": ").unwrap_or((failure, ""));
        let said: String = said.chars().filter(|c| !c.is_ascii_digit()).collect();
        let failure = format!("{how}: {said}");
        match self.told.get_mut(&event) {
            Some(told) if told.failure == failure => {
                let news = given_up && !told.given_up;
                told.given_up |= given_up;
                news
            }
            Some(_) | None => {
                self.told.insert(event, Told { failure, given_up });
                true
            }
        }
    }

    /// Logs the run's standard error.
    fn log(&self, event: HookEvent, program: &str, finished: &FinishedRun) {
        let more = finished.cut.then_some("… and more, which is not kept");
        for line in finished.errors.iter().map(String::as_str).chain(more) {
            tracing::warn!(account = %self.account, hook = event.key(), "{program}: {line}");
        }
    }

    fn show_failed(&self, event: HookEvent, count: impl FnOnce(u32) -> u32) {
        let account = Arc::clone(&self.account);
        let failed: u32 = {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            let of_kind = failures.entry(event).or_default();
            *of_kind = count(*of_kind);
            failures.values().sum()
        };
        self.publisher.change(|board| {
            if failed == 0 {
                board.failed_hooks.remove(&account)
            } else {
                board.failed_hooks.insert(account, failed)
            };
        });
    }

    /// What was told before is in the log alone, under `-v`.
    fn report_fault(&self, key: &WatchKey, message: &str, next: Next, news: bool) {
        let fault = Fault { class: FaultClass::Hook, message: sanitise(message, LINE_LIMIT), next };
        if !news {
            tracing::info!("{fault}");
            return;
        }
        tracing::warn!("{fault}");
        let retry = fault.retry();
        self.report(key, EventKind::Fault { class: fault.class, message: fault.message, retry });
    }

    fn report(&self, key: &WatchKey, kind: EventKind) {
        let watch = Some(WatchId::new(&key.account, &key.mailbox));
        let event = Event { ts: SystemTime::now(), at: now(), watch, conn: None, kind };
        self.history.log(Some(key), &event);
        self.publisher.publish(event);
    }
}

/// The mails whose hook was given up, so that the log names them.
fn left_behind(event: HookEvent, batch: &[OwedHook]) -> String {
    if event != HookEvent::NewMail {
        return String::new();
    }
    let noun = if batch.len() == 1 { "mail" } else { "mails" };
    let mut text = format!(", for {} {noun}:", batch.len());
    for (index, owed) in batch.iter().take(NAMED).enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let uid = owed.what.rsplit('/').next().unwrap_or_default();
        let _ = write!(text, "{comma} {} UID {uid}", owed.key.mailbox);
    }
    if batch.len() > NAMED {
        let _ = write!(text, " and {} more", batch.len() - NAMED);
    }
    text
}
