//! Makes watches and guests of one account: what they are made with, in one place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::account::Shared;
use super::guest::{Fresh, Guest};
use super::hook::HookSignal;
use super::job::{Tools, Trace};
use super::publish::Reporter;
use super::pulse::Pulse;
use super::reconfigure::Configured;
use super::record::Recorder;
use super::watch::{Crew, Finished, Watch};
use super::{key_of, now, supervise, timers_of};
use crate::dial::Dial;
use crate::history::{History, WatchKey};
use crate::link::{Commands, Publisher};
use crate::secret::Obtain;
use mailwatch_proto::model::{Account, Origin, WatchId};

/// What watches of an account are made with.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    pub account: Account,
    pub shared: Arc<Shared>,
    pub dial: Arc<dyn Dial>,
    pub secrets: Arc<dyn Obtain>,
    pub history: History,
    pub bell: HookSignal,
    pub publisher: Publisher,
    pub numbers: Arc<AtomicU64>,
    pub pulse: watch::Sender<Pulse>,
    pub keys: watch::Sender<BTreeMap<WatchId, WatchKey>>,
    /// The account's timers as configured.
    pub config: watch::Receiver<Configured>,
    /// Blind time today, from runs before.
    pub blind: Arc<BTreeMap<WatchKey, Duration>>,
}

/// A watch that was started.
#[derive(Debug)]
pub(super) struct Started {
    pub key: WatchKey,
    pub stop: CancellationToken,
    pub task: JoinHandle<Finished>,
}

impl Drop for Started {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a watch begins with beside its mailbox's name.
#[derive(Debug)]
pub(super) struct Beginning {
    pub report: Reporter,
    pub commands: Commands,
    pub fresh: Option<Fresh>,
    pub crew: Option<Crew>,
    pub scout: bool,
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
        let timers = timers_of(&self.shared, config, id);
        let mut report = Reporter::new(self.publisher.clone(), recorder, id.clone(), timers, now());
        report.touch().learns = config.auto.then_some(Origin::Config);
        report.touch().blind.today = self.blind.get(&key).copied().unwrap_or_default();
        report
    }

    /// Starts a watch.
    pub fn start(&self, id: &WatchId, beginning: Beginning, stop: CancellationToken) -> Started {
        let Beginning { report, commands, fresh, crew, scout } = beginning;
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
            scout,
        };
        let (pulse, numbers) = (self.pulse.subscribe(), Arc::clone(&self.numbers));
        let watch = Watch::new(tools, report, commands, stop.clone(), pulse, numbers, self.config.clone());
        let watch = watch.in_crew(crew);
        let task = tokio::spawn(supervise(watch));
        Started { key, stop, task }
    }

    /// A mailbox that another's connection is to serve.
    pub fn guest(&self, id: &WatchId, report: Reporter, commands: Commands, fresh: Option<Fresh>) -> Box<Guest> {
        Box::new(Guest::new(report, commands, self.key(id), fresh, now()))
    }
}
