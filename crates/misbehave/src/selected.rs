//! What a session has selected, and what it has told its client of it so far.

use std::io::Write as _;

use tokio::sync::watch;

use crate::fault::Replaced;
use crate::mailbox::{Mailbox, Message};

/// A selected mailbox as the client knows it: message numbers are positions in `known`.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) name: Vec<u8>,
    pub(crate) read_only: bool,
    pub(crate) uidvalidity: u32,
    pub(crate) changes: watch::Receiver<()>,
    /// UID and the flags' revision last told, in the order of message numbers.
    known: Vec<(u32, u64)>,
    recent: Vec<u32>,
    /// The highest UID told.
    highest: u32,
}

impl Selected {
    pub(crate) fn new(name: Vec<u8>, read_only: bool, mailbox: &mut Mailbox) -> Self {
        let mut selected = Self {
            name,
            read_only,
            uidvalidity: mailbox.uidvalidity(),
            changes: mailbox.changes(),
            known: Vec::new(),
            recent: Vec::new(),
            highest: 0,
        };
        selected.learn(mailbox);
        selected
    }

    pub(crate) fn exists(&self) -> u32 {
        u32::try_from(self.known.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn recent(&self) -> usize {
        self.recent.len()
    }

    pub(crate) fn is_recent(&self, uid: u32) -> bool {
        self.recent.binary_search(&uid).is_ok()
    }

    /// Message numbers with their UIDs.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (1..).zip(self.known.iter().map(|&(uid, _)| uid))
    }

    pub(crate) fn last_uid(&self) -> u32 {
        self.known.last().map_or(0, |&(uid, _)| uid)
    }

    /// Whether there is mail that the client was not told of.
    pub(crate) fn has_news(&self, mailbox: &Mailbox) -> bool {
        mailbox.messages().last().is_some_and(|message| message.uid > self.highest)
    }

    /// Takes note that the client knows a message's flags.
    pub(crate) fn told(&mut self, uid: u32, revision: u64) {
        if let Ok(index) = self.known.binary_search_by_key(&uid, |&(uid, _)| uid) {
            self.known[index].1 = revision;
        }
    }

    /// Tells the client what has changed. `EXPUNGE` must wait where the running command names message numbers
    /// (RFC 3501 §7.4.1).
    pub(crate) fn tell(&mut self, mailbox: &mut Mailbox, expunges: bool, out: &mut Vec<u8>) {
        if expunges {
            let mut kept = 0;
            self.known.retain(|&(uid, _)| {
                let stays = mailbox.message(uid).is_some();
                if stays {
                    kept += 1;
                } else {
                    line(out, format_args!("* {} EXPUNGE", kept + 1));
                }
                stays
            });
            self.recent.retain(|&uid| mailbox.message(uid).is_some());
        }
        for (index, (uid, revision)) in self.known.iter_mut().enumerate() {
            if let Some(message) = mailbox.message(*uid).filter(|message| message.revision != *revision) {
                *revision = message.revision;
                let flags = flag_list(message, self.recent.binary_search(uid).is_ok());
                line(out, format_args!("* {} FETCH (UID {uid} FLAGS ({flags}))", index + 1));
            }
        }
        if self.learn(mailbox) {
            line(out, format_args!("* {} EXISTS", self.known.len()));
            line(out, format_args!("* {} RECENT", self.recent.len()));
        }
    }

    /// Goes on with the mailbox that has taken this one's place.
    pub(crate) fn replaced(&mut self, mailbox: &mut Mailbox, how: Replaced, out: &mut Vec<u8>) {
        if how == Replaced::Expunge {
            for _ in &self.known {
                line(out, format_args!("* 1 EXPUNGE"));
            }
        }
        self.known.clear();
        self.recent.clear();
        self.highest = 0;
        self.uidvalidity = mailbox.uidvalidity();
        self.changes = mailbox.changes();
        self.learn(mailbox);
        if how != Replaced::Silent {
            line(out, format_args!("* {} EXISTS", self.known.len()));
        }
    }

    /// Takes in what came; whether anything did.
    fn learn(&mut self, mailbox: &mut Mailbox) -> bool {
        let from = mailbox.messages().partition_point(|message| message.uid <= self.highest);
        let new = &mailbox.messages()[from..];
        self.known.extend(new.iter().map(|message| (message.uid, message.revision)));
        self.recent.extend(new.iter().map(|message| message.uid).filter(|&uid| uid >= mailbox.first_recent));
        let news = !new.is_empty();
        self.highest = self.highest.max(new.last().map_or(0, |message| message.uid));
        if !self.read_only {
            mailbox.first_recent = mailbox.uidnext();
        }
        news
    }
}

pub(crate) fn flag_list(message: &Message, recent: bool) -> String {
    let recent = recent.then_some("\\Recent");
    recent.into_iter().chain(message.flags.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
}

/// Writes a line with CRLF. A `Vec` takes everything.
pub(crate) fn line(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use super::*;
    use crate::mailbox::FlagChange;

    fn filled(n: usize) -> Mailbox {
        let mut mailbox = Mailbox::new(7);
        for _ in 0..n {
            mailbox.add(b"x".to_vec(), Timestamp::UNIX_EPOCH, BTreeSet::new());
        }
        mailbox
    }

    fn told(selected: &mut Selected, mailbox: &mut Mailbox, expunges: bool) -> String {
        let mut out = Vec::new();
        selected.tell(mailbox, expunges, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn message_numbers_shift_as_each_expunge_is_told() {
        let mut mailbox = filled(4);
        let mut selected = Selected::new(b"INBOX".to_vec(), true, &mut mailbox);
        mailbox.remove(|message| message.uid == 1 || message.uid == 3);
        assert_eq!(told(&mut selected, &mut mailbox, false), "");
        assert_eq!(told(&mut selected, &mut mailbox, true), "* 1 EXPUNGE\r\n* 2 EXPUNGE\r\n");
        assert_eq!(selected.numbered().collect::<Vec<_>>(), [(1, 2), (2, 4)]);
    }

    #[test]
    fn examine_leaves_recent_alone_and_select_takes_it() {
        let mut mailbox = filled(2);
        assert_eq!(Selected::new(b"INBOX".to_vec(), true, &mut mailbox).recent(), 2);
        assert_eq!(Selected::new(b"INBOX".to_vec(), false, &mut mailbox).recent(), 2);
        assert_eq!(Selected::new(b"INBOX".to_vec(), true, &mut mailbox).recent(), 0);
    }

    #[test]
    fn new_mail_and_flags_are_told_once() {
        let mut mailbox = filled(1);
        let mut selected = Selected::new(b"INBOX".to_vec(), true, &mut mailbox);
        mailbox.add(b"y".to_vec(), Timestamp::UNIX_EPOCH, BTreeSet::new());
        mailbox.store(1, FlagChange::Add, &BTreeSet::from(["\\Seen".to_owned()]));
        let expected = "* 1 FETCH (UID 1 FLAGS (\\Recent \\Seen))\r\n* 2 EXISTS\r\n* 2 RECENT\r\n";
        assert_eq!(told(&mut selected, &mut mailbox, true), expected);
        assert_eq!(told(&mut selected, &mut mailbox, true), "");
    }
}
