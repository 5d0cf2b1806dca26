//! Another configuration while the engine runs: what did not change is not touched. Ends, starts and retunes watches.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};

use super::account::AccountState;
use super::hook::{HookSignal, HookTask};
use super::maker::Maker;
use super::{Engine, STOP_WITHIN, roster, watch_ids};
use crate::configured_timers::ConfiguredTimers;
use crate::dial::Dial;
use crate::history::{History, KEPT, WatchKey};
use crate::identity::login_of;
use crate::learned_timing;
use crate::link::{Commands, Publisher};
use crate::secret::CredentialSource;
use crate::watch_handle::{WatchHandle, WatchInit};
use mailwatch_proto::model::{Account, Hooks, Timer, WatchId};

/// Mails that a watch told: UIDVALIDITY and UID.
pub(super) type Told = HashSet<(u32, u32)>;

/// What new watches are made with.
#[derive(Debug)]
pub(super) struct Ground {
    pub dial: Arc<dyn Dial>,
    pub secrets: Arc<dyn CredentialSource>,
    pub publisher: Publisher,
    pub numbers: Arc<AtomicU64>,
    pub tz: jiff::tz::TimeZone,
}

/// An account whose watches run.
#[derive(Debug)]
pub(super) struct Running {
    /// As last configured.
    account: Account,
    shared: Arc<AccountState>,
    config: watch::Sender<ConfiguredTimers>,
    hooks: watch::Sender<Hooks>,
    bell: HookSignal,
    runner: HookTask,
}

/// What another configuration changed, in watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconfigured {
    /// Not there before.
    pub added: usize,
    /// There before, and connected anew, retuned, or given other hooks.
    pub changed: usize,
    /// Ended.
    pub removed: usize,
    /// Untouched.
    pub kept: usize,
}

impl fmt::Display for Reconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.added, "added"), (self.changed, "changed"), (self.removed, "removed")];
        if parts.iter().all(|(count, _)| *count == 0) {
            return f.write_str("config read: no watch changed");
        }
        f.write_str("config read: ")?;
        for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{count} {what}, ")?;
        }
        write!(f, "{} kept", self.kept)
    }
}

impl Engine {
    /// Watches these accounts from now on. Watches whose settings did not change keep their connections; a change of
    /// timers alone is applied to the running IDLE; others end with DONE and LOGOUT, within 2 seconds, and start anew.
    pub async fn reconfigure(&mut self, accounts: Vec<Account>) -> Reconfigured {
        let wanted: BTreeMap<WatchId, &Account> = accounts
            .iter()
            .flat_map(|account| watch_ids(std::slice::from_ref(account)).map(move |id| (id, account)))
            .collect();
        let mut done = Reconfigured::default();
        self.end_rosters(&accounts, &mut done).await;
        let mut ending = Vec::new();
        for id in self.watches.keys() {
            let running = self.accounts.get(&*id.account);
            match (wanted.get(id), running) {
                (Some(account), Some(running)) if running.goes_on_as(account) => {
                    let same = running.is_same(account);
                    *(if same { &mut done.kept } else { &mut done.changed }) += 1;
                }
                (Some(_), _) => {
                    done.changed += 1;
                    ending.push(id.clone());
                }
                (None, _) => {
                    done.removed += 1;
                    ending.push(id.clone());
                }
            }
        }
        done.added += wanted.keys().filter(|id| !self.watches.contains_key(*id)).count();
        drop(wanted);
        self.end(&ending).await;
        let mut gone = BTreeMap::new();
        for (name, mut running) in std::mem::take(&mut self.accounts) {
            let Some(new) = accounts.iter().find(|account| running.goes_on_as(account)) else {
                gone.insert(name, running);
                continue;
            };
            running.account = new.clone();
            let config = ConfiguredTimers::of(new);
            running.config.send_if_modified(|old| std::mem::replace(old, config) != config);
            running.hooks.send_if_modified(|old| {
                let changed = *old != new.hooks;
                old.clone_from(&new.hooks);
                changed
            });
            self.accounts.insert(name, running);
        }
        join_hooks(gone).await;
        if let Some(ground) = &self.ground {
            // What was counted of another server or login is no evidence for the new one.
            ground.publisher.change(|board| board.ages.retain(|name, _| self.accounts.contains_key(&**name)));
        }
        let publisher = self.ground.as_ref().map(|ground| ground.publisher.clone());
        self.begin(accounts, |id| publisher.as_ref().map(|publisher| publisher.open(id))).await;
        done
    }

