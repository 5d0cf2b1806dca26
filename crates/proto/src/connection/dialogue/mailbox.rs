//! One mailbox: EXAMINE, STATUS, and what a FETCH or a SEARCH says of its UIDs.

use std::sync::Arc;

use super::context::{Command, Context, Event, Flow, Reply, Step};
use crate::model::{Fault, FaultClass, Status};
use crate::names::is_same;
use crate::refusal::At;
use crate::response::{Code, MailboxStatus, Response};

/// What is known of a mailbox that was just opened: what EXAMINE told, and where it told nothing, what STATUS had told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selected {
    /// Messages in the mailbox.
    pub exists: u32,
    /// Its UIDVALIDITY; 1 where the server gives none (RFC 3501 §2.3.1.1 wants one, and some old servers don't).
    pub uidvalidity: u32,
    /// Its next UID, where the server gives one that can be it.
    pub uidnext: Option<u32>,
}

/// The next UID that a server told, where it can be one: not 0, and not 1 in a mailbox with messages.
fn credible(uidnext: Option<u32>, exists: u32) -> Option<u32> {
    uidnext.filter(|uidnext| *uidnext > u32::from(exists > 0))
}

/// Opens a mailbox for reading only, so that `\Recent` and `\Seen` are left alone. Fails with class `mailbox` where the
/// server refuses. A name that it may know in another form is asked for in that too.
#[derive(Clone, Debug)]
pub struct Examine {
    name: Arc<str>,
    /// What STATUS told a moment ago.
    figures: MailboxStatus,
    exists: Option<u32>,
    uidvalidity: Option<u32>,
    uidnext: Option<u32>,
    /// Whether it was opened again, because STATUS contradicts.
    again: bool,
}

impl Examine {
    /// Of this mailbox.
    #[must_use]
    pub fn new(name: Arc<str>) -> Self {
        Self::after(name, None)
    }

    /// The same, after STATUS has told its figures.
    #[must_use]
    pub fn after(name: Arc<str>, figures: Option<MailboxStatus>) -> Self {
        let figures = figures.unwrap_or_default();
        Self { name, figures, exists: None, uidvalidity: None, uidnext: None, again: false }
    }

    fn issue(&mut self, context: &mut Context) {
        (self.exists, self.uidvalidity, self.uidnext) = (None, None, None);
        let name = context.wire_name(&self.name);
        context.issue("EXAMINE", format_args!("EXAMINE {name}"));
    }

    fn note(&mut self, code: Option<&Code>) {
        match code {
            Some(Code::UidNext(uid)) => self.uidnext = Some(*uid),
            Some(Code::UidValidity(value)) => self.uidvalidity = Some(*value).filter(|value| *value > 0),
            Some(Code::Alert | Code::Capability(_) | Code::Other(_)) | None => {}
        }
    }

    /// The two UIDVALIDITYs, where EXAMINE and STATUS gave different ones.
    fn contradicts(&self) -> Option<(u32, u32)> {
        self.uidvalidity.zip(self.figures.uidvalidity).filter(|(examine, status)| examine != status)
    }

    fn selected(&self) -> Selected {
        let same = self.contradicts().is_none();
        let figures = if same { self.figures } else { MailboxStatus::default() };
        let exists = self.exists.or(figures.messages).unwrap_or(0);
        Selected {
            exists,
            uidvalidity: self.uidvalidity.or(figures.uidvalidity).unwrap_or(1),
            uidnext: credible(self.uidnext, exists).or_else(|| credible(figures.uidnext, exists)),
        }
    }
}

impl Step for Examine {
    type Done = Selected;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Selected> {
        match event {
            Event::Begin => self.issue(context),
            Event::Reply(Reply::Tagged(Status::Ok, text)) => {
                self.note(text.code.as_ref());
                if let Some((examine, status)) = self.contradicts()
                    && !std::mem::replace(&mut self.again, true)
                {
                    let name = &self.name;
                    context.contradiction(format!(
                        "STATUS gives {name} UIDVALIDITY {status}, EXAMINE {examine}: it is opened again"
                    ));
                    self.issue(context);
                    return Ok(None);
                }
                return Ok(Some(self.selected()));
            }
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, _)) if context.guess_spelling(&self.name) => {
                *self = Self::new(Arc::clone(&self.name));
                return self.handle(context, Event::Begin);
            }
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, text)) => {
                context.forget_spelling(&self.name);
                return Err(context.refused(&format!("EXAMINE {}", self.name), &text, At::Mailbox));
            }
            Event::Reply(Reply::Untagged(Response::Exists(count))) => self.exists = Some(count),
            Event::Reply(reply) => {
                if let Reply::Untagged(Response::Status { text, .. }) = &reply {
                    self.note(text.code.as_ref());
                }
                context.pass(reply);
            }
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}

