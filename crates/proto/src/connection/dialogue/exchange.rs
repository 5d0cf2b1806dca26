//! Drives a step: responses and time in, lines and questions out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::context::{Action, Context, Event, Reply, Step};
use super::facts::Facts;
use super::question::{Answer, LoginFailure, Question};
use super::secret::LoginLine;
use crate::connection::task::Progress;
use crate::model::{Fault, FaultClass, LoginWay, WatchId};
use crate::response::Response;

/// What reaches an exchange.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A response.
    Response(Response),
    /// A response that no parser reads.
    Unparsed(String),
    /// The connection has ended.
    Lost(Fault),
    /// The host answers the question that was asked last.
    Answer(Answer),
    /// Time has passed.
    Tick,
}

/// What an exchange hands out, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output<E> {
    /// Send this line; its CRLF is the host's to add.
    Send(String),
    /// Send a line of the login, which the host makes: secrets never come here.
    SendLogin(LoginLine),
    /// Answer this. Until then the connection is not read.
    Ask(Question),
    /// Report this, of a shared mailbox or of the connection's own.
    Progress(Option<WatchId>, Progress),
    /// Report what earlier runs left of this mailbox, as [`Progress::Past`]. Only the exchange's end waits for it.
    LookBack(WatchId),
    /// The server has accepted the login: raise the caps on what it may send.
    Trust,
    /// Names go as UTF-8 from now on, both ways.
    Utf8,
    /// The login that was permitted is proven; it went by this way.
    Accepted(LoginWay),
    /// It is over; nothing follows.
    Ended(E),
}

impl<E> Output<E> {
    /// Converts the end.
    pub fn map<T>(self, end: impl FnOnce(E) -> T) -> Output<T> {
        match self {
            Self::Send(line) => Output::Send(line),
            Self::SendLogin(line) => Output::SendLogin(line),
            Self::Ask(question) => Output::Ask(question),
            Self::Progress(of, progress) => Output::Progress(of, progress),
            Self::LookBack(of) => Output::LookBack(of),
            Self::Trust => Output::Trust,
            Self::Utf8 => Output::Utf8,
            Self::Accepted(way) => Output::Accepted(way),
            Self::Ended(ended) => Output::Ended(end(ended)),
        }
    }
}

/// Where an exchange stands.
#[derive(Debug)]
enum State<T> {
    /// The step goes on.
    Running,
    /// A permitted login failed; the host decides what that means.
    Failing,
    /// It failed in a command that may be to blame, which the host is to remember.
    Remembering(Fault),
    /// It is over. The result is there until it is handed out.
    Ended(Option<Result<T, Fault>>),
}

/// A step that is being driven.
#[derive(Debug)]
pub struct Exchange<S: Step> {
    step: S,
    context: Context,
    state: State<S::Done>,
    /// What came while the host was asked.
    held: VecDeque<Input>,
}

impl<S: Step> Exchange<S> {
    /// Begins a step on the connection that `facts` describes. `reply` is how long a command's reply may take.
    #[must_use]
    pub fn start(step: S, facts: Facts, reply: Duration, now: Instant) -> Self {
        let context = Context::new(facts, reply, now);
        let mut exchange = Self { step, context, state: State::Running, held: VecDeque::new() };
        exchange.advance(Event::Begin);
        exchange
    }

    /// Handles an input.
    pub fn handle(&mut self, now: Instant, input: Input) {
        self.context.now = now;
        match input {
            Input::Answer(answer) => {
                if self.context.answered() {
                    self.answered(answer);
                }
            }
            // The answer that is owed comes first.
            heard @ (Input::Response(_) | Input::Unparsed(_) | Input::Lost(_)) if self.context.is_asking() => {
                self.held.push_back(heard);
            }
            heard => self.heard(heard),
        }
        while !self.context.is_asking()
            && let Some(heard) = self.held.pop_front()
        {
            self.heard(heard);
        }
    }

