//! A watch's life: one loop over its connection, its commands, its clock. Decides; jobs and machines do.
//!
//! Nothing is awaited here but the one `select!` in [`Watch::next`]: whatever a server does, commands and deadlines
//! are heard.

mod away;
mod commands;
mod crew;
mod elsewhere;
mod ending;
mod idling;
mod learning;
mod outgoing;
mod probe;
mod rotation;
mod stuck;
mod successor;
mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

pub use self::crew::{Crew, CrewStep, Listing, Order};
use self::outgoing::{Outgoing, OutgoingStep};
use self::rotation::Rotation;
use self::stuck::{Stuck, StuckStep};
use self::successor::{Successor, SuccessorStep};
use super::account::Lessons;
use super::backoff::Backoff;
use super::catch_up::Mailbox;
use super::guest::Guest;
use super::heartbeat::Heartbeat;
use super::job::{Ended, Job, Live, Step, Tools};
use super::now;
use super::pulse::Pulse;
use super::reconfigure::Configured;
use super::report::Reporter;
use super::track::Track;
use crate::imap::idle::Idle;
use crate::imap::session::Incoming;
use crate::link::Commands;
use crate::model::{Command, ConnId, Fault, Loss, Parted, Phase, Timer, Timers};

/// How long the program's end may take for a watch: DONE, its answer, LOGOUT. The whole program has 2 seconds.
const STOP_WITHIN: Duration = Duration::from_millis(1600);

/// Responses of a burst (EXPUNGE, FETCH) are told together, once it has lasted so long.
const BURST: Duration = Duration::from_millis(100);

/// What a watch is doing.
#[derive(Debug)]
enum Activity {
    /// A job runs.
    Working(Job),
    /// The server idles, or is about to.
    Idling(Box<Live>, Box<Idle>),
    /// No IDLE here; the next look is due then.
    Polling(Box<Live>, Instant),
    /// Backoff.
    Waiting(Instant),
    /// Until the user says otherwise: paused or failed.
    Resting,
    /// The program ends.
    Over,
}

/// Why a watch is letting go of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    /// The user pauses it.
    Pause,
    /// The program ends.
    Stop,
}

/// A connection that was fit for work and is gone, until another idles in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lost {
    conn: ConnId,
    /// Its last proof of life.
    alive: Instant,
    /// What became of it.
    why: Loss,
}

/// Responses that are told together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Burst {
    expunged: u32,
    flags: u32,
    until: Option<Instant>,
}

/// What woke a watch.
#[derive(Debug)]
enum Happened {
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

/// What is left of a watch that ended.
#[derive(Debug)]
pub struct Finished {
    /// Its snapshot, and what it has told.
    pub report: Reporter,
    /// How far its mailbox was seen.
    pub known: Option<Mailbox>,
    /// The guests that its connection served.
    pub guests: Vec<Guest>,
}

/// One mailbox under observation.
#[derive(Debug)]
pub struct Watch {
    tools: Tools,
    timers: Timers,
    report: Reporter,
    commands: Commands,
    stop: CancellationToken,
    pulse: tokio::sync::watch::Receiver<Pulse>,
    felt: Pulse,
    lessons: tokio::sync::watch::Receiver<Lessons>,
    numbers: Arc<AtomicU64>,
    /// The timers as the configuration has them now, and as they were last taken from it.
    config: tokio::sync::watch::Receiver<Configured>,
    configured: Configured,
    backoff: Backoff,
    activity: Activity,
    mailbox: Option<Mailbox>,
    /// Since when the current connection has been idling or polling for the first time.
    fit_since: Option<Instant>,
    /// Whether the mailbox's figures changed since they were asked for.
    changed: bool,
    /// When DONE for new mail last went out, and when the next may.
    mail_done: Option<Instant>,
    mail_due: Option<Instant>,
    burst: Burst,
    heart: Heartbeat,
    /// Whether the running DONE asks why the heartbeats have stopped.
    quiet: bool,
    probe: Option<Track>,
    /// Whether the connection's own address is no longer the one that leads to the server.
    moved: bool,
    stuck: Option<Stuck>,
    rotation: Rotation,
    lost: Option<Lost>,
    leaving: Option<Leave>,
    /// Where the account's mailboxes share connections, or are found by LIST.
    crew: Option<Crew>,
    stop_by: Option<Instant>,
}

impl Watch {
    /// A watch that has not begun. `numbers` gives connections their numbers.
    #[must_use]
    pub fn new(
        tools: Tools,
        report: Reporter,
        commands: Commands,
        stop: CancellationToken,
        pulse: tokio::sync::watch::Receiver<Pulse>,
        numbers: Arc<AtomicU64>,
        mut config: tokio::sync::watch::Receiver<Configured>,
    ) -> Self {
        let configured = *config.borrow_and_update();
        // What happened to all before this one was there did not happen to it.
        let felt = *pulse.borrow();
        let timers = report.now().timers;
        let lessons = tools.shared.lessons.subscribe();
        let mut watch = Self {
            tools,
            timers,
            report,
            commands,
            stop,
            pulse,
            felt,
            lessons,
            numbers,
            config,
            configured,
            backoff: Backoff::default(),
            activity: Activity::Resting,
            mailbox: None,
            fit_since: None,
            changed: false,
            mail_done: None,
            mail_due: None,
            burst: Burst::default(),
            heart: Heartbeat::new(),
            quiet: false,
            probe: None,
            moved: false,
            stuck: None,
            rotation: Rotation::default(),
            lost: None,
            leaving: None,
            crew: None,
            stop_by: None,
        };
        if configured.auto {
            watch.take_learned(now());
        }
        watch
    }

