//! The running engine: its accounts, and the tasks beside them.

mod ages;
mod confirmations;
mod gaps;
mod history_faults;
mod looking;
mod mails;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::ages::Whose;
pub use self::mails::MailHands;
use crate::account_handle::{AccountHandle, AccountInit};
use crate::connecting::Connecting;
use crate::dial::Dial;
use crate::earlier::Earlier;
use crate::engine_context::EngineContext;
use crate::history::{History, Record, WatchKey};
use crate::link::{Commands, Publisher};
use crate::login_governor::LoginGovernor;
use crate::push_test::PushTest;
use crate::reconfigured::{Reconfigured, goes_on};
use crate::secret::CredentialSource;
use crate::sightings::Sightings;
use crate::special_uses::SpecialUses;
use crate::system_event_sender::SystemEventSender;
use crate::system_events::{SystemEvents, count_days};
use crate::told_mails::ToldByWatch;
use mailwatch_proto::model::{Account, MailKey, WatchId};

/// How long the last confirmations may take to be written down.
const CLOSE_WITHIN: Duration = Duration::from_millis(1900);

/// What the engine runs on.
#[derive(Debug)]
pub struct Parts {
    /// The accounts, with the mailboxes to watch.
    pub accounts: Vec<Account>,
    /// Makes connections.
    pub dial: Arc<dyn Dial>,
    /// Gets passwords and tokens.
    pub secrets: Arc<dyn CredentialSource>,
    /// Counts logins.
    pub governor: LoginGovernor,
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
    /// What watches are made with; none once the engine was stopped.
    context: Option<EngineContext>,
    accounts: BTreeMap<String, AccountHandle>,
    /// What watches that ended had told, should they come again.
    told: ToldByWatch,
    confirmations: JoinHandle<()>,
    history_faults: JoinHandle<()>,
    day_changes: JoinHandle<()>,
    looking: JoinHandle<()>,
    events: SystemEventSender,
    stop: CancellationToken,
    governor: LoginGovernor,
    history: History,
    keys: watch::Receiver<BTreeMap<WatchId, WatchKey>>,
    connections_made: watch::Receiver<u64>,
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
    /// Starts the accounts' watches.
    pub async fn start(parts: Parts) -> Self {
        let Parts { accounts, dial, secrets, governor, history, publisher, commands, confirmed } = parts;
        let tz = jiff::tz::TimeZone::system();
        let (events, keys) = (watch::Sender::new(SystemEvents::default()), watch::Sender::new(BTreeMap::new()));
        let confirmations = tokio::spawn(confirmations::keep(history.clone(), keys.subscribe(), confirmed));
        let history_faults = tokio::spawn(history_faults::report(history.fault(), publisher.clone()));
        let watch_keys = keys.subscribe();
        let connecting = Connecting::default();
        let connections_made = connecting.made();
        let day_changes = tokio::spawn(count_days(events.clone(), tz.clone()));
        // The history itself reports what cannot be kept.
        let _ = history.look(SystemTime::now(), publisher.looks_back()).await;
        let looking = tokio::spawn(looking::note(history.clone(), publisher.clone()));
        let context = EngineContext {
            dial,
            secrets,
            connecting,
            governor: governor.clone(),
            history: history.clone(),
            publisher,
            numbers: Arc::default(),
            events: events.clone(),
            keys,
            sightings: Sightings::default(),
            uses: SpecialUses::default(),
            tz,
        };
        let mut engine = Self {
            context: Some(context),
            accounts: BTreeMap::new(),
            told: ToldByWatch::new(),
            confirmations,
            history_faults,
            day_changes,
            looking,
            events: SystemEventSender::new(events),
            stop: CancellationToken::new(),
            governor,
            history,
            keys: watch_keys,
            connections_made,
        };
        engine.begin(accounts, commands, false).await;
        engine
    }

    /// Where the machine's suspends and changes of its network are reported.
    #[must_use]
    pub fn system_events(&self) -> SystemEventSender {
        self.events.clone()
    }

    /// How many connections were made, or were given up.
    #[must_use]
    pub fn connections_made(&self) -> watch::Receiver<u64> {
        self.connections_made.clone()
    }

    /// What counts its logins.
    #[must_use]
    pub const fn governor(&self) -> &LoginGovernor {
        &self.governor
    }

    /// By what the history knows the watches.
    #[must_use]
    pub fn keys(&self) -> watch::Receiver<BTreeMap<WatchId, WatchKey>> {
        self.keys.clone()
    }

