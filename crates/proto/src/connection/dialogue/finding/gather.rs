//! Joins what FETCH responses say into mails: by UID where there is one, else by sequence number. What is whole is handed
//! on at once, so that a long reply costs little memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::connection::dialogue::question::Decoded;
use crate::model::Mail;
use crate::response::Fetched;

/// Mails of one look: a server's reply may have no end.
pub(super) const LOOK: usize = 5000;

/// Messages that are handed on together while a long reply runs: bounds memory, and shows progress.
pub(super) const BATCH: usize = 200;

/// Which mails are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// All from this UID on.
    From(u32),
    /// Those between these UIDs, both included.
    Between(u32, u32),
    /// These, which were seen to be there.
    These(BTreeSet<u32>),
}

impl Want {
    pub(super) fn has(&self, uid: u32) -> bool {
        match self {
            // `n:*` always names the last message, though its UID may be lower (RFC 3501 §6.4.8).
            Self::From(from) => uid >= *from,
            Self::Between(first, last) => (*first..=*last).contains(&uid),
            Self::These(uids) => uids.contains(&uid),
        }
    }

    /// The lowest UID that may be one of them.
    pub(super) fn lowest(&self) -> u32 {
        match self {
            Self::From(from) | Self::Between(from, _) => *from,
            Self::These(uids) => uids.first().copied().unwrap_or(1),
        }
    }

    /// As a command has it.
    pub(super) fn set(&self) -> String {
        match self {
            Self::From(from) => format!("{from}:*"),
            Self::Between(first, last) => format!("{first}:{last}"),
            Self::These(uids) => set(uids.iter().copied()),
        }
    }
}

/// UIDs in order as a command has them: `3,5:7`.
pub(super) fn set(uids: impl Iterator<Item = u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            Some(_) | None => ranges.push((uid, uid)),
        }
    }
    let mut text = String::new();
    for (first, last) in ranges {
        let comma = if text.is_empty() { "" } else { "," };
        let range = if first == last { format!("{comma}{first}") } else { format!("{comma}{first}:{last}") };
        let _ = text.write_str(&range);
    }
    text
}

/// What is known of a mail's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Headers {
    Missing,
    Read,
    Unreadable,
}

/// A mail that is not whole.
#[derive(Clone, Debug)]
struct Part {
    message: Decoded,
    headers: Headers,
    flags: bool,
    date: bool,
}

impl Part {
    fn new() -> Self {
        let mail = Mail { headers: false, ..Mail::default() };
        let message = Decoded { mail, ..Decoded::default() };
        Self { message, headers: Headers::Missing, flags: false, date: false }
    }

    /// Takes what is new. Whether there was any.
    fn join(&mut self, fetched: Fetched, decoded: Decoded) -> bool {
        let mut used = false;
        let mail = &mut self.message.mail;
        if fetched.header.is_some() && self.headers != Headers::Read {
            let flags = std::mem::take(&mut mail.flags);
            *mail = Mail { flags, headers: true, ..decoded.mail };
            (self.message.message_id, self.message.canary) = (decoded.message_id, decoded.canary);
            self.message.seq = decoded.seq;
            (self.headers, used) = (Headers::Read, true);
        } else if fetched.unreadable && self.headers == Headers::Missing {
            (self.headers, used) = (Headers::Unreadable, true);
        }
        if self.headers != Headers::Read {
            // What stands in every mail that was decoded.
            mail.uidvalidity = decoded.mail.uidvalidity;
            mail.gap = decoded.mail.gap;
        }
        if fetched.internal_date.is_some() && !std::mem::replace(&mut self.date, true) {
            self.message.internal_date = decoded.internal_date;
            used = true;
        }
        self.message.size = self.message.size.or(decoded.size);
        if let Some(flags) = fetched.flags {
            self.message.mail.flags = flags;
            used |= !std::mem::replace(&mut self.flags, true);
        }
        used
    }

    fn finish(mut self, uid: u32) -> Decoded {
        self.message.mail.uid = uid;
        self.message
    }
}

/// What a FETCH response was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Of use.
    Used,
    /// Known already, or too many.
    Useless,
    /// A change of flags that came in between.
    Foreign(Fetched),
}

