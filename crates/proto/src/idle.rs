//! The IDLE machine: one value per IDLE command (RFC 2177). No socket, no clock, no loop; `now` is an argument.
//!
//! What must hold: DONE is handed out at most once and only after `+`; `reissue` counts from sending IDLE and no
//! traffic postpones it; `done` counts from handing DONE out; a late tick still honours every deadline.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::response::{Code, Response, StatusText};
use crate::model::{Answer, DoneReason, Receipt, Status, Timer, Timers};
use crate::outputs;

/// How long a DONE that checks a connection after a suspend, or on another network, may take. The path is old then, and a person sits before
/// the screen who has just opened the lid: shorter than `done`'s default.
pub const SLEPT_DEADLINE: Duration = Duration::from_secs(5);

/// What the machine hands out to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// `TAG IDLE`.
    Idle,
    /// `DONE`.
    Done,
}

/// What reaches the machine.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A response of the server.
    Response(&'a Response),
    /// Bytes came that are no response: they prove life, no more.
    Noise,
    /// Somebody wishes the IDLE ended. Before `+` the wish is held.
    Done(DoneReason),
    /// The timers changed.
    Retune(Timers),
    /// The kernel has taken the last byte of DONE.
    Written,
    /// The peer's TCP has DONE.
    Acked,
    /// Time has passed.
    Tick,
}

/// What the machine tells of the mailbox and of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `+` came: the server idles.
    Idling,
    /// DONE is handed out.
    Finishing {
        /// Why.
        reason: DoneReason,
        /// The IDLE's age, from sending IDLE.
        idle_age: Duration,
    },
    /// `* n EXISTS`.
    Exists(u32),
    /// So many messages are gone.
    Expunged(u32),
    /// A message's flags changed.
    Flags,
    /// `* OK text`: the server shows that it lives.
    Heartbeat(String),
    /// `[ALERT]`, or an untagged NO or BAD: a user must see it (RFC 3501 §7.1).
    Alert(String),
    /// The kernel has taken DONE.
    Written,
    /// The peer's TCP has DONE.
    Acked,
}

/// How an IDLE ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// DONE was answered.
    Done(Receipt),
    /// NO or BAD in place of `+`.
    Refused(String),
    /// The server sent the tagged reply unasked.
    ServerEnded(String),
    /// The server said BYE.
    Bye(StatusText),
    /// A timer ran out: `reply` for a `+` that never came, `done` for DONE's reply.
    Overdue(Timer),
}

/// What the machine wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this.
    Send(Line),
    /// Something changed.
    Changed(Change),
    /// The IDLE has ended; nothing follows.
    Ended(End),
}

/// Where the IDLE stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// IDLE is sent, `+` is owed.
    Requested { wish: Option<DoneReason> },
    /// `+` has come.
    Idling,
    /// DONE is handed out, the tagged reply is owed.
    Finishing { receipt: Receipt, untagged: u32 },
    /// Over.
    Ended,
}

/// One IDLE command's life.
#[derive(Clone, Debug)]
pub struct Idle {
    tag: String,
    state: State,
    timers: Timers,
    started: Instant,
    heard: Instant,
    outputs: VecDeque<Output>,
}

impl Idle {
    /// Begins an IDLE; its first output is to send it.
    #[must_use]
    pub fn start(tag: impl Into<String>, timers: Timers, now: Instant) -> Self {
        Self {
            tag: tag.into(),
            state: State::Requested { wish: None },
            timers,
            started: now,
            heard: now,
            outputs: VecDeque::from([Output::Send(Line::Idle)]),
        }
    }

    /// The command's tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// When IDLE was sent.
    #[must_use]
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// Whether the server idles: `+` has come, DONE is not handed out.
    #[must_use]
    pub fn is_idling(&self) -> bool {
        self.state == State::Idling
    }

    /// The running DONE's receipt, while its reply is owed.
    #[must_use]
    pub const fn receipt(&self) -> Option<&Receipt> {
        match &self.state {
            State::Finishing { receipt, .. } => Some(receipt),
            State::Requested { .. } | State::Idling | State::Ended => None,
        }
    }

    /// Takes an input. What follows from it comes out of [`Idle::poll`].
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        if self.state == State::Ended {
            return;
        }
        match input {
            Input::Response(response) => {
                self.heard = now;
                self.response(now, response);
            }
            Input::Noise => self.heard = now,
            Input::Done(reason) => self.wish(now, reason),
            Input::Retune(timers) => self.retune(now, timers),
            Input::Written => self.rung(|receipt| &mut receipt.written, now, Change::Written),
            Input::Acked => self.rung(|receipt| &mut receipt.acked, now, Change::Acked),
            Input::Tick => {}
        }
        // After every input, so that a flood of bytes cannot starve a timer.
        self.tick(now);
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<Output> {
        outputs::next(&mut self.outputs)
    }

