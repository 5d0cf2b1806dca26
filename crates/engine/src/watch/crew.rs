//! A watch as one of its account's: the guests that its connection serves, the LISTs that it asks, what NOTIFY tells it.
//!
//! Who is a guest and who has a connection of its own is the roster's to decide.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::away::Away;
use crate::guest::Guest;
use crate::job::Live;
use crate::watch_handle::{WatchNotice, WatchOrder};
use mailwatch_proto::connection::task::Notify;
use mailwatch_proto::model::{Command, Served, WatchId};

/// So often at the least mailboxes that come and go are looked for, where nothing tells of them.
const LIST_EVERY: Duration = Duration::from_mins(5);

/// A watch's place among the others of its account.
#[derive(Debug)]
pub struct Crew {
    /// The account's `mailboxes`, where LIST must say what they mean.
    pub(super) entries: Option<Arc<[String]>>,
    /// Whether this watch asks.
    pub(super) lists: bool,
    pub(super) listed: Option<Instant>,
    pub(super) list_wished: bool,
    pub(super) orders: mpsc::UnboundedReceiver<WatchOrder>,
    pub(super) notices: mpsc::UnboundedSender<WatchNotice>,
    pub(super) guests: BTreeMap<WatchId, Guest>,
    /// How the guests are served over the current connection.
    pub(super) mode: Served,
    /// Whether NOTIFY has overflowed on this connection before.
    pub(super) overflowed: bool,
    /// Looks over this connection that found mail that NOTIFY had not told of.
    pub(super) untold: u32,
    /// Where NOTIFY stands since then, until the connection is at hand.
    pub(super) overflow: Option<Notify>,
    pub(super) away: Option<Away>,
}

/// What comes of the others.
#[derive(Debug)]
pub enum CrewStep {
    /// The roster asks.
    Order(WatchOrder),
    /// The user asks a guest.
    Command(WatchId, Command),
}

impl Crew {
    /// Alone at first.
    #[must_use]
    pub const fn new(
        entries: Option<Arc<[String]>>,
        lists: bool,
        orders: mpsc::UnboundedReceiver<WatchOrder>,
        notices: mpsc::UnboundedSender<WatchNotice>,
    ) -> Self {
        Self {
            entries,
            lists,
            listed: None,
            list_wished: false,
            orders,
            notices,
            guests: BTreeMap::new(),
            mode: Served::Status,
            overflowed: false,
            untold: 0,
            overflow: None,
            away: None,
        }
    }

    /// What comes next; never, where there is no crew. Cancel-safe.
    pub async fn next(crew: Option<&mut Self>) -> CrewStep {
        let Some(crew) = crew else { return std::future::pending().await };
        poll_fn(|cx| {
            if let Poll::Ready(Some(order)) = crew.orders.poll_recv(cx) {
                return Poll::Ready(CrewStep::Order(order));
            }
            for (id, guest) in &mut crew.guests {
                if let Poll::Ready(Some(command)) = guest.commands.poll_recv(cx) {
                    return Poll::Ready(CrewStep::Command(id.clone(), command));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Whether a guest's mails wait for room.
    pub fn is_behind(&self) -> bool {
        self.guests.values().any(|guest| guest.report.is_behind())
    }

    /// Tells them, as far as there is room.
    pub fn relieve(&mut self) {
        self.guests.values_mut().for_each(|guest| guest.report.relieve());
    }

    /// Puts the guests' snapshots on the board.
    pub fn publish(&mut self) {
        self.guests.values_mut().for_each(|guest| guest.report.publish());
    }

    /// The guests, when the watch ends.
    pub fn into_guests(self) -> Vec<Guest> {
        self.guests.into_values().collect()
    }

    /// Whether the connection has others to serve than its own mailbox.
    pub(super) fn carries(&self) -> bool {
        self.lists || !self.guests.is_empty()
    }

    /// Takes over how the connection serves the guests.
    pub(super) fn take_overflow(&mut self, live: &mut Live) {
        if let Some(overflow) = self.overflow.take() {
            live.notify = overflow;
        }
        self.mode = match &live.notify {
            Notify::On(_) | Notify::Overflowed => Served::Notify,
            Notify::Off | Notify::Never => Served::Status,
        };
    }

    /// When the next LIST is due by itself.
    pub(super) fn list_at(&self, now: Instant) -> Option<Instant> {
        if !self.lists || self.entries.is_none() {
            return None;
        }
        match (self.list_wished, self.mode) {
            (true, _) => Some(now),
            (false, Served::Notify) => None,
            (false, Served::Own | Served::Status) => Some(self.listed.map_or(now, |at| at + LIST_EVERY)),
        }
    }
}

impl Guest {
    /// When it is to be looked at by itself.
    pub(super) fn look_at(
        &self,
        conn: Option<mailwatch_proto::model::ConnId>,
        mode: Served,
        now: Instant,
    ) -> Option<Instant> {
        if self.is_paused() {
            return None;
        }
        match (self.wished, mode) {
            (true, _) => Some(now),
            (false, Served::Notify) if self.is_attended(conn) => None,
            (false, Served::Own | Served::Notify | Served::Status) => Some(self.due),
        }
    }
}
