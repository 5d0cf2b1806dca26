//! A mailbox: its messages by UID, their flags, and a signal for the sessions that have it selected.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::modified_utf7;

/// A message as the mailbox keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) uid: u32,
    /// Grows with each change of its flags, so that a session sees whether it has told the latest.
    pub(crate) revision: u64,
    pub(crate) flags: BTreeSet<String>,
    pub(crate) received: Timestamp,
    pub(crate) raw: Arc<[u8]>,
}

/// A mailbox. Sessions hold what they have told of it; it holds what is.
#[derive(Debug)]
pub(crate) struct Mailbox {
    messages: Vec<Message>,
    uidvalidity: u32,
    uidnext: u32,
    revision: u64,
    /// Messages from this UID on are \Recent to the next session that selects.
    pub(crate) first_recent: u32,
    changes: watch::Sender<()>,
}

/// How STORE changes flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlagChange {
    Replace,
    Add,
    Remove,
}

/// What the server knows as flags; any other is a keyword.
const SYSTEM_FLAGS: [&str; 5] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];

/// A flag in its usual writing, or nothing where it cannot be set: \Recent is the server's (RFC 3501 §2.3.2).
pub(crate) fn flag(text: &str) -> Option<String> {
    if text.starts_with('\\') {
        return SYSTEM_FLAGS.iter().find(|known| known.eq_ignore_ascii_case(text)).map(|&known| known.to_owned());
    }
    (!text.is_empty() && text.len() <= 100).then(|| text.to_owned())
}

impl Mailbox {
    pub(crate) fn new(uidvalidity: u32) -> Self {
        Self {
            messages: Vec::new(),
            uidvalidity,
            uidnext: 1,
            revision: 0,
            first_recent: 1,
            changes: watch::Sender::new(()),
        }
    }

    pub(crate) const fn uidvalidity(&self) -> u32 {
        self.uidvalidity
    }

    pub(crate) const fn uidnext(&self) -> u32 {
        self.uidnext
    }

    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Has the sessions that selected it look at it.
    pub(crate) fn disturb(&self) {
        self.changes.send_replace(());
    }

    /// Grows with each change of flags.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn message(&self, uid: u32) -> Option<&Message> {
        self.position(uid).map(|index| &self.messages[index])
    }

    fn position(&self, uid: u32) -> Option<usize> {
        self.messages.binary_search_by_key(&uid, |message| message.uid).ok()
    }

    pub(crate) fn unseen(&self) -> usize {
        self.messages.iter().filter(|message| !message.flags.contains("\\Seen")).count()
    }

    pub(crate) fn octets(&self) -> usize {
        self.messages.iter().map(|message| message.raw.len()).sum()
    }

    pub(crate) fn add(&mut self, raw: Vec<u8>, received: Timestamp, flags: BTreeSet<String>) -> u32 {
        let uid = self.uidnext;
        self.uidnext += 1;
        self.revision += 1;
        self.messages.push(Message { uid, revision: self.revision, flags, received, raw: raw.into() });
        self.changes.send_replace(());
        uid
    }

    /// Takes messages away; how many.
    pub(crate) fn remove(&mut self, gone: impl Fn(&Message) -> bool) -> usize {
        let before = self.messages.len();
        self.messages.retain(|message| !gone(message));
        let removed = before - self.messages.len();
        if removed > 0 {
            self.changes.send_replace(());
        }
        removed
    }

    /// Changes a message's flags; its new revision where they did change.
    pub(crate) fn store(&mut self, uid: u32, change: FlagChange, flags: &BTreeSet<String>) -> Option<u64> {
        let index = self.position(uid)?;
        let message = &mut self.messages[index];
        let new: BTreeSet<String> = match change {
            FlagChange::Replace => flags.clone(),
            FlagChange::Add => message.flags.union(flags).cloned().collect(),
            FlagChange::Remove => message.flags.difference(flags).cloned().collect(),
        };
        if new == message.flags {
            return None;
        }
        self.revision += 1;
        message.flags = new;
        message.revision = self.revision;
        self.changes.send_replace(());
        Some(self.revision)
    }

    /// Makes every UID invalid: the messages are numbered anew under another UIDVALIDITY (RFC 3501 §2.3.1.1).
    pub(crate) fn change_uidvalidity(&mut self) {
        self.uidvalidity += 1;
        self.number_anew();
    }

    /// The next UID; messages keep theirs.
    pub(crate) fn set_uidnext(&mut self, uid: u32) {
        self.uidnext = uid;
    }

    /// Numbers the messages from 1 on.
    pub(crate) fn number_anew(&mut self) {
        self.uidnext = 1;
        for message in &mut self.messages {
            message.uid = self.uidnext;
            self.uidnext += 1;
        }
        self.first_recent = self.uidnext;
        self.changes.send_replace(());
    }
}

/// A mailbox's name on the wire: modified UTF-7 (RFC 3501 §5.1.3), INBOX in capitals.
pub(crate) fn wire_name(name: &str) -> Vec<u8> {
    canonical(modified_utf7::encode(name).into_bytes())
}

/// INBOX in capitals, any other name as it is.
pub(crate) fn canonical(name: Vec<u8>) -> Vec<u8> {
    if name.eq_ignore_ascii_case(b"INBOX") { b"INBOX".to_vec() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(n: usize) -> Mailbox {
        let mut mailbox = Mailbox::new(7);
        for _ in 0..n {
            mailbox.add(b"x".to_vec(), Timestamp::UNIX_EPOCH, BTreeSet::new());
        }
        mailbox
    }

    #[test]
    fn a_uid_is_never_given_twice() {
        let mut mailbox = filled(3);
        assert_eq!(mailbox.remove(|message| message.uid == 3), 1);
        assert_eq!(mailbox.add(b"y".to_vec(), Timestamp::UNIX_EPOCH, BTreeSet::new()), 4);
    }

    #[test]
    fn flags_that_stay_the_same_are_no_change() {
        let mut mailbox = filled(1);
        let seen = BTreeSet::from(["\\Seen".to_owned()]);
        assert!(mailbox.store(1, FlagChange::Add, &seen).is_some());
        assert_eq!(mailbox.store(1, FlagChange::Add, &seen), None);
        assert_eq!(mailbox.unseen(), 0);
    }

    #[test]
    fn after_a_new_uidvalidity_the_numbers_begin_again() {
        let mut mailbox = filled(3);
        mailbox.remove(|message| message.uid == 1);
        mailbox.change_uidvalidity();
        let uids: Vec<u32> = mailbox.messages().iter().map(|message| message.uid).collect();
        assert_eq!((mailbox.uidvalidity(), uids, mailbox.uidnext()), (8, vec![1, 2], 3));
    }

    #[test]
    fn a_flag_is_written_as_usual_and_recent_cannot_be_set() {
        assert_eq!(flag("\\seen").as_deref(), Some("\\Seen"));
        assert_eq!(flag("\\Recent"), None);
        assert_eq!(flag("$Junk").as_deref(), Some("$Junk"));
    }
}