fn send_status(context: &mut Context, mailbox: &str) -> Command {
    let name = context.wire_name(mailbox);
    let by = context.by();
    context.send("STATUS", format_args!("STATUS {name} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)"), by)
}

/// Asks for a mailbox's figures; none where the server refuses.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    name: Arc<str>,
    told: Option<MailboxStatus>,
}

impl Figures {
    pub(super) const fn new(name: Arc<str>) -> Self {
        Self { name, told: None }
    }
}

impl Step for Figures {
    type Done = Option<MailboxStatus>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Option<MailboxStatus>> {
        match event {
            Event::Begin => {
                let command = send_status(context, &self.name);
                context.expect(command);
            }
            Event::Reply(Reply::Tagged(Status::Ok, _)) => return Ok(Some(self.told)),
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, _)) => return Ok(Some(None)),
            Event::Reply(Reply::Untagged(Response::MailboxStatus(name, status))) if is_same(&self.name, &name.0) => {
                self.told = Some(status);
            }
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}

/// The codes that say of a mailbox that it cannot be had (RFC 5530 §3).
const GONE: [&str; 3] = ["NONEXISTENT", "NOPERM", "CANNOT"];

/// What a server said to STATUS: the figures, or a refusal, or nothing.
pub(super) type Asked = Result<MailboxStatus, Fault>;

/// Asks for the figures of several mailboxes at once: a round of many then takes few round trips. One answer for each,
/// in their order. The caller limits how many, so that neither side's buffers fill.
#[derive(Debug)]
pub(super) struct AllFigures {
    names: Vec<Arc<str>>,
    /// The commands after the current one, the next one last.
    rest: Vec<Command>,
    told: Option<MailboxStatus>,
    answers: Vec<Asked>,
}

impl AllFigures {
    pub(super) const fn new(names: Vec<Arc<str>>) -> Self {
        Self { names, rest: Vec::new(), told: None, answers: Vec::new() }
    }

    fn next(&mut self, context: &mut Context) -> Option<Vec<Asked>> {
        let Some(command) = self.rest.pop() else { return Some(std::mem::take(&mut self.answers)) };
        context.expect(command);
        None
    }

    /// The mailbox whose reply is waited for.
    fn name(&self) -> Option<&Arc<str>> {
        self.names.get(self.answers.len())
    }
}

impl Step for AllFigures {
    type Done = Vec<Asked>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Vec<Asked>> {
        match event {
            Event::Begin => {
                self.rest = self.names.iter().map(|name| send_status(context, name)).collect();
                self.rest.reverse();
                return Ok(self.next(context));
            }
            Event::Reply(Reply::Tagged(status, text)) => {
                let name = self.name().map_or("", |name| name);
                let (what, other) = (format!("STATUS {name}"), context.other_form(name));
                let answer = match (status, self.told.take()) {
                    (Status::Ok, Some(told)) => Ok(told),
                    // Under a name that nobody knows again, or not at all: EXAMINE tells.
                    (Status::Ok, None) => Ok(MailboxStatus::default()),
                    (Status::No | Status::Bad, _) => {
                        let fault = context.refused(&what, &text, At::Mailbox);
                        // That it is not there, or not for us, is an answer; NO and BAD to STATUS itself are none.
                        let final_ = matches!(&text.code, Some(Code::Other(code)) if GONE.contains(&code.as_str()));
                        let opens = fault.class == FaultClass::Mailbox && (!final_ || other.is_some());
                        if opens { Ok(MailboxStatus::default()) } else { Err(fault) }
                    }
                };
                self.answers.push(answer);
                return Ok(self.next(context));
            }
            Event::Reply(Reply::Untagged(Response::MailboxStatus(name, status)))
                if self.name().is_some_and(|asked| is_same(asked, &name.0)) =>
            {
                self.told = Some(status);
            }
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}

/// The count of messages after this response; `None` where it does not concern the count.
pub(super) const fn count_after(response: &Response, before: u32) -> Option<u32> {
    match response {
        Response::Exists(count) => Some(*count),
        Response::Expunge(_) => Some(before.saturating_sub(1)),
        Response::Vanished(gone) => Some(before.saturating_sub(*gone)),
        Response::Continue { .. }
        | Response::Tagged { .. }
        | Response::Status { .. }
        | Response::Preauth(_)
        | Response::Bye(_)
        | Response::Capability(_)
        | Response::Fetch(_)
        | Response::Search(_)
        | Response::MailboxStatus(..)
        | Response::List(_)
        | Response::Id(_)
        | Response::Recent(_)
        | Response::Other => None,
    }
}
