//! What comes while a task runs, in an IDLE, or between two polls.

use std::time::Instant;

use super::Watch;
use crate::connection::Incoming;
use crate::connection::sample::Sample;
use crate::connection::{Connection, Ending, Input, Role};
use crate::model::{ConnId, DoneReason, EventKind, Fault, QuarantineEnd, Status};
use crate::response::{Code, Response};

impl Watch {
    /// Something came on a connection that no task runs on.
    pub(super) fn incoming(&mut self, conn: ConnId, incoming: Incoming, now: Instant) {
        match self.role_of(conn) {
            Some(Role::Active) => self.active_incoming(incoming, now),
            Some(Role::Standby) => self.standby_incoming(incoming, now),
            Some(Role::Draining) => self.draining_incoming(incoming, now),
            Some(Role::Quarantined) => self.quarantined_incoming(incoming, now),
            None => {}
        }
    }

    fn active_incoming(&mut self, incoming: Incoming, now: Instant) {
        self.view.touch().connection.heard = Some(now);
        let Some(connection) = self.connection() else { return };
        if connection.running().is_some() {
            match incoming {
                Incoming::Response(response) => {
                    let hint = self.pushed(&response, now);
                    if let Some(connection) = self.connection() {
                        connection.handle(now, Input::Response(&response));
                    }
                    self.shared_response(&response, now);
                    self.end_idle_for_news(now);
                    if let Some(text) = hint {
                        self.hint(text, now);
                    }
                    self.drive(now);
                }
                Incoming::Unparsed(text) => {
                    connection.handle(now, Input::Noise);
                    self.silence.heart.heard(now);
                    self.view.tell(EventKind::Unparsed { text }, now);
                    self.drive(now);
                }
                Incoming::Written(at) => {
                    connection.handle(at, Input::Written);
                    self.drive(now);
                }
                Incoming::Line(_) => self.unasked(incoming, now),
            }
        } else if connection.polling().is_some() {
            self.polled_incoming(incoming, now);
        }
    }

    fn polled_incoming(&mut self, incoming: Incoming, now: Instant) {
        if let Incoming::Response(Response::Bye(text)) = &incoming {
            self.bye(&text.clone(), now);
            return;
        }
        let grew = matches!(&incoming, Incoming::Response(Response::Exists(count))
            if self.known().is_some_and(|mailbox| *count > mailbox.exists));
        self.unasked(incoming, now);
        if grew {
            self.request_mail(now);
        } else if self.shared_due(now).is_some_and(|at| at <= now) {
            self.want_turn(DoneReason::Turn, self.shared_wish(now), now);
        }
    }

    /// Tells what nobody asked for.
    pub(super) fn unasked(&mut self, incoming: Incoming, now: Instant) {
        match incoming {
            Incoming::Line(line) => self.view.tell(EventKind::Wire(line), now),
            Incoming::Unparsed(text) => self.view.tell(EventKind::Unparsed { text }, now),
            Incoming::Written(_) => {}
            Incoming::Response(response) => self.unasked_response(response, now),
        }
    }

    fn unasked_response(&mut self, response: Response, now: Instant) {
        // A look follows, or is under way.
        let _ = self.pushed(&response, now);
        self.shared_response(&response, now);
        match response {
            Response::Exists(count) => self.exists(count, now),
            Response::Expunge(_) => self.expunged(1, now),
            Response::Vanished(count) => self.expunged(count, now),
            Response::Fetch(_) => self.flags(now),
            // It answers our LOGOUT (RFC 3501 §6.1.3).
            Response::Bye(_) if self.leaving.why.is_some() => {}
            Response::Bye(text) => self.view.tell(EventKind::Bye { text: text.whole() }, now),
            Response::Status { status, text } if status != Status::Ok || text.code == Some(Code::Alert) => {
                self.view.tell(EventKind::Alert { text: text.whole() }, now);
            }
            Response::Status { .. }
            | Response::Continue { .. }
            | Response::Tagged { .. }
            | Response::Preauth(_)
            | Response::Capability(_)
            | Response::Search(_)
            | Response::MailboxStatus(..)
            | Response::List(_)
            | Response::Id(_)
            | Response::Recent(_)
            | Response::Other => {}
        }
    }

