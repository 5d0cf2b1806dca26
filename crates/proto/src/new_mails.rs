//! NEW: the mails that were told since the user last looked, are there still, and were not seen since.
//!
//! The newest are known one by one: by UID, and on the connection in use by the number that pushes call them by. Of others
//! there is a count.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::told::MailNumber;

/// A UID and the number by which the open mailbox calls it, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    uid: u32,
    seq: Option<u32>,
}

/// Which UIDs are to be asked for, and of which mailbox they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewUids {
    /// The mailbox's epoch and UIDVALIDITY.
    pub of: (u32, u32),
    /// In order.
    pub uids: Arc<[u32]>,
}

/// A mailbox's mails that are new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMails {
    /// The epoch and UIDVALIDITY of those that are known one by one.
    of: (u32, u32),
    /// By UID.
    known: VecDeque<Placed>,
    /// How many more there are.
    others: u32,
    /// By UID, messages that a look has met: those of them that are told are new.
    met: VecDeque<Placed>,
}

impl NewMails {
    /// So many are known one by one: some KiB, and one FETCH asks for all.
    pub const MOST: usize = 1000;

    /// So many, of which these are the newest, in any order.
    #[must_use]
    pub fn resume(count: u32, newest: &[MailNumber]) -> Self {
        let mut mails = Self::default();
        let Some(of) = newest.iter().map(|(epoch, uidvalidity, _)| (*epoch, *uidvalidity)).max() else {
            return Self { others: count, ..mails };
        };
        mails.of = of;
        let mut uids: Vec<u32> = newest
            .iter()
            .filter(|(epoch, uidvalidity, _)| (*epoch, *uidvalidity) == of)
            .map(|(.., uid)| *uid)
            .collect();
        uids.sort_unstable();
        uids.dedup();
        let newest = uids.len().saturating_sub(Self::MOST);
        mails.known = uids.drain(newest..).map(|uid| Placed { uid, seq: None }).collect();
        mails.others = count.saturating_sub(mails.known());
        mails
    }

    fn known(&self) -> u32 {
        u32::try_from(self.known.len()).unwrap_or(u32::MAX)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.others.saturating_add(self.known())
    }

    /// A mail is told that the user has not seen.
    pub fn came(&mut self, (epoch, uidvalidity, uid): MailNumber) {
        if self.of != (epoch, uidvalidity) {
            self.others = self.count();
            self.known.clear();
            self.of = (epoch, uidvalidity);
        }
        let seq = find(&self.met, uid).ok().map(|at| self.met[at]).and_then(|met| met.seq);
        if let Err(at) = find(&self.known, uid) {
            self.known.insert(at, Placed { uid, seq });
        }
        if self.known.len() > Self::MOST {
            self.known.pop_front();
            self.others = self.others.saturating_add(1);
        }
    }

    /// A mail that came was not told after all.
    pub fn withdraw(&mut self, (epoch, uidvalidity, uid): MailNumber) {
        if (epoch, uidvalidity) == self.of {
            self.remove(uid);
        }
    }

    /// The open mailbox calls this UID by this number.
    pub fn place(&mut self, seq: u32, uid: u32, unseen: bool) {
        let placed = Placed { uid, seq: Some(seq) };
        if let Ok(at) = find(&self.known, uid) {
            self.known[at] = placed;
        } else if unseen {
            match find(&self.met, uid) {
                Ok(at) => self.met[at] = placed,
                Err(at) => self.met.insert(at, placed),
            }
            if self.met.len() > Self::MOST {
                self.met.pop_front();
            }
        }
    }

    /// A look is over: what it met and did not tell is not new.
    pub fn looked(&mut self) {
        self.met = VecDeque::new();
    }

    /// Which mail has this number.
    #[must_use]
    pub fn at(&self, seq: u32) -> Option<u32> {
        self.known.iter().rev().find(|mail| mail.seq == Some(seq)).map(|mail| mail.uid)
    }

    /// Which number this mail has.
    #[must_use]
    pub fn place_of(&self, uid: u32) -> Option<u32> {
        find(&self.known, uid).ok().and_then(|at| self.known[at].seq)
    }

    /// The message of this number is gone: those after it have lower numbers now. Which mail it was.
    pub fn expunge(&mut self, seq: u32) -> Option<u32> {
        let gone = self.at(seq);
        if let Some(uid) = gone {
            self.remove(uid);
        }
        self.met.retain(|mail| mail.seq != Some(seq));
        for mail in self.known.iter_mut().chain(&mut self.met) {
            mail.seq = mail.seq.map(|at| if at > seq { at - 1 } else { at });
        }
        gone
    }

    /// This mail was seen, or is gone. Whether it was known to be new.
    pub fn remove(&mut self, uid: u32) -> bool {
        let found = find(&self.known, uid);
        if let Ok(at) = found {
            self.known.remove(at);
        }
        if let Ok(at) = find(&self.met, uid) {
            self.met.remove(at);
        }
        found.is_ok()
    }

    /// No message lacks `\Seen`, or the user has looked.
    pub fn clear(&mut self) {
        (self.known, self.others) = (VecDeque::new(), 0);
    }

    /// So many messages lack `\Seen`: no more can be new.
    pub fn bound(&mut self, unseen: u32) {
        self.others = self.others.min(unseen.saturating_sub(self.known()));
    }

    /// Where all are known one by one: the first of them, if there is one.
    #[must_use]
    pub fn only_known(&self) -> Option<Option<MailNumber>> {
        let (epoch, uidvalidity) = self.of;
        (self.others == 0).then(|| self.known.front().map(|first| (epoch, uidvalidity, first.uid)))
    }

    /// Numbers mean other messages from now on.
    pub fn forget_places(&mut self) {
        self.known.iter_mut().for_each(|mail| mail.seq = None);
        self.met = VecDeque::new();
    }

    /// Whether the number of one is not known.
    #[must_use]
    pub fn has_unplaced(&self) -> bool {
        self.known.iter().any(|mail| mail.seq.is_none())
    }

    /// The server does not say what became of them one by one.
    pub fn give_up(&mut self) {
        self.others = self.count();
        self.known = VecDeque::new();
    }

    /// The UIDs of those that are known one by one.
    #[must_use]
    pub fn uids(&self) -> NewUids {
        NewUids { of: self.of, uids: self.known.iter().map(|mail| mail.uid).collect() }
    }

    /// The epoch and UIDVALIDITY of those that are known one by one.
    #[must_use]
    pub const fn of(&self) -> (u32, u32) {
        self.of
    }
}

fn find(mails: &VecDeque<Placed>, uid: u32) -> Result<usize, usize> {
    // What comes mostly has the highest UID.
    if mails.back().is_none_or(|last| last.uid < uid) {
        return Err(mails.len());
    }
    mails.binary_search_by_key(&uid, |mail| mail.uid)
}

impl NewUids {
    /// The set as commands name it (RFC 3501 §9, sequence-set).
    #[must_use]
    pub fn set(&self) -> String {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for uid in self.uids.iter().copied() {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
                Some(_) | None => ranges.push((uid, uid)),
            }
        }
        let show = |(first, last): &(u32, u32)| {
            if first == last { first.to_string() } else { format!("{first}:{last}") }
        };
        ranges.iter().map(show).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests;
