//! One watch of a file at a moment: what its entries up to then add up to.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::clock::Clock;
use super::entries::{What, after};
use mailwatch_proto::model::{
    Answer, Blind, ConnId, CurrentConnection, DoneReason, EventKind, Fault, Finding, MailboxCounts, Next, Origin, Past,
    PastReceipt, Phase, Receipt, Served, ServerInfo, SharingState, Snapshot, Timer, Timers, Verdict, WatchId,
};

/// What is known of a watch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WatchState {
    phase: Phase,
    since: SystemTime,
    /// When the last record of it was.
    known: SystemTime,
    /// Whether a phase was ever told.
    begun: bool,
    by: Served,
    connection: Connection,
    /// When the next attempt comes.
    retry: Option<SystemTime>,
    timers: Timers,
    mailbox: MailboxCounts,
    /// The last DONE.
    done: Option<Arc<PastReceipt>>,
    finding: Option<Finding>,
    fault: Option<Fault>,
    last_blind: Option<Duration>,
    past: Arc<Past>,
}

/// Its connection.
#[derive(Clone, Debug, Default, PartialEq)]
struct Connection {
    id: Option<ConnId>,
    server: Arc<ServerInfo>,
    heard: Option<SystemTime>,
    idle_since: Option<SystemTime>,
    replacing: bool,
    attempt: u32,
}

impl WatchState {
    /// A watch of which nothing is known yet.
    pub(super) fn new() -> Self {
        Self {
            // Until the first record of it.
            phase: Phase::Waiting,
            since: SystemTime::UNIX_EPOCH,
            known: SystemTime::UNIX_EPOCH,
            begun: false,
            by: Served::Own,
            connection: Connection::default(),
            retry: None,
            timers: Timers::default(),
            mailbox: MailboxCounts::default(),
            done: None,
            finding: None,
            fault: None,
            last_blind: None,
            past: Arc::default(),
        }
    }

    /// Since when nothing is known of an IDLE that is older than any can be.
    pub(super) fn silent_since(&self, now: SystemTime, longest: Duration) -> Option<SystemTime> {
        let idles = match self.phase {
            Phase::Requested | Phase::Idling | Phase::Finishing => self.by == Served::Own,
            Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::CatchingUp
            | Phase::Polling
            | Phase::Waiting
            | Phase::Paused
            | Phase::Failed
            | Phase::Ended => false,
        };
        (idles && now.duration_since(self.known).is_ok_and(|silent| silent > longest)).then_some(self.known)
    }

    /// Takes in what happened.
    pub(super) fn take(&mut self, at: SystemTime, what: &What) {
        self.known = at;
        match what {
            What::Told(conn, kind) => self.told(at, *conn, kind),
            What::Queued(receipt) => self.queued(receipt),
            What::Over(receipt) => Arc::make_mut(&mut self.past).receipt(PastReceipt::clone(receipt)),
            What::Stalled(stall) => {
                if stall.finding.verdict != Verdict::PathDead {
                    self.infer(Timer::Done, stall.waited);
                }
                Arc::make_mut(&mut self.past).stall = Some((**stall).clone());
                self.finding = Some(stall.finding.clone());
                self.connection.replacing = true;
            }
            What::Blind(interval) => {
                self.last_blind = interval.to.duration_since(interval.from).ok();
                Arc::make_mut(&mut self.past).interval(*interval);
            }
            What::Server(conn, server) => {
                self.connection.id = Some(*conn);
                self.connection.server = Arc::clone(server);
            }
        }
    }

    fn queued(&mut self, receipt: &Arc<PastReceipt>) {
        if receipt.reason == DoneReason::Reissue {
            self.infer(Timer::Reissue, receipt.idle);
        }
        self.done = Some(Arc::clone(receipt));
    }

