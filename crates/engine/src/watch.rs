//! A watch's life: one loop over its connection, its commands, its clock. Decides; jobs and machines do.
//!
//! Nothing is awaited here but the one `select!` in [`wake`]: whatever a server does, commands and deadlines
//! are heard.

mod away;
mod commands;
mod course;
mod crew;
mod crewed;
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
mod wake;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

pub use self::crew::Crew;
use self::rotation::Rotation;
use self::stuck::Stuck;
use super::configured_timers::ConfiguredTimers;
use super::job::{Job, Live};
use super::learned_timing::LearnedTiming;
use super::publish::Reporter;
use super::pulse::Pulse;
use super::task::Tools;
use super::track::Track;
use super::watch_handle::Finished;
use crate::clock::now;
use crate::link::Commands;
use mailwatch_proto::backoff::Backoff;
use mailwatch_proto::connection::task::Mailbox;
use mailwatch_proto::heartbeat::Heartbeat;
use mailwatch_proto::idle::Idle;
use mailwatch_proto::model::{ConnId, Fault, Loss, Parted, Timers};

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
    learned: tokio::sync::watch::Receiver<LearnedTiming>,
    numbers: Arc<AtomicU64>,
    /// The timers as the configuration has them now, and as they were last taken from it.
    config: tokio::sync::watch::Receiver<ConfiguredTimers>,
    configured: ConfiguredTimers,
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
        mut config: tokio::sync::watch::Receiver<ConfiguredTimers>,
    ) -> Self {
        let configured = *config.borrow_and_update();
        // What happened to all before this one was there did not happen to it.
        let felt = *pulse.borrow();
        let timers = report.now().timers;
        let learned = tools.shared.learned.subscribe();
        let mut watch = Self {
            tools,
            timers,
            report,
            commands,
            stop,
            pulse,
            felt,
            learned,
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
            mailwatch_proto::model::FaultClass::Protocol,
            "this program failed while it read this server (a bug; the log has its place); connecting anew",
        );
        self.release_stuck(Parted::LetGo, now());
        self.forget_rotation();
        self.failed(&fault, now());
    }

    fn over(&mut self) {
        self.activity = Activity::Over;
        self.stuck = None;
        self.forget_rotation();
        self.stop_by = None;
    }
}
