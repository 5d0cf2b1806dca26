//! The engine that the screen shows, which may be another one later: the screen outlives its engine.

use std::time::SystemTime;

use mailwatch_engine::link::{Commander, Ending, FrontEnd, NotTaken};
use mailwatch_proto::model::{Board, Command, Event, MailKey, WatchId};
use tokio::sync::watch;

use super::outbox::Outbox;
use super::requests::{Reply, RequestClient};

/// How many events are taken at once before keys and frames again.
const BATCH: usize = 512;

/// How many events of an engine are still taken once another has replaced it: more than a queue holds.
const LAST: usize = 1 << 16;

/// A screen's ends at an engine.
#[derive(Debug)]
pub struct Linked {
    /// What it shows, and where its commands go.
    pub front_end: FrontEnd,
    /// Where its requests go.
    pub requests: RequestClient,
    /// Whose engine it is.
    pub engine: EngineIs,
}

/// Whose engine a screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineIs {
    /// The screen's own, in its process.
    Own,
    /// Another process's, to which the screen is attached.
    Attached {
        /// What that process is: `watch` or `screen`.
        role: String,
        /// Since when it runs.
        since: SystemTime,
        /// Its number.
        pid: u32,
        /// The program's version there.
        version: String,
    },
    /// Those of several hosts, this one's among them where it has one: how each stands is on the board.
    Hosts,
}

impl EngineIs {
    /// Whether the two are one and the same process's: its connections keep their numbers.
    #[must_use]
    pub fn same_process(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Attached { since, pid, .. }, Self::Attached { since: other_since, pid: other_pid, .. }) => {
                (since, pid) == (other_since, other_pid)
            }
            (Self::Own | Self::Hosts, _) | (Self::Attached { .. }, Self::Own | Self::Hosts) => false,
        }
    }
}

/// What comes from the engine.
pub(super) enum Heard {
    Reply(Reply),
    /// The board has changed; it is taken when a frame is drawn.
    Board,
    Events(Vec<Event>),
    /// It has ended, after these events.
    Ended(Vec<Event>),
}

/// The link in use, and what of it is still open.
pub(super) struct LinkInUse {
    front_end: FrontEnd,
    requests: RequestClient,
    board: watch::Receiver<Board>,
    /// Whether a board waits to be taken.
    stale: bool,
    board_open: bool,
    events_open: bool,
    /// Whether the trace's lines are wanted, once that was said.
    wire: Option<bool>,
    /// Timers' settings that are not sent yet.
    outbox: Outbox,
}

impl LinkInUse {
    /// Uses a link from now on. Its board waits to be taken at once.
    pub(super) fn new(front_end: FrontEnd, requests: RequestClient) -> Self {
        let board = front_end.board.clone();
        Self {
            front_end,
            requests,
            board,
            stale: true,
            board_open: true,
            events_open: true,
            wire: None,
            outbox: Outbox::default(),
        }
    }

    /// What comes next; never ends. Cancel-safe.
    pub(super) async fn next(&mut self) -> Heard {
        tokio::select! {
            biased;
            reply = self.requests.reply() => Heard::Reply(reply),
            changed = self.board.changed(), if self.board_open && !self.stale => {
                // The last board may have come together with the end.
                self.stale = true;
                self.board_open = changed.is_ok();
                if self.board_open { Heard::Board } else { Heard::Ended(self.rest()) }
            }
            event = self.front_end.event(), if self.events_open => {
                let Some(event) = event else {
                    self.events_open = false;
                    return Heard::Ended(Vec::new());
                };
                let more = std::iter::from_fn(|| self.front_end.try_event()).take(BATCH);
                Heard::Events(std::iter::once(event).chain(more).collect())
            }
        }
    }

    /// Where watches stood before the engine began.
    pub(super) fn take_earlier(&mut self) -> Vec<Event> {
        self.front_end.take_earlier()
    }

    /// Why the engine has ended, where it has said so.
    pub(super) fn ending(&self) -> Option<Ending> {
        self.front_end.ending()
    }

    /// The board, if one waits.
    pub(super) fn take_board(&mut self) -> Option<Board> {
        std::mem::take(&mut self.stale).then(|| self.board.borrow_and_update().clone())
    }

    /// What had happened when another link took this one's place.
    pub(super) fn last_events(mut self) -> Vec<Event> {
        self.rest()
    }

    fn rest(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.front_end.try_event()).take(LAST).collect()
    }

    /// Says whether the trace's lines are wanted, where that has changed.
    pub(super) fn want_wire(&mut self, wanted: bool) {
        if self.wire.replace(wanted) != Some(wanted) {
            self.front_end.want_wire(wanted);
        }
    }

    /// Confirms that a mail was shown.
    pub(super) fn confirm(&self, mail: MailKey) {
        self.front_end.confirm(mail);
    }

    pub(super) const fn commander(&self) -> &Commander {
        self.front_end.commander()
    }

    /// Asks a watch. A timer's setting goes out with the next frame, the last of a burst alone.
    pub(super) fn ask(&mut self, watch: WatchId, command: Command) -> Result<(), NotTaken> {
        let Some((watch, command)) = self.outbox.hold(watch, command) else { return Ok(()) };
        self.send_held();
        self.commander().send(&watch, command)
    }

    /// Sends the timers' settings that wait; why one was not taken for good.
    pub(super) fn send_held(&mut self) -> Option<NotTaken> {
        let commander = self.front_end.commander();
        self.outbox.flush(|watch, command| commander.send(watch, command))
    }

    /// Whether a busy watch has still to take a setting.
    pub(super) fn holds(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Has the link to a host tried at once.
    #[cfg(unix)]
    pub(super) fn try_again(&self, host: &str) {
        if let Some(hosts) = self.front_end.hosts() {
            hosts.again(host);
        }
    }

    /// The links to hosts, where there are several.
    #[cfg(unix)]
    pub(super) const fn hosts(&self) -> Option<&mailwatch_engine::link::hosts::HostLinks> {
        self.front_end.hosts()
    }

    /// What is requested next and concerns no account is for this host.
    #[cfg(unix)]
    pub(super) fn aim(&self, host: &str) {
        if let Some(hosts) = self.front_end.hosts() {
            hosts.aim(host);
        }
    }

    /// No host is reached on this system.
    #[cfg(not(unix))]
    pub(super) const fn try_again(&self, _host: &str) {}

    /// The same.
    #[cfg(not(unix))]
    pub(super) const fn aim(&self, _host: &str) {}

    pub(super) const fn requests(&self) -> &RequestClient {
        &self.requests
    }
}
