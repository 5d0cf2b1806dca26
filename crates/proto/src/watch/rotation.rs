//! Rotation: before a token ends, the account gets another, and a new connection takes over while the old one idles.
//!
//! Until then the old one stays the watch's own, with all that it does: whatever the issuer or the server does to the
//! new one costs nothing. Only where the account may have no further connection is the old one let go first.

use std::time::{Duration, Instant};

use super::standby::{Made, Standby};
use super::{Burst, Output, Watch};
use crate::connection::task::{Connect, Task};
use crate::connection::{Connection, Input, Role};
use crate::model::{DoneReason, Fault, Loss, Timer};
use crate::token_lifetime::{RENEW_AGAIN, TokenLifetime};

/// When to look again for room in the account's connection limit.
const ROOM_AGAIN: Duration = Duration::from_secs(2);

/// What a watch has under way for its token's sake.
#[derive(Debug, Default)]
pub(super) struct Rotation {
    /// The token that is to be replaced.
    token: Option<TokenLifetime>,
    /// Not before then: the last attempt failed.
    not_before: Option<Instant>,
    attempts: u32,
    /// The issuer refused, for the token of this serial: only the user can do something.
    given_up: Option<u64>,
    pub next: Option<Standby>,
    pub old: Option<Box<Connection>>,
    /// The running DONE is there to let the connection go before there is another.
    pub breaks: bool,
}

impl Rotation {
    /// The connection that is to take over.
    pub fn standby(&self) -> Option<&Connection> {
        self.next.as_ref().and_then(Standby::made).map(|made| &made.connection)
    }

    pub fn standby_mut(&mut self) -> Option<&mut Connection> {
        self.next.as_mut().and_then(Standby::made_mut).map(|made| &mut made.connection)
    }

    /// The connection that was replaced.
    pub fn draining(&self) -> Option<&Connection> {
        self.old.as_deref()
    }

    /// The connection that was replaced is gone.
    pub fn drained(&mut self) {
        self.old = None;
    }

    /// Another connection is in use.
    pub const fn arrived(&mut self) {
        self.not_before = None;
        self.attempts = 0;
    }
}

impl Watch {
    /// When the connection is to be replaced for its token's sake; never while anything else goes on.
    pub(super) fn rotation_due(&self) -> Option<Instant> {
        let connection = self.active().filter(|connection| connection.is_idling() || connection.polling().is_some())?;
        let busy = self.rotation.next.is_some()
            || self.rotation.old.is_some()
            || self.pace.awaits_burst()
            || self.burst != Burst::default()
            || self.leaving.why.is_some();
        let given_up = self
            .rotation
            .given_up
            .is_some_and(|serial| connection.known.token.is_some_and(|token| token.serial == serial));
        if busy || given_up {
            return None;
        }
        let due = self.context.clock.monotonic(connection.known.replace?);
        Some(self.rotation.not_before.map_or(due, |at| at.max(due)))
    }

    /// It is due: see to a new token first.
    pub(super) fn rotate(&mut self) {
        let Some(token) = self.at_hand().and_then(|connection| connection.known.token) else { return };
        self.rotation.token = Some(token);
        self.rotation.next = Some(Standby::Renewing);
        self.output(Output::Renew(token.serial));
    }

    /// The issuer has answered.
    pub(super) fn renewed(&mut self, renewed: Result<bool, Fault>, now: Instant) {
        if !matches!(self.rotation.next, Some(Standby::Renewing)) {
            return;
        }
        match renewed {
            Ok(true) => {
                self.rotation.next = Some(Standby::AskingRoom);
                self.output(Output::AskPermit);
            }
            Ok(false) => {
                // The account's command gives the old token still: it will give another before that ends.
                self.rotation.next = None;
                self.rotation.not_before = Some(now + RENEW_AGAIN.max(self.time_left(now) / 4));
            }
            Err(fault) => self.rotation_failed(&fault, now),
        }
    }

    /// How long the token that is to be replaced lives yet.
    fn time_left(&self, now: Instant) -> Duration {
        let span = self.rotation.token.and_then(|token| token.span);
        span.map_or(Duration::ZERO, |span| span.ends.saturating_duration_since(self.context.clock.boottime(now)))
    }

    /// There is a new token: makes the new connection, where the account may have one more.
    pub(super) fn permit(&mut self, granted: bool, now: Instant) {
        if !matches!(self.rotation.next, Some(Standby::AskingRoom)) {
            return;
        }
        self.rotation.next = None;
        if granted {
            let conn = self.context.supply.number();
            let connect = Connect {
                timers: self.timers,
                known: self.known(),
                watched: true,
                appeared: self.seen.appeared.clone(),
                discovers: self.context.discovers,
                retry_refused: false,
                work: self.work_of_standby(),
            };
            self.rotation.next = Some(Standby::Made(Box::new(Made::new(Connection::new(conn, Role::Standby)))));
            self.output(Output::Start(conn, Box::new(Task::Connect(connect))));
            return;
        }
        let patience = self.rotation.token.and_then(|token| token.span);
        let patience = patience.map(|span| self.context.clock.monotonic(span.patience()));
        if patience.is_some_and(|until| now + ROOM_AGAIN < until) {
            self.rotation.not_before = Some(now + ROOM_AGAIN);
            return;
        }
        self.break_first(now);
    }

    /// There is room for no other connection: lets this one go, with the new token in hand.
    fn break_first(&mut self, now: Instant) {
        let Some(connection) = self.at_hand() else { return };
        let polls = connection.polling().is_some();
        self.rotation.breaks = true;
        if polls {
            self.log_out_first(now);
        } else {
            self.feed(now, Input::Done(DoneReason::Rotate));
        }
    }

    /// The connection that is let go first says LOGOUT; another follows at once.
    pub(super) fn log_out_first(&mut self, now: Instant) {
        self.lose(now, Loss::Rotation);
        self.log_out(now);
    }

    /// The new token or connection could not be had: the old one goes on, and it is tried again in time.
    pub(super) fn rotation_failed(&mut self, fault: &Fault, now: Instant) {
        let of = self.rotation.standby().map(Connection::id).or(self.view.now().connection.id);
        self.drop_standby();
        self.view.fault_of(of, fault, now);
        if !fault.retry() {
            self.rotation.given_up = self.rotation.token.map(|token| token.serial);
            return;
        }
        self.rotation.attempts = self.rotation.attempts.saturating_add(1);
        let doubled = 2_u32.saturating_pow(self.rotation.attempts - 1);
        let bound = self.timers.limit(Timer::RetryMin).saturating_mul(doubled);
        // Often enough to have more than one try before the token ends.
        let bound = bound.min(self.timers.limit(Timer::RetryMax)).min(self.time_left(now) / 3);
        let chance = self.context.supply.chance();
        self.rotation.not_before = Some(now + RENEW_AGAIN.max(bound.mul_f64(0.5 + chance / 2.0)));
    }

    /// Lets the connection go that was to take over.
    fn drop_standby(&mut self) {
        match self.rotation.next.take() {
            Some(Standby::Made(made)) => self.output(Output::Drop(made.connection.id())),
            Some(Standby::Renewing) => self.output(Output::DropRenewal),
            Some(Standby::AskingRoom) | None => {}
        }
    }

    /// Lets go of whatever is under way for the token's sake, without a word.
    pub(super) fn forget_rotation(&mut self) {
        self.drop_standby();
        if let Some(connection) = self.rotation.old.take() {
            self.output(Output::Drop(connection.id()));
        }
        self.rotation = Rotation::default();
    }
}
