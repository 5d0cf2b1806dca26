//! What a watch learns of its server while it runs: heartbeats, and the age that an IDLE may reach.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::{Activity, Watch};
use crate::learned_timing::LearnedTiming;
use crate::network::has_moved;
use mailwatch_proto::idle::Input;
use mailwatch_proto::model::Outcome;
use mailwatch_proto::model::{DoneReason, EventKind, Origin, Phase, Timer};
use mailwatch_proto::verdict;

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
        if pulse.networks != before.networks {
            self.rerouted(now);
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

    /// The machine's network is another: what lived before must prove that it still does, and soon where its own address
    /// no longer leads to the server.
    fn rerouted(&mut self, now: Instant) {
        match &mut self.activity {
            Activity::Idling(live, idle) => {
                self.moved = live.session.io().tcp().is_some_and(has_moved);
                idle.handle(now, Input::Done(DoneReason::Network));
                self.drive(now);
                self.report.conclude(verdict::rerouted(), now);
            }
            Activity::Polling(..) => self.poll(now),
            // What they wait for may be there now.
            Activity::Waiting(_) => self.connect(now),
            Activity::Working(_) if self.report.now().phase == Phase::Connecting => self.connect(now),
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
        self.report.publisher().change(|board| {
            let ages = board.ages.entry(Arc::clone(&self.tools.id.account)).or_default();
            Arc::make_mut(ages).note(outcome.age, outcome.fate.end(outcome.took));
        });
    }

    /// From now on `reissue` is learned; until what was kept has been read it stays as it is.
    pub(super) fn learn_reissue(&mut self, whose: Origin, now: Instant) {
        self.report.touch().learns = Some(whose);
        let preset = self.configured.timers.limit(Timer::Reissue);
        self.tools.shared.load_learned(&self.tools.history, preset);
        self.retune(Timer::Reissue, self.timers.value(Timer::Reissue), Origin::Learned, now);
        self.take_learned(now);
    }

    /// The account's watches have learned another `reissue`. What the user has set stays.
    pub(super) fn take_learned(&mut self, now: Instant) {
        let (value, ceiling) = {
            let LearnedTiming::Known(tuning) = &*self.learned.borrow_and_update() else { return };
            let at = SystemTime::now();
            (self.tools.shared.reissue(tuning, &self.tools.id.mailbox, at), tuning.ceiling(at))
        };
        if self.report.now().ceiling != ceiling {
            self.report.touch().ceiling = ceiling;
        }
        if self.report.now().learns.is_some() {
            self.retune(Timer::Reissue, Some(value), Origin::Learned, now);
        }
    }
}
