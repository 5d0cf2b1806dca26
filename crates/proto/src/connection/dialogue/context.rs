//! What every step works with: the connection's facts, the command whose reply is owed, and what is to be done.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use super::facts::Facts;
use super::question::{Answer, Question};
use super::secret::LoginLine;
use crate::connection::task::Progress;
use crate::model::{Fault, FaultClass, Mail, Phase, Status, WatchId};
use crate::names::wire_name;
use crate::refusal::{self, At};
use crate::response::{Response, StatusText};

/// Where a step stands: it waits for more, it is done, or it failed.
pub type Flow<T> = Result<Option<T>, Fault>;

/// A part of a conversation.
pub trait Step: fmt::Debug {
    /// What comes of it.
    type Done: fmt::Debug;

    /// Takes what happened. [`Event::Begin`] is the first, once.
    ///
    /// # Errors
    /// What a refusal or another trouble means, on a connection that lives.
    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Self::Done>;

    /// What the step makes of a fault that ends it: its own, or the connection's.
    ///
    /// # Errors
    /// The fault, unless the step knows better.
    fn failed(&mut self, fault: Fault) -> Result<Self::Done, Fault> {
        Err(fault)
    }
}

/// What happens to a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// It begins.
    Begin,
    /// Something came while a command's reply was owed.
    Reply(Reply),
    /// The host answered.
    Answer(Answer),
}

/// What answers a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+`: the server waits for more.
    Continue(String),
    /// Untagged data.
    Untagged(Response),
    /// A response that no parser reads: it may have been the one that was waited for.
    Unparsed(String),
    /// The end.
    Tagged(Status, StatusText),
}

/// A command that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    tag: String,
    /// The command's name, for the sentence when its reply is late.
    what: &'static str,
    /// When its reply is late.
    by: Instant,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owed {
    Nothing,
    Greeting(Instant),
    Reply(Command),
}

/// What the host is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    /// A transport, until then.
    Transport(Instant),
    /// Something else.
    Answer,
}

/// What a step hands out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Line(String),
    Login(LoginLine),
    Ask(Question),
    Progress(Option<WatchId>, Progress),
    LookBack(WatchId),
    Trust,
    Utf8,
    Accepted,
}

/// What every step works with.
#[derive(Debug)]
pub struct Context {
    /// The moment of what is being handled.
    pub(super) now: Instant,
    /// How long a reply may take.
    pub(super) reply: Duration,
    /// What is known of the connection.
    pub(super) facts: Facts,
    /// The shared mailbox that is spoken of; the connection's own where there is none.
    pub(super) of: Option<WatchId>,
    /// Whether a login was permitted and its end not told yet.
    pub(super) permitted: bool,
    /// The details that the server gave of a refused token, in base64.
    pub(super) challenge: Option<String>,
    owed: Owed,
    asked: Asked,
    pub(super) actions: VecDeque<Action>,
}

impl Context {
    pub(super) const fn new(facts: Facts, reply: Duration, now: Instant) -> Self {
        Self {
            now,
            reply,
            facts,
            of: None,
            permitted: false,
            challenge: None,
            owed: Owed::Nothing,
            asked: Asked::Nothing,
            actions: VecDeque::new(),
        }
    }

    /// When the reply to a command that is sent now is late.
    pub(super) fn by(&self) -> Instant {
        self.now + self.reply
    }

    pub(super) fn peer(&self) -> &str {
        &self.facts.subject.peer
    }

    /// A mailbox's name, or a pattern for LIST, as a command on this connection carries it.
    pub(super) fn wire_name(&self, mailbox: &str) -> String {
        wire_name(mailbox, self.facts.utf8)
    }

    /// A tag that was not used on this connection.
    pub(super) fn next_tag(&mut self) -> String {
        self.facts.tags += 1;
        format!("A{}", self.facts.tags)
    }

    /// Sends a command and waits for its reply.
    pub(super) fn issue(&mut self, what: &'static str, text: impl fmt::Display) {
        self.issue_by(what, text, self.by());
    }

    /// The same, with another deadline than usual.
    pub(super) fn issue_by(&mut self, what: &'static str, text: impl fmt::Display, by: Instant) {
        let command = self.send(what, text, by);
        self.expect(command);
    }

    /// Sends a command whose reply is waited for later.
    pub(super) fn send(&mut self, what: &'static str, text: impl fmt::Display, by: Instant) -> Command {
        let tag = self.next_tag();
        self.actions.push_back(Action::Line(format!("{tag} {text}")));
        Command { tag, what, by }
    }

    /// Waits for a command's reply.
    pub(super) fn expect(&mut self, command: Command) {
        self.owed = Owed::Reply(command);
    }

    /// Waits for the reply to a command of login, whose line the host makes.
    pub(super) fn expect_login(&mut self, tag: String, what: &'static str, by: Instant) {
        self.expect(Command { tag, what, by });
    }

    /// Waits for the greeting.
    pub(super) fn expect_greeting(&mut self, by: Instant) {
        self.owed = Owed::Greeting(by);
    }

