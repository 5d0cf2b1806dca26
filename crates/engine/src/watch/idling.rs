//! Running the IDLE machine: what it hands out is sent and told, how it ends is acted on.

use std::time::{Duration, Instant};

use super::{Activity, Leave, Watch};
use crate::job::Live;
use crate::user_timeout::set_user_timeout;
use mailwatch_proto::idle::{Change, End, Idle, Input, Line, Output};
use mailwatch_proto::model::{ConnId, DoneReason, EventKind, Fault, FaultClass, Loss, Phase, Receipt, Status, Timer};
use mailwatch_proto::verdict;

/// After a DONE for new mail the next goes out so much later at the earliest: a burst costs little.
const MAIL_PAUSE: Duration = Duration::from_millis(250);

/// A server that ends IDLE so soon by itself does not really have it.
const CUT_SHORT: Duration = Duration::from_secs(5);

/// How often in a row it may, before it is polled.
const CUT_SHORT_LIMIT: u8 = 3;

impl Watch {
    /// Issues IDLE.
    pub(super) fn request(&mut self, mut live: Box<Live>, now: Instant) {
        let idle = live.session.idle(self.timers, now);
        self.report.touch().idle_since = Some(now);
        self.activity = Activity::Idling(live, Box::new(idle));
        self.report.phase(Phase::Requested, now);
        self.drive(now);
    }

    pub(super) fn tick(&mut self, now: Instant) {
        if let Activity::Idling(_, idle) = &mut self.activity {
            idle.handle(now, Input::Tick);
        }
        self.drive(now);
    }

    /// Acts on everything that the machine has to say.
    pub(super) fn drive(&mut self, now: Instant) {
        while let Activity::Idling(live, idle) = &mut self.activity {
            match idle.poll() {
                Some(Output::Send(line)) => {
                    live.session.send(idle, line);
                    if line == Line::Done {
                        self.probe = None;
                    }
                }
                Some(Output::Changed(change)) => self.changed(change, now),
                Some(Output::Ended(end)) => {
                    let Activity::Idling(live, idle) = std::mem::replace(&mut self.activity, Activity::Resting) else {
                        return;
                    };
                    self.idle_ended(live, &idle, end, now);
                    return;
                }
                None => return,
            }
        }
    }

    pub(super) fn changed(&mut self, change: Change, now: Instant) {
        match change {
            Change::Idling => {
                self.report.phase(Phase::Idling, now);
                self.heart.idle_began(now);
                self.fit(now);
            }
            Change::Finishing { reason, idle_age } => {
                self.heart.idle_ended();
                if reason == DoneReason::NewMail || reason == DoneReason::Turn && self.is_list_wished() {
                    self.mail_done = Some(now);
                }
                self.report.tell(EventKind::DoneSent { reason, idle: idle_age }, now);
                self.report.phase(Phase::Finishing, now);
                self.report.conclude(verdict::finishing(), now);
                self.show_receipt();
            }
            Change::Exists(count) => {
                self.heart.heard(now);
                let grew = !self.is_away() && self.report.now().exists.is_none_or(|known| count > known);
                self.exists(count, now);
                if grew {
                    self.wish_mail(now);
                }
            }
            Change::Expunged(count) => {
                self.heart.heard(now);
                self.expunged(count, now);
            }
            Change::Flags => {
                self.heart.heard(now);
                self.flags(now);
            }
            Change::Heartbeat(text) => self.beat(text, now),
            Change::Alert(text) => {
                self.heart.heard(now);
                self.report.tell(EventKind::Alert { text }, now);
            }
            Change::Written => {
                self.show_receipt();
                self.written(now);
            }
            Change::Acked => {
                self.show_receipt();
                self.tell_acked(self.receipt().cloned().as_ref(), now);
            }
        }
    }

    /// The running DONE's receipt.
    pub(super) fn receipt(&self) -> Option<&Receipt> {
        match &self.activity {
            Activity::Idling(_, idle) => idle.receipt(),
            Activity::Working(_)
            | Activity::Polling(..)
            | Activity::Waiting(_)
            | Activity::Resting
            | Activity::Over => None,
        }
    }

    fn show_receipt(&mut self) {
        if let Some(receipt) = self.receipt().cloned() {
            self.report.touch().receipt = Some(receipt);
        }
    }

    fn tell_acked(&mut self, receipt: Option<&Receipt>, now: Instant) {
        let Some(receipt) = receipt else { return };
        let written = receipt.written.unwrap_or(receipt.queued);
        let took = receipt.acked.unwrap_or(now).saturating_duration_since(written);
        self.report.tell(EventKind::DoneAcked { took }, now);
    }

    /// New mail is there: end the IDLE for it, unless that was done a moment ago.
    pub(super) fn wish_mail(&mut self, now: Instant) {
        let earliest = self.after_pause(now);
        if earliest > now {
            self.mail_due.get_or_insert(earliest);
            return;
        }
        self.mail_due = None;
        self.end_idle(DoneReason::NewMail, now);
    }