/// What has been gathered.
#[derive(Debug, Default)]
pub(super) struct Gather {
    /// By UID, not whole.
    parts: BTreeMap<u32, Part>,
    /// By sequence number: their UID did not come yet.
    nameless: BTreeMap<u32, Part>,
    /// UIDs by sequence number.
    named: BTreeMap<u32, u32>,
    /// Whether sequence numbers changed meanwhile, or did not come.
    moved: bool,
    /// Handed on, or about to be.
    done: BTreeSet<u32>,
    ready: Vec<Decoded>,
    /// Headers that came since mails were last settled.
    headed: usize,
    /// The lowest UID that was one too many.
    pub(super) dropped: Option<u32>,
}

impl Gather {
    /// Mails that are known to be there.
    pub(super) fn count(&self) -> usize {
        self.done.len() + self.parts.len() + self.nameless.len()
    }

    /// A mail is there, by a SEARCH.
    pub(super) fn add(&mut self, uid: u32, template: &Decoded) {
        if self.done.contains(&uid) || self.parts.contains_key(&uid) {
            return;
        }
        if self.count() >= LOOK {
            self.dropped = Some(self.dropped.map_or(uid, |dropped| dropped.min(uid)));
            return;
        }
        let mut part = Part::new();
        part.join(Fetched::default(), template.clone());
        self.parts.insert(uid, part);
    }

    pub(super) fn take(
        &mut self,
        want: &Want,
        mut fetched: Fetched,
        decode: impl Fn(&Fetched) -> Option<Decoded>,
    ) -> Taken {
        let seq = fetched.seq;
        let tells = fetched.header.is_some() || fetched.unreadable || fetched.internal_date.is_some();
        let named = self.named.get(&seq).copied();
        let uid = match fetched.uid.or(named) {
            Some(uid) if !want.has(uid) => {
                // What came without a UID was an old mail's.
                self.nameless.remove(&seq);
                return if tells { Taken::Useless } else { Taken::Foreign(fetched) };
            }
            // A change of flags.
            Some(uid) if self.done.contains(&uid) && !tells => return Taken::Foreign(fetched),
            Some(uid) if self.done.contains(&uid) => return Taken::Useless,
            Some(uid) => Some(uid),
            None if self.nameless.contains_key(&seq) || (tells && seq > 0) => None,
            None => return Taken::Foreign(fetched),
        };
        let known = match uid {
            Some(uid) => self.parts.contains_key(&uid) || self.nameless.contains_key(&seq),
            None => self.nameless.contains_key(&seq),
        };
        if !known && self.count() >= LOOK {
            self.dropped = uid.map_or(self.dropped, |uid| Some(self.dropped.map_or(uid, |other| other.min(uid))));
            return Taken::Useless;
        }
        fetched.uid = Some(uid.unwrap_or_default());
        let Some(decoded) = decode(&fetched) else { return Taken::Useless };
        let Some(uid) = uid else {
            let used = self.nameless.entry(seq).or_insert_with(Part::new).join(fetched, decoded);
            return if used { Taken::Used } else { Taken::Useless };
        };
        self.moved |= seq == 0;
        let nameless = if named == Some(uid) { None } else { self.name(seq, uid) };
        let fresh = nameless.is_some() || !self.parts.contains_key(&uid);
        let part = self.parts.entry(uid).or_insert_with(|| nameless.unwrap_or_else(Part::new));
        self.headed += usize::from(fetched.header.is_some());
        let used = part.join(fetched, decoded);
        if part.headers != Headers::Missing && part.flags && part.date {
            self.finish(uid);
        }
        if self.headed >= BATCH {
            // What else there is of a mail does not come so much later.
            self.settle();
        }
        if used || fresh { Taken::Used } else { Taken::Useless }
    }

    /// A sequence number has its UID. What came without it.
    fn name(&mut self, seq: u32, uid: u32) -> Option<Part> {
        if seq == 0 {
            return None;
        }
        self.named.insert(seq, uid);
        self.nameless.remove(&seq)
    }

