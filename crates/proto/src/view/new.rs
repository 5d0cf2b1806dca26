//! How many mails are new, and what makes them old: the user looks, or they are seen, or gone.

use std::time::{Instant, SystemTime};

use super::{Notice, View};
use crate::model::{FoundBy, Mail};
use crate::new_mails::NewMails;

impl View {
    /// A mail is told.
    pub(super) fn count_if_new(&mut self, mail: &Mail) {
        if self.is_new(mail) {
            self.new.came((mail.epoch, mail.uidvalidity, mail.uid));
            self.show_new();
        }
    }

    /// Whether the user, who has looked once, would call it new.
    fn is_new(&self, mail: &Mail) -> bool {
        let seen = mail.flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
        let came_before = self.new_since.is_some_and(|since| mail.received.is_some_and(|at| at < since));
        !(seen || mail.found == FoundBy::Connect && came_before)
    }

    fn show_new(&mut self) {
        let new = self.new.count();
        if self.snapshot.mailbox.new != new {
            self.touch().mailbox.new = new;
        }
    }

    /// Goes on where another left off, or an earlier run: these mails are new. Of what is found on connecting, what the server
    /// received before `since` is not.
    pub fn count_new(&mut self, new: NewMails, since: Option<SystemTime>) {
        (self.new, self.new_since) = (new, since);
        self.show_new();
    }

    /// The mails that are new.
    #[must_use]
    pub const fn new_mails(&self) -> &NewMails {
        &self.new
    }

    /// From when on what is found on connecting is new.
    #[must_use]
    pub const fn new_since(&self) -> Option<SystemTime> {
        self.new_since
    }

    /// The user has looked: what came until now is new no longer.
    pub fn reset_new(&mut self, now: Instant) {
        self.new.clear();
        self.show_new();
        self.notice(now, Notice::Looked(None));
    }

    /// The open mailbox calls this UID by this number, and it lacks `\Seen`, or has it.
    pub fn place(&mut self, seq: u32, uid: u32, unseen: bool, now: Instant) {
        if unseen {
            self.new.place(seq, uid, unseen);
        } else {
            self.not_new(&[uid], true, now);
        }
    }

    /// The message of this number has `\Seen`.
    pub fn seen_at(&mut self, seq: u32, now: Instant) {
        if let Some(uid) = self.new.at(seq) {
            self.not_new(&[uid], true, now);
        }
    }

    /// The message of this number is gone.
    pub fn gone_at(&mut self, seq: u32, now: Instant) {
        let of = self.new.of();
        if let Some(uid) = self.new.expunge(seq) {
            self.show_new();
            self.notice(now, Notice::NotNew { of, uids: vec![uid], seen: false });
        }
    }

    /// These, of the mailbox as it is, were seen, or are gone.
    pub fn not_new(&mut self, uids: &[u32], seen: bool, now: Instant) {
        let uids: Vec<u32> = uids.iter().copied().filter(|uid| self.new.remove(*uid)).collect();
        if !uids.is_empty() {
            self.show_new();
            self.notice(now, Notice::NotNew { of: self.new.of(), uids, seen });
        }
    }

    /// The user has marked these of a UIDVALIDITY as seen. Whether they are all known one by one, with their numbers, which
    /// are returned.
    pub fn marked(&mut self, uidvalidity: u32, uids: &[u32], now: Instant) -> (Vec<u32>, bool) {
        let of = self.new.of();
        if of.1 != uidvalidity {
            return (Vec::new(), false);
        }
        let places: Vec<u32> = uids.iter().filter_map(|uid| self.new.place_of(*uid)).collect();
        let all = places.len() == uids.len();
        self.not_new(uids, true, now);
        (places, all)
    }

    /// So many messages lack `\Seen`: no more are new.
    pub fn bound_new(&mut self, unseen: u32, now: Instant) {
        let before = self.new.count();
        self.new.bound(unseen);
        if self.new.count() < before {
            self.show_new();
            if let Some(oldest) = self.new.only_known() {
                self.notice(now, Notice::Looked(oldest));
            }
        }
    }

    /// What is known one by one is not to be had from this server.
    pub fn give_up_new(&mut self) {
        self.new.give_up();
    }

    /// A look at the open mailbox is over.
    pub fn looked_for_new(&mut self) {
        self.new.looked();
    }

    /// Numbers mean other messages from now on.
    pub fn forget_places(&mut self) {
        self.new.forget_places();
    }
}
