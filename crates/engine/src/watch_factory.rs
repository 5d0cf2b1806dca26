//! Makes the watches and shared mailboxes of one account: what they are made with, in one place.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::account::AccountState;
use crate::clock::now;
use crate::driver::{Driver, Numbers, WatchSources};
use crate::earlier::Earlier;
use crate::engine_context::EngineContext;
use crate::history::WatchKey;
use crate::hook::HookSignal;
use crate::identity::key_of;
use crate::link::Commands;
use crate::publish::Report;
use crate::queue::queue;
use crate::record::Recorder;
use crate::shared_mailbox::SharedMailbox;
use crate::task::{TaskContext, Trace};
use crate::told_mails::Told;
use crate::watch_handle::{Finished, WatchHandle, WatchInit, WatchNotice};
use mailwatch_proto::configured_timers::ConfiguredTimers;
use mailwatch_proto::connection::task::Appeared;
use mailwatch_proto::model::{Origin, Past, Served, WatchId};
use mailwatch_proto::sharing::Sharing;
use mailwatch_proto::watch::{Beginning, Watch};

/// What watches of an account are made with.
#[derive(Clone, Debug)]
pub struct WatchFactory {
    /// What they share.
    pub state: Arc<AccountState>,
    /// What they share with those of other accounts.
    pub context: EngineContext,
    /// Where they report that hooks are owed.
    pub hooks: HookSignal,
    /// The account's timers as configured.
    pub config: watch::Receiver<ConfiguredTimers>,
    /// What is over, of a watch that has nothing behind it: one for all.
    pub past: Arc<Past>,
    /// What runs before have left.
    pub earlier: Arc<Earlier>,
}

impl WatchFactory {
    /// A mailbox's key in the history. Its mails can be confirmed from now on.
    #[must_use]
    pub fn key(&self, id: &WatchId) -> WatchKey {
        let key = key_of(&self.state.account, id);
        self.context.keys.send_modify(|keys| {
            keys.insert(id.clone(), key.clone());
        });
        key
    }

    /// What a watch of this mailbox begins with. `told` is what another told of it before.
    #[must_use]
    pub fn init(&self, id: &WatchId, commands: Commands, appeared: Option<Appeared>, told: Told) -> WatchInit {
        WatchInit { report: self.report(id, told), commands, appeared, entries: None, discovers: false }
    }

    /// A mailbox that another's connection is to serve.
    #[must_use]
    pub fn shared(
        &self,
        id: &WatchId,
        commands: Commands,
        appeared: Option<Appeared>,
        told: Told,
    ) -> Box<SharedMailbox> {
        Box::new(SharedMailbox::new(self.report(id, told), commands, self.key(id), appeared, now()))
    }

    /// What a watch of a mailbox that shared a connection begins with: it goes on with what it has shown and told.
    #[must_use]
    pub fn promoted(shared: SharedMailbox) -> WatchInit {
        let (mut report, commands, appeared) = shared.into_parts();
        let snapshot = report.view.touch();
        (snapshot.sharing.served, snapshot.sharing.served_by, snapshot.connection.id) = (Served::Own, None, None);
        WatchInit { report, commands, appeared, entries: None, discovers: false }
    }

    fn report(&self, id: &WatchId, told: Told) -> Report {
        let EngineContext { history, publisher, .. } = self.context.clone();
        let key = self.key(id);
        let recorder = Recorder::new(history, key.clone(), self.state.account.host.clone(), self.hooks.clone());
        let config = *self.config.borrow();
        let timers = self.state.timers(config, &id.mailbox);
        let mut report = Report::new(publisher, recorder, id.clone(), timers, now());
        report.share_past(&self.past);
        report.view.touch().learning.origin = config.auto.then_some(Origin::Config);
        report.view.touch().blind.today = self.earlier.blind.get(&key).copied().unwrap_or_default();
        report.remember(told);
        report
    }

    /// Starts a watch.
    #[must_use]
    pub fn start(
        &self,
        id: &WatchId,
        init: WatchInit,
        notices: mpsc::UnboundedSender<WatchNotice>,
        stop: CancellationToken,
    ) -> WatchHandle {
        let WatchInit { report, commands, appeared, entries, discovers } = init;
        let EngineContext { dial, secrets, history, publisher, numbers, events, .. } = self.context.clone();
        let key = self.key(id);
        let context = TaskContext {
            id: id.clone(),
            state: Arc::clone(&self.state),
            key: key.clone(),
            dial,
            secrets,
            history,
            hooks: self.hooks.clone(),
            sightings: self.context.sightings.clone(),
            trace: if publisher.looks_back() { Trace::Screen } else { Trace::Stalls },
        };
        let (orders, receiver) = queue(usize::MAX);
        let (system, learned) = (events.subscribe(), self.state.learned.subscribe());
        let elsewhere = self.context.sightings.elsewhere();
        let sources =
            WatchSources::new(commands, receiver, stop.clone(), system, learned, self.config.clone(), elsewhere);
        let Report { view, publisher } = report;
        let watch = Watch::new(Beginning {
            view,
            peer: self.state.peer(),
            supply: Box::new(Numbers(numbers)),
            clock: self.state.boot_clock(),
            configured: sources.configured(),
            appeared,
            discovers,
            sharing: Some(Sharing::new(entries, discovers)),
        });
        // Boxed: a future keeps room for each place that its arguments are moved through.
        let driver = Box::new(Driver::new(watch, context, publisher, sources, notices.clone()));
        let id = id.clone();
        let task = tokio::spawn(async move {
            let finished = supervise(driver).await;
            // An allocator that is gone wants no more of it.
            let _ = notices.send(WatchNotice::Finished(id, Box::new(finished)));
        });
        WatchHandle { key, stop, orders, task }
    }
}

/// A panic in a watch's own code costs the connection, not the watch.
async fn supervise(mut driver: Box<Driver>) -> Finished {
    while AssertUnwindSafe(driver.run()).catch_unwind().await.is_err() {
        driver.recover();
    }
    driver.into_finished()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a function's future takes, in bytes.
    fn taken<A, F: Future>(_: impl Fn(A) -> F) -> usize {
        size_of::<F>()
    }

    /// Each of a thousand watches has one of both.
    #[test]
    fn a_watch_at_rest_takes_four_kilobytes_and_its_driver_stands_in_memory_once() {
        let (driver, future) = (size_of::<Driver>(), taken(supervise));
        assert!(driver <= 4096, "{driver} bytes");
        assert!(future <= 1536, "{future} bytes");
    }
}
