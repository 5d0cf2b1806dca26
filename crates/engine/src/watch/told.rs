//! What comes while a job runs, or between two IDLEs.

use std::time::Instant;

use super::{Activity, BURST, Watch};
use crate::session::Incoming;
use mailwatch_proto::connection::task::Progress;
use mailwatch_proto::idle::Input;
use mailwatch_proto::model::{EventKind, Status, WatchId};
use mailwatch_proto::response::{Code, Response};

impl Watch {
    /// A job told something.
    pub(super) fn told(&mut self, of: Option<&WatchId>, told: Progress, now: Instant) {
        if of.is_some() {
            self.crew_told(of, told, now);
            return;
        }
        match told {
            Progress::Phase(phase) => self.report.phase(phase, now),
            Progress::Event(kind) => self.report.tell(kind, now),
            Progress::Mails(mails) => self.report.mails(mails, now),
            Progress::Fault(fault) => self.report.fault(&fault, now),
            Progress::Server(server) => self.report.server(server),
            Progress::Past(past) => self.report.earlier(*past),
            Progress::Response(response) => self.aside(Incoming::Response(response), now),
            Progress::Unparsed(text) => self.aside(Incoming::Unparsed(text), now),
            Progress::Line(line) => self.aside(Incoming::Line(line), now),
            told @ (Progress::LookedAt(_) | Progress::Missing(_) | Progress::Listed(_)) => {
                self.crew_told(None, told, now)
            }
        }
    }

    /// Something came on the connection that the loop itself reads.
    pub(super) fn incoming(&mut self, incoming: Incoming, now: Instant) {
        self.report.touch().heard = Some(now);
        match &mut self.activity {
            Activity::Idling(_, idle) => match incoming {
                Incoming::Response(response) => {
                    idle.handle(now, Input::Response(&response));
                    self.elsewhere(&response, now);
                    self.wish_elsewhere(now);
                    self.drive(now);
                }
                Incoming::Unparsed(text) => {
                    idle.handle(now, Input::Noise);
                    self.heart.heard(now);
                    self.report.tell(EventKind::Unparsed { text }, now);
                    self.drive(now);
                }
                Incoming::Written(at) => {
                    idle.handle(at, Input::Written);
                    self.drive(now);
                }
                Incoming::Line(_) => self.aside(incoming, now),
            },
            Activity::Polling(..) => {
                if let Incoming::Response(Response::Bye(text)) = &incoming {
                    let text = text.clone();
                    self.bye(&text, now);
                    return;
                }
                let grew = matches!(&incoming, Incoming::Response(Response::Exists(count))
                    if self.known().is_some_and(|mailbox| *count > mailbox.exists));
                self.aside(incoming, now);
                if grew || self.turn_at(now).is_some_and(|at| at <= now) {
                    self.poll(now);
                }
            }
            Activity::Working(_) | Activity::Waiting(_) | Activity::Resting | Activity::Over => {}
        }
    }

    /// Tells what nobody asked for.
    pub(super) fn aside(&mut self, incoming: Incoming, now: Instant) {
        match incoming {
            Incoming::Line(line) => self.report.tell(EventKind::Wire(line), now),
            Incoming::Unparsed(text) => self.report.tell(EventKind::Unparsed { text }, now),
            Incoming::Written(_) => {}
            Incoming::Response(response) => self.aside_response(response, now),
        }
    }

    fn aside_response(&mut self, response: Response, now: Instant) {
        self.elsewhere(&response, now);
        match response {
            Response::Exists(count) => self.exists(count, now),
            Response::Expunge(_) => self.expunged(1, now),
            Response::Vanished(count) => self.expunged(count, now),
            Response::Fetch(_) => self.flags(now),
            // It answers our LOGOUT (RFC 3501 §6.1.3).
            Response::Bye(_) if self.leaving.is_some() => {}
            Response::Bye(text) => self.report.tell(EventKind::Bye { text: text.whole() }, now),
            Response::Status { status, text } if status != Status::Ok || text.code == Some(Code::Alert) => {
                self.report.tell(EventKind::Alert { text: text.whole() }, now);
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
            | Response::Other => {}
        }
    }

    /// The mailbox holds so many messages now.
    pub(super) fn exists(&mut self, count: u32, now: Instant) {
        if self.is_away() {
            return;
        }
        let before = self.report.now().exists;
        if before == Some(count) {
            return;
        }
        self.changed = true;
        self.report.touch().exists = Some(count);
        let delta = i64::from(count) - i64::from(before.unwrap_or(0));
        self.report.tell(EventKind::Exists { count, delta }, now);
    }

    pub(super) fn expunged(&mut self, count: u32, now: Instant) {
        self.changed = true;
        let exists = self.report.now().exists.map(|before| before.saturating_sub(count));
        self.report.touch().exists = exists;
        self.burst.expunged = self.burst.expunged.saturating_add(count);
        self.burst.until.get_or_insert(now + BURST);
    }

    pub(super) fn flags(&mut self, now: Instant) {
        self.changed = true;
        self.burst.flags = self.burst.flags.saturating_add(1);
        self.burst.until.get_or_insert(now + BURST);
    }

    pub(super) fn tell_burst(&mut self, now: Instant) {
        let burst = std::mem::take(&mut self.burst);
        if burst.expunged > 0 {
            self.report.tell(EventKind::Expunge { count: burst.expunged }, now);
        }
        if burst.flags > 0 {
            self.report.tell(EventKind::Flags { count: burst.flags }, now);
        }
    }
}
