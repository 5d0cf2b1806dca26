//! One connection's life between its tasks, from the first IDLE to its end, without I/O.
//!
//! Owns the IDLE machine, the looks at the socket while DONE is on its way, the judgement where DONE is not answered,
//! and the quarantine after it. Four [`Role`]s say what a connection is there for; nothing else differs.

pub mod arrivals;
pub mod dialogue;
mod io;
mod known;
mod quarantine;
pub mod sample;
pub mod sampler;
mod state;
pub mod task;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::io::{Due, Ending, Incoming, Input, Output, Role, Stall};
pub use self::known::Known;
pub use self::quarantine::{KEPT_FOR, Late, Quarantine};
use self::sample::Sample;
use self::sampler::TcpSampler;
use self::state::{Asked, State};
use self::task::{Notify, Opened};
use crate::idle::{self, Change, End, Idle, Line};
use crate::model::{ConnId, Receipt, Timer, Timers};
use crate::outputs;
use crate::verdict;

/// From DONE's writing until its ack the kernel may give the connection up after so long. Zero while idling: a value
/// overrides keepalive's number of probes (tcp(7)).
pub const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// One connection.
#[derive(Clone, Debug)]
pub struct Connection {
    id: ConnId,
    role: Role,
    state: State,
    /// What is known of it.
    pub known: Known,
    tag: String,
    receipt: Option<Receipt>,
    sampler: Option<TcpSampler>,
    asked: Option<Asked>,
    /// How long a loss must last before the path is dead, where that is not the usual time.
    patience: Option<Duration>,
    outputs: VecDeque<Output>,
}

