//! The server as its owner holds it: mailboxes and mail, the scenario, and a task for each connection.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::io::DuplexStream;

use crate::behaviour::pattern::Values;
use crate::behaviour::{Deed, Event};
use crate::fault::{Act, Fault, Payload};
use crate::mailbox::{FlagChange, Mailbox, flag, wire_name};
use crate::message::NewMessage;
use crate::scenario::Scenario;
use crate::session::Session;
use crate::shared::Shared;
use crate::stream::{Encryption, Stream};

/// Octets in flight between an in-process client and the server: as much as a socket would take.
const DUPLEX: usize = 64 * 1024;

/// Where in-process connections come from; listeners count from 1.
const IN_PROCESS: usize = 0;

/// An embedded server. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) shared: Shared,
}

impl Server {
    /// A server with an empty INBOX, on [`USER`](crate::USER) and [`PASSWORD`](crate::PASSWORD).
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        Self::with_credentials(scenario, crate::USER, crate::PASSWORD)
    }

    /// The same for another login.
    #[must_use]
    pub fn with_credentials(scenario: Scenario, user: &str, password: &str) -> Self {
        let server = Self { shared: Shared::new(user, password) };
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
        self.shared.forget_counts();
        for rule in &scenario.rules {
            let Fault::Reaction(reaction) = &rule.fault else { continue };
            if reaction.on == Event::Start {
                for deed in &reaction.deeds {
                    if let Deed::Store(deed) = deed {
                        self.shared.change(deed, None, &Values::default());
                    }
                }
            }
        }
        self.shared.direct(|control| control.scenario = Arc::new(scenario));
        self.shared.changed();
    }

    /// Fills every mailbox up to `n` small messages, for a burst of EXPUNGE.
    fn fill(&self, n: usize) {
        let message = NewMessage::new("List <list@example.org>", "One of many").text("x\r\n");
        let now = SystemTime::now();
        let raw = message.bytes(now, "<many@demo.invalid>");
        for mailbox in self.shared.state().mailboxes.values_mut() {
            while mailbox.messages().len() < n {
                mailbox.add(raw.clone(), message.internal_date(now), BTreeSet::new());
            }
        }
    }

    /// Stops answering, on every connection: they stay open and are read, what would be sent waits.
    pub fn pause_answers(&self) {
        self.shared.direct(|control| control.paused = true);
    }

    /// Sends what has waited, and answers again.
    pub fn resume_answers(&self) {
        self.shared.direct(|control| control.paused = false);
    }

    /// Ends every connection without a word.
    pub fn drop_connections(&self) {
        for (_, session) in self.shared.state().sessions.values() {
            session.abort();
        }
    }

    /// Takes another password, or token, from now on, and the one before no longer. Who is logged in stays so.
    pub fn set_password(&self, password: &str) {
        password.clone_into(&mut self.shared.state().password);
    }

    /// Makes a mailbox, named as a person writes it; nothing where it is there already.
    pub fn create(&self, mailbox: &str) {
        self.shared.state().create(wire_name(mailbox));
        self.shared.changed();
    }

    /// Makes a mailbox for a special use (RFC 6154): `\Sent`.
    pub fn create_for(&self, mailbox: &str, special: &'static str) {
        self.create(mailbox);
        self.shared.state().uses.insert(wire_name(mailbox), special);
    }

    /// Deletes a mailbox; whether it was there. Sessions that have it selected are told BYE, as Dovecot does.
    #[expect(clippy::must_use_candidate, reason = "called to delete: the answer may be ignored")]
    pub fn remove(&self, mailbox: &str) -> bool {
        self.shared.remove_kept(&wire_name(mailbox))
    }

    /// Renames a mailbox, whose UIDs stay as they are; whether that could be done.
    #[expect(clippy::must_use_candidate, reason = "called to rename: the answer may be ignored")]
    pub fn rename(&self, from: &str, to: &str) -> bool {
        self.shared.rename_kept(&wire_name(from), wire_name(to))
    }

    /// Delivers a mail, into a mailbox that is made where it does not exist; its UID.
    #[expect(clippy::needless_pass_by_value, reason = "a mail is delivered once, and most are built in the call")]
    #[expect(clippy::must_use_candidate, reason = "called to deliver: the UID may be ignored")]
    pub fn deliver(&self, mailbox: &str, message: NewMessage) -> u32 {
        let uid = self.shared.deliver_to(&wire_name(mailbox), &message);
        self.shared.changed();
        uid
    }

    /// Expunges the message of this number; whether there was one.
    #[expect(clippy::must_use_candidate, reason = "called to expunge: the answer may be ignored")]
    pub fn expunge(&self, mailbox: &str, sequence: u32) -> bool {
        let removed = self.with_mailbox(mailbox, |mailbox| {
            let uid = uid_at(mailbox, sequence)?;
            Some(mailbox.remove(|message| message.uid == uid))
        });
        self.shared.changed();
        removed.is_some()
    }

    /// Expunges the oldest messages until `keep` are left.
    pub fn trim(&self, mailbox: &str, keep: usize) {
        self.with_mailbox(mailbox, |mailbox| {
            let surplus = mailbox.messages().len().checked_sub(keep).filter(|&n| n > 0)?;
            let last = mailbox.messages()[surplus - 1].uid;
            Some(mailbox.remove(|message| message.uid <= last))
        });
        self.shared.changed();
    }

    /// Gives the message of this number exactly these flags; whether there was one.
    #[expect(clippy::must_use_candidate, reason = "called to set: the answer may be ignored")]
    pub fn set_flags(&self, mailbox: &str, sequence: u32, flags: &[&str]) -> bool {
        let flags: BTreeSet<String> = flags.iter().filter_map(|text| flag(text)).collect();
        let found = self.with_mailbox(mailbox, |mailbox| {
            let uid = uid_at(mailbox, sequence)?;
            mailbox.store(uid, FlagChange::Replace, &flags);
            Some(())
        });
        self.shared.changed();
        found.is_some()
    }

    /// Makes every UID of a mailbox invalid. Sessions that have it selected are told BYE, as Dovecot does.
    pub fn change_uidvalidity(&self, mailbox: &str) {
        self.with_mailbox(mailbox, |mailbox| {
            mailbox.change_uidvalidity();
            Some(())
        });
        self.shared.changed();
    }

    fn with_mailbox<T>(&self, name: &str, act: impl FnOnce(&mut Mailbox) -> Option<T>) -> Option<T> {
        self.shared.state().mailboxes.get_mut(&wire_name(name)).and_then(act)
    }

    /// A number for a listener, to end its connections by.
    pub(crate) fn new_listener(&self) -> usize {
        let mut state = self.shared.state();
        state.listeners += 1;
        state.listeners
    }

    /// Serves a connection in a task of its own.
    pub(crate) fn spawn(&self, stream: Stream, encryption: Encryption, listener: usize) {
        let mut state = self.shared.state();
        state.accepted += 1;
        let conn = state.accepted;
        let presence = Presence { shared: self.shared.clone(), conn };
        let session = Session::new(self.shared.clone(), conn, stream, encryption);
        // The lock is held: the task cannot leave the list before it has entered it.
        let task = tokio::spawn(async move {
            let _presence = presence;
            session.run().await;
        });
        state.sessions.insert(conn, (listener, task.abort_handle()));
        drop(state);
        self.shared.changed();
    }

    /// Ends the connections of one listener.
    pub(crate) fn drop_connections_of(&self, listener: usize) {
        for (_, session) in self.shared.state().sessions.values().filter(|(from, _)| *from == listener) {
            session.abort();
        }
    }
}

/// Takes a connection off the list however its task ends.
struct Presence {
    shared: Shared,
    conn: usize,
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.sessions.remove(&self.conn);
        state.idling.remove(&self.conn);
        drop(state);
        self.shared.changed();
    }
}

fn uid_at(mailbox: &Mailbox, sequence: u32) -> Option<u32> {
    let index = usize::try_from(sequence).ok()?.checked_sub(1)?;
    mailbox.messages().get(index).map(|message| message.uid)
}