    /// No file keeps what the timers were set to; what they did shows it, to the second.
    fn infer(&mut self, timer: Timer, ran: Duration) {
        let seconds = Duration::from_secs(ran.saturating_add(Duration::from_millis(500)).as_secs());
        let range = timer.spec();
        self.timers.set(timer, Some(seconds.clamp(range.min, range.max)), Origin::Config);
    }

    fn told(&mut self, at: SystemTime, conn: Option<ConnId>, kind: &EventKind) {
        match kind {
            EventKind::Phase { from: _, to, by } => self.phase(at, conn, *to, *by),
            EventKind::Exists { count, .. } => {
                self.mailbox.exists = Some(*count);
                self.connection.heard = Some(at);
            }
            EventKind::NewMail(_) => self.mailbox.new = self.mailbox.new.saturating_add(1),
            EventKind::Verdict { verdict, text, evidence, mails: _ } => {
                self.conclude(*verdict, text, evidence.as_ref());
            }
            EventKind::Fault { class, message, retry } => {
                let next = if *retry { Next::Retry } else { Next::User };
                self.fault = Some(Fault { class: *class, message: message.clone(), next });
            }
            EventKind::Retry { attempt, delay } => {
                self.connection.attempt = *attempt;
                self.retry = Some(after(at, *delay));
            }
            EventKind::Retuned { timer, to, origin, .. } => {
                self.timers.set(*timer, *to, *origin);
            }
            EventKind::Replaced { by, .. } => {
                self.connection.id = Some(*by);
                self.connection.replacing = false;
            }
            EventKind::Stalled { .. } => self.connection.replacing = true,
            EventKind::Expunge { .. }
            | EventKind::Flags { .. }
            | EventKind::DoneAnswered { .. }
            | EventKind::Heartbeat { .. }
            | EventKind::Unparsed { .. }
            | EventKind::Bye { .. }
            | EventKind::Alert { .. }
            | EventKind::Connected { .. }
            | EventKind::Capabilities { .. } => self.connection.heard = Some(at),
            EventKind::DoneSent { .. }
            | EventKind::DoneAcked { .. }
            | EventKind::Hint { .. }
            | EventKind::Contradiction { .. }
            | EventKind::Slept { .. }
            | EventKind::Hook { .. }
            | EventKind::Canary { .. }
            | EventKind::Lost { .. }
            | EventKind::Wire(_) => {}
        }
    }

    fn phase(&mut self, at: SystemTime, conn: Option<ConnId>, to: Phase, by: Served) {
        (self.phase, self.since, self.begun, self.by) = (to, at, true, by);
        if conn.is_some() {
            self.connection.id = conn;
        }
        match to {
            Phase::Requested => self.connection.idle_since = Some(at),
            Phase::Idling => {
                self.connection.idle_since.get_or_insert(at);
                self.stands();
            }
            Phase::Polling => {
                self.connection.idle_since = None;
                self.stands();
            }
            // It lasts until DONE's answer.
            Phase::Finishing => {}
            Phase::Connecting | Phase::Authenticating | Phase::Selecting | Phase::CatchingUp => {
                self.connection.idle_since = None;
                self.retry = None;
            }
            Phase::Waiting | Phase::Paused | Phase::Failed | Phase::Ended => {
                self.connection.idle_since = None;
                self.connection.replacing = false;
            }
        }
    }

    /// IDLE stands, or its like: what was wrong before is over.
    fn stands(&mut self) {
        self.fault = None;
        self.retry = None;
        self.connection.attempt = 0;
        self.connection.replacing = false;
    }

    /// The evidence of a stall, which the log does not repeat, stays with its verdict.
    fn conclude(&mut self, verdict: Verdict, text: &str, evidence: Option<&mailwatch_proto::model::Evidence>) {
        let before = self.finding.take().filter(|before| before.verdict == verdict);
        let kept = before.and_then(|before| before.evidence);
        self.finding =
            Some(Finding { verdict, text: text.to_owned(), evidence: evidence.cloned().or(kept), mails: Vec::new() });
    }