    /// Starts those of the accounts' watches that do not run and that there are commands for.
    pub(super) async fn begin(
        &mut self,
        accounts: Vec<Account>,
        mut commands: impl FnMut(&WatchId) -> Option<Commands>,
    ) {
        let Some(ground) = &self.ground else { return };
        // What cannot be read is told by the history itself.
        let began = SystemTime::now();
        let blind = Arc::new(self.history.blind_today(began, &ground.tz).await.unwrap_or_default());
        let mut new = Vec::new();
        for account in accounts {
            if !self.accounts.contains_key(&account.name) {
                let learned = if account.reissue_auto {
                    Some(learned_timing::read(&account, account.timers.limit(Timer::Reissue), &self.history).await)
                } else {
                    None
                };
                let shared = Arc::new(AccountState::new(account.clone(), learned));
                let config = watch::Sender::new(ConfiguredTimers::of(&account));
                new.push((Arc::from(account.name.as_str()), account.host.clone(), login_of(&account)));
                let hooks = watch::Sender::new(account.hooks.clone());
                let whose = (&*account.name, login_of(&account));
                let (history, publisher) = (self.history.clone(), ground.publisher.clone());
                let stop = self.stop.child_token();
                let (runner, bell) = HookTask::start(whose, hooks.subscribe(), history, publisher, stop);
                let running = Running { account: account.clone(), shared, config, hooks, bell, runner };
                self.accounts.insert(account.name.clone(), running);
            }
            let Some(Running { shared, config, bell, .. }) = self.accounts.get(&account.name) else { continue };
            let maker = Maker {
                account: account.clone(),
                shared: Arc::clone(shared),
                dial: Arc::clone(&ground.dial),
                secrets: Arc::clone(&ground.secrets),
                history: self.history.clone(),
                bell: bell.clone(),
                publisher: ground.publisher.clone(),
                numbers: Arc::clone(&ground.numbers),
                pulse: self.pulse.clone(),
                keys: self.keys.clone(),
                config: config.subscribe(),
                blind: Arc::clone(&blind),
            };
            if !account.is_plain() {
                if !self.rosters.contains_key(&account.name) {
                    let roster = roster::start(maker, self.told.clone(), self.stop.child_token());
                    self.rosters.insert(account.name.clone(), roster);
                }
                continue;
            }
            for id in watch_ids(std::slice::from_ref(&account)) {
                if self.watches.contains_key(&id) {
                    continue;
                }
                let Some(commands) = commands(&id) else { continue };
                let mut report = maker.report(&id);
                report.remember(self.told.remove(&maker.key(&id)).unwrap_or_default());
                let init = WatchInit { report, commands, fresh: None, entries: None, discovers: false };
                let started = maker.start(&id, init, mpsc::unbounded_channel().0, self.stop.child_token());
                self.watches.insert(id, started);
            }
        }
        // The evidence is a screen's; no watch waits for it.
        if ground.publisher.wants_wire() {
            let reading = read_ages(self.history.clone(), ground.publisher.clone(), new, began);
            let stop = self.stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled(reading).await });
        }
    }

    /// Ends the rosters whose accounts are not the same but for their timers, which reach their watches by themselves.
    async fn end_rosters(&mut self, accounts: &[Account], done: &mut Reconfigured) {
        let mut ending = BTreeMap::new();
        let names: Vec<String> = self.rosters.keys().cloned().collect();
        for name in names {
            let Some(running) = self.accounts.get(&name) else { continue };
            let old = running.account.mailboxes.len();
            let new = accounts.iter().find(|account| account.name == name);
            match new {
                Some(new) if running.goes_on_as(new) && running.account.mailboxes == new.mailboxes => {
                    let same = running.is_same(new);
                    *(if same { &mut done.kept } else { &mut done.changed }) += old;
                    continue;
                }
                // One that is plain now is counted with those.
                Some(new) if new.is_plain() => done.removed += old,
                Some(new) => done.changed += new.mailboxes.len(),
                None => done.removed += old,
            }
            ending.extend(self.rosters.remove_entry(&name));
        }
        let begun = accounts.iter().filter(|new| !new.is_plain());
        let begun = begun.filter(|new| !self.rosters.contains_key(&new.name) && !ending.contains_key(&new.name));
        done.added += begun.map(|new| new.mailboxes.len()).sum::<usize>();
        let ended: Vec<String> = ending.keys().cloned().collect();
        for roster in ending.values() {
            roster.stop.cancel();
        }
        self.told.extend(join_rosters(ending).await);
        let Some(ground) = &self.ground else { return };
        ground.publisher.change(|board| board.watches.retain(|id, _| !ended.iter().any(|name| **name == *id.account)));
        ground.publisher.close_accounts(&ended);
    }

    /// Ends these watches with DONE and LOGOUT, all at once, and takes them off the board.
    async fn end(&mut self, ids: &[WatchId]) {
        let Some(ground) = &self.ground else { return };
        ground.publisher.close(ids);
        let ending: BTreeMap<_, _> = ids.iter().filter_map(|id| self.watches.remove_entry(id)).collect();
        if ending.is_empty() {
            return;
        }
        for started in ending.values() {
            started.stop.cancel();
        }
        self.told.extend(join(ending, |_| {}).await);
        ground.publisher.change(|board| {
            for id in ids {
                board.watches.remove(id);
            }
        });
    }
}

