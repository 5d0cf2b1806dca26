//! What works through an account's hooks: takes what is owed, has it run with its tries, and tells what came of it.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::run::{Ended, Limits, Ran, run};
use crate::history::{History, OwedHook, WatchKey};
use crate::link::Publisher;
use crate::now;
use mailwatch_proto::model::{
    Event, EventKind, Fault, FaultClass, HookEvent, Hooks, LINE_LIMIT, Next, WatchId, sanitise,
};

/// What one run is told of at most: its input stays under two megabytes, and no variable grows with it.
pub(super) const AT_ONCE: u32 = 200;

/// From the beginning of one run to the next: a single mail waits for nothing, and what a burst brings after its first
/// goes into one run.
const GATHER: Duration = Duration::from_secs(1);

/// The pauses before the second and the third try: a server that is restarted is back after the last.
const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

/// Tries in all.
const TRIES: usize = PAUSES.len() + 1;

/// Before a hook is given up: whoever ends this program (systemd, all of its processes at once) may have ended the hook a
/// moment earlier. Then it is owed still.
const MOMENT: Duration = Duration::from_millis(500);

/// What a sentence names of the mails that nothing was run for.
const NAMED: usize = 10;

/// A run, wherever it happens.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Ran> + Send + 'a>>;

/// Runs commands: programs of the system's, or a test's.
pub(super) trait Launch: Send + Sync + 'static {
    /// Runs it until it has ended, one way or another; soon after `stop` in any case.
    fn launch<'a>(&'a self, call: &'a Call, stop: &'a CancellationToken) -> Running<'a>;
}

/// The system's programs.
pub(super) struct Programs;

impl Launch for Programs {
    fn launch<'a>(&'a self, call: &'a Call, stop: &'a CancellationToken) -> Running<'a> {
        Box::pin(run(call, Limits::USUAL, stop))
    }
}

/// What does the work.
pub(super) struct Hand<L> {
    account: Arc<str>,
    login: String,
    hooks: watch::Receiver<Hooks>,
    rings: mpsc::UnboundedReceiver<Vec<OwedHook>>,
    history: History,
    publisher: Publisher,
    stop: CancellationToken,
    launch: L,
    /// What is owed though the history could not keep it.
    unkept: Vec<OwedHook>,
    /// What is settled though the history could not keep that.
    unsettled: Vec<OwedHook>,
    /// When the last run began.
    began: Option<Instant>,
    /// Runs that failed since one last did its work.
    failed: u32,
}

/// The program ends, or the account goes.
struct Stopped;

impl<L: Launch> Hand<L> {
    /// Works for this account and login, on what the bell says and the history keeps.
    pub fn new(
        (account, login): (&str, String),
        (hooks, rings): (watch::Receiver<Hooks>, mpsc::UnboundedReceiver<Vec<OwedHook>>),
        (history, publisher): (History, Publisher),
        stop: CancellationToken,
        launch: L,
    ) -> Self {
        Self {
            account: account.into(),
            login,
            hooks,
            rings,
            history,
            publisher,
            stop,
            launch,
            unkept: Vec::new(),
            unsettled: Vec::new(),
            began: None,
            failed: 0,
        }
    }

    /// Works until it is stopped, or the account goes.
    pub async fn work(mut self) {
        while self.turn().await.is_ok() {}
        self.publisher.change(|board| {
            board.failed_hooks.remove(&self.account);
        });
    }

    /// One run with its tries, or one wait for a reason to look again.
    async fn turn(&mut self) -> Result<(), Stopped> {
        if let Some(began) = self.began {
            self.wait_until(began + GATHER).await?;
        }
        let batch = self.owed().await;
        if batch.is_empty() { self.rung().await } else { self.carry_out(batch).await }
    }