    /// The next output, in order. Nothing follows [`Output::Ended`].
    pub fn poll(&mut self) -> Option<Output<Result<S::Done, Fault>>> {
        if let Some(action) = self.context.actions.pop_front() {
            return Some(match action {
                Action::Line(line) => Output::Send(line),
                Action::Login(line) => Output::SendLogin(line),
                Action::Ask(question) => Output::Ask(question),
                Action::Progress(of, progress) => Output::Progress(of, progress),
                Action::LookBack(of) => Output::LookBack(of),
                Action::Trust => Output::Trust,
                Action::Utf8 => Output::Utf8,
                Action::Accepted(way) => Output::Accepted(way),
            });
        }
        match &mut self.state {
            State::Ended(end) => end.take().map(Output::Ended),
            State::Running | State::Failing | State::Remembering(_) => None,
        }
    }

    /// When a tick is due; `None` at the end, and while the host is asked for anything but a transport.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Running | State::Failing | State::Remembering(_) => self.context.deadline(),
            State::Ended(_) => None,
        }
    }

    /// Whether the connection is to be read.
    #[must_use]
    pub const fn reads(&self) -> bool {
        !self.context.is_asking() && !matches!(self.state, State::Ended(_))
    }

    /// What is known of the connection by now.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.context.facts
    }

    /// The details that the server gave of a refused token, in base64.
    #[must_use]
    pub fn challenge(&self) -> Option<&str> {
        self.context.challenge.as_deref()
    }

    /// What a fault of the login that is under way means.
    #[must_use]
    pub fn login_failure(&self, fault: Fault) -> LoginFailure {
        self.context.login.failed(fault)
    }

    /// What is known of the connection, once the exchange is over.
    #[must_use]
    pub fn into_facts(self) -> Facts {
        self.context.facts
    }

    fn heard(&mut self, input: Input) {
        if matches!(self.state, State::Ended(_)) {
            return;
        }
        // The deadline first: a flood of bytes must not starve it.
        if self.context.deadline().is_some_and(|by| by <= self.context.now) {
            let late = self.context.late();
            self.fail(late, None);
            return;
        }
        match input {
            Input::Response(response) => {
                // They may be told at any time.
                if let Some(list) = response.capabilities() {
                    self.context.facts.capabilities = list.into();
                }
                match self.context.judge(response) {
                    Ok(reply) => self.advance(Event::Reply(reply)),
                    Err(fault) => self.fail(fault, None),
                }
            }
            Input::Unparsed(text) => self.advance(Event::Reply(Reply::Unparsed(text))),
            Input::Lost(fault) => self.fail(fault, None),
            Input::Answer(_) | Input::Tick => {}
        }
    }

    fn answered(&mut self, answer: Answer) {
        match (&self.state, answer) {
            (State::Running, answer) => self.advance(Event::Answer(answer)),
            (State::Failing, Answer::LoginFailed(fault)) => self.end(Err(fault)),
            (State::Remembering(fault), Answer::Suspected(_)) => self.end(Err(fault.clone())),
            (State::Failing | State::Remembering(_) | State::Ended(_), _) => {}
        }
    }

    fn advance(&mut self, event: Event) {
        match self.step.handle(&mut self.context, event) {
            Ok(None) if self.context.is_idle() => {
                // Nothing would ever wake such a step.
                let message = format!("{}: a conversation ended without a result (a bug)", self.context.peer());
                self.fail(Fault::retry_after(FaultClass::Protocol, message), None);
            }
            Ok(None) => {}
            Ok(Some(done)) => self.end(Ok(done)),
            Err(fault) => {
                let challenge = self.context.challenge.clone();
                self.fail(fault, challenge);
            }
        }
    }

    fn fail(&mut self, fault: Fault, challenge: Option<String>) {
        // The details belong to a refusal only.
        self.context.challenge.clone_from(&challenge);
        if std::mem::take(&mut self.context.permitted) {
            let failure = self.context.login.failed(fault);
            self.context.ask(Question::LoginFailed { failure, challenge });
            self.state = State::Failing;
        } else if let Some(question) = self.context.risk.take() {
            self.context.ask(question);
            self.state = State::Remembering(fault);
        } else {
            self.end(Err(fault));
        }
    }

    fn end(&mut self, ended: Result<S::Done, Fault>) {
        let ended = ended.or_else(|fault| self.step.failed(fault));
        self.context.answered();
        self.held.clear();
        self.state = State::Ended(Some(ended));
    }
}
