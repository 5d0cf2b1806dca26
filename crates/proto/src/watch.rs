//! A watch: one mailbox kept under observation over the connections that it owns. Decides; its driver does.
//!
//! No socket, no clock, no loop: inputs and moments go in, outputs come out, and [`Watch::due`] says when it wants to
//! hear of time again.

mod announcing;
mod commands;
mod draining;
mod ending;
mod idling;
mod io;
mod others;
mod pace;
mod parts;
mod pushes;
mod quarantine;
mod reading;
mod rotation;
mod standby;
mod system;
mod tasks;

use std::collections::VecDeque;
use std::time::Instant;

use self::announcing::Announcing;
pub use self::io::{Finished, Input, Output, Supply};
use self::pace::Pace;
use self::parts::{Burst, Context, Fitness, Leave, Leaving, Seen, Silence};
use self::pushes::Pushes;
use self::rotation::Rotation;
use crate::backoff::Backoff;
use crate::boot_clock::BootClock;
use crate::command_governor::Wish;
use crate::configured_timers::ConfiguredTimers;
use crate::connection::task::{Appeared, Mailbox};
use crate::connection::{self, Connection};
use crate::model::{Loss, Snapshot, Timer, Timers};
use crate::outputs;
use crate::sharing::{LostConnection, SharedMailbox, Sharing};
use crate::view::View;

/// What a watch is doing.
#[derive(Debug)]
enum Activity {
    /// It has a connection, or makes one.
    Connected(Box<Connection>),
    /// Backoff.
    Waiting(Instant),
    /// Until the user says otherwise: paused or failed.
    Resting,
    /// The program ends.
    Over,
}

/// What a watch begins with.
#[derive(Debug)]
pub struct Beginning {
    /// What it shows and tells.
    pub view: View,
    /// The server in sentences: `host:port`.
    pub peer: String,
    /// Numbers and chance.
    pub supply: Box<dyn Supply>,
    /// The clock that goes on in a suspend.
    pub clock: BootClock,
    /// What the configuration has.
    pub configured: ConfiguredTimers,
    /// Set where the mailbox appeared while others of its account were watched.
    pub appeared: Option<Appeared>,
    /// Whether there is no mailbox yet: the connection only asks which there are.
    pub discovers: bool,
    /// Where the account's mailboxes share connections, or are found by LIST.
    pub sharing: Option<Sharing>,
}

/// What is left of a watch that ended.
#[derive(Debug)]
pub struct Remains {
    /// What it shows and has told.
    pub view: View,
    /// How far its mailbox was seen.
    pub known: Option<Mailbox>,
    /// The mailboxes that its connection served besides.
    pub shared: Vec<SharedMailbox>,
}

/// One mailbox under observation.
#[derive(Debug)]
pub struct Watch {
    view: View,
    context: Context,
    timers: Timers,
    configured: ConfiguredTimers,
    backoff: Backoff,
    activity: Activity,
    seen: Seen,
    fitness: Fitness,
    burst: Burst,
    pace: Pace,
    silence: Silence,
    quarantined: Option<Box<Connection>>,
    rotation: Rotation,
    leaving: Leaving,
    others: Others,
}

/// The mailboxes that share the connection, and what waits to be done.
#[derive(Debug, Default)]
struct Others {
    sharing: Option<Sharing>,
    outputs: VecDeque<Output>,
}

impl Watch {
    /// A watch that has not begun.
    #[must_use]
    pub fn new(beginning: Beginning) -> Self {
        let Beginning { view, peer, supply, clock, configured, appeared, discovers, sharing } = beginning;
        Self {
            timers: view.now().timers,
            view,
            context: Context { peer, supply, clock, discovers, changed: None },
            configured,
            backoff: Backoff::default(),
            activity: Activity::Resting,
            seen: Seen { mailbox: None, pushes: Pushes::default(), announcing: Announcing::default(), appeared },
            fitness: Fitness::default(),
            burst: Burst::default(),
            pace: Pace::default(),
            silence: Silence::default(),
            quarantined: None,
            rotation: Rotation::default(),
            leaving: Leaving::default(),
            others: Others { sharing, outputs: VecDeque::new() },
        }
    }

    /// Begins, or goes on after [`Watch::recover`]: connects, unless there is a reason to rest.
    pub fn begin(&mut self, now: Instant) {
        if matches!(self.activity, Activity::Resting) && self.leaving.why.is_none() {
            self.connect(now);
        }
    }

