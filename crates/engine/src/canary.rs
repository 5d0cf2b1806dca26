//! An account's canary: proves the push into its first mailbox now and then, where the account's configuration wants that, and
//! removes what a kill left of any push test, once the account is connected.
//!
//! One test at a time, within the account's connections and the governors of logins. What is under way when this ends is given
//! a moment to remove its message; what it could not remove is removed at the next start.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::account::AccountState;
use crate::clock::now;
use crate::engine_context::EngineContext;
use crate::history::Canary;
use crate::identity::{key_of, login_of};
use crate::push_test::{PushStep, PushTest};
use mailwatch_proto::model::{DueCanary, Event, EventKind, Fault, Hooks, PhaseGroup, WatchId};

/// The first test is so long after the start, where none was made before.
const FIRST: Duration = Duration::from_mins(2);

/// What could not be removed is tried again after so long.
const AGAIN: Duration = Duration::from_mins(10);

/// How long the end may take.
const END_WITHIN: Duration = Duration::from_millis(1500);

/// The task of one account.
#[derive(Debug)]
pub struct CanaryTask {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl CanaryTask {
    /// Starts it. It ends with `stop`.
    pub fn start(
        state: Arc<AccountState>,
        hooks: watch::Receiver<Hooks>,
        context: EngineContext,
        stop: CancellationToken,
    ) -> Self {
        let runner = Runner { state, hooks, context, stop: stop.clone(), tried: None };
        Self { stop, task: tokio::spawn(runner.run()) }
    }

    /// Ends it within about 1.5 seconds.
    pub async fn end(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(END_WITHIN, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for CanaryTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Runner {
    state: Arc<AccountState>,
    hooks: watch::Receiver<Hooks>,
    context: EngineContext,
    stop: CancellationToken,
    /// When the last test of this run ended, also one that wrote nothing.
    tried: Option<Instant>,
}

impl Runner {
    async fn run(mut self) {
        let stop = self.stop.clone();
        self.show(None);
        if stop.run_until_cancelled(self.clear()).await.is_none() {
            return;
        }
        while let Some(()) = stop.run_until_cancelled(self.due()).await {
            self.test().await;
            self.tried = Some(now());
            if stop.run_until_cancelled(self.clear()).await.is_none() {
                return;
            }
        }
    }

    fn mailbox(&self) -> WatchId {
        WatchId::new(&self.state.account.name, self.state.account.first_name())
    }

    /// Removes what is left of tests in this account's mailboxes, once it is connected.
    async fn clear(&mut self) {
        while let Some(left) = self.left().await {
            self.connected(|id, account| *id.account == *account).await;
            let mut failed = None;
            for mailbox in left {
                let test = PushTest::within(&self.context, Arc::clone(&self.state), &mailbox);
                if let Err(fault) = test.clear().await {
                    failed = Some(fault);
                }
            }
            let Some(fault) = failed else { return };
            self.fault("a message of a push test could not be removed", &fault);
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// The mailboxes that may have some.
    async fn left(&self) -> Option<BTreeSet<String>> {
        // The history itself reports what cannot be read.
        let left: Vec<Canary> = self.context.history.canaries_left(&login_of(&self.state.account)).await.ok()?;
        let mailboxes: BTreeSet<String> = left.into_iter().map(|canary| canary.key.mailbox).collect();
        (!mailboxes.is_empty()).then_some(mailboxes)
    }

    /// Waits until one of these watches stands.
    async fn connected(&self, which: impl Fn(&WatchId, &str) -> bool) {
        let mut board = self.context.publisher.board();
        let account = &self.state.account.name;
        loop {
            let stands = board
                .borrow_and_update()
                .watches
                .iter()
                .any(|(id, watch)| which(id, account) && watch.standing() == PhaseGroup::Live);
            // The board lives as long as this: it holds an end of the link.
            if stands || board.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until a test is due, and its mailbox is watched.
    async fn due(&mut self) {
        loop {
            let every = self.hooks.borrow_and_update().canary();
            let waits = async {
                let Some(every) = every else {
                    self.show(None);
                    return std::future::pending().await;
                };
                let due = now() + self.until(every).await;
                self.show(Some(due));
                tokio::time::sleep_until(due.into()).await;
                let mailbox = self.mailbox();
                self.connected(|id, _| *id == mailbox).await;
            };
            let mut hooks = self.hooks.clone();
            tokio::select! {
                () = waits => return,
                changed = hooks.changed() => if changed.is_err() {
                    std::future::pending::<()>().await;
                },
            }
        }
    }

    /// Shows on the board when the next is due, if one is.
    fn show(&self, due: Option<Instant>) {
        let WatchId { account, mailbox } = self.mailbox();
        self.context.publisher.change(|board| {
            match due {
                Some(at) => board.canaries.insert(account, DueCanary { mailbox, at }),
                None => board.canaries.remove(&account),
            };
        });
    }

    /// How long it is until the next: not the same for all accounts, and none is left out because the program began anew.
    async fn until(&self, every: Duration) -> Duration {
        let key = key_of(&self.state.account, &self.mailbox());
        // The history itself reports what cannot be read.
        let last = self.context.history.last_canary(&key).await.ok().flatten();
        let every = every.mul_f64(0.9 + 0.2 * fastrand::f64());
        if let Some(tried) = self.tried {
            return every.saturating_sub(now().saturating_duration_since(tried));
        }
        let Some(last) = last else { return FIRST.mul_f64(0.5 + fastrand::f64()).min(every) };
        // A clock that was set back is no reason to wait for longer.
        let since = SystemTime::now().duration_since(last).unwrap_or_default();
        every.saturating_sub(since).max(FIRST.mul_f64(0.5 * fastrand::f64()))
    }

    /// One test; what came of it is told.
    async fn test(&self) {
        let mailbox = self.mailbox();
        let test = PushTest::within(&self.context, Arc::clone(&self.state), &mailbox.mailbox);
        let (told, mut steps) = mpsc::unbounded_channel();
        test.run_unasked(1, &self.stop, &told).await;
        drop(told);
        let (mut proven, mut removed) = (None, true);
        while let Some(step) = steps.recv().await {
            match step {
                PushStep::Announced(took) => proven = Some(Some(took)),
                PushStep::NotAnnounced { .. } => proven = Some(None),
                PushStep::Failed(fault) => self.fault("the push could not be proven", &fault),
                PushStep::Left { fault, .. } => {
                    removed = false;
                    self.fault("the message of a push test could not be removed", &fault);
                }
                PushStep::Swept(_)
                | PushStep::Ready { .. }
                | PushStep::Added(_)
                | PushStep::Unclear
                | PushStep::Removed(_)
                | PushStep::Stopped => {}
            }
        }
        if let Some(announced) = proven {
            self.tell(EventKind::Canary { announced, removed });
        }
    }

    fn fault(&self, what: &str, fault: &Fault) {
        let message = format!("canary: {what}: {}", fault.message);
        self.tell(EventKind::Fault { class: fault.class, message, retry: true });
    }

    fn tell(&self, kind: EventKind) {
        let (watch, at): (WatchId, Instant) = (self.mailbox(), now());
        let key = key_of(&self.state.account, &watch);
        let event = Event { ts: SystemTime::now(), at, watch: Some(watch), conn: None, kind };
        tracing::info!(watch = ?event.watch, "{}", mailwatch_proto::model::words(&event.kind));
        self.context.publisher.publish(event.clone());
        self.context.history.log(Some(&key), &event);
    }
}