/// Adds to the board how the accounts' IDLEs ended before these watches began: name, host and login each.
async fn read_ages(
    history: History,
    publisher: Publisher,
    accounts: Vec<(Arc<str>, String, String)>,
    began: SystemTime,
) {
    let since = began.checked_sub(KEPT).unwrap_or(SystemTime::UNIX_EPOCH);
    for (name, host, login) in accounts {
        // What cannot be read is told by the history itself.
        let Ok(kept) = history.ages(&host, &login, since, began).await else { continue };
        publisher.change(|board| Arc::make_mut(board.ages.entry(name).or_default()).merge(&kept));
    }
}

impl Running {
    /// Whether nothing is another that can be another while its watches go on.
    fn is_same(&self, new: &Account) -> bool {
        ConfiguredTimers::of(&self.account) == ConfiguredTimers::of(new) && self.account.hooks == new.hooks
    }

    /// Whether these settings can be had without connecting anew: they differ in timers, mailboxes and hooks at most.
    fn goes_on_as(&self, new: &Account) -> bool {
        let old = &self.account;
        let kept = Account {
            timers: old.timers,
            reissue_auto: old.reissue_auto,
            mailboxes: old.mailboxes.clone(),
            hooks: old.hooks.clone(),
            ..new.clone()
        };
        // What is learned is tried by the first mailbox.
        let learns = old.reissue_auto || new.reissue_auto;
        kept == *old && (!learns || old.mailboxes.first() == new.mailboxes.first())
    }
}

/// Waits until these have ended, and says so of each; what still runs after [`STOP_WITHIN`] is dropped. Returns what
/// each had told.
pub(super) async fn join(
    watches: BTreeMap<WatchId, WatchHandle>,
    mut ended: impl FnMut(&WatchId),
) -> BTreeMap<WatchKey, Told> {
    let by = tokio::time::Instant::now() + STOP_WITHIN;
    let end = |(id, mut started): (WatchId, WatchHandle)| async move {
        if let Ok(Ok(mut finished)) = tokio::time::timeout_at(by, &mut started.task).await {
            return (id, Some((started.key.clone(), finished.report.take_told())));
        }
        tracing::warn!(watch = %id, "a connection did not end in time and was dropped");
        started.task.abort();
        let _ = (&mut started.task).await;
        (id, None)
    };
    let mut ending: FuturesUnordered<_> = watches.into_iter().map(end).collect();
    let mut told = BTreeMap::new();
    while let Some((id, mails)) = ending.next().await {
        ended(&id);
        told.extend(mails);
    }
    told
}

/// Ends what runs these accounts' hooks: a run that does not end within a moment is ended, and owed still.
pub(super) async fn join_hooks(accounts: BTreeMap<String, Running>) {
    // Told before any is waited for.
    let ending: FuturesUnordered<_> = accounts.into_values().map(|running| running.runner.end()).collect();
    ending.collect::<()>().await;
}

/// Waits until these have ended, which takes no longer than their watches may. Returns what each had told.
pub(super) async fn join_rosters(rosters: BTreeMap<String, roster::Running>) -> BTreeMap<WatchKey, Told> {
    let mut told = BTreeMap::new();
    for mut roster in rosters.into_values() {
        if let Ok(mails) = (&mut roster.task).await {
            told.extend(mails);
        }
    }
    told
}
