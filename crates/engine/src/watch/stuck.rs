//! The quarantine: a connection whose DONE was not answered is kept and read, to see whether an answer ever comes.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Activity, Watch};
use crate::clock::now;
use crate::job::{Job, Live, Step};
use crate::session::Incoming;
use crate::track;
use mailwatch_proto::connection::task::Progress;
use mailwatch_proto::idle::Idle;
use mailwatch_proto::model::Fate;
use mailwatch_proto::model::{
    Answer, Came, ConnId, EventKind, Fault, FaultClass, Loss, Parted, Phase, Quarantined, Receipt,
};
use mailwatch_proto::response::Response;

/// How long a stuck connection is kept. Late answers were reported after 20 to 40 minutes (MailKit#1697), most of
/// them under 30.
pub const KEPT_FOR: Duration = Duration::from_mins(30);

/// How long its LOGOUT is waited for.
const GOODBYE: Duration = Duration::from_secs(5);

/// A stuck connection.
#[derive(Debug)]
pub enum Stuck {
    /// It is read.
    Reading(Box<Reading>),
    /// Its answer came; it logs out.
    Leaving(ConnId, Job),
}

/// A stuck connection that is being read.
#[derive(Debug)]
pub struct Reading {
    live: Box<Live>,
    tag: String,
    conn: ConnId,
    receipt: Receipt,
    came: Came,
    until: Instant,
    go: oneshot::Receiver<()>,
}

/// What came of a stuck connection.
#[derive(Debug)]
pub enum StuckStep {
    /// Something was read.
    Incoming(Result<Incoming, Fault>),
    /// Its place is needed.
    Go,
    /// Its goodbye went on.
    Leaving(Step),
}

impl Stuck {
    /// What comes next of it; never, where there is none. Cancel-safe.
    pub async fn next(stuck: Option<&mut Self>) -> StuckStep {
        match stuck {
            Some(Self::Reading(reading)) => tokio::select! {
                biased;
                _ = &mut reading.go => StuckStep::Go,
                incoming = reading.live.session.next() => StuckStep::Incoming(incoming),
            },
            Some(Self::Leaving(_, job)) => StuckStep::Leaving(job.next().await),
            None => std::future::pending().await,
        }
    }

    /// When it is given up.
    pub fn until(&self) -> Option<Instant> {
        match self {
            Self::Reading(reading) => Some(reading.until),
            Self::Leaving(..) => None,
        }
    }

    const fn conn(&self) -> ConnId {
        match self {
            Self::Reading(reading) => reading.conn,
            Self::Leaving(conn, _) => *conn,
        }
    }
}

impl Watch {
    /// Takes a stuck connection into quarantine. One a watch: an older one goes.
    pub(super) fn quarantine(&mut self, conn: ConnId, live: Box<Live>, idle: &Idle, receipt: Receipt, now: Instant) {
        self.release_stuck(Parted::LetGo, now);
        crate::user_timeout::set_user_timeout(&live.session, None);
        let came = Came::default();
        self.report.touch().quarantined = Some(Quarantined { conn, since: now, receipt: receipt.clone(), came });
        let go = self.tools.shared.connections.quarantine(conn);
        let tag = idle.tag().to_owned();
        let until = now + KEPT_FOR;
        self.stuck = Some(Stuck::Reading(Box::new(Reading { live, tag, conn, receipt, came, until, go })));
    }

    /// Lets the stuck connection go.
    pub(super) fn release_stuck(&mut self, parted: Parted, now: Instant) {
        if let Some(stuck) = self.stuck.take() {
            self.tools.shared.connections.forget(stuck.conn());
        }
        self.report.part(parted, now);
    }

    pub(super) fn stuck_step(&mut self, step: StuckStep, now: Instant) {
        match step {
            StuckStep::Go | StuckStep::Leaving(Step::Ended(_)) => self.release_stuck(Parted::LetGo, now),
            StuckStep::Leaving(Step::Told(_, told)) => {
                if let Progress::Line(line) = told {
                    let conn = self.stuck.as_ref().map(Stuck::conn);
                    self.report.tell_of(conn, EventKind::Wire(line), now);
                }
            }
            StuckStep::Incoming(incoming) => self.stuck_incoming(incoming, now),
        }
    }

