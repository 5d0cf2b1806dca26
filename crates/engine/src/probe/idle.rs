//! One IDLE of a chosen age: issued, left alone, ended with DONE, and what became of it.

use std::time::{Duration, Instant, SystemTime};

use tokio_util::sync::CancellationToken;

use super::map::Conduct;
use super::{Probe, Stage, Update, UpdateSender, send};
use crate::clock::now;
use crate::session::{Ending, Incoming, Session};
use crate::task::ProgressSender;
use crate::tcp_evidence::sample;
use crate::user_timeout::set_user_timeout;
use mailwatch_proto::connection::task::Notify;
use mailwatch_proto::connection::{Connection, Input, Known, Late, Output, Role, Stall};
use mailwatch_proto::idle::{Change, End};
use mailwatch_proto::model::Fate;
use mailwatch_proto::model::{
    ConnId, DoneReason, Fault, FaultClass, PastReceipt, Receipt, ServerInfo, Status, Timer, Timers,
};
use mailwatch_proto::refusal::At;

/// When the user breaks off: DONE, its answer and LOGOUT together.
const GOODBYE: Duration = Duration::from_millis(1600);

/// A probe's connections are no watch's: they have no number.
const NO_CONN: ConnId = ConnId(0);

/// An IDLE under trial.
pub struct Trial<'a> {
    probe: &'a Probe,
    session: Session,
    connection: Connection,
    server: ServerInfo,
    timers: Timers,
    age: Duration,
    wait: Duration,
    updates: &'a UpdateSender,
    /// When the IDLE was sent.
    started: Instant,
    /// Whether something of the mailbox came: an ignoring server may have been woken by it.
    disturbed: bool,
}

/// What woke it.
enum Woken {
    Incoming(Result<Incoming, Fault>),
    Deadline,
    Stop,
}

/// What the machine came to.
enum IdleOutcome {
    /// The IDLE is over.
    Ended(End),
    /// DONE was not answered in time.
    Stalled(Box<Stall>),
    /// The answer that was late, or the end of waiting for it.
    Late(Late),
}

/// How an IDLE ended, for the history as well.
type Ended = Option<Result<(Conduct, bool), Fault>>;

impl<'a> Trial<'a> {
    pub fn new(
        probe: &'a Probe,
        session: Session,
        server: ServerInfo,
        timers: Timers,
        age: Duration,
        wait: Duration,
        updates: &'a UpdateSender,
    ) -> Self {
        let mut connection = Connection::new(NO_CONN, Role::Active);
        connection.rest(None, None, Notify::Never);
        connection.known = Known { proxy: session.proxy().map(str::to_owned), ..Known::default() };
        Self { probe, session, connection, server, timers, age, wait, updates, started: now(), disturbed: false }
    }

    /// Runs it to its end; `None` where it was stopped.
    pub async fn run(mut self, stop: &CancellationToken) -> Ended {
        self.started = now();
        self.connection.idle(self.session.upcoming_tag(), self.timers, self.started);
        let outcome = loop {
            if let Some(outcome) = self.drive() {
                break Ok(outcome);
            }
            let deadline = self.connection.deadline().map_or_else(now, |(at, _)| at);
            let woken = tokio::select! {
                biased;
                () = stop.cancelled() => Woken::Stop,
                () = tokio::time::sleep_until(deadline.into()) => Woken::Deadline,
                incoming = self.session.next() => Woken::Incoming(incoming),
            };
            match woken {
                Woken::Stop => {
                    self.goodbye(true).await;
                    return None;
                }
                Woken::Deadline => self.connection.handle(now(), Input::Tick),
                Woken::Incoming(Ok(incoming)) => self.read(&incoming),
                Woken::Incoming(Err(fault)) => break Err(fault),
            }
        };
        match outcome {
            Ok(IdleOutcome::Ended(end)) => self.ended(end).await,
            Ok(IdleOutcome::Stalled(stall)) => self.ignored(*stall, stop).await,
            Ok(IdleOutcome::Late(_)) => None,
            Err(fault) => Some(Ok((self.broken(&fault), self.disturbed))),
        }
    }

    /// Hands the machine what came.
    fn read(&mut self, incoming: &Incoming) {
        match incoming {
            Incoming::Response(response) => self.connection.handle(now(), Input::Response(response)),
            Incoming::Unparsed(_) => self.connection.handle(now(), Input::Noise),
            Incoming::Written(at) => self.connection.handle(*at, Input::Written),
            Incoming::Line(_) => {}
        }
    }

    /// Acts on what the machine hands out; what it came to, where that decides.
    fn drive(&mut self) -> Option<IdleOutcome> {
        while let Some(output) = self.connection.poll() {
            match output {
                Output::Send(line) => self.session.send_line(line),
                Output::Sample => {
                    let seen = self.session.io().tcp().and_then(sample);
                    self.connection.handle(now(), Input::Sampled(seen));
                }
                Output::Changed(Change::Idling) => self.report(Stage::Idling(self.started)),
                Output::Changed(Change::Finishing { .. }) => self.report(Stage::Finishing(now())),
                Output::Changed(Change::Exists(_) | Change::Expunged(_) | Change::Flags) => self.disturbed = true,
                // A probe waits as long as it is told to: the kernel's patience stays its own.
                Output::UserTimeout(_)
                | Output::Changed(Change::Heartbeat(_) | Change::Alert(_) | Change::Written | Change::Acked)
                | Output::Late(Late::Untagged(..)) => {}
                Output::Ended(end) => return Some(IdleOutcome::Ended(end)),
                Output::Stalled(stall) => return Some(IdleOutcome::Stalled(stall)),
                Output::Late(late @ (Late::Answered { .. } | Late::Bye(_) | Late::Expired)) => {
                    return Some(IdleOutcome::Late(late));
                }
            }
        }
        None
    }

