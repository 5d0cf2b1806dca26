//! A watch as one of its account's: the mailboxes that its connection serves besides its own, the LISTs that it asks,
//! what NOTIFY tells it, and its own mailbox where that is set aside.
//!
//! Which mailboxes share a connection is not decided here.

mod listing;
mod mailbox;
mod notify;
mod patience;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::listing::Listing;
pub use self::mailbox::{LostConnection, SharedMailbox, SharingConnection};
pub use self::notify::{Overflow, Push};
use crate::connection::task::{ListedNames, Mailbox, Notify, OwnMailbox, Progress, Work};
use crate::model::{ConnId, EventKind, Fault, Served, WatchId};
use crate::names::is_same;
use crate::response::{Code, Response};
use crate::view::{Notice, Timed};

/// A look takes the shared mailboxes along that would be due so soon.
const ALONG: Duration = Duration::from_secs(5);

/// Shared mailboxes that are looked at before the connection's own is idled in again: a first look takes a round trip or
/// three each, and nothing is pushed meanwhile.
const AT_ONCE: usize = 64;

/// Why the connection's own mailbox is set aside though its connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAside {
    /// The user has paused it.
    Paused,
    /// It is not there.
    Missing,
    /// It comes back with the next look.
    Back,
}

/// What a watch does for the other mailboxes of its account.
#[derive(Debug)]
pub struct Sharing {
    listing: Listing,
    mailboxes: BTreeMap<WatchId, SharedMailbox>,
    push: Push,
    own: Option<SetAside>,
}

/// What a task told of the mailboxes that share its connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// Nothing that concerns the connection.
    Nothing,
    /// The connection's own mailbox is not there.
    OwnMissing(Fault),
    /// The server refused LIST or NOTIFY, in words that were not told yet.
    Refused(Fault),
    /// LIST was answered.
    Listed {
        /// What it said.
        names: ListedNames,
        /// Whether that is other than before.
        changed: bool,
    },
    /// NOTIFY had not told of new mail in this mailbox, and is relied on no more.
    Untold(Arc<str>),
}

impl Sharing {
    /// Of a connection that serves its own mailbox alone. `asks`: by LIST for those that there are.
    #[must_use]
    pub const fn new(entries: Option<Arc<[String]>>, asks: bool) -> Self {
        Self { listing: Listing::new(entries, asks), mailboxes: BTreeMap::new(), push: Push::off(), own: None }
    }

    /// Serves this one too.
    pub fn insert(&mut self, mailbox: SharedMailbox) {
        self.mailboxes.insert(mailbox.id().clone(), mailbox);
    }

    /// Serves this one no longer.
    pub fn remove(&mut self, id: &WatchId) -> Option<SharedMailbox> {
        self.mailboxes.remove(id)
    }

    /// The user acts: what the server refused may be asked again.
    pub const fn forgive(&mut self) {
        self.listing.forgive();
        self.push.forgive();
    }

    /// From now on asks by LIST which mailboxes there are.
    pub const fn list(&mut self) {
        self.listing.ask();
    }

    /// The mailboxes that it serves.
    pub fn mailboxes(&mut self) -> impl Iterator<Item = &mut SharedMailbox> {
        self.mailboxes.values_mut()
    }

    /// When events that one of them holds are to be told.
    #[must_use]
    pub fn held_until(&self) -> Option<Instant> {
        self.mailboxes.values().filter_map(|mailbox| mailbox.view.held_until()).min()
    }

    /// One of them.
    pub fn mailbox(&mut self, id: &WatchId) -> Option<&mut SharedMailbox> {
        self.mailboxes.get_mut(id)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.mailboxes.len()
    }

