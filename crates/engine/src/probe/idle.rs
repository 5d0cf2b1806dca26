//! One IDLE of a chosen age: issued, left alone, ended with DONE, and what became of it.

use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::map::Conduct;
use super::{Probe, Stage, Tales, Told, tell};
use crate::session::{Ending, Incoming, Session};
use crate::tcp_evidence::sample;
use crate::track::{self, Track};
use crate::{job::Teller, now, probe_after_written};
use mailwatch_proto::idle::{Change, End, Idle, Input, Output};
use mailwatch_proto::model::Fate;
use mailwatch_proto::model::{
    Answer, ConnId, DoneReason, Fault, FaultClass, PastReceipt, Receipt, ServerInfo, Timer, Timers,
};
use mailwatch_proto::refusal::At;
use mailwatch_proto::response::Response;
use mailwatch_proto::verdict;

/// When the user breaks off: DONE, its answer and LOGOUT together.
const GOODBYE: Duration = Duration::from_millis(1600);

/// A probe's connections are no watch's: they have no number.
const NO_CONN: ConnId = ConnId(0);

/// An IDLE under trial.
pub struct Trial<'a> {
    probe: &'a Probe,
    session: Session,
    server: ServerInfo,
    timers: Timers,
    age: Duration,
    wait: Duration,
    tales: &'a Tales,
    /// Whether something of the mailbox came: an ignoring server may have been woken by it.
    disturbed: bool,
    track: Option<Track>,
    /// What was last known of DONE: the machine gives it away at its end.
    receipt: Option<Receipt>,
}