    /// When news may end the IDLE: at once, unless that was done a moment ago.
    pub(super) fn after_pause(&self, now: Instant) -> Instant {
        self.mail_done.map_or(now, |at| now.max(at + MAIL_PAUSE))
    }

    /// The caller drives: this is called from within it, too.
    pub(super) fn end_idle(&mut self, reason: DoneReason, now: Instant) {
        if let Activity::Idling(_, idle) = &mut self.activity {
            idle.handle(now, Input::Done(reason));
        }
    }

    /// The connection is fit for work: IDLE stands, or polling has begun.
    pub(super) fn fit(&mut self, now: Instant) {
        self.fit_since.get_or_insert(now);
        let away = self.is_away();
        let snapshot = self.report.touch();
        if !away {
            snapshot.fault = None;
        }
        snapshot.replacing = false;
        snapshot.attempt = 0;
        snapshot.blind.since = None;
        if let Some(lost) = self.lost.take() {
            // Nobody was to look at a mailbox that stands aside.
            let blind = (!away).then(|| now.saturating_duration_since(lost.alive));
            self.report.replaced(lost.conn, blind, lost.why, now);
        }
        self.report.conclude(verdict::live(), now);
    }

    fn idle_ended(&mut self, mut live: Box<Live>, idle: &Idle, end: End, now: Instant) {
        self.heart.idle_ended();
        // What was seen of a DONE that is not answered is its evidence.
        if !matches!(end, End::Overdue(Timer::Done)) {
            self.probe = None;
        }
        self.mail_due = None;
        let quiet = std::mem::take(&mut self.quiet);
        self.report.touch().idle_since = None;
        if self.burst.until.is_some() {
            self.tell_burst(now);
        }
        match end {
            End::Done(receipt) => {
                if quiet {
                    // It lives, and beats otherwise than was learned.
                    self.heart.mistaken();
                    self.report.touch().heartbeat = None;
                }
                self.answered(live, receipt, now);
            }
            End::ServerEnded(_) => {
                let soon = now.saturating_duration_since(idle.started()) < CUT_SHORT;
                live.cut_short = if soon { live.cut_short + 1 } else { 0 };
                if live.cut_short >= CUT_SHORT_LIMIT {
                    self.no_idle(live, "ends every IDLE by itself within seconds", now);
                } else {
                    self.go_on(live, now);
                }
            }
            End::Refused(text) => {
                let text = if text.is_empty() { "without a reason".to_owned() } else { format!("with: {text}") };
                self.no_idle(live, &format!("refused IDLE {text}"), now);
            }
            End::Bye(text) => {
                drop(live);
                self.unanswered(idle, now);
                self.bye(&text, now);
            }
            End::Overdue(Timer::Done) => self.stalled(live, idle, now),
            End::Overdue(_) => {
                if self.fit_since.is_some() {
                    self.lose(live.session.heard().unwrap_or(now), Loss::Fault(FaultClass::Timeout));
                }
                drop(live);
                let message = format!("{} did not answer IDLE with + in time", self.tools.shared.peer());
                self.failed(&Fault::retry_after(FaultClass::Timeout, message), now);
            }
        }
    }

    fn answered(&mut self, live: Box<Live>, mut receipt: Receipt, now: Instant) {
        let Some(answer) = receipt.answer.clone() else { return };
        if receipt.acked.is_none() {
            // An answer implies the ack.
            receipt.acked = Some(answer.at);
            self.tell_acked(Some(&receipt), now);
        }
        self.tell_answered(self.report.now().conn, &receipt, now);
        self.report.conclude(verdict::live(), now);
        set_user_timeout(&live.session, None);
        self.report.touch().receipt = Some(receipt);
        self.go_on(live, now);
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
        self.report.tell_of(conn, kind, now);
        self.report.recorder().alive();
        self.guests_alive();
        self.report.receipt(conn, receipt, None, false, now);
        let outcome = self.report.recorder().answered(receipt);
        self.learn(&outcome);
        if answer.status != Status::Ok {
            let text = format!("{} answered DONE with {}", self.tools.shared.peer(), answer.status.name());
            self.report.tell_of(conn, EventKind::Alert { text }, now);
        }
    }

    /// An IDLE is over and its connection lives: look, or leave.
    fn go_on(&mut self, live: Box<Live>, now: Instant) {
        match self.leaving {
            Some(Leave::Pause | Leave::Stop) => self.log_out(live, now),
            None if self.rotation.breaks => self.log_out_first(live, now),
            None => self.look(live, now),
        }
    }

    fn no_idle(&mut self, mut live: Box<Live>, what: &str, now: Instant) {
        let every = self.timers.limit(Timer::Poll);
        let message = format!(
            "{} {what}; it is asked every {} instead, IDLE is tried again on the next connection",
            self.tools.shared.peer(),
            mailwatch_proto::model::show_duration(Some(every))
        );
        self.report.fault(&Fault::retry_after(FaultClass::Protocol, message), now);
        live.idles = false;
        if self.leaving.is_some() {
            self.log_out(live, now);
            return;
        }
        self.report.phase(Phase::Polling, now);
        self.fit(now);
        self.activity = Activity::Polling(live, self.poll_at(now));
    }
}
