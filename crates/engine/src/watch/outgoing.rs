//! The connection that was replaced for its token's sake: it ends with DONE and LOGOUT, as a good client does, and what
//! its DONE's answer teaches is learned.

use std::time::{Duration, Instant};

use super::Watch;
use crate::job::{Job, Live, Step};
use crate::session::Incoming;
use crate::task::Tools;
use crate::track;
use mailwatch_proto::connection::task::Progress;
use mailwatch_proto::idle::{Change, End, Idle, Input, Output};
use mailwatch_proto::model::Fate;
use mailwatch_proto::model::{ConnId, DoneReason, EventKind, Fault, Receipt, Timer};
use mailwatch_proto::verdict;

/// How long its LOGOUT is waited for.
const GOODBYE: Duration = Duration::from_secs(5);

/// A connection on its way out.
#[derive(Debug)]
pub enum Outgoing {
    /// DONE is sent.
    Finishing(Box<Finishing>),
    /// LOGOUT is sent.
    Leaving(ConnId, Job),
}

/// One whose DONE's answer is owed.
#[derive(Debug)]
pub struct Finishing {
    conn: ConnId,
    live: Box<Live>,
    idle: Box<Idle>,
    /// Its receipt as it was last: the machine has none once it has ended.
    receipt: Option<Receipt>,
}

/// What came of it.
#[derive(Debug)]
pub enum OutgoingStep {
    /// Something was read.
    Incoming(Result<Incoming, Fault>),
    /// Its goodbye went on.
    Leaving(Step),
}

impl Outgoing {
    /// Ends its IDLE.
    pub(super) fn finishing(conn: ConnId, live: Box<Live>, mut idle: Box<Idle>, now: Instant) -> Self {
        idle.handle(now, Input::Done(DoneReason::Rotate));
        let receipt = idle.receipt().cloned();
        Self::Finishing(Box::new(Finishing { conn, live, idle, receipt }))
    }

    /// Has no IDLE to end.
    pub(super) fn leaving(tools: &Tools, conn: ConnId, live: Box<Live>, now: Instant) -> Self {
        Self::Leaving(conn, tools.clone().log_out(live, now + GOODBYE))
    }

    /// What comes next of it; never, where there is none. Cancel-safe.
    pub async fn next(outgoing: Option<&mut Self>) -> OutgoingStep {
        match outgoing {
            Some(Self::Finishing(finishing)) => OutgoingStep::Incoming(finishing.live.session.next().await),
            Some(Self::Leaving(_, job)) => OutgoingStep::Leaving(job.next().await),
            None => std::future::pending().await,
        }
    }

    /// When its DONE's answer is overdue.
    pub fn until(&self) -> Option<Instant> {
        match self {
            Self::Finishing(finishing) => finishing.idle.deadline().map(|(at, _)| at),
            Self::Leaving(..) => None,
        }
    }
}

impl Watch {
    pub(super) fn outgoing_step(&mut self, step: OutgoingStep, now: Instant) {
        match (&mut self.rotation.outgoing, step) {
            (Some(Outgoing::Leaving(conn, _)), OutgoingStep::Leaving(Step::Told(_, told))) => {
                if let Progress::Line(line) = told {
                    self.report.tell_of(Some(*conn), EventKind::Wire(line), now);
                }
            }
            // It is gone, one way or the other, and was to go.
            (_, OutgoingStep::Leaving(Step::Ended(_)) | OutgoingStep::Incoming(Err(_))) => {
                self.rotation.outgoing = None;
            }
            (Some(Outgoing::Finishing(finishing)), OutgoingStep::Incoming(Ok(incoming))) => {
                let Finishing { conn, idle, .. } = &mut **finishing;
                match incoming {
                    Incoming::Response(response) => idle.handle(now, Input::Response(&response)),
                    Incoming::Written(at) => idle.handle(at, Input::Written),
                    Incoming::Line(line) => self.report.tell_of(Some(*conn), EventKind::Wire(line), now),
                    Incoming::Unparsed(text) => self.report.tell_of(Some(*conn), EventKind::Unparsed { text }, now),
                }
                self.drive_outgoing(now);
            }
            (Some(_) | None, OutgoingStep::Leaving(_) | OutgoingStep::Incoming(_)) => {}
        }
    }

    pub(super) fn tick_outgoing(&mut self, now: Instant) {
        if let Some(Outgoing::Finishing(finishing)) = &mut self.rotation.outgoing {
            finishing.idle.handle(now, Input::Tick);
            self.drive_outgoing(now);
        }
    }

    pub(super) fn drive_outgoing(&mut self, now: Instant) {
        while let Some(Outgoing::Finishing(finishing)) = &mut self.rotation.outgoing {
            let Finishing { conn, live, idle, receipt } = &mut **finishing;
            let conn = *conn;
            if let Some(now) = idle.receipt() {
                *receipt = Some(now.clone());
            }
            match idle.poll() {
                Some(Output::Send(line)) => live.session.send(idle, line),
                Some(Output::Changed(Change::Finishing { reason, idle_age })) => {
                    self.report.tell_of(Some(conn), EventKind::DoneSent { reason, idle: idle_age }, now);
                }
                // Its successor hears of the mailbox.
                Some(Output::Changed(_)) => {}
                Some(Output::Ended(end)) => {
                    self.outgoing_ended(end, now);
                    return;
                }
                None => return,
            }
        }
    }

    fn outgoing_ended(&mut self, end: End, now: Instant) {
        let Some(Outgoing::Finishing(finishing)) = self.rotation.outgoing.take() else { return };
        let Finishing { conn, live, idle, receipt } = *finishing;
        match end {
            End::Done(receipt) => {
                self.tell_answered(Some(conn), &receipt, now);
                if self.receipt().is_none() {
                    self.report.touch().receipt = Some(receipt);
                }
                self.rotation.outgoing = Some(Outgoing::leaving(&self.tools, conn, live, now));
            }
            End::Overdue(Timer::Done) => {
                if let Some(receipt) = receipt {
                    self.outgoing_stalled(conn, live, &idle, receipt, now);
                }
            }
            End::ServerEnded(_) => self.rotation.outgoing = Some(Outgoing::leaving(&self.tools, conn, live, now)),
            End::Bye(text) => self.report.tell_of(Some(conn), EventKind::Bye { text: text.whole() }, now),
            End::Overdue(_) | End::Refused(_) => {}
        }
    }

    /// Its DONE was ignored: that is as telling as any other. It is kept and read.
    fn outgoing_stalled(&mut self, conn: ConnId, live: Box<Live>, idle: &Idle, receipt: Receipt, now: Instant) {
        let evidence = track::evidence(&live.session, None, receipt.written.is_some());
        let looks = track::looks(&live.session, None, receipt.written, now);
        let finding = verdict::of_stall(&receipt, evidence.clone(), live.session.proxy(), now);
        let waited = now.saturating_duration_since(receipt.written.unwrap_or(receipt.queued));
        self.report.receipt(Some(conn), &receipt, Some(finding.verdict), false, now);
        self.report.stall(Some(conn), &finding, waited, looks, now);
        let outcome = self.report.recorder().failed(receipt.idle_age, Fate::Stalled);
        self.learn(&outcome);
        self.report.tell_of(Some(conn), EventKind::Stalled { verdict: finding.verdict, waited, evidence }, now);
        self.quarantine(conn, live, idle, receipt, now);
    }
}
