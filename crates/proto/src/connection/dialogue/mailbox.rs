//! One mailbox: EXAMINE, STATUS, and what a FETCH or a SEARCH says of its UIDs.

use std::sync::Arc;

use super::context::{Command, Context, Event, Flow, Reply, Step};
use crate::model::{Fault, FaultClass, Status};
use crate::names::is_same;
use crate::refusal::At;
use crate::response::{Code, MailboxStatus, Response};

/// What EXAMINE told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selected {
    /// Messages in the mailbox.
    pub exists: u32,
    /// Its UIDVALIDITY; 1 where the server gives none (RFC 3501 §2.3.1.1 wants one, and some old servers don't).
    pub uidvalidity: u32,
    /// Its next UID, where the server gives it.
    pub uidnext: Option<u32>,
}

impl Selected {
    fn note(&mut self, code: Option<&Code>) {
        match code {
            Some(Code::UidNext(uid)) => self.uidnext = Some(*uid),
            Some(Code::UidValidity(value)) => self.uidvalidity = *value,
            Some(Code::Alert | Code::Capability(_) | Code::Other(_)) | None => {}
        }
    }
}

/// Opens a mailbox for reading only, so that `\Recent` and `\Seen` are left alone. Fails with class `mailbox` where the
/// server refuses. A name that it may know in another form is asked for in that too.
#[derive(Clone, Debug)]
pub struct Examine {
    name: Arc<str>,
    selected: Selected,
}

impl Examine {
    /// Of this mailbox.
    #[must_use]
    pub const fn new(name: Arc<str>) -> Self {
        Self { name, selected: Selected { exists: 0, uidvalidity: 1, uidnext: None } }
    }
}

impl Step for Examine {
    type Done = Selected;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Selected> {
        match event {
            Event::Begin => {
                let name = context.wire_name(&self.name);
                context.issue("EXAMINE", format_args!("EXAMINE {name}"));
            }
            Event::Reply(Reply::Tagged(Status::Ok, text)) => {
                self.selected.note(text.code.as_ref());
                return Ok(Some(self.selected));
            }
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, _)) if context.guess_spelling(&self.name) => {
                *self = Self::new(Arc::clone(&self.name));
                return self.handle(context, Event::Begin);
            }
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, text)) => {
                context.forget_spelling(&self.name);
                return Err(context.refused(&format!("EXAMINE {}", self.name), &text, At::Mailbox));
            }
            Event::Reply(Reply::Untagged(Response::Exists(count))) => self.selected.exists = count,
            Event::Reply(reply) => {
                if let Reply::Untagged(Response::Status { text, .. }) = &reply {
                    self.selected.note(text.code.as_ref());
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

/// The UIDs that a search finds; none where the server refuses. What it may find must fit a line's cap: search in
/// windows.
#[derive(Clone, Debug)]
pub(super) struct Search {
    criteria: String,
    found: Vec<u32>,
}

impl Search {
    pub(super) const fn new(criteria: String) -> Self {
        Self { criteria, found: Vec::new() }
    }
}

impl Step for Search {
    type Done = Vec<u32>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Vec<u32>> {
        match event {
            Event::Begin => context.issue("UID SEARCH", format_args!("UID SEARCH {}", self.criteria)),
            Event::Reply(Reply::Tagged(Status::Ok, _)) => return Ok(Some(std::mem::take(&mut self.found))),
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, _)) => return Ok(Some(Vec::new())),
            Event::Reply(Reply::Untagged(Response::Search(uids))) => self.found.extend(uids),
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}

/// The next UID: as EXAMINE told it, else one more than the last message's.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextUid {
    selected: Selected,
    last: u32,
}

impl NextUid {
    pub(super) const fn new(selected: Selected) -> Self {
        Self { selected, last: 0 }
    }
}

impl Step for NextUid {
    type Done = u32;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<u32> {
        match event {
            Event::Begin => match self.selected {
                Selected { uidnext: Some(uidnext), .. } => return Ok(Some(uidnext)),
                Selected { exists: 0, .. } => return Ok(Some(1)),
                Selected { .. } => context.issue("UID FETCH", "UID FETCH * (UID)"),
            },
            Event::Reply(Reply::Tagged(..)) => return Ok(Some(self.last.saturating_add(1))),
            Event::Reply(Reply::Untagged(Response::Fetch(fetched))) => {
                self.last = self.last.max(fetched.uid.unwrap_or(0));
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
        | Response::Other => None,
    }
}
