//! The connection that was replaced for its token's sake: it ends with DONE and LOGOUT, as a good client does, and what
//! its DONE's answer teaches is learned.

use std::time::{Duration, Instant};

use super::{Output, Watch};
use crate::connection::Incoming;
use crate::connection::sample::Sample;
use crate::connection::task::Task;
use crate::connection::{self, Input, Stall};
use crate::idle::{Change, End};
use crate::model::{ConnId, EventKind};

/// How long its LOGOUT is waited for.
const GOODBYE: Duration = Duration::from_secs(5);

impl Watch {
    pub(super) fn draining_incoming(&mut self, incoming: Incoming, now: Instant) {
        let Some(connection) = &mut self.rotation.old else { return };
        let conn = Some(connection.id());
        match incoming {
            Incoming::Response(response) => connection.handle(now, Input::Response(&response)),
            Incoming::Written(at) => connection.handle(at, Input::Written),
            Incoming::Line(line) => self.view.tell_of(conn, EventKind::Wire(line), now),
            Incoming::Unparsed(text) => self.view.tell_of(conn, EventKind::Unparsed { text }, now),
        }
        self.drive_draining(now);
    }

    pub(super) fn draining_sampled(&mut self, seen: Option<Sample>, now: Instant) {
        if let Some(connection) = &mut self.rotation.old {
            connection.handle(now, Input::Sampled(seen));
        }
        self.drive_draining(now);
    }

    pub(super) fn tick_draining(&mut self, now: Instant) {
        if let Some(connection) = &mut self.rotation.old {
            connection.handle(now, Input::Tick);
        }
        self.drive_draining(now);
    }

    pub(super) fn drive_draining(&mut self, now: Instant) {
        while let Some(connection) = &mut self.rotation.old
            && let Some(output) = connection.poll()
        {
            let conn = connection.id();
            match output {
                connection::Output::Send(line) => self.output(Output::Send(conn, line)),
                connection::Output::Sample => self.output(Output::Sample(conn)),
                connection::Output::Changed(Change::Finishing { reason, idle_age }) => {
                    self.view.tell_of(Some(conn), EventKind::DoneSent { reason, idle: idle_age }, now);
                }
                // The connection in use hears of the mailbox; the kernel keeps its own patience.
                connection::Output::Changed(_) | connection::Output::UserTimeout(_) | connection::Output::Late(_) => {}
                connection::Output::Ended(end) => self.draining_ended(conn, end, now),
                connection::Output::Stalled(stall) => self.draining_stalled(conn, *stall, now),
            }
        }
    }

    fn draining_ended(&mut self, conn: ConnId, end: End, now: Instant) {
        match end {
            End::Done(receipt) => {
                self.tell_answered(Some(conn), &receipt, now);
                if self.receipt().is_none() {
                    self.view.touch().receipt = Some(receipt);
                }
                self.log_out_draining(now);
            }
            End::ServerEnded(_) => self.log_out_draining(now),
            End::Bye(text) => {
                self.view.tell_of(Some(conn), EventKind::Bye { text: text.whole() }, now);
                self.drop_draining();
            }
            End::Overdue(_) | End::Refused(_) => self.drop_draining(),
        }
    }

    fn log_out_draining(&mut self, now: Instant) {
        if let Some(connection) = &mut self.rotation.old {
            connection.work();
            let conn = connection.id();
            self.output(Output::Start(conn, Box::new(Task::Logout { by: now + GOODBYE })));
        }
    }

    fn drop_draining(&mut self) {
        if let Some(connection) = self.rotation.old.take() {
            self.output(Output::Drop(connection.id()));
        }
    }

    /// Its DONE was ignored: that is as telling as any other. It is kept and read.
    fn draining_stalled(&mut self, conn: ConnId, stall: Stall, now: Instant) {
        let receipt = stall.receipt.clone();
        self.tell_stall(Some(conn), stall, now);
        if let Some(connection) = self.rotation.old.take() {
            self.quarantine(connection, receipt, now);
        }
    }
}
