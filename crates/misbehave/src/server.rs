//! The server's state and the handle that tests, the demo and sessions share. Locked briefly, never across an await.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::io::DuplexStream;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::fault::{Act, Fault, Payload};
use super::listening::Encryption;
use super::mailbox::{FlagChange, Mailbox, flag};
use super::message::NewMessage;
use super::observe::Logged;
use super::scenario::Scenario;
use super::session::Session;
use super::stream::Stream;

/// Octets in flight between an in-process client and the server: as much as a socket would take.
const DUPLEX: usize = 64 * 1024;

/// Where in-process connections come from; listeners count from 1.
const IN_PROCESS: usize = 0;

/// An embedded server. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub struct Server {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    /// Moves with everything that [`Server::wait_until`] may look at.
    changed: watch::Sender<()>,
    control: watch::Sender<Control>,
    user: String,
}

/// What every session obeys.
#[derive(Clone, Debug)]
pub(super) struct Control {
    pub(super) scenario: Arc<Scenario>,
    pub(super) paused: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) mailboxes: BTreeMap<Vec<u8>, Mailbox>,
    /// What mailboxes are for (RFC 6154).
    pub(super) uses: BTreeMap<Vec<u8>, &'static str>,
    /// What mailboxes were called before, by their new names.
    pub(super) renamed: BTreeMap<Vec<u8>, Vec<u8>>,
    uidvalidity: u32,
    /// By number, with the listener they came from.
    pub(super) sessions: BTreeMap<usize, (usize, AbortHandle)>,
    listeners: usize,
    pub(super) accepted: usize,
    pub(super) logins: usize,
    pub(super) dones: usize,
    pub(super) ignored: usize,
    pub(super) idling: BTreeSet<usize>,
    pub(super) log: VecDeque<Logged>,
    password: String,
}

impl State {
    pub(super) fn create(&mut self, name: Vec<u8>) {
        let Entry::Vacant(vacant) = self.mailboxes.entry(name) else { return };
        // Distinct, and later than that of a server that ran before, as RFC 3501 §2.3.1.1 advises.
        self.uidvalidity += 1;
        vacant.insert(Mailbox::new(self.uidvalidity));
    }
}