    /// Moves the deadline of the reply that is owed: for a command whose data keeps coming.
    pub(super) const fn extend(&mut self, by: Instant) {
        if let Owed::Reply(command) = &mut self.owed {
            command.by = by;
        }
    }

    /// Sends a line of the login that the host makes.
    pub(super) fn send_login(&mut self, line: LoginLine) {
        self.actions.push_back(Action::Login(line));
    }

    /// Sends a command's line that needs nothing of the host.
    pub(super) fn send_line(&mut self, line: String) {
        self.actions.push_back(Action::Line(line));
    }

    /// Asks the host.
    pub(super) fn ask(&mut self, question: Question) {
        self.asked = match &question {
            Question::Dial(by) => Asked::Transport(*by),
            Question::Forgive
            | Question::Permit
            | Question::LoginFailed { .. }
            | Question::Seen(_)
            | Question::Unreported(_)
            | Question::Keep { .. }
            | Question::Commit { .. }
            | Question::MessageIds { .. } => Asked::Answer,
        };
        self.actions.push_back(Action::Ask(question));
    }

    /// The host has answered, if it was asked.
    pub(super) const fn answered(&mut self) -> bool {
        let asked = self.is_asking();
        self.asked = Asked::Nothing;
        asked
    }

    pub(super) const fn is_asking(&self) -> bool {
        !matches!(self.asked, Asked::Nothing)
    }

    /// Tells something of the mailbox that is spoken of.
    pub(super) fn tell(&mut self, progress: Progress) {
        self.actions.push_back(Action::Progress(self.of.clone(), progress));
    }

    pub(super) fn tell_phase(&mut self, phase: Phase) {
        self.tell(Progress::Phase(phase));
    }

    /// Tells mails, where there are any.
    pub(super) fn tell_mails(&mut self, mails: Vec<Mail>) {
        if !mails.is_empty() {
            self.tell(Progress::Mails(mails));
        }
    }

    /// Tells a fault that does not end the exchange.
    pub(super) fn tell_fault(&mut self, fault: Fault) {
        self.tell(Progress::Fault(fault));
    }

    /// Passes on what the step did not ask for. A `+` that nobody asked for is answered by nothing.
    pub(super) fn pass(&mut self, reply: Reply) {
        match reply {
            Reply::Untagged(response) => self.tell(Progress::Response(response)),
            Reply::Unparsed(text) => self.tell(Progress::Unparsed(text)),
            Reply::Continue(_) | Reply::Tagged(..) => {}
        }
    }

    /// What a NO or BAD to a command means.
    pub(super) fn refused(&self, what: &str, text: &StatusText, at: At) -> Fault {
        refusal::fault(&text.whole(), at, &format!("{} refused {what}", self.peer()))
    }

    /// When a tick is due.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match (self.asked, &self.owed) {
            (Asked::Transport(by), _) => Some(by),
            (Asked::Answer, _) | (Asked::Nothing, Owed::Nothing) => None,
            (Asked::Nothing, Owed::Greeting(by) | Owed::Reply(Command { by, .. })) => Some(*by),
        }
    }

    /// What it means that the deadline has passed.
    pub(super) fn late(&self) -> Fault {
        let peer = self.peer();
        let message = match (self.asked, &self.owed) {
            (Asked::Nothing, Owed::Reply(command)) => format!("{peer} did not answer {} in time", command.what),
            (Asked::Nothing, Owed::Greeting(_)) => format!("no greeting from {peer} within the connect timer"),
            (Asked::Transport(_) | Asked::Answer, _) | (Asked::Nothing, Owed::Nothing) => {
                format!("no connection from {peer} within the connect timer")
            }
        };
        Fault::retry_after(FaultClass::Timeout, message)
    }

    /// What a response is to the step: none where the server ends the connection with it.
    pub(super) fn judge(&mut self, response: Response) -> Result<Reply, Fault> {
        let greeting = matches!(self.owed, Owed::Greeting(_));
        match (response, &self.owed) {
            (Response::Bye(text), _) => {
                let at = if greeting { At::Greeting } else { At::Session };
                let fault = refusal::fault(&text.whole(), at, &format!("{} said BYE", self.peer()));
                self.tell(Progress::Response(Response::Bye(text)));
                Err(fault)
            }
            (Response::Tagged { tag, status, text }, Owed::Reply(command)) if tag == command.tag => {
                self.owed = Owed::Nothing;
                Ok(Reply::Tagged(status, text))
            }
            (Response::Continue { text }, Owed::Reply(_)) => Ok(Reply::Continue(text)),
            (response, _) => {
                if greeting {
                    self.owed = Owed::Nothing;
                }
                Ok(Reply::Untagged(response))
            }
        }
    }

    /// Whether nothing is waited for, neither of the server nor of the host.
    pub(super) const fn is_idle(&self) -> bool {
        matches!((self.asked, &self.owed), (Asked::Nothing, Owed::Nothing))
    }
}
