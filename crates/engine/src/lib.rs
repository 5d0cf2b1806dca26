//! The engine: a task per watch, the accounts they share, and the way from a told mail to a kept one. Knows no screen.

mod account;
pub mod check;
mod clock;
pub mod config;
mod configured_timers;
mod connection_limit;
mod credential_cache;
pub mod dial;
pub mod discover;
mod guest;
mod headers;
pub mod history;
mod hook;
pub mod http;
mod identity;
mod job;
pub mod json;
mod learned_timing;
pub mod link;
mod log_in;
mod maker;
pub mod metrics;
pub mod network;
pub mod notify;
pub mod probe;
mod process;
mod publish;
mod pulse;
mod reconfigure;
mod record;
pub mod report;
mod roster;
pub mod secret;
pub mod session;
pub mod status;
pub mod suspend;
mod task;
pub mod tcp_evidence;
mod track;
mod user_timeout;
mod watch;
mod watch_handle;
pub mod wire;

pub use self::reconfigure::Reconfigured;

pub use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::clock::now;
use self::pulse::{Pulse, count_days};
use self::reconfigure::{Ground, Running, Told};
use self::watch_handle::WatchHandle;
use crate::dial::Dial;
use crate::history::{History, WatchKey};
use crate::link::{Commands, Publisher};
use crate::secret::CredentialSource;
use mailwatch_proto::model::{Account, Event, EventKind, Fault, MailKey, Next, WatchId};

/// How long the end may take in all before what still runs is dropped.
const STOP_WITHIN: Duration = Duration::from_millis(1900);

/// What the engine runs on.
#[derive(Debug)]
pub struct Parts {
    /// The accounts, with the mailboxes to watch.
    pub accounts: Vec<Account>,
    /// Makes connections.
    pub dial: Arc<dyn Dial>,
    /// Gets passwords and tokens.
    pub secrets: Arc<dyn CredentialSource>,
    /// Keeps what was seen.
    pub history: History,
    /// The link's end.
    pub publisher: Publisher,
    /// The watches' commands.
    pub commands: BTreeMap<WatchId, Commands>,
    /// Mails that a front end has confirmed as told.
    pub confirmed: mpsc::UnboundedReceiver<MailKey>,
}

/// The running engine.
#[derive(Debug)]
pub struct Engine {
    /// What new watches are made with; none once the engine was stopped.
    ground: Option<Ground>,
    accounts: BTreeMap<String, Running>,
    watches: BTreeMap<WatchId, WatchHandle>,
    /// The accounts whose mailboxes are not one connection each.
    rosters: BTreeMap<String, roster::Running>,
    /// What watches that ended had told, should they come again.
    told: BTreeMap<WatchKey, Told>,
    keys: tokio::sync::watch::Sender<BTreeMap<WatchId, WatchKey>>,
    keeper: JoinHandle<()>,
    watchman: JoinHandle<()>,
    calendar: JoinHandle<()>,
    pulse: tokio::sync::watch::Sender<Pulse>,
    stop: CancellationToken,
    history: History,
}

/// Tells the engine of what happened to the machine.
#[derive(Clone, Debug)]
pub struct Sleeper {
    pulse: tokio::sync::watch::Sender<Pulse>,
}

impl Sleeper {
    /// Says that the machine was suspended for so long and runs again: every IDLE is checked with DONE.
    pub fn slept(&self, slept: Duration) {
        self.pulse.send_modify(|pulse| pulse.slept = (pulse.slept.0 + 1, slept));
    }

    /// Says that the machine's addresses or its default route changed: every IDLE is checked with DONE, and who waits to
    /// connect waits no longer.
    pub fn network_changed(&self) {
        self.pulse.send_modify(|pulse| pulse.networks += 1);
    }
}

/// The watches that these accounts have from the start, as [`crate::link::link`] wants them. Those whose mailboxes share
/// connections, or are found by LIST, come and go by themselves.
pub fn watch_ids(accounts: &[Account]) -> impl Iterator<Item = WatchId> {
    accounts
        .iter()
        .filter(|account| account.is_plain())
        .flat_map(|account| account.mailboxes.iter().map(move |mailbox| WatchId::new(&account.name, mailbox)))
}