    /// The mailbox holds so many messages now.
    pub(super) fn exists(&mut self, count: u32, now: Instant) {
        if self.is_set_aside() {
            return;
        }
        let before = self.view.now().mailbox.exists;
        if before == Some(count) {
            return;
        }
        self.view.touch().mailbox.exists = Some(count);
        let delta = i64::from(count) - i64::from(before.unwrap_or(0));
        self.view.tell(EventKind::Exists { count, delta }, now);
    }

    pub(super) fn expunged(&mut self, count: u32, now: Instant) {
        let exists = self.view.now().mailbox.exists.map(|before| before.saturating_sub(count));
        self.view.touch().mailbox.exists = exists;
        let count = count.saturating_sub(self.seen.pushes.take_own_gone());
        if count > 0 {
            self.burst.expunge(count, now);
        }
    }

    pub(super) fn flags(&mut self, now: Instant) {
        if !self.seen.pushes.take_own_flagged() {
            self.burst.flag(now);
        }
    }

    pub(super) fn tell_burst(&mut self, now: Instant) {
        let burst = std::mem::take(&mut self.burst);
        if burst.expunged > 0 {
            self.view.tell(EventKind::Expunge { count: burst.expunged }, now);
        }
        if burst.flags > 0 {
            self.view.tell(EventKind::Flags { count: burst.flags }, now);
        }
    }

    /// When events that are held are to be told.
    pub(super) fn held_until(&self) -> Option<Instant> {
        let shared = self.others.sharing.as_ref().and_then(crate::sharing::Sharing::held_until);
        self.view.held_until().into_iter().chain(shared).min()
    }

    /// Tells the events that were held for long enough; `all`: every one, for nothing follows.
    pub(super) fn tell_held(&mut self, all: bool, now: Instant) {
        self.view.tell_held(all, now);
        self.shared().for_each(|mailbox| mailbox.view.tell_held(all, now));
    }

    /// A look at a socket that was asked for.
    pub(super) fn sampled(&mut self, conn: ConnId, seen: Option<Sample>, now: Instant) {
        match self.role_of(conn) {
            Some(Role::Active) => self.feed(now, Input::Sampled(seen)),
            Some(Role::Draining) => self.draining_sampled(seen, now),
            // Neither has a DONE on its way.
            Some(Role::Standby | Role::Quarantined) | None => {}
        }
    }

    /// When the last byte came on a connection.
    pub(super) fn heard(&mut self, conn: ConnId, at: Instant) {
        let active = match &mut self.activity {
            super::Activity::Connected(connection) => Some(&mut **connection),
            super::Activity::Waiting(_) | super::Activity::Resting | super::Activity::Over => None,
        };
        let standby = self.rotation.standby_mut();
        let mine = |connection: &&mut Connection| connection.id() == conn;
        if let Some(connection) = active.into_iter().chain(standby).find(mine) {
            connection.known.heard = Some(at);
        }
    }

    /// A connection broke while no task ran on it.
    pub(super) fn connection_broken(&mut self, conn: ConnId, fault: &Fault, ending: Option<Ending>, now: Instant) {
        match self.role_of(conn) {
            Some(Role::Active) => self.broken(fault, ending, now),
            Some(Role::Standby) => self.rotation_failed(fault, now),
            Some(Role::Draining) => {
                self.rotation.drained();
                self.output(super::Output::Drop(conn));
            }
            Some(Role::Quarantined) => {
                let class = crate::model::FaultClass::Closed;
                let message = format!("the stuck connection is gone, its DONE was never answered: {}", fault.message);
                self.view.tell_of(Some(conn), EventKind::Fault { class, message, retry: true }, now);
                self.release(QuarantineEnd::Gone, now);
            }
            None => {}
        }
    }
}
