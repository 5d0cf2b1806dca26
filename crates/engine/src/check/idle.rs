//! IDLE and DONE, once, with the verdict where DONE is not answered.

use std::time::{Duration, Instant};

use super::{Outcome, StepKind, Trial};
use crate::clock::now;
use crate::session::{Incoming, Session};
use crate::tcp_evidence::sample;
use mailwatch_proto::connection::sample::Mark;
use mailwatch_proto::idle::{Change, End, Input, Line, Output};
use mailwatch_proto::model::{DoneReason, Evidence, Fault, FaultClass, Receipt, Timer, show_duration};
use mailwatch_proto::verdict;

/// What woke the trial.
enum Woken {
    Incoming(Result<Incoming, Fault>),
    Deadline,
    Done,
}

/// What is known of DONE while its answer is owed.
#[derive(Default)]
struct Sent {
    receipt: Option<Receipt>,
    /// What the peer's TCP must have acknowledged to have it.
    mark: Option<Mark>,
}

impl Trial<'_> {
    pub(super) async fn idled(&mut self, session: &mut Session, idle_for: Duration) -> Result<(), Fault> {
        let mut idle = session.idle(self.account.timers, now());
        let mut done_at: Option<Instant> = None;
        let mut sent = Sent::default();
        loop {
            while let Some(output) = idle.poll() {
                match output {
                    Output::Send(line) => {
                        session.send(&idle, line);
                        if line == Line::Done {
                            done_at = None;
                        }
                    }
                    Output::Changed(Change::Idling) => {
                        self.done("the server waits for DONE", StepKind::Done);
                        done_at = Some(now() + idle_for);
                    }
                    Output::Changed(_) => {}
                    Output::Ended(end) => return self.ended(session, sent, end),
                }
            }
            // The machine gives it away at its end.
            sent.receipt = idle.receipt().cloned().or(sent.receipt);
            let deadline = idle.deadline().map_or_else(now, |(at, _)| at);
            let wish = done_at;
            let woken = tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline.into()) => Woken::Deadline,
                () = tokio::time::sleep_until(wish.unwrap_or(deadline).into()), if wish.is_some() => Woken::Done,
                incoming = session.next() => Woken::Incoming(incoming),
            };
            match woken {
                Woken::Deadline => idle.handle(now(), Input::Tick),
                Woken::Done => {
                    done_at = None;
                    self.begun = now();
                    idle.handle(now(), Input::Done(DoneReason::User));
                }
                Woken::Incoming(incoming) => match incoming? {
                    Incoming::Response(response) => idle.handle(now(), Input::Response(&response)),
                    Incoming::Written(at) => {
                        sent.mark = session.io().tcp().and_then(sample).map(|seen| Mark::after_flush(&seen));
                        idle.handle(at, Input::Written);
                    }
                    Incoming::Unparsed(_) | Incoming::Line(_) => {}
                },
            }
        }
    }

    fn ended(&mut self, session: &Session, sent: Sent, end: End) -> Result<(), Fault> {
        let peer = self.peer();
        match end {
            End::Done(receipt) => {
                let status = receipt.answer.as_ref().map_or("OK", |answer| answer.status.name());
                let age = show_duration(Some(receipt.idle_age));
                self.tell(Outcome::Done(format!("{status}, from an IDLE of {age}")));
                Ok(())
            }
            End::Refused(text) => {
                // Offered and refused: the mailbox can be watched all the same, by asking.
                self.left_out(&format!("the server refuses IDLE ({text}): it would be polled"), StepKind::Done);
                self.tell(Outcome::LeftOut("there is no IDLE to end".to_owned()));
                Ok(())
            }
            End::ServerEnded(text) => {
                self.tell(Outcome::LeftOut(format!("the server ended IDLE by itself: {text}")));
                Ok(())
            }
            End::Bye(text) => Err(session.bye(&text, mailwatch_proto::refusal::At::Session)),
            End::Overdue(Timer::Done) => {
                let Some(receipt) = sent.receipt else {
                    return Err(Fault::retry_after(FaultClass::Timeout, format!("{peer} did not answer DONE in time")));
                };
                let seen = session.io().tcp().and_then(sample);
                let evidence = match (seen, sent.mark) {
                    (Some(seen), Some(mark)) => seen.evidence(&mark, Some(session.proxy().is_some())),
                    (Some(_), None) => Evidence { acked: Some(false), ..Evidence::default() },
                    (None, _) => Evidence::default(),
                };
                let finding = verdict::of_stall(&receipt, evidence, session.proxy(), now());
                Err(Fault::retry_after(FaultClass::Timeout, format!("{}: {}", finding.verdict, finding.text)))
            }
            End::Overdue(_) => {
                Err(Fault::retry_after(FaultClass::Timeout, format!("{peer} did not answer IDLE with + in time")))
            }
        }
    }
}
