//! An IDLE on the connection in use: what it changes is told, how it ends is acted on.

use std::time::{Duration, Instant};

use super::{Leave, Output, Watch};
use crate::command_governor::Wish;
use crate::connection::{self, Connection, Input};
use crate::idle::{Change, End};
use crate::model::{ConnId, DoneReason, EventKind, Fault, FaultClass, Loss, Phase, Receipt, Status, Timer};
use crate::verdict;
use crate::view::Notice;

/// A server that ends IDLE so soon by itself does not really have it.
const CUT_SHORT: Duration = Duration::from_secs(5);

/// How often in a row it may, before it is polled.
const CUT_SHORT_LIMIT: u8 = 3;

impl Watch {
    /// Issues IDLE.
    pub(super) fn request(&mut self, tag: String, now: Instant) {
        let timers = self.idle_timers(now);
        if let Some(connection) = self.connection() {
            connection.idle(tag, timers, now);
        }
        self.seen.announcing.idle_begins();
        self.view.touch().connection.idle_since = Some(now);
        self.view.phase(Phase::Requested, now);
        self.drive(now);
    }

    pub(super) fn tick(&mut self, now: Instant) {
        self.feed(now, Input::Tick);
    }

    /// Acts on everything that the connection in use has to say.
    pub(super) fn drive(&mut self, now: Instant) {
        while let Some(connection) = self.connection() {
            let conn = connection.id();
            let Some(output) = connection.poll() else { return };
            match output {
                connection::Output::Send(line) => self.output(Output::Send(conn, line)),
                connection::Output::Sample => self.output(Output::Sample(conn)),
                connection::Output::UserTimeout(limit) => self.output(Output::UserTimeout(conn, limit)),
                connection::Output::Changed(change) => self.changed(change, now),
                connection::Output::Ended(end) => self.idle_ended(end, now),
                connection::Output::Stalled(stall) => self.stalled(*stall, now),
                // It is not in quarantine.
                connection::Output::Late(_) => {}
            }
        }
    }

    pub(super) fn changed(&mut self, change: Change, now: Instant) {
        match change {
            Change::Idling => {
                self.view.phase(Phase::Idling, now);
                self.silence.heart.idle_began(now);
                self.listening(now);
                self.fit(now);
            }
            Change::Finishing { reason, idle_age } => {
                self.silence.heart.idle_ended();
                self.listened(reason, idle_age, now);
                self.turn_begins(reason, now);
                self.view.tell(EventKind::DoneSent { reason, idle: idle_age }, now);
                self.view.phase(Phase::Finishing, now);
                self.view.conclude(verdict::finishing(), now);
                self.show_receipt();
            }
            Change::Exists(count) => {
                self.silence.heart.heard(now);
                let grew = !self.is_set_aside() && self.view.now().mailbox.exists.is_none_or(|known| count > known);
                self.exists(count, now);
                if grew {
                    self.request_mail(now);
                }
            }
            Change::Expunged(count) => {
                self.silence.heart.heard(now);
                self.expunged(count, now);
            }
            Change::Flags => {
                self.silence.heart.heard(now);
                self.flags(now);
            }
            Change::Heartbeat(text) => self.beat(text, now),
            Change::Alert(text) => {
                self.silence.heart.heard(now);
                self.view.tell(EventKind::Alert { text }, now);
            }
            Change::Written => self.show_receipt(),
            Change::Acked => {
                self.show_receipt();
                if let Some(receipt) = self.receipt().cloned() {
                    self.tell_acked(&receipt, now);
                }
            }
        }
    }

    /// The running DONE's receipt.
    pub(super) fn receipt(&self) -> Option<&Receipt> {
        self.active().and_then(Connection::receipt)
    }

    fn show_receipt(&mut self) {
        if let Some(receipt) = self.receipt().cloned() {
            self.view.touch().receipt = Some(receipt);
        }
    }

    fn tell_acked(&mut self, receipt: &Receipt, now: Instant) {
        let written = receipt.written.unwrap_or(receipt.queued);
        let took = receipt.acked.unwrap_or(now).saturating_duration_since(written);
        self.view.tell(EventKind::DoneAcked { took }, now);
    }

    /// New mail is there: ends the IDLE for it, unless that was done a moment ago.
    pub(super) fn request_mail(&mut self, now: Instant) {
        self.want_turn(DoneReason::NewMail, Wish::Mail, now);
    }

    /// The caller drives: this is called from within it, too.
    pub(super) fn end_idle(&mut self, reason: DoneReason, now: Instant) {
        if let Some(connection) = self.connection() {
            connection.handle(now, Input::Done(reason));
        }
    }

    /// The connection is fit for work: IDLE stands, or polling has begun.
    pub(super) fn fit(&mut self, now: Instant) {
        self.fitness.since.get_or_insert(now);
        let aside = self.is_set_aside();
        let snapshot = self.view.touch();
        if !aside {
            snapshot.fault = None;
        }
        snapshot.connection.replacing = false;
        snapshot.connection.attempt = 0;
        snapshot.blind.since = None;
        if let Some(lost) = self.fitness.lost.take() {
            // Nobody was to look at a mailbox that is set aside.
            let blind = (!aside).then(|| now.saturating_duration_since(lost.alive));
            self.view.replaced(lost.conn, blind, lost.why, now);
        }
        self.view.conclude(self.alive(), now);
    }

