//! Makes a connection that is logged in: dialling, greeting, capabilities, login, ID, UTF-8 names.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::commands::Capability;
use super::context::{Action, Context, Event, Flow, Reply, Step};
use super::identify::{EnableUtf8, Identify};
use super::login::{Login, Trusted};
use super::question::{Answer, Dialled, Permit, Question};
use crate::connection::task::Progress;
use crate::greeting;
use crate::model::{EventKind, Fault, FaultClass, Phase, ServerInfo, Status};
use crate::refusal::{self, At};
use crate::response::Response;

/// How the server greeted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// Log in.
    Ok,
    /// Logged in already (RFC 3501 §7.1.4).
    Preauth,
}

/// Waits for the greeting.
#[derive(Clone, Copy, Debug, Default)]
pub struct Greet {
    /// A deadline other than a reply's.
    by: Option<Instant>,
}

impl Step for Greet {
    type Done = Greeting;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Greeting> {
        match event {
            Event::Begin => {
                let by = self.by.unwrap_or_else(|| context.by());
                context.expect_greeting(by);
                Ok(None)
            }
            Event::Reply(Reply::Untagged(Response::Status { status: Status::Ok, .. })) => Ok(Some(Greeting::Ok)),
            Event::Reply(Reply::Untagged(Response::Preauth(_))) => Ok(Some(Greeting::Preauth)),
            Event::Reply(Reply::Untagged(Response::Status { status: status @ (Status::No | Status::Bad), text })) => {
                let what = format!("{} greets with {}", context.peer(), status.name());
                Err(refusal::fault(&text.whole(), At::Greeting, &what))
            }
            Event::Reply(Reply::Untagged(response)) => {
                let message = match foreign(&response) {
                    Some(said) => format!("{} {said}", context.peer()),
                    None => {
                        format!(
                            "{} does not greet as an IMAP server does: it begins with {}",
                            context.peer(),
                            kind(&response)
                        )
                    }
                };
                Err(Fault::retry_after(FaultClass::Protocol, message))
            }
            Event::Reply(Reply::Unparsed(text)) => {
                if let Some(said) = greeting::foreign(text.as_bytes()) {
                    let message = format!("{} {said}", context.peer());
                    return Err(Fault::retry_after(FaultClass::Protocol, message));
                }
                // The greeting may still come.
                context.pass(Reply::Unparsed(text));
                Ok(None)
            }
            Event::Reply(reply) => {
                context.pass(reply);
                Ok(None)
            }
            Event::Answer(_) => Ok(None),
        }
    }
}

/// What speaks something else may still read like IMAP: `+OK` of POP3, `220 OK` of SMTP.
fn foreign(response: &Response) -> Option<&'static str> {
    match response {
        Response::Continue { text } => greeting::foreign(format!("+{text}").as_bytes()),
        Response::Tagged { tag, .. } => greeting::foreign(format!("{tag} ").as_bytes()),
        Response::Status { .. }
        | Response::Preauth(_)
        | Response::Bye(_)
        | Response::Capability(_)
        | Response::Exists(_)
        | Response::Recent(_)
        | Response::Expunge(_)
        | Response::Vanished(_)
        | Response::Fetch(_)
        | Response::Search(_)
        | Response::MailboxStatus(..)
        | Response::List(_)
        | Response::Id(_)
        | Response::Other => None,
    }
}

/// What kind of response it is, in a word.
const fn kind(response: &Response) -> &'static str {
    match response {
        Response::Continue { .. } => "a continuation",
        Response::Tagged { .. } => "a tagged response",
        Response::Status { .. }
        | Response::Preauth(_)
        | Response::Bye(_)
        | Response::Capability(_)
        | Response::Exists(_)
        | Response::Recent(_)
        | Response::Expunge(_)
        | Response::Vanished(_)
        | Response::Fetch(_)
        | Response::Search(_)
        | Response::MailboxStatus(..)
        | Response::List(_)
        | Response::Id(_)
        | Response::Other => "data",
    }
}

/// Connects and logs in; no mailbox is open yet.
#[derive(Debug)]
pub struct Enter {
    /// How long dialling and greeting may take together.
    connect: Duration,
    /// Whether the user has just acted: what was refused may be tried again.
    retry_refused: bool,
    server: ServerInfo,
    permit: Option<Permit>,
    stage: Stage,
}

/// A connection that is logged in.
#[derive(Clone, Debug, PartialEq)]
pub struct Entered {
    /// What the server said of itself.
    pub server: ServerInfo,
    /// What it was logged in with, where a login was needed.
    pub permit: Option<Permit>,
}

#[derive(Debug)]
enum Stage {
    Start,
    Forgiving,
    Dialling {
        begun: Instant,
        by: Instant,
    },
    Greeting {
        begun: Instant,
        greet: Greet,
    },
    Capability(Capability, Greeting),
    Permit,
    Login(Login),
    /// Logged in already.
    Trusted(Trusted),
    Identify(Identify),
    Enable(EnableUtf8),
}