/// What woke it.
enum Woken {
    Incoming(Result<Incoming, Fault>),
    Deadline,
    Look,
    Stop,
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
        tales: &'a Tales,
    ) -> Self {
        Self { probe, session, server, timers, age, wait, tales, disturbed: false, track: None, receipt: None }
    }

    /// Runs it to its end; `None` where it was stopped.
    pub async fn run(mut self, stop: &CancellationToken) -> Ended {
        let mut idle = self.session.idle(self.timers, now());
        let end = loop {
            if let Some(end) = self.drive(&mut idle) {
                break Ok(end);
            }
            self.receipt = idle.receipt().cloned().or(self.receipt);
            let deadline = idle.deadline().map_or_else(now, |(at, _)| at);
            let look = self.track.as_ref().and_then(Track::next);
            let woken = tokio::select! {
                biased;
                () = stop.cancelled() => Woken::Stop,
                () = tokio::time::sleep_until(deadline.into()) => Woken::Deadline,
                () = tokio::time::sleep_until(look.unwrap_or(deadline).into()), if look.is_some() => Woken::Look,
                incoming = self.session.next() => Woken::Incoming(incoming),
            };
            match woken {
                Woken::Stop => {
                    self.goodbye(Some(idle)).await;
                    return None;
                }
                Woken::Deadline => idle.handle(now(), Input::Tick),
                Woken::Look => {
                    if self.look(&mut idle) {
                        break Ok(End::Overdue(Timer::Done));
                    }
                }
                Woken::Incoming(Ok(Incoming::Response(response))) => idle.handle(now(), Input::Response(&response)),
                Woken::Incoming(Ok(Incoming::Unparsed(_))) => idle.handle(now(), Input::Noise),
                Woken::Incoming(Ok(Incoming::Line(_))) => {}
                Woken::Incoming(Ok(Incoming::Written(at))) => {
                    idle.handle(at, Input::Written);
                    let first = self.session.io().tcp().and_then(sample);
                    self.track = first.map(|first| Track::new(at, first));
                    self.acked(&mut idle);
                }
                Woken::Incoming(Err(fault)) => break Err(fault),
            }
        };
        match end {
            Ok(end) => self.ended(end, &idle, stop).await,
            Err(fault) => Some(Ok((self.broken(&fault, &idle), self.disturbed))),
        }
    }

    /// Acts on what the machine hands out; how it ended, where it has.
    fn drive(&mut self, idle: &mut Idle) -> Option<End> {
        while let Some(output) = idle.poll() {
            match output {
                Output::Send(line) => self.session.send(idle, line),
                Output::Changed(Change::Idling) => self.tell(Stage::Idling(idle.started())),
                Output::Changed(Change::Finishing { .. }) => self.tell(Stage::Finishing(now())),
                Output::Changed(Change::Exists(_) | Change::Expunged(_) | Change::Flags) => self.disturbed = true,
                Output::Changed(Change::Heartbeat(_) | Change::Alert(_) | Change::Written | Change::Acked) => {}
                Output::Ended(end) => return Some(end),
            }
        }
        None
    }

    fn tell(&self, stage: Stage) {
        tell(self.tales, Told::Stage(self.age, stage));
    }

    /// Looks at the socket; whether the path is dead.
    fn look(&mut self, idle: &mut Idle) -> bool {
        let (Some(track), Some(seen)) = (&mut self.track, self.session.io().tcp().and_then(sample)) else {
            self.track = None;
            return false;
        };
        track.look(now(), seen);
        let dead = track.is_dead(now());
        self.acked(idle);
        dead
    }

    fn acked(&self, idle: &mut Idle) {
        if self.track.as_ref().is_some_and(Track::is_acked) {
            idle.handle(now(), Input::Acked);
        }
    }

    /// Writes down what became of DONE.
    fn keep(&self, receipt: &Receipt, late: bool) {
        let wall = SystemTime::now();
        let at = wall.checked_sub(now().saturating_duration_since(receipt.queued)).unwrap_or(wall);
        self.probe.recorder.receipt(&PastReceipt { late, ..PastReceipt::of(NO_CONN, receipt, at) });
    }

    async fn ended(mut self, end: End, idle: &Idle, stop: &CancellationToken) -> Ended {
        let age = now().saturating_duration_since(idle.started());
        let peer = self.probe.tools.shared.peer();
        let conduct = match end {
            End::Done(receipt) => {
                self.keep(&receipt, false);
                if !self.disturbed {
                    // Kept at once: a probe that is broken off has measured this.
                    let _ = self.probe.recorder.answered(&receipt);
                }
                let (took, status) = receipt.answer.as_ref().map_or((Duration::ZERO, "OK"), |answer| {
                    (answer.at.saturating_duration_since(receipt.queued), answer.status.name())
                });
                self.goodbye(None).await;
                Conduct::Answered { took, status }
            }
            End::Overdue(Timer::Done) => return self.ignored(idle, stop).await,
            End::Overdue(_) => {
                let message = format!("{peer} did not answer IDLE with + in time");
                return Some(Err(Fault::retry_after(FaultClass::Timeout, message)));
            }
            End::Refused(text) => {
                self.goodbye(None).await;
                let message = format!("{peer} refuses IDLE: {text}");
                return Some(Err(Fault::needs_user(FaultClass::Protocol, message)));
            }
            End::ServerEnded(text) => {
                self.goodbye(None).await;
                Conduct::Ended { after: age, text }
            }
            End::Bye(text) => Conduct::Lost { after: age, text: self.session.bye(&text, At::Session).message },
        };
        Some(Ok((conduct, self.disturbed)))
    }

    /// DONE was not answered in time: says why, and waits a while longer for a late answer.
    async fn ignored(mut self, idle: &Idle, stop: &CancellationToken) -> Ended {
        let Some(receipt) = self.receipt.take() else {
            let message = format!("{} did not answer DONE in time", self.probe.tools.shared.peer());
            return Some(Err(Fault::retry_after(FaultClass::Timeout, message)));
        };
        let since = now();
        let evidence = track::evidence(&self.session, self.track.as_ref(), receipt.written.is_some());
        let finding = verdict::of_stall(&receipt, evidence.clone(), self.session.proxy(), since);
        let waited = since.saturating_duration_since(receipt.written.unwrap_or(receipt.queued));
        let recorder = &self.probe.recorder;
        self.keep(&receipt, false);
        // Just before the stall: without a number it is by this that a report knows whose server it was.
        recorder.server(None, &self.server);
        recorder.stall(
            None,
            &finding,
            waited,
            track::looks(&self.session, self.track.as_ref(), receipt.written, since),
        );
        let _ = recorder.failed(receipt.idle_age, Fate::Stalled);
        self.tell(Stage::Listening(since));
        let late = self.late_answer(idle, receipt, stop).await;
        let conduct = Conduct::Ignored { verdict: finding.verdict, text: finding.text, evidence, late };
        if late.is_some() {
            self.goodbye(None).await;
        }
        Some(Ok((conduct, self.disturbed)))
    }

    /// Waits for DONE's answer; from DONE to it, where it came. What came with it may have brought it.
    async fn late_answer(&mut self, idle: &Idle, mut receipt: Receipt, stop: &CancellationToken) -> Option<Duration> {
        let until = now() + self.wait;
        let mut untagged = 0;
        loop {
            let incoming = tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                () = tokio::time::sleep_until(until.into()) => return None,
                incoming = self.session.next() => incoming,
            };
            match incoming {
                Ok(Incoming::Response(Response::Tagged { tag, status, .. })) if tag == idle.tag() => {
                    let at = now();
                    receipt.acked.get_or_insert(at);
                    receipt.answer = Some(Answer { at, status, untagged });
                    self.keep(&receipt, true);
                    return receipt.took();
                }
                Ok(Incoming::Response(_)) => untagged += 1,
                Ok(Incoming::Written(_) | Incoming::Line(_) | Incoming::Unparsed(_)) => {}
                Err(_) => return None,
            }
        }
    }

    /// The connection broke.
    fn broken(&self, fault: &Fault, idle: &Idle) -> Conduct {
        let after = now().saturating_duration_since(idle.started());
        let ending = self.session.ending();
        // As a watch learns: what TCP gave up, or what was reset under a DONE, had died in silence.
        if matches!(ending, Some(Ending::GivenUp)) || (self.receipt.is_some() && ending == Some(Ending::Reset)) {
            let age = self.receipt.as_ref().map_or(after, |receipt| receipt.idle_age);
            let _ = self.probe.recorder.failed(age, Fate::Dropped);
        }
        Conduct::Lost { after, text: fault.message.clone() }
    }

    /// DONE where IDLE runs, and LOGOUT, in little time; then the connection goes in any case.
    async fn goodbye(&mut self, idle: Option<Idle>) {
        let by = now() + GOODBYE;
        let _ = tokio::time::timeout_at(by.into(), async {
            if let Some(mut idle) = idle {
                idle.handle(now(), Input::Done(DoneReason::Shutdown));
                while self.drive(&mut idle).is_none() {
                    match self.session.next().await {
                        Ok(Incoming::Response(response)) => idle.handle(now(), Input::Response(&response)),
                        Ok(Incoming::Written(_) | Incoming::Line(_) | Incoming::Unparsed(_)) => {}
                        Err(_) => return,
                    }
                }
            }
            probe_after_written(&self.session, None);
            let tag = self.session.say_logout(by);
            // Whatever comes of it, the connection goes.
            let _ = self.session.finish(&tag, &Teller::unheard()).await;
        })
        .await;
    }
}

impl std::fmt::Debug for Trial<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trial").field("age", &self.age).field("disturbed", &self.disturbed).finish_non_exhaustive()
    }
}
