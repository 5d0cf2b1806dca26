//! What a watch learns of its server while it runs: heartbeats, and the age that an IDLE may reach.

use std::time::{Duration, Instant, SystemTime};

use super::{Activity, Watch};
use crate::engine::verdict;
use crate::history::Outcome;
use crate::imap::idle::Input;
use crate::model::{DoneReason, EventKind, Origin, Timer};

impl Watch {
    /// Something happened to all watches at once.
    pub(super) fn feel(&mut self, now: Instant) {
        let pulse = *self.pulse.borrow_and_update();
        let before = std::mem::replace(&mut self.felt, pulse);
        if pulse.days != before.days {
            self.report.touch().blind.today = Duration::ZERO;
            self.new_day();
        }
        if pulse.slept.0 != before.slept.0 {
            self.tools.shared.woke(pulse.slept.0, pulse.slept.1);
            self.woke(pulse.slept.1, now);
        }
    }

    /// The machine runs again after a suspend: whatever lived before must prove that it still does.
    fn woke(&mut self, slept: Duration, now: Instant) {
        self.report.tell(EventKind::Slept { slept }, now);
        match &mut self.activity {
            Activity::Idling(_, idle) => {
                idle.handle(now, Input::Done(DoneReason::Slept));
                self.drive(now);
                self.report.conclude(verdict::slept(slept), now);
            }
            Activity::Polling(..) => self.poll(now),
            // Its reason to wait may be gone: the network that was not there before the lid closed.
            Activity::Waiting(_) => self.connect(now),
            Activity::Working(_) | Activity::Resting | Activity::Over => {}
        }
    }

    /// The server showed that it lives.
    pub(super) fn beat(&mut self, text: String, now: Instant) {
        self.report.tell(EventKind::Heartbeat { text }, now);
        self.heart.beat(now);
        self.report.touch().heartbeat = self.heart.period();
    }

    /// When this server's silence begins to mean something; only while it idles.
    pub(super) fn quiet_at(&self) -> Option<Instant> {
        match &self.activity {
            Activity::Idling(_, idle) if idle.is_idling() => self.heart.deadline(),
            Activity::Idling(..)
            | Activity::Working(_)
            | Activity::Polling(..)
            | Activity::Waiting(_)
            | Activity::Resting
            | Activity::Over => None,
        }
    }

    /// The heartbeats have stopped: DONE finds out why.
    pub(super) fn grow_quiet(&mut self, now: Instant) {
        let (Some(at), Some(period)) = (self.quiet_at(), self.heart.period()) else { return };
        if now < at {
            return;
        }
        self.report.conclude(verdict::quiet(period * 5 / 2, period), now);
        self.quiet = true;
        if let Activity::Idling(_, idle) = &mut self.activity {
            idle.handle(now, Input::Done(DoneReason::Silence));
            self.drive(now);
        }
    }

    /// An IDLE ended in a way that teaches something.
    pub(super) fn learn(&self, outcome: &Outcome) {
        self.tools.shared.learn(outcome);
    }

    /// The account's watches have learned another `reissue`. What the user has set stays.
    pub(super) fn take_learned(&mut self, now: Instant) {
        let Some(learned) = &mut self.learned else { return };
        let value = self.tools.shared.reissue(&learned.borrow_and_update(), &self.tools.id.mailbox, SystemTime::now());
        if self.timers.tuned(Timer::Reissue).origin != Origin::You {
            self.retune(Timer::Reissue, Some(value), Origin::Learned, now);
        }
    }
}
