//! A watch's course between its IDLEs: connect, bring the mailbox up to date, idle or poll, look again.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{Activity, Watch};
use crate::job::{Ended, Live};
use mailwatch_proto::connection::task::Mailbox;
use mailwatch_proto::model::{ConnId, Phase, Timer};

impl Watch {
    /// Begins a new connection.
    pub(super) fn connect(&mut self, now: Instant) {
        if self.succeed(now) {
            return;
        }
        self.rotation.breaks = false;
        let conn = self.next_conn();
        let (attempt, replacing) = (self.backoff.attempt(), self.stuck.is_some());
        let snapshot = self.report.touch();
        snapshot.conn = Some(conn);
        snapshot.attempt = attempt;
        snapshot.idle_since = None;
        snapshot.replacing = replacing;
        self.heart.forget();
        self.quiet = false;
        self.moved = false;
        self.report.phase(Phase::Connecting, now);
        let errands = self.errands(true, now);
        self.activity = Activity::Working(self.tools.clone().connect(self.timers, self.mailbox, errands));
    }

    pub(super) fn next_conn(&self) -> ConnId {
        ConnId(self.numbers.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// A job ended.
    pub(super) fn ended(&mut self, ended: Ended, now: Instant) {
        match ended {
            Ended::Ready(live, mailbox) => self.ready(live, mailbox, now),
            Ended::Failed(fault) => self.failed(&fault, now),
            Ended::LoggedOut => self.left(now),
            // The successor's job alone renews.
            Ended::Renewed(_) => {}
        }
    }

    /// The mailbox is up to date: issue IDLE, or poll.
    fn ready(&mut self, mut live: Box<Live>, mailbox: Option<Mailbox>, now: Instant) {
        self.changed = false;
        let heard = live.session.heard();
        let snapshot = self.report.touch();
        snapshot.heard = heard;
        if let Some(mailbox) = mailbox {
            snapshot.exists = Some(mailbox.exists);
            snapshot.unseen = mailbox.unseen;
            self.mailbox = Some(mailbox);
            self.tools.fresh = None;
        }
        self.settle(&mut live, mailbox.is_some(), now);
        if self.leaving.is_some() {
            self.log_out(live, now);
        } else if live.idles {
            self.request(live, now);
        } else {
            self.report.phase(Phase::Polling, now);
            self.fit(now);
            self.activity = Activity::Polling(live, self.poll_at(now));
        }
    }

    /// When a server without IDLE is asked next.
    pub(super) fn poll_at(&self, now: Instant) -> Instant {
        let own = now + self.timers.limit(Timer::Poll);
        self.turn_at(now).map_or(own, |turn| turn.min(own))
    }

    pub(super) fn poll(&mut self, now: Instant) {
        let Activity::Polling(live, _) = std::mem::replace(&mut self.activity, Activity::Resting) else { return };
        let (mailbox, errands) = (self.known(), self.errands(false, now));
        self.activity = Activity::Working(self.tools.clone().poll(live, self.timers, mailbox, errands));
    }

    /// The mailbox as it is known now: the count as last told.
    pub(super) fn known(&self) -> Option<Mailbox> {
        let exists = self.report.now().exists;
        self.mailbox.map(|mailbox| Mailbox { exists: exists.unwrap_or(mailbox.exists), ..mailbox })
    }

    /// Looks for news on a connection whose IDLE has ended, or that told of some by itself.
    pub(super) fn look(&mut self, live: Box<Live>, now: Instant) {
        self.mail_due = None;
        self.report.phase(Phase::CatchingUp, now);
        let (mailbox, errands) = (self.known(), self.errands(false, now));
        self.activity = Activity::Working(self.tools.clone().look(live, self.timers, mailbox, self.changed, errands));
    }
}