impl Engine {
    /// Starts a task per watch.
    pub async fn start(parts: Parts) -> Self {
        let Parts { accounts, dial, secrets, history, publisher, mut commands, confirmed } = parts;
        let tz = jiff::tz::TimeZone::system();
        let pulse = tokio::sync::watch::Sender::new(Pulse::default());
        let keys = tokio::sync::watch::Sender::new(BTreeMap::new());
        let keeper = tokio::spawn(keep_confirmed(history.clone(), keys.subscribe(), confirmed));
        let watchman = tokio::spawn(tell_history_faults(history.fault(), publisher.clone()));
        let calendar = tokio::spawn(count_days(pulse.clone(), tz.clone()));
        let mut engine = Self {
            ground: Some(Ground { dial, secrets, publisher, numbers: Arc::default(), tz }),
            accounts: BTreeMap::new(),
            watches: BTreeMap::new(),
            rosters: BTreeMap::new(),
            told: BTreeMap::new(),
            keys,
            keeper,
            watchman,
            calendar,
            pulse,
            stop: CancellationToken::new(),
            history,
        };
        engine.begin(accounts, |id| commands.remove(id)).await;
        engine
    }

    /// For whoever knows of suspends and of the network: [`suspend::watch`], [`network::watch`], or a test.
    #[must_use]
    pub fn sleeper(&self) -> Sleeper {
        Sleeper { pulse: self.pulse.clone() }
    }

    /// The watches that run.
    #[must_use]
    pub fn running(&self) -> BTreeSet<WatchId> {
        self.watches.keys().cloned().collect()
    }

    /// Ends every watch with DONE and LOGOUT, within 2 seconds whatever the servers do. What they say meanwhile still
    /// reaches the front end; its events end with this.
    pub async fn stop(&mut self) {
        self.stop_telling(|_| {}).await;
    }

    /// The same, and says of each watch that it has ended.
    pub async fn stop_telling(&mut self, ended: impl FnMut(&WatchId)) {
        self.stop.cancel();
        let rosters = reconfigure::join_rosters(std::mem::take(&mut self.rosters));
        let watches = reconfigure::join(std::mem::take(&mut self.watches), ended);
        let _ = tokio::join!(watches, rosters, reconfigure::join_hooks(std::mem::take(&mut self.accounts)));
        // These hold ends of the link, which would keep the front end waiting.
        self.ground = None;
        self.watchman.abort();
        self.calendar.abort();
        let _ = (&mut self.watchman).await;
    }

    /// Writes down what was told. The front end is dropped before: what it confirmed is complete then.
    pub async fn close(mut self) {
        if tokio::time::timeout(STOP_WITHIN, &mut self.keeper).await.is_err() {
            self.keeper.abort();
        }
        self.history.close().await;
    }
}

/// A history that cannot be used is seen, and the watching goes on.
async fn tell_history_faults(mut faults: tokio::sync::watch::Receiver<Option<Fault>>, publisher: Publisher) {
    loop {
        let fault = faults.borrow_and_update().clone();
        publisher.change(|board| board.fault.clone_from(&fault));
        if let Some(Fault { class, message, next }) = fault {
            let retry = next != Next::User;
            let kind = EventKind::Fault { class, message, retry };
            publisher.tell(Event { ts: SystemTime::now(), at: now(), watch: None, conn: None, kind });
        }
        if faults.changed().await.is_err() {
            return;
        }
    }
}

/// Writes down which mails were told, as many at once as there are.
async fn keep_confirmed(
    history: History,
    keys: tokio::sync::watch::Receiver<BTreeMap<WatchId, WatchKey>>,
    mut confirmed: mpsc::UnboundedReceiver<MailKey>,
) {
    /// One transaction's worth.
    const AT_ONCE: usize = 256;
    let mut waiting = Vec::new();
    while confirmed.recv_many(&mut waiting, AT_ONCE).await > 0 {
        let told = {
            let keys = keys.borrow();
            let known = |mail: MailKey| Some((keys.get(&mail.watch)?.clone(), mail.uidvalidity, mail.uid));
            waiting.drain(..).filter_map(known).collect()
        };
        if let Err(fault) = history.reported(told).await {
            tracing::warn!(%fault, "a told mail could not be marked as told; it will be told again at the next start");
        }
    }
}