    async fn wait_until(&self, at: Instant) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Stopped),
            () = sleep_until(at.into()) => Ok(()),
        }
    }

    /// Waits until something is owed, or a hook is configured that may be owed something.
    async fn rung(&mut self) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Stopped),
            ring = self.rings.recv() => ring.map(|more| self.unkept.extend(more)).ok_or(Stopped),
            changed = self.hooks.changed() => changed.map_err(|_| Stopped),
        }
    }

    /// What the next run is for.
    async fn owed(&mut self) -> Vec<OwedHook> {
        while let Ok(more) = self.rings.try_recv() {
            self.unkept.extend(more);
        }
        let events = self.hooks.borrow_and_update().events();
        if events.is_empty() || !self.settle(Vec::new()).await {
            return Vec::new();
        }
        // What cannot be read is told by the history itself.
        let kept = self.history.owed_hooks(&self.account, &self.login, events, AT_ONCE).await.unwrap_or_default();
        if !kept.is_empty() || self.unkept.is_empty() {
            return kept;
        }
        let first = self.unkept.first().map(|owed| owed.event);
        let (now, later) = std::mem::take(&mut self.unkept).into_iter().partition(|owed| Some(owed.event) == first);
        self.unkept = later;
        now
    }

    /// Has the history forget what is done. What it cannot take now must not be run again for that.
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

    /// Runs the hook for these until it has done its work or all tries are used up.
    async fn carry_out(&mut self, batch: Vec<OwedHook>) -> Result<(), Stopped> {
        let Some((event, key)) = batch.last().map(|newest| (newest.event, newest.key.clone())) else { return Ok(()) };
        for pause in PAUSES.into_iter().map(Some).chain([None]) {
            // Taken out of the configuration meanwhile: it stays owed, in case it comes back.
            let Some(command) = self.hooks.borrow().command(event).map(<[String]>::to_vec) else { return Ok(()) };
            let began = now();
            self.began = Some(began);
            let call = Call::new(command, event, &batch);
            let ran = self.launch.launch(&call, &self.stop).await;
            self.log(&call, &ran);
            let Some(failure) = self.outcome(&key, call, &ran, now().saturating_duration_since(began))? else {
                self.failed = 0;
                self.show_failed();
                self.settle(batch).await;
                return Ok(());
            };
            let sentence = format!("{} of {}: {failure}", event.key(), self.account);
            let Some(pause) = pause else {
                self.wait_until(now() + MOMENT).await?;
                self.failed = self.failed.saturating_add(1);
                self.show_failed();
                let left = left_behind(event, &batch);
                self.tell_fault(&key, &format!("{sentence}; given up after {TRIES} tries{left}"), Next::User);
                break;
            };
            self.tell_fault(&key, &format!("{sentence}; next try in {} s", pause.as_secs()), Next::Retry);
            self.wait_until(now() + pause).await?;
        }
        self.settle(batch).await;
        Ok(())
    }

    /// Tells how a run ended. What is wrong with it, where it has not done its work.
    fn outcome(&self, key: &WatchKey, call: Call, ran: &Ran, took: Duration) -> Result<Option<String>, Stopped> {
        let name = format!("`{}`", sanitise(call.program(), 100));
        let (exit, failure) = match &ran.ended {
            // Nothing ran: there is no end to tell of.
            Ended::NotStarted(why) => return Ok(Some(why.sentence(&name))),
            Ended::Stopped => return Err(Stopped),
            Ended::Status(status) if status.success() => (status.code(), None),
            Ended::Status(status) => {
                let how =
                    status.code().map_or_else(|| "by a signal".to_owned(), |code| format!("with exit code {code}"));
                (status.code(), Some(format!("{name} ended {how}{}", ran.complaint())))
            }
            Ended::TimedOut(limit) => {
                let sentence =
                    format!("{name} did not end within {} s and was ended{}", limit.as_secs(), ran.complaint());
                (None, Some(sentence))
            }
        };
        self.tell(key, EventKind::Hook { command: call.command, exit, took });
        Ok(failure)
    }

    /// What it said on standard error.
    fn log(&self, call: &Call, ran: &Ran) {
        let program = sanitise(call.program(), 100);
        let more = ran.cut.then_some("… and more, which is not kept");
        for line in ran.said.iter().map(String::as_str).chain(more) {
            tracing::warn!(account = %self.account, hook = call.event.key(), "{program}: {line}");
        }
    }

    fn show_failed(&self) {
        let (account, failed) = (Arc::clone(&self.account), self.failed);
        self.publisher.change(|board| {
            if failed == 0 {
                board.failed_hooks.remove(&account)
            } else {
                board.failed_hooks.insert(account, failed)
            };
        });
    }

    fn tell_fault(&self, key: &WatchKey, message: &str, next: Next) {
        let fault = Fault { class: FaultClass::Hook, message: sanitise(message, LINE_LIMIT), next };
        tracing::warn!("{fault}");
        let retry = fault.retry();
        self.tell(key, EventKind::Fault { class: fault.class, message: fault.message, retry });
    }

    fn tell(&self, key: &WatchKey, kind: EventKind) {
        let watch = Some(WatchId::new(&key.account, &key.mailbox));
        let event = Event { ts: SystemTime::now(), at: now(), watch, conn: None, kind };
        self.history.log(Some(key), &event);
        self.publisher.tell(event);
    }
}

/// The mails that nothing was run for, so that they are not lost to whoever reads the log.
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