impl Server {
    /// A server with an empty INBOX, on [`USER`](super::USER) and [`PASSWORD`](super::PASSWORD).
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        Self::with_credentials(scenario, super::USER, super::PASSWORD)
    }

    /// The same for another login.
    #[must_use]
    pub fn with_credentials(scenario: Scenario, user: &str, password: &str) -> Self {
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut state = State { uidvalidity: u32::try_from(seconds).unwrap_or(1), ..State::default() };
        password.clone_into(&mut state.password);
        state.create(b"INBOX".to_vec());
        let server = Self {
            inner: Arc::new(Inner {
                state: Mutex::new(state),
                changed: watch::Sender::new(()),
                control: watch::Sender::new(Control { scenario: Arc::new(Scenario::healthy()), paused: false }),
                user: user.to_owned(),
            }),
        };
        server.set_scenario(scenario);
        server
    }

    /// A plaintext connection in this process, for tests under a paused clock.
    #[must_use]
    pub fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(DUPLEX);
        self.spawn(Stream::InProcess(server), Encryption::Off, IN_PROCESS);
        client
    }

    /// Changes what goes wrong, for new and running sessions. A time that has passed already strikes at once.
    pub fn set_scenario(&self, scenario: Scenario) {
        let wanted = scenario.rules.iter().find_map(|rule| {
            let (Fault::Insert { what, .. } | Fault::Timed { act: Act::Send(what), .. }) = &rule.fault else {
                return None;
            };
            if let Payload::ExpungeAll(n) = what { Some(*n) } else { None }
        });
        if let Some(n) = wanted {
            self.fill(n);
        }
        self.inner.control.send_modify(|control| control.scenario = Arc::new(scenario));
        self.changed();
    }

    /// Fills every mailbox up to `n` small messages, for a burst of EXPUNGE.
    fn fill(&self, n: usize) {
        let message = NewMessage::new("List <list@example.org>", "One of many").text("x\r\n");
        let now = SystemTime::now();
        let raw = message.bytes(now, "<many@demo.invalid>");
        for mailbox in self.state().mailboxes.values_mut() {
            while mailbox.messages().len() < n {
                mailbox.add(raw.clone(), message.internal_date(now), BTreeSet::new());
            }
        }
    }

    /// Stops answering, on every connection: they stay open and are read, what would be sent waits.
    pub fn pause_answers(&self) {
        self.inner.control.send_modify(|control| control.paused = true);
    }

    /// Sends what has waited, and answers again.
    pub fn resume_answers(&self) {
        self.inner.control.send_modify(|control| control.paused = false);
    }

    /// Ends every connection without a word.
    pub fn drop_connections(&self) {
        for (_, session) in self.state().sessions.values() {
            session.abort();
        }
    }

    /// Takes another password, or token, from now on, and the one before no longer. Who is logged in stays so.
    pub fn set_password(&self, password: &str) {
        password.clone_into(&mut self.state().password);
    }

    /// Makes a mailbox, named as a person writes it; nothing where it is there already.
    pub fn create(&self, mailbox: &str) {
        self.state().create(wire_name(mailbox));
        self.changed();
    }

    /// Makes a mailbox for a special use (RFC 6154): `\Sent`.
    pub fn create_for(&self, mailbox: &str, special: &'static str) {
        self.create(mailbox);
        self.state().uses.insert(wire_name(mailbox), special);
    }

    /// Deletes a mailbox; whether it was there. Sessions that have it selected are told BYE, as Dovecot does.
    #[expect(clippy::must_use_candidate, reason = "deleting is the point, the answer by the way")]
    pub fn remove(&self, mailbox: &str) -> bool {
        self.remove_kept(&wire_name(mailbox))
    }

    pub(super) fn remove_kept(&self, name: &[u8]) -> bool {
        let removed = self.state().mailboxes.remove(name);
        if let Some(mailbox) = &removed {
            mailbox.disturb();
        }
        self.changed();
        removed.is_some()
    }

    /// Renames a mailbox, whose UIDs stay as they are; whether that could be done.
    #[expect(clippy::must_use_candidate, reason = "renaming is the point, the answer by the way")]
    pub fn rename(&self, from: &str, to: &str) -> bool {
        self.rename_kept(&wire_name(from), wire_name(to))
    }

    pub(super) fn rename_kept(&self, from: &[u8], to: Vec<u8>) -> bool {
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

    /// Delivers a mail, into a mailbox that is made where it does not exist; its UID.
    #[expect(clippy::needless_pass_by_value, reason = "a mail is delivered once, and most are built in the call")]
    #[expect(clippy::must_use_candidate, reason = "delivering is the point, the UID by the way")]
    pub fn deliver(&self, mailbox: &str, message: NewMessage) -> u32 {
        let uid = self.deliver_to(&wire_name(mailbox), &message);
        self.changed();
        uid
    }

    pub(super) fn deliver_to(&self, name: &[u8], message: &NewMessage) -> u32 {
        let now = SystemTime::now();
        let mut state = self.state();
        state.create(name.to_vec());
        let Some(mailbox) = state.mailboxes.get_mut(name) else { unreachable!("it was made in the line above") };
        let id = format!("<{}.{}@demo.invalid>", mailbox.uidvalidity(), mailbox.uidnext());
        let flags = message.flags().iter().filter_map(|text| flag(text)).collect();
        mailbox.add(message.bytes(now, &id), message.internal_date(now), flags)
    }

    /// Expunges the message of this number; whether there was one.
    #[expect(clippy::must_use_candidate, reason = "expunging is the point, the answer by the way")]
    pub fn expunge(&self, mailbox: &str, sequence: u32) -> bool {
        let removed = self.with_mailbox(mailbox, |mailbox| {
            let uid = uid_at(mailbox, sequence)?;
            Some(mailbox.remove(|message| message.uid == uid))
        });
        self.changed();
        removed.is_some()
    }

    /// Expunges the oldest messages until `keep` are left.
    pub fn trim(&self, mailbox: &str, keep: usize) {
        self.with_mailbox(mailbox, |mailbox| {
            let surplus = mailbox.messages().len().checked_sub(keep).filter(|&n| n > 0)?;
            let last = mailbox.messages()[surplus - 1].uid;
            Some(mailbox.remove(|message| message.uid <= last))
        });
        self.changed();
    }

    /// Gives the message of this number exactly these flags; whether there was one.
    #[expect(clippy::must_use_candidate, reason = "setting is the point, the answer by the way")]
    pub fn set_flags(&self, mailbox: &str, sequence: u32, flags: &[&str]) -> bool {
        let flags: BTreeSet<String> = flags.iter().filter_map(|text| flag(text)).collect();
        let found = self.with_mailbox(mailbox, |mailbox| {
            let uid = uid_at(mailbox, sequence)?;
            mailbox.store(uid, FlagChange::Replace, &flags);
            Some(())
        });
        self.changed();
        found.is_some()
    }

    /// Makes every UID of a mailbox invalid. Sessions that have it selected are told BYE, as Dovecot does.
    pub fn change_uidvalidity(&self, mailbox: &str) {
        self.with_mailbox(mailbox, |mailbox| {
            mailbox.change_uidvalidity();
            Some(())
        });
        self.changed();
    }

    pub(super) fn change_all_uidvalidities(&self) {
        self.state().mailboxes.values_mut().for_each(Mailbox::change_uidvalidity);
    }

    fn with_mailbox<T>(&self, name: &str, act: impl FnOnce(&mut Mailbox) -> Option<T>) -> Option<T> {
        self.state().mailboxes.get_mut(&wire_name(name)).and_then(act)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A session that panicked has left data that is still whole: every change is a single call.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changed(&self) {
        self.inner.changed.send_replace(());
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.inner.changed.subscribe()
    }

    pub(super) fn control(&self) -> watch::Receiver<Control> {
        self.inner.control.subscribe()
    }

    pub(super) fn user(&self) -> &str {
        &self.inner.user
    }

    pub(super) fn admits(&self, user: &[u8], password: &[u8]) -> bool {
        user == self.inner.user.as_bytes() && password == self.state().password.as_bytes()
    }

    /// A number for a listener, to end its connections by.
    pub(super) fn new_listener(&self) -> usize {
        let mut state = self.state();
        state.listeners += 1;
        state.listeners
    }

    /// Serves a connection in a task of its own.
    pub(super) fn spawn(&self, stream: Stream, encryption: Encryption, listener: usize) {
        let mut state = self.state();
        state.accepted += 1;
        let conn = state.accepted;
        let presence = Presence { server: self.clone(), conn };
        let session = Session::new(self.clone(), conn, stream, encryption);
        // The lock is held: the task cannot leave the list before it has entered it.
        let task = tokio::spawn(async move {
            let _presence = presence;
            session.run().await;
        });
        state.sessions.insert(conn, (listener, task.abort_handle()));
        drop(state);
        self.changed();
    }

    /// Ends the connections of one listener.
    pub(super) fn drop_connections_of(&self, listener: usize) {
        for (_, session) in self.state().sessions.values().filter(|(from, _)| *from == listener) {
            session.abort();
        }
    }
}

/// Takes a connection off the list however its task ends.
struct Presence {
    server: Server,
    conn: usize,
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut state = self.server.state();
        state.sessions.remove(&self.conn);
        state.idling.remove(&self.conn);
        drop(state);
        self.server.changed();
    }
}

fn uid_at(mailbox: &Mailbox, sequence: u32) -> Option<u32> {
    let index = usize::try_from(sequence).ok()?.checked_sub(1)?;
    mailbox.messages().get(index).map(|message| message.uid)
}

/// A mailbox's name on the wire: modified UTF-7 (RFC 3501 §5.1.3), INBOX in capitals.
pub(super) fn wire_name(name: &str) -> Vec<u8> {
    canonical(utf7_imap::encode_utf7_imap(name.to_owned()).into_bytes())
}

/// INBOX in capitals, any other name as it is.
pub(super) fn canonical(name: Vec<u8>) -> Vec<u8> {
    if name.eq_ignore_ascii_case(b"INBOX") { b"INBOX".to_vec() } else { name }
}