    fn stuck_incoming(&mut self, incoming: Result<Incoming, Fault>, now: Instant) {
        let Some(Stuck::Reading(reading)) = &mut self.stuck else { return };
        let conn = Some(reading.conn);
        match incoming {
            Ok(Incoming::Response(Response::Tagged { tag, status, .. })) if tag == reading.tag => {
                let receipt = &mut reading.receipt;
                if receipt.acked.is_none() {
                    // An answer implies the ack.
                    receipt.acked = Some(now);
                    let took = now.saturating_duration_since(receipt.written.unwrap_or(receipt.queued));
                    self.report.tell_of(conn, EventKind::DoneAcked { took }, now);
                }
                let took = now.saturating_duration_since(reading.receipt.queued);
                let (reason, untagged) = (reading.receipt.reason, reading.came.untagged);
                reading.receipt.answer = Some(Answer { at: now, status, untagged });
                self.report.receipt(conn, &reading.receipt, None, true, now);
                let kind = EventKind::DoneAnswered { reason, took, status, untagged, late: true };
                self.report.tell_of(conn, kind, now);
                self.report.part(Parted::Answered { took, status }, now);
                self.say_goodbye();
            }
            Ok(Incoming::Response(Response::Bye(text))) => {
                self.report.tell_of(conn, EventKind::Bye { text: text.whole() }, now);
                self.release_stuck(Parted::Bye, now);
            }
            Ok(Incoming::Response(Response::Exists(count))) => {
                self.heard_stuck(Some(count), now);
                // The replacement hears of it too, and reports what is new: here only the sign of life is told.
                self.report.tell_of(conn, EventKind::Exists { count, delta: 0 }, now);
            }
            Ok(Incoming::Response(_)) => self.heard_stuck(None, now),
            Ok(Incoming::Line(line)) => self.report.tell_of(conn, EventKind::Wire(line), now),
            Ok(Incoming::Unparsed(text)) => self.report.tell_of(conn, EventKind::Unparsed { text }, now),
            Ok(Incoming::Written(at)) => reading.receipt.written = Some(at),
            Err(fault) => {
                let class = FaultClass::Closed;
                let message = format!("the stuck connection is gone, its DONE was never answered: {}", fault.message);
                self.report.tell_of(conn, EventKind::Fault { class, message, retry: true }, now);
                self.release_stuck(Parted::Gone, now);
            }
        }
    }

    /// The stuck connection said something that is not DONE's answer.
    fn heard_stuck(&mut self, exists: Option<u32>, now: Instant) {
        let Some(Stuck::Reading(reading)) = &mut self.stuck else { return };
        let untagged = reading.came.untagged.saturating_add(1);
        reading.came = Came { untagged, exists: exists.or(reading.came.exists), heard: Some(now) };
        if let Some(stuck) = &mut self.report.touch().quarantined {
            stuck.came = reading.came;
        }
    }

    fn say_goodbye(&mut self) {
        if let Some(Stuck::Reading(reading)) = self.stuck.take() {
            let Reading { live, conn, .. } = *reading;
            self.tools.shared.connections.forget(conn);
            self.stuck = Some(Stuck::Leaving(conn, self.tools.clone().log_out(live, now() + GOODBYE)));
        }
    }

    /// The path is dead before `done` has run out.
    pub(super) fn path_dead(&mut self, now: Instant) {
        if let Activity::Idling(live, idle) = std::mem::replace(&mut self.activity, Activity::Resting) {
            self.report.touch().idle_since = None;
            self.stalled(live, &idle, now);
        }
    }

    /// DONE was not answered: conclude why, keep the connection to look at, and make another at once.
    pub(super) fn stalled(&mut self, live: Box<Live>, idle: &Idle, now: Instant) {
        let Some(receipt) = idle.receipt().cloned().or_else(|| self.report.now().receipt.clone()) else { return };
        let evidence = self.evidence(&live.session, receipt.written.is_some());
        let looks = track::looks(&live.session, self.probe.as_ref(), receipt.written, now);
        self.probe = None;
        let conn = self.report.now().conn;
        let finding = mailwatch_proto::verdict::of_stall(&receipt, evidence.clone(), live.session.proxy(), now);
        let waited = now.saturating_duration_since(receipt.written.unwrap_or(receipt.queued));
        self.report.receipt(conn, &receipt, Some(finding.verdict), false, now);
        self.report.stall(conn, &finding, waited, looks, now);
        let outcome = self.report.recorder().failed(receipt.idle_age, Fate::Stalled);
        self.learn(&outcome);
        self.report.tell(EventKind::Stalled { verdict: finding.verdict, waited, evidence }, now);
        let why = Loss::Concluded(finding.verdict);
        self.report.conclude(finding, now);
        self.lose(live.session.heard().unwrap_or(receipt.queued), why);
        let idled_for = self.fit_since.take().map(|since| now.saturating_duration_since(since));
        if self.leaving.is_some() {
            drop(live);
            self.left(now);
            return;
        }
        if let Some(conn) = conn {
            self.quarantine(conn, live, idle, receipt, now);
        }
        self.retry(idled_for, mailwatch_proto::model::Next::Retry, now);
        debug_assert!(self.report.now().phase != Phase::Finishing, "a stall leads on");
    }
}