    /// The account of that name that is watched.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.get(name).map(AccountHandle::account)
    }

    /// Has an account's watches that are down try again at once; how many there are.
    #[must_use]
    pub fn try_again(&self, account: &str) -> usize {
        self.context.as_ref().map_or(0, |context| context.publisher.reconnect_down(account))
    }

    /// A test of the push into one of its mailboxes; `None` where the account is not watched.
    #[must_use]
    pub fn push_test(&self, account: &str, mailbox: &str) -> Option<PushTest> {
        let state = self.accounts.get(account)?.state();
        Some(PushTest::within(self.context.as_ref()?, state, mailbox))
    }

    /// What asks its accounts' servers which mailboxes hold one's own mail.
    #[must_use]
    pub fn special_uses(&self) -> SpecialUses {
        self.context.as_ref().map(|context| context.uses.clone()).unwrap_or_default()
    }

    /// The watches that run.
    #[must_use]
    pub fn running(&self) -> BTreeSet<WatchId> {
        self.accounts.values().flat_map(AccountHandle::running).collect()
    }

    /// Watches these accounts from now on. Watches whose settings did not change keep their connections; a change of
    /// timers alone is applied to the running IDLE; others end with DONE and LOGOUT, within 2 seconds, and start anew.
    pub async fn reconfigure(&mut self, accounts: Vec<Account>) -> Reconfigured {
        let Some(context) = self.context.clone() else { return Reconfigured::default() };
        let done = self.compare(&accounts);
        let earlier = Arc::new(Earlier::read(&self.history, SystemTime::now(), &context.tz).await);
        let mut ending = Vec::new();
        let mut staying = FuturesUnordered::new();
        for (name, mut account) in std::mem::take(&mut self.accounts) {
            match accounts.iter().find(|new| goes_on(account.account(), new)) {
                Some(new) => {
                    staying.push(account.configure(new, Arc::clone(&earlier)));
                    self.accounts.insert(name, account);
                }
                None => ending.push((name, account)),
            }
        }
        // An allocator that is gone answers as well.
        let stay = async { while staying.next().await.is_some() {} };
        let (told, ()) = tokio::join!(end(ending, &context.publisher), stay);
        self.told.extend(told);
        // What was counted of another server or login is no evidence for the new one.
        context.publisher.change(|board| {
            board.ages.retain(|name, _| self.accounts.contains_key(&**name));
            board.connection_limits.retain(|name, _| self.accounts.contains_key(&**name));
            board.canaries.retain(|name, _| self.accounts.contains_key(&**name));
        });
        self.begin(accounts, BTreeMap::new(), true).await;
        done
    }

    fn compare(&self, accounts: &[Account]) -> Reconfigured {
        let names: BTreeSet<&str> =
            self.accounts.keys().map(String::as_str).chain(accounts.iter().map(|new| new.name.as_str())).collect();
        let between = |name: &str| {
            let new = accounts.iter().find(|new| new.name == name);
            Reconfigured::between(self.accounts.get(name).map(AccountHandle::account), new)
        };
        names.into_iter().map(between).fold(Reconfigured::default(), Reconfigured::and)
    }

    /// Starts those of the accounts that do not run.
    async fn begin(&mut self, accounts: Vec<Account>, mut commands: BTreeMap<WatchId, Commands>, reconfigured: bool) {
        let Some(context) = self.context.clone() else { return };
        let began = SystemTime::now();
        let earlier = Arc::new(Earlier::read(&self.history, began, &context.tz).await);
        if !reconfigured {
            self.history.append(Record::Run { began, seen: began });
            tokio::spawn(gaps::read(self.history.clone(), context.publisher.clone(), began));
        }
        let accounts: Vec<_> =
            accounts.into_iter().filter(|account| !self.accounts.contains_key(&account.name)).collect();
        self.governor.begins(&accounts, reconfigured).await;
        let new = accounts.iter().map(Whose::of).collect();
        for account in accounts {
            let name = account.name.clone();
            let init = AccountInit {
                earlier: Arc::clone(&earlier),
                told: self.told.extract_if(.., |key, _| key.account == name).collect(),
                commands: commands.extract_if(.., |id, _| *id.account == *name).collect(),
            };
            let handle = AccountHandle::start(account, init, context.clone(), self.stop.child_token()).await;
            self.accounts.insert(name, handle);
        }
        // No watch waits for what a screen alone shows.
        if context.publisher.looks_back() {
            let reading = ages::read(self.history.clone(), context.publisher, new, began);
            let stop = self.stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled(reading).await });
        }
    }

    /// Ends every watch with DONE and LOGOUT, within 2 seconds whatever the servers do. What they say meanwhile still
    /// reaches the front end; its events end with this.
    pub async fn stop(&mut self) {
        self.stop_telling(|_| {}).await;
    }

    /// The same, and says of each watch that it has ended.
    pub async fn stop_telling(&mut self, mut ended: impl FnMut(&WatchId)) {
        self.stop.cancel();
        let (ends, mut reported) = mpsc::unbounded_channel();
        let accounts = std::mem::take(&mut self.accounts);
        for account in accounts.values() {
            account.stop(ends.clone());
        }
        drop(ends);
        let ending: FuturesUnordered<_> = accounts.into_values().map(AccountHandle::join).collect();
        let telling = async {
            while let Some(id) = reported.recv().await {
                ended(&id);
            }
        };
        tokio::join!(ending.for_each(|_| std::future::ready(())), telling);
        // These hold ends of the link, which would keep the front end waiting.
        self.context = None;
        self.history_faults.abort();
        self.day_changes.abort();
        self.looking.abort();
        let _ = (&mut self.history_faults).await;
        let _ = (&mut self.looking).await;
    }

    /// Writes down what was told. The front end is dropped before: what it confirmed is complete then.
    pub async fn close(mut self) {
        if tokio::time::timeout(CLOSE_WITHIN, &mut self.confirmations).await.is_err() {
            self.confirmations.abort();
        }
        self.history.close().await;
    }
}

/// Ends these accounts, all at once, and takes them off the board. Returns what was told.
async fn end(ending: Vec<(String, AccountHandle)>, publisher: &Publisher) -> ToldByWatch {
    let (names, ending): (Vec<String>, Vec<AccountHandle>) = ending.into_iter().unzip();
    publisher.close_accounts(&names);
    let (ends, _) = mpsc::unbounded_channel();
    for account in &ending {
        account.stop(ends.clone());
    }
    let mut ending: FuturesUnordered<_> = ending.into_iter().map(AccountHandle::join_in_turn).collect();
    let mut told = ToldByWatch::new();
    while let Some(of) = ending.next().await {
        told.extend(of);
    }
    publisher.change(|board| board.watches.retain(|id, _| !names.iter().any(|name| **name == *id.account)));
    told
}
