//! What every step works with: the connection's facts, the command whose reply is owed, the actions to hand out.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::facts::Facts;
use super::question::{Answer, Question};
use super::secret::LoginLine;
use super::under_way::UnderWay;
use crate::connection::task::Progress;
use crate::model::{EventKind, Fault, FaultClass, LoginWay, Mail, Phase, Status, WatchId};
use crate::names::{other_form, quoted, spelling, wire_name};
use crate::refusal::{self, At};
use crate::response::{Fetched, Response, StatusText};

/// Contradictions that are told on one connection: a server may have more of them than anybody reads.
const CONTRADICTIONS: usize = 32;

/// Where a step stands: it waits for more, it is done, or it failed.
pub type Flow<T> = Result<Option<T>, Fault>;

/// A part of a conversation.
pub trait Step: fmt::Debug {
    /// Its result.
    type Done: fmt::Debug;

    /// Handles an event. [`Event::Begin`] comes first, once.
    ///
    /// # Errors
    /// Where the server refuses. The connection itself still lives.
    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Self::Done>;

    /// Turns the fault that ends the step, its own or the connection's, into a result.
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
    /// The server said something.
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
    /// A response that no parser reads. It may have been the expected one.
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

/// What the server owes.
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
    Accepted(LoginWay),
}

/// What every step works with.
#[derive(Debug)]
pub struct Context {
    /// The moment of the current event.
    pub(super) now: Instant,
    /// How long a reply may take.
    pub(super) reply: Duration,
    /// What is known of the connection.
    pub(super) facts: Facts,
    /// The shared mailbox that progress is about; `None` means the connection's own.
    pub(super) of: Option<WatchId>,
    /// Whether a permitted login is still under way.
    pub(super) permitted: bool,
    /// How far it has come.
    pub(super) login: UnderWay,
    /// The details that the server gave of a refused token, in base64.
    pub(super) challenge: Option<String>,
    /// What the host is to remember should the connection not survive the command.
    pub(super) risk: Option<Question>,
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
            login: UnderWay::none(),
            challenge: None,
            risk: None,
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
        match self.facts.written.get(mailbox) {
            Some(written) => quoted(written),
            None => wire_name(mailbox, self.facts.utf8),
        }
    }

    /// The other form that a server may know a name in, where it has not shown which it does.
    pub(super) fn other_form(&self, mailbox: &str) -> Option<String> {
        let unknown = !self.facts.written.contains_key(mailbox);
        let other = unknown.then(|| other_form(mailbox, self.facts.utf8)).flatten();
        other.map(|other| quoted(&other))
    }

    /// The server refused a mailbox: whether there is another form of its name to ask for, which is noted.
    pub(super) fn guess_spelling(&mut self, name: &str) -> bool {
        let utf8 = self.facts.utf8;
        let unknown = !self.facts.written.contains_key(name);
        let Some(other) = other_form(name, utf8).filter(|_| unknown) else { return false };
        Arc::make_mut(&mut self.facts.written).insert(name.to_owned(), other);
        true
    }

    /// It refused that too: how it writes the name is not known.
    pub(super) fn forget_spelling(&mut self, name: &str) {
        if self.facts.written.contains_key(name) {
            Arc::make_mut(&mut self.facts.written).remove(name);
        }
    }

    /// The server writes this mailbox's name so.
    pub(super) fn note_spelling(&mut self, name: &str, wrote: &str) {
        if let Some(spelling) = spelling(name, wrote, self.facts.utf8) {
            Arc::make_mut(&mut self.facts.written).insert(name.to_owned(), spelling.to_owned());
        }
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

    /// Sends a command with a deadline other than the usual one.
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

    /// Moves the deadline of the owed reply: for a command whose data keeps coming.
    pub(super) const fn extend(&mut self, by: Instant) {
        if let Owed::Reply(command) = &mut self.owed {
            command.by = by;
        }
    }

    /// Sends a line of the login that the host makes.
    pub(super) fn send_login(&mut self, line: LoginLine) {
        self.login.sends(&line);
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
            | Question::AnotherWay
            | Question::LoginFailed { .. }
            | Question::Seen(_)
            | Question::Unreported(_)
            | Question::Keep { .. }
            | Question::Commit { .. }
            | Question::Suspect { .. }
            | Question::Readable { .. }
            | Question::Again { .. }
            | Question::Known { .. } => Asked::Answer,
        };
        self.actions.push_back(Action::Ask(question));
    }

    /// Has the host remember this should the connection not survive the command that is under way.
    pub(super) fn risk(&mut self, question: Question) {
        self.risk = Some(question);
    }

    /// The command has been answered.
    pub(super) fn safe(&mut self) {
        self.risk = None;
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

    /// Reports progress.
    pub(super) fn report(&mut self, progress: Progress) {
        self.actions.push_back(Action::Progress(self.of.clone(), progress));
    }

    pub(super) fn report_phase(&mut self, phase: Phase) {
        self.report(Progress::Phase(phase));
    }

    /// Reports mails, where there are any.
    pub(super) fn report_mails(&mut self, mails: Vec<Mail>) {
        if !mails.is_empty() {
            self.report(Progress::Mails(mails));
        }
    }

    /// Reports a fault that does not end the exchange.
    pub(super) fn report_fault(&mut self, fault: Fault) {
        self.report(Progress::Fault(fault));
    }

    /// Reports that the server contradicts itself, once a connection in the same words.
    pub(super) fn contradiction(&mut self, text: String) {
        let said = &mut self.facts.contradictions;
        if said.len() < CONTRADICTIONS && said.insert(text.clone()) {
            self.report(Progress::Event(EventKind::Contradiction { text }));
        }
    }

    /// Passes on what the step did not ask for. An unexpected `+` gets no answer.
    pub(super) fn pass(&mut self, reply: Reply) {
        match reply {
            Reply::Untagged(response) => self.report(Progress::Response(response)),
            Reply::Unparsed(text) => self.report(Progress::Unparsed(text)),
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

    /// The fault of a deadline that has passed.
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

    /// What a response means to the step. BYE is a fault.
    pub(super) fn judge(&mut self, response: Response) -> Result<Reply, Fault> {
        // Flags that a FETCH was asked for tell of `\Seen` as those that are pushed do.
        if let Response::Fetch(Fetched { seq, uid, seen: Some(seen), internal_date: Some(_), .. }) = &response {
            self.report(Progress::Flags { seq: *seq, uid: *uid, unseen: !seen });
        }
        let greeting = matches!(self.owed, Owed::Greeting(_));
        match (response, &self.owed) {
            (Response::Bye(text), _) => {
                let at = self.login.place(greeting);
                if at == At::Login {
                    self.login.refused(refusal::classify(&text.whole(), at).login);
                }
                let fault = refusal::fault(&text.whole(), at, &format!("{} said BYE", self.peer()));
                self.report(Progress::Response(Response::Bye(text)));
                Err(fault)
            }
            (Response::Tagged { tag, status, text }, Owed::Reply(command))
                if tag.eq_ignore_ascii_case(&command.tag) =>
            {
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

    /// Whether neither the server nor the host owes anything.
    pub(super) const fn is_idle(&self) -> bool {
        matches!((self.asked, &self.owed), (Asked::Nothing, Owed::Nothing))
    }
}
