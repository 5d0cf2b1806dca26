//! Rotation: before a token ends, the account gets another, and a new connection takes over while the old one idles.
//!
//! Until then the old one stays the watch's own, with all that it does: whatever the issuer or the server does to the
//! new one costs nothing. Only where the account may have no further connection is the old one let go first.

use std::time::{Duration, Instant};

use super::outgoing::Outgoing;
use super::successor::Successor;
use super::{Activity, Burst, Watch};
use crate::credential_cache::RENEW_AGAIN;
use crate::job::Live;
use mailwatch_proto::idle::Input;
use mailwatch_proto::model::{DoneReason, Fault, Loss, Timer};
use mailwatch_proto::token_lifetime::TokenLifetime;

/// When to look again for room in the account's budget.
const ROOM_AGAIN: Duration = Duration::from_secs(2);

/// What a watch has under way for its token's sake.
#[derive(Debug, Default)]
pub struct Rotation {
    /// The token that is to be replaced.
    lease: Option<TokenLifetime>,
    /// Not before then: the last attempt failed.
    pub(super) not_before: Option<Instant>,
    pub(super) attempts: u32,
    /// The issuer refused, for the token of this serial: only the user can do something.
    given_up: Option<u64>,
    pub(super) successor: Option<Successor>,
    pub(super) outgoing: Option<Outgoing>,
    /// The running DONE is there to let the connection go before there is another.
    pub(super) breaks: bool,
}

impl Watch {
    /// When the connection is to be replaced for its token's sake; never while anything else goes on.
    pub(super) fn rotation_due(&self) -> Option<Instant> {
        let live = match &self.activity {
            Activity::Idling(live, idle) if idle.is_idling() => live,
            Activity::Polling(live, _) => live,
            Activity::Idling(..) | Activity::Working(_) | Activity::Waiting(_) | Activity::Resting | Activity::Over => {
                return None;
            }
        };
        let busy = self.rotation.successor.is_some()
            || self.rotation.outgoing.is_some()
            || self.mail_due.is_some()
            || self.burst != Burst::default()
            || self.leaving.is_some();
        let given_up =
            self.rotation.given_up.is_some_and(|serial| live.lease.is_some_and(|lease| lease.serial == serial));
        if busy || given_up {
            return None;
        }
        let due = self.tools.shared.boot_clock().monotonic(live.replace?);
        Some(self.rotation.not_before.map_or(due, |at| at.max(due)))
    }

    /// It is due: see to a new token first.
    pub(super) fn rotate(&mut self) {
        let Some(lease) = self.live().and_then(|live| live.lease) else { return };
        self.rotation.lease = Some(lease);
        self.rotation.successor = Some(Successor::Renewing(self.tools.clone().renew(lease.serial)));
    }

    /// The connection in use, between two jobs.
    fn live(&self) -> Option<&Live> {
        match &self.activity {
            Activity::Idling(live, _) | Activity::Polling(live, _) => Some(live),
            Activity::Working(_) | Activity::Waiting(_) | Activity::Resting | Activity::Over => None,
        }
    }

    /// The account's command gives the old token still: it will give another before that ends.
    pub(super) fn not_renewed(&mut self, now: Instant) {
        self.rotation.successor = None;
        self.rotation.not_before = Some(now + RENEW_AGAIN.max(self.time_left(now) / 4));
    }

    /// How long the token that is to be replaced lives yet.
    fn time_left(&self, now: Instant) -> Duration {
        let span = self.rotation.lease.and_then(|lease| lease.span);
        span.map_or(Duration::ZERO, |span| {
            span.ends.saturating_duration_since(self.tools.shared.boot_clock().boottime(now))
        })
    }

    /// There is a new token: make the new connection, where the account may have one more.
    pub(super) fn renewed(&mut self, now: Instant) {
        self.rotation.successor = None;
        if let Some(place) = self.tools.shared.connections.try_acquire() {
            let (conn, known) = (self.next_conn(), self.known());
            let errands = self.home_alone();
            let job = self.tools.clone().connect_beside(place, self.timers, known, errands);
            self.rotation.successor = Some(Successor::Connecting(conn, job, None));
            return;
        }
        let patience = self.rotation.lease.and_then(|lease| lease.span);
        let patience = patience.map(|span| self.tools.shared.boot_clock().monotonic(span.patience()));
        if patience.is_some_and(|until| now + ROOM_AGAIN < until) {
            self.rotation.not_before = Some(now + ROOM_AGAIN);
            return;
        }
        self.break_first(now);
    }

    /// There is room for no other connection: let this one go, with the new token in hand.
    fn break_first(&mut self, now: Instant) {
        match std::mem::replace(&mut self.activity, Activity::Resting) {
            Activity::Idling(live, mut idle) => {
                self.rotation.breaks = true;
                idle.handle(now, Input::Done(DoneReason::Rotate));
                self.activity = Activity::Idling(live, idle);
                self.drive(now);
            }
            Activity::Polling(live, _) => {
                self.rotation.breaks = true;
                self.log_out_first(live, now);
            }
            other @ (Activity::Working(_) | Activity::Waiting(_) | Activity::Resting | Activity::Over) => {
                self.activity = other;
            }
        }
    }

    /// The connection that is let go first says LOGOUT; another follows at once.
    pub(super) fn log_out_first(&mut self, live: Box<Live>, now: Instant) {
        self.lose(now, Loss::Rotation);
        self.log_out(live, now);
    }

    /// The new token or connection could not be had: the old one goes on, and it is tried again in time.
    pub(super) fn rotation_failed(&mut self, fault: &Fault, now: Instant) {
        self.rotation.successor = None;
        self.report.fault(fault, now);
        if !fault.retry() {
            self.rotation.given_up = self.rotation.lease.map(|lease| lease.serial);
            return;
        }
        self.rotation.attempts = self.rotation.attempts.saturating_add(1);
        let bound = self.timers.limit(Timer::RetryMin).saturating_mul(2_u32.saturating_pow(self.rotation.attempts - 1));
        // Often enough to have more than one try before the token ends.
        let bound = bound.min(self.timers.limit(Timer::RetryMax)).min(self.time_left(now) / 3);
        self.rotation.not_before = Some(now + RENEW_AGAIN.max(bound.mul_f64(0.5 + fastrand::f64() / 2.0)));
    }

    /// Lets go of whatever is under way for the token's sake, without a word.
    pub(super) fn forget_rotation(&mut self) {
        self.rotation = Rotation::default();
    }
}
