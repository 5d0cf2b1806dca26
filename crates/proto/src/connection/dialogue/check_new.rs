//! What became of mails that are new to the user: by UID, in one FETCH.

use super::context::{Context, Event, Flow, Reply, Step};
use crate::connection::task::{Mailbox, Progress};
use crate::model::Status;
use crate::new_mails::NewUids;
use crate::response::{Fetched, Response};

/// Asks for them in the open mailbox. Their flags and numbers are told as they come, then what is gone.
#[derive(Debug)]
pub(super) struct CheckNew {
    new: NewUids,
    /// Whether the mailbox has messages.
    empty: bool,
    answered: Vec<u32>,
    /// Whether an answer had no UID: then none is missed.
    nameless: bool,
}

impl CheckNew {
    /// Of another epoch or UIDVALIDITY none is asked for: its UIDs mean other mails.
    pub(super) fn new(new: NewUids, mailbox: &Mailbox) -> Self {
        let same = new.of == (mailbox.epoch, mailbox.uidvalidity);
        let new = if same { new } else { NewUids::default() };
        Self { new, empty: mailbox.exists == 0, answered: Vec::new(), nameless: false }
    }

    fn fetched(&mut self, context: &mut Context, fetched: &Fetched) {
        context.extend(context.by());
        match (fetched.uid, fetched.seen) {
            (Some(uid), Some(seen)) => {
                self.answered.push(uid);
                // With a date it is told as any that was asked for.
                if fetched.internal_date.is_none() {
                    context.report(Progress::Flags { seq: fetched.seq, uid: Some(uid), unseen: !seen });
                }
            }
            (Some(uid), None) => self.answered.push(uid),
            (None, _) => self.nameless = true,
        }
    }

    /// All was said.
    fn conclude(&mut self, context: &mut Context) {
        self.answered.sort_unstable();
        let there = |uid: &u32| self.answered.binary_search(uid).is_ok();
        let gone = self.new.uids.iter().copied().filter(|uid| !there(uid)).collect();
        context.report(Progress::Checked((!self.nameless).then_some(gone)));
    }
}

impl Step for CheckNew {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        match event {
            Event::Begin if self.new.uids.is_empty() => return Ok(Some(())),
            // Some servers refuse UID FETCH of a mailbox without messages.
            Event::Begin if self.empty => {
                self.conclude(context);
                return Ok(Some(()));
            }
            Event::Begin => {
                context.issue("UID FETCH", format_args!("UID FETCH {} (UID FLAGS INTERNALDATE)", self.new.set()));
            }
            Event::Reply(Reply::Tagged(Status::Ok, _)) => {
                self.conclude(context);
                return Ok(Some(()));
            }
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, _)) => {
                context.report(Progress::Checked(None));
                return Ok(Some(()));
            }
            Event::Reply(Reply::Untagged(Response::Fetch(fetched)))
                if fetched.internal_date.is_some()
                    || fetched.uid.is_some_and(|uid| self.new.uids.binary_search(&uid).is_ok()) =>
            {
                self.fetched(context, &fetched);
            }
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}