impl Connection {
    /// A connection that is being made.
    #[must_use]
    pub fn new(id: ConnId, role: Role) -> Self {
        Self {
            id,
            role,
            state: State::Working,
            known: Known::default(),
            tag: String::new(),
            receipt: None,
            sampler: None,
            asked: None,
            patience: None,
            outputs: VecDeque::new(),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> ConnId {
        self.id
    }

    /// What it is there for.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Takes on another role: a standby becomes active, an active one drains.
    pub const fn assume(&mut self, role: Role) {
        self.role = role;
    }

    /// A task begins: what comes meanwhile is the task's.
    pub fn work(&mut self) {
        self.state = State::Working;
        self.forget_done();
    }

    /// A task ended, and the connection lives. `opened` is what the first one found.
    pub fn rest(&mut self, opened: Option<&Opened>, open: Option<Arc<str>>, notify: Notify) {
        self.state = State::AtRest;
        if let Some(opened) = opened {
            self.known.idles = opened.idles;
            (self.known.token, self.known.replace) = (opened.token, opened.replace);
        }
        (self.known.open, self.known.notify) = (open, notify);
    }

    /// Issues IDLE under this tag.
    pub fn idle(&mut self, tag: impl Into<String>, timers: Timers, now: Instant) {
        self.tag = tag.into();
        self.forget_done();
        self.receipt = None;
        self.state = State::Idling(Box::new(Idle::start(self.tag.clone(), timers, now)));
        self.advance();
    }

    /// Waits until then before the server is asked again.
    pub fn poll_at(&mut self, at: Instant) {
        self.state = State::Polling(at);
    }

    /// Keeps and reads it from now on: its DONE was not answered.
    pub fn quarantine(&mut self, receipt: Receipt, now: Instant) {
        self.role = Role::Quarantined;
        self.forget_done();
        self.outputs.push_back(Output::UserTimeout(None));
        self.state = State::Quarantined(Box::new(Quarantine::new(self.tag.clone(), receipt, now)));
    }

    /// From now on a loss of DONE is judged after so long, where that is not the usual time.
    pub const fn judge_after(&mut self, patience: Option<Duration>) {
        self.patience = patience;
    }

    /// The tag of the IDLE that runs, or ran last.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The IDLE that runs.
    #[must_use]
    pub fn running(&self) -> Option<&Idle> {
        match &self.state {
            State::Idling(idle) => Some(idle),
            State::Working
            | State::AtRest
            | State::Polling(_)
            | State::Judging
            | State::Stuck
            | State::Quarantined(_) => None,
        }
    }

    /// Whether the server idles: `+` has come, DONE is not handed out.
    #[must_use]
    pub fn is_idling(&self) -> bool {
        self.running().is_some_and(Idle::is_idling)
    }

    /// Whether a task runs.
    #[must_use]
    pub const fn is_working(&self) -> bool {
        matches!(self.state, State::Working)
    }

    /// When the server is asked next, where it has no IDLE.
    #[must_use]
    pub const fn polling(&self) -> Option<Instant> {
        match &self.state {
            State::Polling(at) => Some(*at),
            State::Working
            | State::AtRest
            | State::Idling(_)
            | State::Judging
            | State::Stuck
            | State::Quarantined(_) => None,
        }
    }

    /// The DONE whose answer is owed.
    #[must_use]
    pub fn receipt(&self) -> Option<&Receipt> {
        self.running().and_then(Idle::receipt)
    }

    /// The quarantine it is in.
    #[must_use]
    pub const fn quarantined(&self) -> Option<&Quarantine> {
        match &self.state {
            State::Quarantined(quarantine) => Some(quarantine),
            State::Working | State::AtRest | State::Idling(_) | State::Polling(_) | State::Judging | State::Stuck => {
                None
            }
        }
    }

    /// Whether what comes is to be read here. A task reads for itself; a standby that idles is read once it has taken over.
    #[must_use]
    pub fn reads(&self) -> bool {
        match &self.state {
            State::Idling(idle) => self.role != Role::Standby || !idle.is_idling(),
            State::Polling(_) => self.role != Role::Standby,
            State::Quarantined(_) => true,
            State::Working | State::AtRest | State::Judging | State::Stuck => false,
        }
    }

    /// What runs out next and when; nothing while a standby waits to take over. A late [`Input::Tick`] honours it all
    /// the same.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Due)> {
        if !self.reads() {
            return None;
        }
        match &self.state {
            State::Idling(idle) => {
                let timer = idle.deadline().map(|(at, timer)| (at, Due::Timer(timer)));
                let look = self.look_at().map(|at| (at, Due::Look));
                look.into_iter().chain(timer).min_by_key(|(at, _)| *at)
            }
            State::Polling(at) => Some((*at, Due::Timer(Timer::Poll))),
            State::Quarantined(quarantine) => Some((quarantine.until(), Due::Quarantine)),
            State::Working | State::AtRest | State::Judging | State::Stuck => None,
        }
    }

    /// Takes an input. What follows from it comes out of [`Connection::poll`].
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Sampled(seen) => self.sampled(now, seen),
            Input::Tick if self.look_at().is_some_and(|at| at <= now) => self.ask(Asked::Next),
            Input::Response(response) => {
                if let State::Quarantined(quarantine) = &mut self.state {
                    self.outputs.push_back(Output::Late(quarantine.response(response, now)));
                } else {
                    self.idling(now, idle::Input::Response(response));
                }
            }
            Input::Written => {
                if let State::Quarantined(quarantine) = &mut self.state {
                    quarantine.written(now);
                } else {
                    self.idling(now, idle::Input::Written);
                }
            }
            Input::Noise => self.idling(now, idle::Input::Noise),
            Input::Done(reason) => self.idling(now, idle::Input::Done(reason)),
            Input::Retune(timers) => self.idling(now, idle::Input::Retune(timers)),
            Input::Tick => {
                if self.quarantined().is_some_and(|quarantine| quarantine.until() <= now) {
                    self.state = State::Stuck;
                    self.outputs.push_back(Output::Late(Late::Expired));
                }
                self.idling(now, idle::Input::Tick);
            }
        }
    }

    /// The next output, until there is none.
    pub fn poll(&mut self) -> Option<Output> {
        outputs::next(&mut self.outputs)
    }

    fn idling(&mut self, now: Instant, input: idle::Input<'_>) {
        if let State::Idling(idle) = &mut self.state {
            idle.handle(now, input);
            self.advance();
        }
    }

    /// Takes what the IDLE machine hands out.
    fn advance(&mut self) {
        while let State::Idling(idle) = &mut self.state {
            if let Some(receipt) = idle.receipt() {
                self.receipt = Some(receipt.clone());
            }
            match idle.poll() {
                Some(idle::Output::Send(line)) => {
                    if line == Line::Done {
                        self.forget_done();
                    }
                    self.outputs.push_back(Output::Send(line));
                }
                Some(idle::Output::Changed(change)) => {
                    let written = change == Change::Written;
                    self.outputs.push_back(Output::Changed(change));
                    if written && self.role == Role::Active {
                        self.outputs.push_back(Output::UserTimeout(Some(USER_TIMEOUT)));
                        self.ask(Asked::First);
                    }
                }
                Some(idle::Output::Ended(End::Overdue(Timer::Done))) => self.judge(),
                Some(idle::Output::Ended(end)) => self.end(end),
                None => return,
            }
        }
    }

    fn end(&mut self, end: End) {
        self.state = State::AtRest;
        self.forget_done();
        let answered = matches!(end, End::Done(_));
        self.outputs.push_back(Output::Ended(end));
        if answered && self.role == Role::Active {
            self.outputs.push_back(Output::UserTimeout(None));
        }
    }

    /// DONE is overdue, or cannot arrive: a last look decides why.
    fn judge(&mut self) {
        self.state = State::Judging;
        self.ask(Asked::Last);
    }

    fn ask(&mut self, look: Asked) {
        self.asked = Some(look);
        self.outputs.push_back(Output::Sample);
    }

    /// When to look at the socket next; not while a look is owed.
    fn look_at(&self) -> Option<Instant> {
        if self.asked.is_some() { None } else { self.sampler.as_ref().and_then(TcpSampler::next) }
    }

    /// A DONE that went before is no longer looked after.
    fn forget_done(&mut self) {
        self.sampler = None;
        self.asked = None;
    }

    fn sampled(&mut self, now: Instant, seen: Option<Sample>) {
        let Some(asked) = self.asked.take() else { return };
        match (asked, seen) {
            (Asked::First, Some(first)) => {
                let sampler = TcpSampler::new(now, first);
                self.sampler = Some(match self.patience {
                    Some(patience) => sampler.judged_after(patience),
                    None => sampler,
                });
                self.look_into(now);
            }
            (Asked::Next, Some(seen)) => {
                if let Some(sampler) = &mut self.sampler {
                    sampler.look(now, seen);
                    self.look_into(now);
                }
                // The tick that asked for the look was for the timers, too.
                self.idling(now, idle::Input::Tick);
            }
            (Asked::First, None) => {}
            (Asked::Next, None) => {
                self.sampler = None;
                self.idling(now, idle::Input::Tick);
            }
            (Asked::Last, seen) => self.stall(now, seen),
        }
    }

    /// What the last look says: DONE has arrived, or the path is dead.
    fn look_into(&mut self, now: Instant) {
        let Some(sampler) = &self.sampler else { return };
        if sampler.is_acked() {
            self.outputs.push_back(Output::UserTimeout(None));
            self.idling(now, idle::Input::Acked);
        } else if sampler.is_dead(now) {
            self.judge();
        }
    }

    fn stall(&mut self, now: Instant, seen: Option<Sample>) {
        let Some(receipt) = self.receipt.clone() else { return };
        let proxy = self.known.proxy.as_deref();
        let written = receipt.written;
        let sampler = self.sampler.as_ref();
        let evidence = sampler::evidence(sampler, seen, proxy.is_some(), written.is_some());
        let looks = sampler::looks(sampler, seen, written, now);
        let finding = verdict::of_stall(&receipt, evidence, proxy, now);
        let waited = now.saturating_duration_since(written.unwrap_or(receipt.queued));
        self.state = State::Stuck;
        self.forget_done();
        self.outputs.push_back(Output::Stalled(Box::new(Stall { receipt, finding, waited, looks })));
    }
}

#[cfg(test)]
mod tests;