    fn finish(&mut self, uid: u32) {
        if let Some(part) = self.parts.remove(&uid) {
            self.done.insert(uid);
            self.ready.push(part.finish(uid));
        }
    }

    /// A command has ended: mails whose headers are known get no more.
    pub(super) fn settle(&mut self) {
        self.headed = 0;
        let known: Vec<u32> =
            self.parts.iter().filter(|(_, part)| part.headers != Headers::Missing).map(|(uid, _)| *uid).collect();
        for uid in known {
            self.finish(uid);
        }
    }

    /// Messages were expunged: sequence numbers are others now.
    pub(super) fn renumber(&mut self) {
        self.named.clear();
        self.nameless.clear();
        self.moved = true;
    }

    /// Whether some came without a UID.
    pub(super) fn first_nameless(&self) -> Option<u32> {
        self.nameless.first_key_value().map(|(seq, _)| *seq)
    }

    /// Those that came without a UID get theirs from a SEARCH, where it found as many.
    pub(super) fn name_all(&mut self, uids: &BTreeSet<u32>) {
        let unknown: Vec<u32> =
            uids.iter().copied().filter(|uid| !self.done.contains(uid) && !self.parts.contains_key(uid)).collect();
        if unknown.len() == self.nameless.len() {
            let nameless = std::mem::take(&mut self.nameless);
            for (uid, (seq, part)) in unknown.into_iter().zip(nameless) {
                self.named.insert(seq, uid);
                self.parts.insert(uid, part);
            }
        }
    }

    /// Forgets what has no UID.
    pub(super) fn forget_nameless(&mut self) {
        self.nameless.clear();
    }

    /// Whether all came from the first on to the mailbox's last.
    pub(super) fn reaches(&self, exists: u32) -> bool {
        !self.moved && self.named.get(&exists).is_some_and(|uid| self.done.contains(uid)) && !self.has_holes(exists)
    }

    /// Whether some between the first that came and the mailbox's last are missing.
    pub(super) fn has_holes(&self, exists: u32) -> bool {
        let first = self.named.keys().chain(self.nameless.keys()).min();
        let Some(&first) = first.filter(|_| !self.moved && self.dropped.is_none()) else { return false };
        let here = |seq: &&u32| (first..=exists).contains(*seq);
        let came = self.named.keys().chain(self.nameless.keys()).filter(here).count();
        exists.checked_sub(first).is_some_and(|more| usize::try_from(more).is_ok_and(|more| came < more + 1))
    }

    /// Those that are there and whose headers did not come.
    pub(super) fn lacking(&self) -> Vec<u32> {
        self.parts.iter().filter(|(_, part)| part.headers == Headers::Missing).map(|(uid, _)| *uid).collect()
    }

    pub(super) fn lacks(&self, uid: u32) -> bool {
        self.parts.get(&uid).is_some_and(|part| part.headers == Headers::Missing)
    }

    /// A mail is told without its headers.
    pub(super) fn give_up(&mut self, uid: u32) {
        self.finish(uid);
    }

    /// A mail is told by another look.
    pub(super) fn put_off(&mut self, uid: u32) {
        self.parts.remove(&uid);
    }

    /// How many wait to be handed on.
    pub(super) const fn ready(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn hand_on(&mut self) -> Vec<Decoded> {
        std::mem::take(&mut self.ready)
    }

    /// The first UID after all that are known.
    pub(super) fn after_all(&self) -> Option<u32> {
        self.done.last().map(|uid| uid.saturating_add(1))
    }

    /// The first UID from there on that may be missing, by UIDs and sequence numbers that follow each other.
    pub(super) fn after_unbroken(&self, from: u32) -> u32 {
        let mut next = from;
        let mut before: Option<u32> = None;
        for (&seq, &uid) in &self.named {
            let follows = before.is_some_and(|before| before + 1 == seq) && !self.moved;
            if !self.done.contains(&uid) || (uid != next && !follows) {
                break;
            }
            (next, before) = (uid.saturating_add(1), Some(seq));
        }
        while next < u32::MAX && self.done.contains(&next) {
            next += 1;
        }
        next
    }
}
