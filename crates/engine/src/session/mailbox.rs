//! One mailbox: EXAMINE, STATUS, NOOP, and the FETCH that tells what is new. Every tagged reply is checked here.

use std::time::Instant;

use super::{Incoming, Reply, Session, Sink, Tag};
use mailwatch_proto::model::{Fault, Status};
use mailwatch_proto::refusal::At;
use mailwatch_proto::response::{Code, MailboxStatus, Response};

/// What is asked of each new message. Headers and not ENVELOPE: async-imap does not unescape ENVELOPE's strings. A part
/// of them only: a message may hold more subjects than a literal's cap allows, and must not stop the watch for good.
pub const FETCH_ITEMS: &str = "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)]<0.65536>)";

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

impl Session {
    /// Opens a mailbox for reading only, so that `\Recent` and `\Seen` are left alone.
    ///
    /// # Errors
    /// Class `mailbox` where the server refuses; as [`Session::reply`] otherwise.
    pub async fn examine(&mut self, mailbox: &str, by: Instant, sink: &impl Sink) -> Result<Selected, Fault> {
        let tag = self.issue("EXAMINE", &format!("EXAMINE {}", self.wire_name(mailbox)), by);
        let mut selected = Selected { exists: 0, uidvalidity: 1, uidnext: None };
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(Status::Ok, text) => {
                    if let Some(code) = &text.code {
                        note(&mut selected, code);
                    }
                    return Ok(selected);
                }
                Reply::Tagged(Status::No | Status::Bad, text) => {
                    return Err(self.refused(&format!("EXAMINE {mailbox}"), &text, At::Mailbox));
                }
                Reply::Untagged(Response::Exists(count)) => selected.exists = count,
                Reply::Untagged(Response::Status { status, text }) => {
                    if let Some(code) = &text.code {
                        note(&mut selected, code);
                    }
                    sink.give(Incoming::Response(Response::Status { status, text })).await;
                }
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
    }

    /// Asks for a mailbox's figures; `None` where the server refuses.
    ///
    /// # Errors
    /// As [`Session::reply`].
    pub async fn status(
        &mut self,
        mailbox: &str,
        by: Instant,
        sink: &impl Sink,
    ) -> Result<Option<MailboxStatus>, Fault> {
        let tag = self.ask_status(mailbox, by);
        let mut told = None;
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(Status::Ok, _) => return Ok(told),
                Reply::Tagged(Status::No | Status::Bad, _) => return Ok(None),
                Reply::Untagged(Response::MailboxStatus(name, status)) if name.0 == mailbox => told = Some(status),
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
    }

    /// Lets the server tell what it has to tell; it goes to the sink.
    ///
    /// # Errors
    /// As [`Session::reply`], and where the server answers NO or BAD.
    pub async fn noop(&mut self, by: Instant, sink: &impl Sink) -> Result<(), Fault> {
        let tag = self.issue("NOOP", "NOOP", by);
        match self.finish(&tag, sink).await? {
            (Status::Ok, _) => Ok(()),
            (Status::No | Status::Bad, text) => Err(self.refused("NOOP", &text, At::Session)),
        }
    }

    /// Asks for every message from a UID on.
    pub fn ask_from(&mut self, uid: u32, items: &str, by: Instant) -> Tag {
        self.issue("UID FETCH", &format!("UID FETCH {uid}:* {items}"), by)
    }

    /// The UIDs that a search finds. What it may find must fit a line's cap: search in windows.
    ///
    /// # Errors
    /// As [`Session::reply`]; NO or BAD is an empty result.
    pub async fn uid_search(&mut self, criteria: &str, by: Instant, sink: &impl Sink) -> Result<Vec<u32>, Fault> {
        let tag = self.issue("UID SEARCH", &format!("UID SEARCH {criteria}"), by);
        let mut found = Vec::new();
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(Status::Ok, _) => return Ok(found),
                Reply::Tagged(Status::No | Status::Bad, _) => return Ok(Vec::new()),
                Reply::Untagged(Response::Search(uids)) => found.extend(uids),
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
    }

    /// The next UID, for a server that does not tell it: one more than the last message's.
    ///
    /// # Errors
    /// As [`Session::reply`].
    pub async fn find_uidnext(&mut self, exists: u32, by: Instant, sink: &impl Sink) -> Result<u32, Fault> {
        if exists == 0 {
            return Ok(1);
        }
        let tag = self.issue("UID FETCH", "UID FETCH * (UID)", by);
        let mut last = 0_u32;
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(..) => return Ok(last.saturating_add(1)),
                Reply::Untagged(Response::Fetch(fetched)) => last = last.max(fetched.uid.unwrap_or(0)),
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
    }
}

fn note(selected: &mut Selected, code: &Code) {
    match code {
        Code::UidNext(uid) => selected.uidnext = Some(*uid),
        Code::UidValidity(value) => selected.uidvalidity = *value,
        Code::Alert | Code::Capability(_) | Code::Other(_) => {}
    }
}
