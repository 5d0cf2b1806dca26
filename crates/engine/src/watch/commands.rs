//! What the user asks of a watch, and the program's end.

use std::time::{Duration, Instant};

use super::{Activity, Leave, Lost, STOP_WITHIN, Watch};
use crate::configured_timers::ConfiguredTimers;
use crate::job::Live;
use mailwatch_proto::idle::Input;
use mailwatch_proto::model::{Command, DoneReason, EventKind, Loss, Origin, Phase, Timer};

/// How long LOGOUT's reply is waited for: nothing depends on it.
const GOODBYE: Duration = Duration::from_millis(500);

impl Watch {
    pub(super) fn command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Done => self.done_now(now),
            Command::Reconnect => {
                self.call_home(now);
                self.reconnect_all(now);
            }
            Command::Pause if self.is_away() => self.pause_home(now),
            Command::Pause
                if self.carries() && self.leaving.is_none() && !matches!(self.activity, Activity::Resting) =>
            {
                self.pause_home(now);
            }
            Command::Pause => self.leave(Leave::Pause, now),
            Command::Resume => self.resume(now),
            Command::Retune { timer, value } => self.set_timer(timer, value, now),
            Command::Learn => self.wish_learned(now),
        }
    }

    /// Look at the mailbox now, whatever that takes.
    fn done_now(&mut self, now: Instant) {
        match &mut self.activity {
            Activity::Idling(_, idle) => {
                idle.handle(now, Input::Done(DoneReason::User));
                self.drive(now);
            }
            Activity::Polling(..) => self.poll(now),
            Activity::Waiting(_) => self.connect(now),
            // A job looks already; who rests was told to.
            Activity::Working(_) | Activity::Resting | Activity::Over => {}
        }
    }

    pub(super) fn reconnect_all(&mut self, now: Instant) {
        if self.leaving.is_some() {
            return;
        }
        if self.fit_since.take().is_some() {
            // It was let go while alive: blind from now on.
            self.lose(now, Loss::User);
        }
        self.let_go();
        self.again(now);
    }

    fn resume(&mut self, now: Instant) {
        if self.resume_home(now) {
            return;
        }
        match self.leaving {
            // The pause is not through yet: the new connection waits for nobody.
            Some(Leave::Pause) => {
                self.leaving = None;
                if self.fit_since.take().is_some() {
                    self.lose(now, Loss::User);
                }
                self.let_go();
                self.again(now);
            }
            None if matches!(self.activity, Activity::Resting) => self.again(now),
            Some(Leave::Stop) | None => {}
        }
    }

    /// A new connection because the user wants one: what was refused may be tried again.
    pub(super) fn again(&mut self, now: Instant) {
        self.backoff.forget();
        self.forget_rotation();
        self.tools.forgive = true;
        self.connect(now);
        self.tools.forgive = false;
    }

    /// Drops the connection in use without a word.
    fn let_go(&mut self) {
        self.activity = Activity::Resting;
        self.probe = None;
        self.mail_due = None;
    }

    /// The user sets a timer. The configuration's own value is the configuration's again.
    pub(super) fn set_timer(&mut self, timer: Timer, value: Option<Duration>, now: Instant) {
        let is_learned = timer == Timer::Reissue && self.configured.auto;
        let configured = self.configured.timers.tuned(timer);
        let origin = if configured.value == value && !is_learned { configured.origin } else { Origin::You };
        if timer == Timer::Reissue {
            self.report.touch().learns = None;
        }
        self.retune(timer, value, origin, now);
    }

    /// The user wants `reissue` learned. Where the configuration does, it is the configuration's again.
    pub(super) fn wish_learned(&mut self, now: Instant) {
        let whose = if self.configured.auto { Origin::Config } else { Origin::You };
        self.learn_reissue(whose, now);
    }

    pub(super) fn retune(&mut self, timer: Timer, value: Option<Duration>, origin: Origin, now: Instant) {
        let from = self.timers.value(timer);
        if from == value && self.timers.tuned(timer).origin == origin {
            return;
        }
        self.timers.set(timer, value, origin);
        self.report.touch().timers = self.timers;
        if from != value {
            self.report.tell(EventKind::Retuned { timer, from, to: value, origin }, now);
        }
        match &mut self.activity {
            Activity::Idling(_, idle) => {
                idle.handle(now, Input::Retune(self.timers));
                self.drive(now);
            }
            Activity::Polling(_, at) if timer == Timer::Poll => {
                *at = (*at).min(now + self.timers.limit(Timer::Poll));
            }
            Activity::Polling(..)
            | Activity::Working(_)
            | Activity::Waiting(_)
            | Activity::Resting
            | Activity::Over => {}
        }
    }

    /// The configuration has other timers: what it changed is applied, what the user tuned beside that stays.
    pub(super) fn configure(&mut self, now: Instant) {
        let new = *self.config.borrow_and_update();
        let old = std::mem::replace(&mut self.configured, new);
        for spec in mailwatch_proto::model::TIMERS {
            let learns = |config: &ConfiguredTimers| spec.timer == Timer::Reissue && config.auto;
            let tuned = new.timers.tuned(spec.timer);
            if tuned == old.timers.tuned(spec.timer) && learns(&new) == learns(&old) {
                continue;
            }
            if learns(&new) {
                self.learn_reissue(Origin::Config, now);
                continue;
            }
            if spec.timer == Timer::Reissue {
                self.report.touch().learns = None;
            }
            self.retune(spec.timer, tuned.value, tuned.origin, now);
        }
    }

    /// Lets go of the connection with DONE and LOGOUT.
    pub(super) fn leave(&mut self, leave: Leave, now: Instant) {
        if self.leaving == Some(Leave::Stop) {
            return;
        }
        self.leaving = Some(leave);
        self.forget_rotation();
        let reason = match leave {
            Leave::Pause => DoneReason::Pause,
            Leave::Stop => {
                self.stop_by = Some(now + STOP_WITHIN);
                self.stuck = None;
                DoneReason::Shutdown
            }
        };
        match std::mem::replace(&mut self.activity, Activity::Resting) {
            Activity::Idling(live, mut idle) => {
                idle.handle(now, Input::Done(reason));
                self.activity = Activity::Idling(live, idle);
                self.drive(now);
            }
            Activity::Polling(live, _) => self.log_out(live, now),
            // What a job was doing is found again at the next start.
            Activity::Working(_) | Activity::Waiting(_) | Activity::Resting | Activity::Over => self.left(now),
        }
    }

    pub(super) fn log_out(&mut self, live: Box<Live>, now: Instant) {
        self.activity = Activity::Working(self.tools.clone().log_out(live, now + GOODBYE));
    }

    /// The connection is let go.
    pub(super) fn left(&mut self, now: Instant) {
        self.fit_since = None;
        self.probe = None;
        match self.leaving.take() {
            Some(Leave::Pause) => {
                self.activity = Activity::Resting;
                let snapshot = self.report.touch();
                snapshot.idle_since = None;
                snapshot.replacing = false;
                self.lost = None;
                self.report.touch().blind.since = None;
                self.report.phase(Phase::Paused, now);
            }
            Some(Leave::Stop) => {
                self.leaving = Some(Leave::Stop);
                self.over();
            }
            None if self.rotation.breaks => self.connect(now),
            None => self.activity = Activity::Resting,
        }
    }

    /// Notes that a connection that was fit for work is gone. What is said first of it counts.
    pub(super) fn lose(&mut self, alive: Instant, why: Loss) {
        let Some(conn) = self.report.now().conn else { return };
        let lost = *self.lost.get_or_insert(Lost { conn, alive, why });
        self.report.touch().blind.since = (!self.is_away()).then_some(lost.alive);
    }
}
