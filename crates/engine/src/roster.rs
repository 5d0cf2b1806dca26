//! An account whose mailboxes are not one connection each: which there are, and who serves which.
//!
//! Mailboxes get connections of their own in the order of the configuration until `max_connections` is reached; the
//! others are guests on one of these connections, the carrier's. The carrier also asks by LIST which mailboxes there
//! are. As long as there is none at all, a scout asks.

mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::plan::Plan;
use super::STOP_WITHIN;
use super::guest::{Fresh, Guest};
use super::maker::Maker;
use super::reconfigure::Told;
use crate::clock::now;
use crate::history::WatchKey;
use crate::link::Commands;
use crate::watch_handle::{Finished, Listing, WatchHandle, WatchInit, WatchOrder};
use mailwatch_proto::connection::task::Mailbox;
use mailwatch_proto::model::{Event, EventKind, FaultClass, Phase, Served, WatchId};

/// What watches of the account told, by mailbox.
pub(super) type AllTold = BTreeMap<WatchKey, Told>;

/// A roster that was started.
#[derive(Debug)]
pub(super) struct Running {
    pub stop: CancellationToken,
    pub task: JoinHandle<AllTold>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The roster.
#[derive(Debug)]
struct Roster {
    maker: Maker,
    plan: Plan,
    own: BTreeMap<WatchId, WatchHandle>,
    guests: BTreeSet<WatchId>,
    /// Whose connection serves the guests and asks by LIST.
    carrier: Option<WatchId>,
    scout: Option<(WatchId, WatchHandle)>,
    /// When the mailboxes were last asked for.
    listed: Option<SystemTime>,
    notices: mpsc::UnboundedSender<Listing>,
    told: AllTold,
    stop: CancellationToken,
}

/// Watches an account's mailboxes until it is stopped. `told` is what was told before.
pub(super) fn start(maker: Maker, told: AllTold, stop: CancellationToken) -> Running {
    let (notices, listings) = mpsc::unbounded_channel();
    let roster = Roster {
        plan: Plan::new(&maker.account.mailboxes),
        maker,
        own: BTreeMap::new(),
        guests: BTreeSet::new(),
        carrier: None,
        scout: None,
        listed: None,
        notices,
        told,
        stop: stop.clone(),
    };
    Running { stop, task: tokio::spawn(roster.run(listings)) }
}

impl Roster {
    async fn run(mut self, mut listings: mpsc::UnboundedReceiver<Listing>) -> AllTold {
        self.admit(None).await;
        loop {
            let listing = tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(listing) = listings.recv() => listing,
            };
            self.take(listing).await;
        }
        self.end().await
    }

    /// Ends every watch, all at once.
    async fn end(mut self) -> AllTold {
        let scout = self.scout.take().map(|(_, own)| own);
        let mut ending: Vec<WatchHandle> = std::mem::take(&mut self.own).into_values().chain(scout).collect();
        for own in &ending {
            own.stop.cancel();
        }
        let by = tokio::time::Instant::now() + STOP_WITHIN;
        for own in &mut ending {
            if let Some(finished) = finish(own, by).await {
                let key = own.key.clone();
                self.remember(key, finished);
            }
        }
        self.told
    }

    /// Keeps what a watch and its guests have told; returns the guests as they were.
    fn remember(&mut self, key: WatchKey, mut finished: Finished) {
        self.told.insert(key, finished.report.take_told());
        for guest in &mut finished.guests {
            self.told.insert(guest.key.clone(), guest.report.take_told());
        }
    }

    /// LIST was answered: mailboxes that vanished end, those that appeared begin.
    async fn take(&mut self, listing: Listing) {
        let unmatched = self.plan.take(&listing.names);
        for entry in unmatched {
            let message = format!(
                "no mailbox fits {entry} in mailboxes; LIST is asked again, and what appears is watched from then on"
            );
            let kind = EventKind::Fault { class: FaultClass::Mailbox, message, retry: true };
            self.tell(&listing.by, kind);
        }
        if let Some(count) = self.plan.take_surplus() {
            let message =
                format!("{count} mailboxes more than {} fit mailboxes; they are not watched", plan::MOST_MAILBOXES);
            self.tell(&listing.by, EventKind::Fault { class: FaultClass::Limit, message, retry: true });
        }
        let vanished = self.dismiss().await;
        let since = self.listed.replace(SystemTime::now());
        self.admit(since.map(|since| Fresh { since, vanished })).await;
        self.wake();
    }

