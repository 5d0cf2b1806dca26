//! What the user asks of a watch, what the configuration asks, and the program's end.

use std::time::{Duration, Instant};

use super::{Activity, Leave, Output, Watch};
use crate::command_governor::Wish;
use crate::configured_timers::ConfiguredTimers;
use crate::connection::{Connection, Input};
use crate::model::{Asker, Command, DoneReason, EventKind, Loss, Origin, Phase, TIMERS, Timer};

/// How long the program's end may take for a watch: DONE, its answer, LOGOUT. The whole program has 2 seconds.
const STOP_WITHIN: Duration = Duration::from_millis(1600);

impl Watch {
    pub(super) fn command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Done => self.done_now(now),
            Command::Reconnect => {
                self.forget_set_aside(now);
                self.reconnect(now);
            }
            Command::Pause if self.is_set_aside() => self.pause_own(now),
            Command::Pause if self.shares() && self.leaving.why.is_none() && !self.is_resting() => self.pause_own(now),
            Command::Pause => self.leave(Leave::Pause, now),
            Command::Resume => self.resume(now),
            Command::Retune { timer, value, by } => self.set_timer(timer, value, by, now),
            Command::Learn => self.request_learning(now),
            Command::ResetNew => self.view.reset_new(now),
            Command::Mute(length) => self.view.mute(Some(length), now),
            Command::Unmute => self.view.mute(None, now),
        }
    }

    pub(super) fn is_resting(&self) -> bool {
        matches!(self.activity, Activity::Resting)
    }

    /// Whether it needs the user, and waits until it is tried again.
    pub(super) fn is_failed(&self) -> bool {
        matches!(self.activity, Activity::Waiting(_)) && self.view.connection_phase() == Phase::Failed
    }

    /// The user acts elsewhere: what waits need not.
    pub(super) fn user_acts(&mut self, now: Instant) {
        if matches!(self.activity, Activity::Waiting(_)) {
            self.again(now);
        }
    }

    /// Looks at the mailbox now, whatever that takes.
    pub(super) fn done_now(&mut self, now: Instant) {
        self.look_now(DoneReason::User, now);
    }

    /// The same for another reason of this machine's.
    pub(super) fn look_now(&mut self, reason: DoneReason, now: Instant) {
        match &self.activity {
            Activity::Connected(_) => {
                self.want_turn(reason, Wish::Person, now);
                self.drive(now);
            }
            Activity::Waiting(_) => self.again(now),
            // The user has said that it rests.
            Activity::Resting | Activity::Over => {}
        }
    }

    pub(super) fn reconnect(&mut self, now: Instant) {
        if self.leaving.why.is_some() {
            return;
        }
        self.drop_alive(now);
        self.again(now);
    }

    /// Lets the connection in use go while it lives, without a word: blind from now on.
    fn drop_alive(&mut self, now: Instant) {
        if self.fitness.since.take().is_some() {
            self.lose(now, Loss::User);
        }
        self.become_(Activity::Resting);
        self.pace.forget();
    }

    fn resume(&mut self, now: Instant) {
        if self.resume_own(now) {
            return;
        }
        match self.leaving.why {
            // The pause is not through yet: the new connection does not wait for it.
            Some(Leave::Pause) => {
                self.leaving.why = None;
                self.drop_alive(now);
                self.again(now);
            }
            None if self.is_resting() || self.is_failed() => self.again(now),
            Some(Leave::Stop) | None => {}
        }
    }

    /// A new connection because the user wants one: what was refused may be tried again.
    pub(super) fn again(&mut self, now: Instant) {
        self.backoff.forget();
        self.forgive_refusals();
        self.forget_rotation();
        self.connect_as(true, now);
    }

    /// The user sets a timer. The configuration's own value is the configuration's again.
    pub(super) fn set_timer(&mut self, timer: Timer, value: Option<Duration>, by: Option<Asker>, now: Instant) {
        let is_learned = timer == Timer::Reissue && self.configured.auto;
        let configured = self.configured.timers.tuned(timer);
        let origin = if configured.value == value && !is_learned { configured.origin } else { Origin::You };
        if timer == Timer::Reissue {
            self.view.touch().learning.origin = None;
        }
        self.retune_by(timer, value, origin, by, now);
    }

    /// The user wants `reissue` learned. Where the configuration does, it is the configuration's again.
    pub(super) fn request_learning(&mut self, now: Instant) {
        let whose = if self.configured.auto { Origin::Config } else { Origin::You };
        self.learn_reissue(whose, now);
    }

    pub(super) fn retune(&mut self, timer: Timer, value: Option<Duration>, origin: Origin, now: Instant) {
        self.retune_by(timer, value, origin, None, now);
    }

    fn retune_by(&mut self, timer: Timer, value: Option<Duration>, origin: Origin, by: Option<Asker>, now: Instant) {
        let from = self.timers.value(timer);
        if from == value && self.timers.tuned(timer).origin == origin {
            return;
        }
        self.timers.set(timer, value, origin);
        self.view.touch().timers = self.timers;
        if from != value {
            self.view.tell(EventKind::Retuned { timer, from, to: value, origin, by: by.map(|by| by.to_string()) }, now);
        }
        let poll = self.timer_turn(self.timers.limit(Timer::Poll), now);
        let Some(connection) = self.connection() else { return };
        if connection.running().is_some() {
            self.retune_idle(now);
        } else if let Some(at) = connection.polling().filter(|_| timer == Timer::Poll) {
            connection.poll_at(at.min(poll));
        }
    }

    /// The configuration has other timers: what it changed is applied, what the user tuned beside that stays.
    pub(super) fn configure(&mut self, new: ConfiguredTimers, now: Instant) {
        let old = std::mem::replace(&mut self.configured, new);
        for spec in TIMERS {
            let learns = |configured: &ConfiguredTimers| spec.timer == Timer::Reissue && configured.auto;
            let tuned = new.timers.tuned(spec.timer);
            if tuned == old.timers.tuned(spec.timer) && learns(&new) == learns(&old) {
                continue;
            }
            if learns(&new) {
                self.learn_reissue(Origin::Config, now);
                continue;
            }
            if spec.timer == Timer::Reissue {
                self.view.touch().learning.origin = None;
            }
            self.retune(spec.timer, tuned.value, tuned.origin, now);
        }
    }

    /// Lets go of the connection with DONE and LOGOUT.
    pub(super) fn leave(&mut self, leave: Leave, now: Instant) {
        if self.leaving.why == Some(Leave::Stop) {
            return;
        }
        self.leaving.why = Some(leave);
        self.forget_rotation();
        let reason = match leave {
            Leave::Pause => DoneReason::Pause,
            Leave::Stop => {
                self.leaving.by = Some(now + STOP_WITHIN);
                self.drop_quarantined();
                DoneReason::Shutdown
            }
        };
        let (idles, polls) = self
            .active()
            .map_or((false, false), |connection| (connection.running().is_some(), connection.polling().is_some()));
        if idles {
            self.feed(now, Input::Done(reason));
        } else if polls {
            self.log_out(now);
        } else {
            // What a task was doing is found again at the next start.
            self.become_(Activity::Resting);
            self.left(now);
        }
    }

    /// Where the connection waits between two polls or in an IDLE, it is at hand.
    pub(super) fn at_hand(&self) -> Option<&Connection> {
        self.active().filter(|connection| connection.running().is_some() || connection.polling().is_some())
    }

    /// `reissue` is learned from now on; until what was kept has been read it stays as it is.
    fn learn_reissue(&mut self, whose: Origin, now: Instant) {
        self.view.touch().learning.origin = Some(whose);
        let preset = self.configured.timers.limit(Timer::Reissue);
        self.retune(Timer::Reissue, self.timers.value(Timer::Reissue), Origin::Learned, now);
        self.output(Output::Learn(preset));
    }

    /// The account's watches have learned another `reissue`. What the user has set stays.
    pub(super) fn take_learned(&mut self, value: Duration, ceiling: Option<Duration>, now: Instant) {
        if self.view.now().learning.ceiling != ceiling {
            self.view.touch().learning.ceiling = ceiling;
        }
        if self.view.now().learning.origin.is_some() {
            self.retune(Timer::Reissue, Some(value), Origin::Learned, now);
        }
    }
}
