//! The last messages of a mailbox, by sequence number and without headers: where its UIDs end, and which messages came
//! lately. Chunk by chunk from the end, until a chunk holds none that did.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::fetch::{pass, patience};
use crate::connection::dialogue::context::{Context, Event, Flow, Reply};
use crate::connection::task::Mailbox;
use crate::model::Status;
use crate::response::{Fetched, Response};

/// A chunk is so many times the one before.
const GROWTH: u32 = 4;

/// What the last messages are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ending {
    /// The highest UID among the messages that there were when the mailbox was opened.
    pub(super) last: Option<u32>,
    /// Those among them that came lately, or whose date is not known.
    pub(super) late: BTreeSet<u32>,
    /// Those that did not.
    pub(super) old: BTreeSet<u32>,
    /// Whether messages came since the mailbox was opened.
    pub(super) more: bool,
    /// Whether all messages were looked at.
    pub(super) whole: bool,
}

/// The walk.
#[derive(Debug)]
pub(super) struct Recent {
    since: SystemTime,
    /// Messages when the mailbox was opened.
    exists: u32,
    /// Messages in the next chunk, and in all at most.
    chunk: u32,
    most: u32,
    /// The lowest sequence number that was asked for.
    first: u32,
    /// What came of the current chunk.
    came: u32,
    late: bool,
    ending: Ending,
}

impl Recent {
    /// Of a mailbox that had so many messages when it was opened. `chunk`: messages that are looked at first.
    pub(super) fn new(exists: u32, since: SystemTime, chunk: u32, most: u32) -> Self {
        Self { since, exists, chunk, most, first: 0, came: 0, late: false, ending: Ending::default() }
    }

    pub(super) fn handle(&mut self, context: &mut Context, mailbox: &mut Mailbox, event: Event) -> Flow<Ending> {
        match event {
            Event::Begin if self.exists == 0 => {
                self.ending.whole = true;
                return Ok(Some(std::mem::take(&mut self.ending)));
            }
            Event::Begin => self.ask(context),
            Event::Reply(Reply::Tagged(status, text)) => {
                if status != Status::Ok
                    && let Some(fault) = patience(context, &text)
                {
                    return Err(fault);
                }
                return Ok(self.answered(context, status));
            }
            Event::Reply(Reply::Untagged(Response::Fetch(fetched))) if fetched.uid.is_some() => {
                context.extend(context.by());
                self.fetched(context, mailbox, &fetched);
            }
            Event::Reply(reply) => pass(context, mailbox, reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }

    fn ask(&mut self, context: &mut Context) {
        let above = if self.first == 0 { self.exists } else { self.first - 1 };
        self.first = above.saturating_sub(self.chunk - 1).max(1);
        self.chunk = self.chunk.saturating_mul(GROWTH);
        (self.came, self.late) = (0, false);
        if above == self.exists {
            // What came since then is among them.
            context.issue("FETCH", format_args!("FETCH {}:* (UID INTERNALDATE)", self.first));
        } else {
            context.issue("FETCH", format_args!("FETCH {}:{above} (UID INTERNALDATE)", self.first));
        }
    }

    fn fetched(&mut self, context: &Context, mailbox: &Mailbox, fetched: &Fetched) {
        let Some(uid) = fetched.uid else { return };
        if fetched.seq > self.exists {
            self.ending.more = true;
            return;
        }
        let decoded = (context.facts.subject.decode)(fetched, mailbox.uidvalidity, false);
        let late = decoded.and_then(|message| message.internal_date).is_none_or(|at| at > self.since);
        self.came += 1;
        self.late |= late;
        self.ending.last = self.ending.last.max(Some(uid));
        if late {
            self.ending.late.insert(uid)
        } else {
            self.ending.old.insert(uid)
        };
    }

    fn answered(&mut self, context: &mut Context, status: Status) -> Option<Ending> {
        let asked = self.exists - (self.first - 1);
        let answered = status == Status::Ok && self.came > 0;
        if answered && self.late && self.first > 1 && asked < self.most {
            self.ask(context);
            return None;
        }
        let seen = self.ending.late.len() + self.ending.old.len();
        self.ending.whole = self.first == 1 && usize::try_from(self.exists).is_ok_and(|exists| seen >= exists);
        Some(std::mem::take(&mut self.ending))
    }
}