    /// Ends the watches of mailboxes that are no longer there; what was known of them.
    async fn dismiss(&mut self) -> Vec<Mailbox> {
        let wanted = self.wanted();
        let gone = |id: &&WatchId| !wanted.contains(*id);
        let guests: Vec<WatchId> = self.guests.iter().filter(gone).cloned().collect();
        let own: Vec<WatchId> = self.own.keys().filter(gone).cloned().collect();
        let mut known = Vec::new();
        for id in guests {
            if let Some(mut guest) = self.unseat(&id).await {
                known.extend(guest.known);
                guest.report.phase(Phase::Ended, now());
                self.told.insert(guest.key.clone(), guest.report.take_told());
            }
            self.leave_board(&id);
        }
        for id in own {
            let Some(mut own) = self.own.remove(&id) else { continue };
            own.stop.cancel();
            let by = tokio::time::Instant::now() + STOP_WITHIN;
            if let Some(mut finished) = finish(&mut own, by).await {
                known.extend(finished.known);
                finished.report.phase(Phase::Ended, now());
                self.told.insert(own.key.clone(), finished.report.take_told());
                if self.carrier.as_ref() == Some(&id) {
                    self.carrier = None;
                    self.hand_over(finished.guests);
                }
            }
            self.leave_board(&id);
        }
        known
    }

    /// Guests whose carrier has ended go on with another; where there is none, the first of them becomes it.
    fn hand_over(&mut self, mut guests: Vec<Guest>) {
        if self.own.is_empty() && !guests.is_empty() {
            let first = self.plan.first(guests.iter().map(Guest::id));
            let at = guests.iter().position(|guest| Some(guest.id()) == first.as_ref()).unwrap_or(0);
            let guest = guests.swap_remove(at);
            self.guests.remove(guest.id());
            self.promote(guest);
        }
        self.choose_carrier();
        for mut guest in guests {
            guest.forget_attention();
            self.seat(Box::new(guest));
        }
    }

    /// Begins what is wanted and not there yet. Connections of their own go first.
    async fn admit(&mut self, fresh: Option<Fresh>) {
        let room = usize::from(self.maker.account.max_connections);
        let wanted: Vec<WatchId> = self.plan.wanted().map(|name| self.id(name)).collect();
        if !wanted.is_empty()
            && let Some((id, mut scout)) = self.scout.take()
        {
            // Its connection makes room for theirs.
            scout.stop.cancel();
            let _ = finish(&mut scout, tokio::time::Instant::now() + STOP_WITHIN).await;
            self.leave_board(&id);
        }
        for id in &wanted {
            if self.own.contains_key(id) {
                continue;
            }
            let seated = self.guests.contains(id);
            if self.own.len() < room {
                // A place is free: whoever was a guest until now gets it.
                match if seated { self.unseat(id).await } else { None } {
                    Some(guest) => self.promote(*guest),
                    None if seated => {}
                    None => self.begin(id, fresh.clone()),
                }
            } else if !seated {
                self.choose_carrier();
                let commands = self.maker.publisher.open(id);
                let report = self.report(id);
                let guest = self.maker.guest(id, report, commands, fresh.clone());
                self.guests.insert(id.clone());
                self.seat(guest);
            }
        }
        self.choose_carrier();
        if wanted.is_empty() && self.scout.is_none() {
            self.send_scout();
        }
    }

    /// A mouth that goes on where an earlier one of the mailbox left off.
    fn report(&mut self, id: &WatchId) -> super::publish::Reporter {
        let mut report = self.maker.report(id);
        let key = self.maker.key(id);
        report.remember(self.told.remove(&key).unwrap_or_default());
        report
    }

    /// Gives a mailbox a connection of its own.
    fn begin(&mut self, id: &WatchId, fresh: Option<Fresh>) {
        self.maker.shared.lead_with(&id.mailbox);
        let report = self.report(id);
        let commands = self.maker.publisher.open(id);
        let started = self.start(id, report, commands, fresh, false);
        self.own.insert(id.clone(), started);
    }

