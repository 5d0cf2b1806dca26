//! A connection's own mailbox that stands aside, paused or not there, while the connection serves others.

use std::time::Instant;

use super::{Activity, Watch};
use mailwatch_proto::idle::Input;
use mailwatch_proto::model::{DoneReason, FaultClass, Phase};

/// Why the connection's own mailbox stands aside though its connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// The user has paused it.
    Paused,
    /// It is not there.
    Missing,
    /// It comes back with the next look.
    Back,
}

impl Watch {
    /// Whether the connection's own mailbox stands aside.
    pub(super) fn is_away(&self) -> bool {
        self.crew.as_ref().is_some_and(|crew| matches!(crew.away, Some(Away::Paused | Away::Missing)))
    }

    /// Others depend on the connection from now on: one that rests because of its own mailbox is made all the same.
    pub(super) fn carry(&mut self, now: Instant) {
        if !matches!(self.activity, Activity::Resting) || self.leaving.is_some() {
            return;
        }
        let (phase, fault) = (self.report.now().phase, self.report.now().fault.as_ref());
        let missing = fault.is_some_and(|fault| fault.class == FaultClass::Mailbox);
        let away = match phase {
            Phase::Paused => Away::Paused,
            Phase::Failed if missing => Away::Missing,
            Phase::Failed
            | Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::CatchingUp
            | Phase::Requested
            | Phase::Idling
            | Phase::Finishing
            | Phase::Polling
            | Phase::Waiting
            | Phase::Ended => return,
        };
        if let Some(crew) = &mut self.crew {
            crew.away = Some(away);
        }
        self.report.step_aside(phase, now);
        self.connect(now);
    }

    /// The user pauses the connection's own mailbox while others depend on the connection.
    pub(super) fn pause_home(&mut self, now: Instant) {
        let Some(crew) = &mut self.crew else { return };
        crew.away = Some(Away::Paused);
        self.report.step_aside(Phase::Paused, now);
        if let Activity::Idling(_, idle) = &mut self.activity {
            idle.handle(now, Input::Done(DoneReason::Pause));
            self.drive(now);
        }
    }

    /// The user wants it back; whether it stood aside.
    pub(super) fn resume_home(&mut self, now: Instant) -> bool {
        let Some(crew) = self.crew.as_mut().filter(|crew| crew.away.is_some()) else { return false };
        crew.away = Some(Away::Back);
        self.report.step_back(now);
        self.report.phase(Phase::CatchingUp, now);
        match &mut self.activity {
            Activity::Idling(_, idle) => {
                idle.handle(now, Input::Done(DoneReason::User));
                self.drive(now);
            }
            Activity::Polling(..) => self.poll(now),
            Activity::Waiting(_) => self.connect(now),
            Activity::Working(_) | Activity::Resting | Activity::Over => {}
        }
        true
    }

    /// The home comes with whatever connection is made next.
    pub(super) fn call_home(&mut self, now: Instant) {
        if let Some(crew) = &mut self.crew
            && crew.away.take().is_some()
        {
            self.report.step_back(now);
        }
    }
}