    fn report(&self, stage: Stage) {
        send(self.updates, Update::Stage(self.age, stage));
    }

    /// Writes down what became of DONE.
    fn keep(&self, receipt: &Receipt, late: bool) {
        let wall = SystemTime::now();
        let at = wall.checked_sub(now().saturating_duration_since(receipt.queued)).unwrap_or(wall);
        self.probe.recorder.receipt(&PastReceipt { late, ..PastReceipt::of(NO_CONN, receipt, at) });
    }

    async fn ended(mut self, end: End) -> Ended {
        let age = now().saturating_duration_since(self.started);
        let peer = self.probe.context.state.peer();
        let conduct = match end {
            End::Done(receipt) => {
                self.keep(&receipt, false);
                if !self.disturbed {
                    // Kept at once: a probe that is broken off has measured this.
                    let _ = self.probe.recorder.answered(&receipt);
                }
                let (took, status) = receipt.answer.as_ref().map_or((Duration::ZERO, Status::Ok), |answer| {
                    (answer.at.saturating_duration_since(receipt.queued), answer.status)
                });
                self.goodbye(false).await;
                Conduct::Answered { took, status }
            }
            End::Overdue(timer) => {
                debug_assert!(timer != Timer::Done, "a DONE that is overdue is a stall");
                let message = format!("{peer} did not answer IDLE with + in time");
                return Some(Err(Fault::retry_after(FaultClass::Timeout, message)));
            }
            End::Refused(text) => {
                self.goodbye(false).await;
                let message = format!("{peer} refuses IDLE: {text}");
                return Some(Err(Fault::needs_user(FaultClass::Protocol, message)));
            }
            End::ServerEnded(text) => {
                self.goodbye(false).await;
                Conduct::Ended { after: age, text }
            }
            End::Bye(text) => Conduct::Lost { after: age, text: self.session.bye(&text, At::Session).message },
        };
        Some(Ok((conduct, self.disturbed)))
    }

    /// DONE was not answered in time: says why, and waits a while longer for a late answer.
    async fn ignored(mut self, stall: Stall, stop: &CancellationToken) -> Ended {
        let Stall { receipt, finding, waited, looks } = stall;
        let since = now();
        let recorder = &self.probe.recorder;
        self.keep(&receipt, false);
        // Just before the stall: without a number it is by this that a report knows whose server it was.
        recorder.server(None, &self.server);
        recorder.stall(None, &finding, waited, looks);
        let _ = recorder.failed(receipt.idle_age, Fate::Stalled);
        self.report(Stage::Listening(since));
        let late = self.late_answer(receipt, stop).await;
        let evidence = finding.evidence.unwrap_or_default();
        let conduct = Conduct::Ignored { verdict: finding.verdict, text: finding.text, evidence, late };
        if late.is_some() {
            self.goodbye(false).await;
        }
        Some(Ok((conduct, self.disturbed)))
    }

    /// Waits for DONE's answer; from DONE to it, where it came. What came with it may have brought it.
    async fn late_answer(&mut self, receipt: Receipt, stop: &CancellationToken) -> Option<Duration> {
        let until = now() + self.wait;
        self.connection.quarantine(receipt, now());
        loop {
            match self.drive() {
                Some(IdleOutcome::Late(Late::Answered { receipt, .. })) => {
                    self.keep(&receipt, true);
                    return receipt.took();
                }
                // After BYE the end of the connection comes; a probe waits as long as it was told to.
                Some(IdleOutcome::Late(_) | IdleOutcome::Ended(_) | IdleOutcome::Stalled(_)) | None => {}
            }
            let incoming = tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                () = tokio::time::sleep_until(until.into()) => return None,
                incoming = self.session.next() => incoming,
            };
            match incoming {
                Ok(incoming) => self.read(&incoming),
                Err(_) => return None,
            }
        }
    }

    /// The connection broke.
    fn broken(&self, fault: &Fault) -> Conduct {
        let after = now().saturating_duration_since(self.started);
        let receipt = self.connection.receipt();
        let ending = self.session.ending();
        // As a watch learns: what TCP gave up, or what was reset under a DONE, had died in silence.
        if matches!(ending, Some(Ending::GivenUp)) || (receipt.is_some() && ending == Some(Ending::Reset)) {
            let age = receipt.map_or(after, |receipt| receipt.idle_age);
            let _ = self.probe.recorder.failed(age, Fate::Dropped);
        }
        Conduct::Lost { after, text: fault.message.clone() }
    }

    /// DONE where IDLE runs, and LOGOUT, in little time; then the connection goes in any case.
    async fn goodbye(&mut self, idling: bool) {
        let by = now() + GOODBYE;
        let _ = tokio::time::timeout_at(by.into(), async {
            if idling {
                self.connection.handle(now(), Input::Done(DoneReason::Shutdown));
                while self.drive().is_none() {
                    match self.session.next().await {
                        Ok(incoming) => self.read(&incoming),
                        Err(_) => return,
                    }
                }
            }
            set_user_timeout(&self.session, None);
            self.session.log_out(by, &ProgressSender::unheard()).await;
        })
        .await;
    }
}

impl std::fmt::Debug for Trial<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trial").field("age", &self.age).field("disturbed", &self.disturbed).finish_non_exhaustive()
    }
}