    /// A guest gets a connection of its own, and keeps what it has told and shown.
    fn promote(&mut self, guest: Guest) {
        let id = guest.id().clone();
        let Guest { mut report, commands, fresh, .. } = guest;
        let snapshot = report.touch();
        (snapshot.served, snapshot.carrier, snapshot.conn) = (Served::Own, None, None);
        let started = self.start(&id, report, commands, fresh, false);
        self.own.insert(id, started);
    }

    fn start(
        &self,
        id: &WatchId,
        report: super::publish::Reporter,
        commands: Commands,
        fresh: Option<Fresh>,
        discovers: bool,
    ) -> WatchHandle {
        let entries = self.plan.is_listed().then(|| Arc::from(self.maker.account.mailboxes.as_slice()));
        let init = WatchInit { report, commands, fresh, entries, discovers };
        self.maker.start(id, init, self.notices.clone(), self.stop.child_token())
    }

    /// Somebody must ask which mailboxes there are: a row on the board under the first entry that wants to know.
    fn send_scout(&mut self) {
        let id = self.id(self.plan.question());
        let (report, commands) = (self.report(&id), self.maker.publisher.open(&id));
        let started = self.start(&id, report, commands, None, true);
        self.scout = Some((id, started));
    }

    /// The last of those that the configuration names: pushed mail does not wait for its turns in the first, and names
    /// vanish seldom.
    fn choose_carrier(&mut self) {
        if self.carrier.is_some() || self.own.is_empty() {
            return;
        }
        let named = self.plan.names().map(|name| self.id(name)).filter(|id| self.own.contains_key(id)).last();
        self.carrier = named.or_else(|| self.plan.first(self.own.keys()));
        if self.plan.is_listed()
            && let Some(carrier) = self.carrier.as_ref().and_then(|id| self.own.get(id))
        {
            let _ = carrier.orders.send(WatchOrder::List);
        }
    }

    fn seat(&self, guest: Box<Guest>) {
        if let Some(carrier) = self.carrier.as_ref().and_then(|id| self.own.get(id)) {
            let _ = carrier.orders.send(WatchOrder::Share(guest));
        }
    }

    /// Takes a guest back from its carrier.
    async fn unseat(&mut self, id: &WatchId) -> Option<Box<Guest>> {
        self.guests.remove(id);
        let carrier = self.carrier.as_ref().and_then(|id| self.own.get(id))?;
        let (back, guest) = oneshot::channel();
        carrier.orders.send(WatchOrder::TakeBack(id.clone(), back)).ok()?;
        guest.await.ok()
    }

    /// Those that failed because their mailbox was not there, and that LIST shows, connect again.
    fn wake(&self) {
        for name in self.plan.listed() {
            if let Some(own) = self.own.get(&self.id(name)) {
                let _ = own.orders.send(WatchOrder::Reconnect);
            }
        }
    }

    fn wanted(&self) -> BTreeSet<WatchId> {
        self.plan.wanted().map(|name| self.id(name)).collect()
    }

    fn id(&self, mailbox: &str) -> WatchId {
        WatchId::new(&self.maker.account.name, mailbox)
    }

    fn leave_board(&self, id: &WatchId) {
        self.maker.publisher.close([id]);
        self.maker.publisher.change(|board| {
            board.watches.remove(id);
        });
    }

    fn tell(&self, id: &WatchId, kind: EventKind) {
        let event = Event { ts: SystemTime::now(), at: now(), watch: Some(id.clone()), conn: None, kind };
        self.maker.publisher.tell(event);
    }
}

/// Waits for a watch that was told to stop; one that does not in time is dropped.
async fn finish(started: &mut WatchHandle, by: tokio::time::Instant) -> Option<Finished> {
    if let Ok(Ok(finished)) = tokio::time::timeout_at(by, &mut started.task).await {
        return Some(finished);
    }
    tracing::warn!("a connection did not end in time and was dropped");
    started.task.abort();
    let _ = (&mut started.task).await;
    None
}
