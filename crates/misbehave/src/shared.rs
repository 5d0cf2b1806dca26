//! What a server's handle and its sessions share: mailboxes, counts, the log, and what all sessions obey.
//! Locked briefly, never across an await.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::mailbox::{Mailbox, flag};
use crate::message::NewMessage;
use crate::scenario::Scenario;
use crate::text::one_line;

/// Commands kept in the log; the oldest go first.
const LOG_LINES: usize = 10_000;

/// A command that the server received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The connection's number, from 1.
    pub conn: usize,
    /// When it was complete.
    pub at: Instant,
    /// The command without its line end, sanitised, secrets replaced by `***`.
    pub line: String,
}

/// A handle on it; clones are handles on the same one.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    /// Moves with everything that [`Server::wait_until`] may look at.
    changed: watch::Sender<()>,
    control: watch::Sender<Control>,
    user: String,
    started: tokio::time::Instant,
}

/// What every session obeys.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) paused: bool,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) mailboxes: BTreeMap<Vec<u8>, Mailbox>,
    /// What mailboxes are for (RFC 6154).
    pub(crate) uses: BTreeMap<Vec<u8>, &'static str>,
    /// What mailboxes were called before, by their new names.
    pub(crate) renamed: BTreeMap<Vec<u8>, Vec<u8>>,
    uidvalidity: u32,
    /// By number, with the listener they came from.
    pub(crate) sessions: BTreeMap<usize, (usize, AbortHandle)>,
    pub(crate) listeners: usize,
    pub(crate) accepted: usize,
    pub(crate) logins: usize,
    pub(crate) dones: usize,
    pub(crate) ignored: usize,
    pub(crate) idling: BTreeSet<usize>,
    pub(crate) log: VecDeque<Logged>,
    pub(crate) password: String,
    /// How often each rule of the scenario was met.
    counts: BTreeMap<usize, u32>,
    /// What rules have marked.
    marks: BTreeSet<String>,
}

impl State {
    pub(crate) fn create(&mut self, name: Vec<u8>) {
        let Entry::Vacant(vacant) = self.mailboxes.entry(name) else { return };
        // Distinct, and later than that of a server that ran before, as RFC 3501 §2.3.1.1 advises.
        self.uidvalidity += 1;
        vacant.insert(Mailbox::new(self.uidvalidity));
    }
}

impl Shared {
    pub(crate) fn new(user: &str, password: &str) -> Self {
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut state = State { uidvalidity: u32::try_from(seconds).unwrap_or(1), ..State::default() };
        password.clone_into(&mut state.password);
        state.create(b"INBOX".to_vec());
        Self {
            inner: Arc::new(Inner {
                state: Mutex::new(state),
                changed: watch::Sender::new(()),
                control: watch::Sender::new(Control { scenario: Arc::new(Scenario::healthy()), paused: false }),
                user: user.to_owned(),
                started: tokio::time::Instant::now(),
            }),
        }
    }

    /// Changes what every session obeys.
    pub(crate) fn direct(&self, change: impl FnOnce(&mut Control)) {
        self.inner.control.send_modify(change);
    }

    /// Connections that are open now.
    pub(crate) fn open_connections(&self) -> usize {
        self.state().sessions.len()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A session that panicked has left data that is still whole: every change is a single call.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn changed(&self) {
        self.inner.changed.send_replace(());
    }

    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.inner.changed.subscribe()
    }

    pub(crate) fn control(&self) -> watch::Receiver<Control> {
        self.inner.control.subscribe()
    }

    pub(crate) fn user(&self) -> &str {
        &self.inner.user
    }

    pub(crate) fn admits(&self, user: &[u8], password: &[u8]) -> bool {
        user == self.inner.user.as_bytes() && password == self.state().password.as_bytes()
    }

    pub(crate) fn remove_kept(&self, name: &[u8]) -> bool {
        let removed = self.state().mailboxes.remove(name);
        if let Some(mailbox) = &removed {
            mailbox.disturb();
        }
        self.changed();
        removed.is_some()
    }

    pub(crate) fn rename_kept(&self, from: &[u8], to: Vec<u8>) -> bool {
        let mut state = self.state();
        if state.mailboxes.contains_key(&to) {
            return false;
        }
        let Some(mailbox) = state.mailboxes.remove(from) else { return false };
        mailbox.disturb();
        state.mailboxes.insert(to.clone(), mailbox);
        if let Some(special) = state.uses.remove(from) {
            state.uses.insert(to.clone(), special);
        }
        state.renamed.insert(to, from.to_vec());
        drop(state);
        self.changed();
        true
    }

    pub(crate) fn deliver_to(&self, name: &[u8], message: &NewMessage) -> u32 {
        let now = SystemTime::now();
        let mut state = self.state();
        state.create(name.to_vec());
        let Some(mailbox) = state.mailboxes.get_mut(name) else { unreachable!("it was made in the line above") };
        let id = format!("<{}.{}@demo.invalid>", mailbox.uidvalidity(), mailbox.uidnext());
        let flags = message.flags().iter().filter_map(|text| flag(text)).collect();
        mailbox.add(message.bytes(now, &id), message.internal_date(now), flags)
    }

    /// Deletes a mailbox and makes it again, empty, at once.
    pub(crate) fn recreate(&self, name: &[u8]) {
        let mut state = self.state();
        let old = state.mailboxes.remove(name);
        state.create(name.to_vec());
        if let Some(old) = &old {
            old.disturb();
        }
    }

    pub(crate) fn with_kept(&self, name: &[u8], act: impl FnOnce(&mut Mailbox)) {
        if let Some(mailbox) = self.state().mailboxes.get_mut(name) {
            act(mailbox);
        }
    }

    /// Counts that a rule was met; how often it was.
    pub(crate) fn count(&self, rule: usize) -> u32 {
        let mut state = self.state();
        let count = state.counts.entry(rule).or_default();
        *count += 1;
        *count
    }

    /// Begins counting anew: other rules are in force.
    pub(crate) fn forget_counts(&self) {
        let mut state = self.state();
        state.counts.clear();
        state.marks.clear();
    }

    pub(crate) fn mark(&self, mark: &str, set: bool) {
        let mut state = self.state();
        let _ = if set { state.marks.insert(mark.to_owned()) } else { state.marks.remove(mark) };
    }

    pub(crate) fn is_marked(&self, mark: &str) -> bool {
        self.state().marks.contains(mark)
    }

    /// How long the server has been there.
    pub(crate) fn age(&self) -> std::time::Duration {
        self.inner.started.elapsed()
    }

    pub(crate) fn change_all_uidvalidities(&self) {
        self.state().mailboxes.values_mut().for_each(Mailbox::change_uidvalidity);
    }

    pub(crate) fn logged_in(&self) {
        self.state().logins += 1;
        self.changed();
    }

    pub(crate) fn got_done(&self, ignored: bool) {
        let mut state = self.state();
        state.dones += 1;
        state.ignored += usize::from(ignored);
        drop(state);
        self.changed();
    }

    pub(crate) fn set_idling(&self, conn: usize, idling: bool) {
        let mut state = self.state();
        let _ = if idling { state.idling.insert(conn) } else { state.idling.remove(&conn) };
        drop(state);
        self.changed();
    }

    pub(crate) fn note(&self, conn: usize, at: Instant, line: &[u8]) {
        let mut state = self.state();
        if state.log.len() == LOG_LINES {
            state.log.pop_front();
        }
        state.log.push_back(Logged { conn, at, line: one_line(line) });
        drop(state);
        self.changed();
    }
}
