//! A DONE that was not answered: said why, its connection kept to look at, and another made at once.

use std::time::{Duration, Instant};

use super::{Output, Watch};
use crate::connection::Incoming;
use crate::connection::task::Task;
use crate::connection::{self, Connection, Input, Late, Stall};
use crate::model::{ConnId, EventKind, Fate, LateResponses, Loss, Next, QuarantineEnd, Quarantined, Receipt};

/// How long its LOGOUT is waited for.
const GOODBYE: Duration = Duration::from_secs(5);

impl Watch {
    /// DONE was not answered on the connection in use.
    pub(super) fn stalled(&mut self, stall: Stall, now: Instant) {
        let _ = self.close_idle(now);
        self.turn_ends(None, now);
        let Some(connection) = self.take_connection() else { return };
        let (verdict, receipt) = (stall.finding.verdict, stall.receipt.clone());
        let finding = stall.finding.clone();
        self.tell_stall(Some(connection.id()), stall, now);
        self.view.conclude(finding, now);
        self.lose(connection.known.heard.unwrap_or(receipt.queued), Loss::Concluded(verdict));
        let idled_for = self.fitness.since.take().map(|since| now.saturating_duration_since(since));
        if self.leaving.why.is_some() {
            self.output(Output::Drop(connection.id()));
            self.left(now);
            return;
        }
        self.quarantine(connection, receipt, now);
        self.retry(idled_for, Next::Retry, now);
    }

    /// Tells and keeps a DONE that was not answered, and learns from it.
    pub(super) fn tell_stall(&mut self, conn: Option<ConnId>, stall: Stall, now: Instant) {
        let Stall { receipt, finding, waited, .. } = &stall;
        let (verdict, waited) = (finding.verdict, *waited);
        let evidence = finding.evidence.clone().unwrap_or_default();
        self.view.receipt(conn, receipt, Some(verdict), false, now);
        let age = receipt.idle_age;
        self.view.notice(now, crate::view::Notice::Stall(conn, Box::new(stall)));
        self.view.failed(age, Fate::Stalled, now);
        self.view.tell_of(conn, EventKind::Stalled { verdict, waited, evidence }, now);
    }

    /// Keeps a connection whose DONE was not answered. One a watch: an older one goes.
    pub(super) fn quarantine(&mut self, mut connection: Box<Connection>, receipt: Receipt, now: Instant) {
        self.release(QuarantineEnd::LetGo, now);
        let conn = connection.id();
        let responses = LateResponses::default();
        self.view.touch().quarantined = Some(Quarantined { conn, since: now, receipt: receipt.clone(), responses });
        connection.quarantine(receipt, now);
        self.quarantined = Some(connection);
        self.output(Output::Offer(conn));
        self.drive_quarantined(now);
    }

    /// Lets the quarantined connection go.
    pub(super) fn release(&mut self, end: QuarantineEnd, now: Instant) {
        self.drop_quarantined();
        self.view.part(end, now);
    }

    /// The same without a word.
    pub(super) fn drop_quarantined(&mut self) {
        if let Some(connection) = self.quarantined.take() {
            self.output(Output::Withdraw(connection.id()));
            self.output(Output::Drop(connection.id()));
        }
    }

    /// The account needs its place.
    pub(super) fn room_needed(&mut self, conn: ConnId, now: Instant) {
        let kept = self.quarantined.as_ref().filter(|connection| connection.id() == conn);
        if kept.is_some_and(|connection| connection.quarantined().is_some()) {
            self.release(QuarantineEnd::LetGo, now);
        }
    }

    pub(super) fn tick_quarantined(&mut self, now: Instant) {
        if let Some(connection) = &mut self.quarantined {
            connection.handle(now, Input::Tick);
            self.drive_quarantined(now);
        }
    }

    pub(super) fn quarantined_incoming(&mut self, incoming: Incoming, now: Instant) {
        let Some(connection) = &mut self.quarantined else { return };
        let conn = Some(connection.id());
        match incoming {
            Incoming::Response(response) => connection.handle(now, Input::Response(&response)),
            Incoming::Written(at) => connection.handle(at, Input::Written),
            Incoming::Line(line) => self.view.tell_of(conn, EventKind::Wire(line), now),
            Incoming::Unparsed(text) => self.view.tell_of(conn, EventKind::Unparsed { text }, now),
        }
        self.drive_quarantined(now);
    }

    fn drive_quarantined(&mut self, now: Instant) {
        while let Some(connection) = &mut self.quarantined
            && let Some(output) = connection.poll()
        {
            let conn = connection.id();
            match output {
                connection::Output::UserTimeout(limit) => self.output(Output::UserTimeout(conn, limit)),
                connection::Output::Late(late) => self.late(conn, late, now),
                // No IDLE runs on it.
                connection::Output::Send(_)
                | connection::Output::Sample
                | connection::Output::Changed(_)
                | connection::Output::Ended(_)
                | connection::Output::Stalled(_) => {}
            }
        }
    }

    fn late(&mut self, conn: ConnId, late: Late, now: Instant) {
        let of = Some(conn);
        match late {
            Late::Untagged(responses, exists) => {
                if let Some(quarantined) = &mut self.view.touch().quarantined {
                    quarantined.responses = responses;
                }
                if let Some(count) = exists {
                    // The replacement hears of it too, and tells what is new: here only the sign of life is told.
                    self.view.tell_of(of, EventKind::Exists { count, delta: 0 }, now);
                }
            }
            Late::Answered { receipt, acked } => {
                if acked {
                    let took = now.saturating_duration_since(receipt.written.unwrap_or(receipt.queued));
                    self.view.tell_of(of, EventKind::DoneAcked { took }, now);
                }
                self.late_answer(conn, &receipt, now);
            }
            Late::Bye(text) => {
                self.view.tell_of(of, EventKind::Bye { text: text.whole() }, now);
                self.release(QuarantineEnd::Bye, now);
            }
            Late::Expired => self.release(QuarantineEnd::GivenUp, now),
        }
    }

    fn late_answer(&mut self, conn: ConnId, receipt: &Receipt, now: Instant) {
        let (Some(answer), Some(took)) = (&receipt.answer, receipt.took()) else { return };
        let (reason, status, untagged) = (receipt.reason, answer.status, answer.untagged);
        self.view.receipt(Some(conn), receipt, None, true, now);
        let kind = EventKind::DoneAnswered { reason, took, status, untagged, late: true };
        self.view.tell_of(Some(conn), kind, now);
        self.view.part(QuarantineEnd::Answered { took, status }, now);
        if let Some(connection) = &mut self.quarantined {
            connection.work();
            self.output(Output::Withdraw(conn));
            self.output(Output::Start(conn, Box::new(Task::Logout { by: now + GOODBYE })));
        }
    }
}
