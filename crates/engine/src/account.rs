//! What the watches of one account share: its settings, its credentials, its connections, what was learned of its server.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::concurrency_limit::ConcurrencyLimit;
use crate::connecting;
use crate::connection_limit::ConnectionLimit;
use crate::credential_cache::{CredentialCache, LoginPermit};
use crate::history::History;
use crate::learned_timing::{self, LearnedTiming};
use crate::login_governor::LoginGovernor;
use crate::secret::CredentialSource;
use crate::stranger::Stranger;
use mailwatch_proto::boot_clock::BootClock;
use mailwatch_proto::configured_timers::ConfiguredTimers;
use mailwatch_proto::model::{Account, Fault, Origin, Outcome, Timer, Timers, WatchId};
use mailwatch_proto::names::Spellings;
use mailwatch_proto::tuning::Tuning;

/// An account as its watches share it.
#[derive(Debug)]
pub struct AccountState {
    /// Its settings.
    pub account: Account,
    /// How many connections it may have.
    pub connections: ConnectionLimit,
    /// How many of its host's are made at once.
    pub connecting: Arc<ConcurrencyLimit>,
    /// What was learned of the server's answers.
    pub learned: watch::Sender<LearnedTiming>,
    /// What answers in the server's place.
    pub stranger: Stranger,
    credentials: CredentialCache,
    /// How the server writes names that it writes otherwise than this program would.
    written: Mutex<Arc<Spellings>>,
    /// The capabilities that its connections were told last, after login.
    capabilities: Mutex<Arc<[String]>>,
    /// The mailbox that tries the next age, where the account does not begin with a name.
    first: OnceLock<Arc<str>>,
}

impl AccountState {
    /// An account that no watch has logged into yet.
    #[must_use]
    pub fn new(account: Account, learned: Option<Tuning>, governor: LoginGovernor) -> Self {
        let connections = ConnectionLimit::new(account.max_connections);
        let learned = learned.map_or(LearnedTiming::Unread, |tuning| LearnedTiming::Known(Box::new(tuning)));
        let credentials = CredentialCache::new(&account, governor);
        Self {
            account,
            connections,
            connecting: connecting::alone(),
            learned: watch::Sender::new(learned),
            stranger: Stranger::default(),
            credentials,
            written: Mutex::default(),
            capabilities: Mutex::default(),
            first: OnceLock::new(),
        }
    }

    /// The same, with the other accounts of its host.
    #[must_use]
    pub fn with(self, connecting: Arc<ConcurrencyLimit>) -> Self {
        Self { connecting, ..self }
    }

    /// Reads what was learned of the server before, unless that was done. What ends meanwhile is learned at the next start.
    pub fn load_learned(self: &Arc<Self>, history: &History, preset: Duration) {
        if !self.learned.send_if_modified(|learned| learned.begin(preset)) {
            return;
        }
        let (state, history) = (Arc::clone(self), history.clone());
        tokio::spawn(async move {
            let tuning = learned_timing::read(&state.account, preset, &history).await;
            state.learned.send_if_modified(|learned| learned.finish(tuning));
        });
    }

    /// The timers that a watch begins with.
    #[must_use]
    pub fn timers(&self, config: ConfiguredTimers, mailbox: &str) -> Timers {
        match &*self.learned.borrow() {
            LearnedTiming::Known(tuning) if config.auto => {
                let value = self.reissue(tuning, mailbox, SystemTime::now());
                config.timers.with(Timer::Reissue, Some(value), Origin::Learned)
            }
            LearnedTiming::Known(_) | LearnedTiming::Reading(_) | LearnedTiming::Unread => config.timers,
        }
    }

    /// What a watch's `reissue` is to be by what was learned. The account's first watch tries the next age, the others
    /// keep to what is proven: a limit then costs one stall and not one per watch.
    #[must_use]
    pub fn reissue(&self, tuning: &Tuning, mailbox: &str, now: SystemTime) -> Duration {
        let named = || self.account.mailboxes.first().is_none_or(|first| *WatchId::new("", first).mailbox == *mailbox);
        let first = self.first.get().map_or_else(named, |first| **first == *mailbox);
        if first { tuning.value(now) } else { tuning.proven(now) }
    }

    /// Has this mailbox try the next age, unless another does already.
    pub fn lead_with(&self, mailbox: &Arc<str>) {
        self.first.get_or_init(|| Arc::clone(mailbox));
    }

    /// Learns from an IDLE that ended. Every watch of the account gets a new value.
    pub fn learn(&self, outcome: &Outcome) {
        self.learned.send_if_modified(|learned| learned.note(outcome));
    }

    /// LIST has shown how the server writes names.
    pub fn note_spellings(&self, written: Spellings) {
        if !written.is_empty() {
            let mut known = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::make_mut(&mut known).extend(written);
        }
    }

    /// How the server writes names, as far as LIST has shown it.
    #[must_use]
    pub fn spellings(&self) -> Arc<Spellings> {
        Arc::clone(&self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The same capabilities, in one piece of memory for all connections that were told the same.
    #[must_use]
    pub fn one_of(&self, told: Arc<[String]>) -> Arc<[String]> {
        if told.is_empty() {
            return told;
        }
        let mut last = self.capabilities.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != told {
            *last = told;
        }
        Arc::clone(&last)
    }

    /// The server in sentences: `host:port`.
    #[must_use]
    pub fn peer(&self) -> String {
        format!("{}:{}", self.account.host, self.account.port)
    }

    /// See [`CredentialCache::not_due`].
    pub async fn login_not_due(&self) -> Option<Fault> {
        self.credentials.not_due(&self.account).await
    }

    /// Whether the account's secret has worked.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.credentials.is_proven(&self.account)
    }

    /// See [`CredentialCache::login_permit`].
    ///
    /// # Errors
    /// As there.
    pub async fn login_permit(&self, secrets: &Arc<dyn CredentialSource>) -> Result<LoginPermit, Fault> {
        self.credentials.login_permit(&self.account, secrets).await
    }

    /// See [`CredentialCache::renew`].
    ///
    /// # Errors
    /// As there.
    pub async fn renew(&self, serial: u64, secrets: &Arc<dyn CredentialSource>) -> Result<bool, Fault> {
        self.credentials.renew(serial, &self.account, secrets).await
    }

    /// See [`CredentialCache::forgive`].
    pub async fn forgive(&self) {
        self.credentials.forgive().await;
    }

    /// The clock that goes on in a suspend, as tokens age by it.
    #[must_use]
    pub fn boot_clock(&self) -> BootClock {
        self.credentials.boot_clock()
    }

    /// The machine has woken for the `count`th time: tokens have aged meanwhile.
    pub fn woke(&self, count: u64, slept: Duration) {
        self.credentials.woke(count, slept);
    }
}