    /// Whether the connection serves its own mailbox alone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.listing.asks() && self.mailboxes.is_empty()
    }

    /// Those that it served, when the watch ends.
    #[must_use]
    pub fn into_mailboxes(self) -> Vec<SharedMailbox> {
        self.mailboxes.into_values().collect()
    }

    /// The next thing that one of them has to say.
    pub fn poll(&mut self) -> Option<(WatchId, Timed)> {
        self.mailboxes.iter_mut().find_map(|(id, mailbox)| Some((id.clone(), mailbox.view.poll()?)))
    }

    /// Why the own mailbox is set aside, or about to come back.
    #[must_use]
    pub const fn own(&self) -> Option<SetAside> {
        self.own
    }

    /// Sets the own mailbox aside, or has it come back.
    pub const fn set_own(&mut self, own: Option<SetAside>) {
        self.own = own;
    }

    /// Whether the own mailbox is set aside.
    #[must_use]
    pub const fn is_set_aside(&self) -> bool {
        matches!(self.own, Some(SetAside::Paused | SetAside::Missing))
    }

    /// When an IDLE on this connection ends by itself because something else is due. What was requested a moment after a
    /// look is due `at_once`, when the pause between two is over.
    #[must_use]
    pub fn due(&self, conn: Option<ConnId>, at_once: Instant, now: Instant) -> Option<Instant> {
        let looks =
            self.mailboxes.values().filter_map(|mailbox| mailbox.look_at(conn, self.push.mode(), at_once)).min();
        let back = (self.own == Some(SetAside::Back)).then_some(now);
        looks.into_iter().chain(self.listing.due(self.push.mode(), at_once)).chain(back).min()
    }

    /// Whether mailboxes have come or gone, and the server lets itself be asked which.
    #[must_use]
    pub const fn is_list_requested(&self) -> bool {
        self.listing.is_requested()
    }

    /// Whether there is reason to look at one of them now.
    #[must_use]
    pub fn is_look_requested(&self) -> bool {
        self.mailboxes.values().any(SharedMailbox::is_requested)
    }

    /// A new connection is made: all of them are looked at over it, and NOTIFY is asked for anew.
    pub fn connects(&mut self, lost: Option<LostConnection>, now: Instant) {
        self.listing.connects(now);
        self.push.connects(now);
        self.mailboxes.values_mut().for_each(|mailbox| mailbox.leave(lost));
    }

    /// A connection that was made beside the active one takes over: they follow it.
    pub fn moves(&mut self, lost: Option<LostConnection>, now: Instant) {
        self.listing.request();
        self.connects(lost, now);
    }

    /// What a connection does besides its own mailbox now. `connecting`: LIST in any case. A look that is made anyway
    /// asks again for what was not asked for within `poll`. Of those that were looked at over the connection `most` are
    /// looked at, those that wait longest first.
    pub fn work(&mut self, conn: Option<ConnId>, connecting: bool, poll: Duration, most: usize, now: Instant) -> Work {
        let own = match self.own {
            None => OwnMailbox::Open,
            Some(SetAside::Missing | SetAside::Back) => OwnMailbox::Reopen,
            Some(SetAside::Paused) => OwnMailbox::SetAside,
        };
        self.push.looks();
        let list = self.listing.work(connecting, poll, now);
        let shares = !self.is_empty();
        let names = || self.mailboxes.keys().map(|id| Arc::clone(&id.mailbox)).collect();
        let notify = (shares && self.push.may_ask(now)).then(names);
        let soon = now + ALONG;
        // By NOTIFY too each is asked now and then, where there is a look anyway: a server can tell only of what it has
        // noticed. Nothing wakes for that.
        let (mut again, first): (Vec<_>, Vec<_>) =
            self.mailboxes.values().filter(|mailbox| mailbox.is_due(soon)).partition(|it| it.is_looked_at(conn));
        again.sort_by_key(|mailbox| mailbox.urgency());
        let due = first.into_iter().chain(again.into_iter().take(most));
        let items = due.take(AT_ONCE).map(|mailbox| mailbox.work(conn)).collect();
        Work { own, shares, list, notify, items, ..Work::default() }
    }

    /// What a connection that is to take over does before it has: its own mailbox alone. The others follow it then.
    #[must_use]
    pub fn work_of_standby(&self) -> Work {
        let own = if self.own == Some(SetAside::Paused) { OwnMailbox::SetAside } else { OwnMailbox::Open };
        Work { own, shares: !self.is_empty(), ..Work::default() }
    }

    /// The connection is ready. Returns where NOTIFY stands on it, where that is another than the task knew.
    pub fn settle(&mut self, told: &Notify) -> Option<Notify> {
        self.push.settle(told)
    }

    /// The own mailbox was opened: it is set aside no longer, unless the user has paused it. Whether it was.
    pub fn own_opened(&mut self) -> bool {
        let back = self.own.is_some_and(|own| own != SetAside::Paused);
        if back {
            self.own = None;
        }
        back
    }

    /// A task told something of one of them, or of the own mailbox.
    pub fn progress(&mut self, of: Option<&WatchId>, told: Progress, conn: Option<ConnId>, now: Instant) -> Update {
        let Some(id) = of else {
            return match told {
                Progress::Missing(fault) if self.own != Some(SetAside::Missing) => {
                    self.own = Some(SetAside::Missing);
                    Update::OwnMissing(fault)
                }
                Progress::ListBegun => {
                    self.listing.begin();
                    Update::Nothing
                }
                Progress::ListRefused(fault) => {
                    if self.listing.refused(&fault, now) {
                        Update::Refused(fault)
                    } else {
                        Update::Nothing
                    }
                }
                Progress::NotifyBegun => {
                    self.push.begin();
                    Update::Nothing
                }
                Progress::NotifyRefused(fault) => {
                    if self.push.refused(&fault, now) {
                        Update::Refused(fault)
                    } else {
                        Update::Nothing
                    }
                }
                Progress::Listed(names) => {
                    let changed = self.listing.listed(&names, now);
                    Update::Listed { names, changed }
                }
                Progress::Missing(_)
                | Progress::Phase(_)
                | Progress::Response(_)
                | Progress::Unparsed(_)
                | Progress::Line(_)
                | Progress::Event(_)
                | Progress::Mails(_)
                | Progress::Canaries(_)
                | Progress::Unseen(_)
                | Progress::Flags { .. }
                | Progress::Checked(_)
                | Progress::Fault(_)
                | Progress::Server(_)
                | Progress::Past(_)
                | Progress::LookedAt(_) => Update::Nothing,
            };
        };
        // One that has left meanwhile: what was found is kept, and told by the watch that has it next.
        let Some(mailbox) = self.mailboxes.get_mut(id) else { return Update::Nothing };
        match told {
            Progress::LookedAt(found) => return self.looked_at(id, found, conn, now),
            Progress::Missing(fault) => mailbox.refused(&fault, now),
            Progress::Past(past) => mailbox.view.notice(now, Notice::Earlier(past)),
            Progress::Event(kind @ EventKind::Contradiction { .. }) => mailbox.view.tell(kind, now),
            Progress::Mails(mails) => mailbox.view.mails(mails, now),
            Progress::Fault(fault) => mailbox.view.fault(&fault, now),
            Progress::Flags { uid: Some(uid), unseen: false, .. } => mailbox.view.not_new(&[uid], true, now),
            Progress::Checked(Some(gone)) => mailbox.view.not_new(&gone, false, now),
            Progress::Checked(None) => mailbox.view.give_up_new(),
            Progress::Listed(_)
            | Progress::Canaries(_)
            | Progress::ListBegun
            | Progress::ListRefused(_)
            | Progress::NotifyBegun
            | Progress::NotifyRefused(_)
            | Progress::Phase(_)
            | Progress::Response(_)
            | Progress::Unparsed(_)
            | Progress::Line(_)
            | Progress::Event(_)
            | Progress::Unseen(_)
            | Progress::Flags { .. }
            | Progress::Server(_) => {}
        }
        Update::Nothing
    }

    fn looked_at(&mut self, id: &WatchId, found: Mailbox, conn: Option<ConnId>, now: Instant) -> Update {
        let Some(mailbox) = self.mailboxes.get_mut(id) else { return Update::Nothing };
        let untold = self.push.mode() == Served::Notify && mailbox.finds_untold(&found, conn);
        mailbox.look_done(found, conn, now);
        if untold && self.push.untold(&id.mailbox, now) {
            Update::Untold(Arc::clone(&id.mailbox))
        } else {
            Update::Nothing
        }
    }

    /// The server told something of mailboxes that are not open, or that it tells no more: then it is said which time.
    pub fn response(&mut self, response: &Response, now: Instant) -> Option<Overflow> {
        match response {
            Response::MailboxStatus(name, status) => {
                let exact = self.mailboxes.keys().find(|id| *id.mailbox == *name.0);
                let told = exact.or_else(|| self.mailboxes.keys().find(|id| is_same(&id.mailbox, &name.0))).cloned();
                if let Some((id, mailbox)) = told.and_then(|id| self.mailboxes.get_key_value(&id)) {
                    // It tells of what was found a moment ago.
                    if mailbox.known.is_some_and(|known| status.uidnext.is_some_and(|told| told == known.uidnext)) {
                        self.push.told_late(&id.mailbox);
                    }
                    let id = id.clone();
                    if let Some(mailbox) = self.mailboxes.get_mut(&id) {
                        mailbox.told(status, now);
                    }
                }
                None
            }
            Response::List(_) => {
                self.listing.request();
                None
            }
            Response::Status { text, .. } => {
                let overflowed = matches!(&text.code, Some(Code::Other(code)) if code == "NOTIFICATIONOVERFLOW");
                overflowed.then(|| self.overflow(now))
            }
            Response::Continue { .. }
            | Response::Tagged { .. }
            | Response::Preauth(_)
            | Response::Bye(_)
            | Response::Capability(_)
            | Response::Exists(_)
            | Response::Expunge(_)
            | Response::Vanished(_)
            | Response::Fetch(_)
            | Response::Search(_)
            | Response::Id(_)
            | Response::Recent(_)
            | Response::Other => None,
        }
    }

    /// The server lost count: everything is looked at.
    fn overflow(&mut self, now: Instant) -> Overflow {
        self.listing.request();
        self.mailboxes.values_mut().for_each(SharedMailbox::request);
        self.push.overflow(now)
    }

    /// The server proved that it lives: where it tells by itself, that holds for all that were looked at.
    pub fn alive(&mut self, conn: Option<ConnId>, now: Instant) {
        if self.push.mode() == Served::Notify {
            let looked_at = self.mailboxes.values_mut().filter(|mailbox| mailbox.is_looked_at(conn));
            looked_at.for_each(|mailbox| mailbox.view.notice(now, Notice::Alive));
        }
    }

    /// Has them show where their connection stands. `own` is what its own mailbox shows; `fit`: for work.
    pub fn follow(&mut self, own: &crate::view::View, fit: bool, lost: Option<LostConnection>, now: Instant) {
        let connection = SharingConnection { view: own, fit, mode: self.push.mode(), lost };
        self.mailboxes.values_mut().for_each(|mailbox| mailbox.follow(&connection, now));
    }

    /// A day begins.
    pub fn new_day(&mut self) {
        for mailbox in self.mailboxes.values_mut() {
            mailbox.view.touch().blind.today = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests;
