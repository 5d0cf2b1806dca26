//! Makes watches and guests of one account: what they are made with, in one place.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::account::AccountState;
use super::configured_timers::ConfiguredTimers;
use super::guest::{Fresh, Guest};
use super::hook::HookSignal;
use super::publish::Reporter;
use super::pulse::Pulse;
use super::record::Recorder;
use super::task::{Tools, Trace};
use super::watch::{Crew, Watch};
use super::watch_handle::{Finished, Listing, WatchHandle, WatchInit};
use crate::clock::now;
use crate::dial::Dial;
use crate::history::{History, WatchKey};
use crate::identity::key_of;
use crate::link::{Commands, Publisher};
use crate::secret::CredentialSource;
use mailwatch_proto::model::{Account, Origin, WatchId};

/// What watches of an account are made with.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    pub account: Account,
    pub shared: Arc<AccountState>,
    pub dial: Arc<dyn Dial>,
    pub secrets: Arc<dyn CredentialSource>,
    pub history: History,
    pub bell: HookSignal,
    pub publisher: Publisher,
    pub numbers: Arc<AtomicU64>,
    pub pulse: watch::Sender<Pulse>,
    pub keys: watch::Sender<BTreeMap<WatchId, WatchKey>>,
    /// The account's timers as configured.
    pub config: watch::Receiver<ConfiguredTimers>,
    /// Blind time today, from runs before.
    pub blind: Arc<BTreeMap<WatchKey, Duration>>,
}

impl Maker {
    /// A mailbox's key in the history; what is told of it from now on can be confirmed.
    pub fn key(&self, id: &WatchId) -> WatchKey {
        let key = key_of(&self.account, id);
        self.keys.send_modify(|keys| {
            keys.insert(id.clone(), key.clone());
        });
        key
    }

    /// A mouth for a mailbox that has none yet.
    pub fn report(&self, id: &WatchId) -> Reporter {
        let key = self.key(id);
        let recorder = Recorder::new(self.history.clone(), key.clone(), self.account.host.clone(), self.bell.clone());
        let config = *self.config.borrow();
        let timers = self.shared.timers(config, &id.mailbox);
        let mut report = Reporter::new(self.publisher.clone(), recorder, id.clone(), timers, now());
        report.touch().learns = config.auto.then_some(Origin::Config);
        report.touch().blind.today = self.blind.get(&key).copied().unwrap_or_default();
        report
    }

    /// Starts a watch.
    pub fn start(
        &self,
        id: &WatchId,
        init: WatchInit,
        notices: mpsc::UnboundedSender<Listing>,
        stop: CancellationToken,
    ) -> WatchHandle {
        let WatchInit { report, commands, fresh, entries, discovers } = init;
        let key = self.key(id);
        let tools = Tools {
            id: id.clone(),
            shared: Arc::clone(&self.shared),
            key: key.clone(),
            dial: Arc::clone(&self.dial),
            secrets: Arc::clone(&self.secrets),
            history: self.history.clone(),
            bell: self.bell.clone(),
            trace: if self.publisher.wants_wire() { Trace::Screen } else { Trace::Stalls },
            forgive: false,
            fresh,
            scout: discovers,
        };
        let (pulse, numbers) = (self.pulse.subscribe(), Arc::clone(&self.numbers));
        let watch = Watch::new(tools, report, commands, stop.clone(), pulse, numbers, self.config.clone());
        let (orders, receiver) = mpsc::unbounded_channel();
        let watch = watch.in_crew(Some(Crew::new(entries, discovers, receiver, notices)));
        WatchHandle { key, stop, orders, task: tokio::spawn(supervise(watch)) }
    }

    /// A mailbox that another's connection is to serve.
    pub fn guest(&self, id: &WatchId, report: Reporter, commands: Commands, fresh: Option<Fresh>) -> Box<Guest> {
        Box::new(Guest::new(report, commands, self.key(id), fresh, now()))
    }
}

/// A panic in a watch's own code costs the connection, not the watch.
async fn supervise(mut watch: Watch) -> Finished {
    while AssertUnwindSafe(watch.run()).catch_unwind().await.is_err() {
        watch.recover();
    }
    watch.into_finished()
}
