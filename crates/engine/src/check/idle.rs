//! IDLE and DONE, once, with the verdict where DONE is not answered.

use std::time::{Duration, Instant};

use super::{Outcome, StepKind, Trial};
use crate::clock::now;
use crate::session::{Incoming, Session};
use crate::tcp_evidence::sample;
use mailwatch_proto::connection::task::Notify;
use mailwatch_proto::connection::{Connection, Input, Known, Output, Role, Stall};
use mailwatch_proto::idle::{Change, End};
use mailwatch_proto::model::{ConnId, DoneReason, Fault, FaultClass, show_duration};
use mailwatch_proto::refusal::At;

/// A trial's connection is no watch's: it has no number.
const NO_CONN: ConnId = ConnId(0);

/// What woke the trial.
enum Woken {
    Incoming(Result<Incoming, Fault>),
    Deadline,
    Done,
}

/// What the IDLE came to.
enum IdleOutcome {
    Ended(End),
    Stalled(Box<Stall>),
}

impl Trial<'_> {
    /// One IDLE, ended with DONE at this age.
    pub(super) async fn idled(&mut self, session: &mut Session, idle_for: Duration) -> Result<(), Fault> {
        let mut connection = Connection::new(NO_CONN, Role::Active);
        connection.rest(None, None, Notify::Never);
        connection.known = Known { proxy: session.proxy().map(str::to_owned), ..Known::default() };
        connection.idle(session.upcoming_tag(), self.account.timers, now());
        let mut done_at: Option<Instant> = None;
        loop {
            if let Some(outcome) = self.drive(&mut connection, session, &mut done_at, idle_for) {
                return match outcome {
                    IdleOutcome::Ended(end) => self.ended(session, end),
                    IdleOutcome::Stalled(stall) => Err(stalled(*stall)),
                };
            }
            let deadline = connection.deadline().map_or_else(now, |(at, _)| at);
            let woken = tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline.into()) => Woken::Deadline,
                () = tokio::time::sleep_until(done_at.unwrap_or(deadline).into()), if done_at.is_some() => Woken::Done,
                incoming = session.next() => Woken::Incoming(incoming),
            };
            match woken {
                Woken::Deadline => connection.handle(now(), Input::Tick),
                Woken::Done => {
                    done_at = None;
                    self.begun = now();
                    connection.handle(now(), Input::Done(DoneReason::User));
                }
                Woken::Incoming(incoming) => match incoming? {
                    Incoming::Response(response) => connection.handle(now(), Input::Response(&response)),
                    Incoming::Unparsed(_) => connection.handle(now(), Input::Noise),
                    Incoming::Written(at) => connection.handle(at, Input::Written),
                    Incoming::Line(_) => {}
                },
            }
        }
    }

    /// Acts on what the machine hands out; what the IDLE came to, where that decides.
    fn drive(
        &mut self,
        connection: &mut Connection,
        session: &mut Session,
        done_at: &mut Option<Instant>,
        idle_for: Duration,
    ) -> Option<IdleOutcome> {
        while let Some(output) = connection.poll() {
            match output {
                Output::Send(line) => session.send_line(line),
                Output::Sample => {
                    let seen = session.io().tcp().and_then(sample);
                    connection.handle(now(), Input::Sampled(seen));
                }
                Output::Changed(Change::Idling) => {
                    self.done("the server waits for DONE", StepKind::Done);
                    *done_at = Some(now() + idle_for);
                }
                Output::Changed(Change::Finishing { .. }) => *done_at = None,
                Output::Ended(end) => return Some(IdleOutcome::Ended(end)),
                Output::Stalled(stall) => return Some(IdleOutcome::Stalled(stall)),
                // The connection goes at the trial's end: the kernel's patience stays its own.
                Output::UserTimeout(_) | Output::Late(_) | Output::Changed(_) => {}
            }
        }
        None
    }

    fn ended(&mut self, session: &Session, end: End) -> Result<(), Fault> {
        match end {
            End::Done(receipt) => {
                let status = receipt.answer.as_ref().map_or("OK", |answer| answer.status.name());
                let age = show_duration(Some(receipt.idle_age));
                self.tell(Outcome::Done(format!("{status}, from an IDLE of {age}")));
                Ok(())
            }
            End::Refused(text) => {
                // Offered and refused: the mailbox can be watched all the same, by asking.
                self.left_out(&format!("the server refuses IDLE ({text}): it will be polled"), StepKind::Done);
                self.tell(Outcome::LeftOut("there is no IDLE to end".to_owned()));
                Ok(())
            }
            End::ServerEnded(text) => {
                self.tell(Outcome::LeftOut(format!("the server ended IDLE by itself: {text}")));
                Ok(())
            }
            End::Bye(text) => Err(session.bye(&text, At::Session)),
            End::Overdue(_) => {
                let message = format!("{} did not answer IDLE with + in time", self.peer());
                Err(Fault::retry_after(FaultClass::Timeout, message))
            }
        }
    }
}

/// A DONE that was not answered, as a failure of its step.
fn stalled(stall: Stall) -> Fault {
    let finding = stall.finding;
    Fault::retry_after(FaultClass::Timeout, format!("{}: {}", finding.verdict, finding.text))
}