    /// The same among others of its account.
    #[must_use]
    pub fn in_crew(mut self, crew: Option<Crew>) -> Self {
        self.crew = crew;
        self
    }

    /// Watches until the program ends.
    pub async fn run(&mut self) {
        self.first_orders(now());
        if matches!(self.activity, Activity::Resting) && self.leaving.is_none() {
            self.connect(now());
        }
        loop {
            self.show_deadline();
            self.lead(now());
            self.report.publish();
            if let Some(crew) = &mut self.crew {
                crew.publish();
            }
            if matches!(self.activity, Activity::Over) {
                return;
            }
            let happened = self.next().await;
            self.take(happened, now());
        }
    }

    /// Ends; returns what is left of it.
    pub fn into_finished(self) -> Finished {
        let guests = self.crew.map(Crew::into_guests).unwrap_or_default();
        Finished { report: self.report, known: self.mailbox, guests }
    }

    /// Puts the watch back on its feet after a panic in its own code: the connection is gone, the watch goes on.
    pub fn recover(&mut self) {
        let fault = Fault::retry_after(
            crate::model::FaultClass::Protocol,
            "this program failed while it read this server (a bug; the log has its place); connecting anew",
        );
        self.release_stuck(Parted::LetGo, now());
        self.forget_rotation();
        self.failed(&fault, now());
    }

    async fn next(&mut self) -> Happened {
        let due = self.due();
        let behind = self.report.is_behind() || self.crew.as_ref().is_some_and(Crew::is_behind);
        tokio::select! {
            // Deadlines and commands first: a flood of bytes starves neither.
            biased;
            () = self.stop.cancelled(), if self.leaving != Some(Leave::Stop) => Happened::Stop,
            () = until(due) => Happened::Due,
            Some(command) = self.commands.recv() => Happened::Command(command),
            Ok(()) = self.pulse.changed() => Happened::Pulse,
            Ok(()) = self.lessons.changed() => Happened::Learned,
            Ok(()) = self.config.changed() => Happened::Configured,
            () = self.report.publisher().room(), if behind => Happened::Room,
            step = Crew::next(self.crew.as_mut()) => Happened::Crew(step),
            happened = self.activity.next() => happened,
            step = Stuck::next(self.stuck.as_mut()) => Happened::Stuck(step),
            step = Successor::next(self.rotation.successor.as_mut()) => Happened::Successor(step),
            step = Outgoing::next(self.rotation.outgoing.as_mut()) => Happened::Outgoing(step),
        }
    }

    fn take(&mut self, happened: Happened, now: Instant) {
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

    fn show_deadline(&mut self) {
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

    /// Begins a new connection.
    fn connect(&mut self, now: Instant) {
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

    fn next_conn(&self) -> ConnId {
        ConnId(self.numbers.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// A job ended.
    fn ended(&mut self, ended: Ended, now: Instant) {
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
    fn poll_at(&self, now: Instant) -> Instant {
        let own = now + self.timers.limit(Timer::Poll);
        self.turn_at(now).map_or(own, |turn| turn.min(own))
    }

    fn poll(&mut self, now: Instant) {
        let Activity::Polling(live, _) = std::mem::replace(&mut self.activity, Activity::Resting) else { return };
        let (mailbox, errands) = (self.known(), self.errands(false, now));
        self.activity = Activity::Working(self.tools.clone().poll(live, self.timers, mailbox, errands));
    }

    /// The mailbox as it is known now: the count as last told.
    fn known(&self) -> Option<Mailbox> {
        let exists = self.report.now().exists;
        self.mailbox.map(|mailbox| Mailbox { exists: exists.unwrap_or(mailbox.exists), ..mailbox })
    }

    /// Looks for news on a connection whose IDLE has ended, or that told of some by itself.
    fn look(&mut self, live: Box<Live>, now: Instant) {
        self.mail_due = None;
        self.report.phase(Phase::CatchingUp, now);
        let (mailbox, errands) = (self.known(), self.errands(false, now));
        self.activity = Activity::Working(self.tools.clone().look(live, self.timers, mailbox, self.changed, errands));
    }

    fn over(&mut self) {
        self.activity = Activity::Over;
        self.stuck = None;
        self.forget_rotation();
        self.stop_by = None;
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
