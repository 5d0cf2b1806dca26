//! What wakes a watch, and what it does about it. The one `select!` of a watch stands here: nothing else is awaited.

use std::time::Instant;

use super::crew::{Crew, CrewStep};
use super::outgoing::{Outgoing, OutgoingStep};
use super::stuck::{Stuck, StuckStep};
use super::successor::{Successor, SuccessorStep};
use super::{Activity, Leave, Watch};
use crate::clock::now;
use crate::job::Step;
use crate::session::Incoming;
use crate::track::Track;
use mailwatch_proto::model::{Command, Fault, Parted, Timer};

/// What woke a watch.
#[derive(Debug)]
pub(super) enum Happened {
    Stop,
    Due,
    Command(Command),
    Pulse,
    Learned,
    Configured,
    Room,
    Step(Step),
    Incoming(Result<Incoming, Fault>),
    Stuck(StuckStep),
    Successor(SuccessorStep),
    Outgoing(OutgoingStep),
    Crew(CrewStep),
}

impl Watch {
    pub(super) async fn next(&mut self) -> Happened {
        let due = self.due();
        let behind = self.report.is_behind() || self.crew.as_ref().is_some_and(Crew::is_behind);
        tokio::select! {
            // Deadlines and commands first: a flood of bytes starves neither.
            biased;
            () = self.stop.cancelled(), if self.leaving != Some(Leave::Stop) => Happened::Stop,
            () = until(due) => Happened::Due,
            Some(command) = self.commands.recv() => Happened::Command(command),
            Ok(()) = self.pulse.changed() => Happened::Pulse,
            Ok(()) = self.learned.changed() => Happened::Learned,
            Ok(()) = self.config.changed() => Happened::Configured,
            () = self.report.publisher().room(), if behind => Happened::Room,
            step = Crew::next(self.crew.as_mut()) => Happened::Crew(step),
            happened = self.activity.next() => happened,
            step = Stuck::next(self.stuck.as_mut()) => Happened::Stuck(step),
            step = Successor::next(self.rotation.successor.as_mut()) => Happened::Successor(step),
            step = Outgoing::next(self.rotation.outgoing.as_mut()) => Happened::Outgoing(step),
        }
    }

    pub(super) fn take(&mut self, happened: Happened, now: Instant) {
        match happened {
            Happened::Stop => self.leave(Leave::Stop, now),
            Happened::Due => self.on_time(now),
            Happened::Command(command) => self.command(command, now),
            Happened::Pulse => self.feel(now),
            Happened::Learned => self.take_learned(now),
            Happened::Configured => self.configure(now),
            Happened::Room => {
                self.report.relieve();
                if let Some(crew) = &mut self.crew {
                    crew.relieve();
                }
            }
            Happened::Step(Step::Told(of, told)) => self.told(of.as_ref(), told, now),
            Happened::Step(Step::Ended(ended)) => self.ended(ended, now),
            Happened::Incoming(Ok(incoming)) => self.incoming(incoming, now),
            Happened::Incoming(Err(fault)) => self.broken(&fault, now),
            Happened::Stuck(step) => self.stuck_step(step, now),
            Happened::Successor(step) => self.successor_step(step, now),
            Happened::Outgoing(step) => self.outgoing_step(step, now),
            Happened::Crew(step) => self.crew_step(step, now),
        }
        self.hand_over_if_ready(now);
    }

    /// The next moment at which something must be done though nothing comes.
    fn due(&self) -> Option<Instant> {
        let activity = match &self.activity {
            Activity::Idling(_, idle) => idle.deadline().map(|(at, _)| at),
            Activity::Polling(_, at) | Activity::Waiting(at) => Some(*at),
            Activity::Working(_) | Activity::Resting | Activity::Over => None,
        };
        let turn = match &self.activity {
            Activity::Idling(_, idle) if idle.is_idling() => self.turn_at(now()),
            Activity::Idling(..)
            | Activity::Polling(..)
            | Activity::Waiting(_)
            | Activity::Working(_)
            | Activity::Resting
            | Activity::Over => None,
        };
        let quiet = self.quiet_at();
        let probe = self.probe.as_ref().and_then(Track::next);
        let stuck = self.stuck.as_ref().and_then(Stuck::until);
        let rotation = self.rotation_due();
        let successor = self.rotation.successor.as_ref().and_then(Successor::until);
        let outgoing = self.rotation.outgoing.as_ref().and_then(Outgoing::until);
        let own = [activity, turn, quiet, probe, stuck, self.mail_due, self.burst.until, self.stop_by];
        own.into_iter().chain([rotation, successor, outgoing]).flatten().min()
    }

    pub(super) fn show_deadline(&mut self) {
        let deadline = match &self.activity {
            Activity::Idling(_, idle) => idle.deadline(),
            Activity::Polling(_, at) => Some((*at, Timer::Poll)),
            Activity::Waiting(at) => Some((*at, Timer::RetryMin)),
            Activity::Working(_) | Activity::Resting | Activity::Over => None,
        };
        if self.report.now().deadline != deadline {
            self.report.touch().deadline = deadline;
        }
    }

    fn on_time(&mut self, now: Instant) {
        if self.stop_by.is_some_and(|by| by <= now) {
            self.over();
            return;
        }
        if self.burst.until.is_some_and(|at| at <= now) {
            self.tell_burst(now);
        }
        if self.stuck.as_ref().and_then(Stuck::until).is_some_and(|at| at <= now) {
            self.release_stuck(Parted::GivenUp, now);
        }
        if self.probe.as_ref().and_then(Track::next).is_some_and(|at| at <= now) {
            self.sample(now);
        }
        if self.mail_due.is_some_and(|at| at <= now) {
            self.wish_mail(now);
        }
        self.tick_successor(now);
        self.tick_outgoing(now);
        if self.rotation_due().is_some_and(|at| at <= now) {
            self.rotate();
        }
        match &self.activity {
            Activity::Idling(..) => {
                self.grow_quiet(now);
                self.tick(now);
                self.take_turn(now);
            }
            Activity::Polling(_, at) if *at <= now => self.poll(now),
            Activity::Waiting(at) if *at <= now => self.connect(now),
            Activity::Polling(..)
            | Activity::Waiting(_)
            | Activity::Working(_)
            | Activity::Resting
            | Activity::Over => {}
        }
    }
}

impl Activity {
    async fn next(&mut self) -> Happened {
        match self {
            Self::Working(job) => Happened::Step(job.next().await),
            Self::Idling(live, _) | Self::Polling(live, _) => Happened::Incoming(live.session.next().await),
            Self::Waiting(_) | Self::Resting | Self::Over => std::future::pending().await,
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