    /// An IDLE is over in some way: what was kept for it is forgotten. Whether its DONE asked why the heartbeats stopped.
    pub(super) fn close_idle(&mut self, now: Instant) -> bool {
        self.silence.heart.idle_ended();
        self.pace.forget();
        self.seen.pushes.idle_ended();
        let asked = std::mem::take(&mut self.silence.asks);
        self.view.touch().connection.idle_since = None;
        if self.burst.until.is_some() {
            self.tell_burst(now);
        }
        asked
    }

    fn idle_ended(&mut self, end: End, now: Instant) {
        let started = self.view.now().connection.idle_since;
        let asked = self.close_idle(now);
        if !matches!(end, End::Done(_)) {
            self.seen.announcing.idle_broke();
        }
        match end {
            End::Done(receipt) => {
                if asked {
                    // It lives, and beats otherwise than was learned.
                    self.silence.heart.mistaken();
                    self.view.touch().connection.heartbeat = None;
                }
                self.answered(receipt, now);
            }
            End::ServerEnded(_) => {
                let soon = started.is_none_or(|started| now.saturating_duration_since(started) < CUT_SHORT);
                let Some(connection) = self.connection() else { return };
                connection.known.cut_short = if soon { connection.known.cut_short + 1 } else { 0 };
                let cut_short = connection.known.cut_short;
                let earliest = self.pace.earliest(Wish::Server, now);
                if cut_short >= CUT_SHORT_LIMIT {
                    self.no_idle("ends every IDLE by itself within seconds", now);
                } else if earliest > now && self.leaving.why.is_none() && !self.rotation.breaks {
                    self.rest_until(earliest, now);
                } else {
                    self.turn_begins_as(Wish::Server, now);
                    self.go_on(now);
                }
            }
            End::Refused(text) => {
                let text = if text.is_empty() { "without a reason".to_owned() } else { format!("with: {text}") };
                self.no_idle(&format!("refused IDLE {text}"), now);
            }
            End::Bye(text) => self.bye(&text, now),
            End::Overdue(_) => {
                if self.fitness.since.is_some() {
                    let heard = self.active().and_then(|connection| connection.known.heard);
                    self.lose(heard.unwrap_or(now), Loss::Fault(FaultClass::Timeout));
                }
                let message = format!("{} did not answer IDLE with + in time", self.context.peer);
                self.failed(&Fault::retry_after(FaultClass::Timeout, message), now);
            }
        }
    }

    fn answered(&mut self, mut receipt: Receipt, now: Instant) {
        let Some(answer) = receipt.answer.clone() else { return };
        if receipt.acked.is_none() {
            // An answer implies the ack.
            receipt.acked = Some(answer.at);
            self.tell_acked(&receipt, now);
        }
        self.tell_answered(self.view.now().connection.id, &receipt, now);
        self.view.conclude(self.alive(), now);
        self.view.touch().receipt = Some(receipt);
        self.go_on(now);
    }

    /// A DONE was answered in time: tells and keeps it, and learns from it.
    pub(super) fn tell_answered(&mut self, conn: Option<ConnId>, receipt: &Receipt, now: Instant) {
        let Some(answer) = &receipt.answer else { return };
        let kind = EventKind::DoneAnswered {
            reason: receipt.reason,
            took: answer.at.saturating_duration_since(receipt.queued),
            status: answer.status,
            untagged: answer.untagged,
            late: false,
        };
        self.view.tell_of(conn, kind, now);
        self.view.notice(now, Notice::Alive);
        self.shared_alive(now);
        self.view.receipt(conn, receipt, None, false, now);
        self.view.answered(receipt, now);
        if answer.status != Status::Ok {
            let text = format!("{} answered DONE with {}", self.context.peer, answer.status.name());
            self.view.tell_of(conn, EventKind::Alert { text }, now);
        }
    }

    /// An IDLE is over and its connection lives: look, or leave.
    fn go_on(&mut self, now: Instant) {
        match self.leaving.why {
            Some(Leave::Pause | Leave::Stop) => self.log_out(now),
            None if self.rotation.breaks => self.log_out_first(now),
            None => self.look(now),
        }
    }

    fn no_idle(&mut self, what: &str, now: Instant) {
        let every = self.timers.limit(Timer::Poll);
        let message = format!(
            "{} {what}; the program asks it every {} instead, and tries IDLE again on the next connection",
            self.context.peer,
            crate::model::show_duration(Some(every))
        );
        self.view.fault(&Fault::retry_after(FaultClass::Protocol, message), now);
        if let Some(connection) = self.connection() {
            connection.known.idles = false;
        }
        if self.leaving.why.is_some() {
            self.log_out(now);
            return;
        }
        self.begin_polling(now);
    }
}