impl Enter {
    /// `connect` is how long dialling and greeting may take together; `retry_refused` says that the user has just acted.
    #[must_use]
    pub fn new(connect: Duration, retry_refused: bool) -> Self {
        Self { connect, retry_refused, server: ServerInfo::default(), permit: None, stage: Stage::Start }
    }

    fn dial(&mut self, context: &mut Context) {
        let begun = context.now;
        let by = begun + self.connect;
        context.ask(Question::Dial(by));
        self.stage = Stage::Dialling { begun, by };
    }

    fn dialled(&mut self, context: &mut Context, dialled: Dialled, begun: Instant, by: Instant) -> Flow<Entered> {
        self.server = dialled.server;
        if dialled.greeted {
            return self.greeted(context, Greeting::Ok, begun);
        }
        self.stage = Stage::Greeting { begun, greet: Greet { by: Some(by) } };
        self.handle(context, Event::Begin)
    }

    fn greeted(&mut self, context: &mut Context, greeting: Greeting, begun: Instant) -> Flow<Entered> {
        context.report(Progress::Event(EventKind::Connected {
            addr: self.server.addr,
            tls: self.server.tls.as_ref().map(|tls| tls.version),
            took: context.now.saturating_duration_since(begun),
        }));
        context.report(Progress::Server(self.server.clone()));
        if !context.facts.capabilities.is_empty() {
            return self.known(context, greeting);
        }
        self.stage = Stage::Capability(Capability::default(), greeting);
        self.handle(context, Event::Begin)
    }

    /// The server's offers are known.
    fn known(&mut self, context: &mut Context, greeting: Greeting) -> Flow<Entered> {
        match greeting {
            Greeting::Ok => {
                context.report_phase(Phase::Authenticating);
                context.ask(Question::Permit);
                self.stage = Stage::Permit;
                Ok(None)
            }
            Greeting::Preauth => {
                self.stage = Stage::Trusted(Trusted::default());
                self.handle(context, Event::Begin)
            }
        }
    }

    fn logged_in(&mut self, context: &mut Context) -> Flow<Entered> {
        let list = Arc::clone(&context.facts.capabilities);
        let idle = context.facts.can("IDLE");
        context.report(Progress::Event(EventKind::Capabilities { idle, list: Arc::clone(&list) }));
        self.server.capabilities = list;
        self.stage = Stage::Identify(Identify::default());
        self.handle(context, Event::Begin)
    }

    fn answered(&mut self, context: &mut Context, answer: Answer) -> Flow<Entered> {
        match (&self.stage, answer) {
            (Stage::Forgiving, Answer::Forgiven) => {
                self.dial(context);
                Ok(None)
            }
            (&Stage::Dialling { begun, by }, Answer::Dialled(dialled)) => self.dialled(context, dialled?, begun, by),
            (Stage::Permit, Answer::Permit(permit)) => {
                let permit = permit?;
                self.permit = Some(permit);
                context.permitted = true;
                self.stage = Stage::Login(Login::new(permit.plan));
                self.handle(context, Event::Begin)
            }
            // Not what was asked.
            (
                Stage::Start
                | Stage::Forgiving
                | Stage::Dialling { .. }
                | Stage::Greeting { .. }
                | Stage::Capability(..)
                | Stage::Permit
                | Stage::Login(_)
                | Stage::Trusted(_)
                | Stage::Identify(_)
                | Stage::Enable(_),
                _,
            ) => Ok(None),
        }
    }
}

impl Step for Enter {
    type Done = Entered;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Entered> {
        match &mut self.stage {
            Stage::Start if self.retry_refused => {
                context.ask(Question::Forgive);
                self.stage = Stage::Forgiving;
            }
            Stage::Start => self.dial(context),
            Stage::Forgiving | Stage::Dialling { .. } | Stage::Permit => {
                if let Event::Answer(answer) = event {
                    return self.answered(context, answer);
                }
            }
            Stage::Greeting { begun, greet } => {
                let begun = *begun;
                if let Some(greeting) = greet.handle(context, event)? {
                    return self.greeted(context, greeting, begun);
                }
            }
            Stage::Capability(capability, greeting) => {
                let greeting = *greeting;
                if capability.handle(context, event)?.is_some() {
                    return self.known(context, greeting);
                }
            }
            Stage::Login(login) => {
                if let Some(way) = login.handle(context, event)? {
                    context.permitted = false;
                    context.actions.push_back(Action::Accepted(way));
                    return self.logged_in(context);
                }
            }
            Stage::Trusted(trusted) => {
                if trusted.handle(context, event)?.is_some() {
                    return self.logged_in(context);
                }
            }
            Stage::Identify(identify) => {
                if let Some(id) = identify.handle(context, event)? {
                    self.server.id = id;
                    context.report(Progress::Server(self.server.clone()));
                    self.stage = Stage::Enable(EnableUtf8::default());
                    return self.handle(context, Event::Begin);
                }
            }
            Stage::Enable(enable) => {
                if enable.handle(context, event)?.is_some() {
                    let server = std::mem::take(&mut self.server);
                    return Ok(Some(Entered { server, permit: self.permit }));
                }
            }
        }
        Ok(None)
    }
}
