//! What happens to all watches at once, and what the server's heartbeats say.

use std::time::{Duration, Instant};

use super::{Activity, Watch};
use crate::command_governor::Wish;
use crate::connection::Connection;
use crate::model::{DoneReason, EventKind, Phase};
use crate::verdict::{self, MOVED_DEAD_AFTER};

/// Changes of the machine end a wait once in so long.
const CHANGES: Duration = Duration::from_secs(30);

impl Watch {
    /// A day begins.
    pub(super) fn new_day(&mut self) {
        self.view.touch().blind.today = Duration::ZERO;
        if let Some(sharing) = &mut self.others.sharing {
            sharing.new_day();
        }
    }

    /// The machine runs again after a suspend: whatever lived before must prove that it still does.
    pub(super) fn woke(&mut self, slept: Duration, now: Instant) {
        self.view.tell(EventKind::Slept { slept }, now);
        let Activity::Connected(connection) = &self.activity else {
            // The reason to wait may be gone: the network that was not there before the lid closed.
            self.world_changed(now);
            return;
        };
        let idles = connection.running().is_some();
        self.look_now(DoneReason::Slept, now);
        if idles {
            self.view.conclude(verdict::slept(slept), now);
        }
    }

    /// The wall clock was set: a certificate may be valid now.
    pub(super) fn clock_was_set(&mut self, now: Instant) {
        self.world_changed(now);
    }

    /// What it waits for may be there now, where that passes by itself. Not more often than a machine changes: networks
    /// that come and go must not have a server asked each time.
    fn world_changed(&mut self, now: Instant) {
        let &Activity::Waiting(due) = &self.activity else { return };
        let earliest = self.context.changed.map_or(now, |at| at + CHANGES);
        if self.is_failed() {
            return;
        }
        if earliest <= now {
            self.context.changed = Some(now);
            self.connect(now);
        } else {
            self.become_(Activity::Waiting(due.min(earliest)));
        }
    }

    /// The machine's network is another: what lived before must prove that it still does, and soon where its own address
    /// no longer leads to the server.
    pub(super) fn rerouted(&mut self, moved: bool, now: Instant) {
        let connecting = self.view.now().phase == Phase::Connecting;
        let Activity::Connected(connection) = &mut self.activity else {
            if moved {
                self.world_changed(now);
            }
            return;
        };
        if connection.running().is_some() {
            connection.judge_after(moved.then_some(MOVED_DEAD_AFTER));
            self.look_now(DoneReason::Network, now);
            self.view.conclude(verdict::rerouted(), now);
        } else if connection.polling().is_some() {
            self.look_now(DoneReason::Network, now);
        } else if connecting {
            self.connect(now);
        }
    }

    /// The server showed that it lives.
    pub(super) fn beat(&mut self, text: String, now: Instant) {
        self.view.tell(EventKind::Heartbeat { text }, now);
        self.silence.heart.beat(now);
        self.view.touch().connection.heartbeat = self.silence.heart.period();
    }

    /// When this server's silence begins to mean something; only while it idles.
    pub(super) fn quiet_at(&self, now: Instant) -> Option<Instant> {
        self.active().filter(|connection| Connection::is_idling(connection))?;
        // A server's heartbeats, and that they stop, are its words.
        Some(self.silence.heart.deadline()?.max(self.pace.earliest(Wish::Server, now)))
    }

    /// The heartbeats have stopped: DONE finds out why.
    pub(super) fn grow_quiet(&mut self, now: Instant) {
        let (Some(at), Some(period)) = (self.quiet_at(now), self.silence.heart.period()) else { return };
        if now < at {
            return;
        }
        self.view.conclude(verdict::quiet(period * 5 / 2, period), now);
        self.silence.asks = true;
        self.want_turn(DoneReason::Silence, Wish::Server, now);
        self.drive(now);
    }
}