    /// Takes an input. What follows from it comes out of [`Watch::poll`].
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Tick => self.on_time(now),
            Input::Stop => self.leave(Leave::Stop, now),
            Input::Command(command) => self.command(command, now),
            Input::SharedCommand(id, command) => self.shared_command(&id, command, now),
            Input::Share(mailbox) => self.share(*mailbox, now),
            Input::List => self.list(now),
            Input::Again => self.retry_failed(now),
            Input::Room if matches!(self.activity, Activity::Waiting(_)) && !self.is_failed() => self.connect(now),
            Input::Room => {}
            Input::UserActs => self.user_acts(now),
            Input::Leaving(own) => own.into_iter().for_each(|seq| self.seen.pushes.note_own(seq)),
            Input::Marked { of: None, uidvalidity, uids } => self.marked(uidvalidity, &uids, now),
            Input::Marked { of: Some(id), uidvalidity, uids } => self.shared_marked(&id, uidvalidity, &uids, now),
            Input::Slept(slept) => self.woke(slept, now),
            Input::Rerouted { moved } => self.rerouted(moved, now),
            Input::ClockSet => self.clock_was_set(now),
            Input::NewDay => self.new_day(),
            Input::Configured(configured) => self.configure(configured, now),
            Input::Learned { value, ceiling } => self.take_learned(value, ceiling, now),
            Input::Clock(clock) => self.context.clock = clock,
            Input::Progress(conn, of, progress) => self.progress(conn, of.as_ref(), *progress, now),
            Input::Finished(conn, finished) => self.finished(conn, finished, now),
            Input::Renewed(renewed) => self.renewed(renewed, now),
            Input::Permit(granted) => self.permit(granted, now),
            Input::RoomNeeded(conn) => self.room_needed(conn, now),
            Input::Incoming(conn, incoming) => self.incoming(conn, incoming, now),
            Input::Broken(conn, fault, ending) => self.connection_broken(conn, &fault, ending, now),
            Input::Sampled(conn, seen) => self.sampled(conn, seen, now),
            Input::Heard(conn, at) => self.heard(conn, at),
        }
        self.hand_over_if_ready(now);
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<Output> {
        if let Some((id, notice)) = self.others.sharing.as_mut().and_then(Sharing::poll) {
            return Some(Output::Notice(Some(id), notice));
        }
        if let Some(notice) = self.view.poll() {
            return Some(Output::Notice(None, notice));
        }
        outputs::next(&mut self.others.outputs)
    }

    /// Brings what is shown up to date. To be called once what follows from the inputs is done, before it is published.
    pub fn present(&mut self, now: Instant) {
        let deadline = match &self.activity {
            Activity::Connected(connection) => match (connection.running(), connection.polling()) {
                (Some(idle), _) => {
                    let distrust = self.distrusts_at(now).map(|at| (at, Timer::Poll));
                    idle.deadline().into_iter().chain(distrust).min()
                }
                (None, Some(at)) => Some((at, Timer::Poll)),
                (None, None) => None,
            },
            Activity::Waiting(at) => Some((*at, Timer::RetryMin)),
            Activity::Resting | Activity::Over => None,
        };
        if self.view.now().deadline != deadline {
            self.view.touch().deadline = deadline;
        }
        let (lost, fit) = (self.lost(), self.fitness.since.is_some());
        if let Some(sharing) = &mut self.others.sharing {
            sharing.follow(&self.view, fit, lost, now);
        }
    }

    /// What is true of the watch's own mailbox now.
    #[must_use]
    pub fn now(&self) -> &Snapshot {
        self.view.now()
    }

    /// What its own mailbox shows, for whoever publishes it.
    pub const fn view(&mut self) -> &mut View {
        &mut self.view
    }

    /// The mailboxes that share the connection.
    pub fn shared(&mut self) -> impl Iterator<Item = &mut SharedMailbox> {
        self.others.sharing.iter_mut().flat_map(Sharing::mailboxes)
    }

    /// Gives a mailbox back that shares the connection.
    pub fn give_back(&mut self, id: &crate::model::WatchId, now: Instant) -> Option<SharedMailbox> {
        let mailbox = self.others.sharing.as_mut()?.remove(id);
        self.sharing_changed(now);
        mailbox
    }

    /// Whether the program's end is dealt with.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.activity, Activity::Over)
    }

    /// Whether the program's end was announced.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.leaving.why == Some(Leave::Stop)
    }

    /// Whether what comes on this connection is to be read for the watch. A task reads for itself.
    #[must_use]
    pub fn reads(&self, conn: crate::model::ConnId) -> bool {
        self.connections().any(|connection| connection.id() == conn && connection.reads())
    }

    /// The connection in use, if there is one.
    #[must_use]
    pub fn active(&self) -> Option<&Connection> {
        match &self.activity {
            Activity::Connected(connection) => Some(connection),
            Activity::Waiting(_) | Activity::Resting | Activity::Over => None,
        }
    }

    /// Its connections, in every role.
    pub fn connections(&self) -> impl Iterator<Item = &Connection> {
        let active = self.active().into_iter();
        let quarantined = self.quarantined.as_deref().into_iter();
        active.chain(quarantined).chain(self.rotation.standby()).chain(self.rotation.draining())
    }

    /// The next moment at which something must be done though nothing comes. A late [`Input::Tick`] does it all the same.
    #[must_use]
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let connections = self.connections().filter_map(|connection| connection.deadline().map(|(at, _)| at));
        let waiting = match &self.activity {
            Activity::Waiting(at) => Some(*at),
            Activity::Connected(_) | Activity::Resting | Activity::Over => None,
        };
        let idling = self.active().is_some_and(Connection::is_idling);
        let shared = if idling { self.shared_due(now) } else { None };
        let own = [
            waiting,
            shared,
            self.held_until(),
            self.quiet_at(now),
            self.pace.due(),
            self.burst.until,
            self.leaving.by,
            self.pushes_due(now),
            self.distrusts_at(now),
        ];
        own.into_iter().chain([self.rotation_due()]).flatten().chain(connections).min()
    }

    /// Ends; returns what is left of it.
    #[must_use]
    pub fn into_remains(self) -> Remains {
        let shared = self.others.sharing.map(Sharing::into_mailboxes).unwrap_or_default();
        Remains { view: self.view, known: self.seen.mailbox, shared }
    }

    fn on_time(&mut self, now: Instant) {
        if self.leaving.by.is_some_and(|by| by <= now) {
            self.over(now);
            return;
        }
        if self.burst.until.is_some_and(|at| at <= now) {
            self.tell_burst(now);
        }
        self.tell_held(false, now);
        self.tick_quarantined(now);
        self.begin_due(now);
        self.tick_pushes(now);
        self.tick_announcements(now);
        self.tick_standby(now);
        self.tick_draining(now);
        if self.rotation_due().is_some_and(|at| at <= now) {
            self.rotate();
        }
        match &self.activity {
            Activity::Connected(connection) => match connection.polling() {
                Some(at) if at <= now => self.ask(Wish::Timer, now),
                Some(_) => {}
                None => {
                    self.grow_quiet(now);
                    self.tick(now);
                    self.end_idle_for_others(now);
                }
            },
            Activity::Waiting(at) if *at <= now => self.connect(now),
            Activity::Waiting(_) | Activity::Resting | Activity::Over => {}
        }
    }

    fn over(&mut self, now: Instant) {
        self.tell_held(true, now);
        self.become_(Activity::Over);
        self.drop_quarantined();
        self.forget_rotation();
        self.leaving.by = None;
    }

    /// Enters another activity. A connection that is not part of it is let go.
    fn become_(&mut self, activity: Activity) {
        let before = std::mem::replace(&mut self.activity, activity);
        if let Activity::Connected(before) = before
            && self.active().is_none_or(|now| now.id() != before.id())
        {
            self.output(Output::Drop(before.id()));
        }
    }

    /// Takes the connection in use out of the watch's hands; the activity is to be set anew.
    fn take_connection(&mut self) -> Option<Box<Connection>> {
        match std::mem::replace(&mut self.activity, Activity::Resting) {
            Activity::Connected(connection) => Some(connection),
            other @ (Activity::Waiting(_) | Activity::Resting | Activity::Over) => {
                self.activity = other;
                None
            }
        }
    }

    fn connection(&mut self) -> Option<&mut Connection> {
        match &mut self.activity {
            Activity::Connected(connection) => Some(connection),
            Activity::Waiting(_) | Activity::Resting | Activity::Over => None,
        }
    }

    fn output(&mut self, output: Output) {
        self.others.outputs.push_back(output);
    }

    /// Notes that a connection that was fit for work is gone. What is said first of it counts.
    fn lose(&mut self, alive: Instant, why: Loss) {
        let Some(conn) = self.view.now().connection.id else { return };
        let lost = *self.fitness.lost.get_or_insert(parts::Lost { conn, alive, why });
        let shown = (!self.is_set_aside()).then_some(lost.alive);
        self.view.touch().blind.since = shown;
    }

    fn lost(&self) -> Option<LostConnection> {
        self.fitness.lost.map(|lost| (lost.conn, lost.alive, lost.why))
    }

    /// Hands an input to the connection in use, and does what follows.
    fn feed(&mut self, now: Instant, input: connection::Input<'_>) {
        if let Some(connection) = self.connection() {
            connection.handle(now, input);
        }
        self.drive(now);
    }
}

#[cfg(test)]
mod tests;