    /// What runs out next and when; `None` exactly when ended.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Timer)> {
        match &self.state {
            State::Requested { .. } => Some((self.started + self.timers.limit(Timer::Reply), Timer::Reply)),
            State::Idling => {
                let reissue = (self.started + self.timers.limit(Timer::Reissue), Timer::Reissue);
                let silence = self.timers.value(Timer::Silence).map(|limit| (self.heard + limit, Timer::Silence));
                Some(silence.map_or(reissue, |silence| silence.min(reissue)))
            }
            State::Finishing { receipt, .. } => {
                let limit = match receipt.reason {
                    DoneReason::Slept | DoneReason::Network => self.timers.limit(Timer::Done).min(SLEPT_DEADLINE),
                    DoneReason::Reissue
                    | DoneReason::NewMail
                    | DoneReason::User
                    | DoneReason::Silence
                    | DoneReason::Retune
                    | DoneReason::Rotate
                    | DoneReason::Pause
                    | DoneReason::Shutdown
                    | DoneReason::Turn
                    | DoneReason::Hint
                    | DoneReason::NotPushing => self.timers.limit(Timer::Done),
                };
                Some((receipt.queued + limit, Timer::Done))
            }
            State::Ended => None,
        }
    }

    fn tick(&mut self, now: Instant) {
        let Some((at, timer)) = self.deadline() else { return };
        if now < at {
            return;
        }
        match (&self.state, timer) {
            (State::Idling, Timer::Silence) => self.finish(now, DoneReason::Silence),
            (State::Idling, _) => self.finish(now, DoneReason::Reissue),
            (State::Requested { .. } | State::Finishing { .. }, timer) => self.end(End::Overdue(timer)),
            (State::Ended, _) => {}
        }
    }

    fn wish(&mut self, now: Instant, reason: DoneReason) {
        match &mut self.state {
            // The first reason stays: it is why the IDLE ends.
            State::Requested { wish } => {
                wish.get_or_insert(reason);
            }
            State::Idling => self.finish(now, reason),
            State::Finishing { .. } | State::Ended => {}
        }
    }

    fn retune(&mut self, now: Instant, timers: Timers) {
        self.timers = timers;
        let due = self.deadline().is_some_and(|(at, _)| at <= now);
        if due && self.state == State::Idling {
            self.finish(now, DoneReason::Retune);
        }
    }

    fn finish(&mut self, now: Instant, reason: DoneReason) {
        let idle_age = now.saturating_duration_since(self.started);
        let receipt = Receipt { reason, idle_age, queued: now, written: None, acked: None, answer: None };
        self.state = State::Finishing { receipt, untagged: 0 };
        self.outputs.push_back(Output::Send(Line::Done));
        self.outputs.push_back(Output::Changed(Change::Finishing { reason, idle_age }));
    }

    fn rung(&mut self, rung: impl FnOnce(&mut Receipt) -> &mut Option<Instant>, now: Instant, change: Change) {
        if let State::Finishing { receipt, .. } = &mut self.state {
            let rung = rung(receipt);
            if rung.is_none() {
                *rung = Some(now);
                self.outputs.push_back(Output::Changed(change));
            }
        }
    }

    fn end(&mut self, end: End) {
        self.state = State::Ended;
        self.outputs.push_back(Output::Ended(end));
    }

    fn response(&mut self, now: Instant, response: &Response) {
        match response {
            Response::Continue { .. } => self.continued(now),
            Response::Tagged { tag, status, text } if tag.eq_ignore_ascii_case(&self.tag) => {
                self.tagged(now, *status, text);
            }
            // A stale reply, such as BAD to a DONE that crossed the server's own end of IDLE.
            Response::Tagged { .. } => {}
            Response::Bye(text) => self.end(End::Bye(text.clone())),
            Response::Status { status, text } => {
                let alert = *status != Status::Ok || text.code == Some(Code::Alert);
                let change = if alert { Change::Alert(text.whole()) } else { Change::Heartbeat(text.text.clone()) };
                self.untagged(Some(change));
            }
            Response::Exists(count) => self.untagged(Some(Change::Exists(*count))),
            Response::Expunge(_) => self.untagged(Some(Change::Expunged(1))),
            Response::Vanished(count) => self.untagged(Some(Change::Expunged(*count))),
            Response::Fetch(_) => self.untagged(Some(Change::Flags)),
            Response::Preauth(_)
            | Response::Capability(_)
            | Response::Search(_)
            | Response::MailboxStatus(..)
            | Response::List(_)
            | Response::Id(_)
            | Response::Recent(_)
            | Response::Other => self.untagged(None),
        }
    }

    fn untagged(&mut self, change: Option<Change>) {
        if let State::Finishing { untagged, .. } = &mut self.state {
            *untagged = untagged.saturating_add(1);
        }
        self.outputs.extend(change.map(Output::Changed));
    }

    fn continued(&mut self, now: Instant) {
        let State::Requested { wish } = self.state else { return };
        self.state = State::Idling;
        self.outputs.push_back(Output::Changed(Change::Idling));
        if let Some(reason) = wish {
            self.finish(now, reason);
        }
    }

    fn tagged(&mut self, now: Instant, status: Status, text: &StatusText) {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Requested { .. } if status != Status::Ok => self.end(End::Refused(text.whole())),
            State::Requested { .. } | State::Idling => self.end(End::ServerEnded(text.whole())),
            State::Finishing { mut receipt, untagged } => {
                receipt.answer = Some(Answer { at: now, status, untagged });
                self.end(End::Done(receipt));
            }
            State::Ended => {}
        }
    }
}

#[cfg(test)]
mod tests;