    /// As a front end shows it at a moment; `blind_today` is the sum of today's intervals that are over.
    pub(super) fn snapshot(&self, id: &WatchId, now: SystemTime, blind_today: Duration, clock: &Clock) -> Snapshot {
        let at = |wall: SystemTime| clock.at(wall);
        let mut snapshot = Snapshot::new(id.clone(), self.timers, at(self.since.min(now)));
        snapshot.phase = self.phase;
        let Connection { id, server, heard, idle_since, replacing, attempt } = self.connection.clone();
        let (heard, idle_since) = (heard.map(at), idle_since.map(at));
        snapshot.connection = CurrentConnection { id, server, heard, heartbeat: None, idle_since, replacing, attempt };
        // Nothing keeps the deadlines of the others.
        snapshot.deadline = self.retry.map(|retry| (at(retry), Timer::RetryMin));
        snapshot.mailbox = self.mailbox;
        snapshot.receipt = self.done.as_ref().map(|done| receipt(done, now, clock));
        snapshot.finding.clone_from(&self.finding);
        snapshot.fault.clone_from(&self.fault);
        snapshot.blind = Blind { today: blind_today, last: self.last_blind, since: None };
        snapshot.past = Arc::clone(&self.past);
        snapshot.sharing = SharingState { served: self.by, ..SharingState::default() };
        snapshot
    }

    /// Whether anything is known of it.
    pub(super) const fn has_begun(&self) -> bool {
        self.begun || self.done.is_some() || self.finding.is_some() || self.connection.id.is_some()
    }
}

/// The DONE as far as it had come at that moment.
fn receipt(done: &PastReceipt, now: SystemTime, clock: &Clock) -> Receipt {
    let stage = |span: Option<Duration>| {
        let at = after(done.at, span?);
        (at <= now).then(|| clock.at(at))
    };
    let answer = stage(done.answered).zip(done.status);
    Receipt {
        reason: done.reason,
        idle_age: done.idle,
        queued: clock.at(done.at),
        written: stage(done.written),
        acked: stage(done.acked),
        answer: answer.map(|(at, status)| Answer { at, status, untagged: done.untagged }),
    }
}

/// Nothing is known of the watch since then: what was before is not shown as if it went on.
pub(super) fn silent(snapshot: &mut Snapshot, since: Instant) {
    let text = "nothing is known of it since then: no engine ran, or its records were deleted".to_owned();
    snapshot.finding = Some(Finding { verdict: Verdict::Quiet, text, evidence: None, mails: Vec::new() });
    (snapshot.phase, snapshot.since, snapshot.deadline) = (Phase::Paused, since, None);
    let server = Arc::clone(&snapshot.connection.server);
    snapshot.connection = CurrentConnection { server, ..CurrentConnection::default() };
}

/// Whether it is a trouble that a viewer looks for.
pub(super) fn is_trouble(kind: &EventKind) -> bool {
    match kind {
        EventKind::Stalled { .. } | EventKind::Fault { .. } | EventKind::Contradiction { .. } => true,
        EventKind::Verdict { verdict, .. } => !verdict.is_healthy(),
        EventKind::Phase { .. }
        | EventKind::Connected { .. }
        | EventKind::Capabilities { .. }
        | EventKind::Exists { .. }
        | EventKind::Expunge { .. }
        | EventKind::Flags { .. }
        | EventKind::NewMail(_)
        | EventKind::DoneSent { .. }
        | EventKind::DoneAcked { .. }
        | EventKind::DoneAnswered { .. }
        | EventKind::Replaced { .. }
        | EventKind::Heartbeat { .. }
        | EventKind::Unparsed { .. }
        | EventKind::Bye { .. }
        | EventKind::Alert { .. }
        | EventKind::Hint { .. }
        | EventKind::Retry { .. }
        | EventKind::Retuned { .. }
        | EventKind::Slept { .. }
        | EventKind::Hook { .. }
        | EventKind::Canary { .. }
        | EventKind::Lost { .. }
        | EventKind::Wire(_) => false,
    }
}
