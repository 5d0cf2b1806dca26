//! What came since the mailbox was last looked at: asked for by UID, committed as found, reported.

use std::time::Instant;

use super::fetch::{FETCH_ITEMS, PATIENCE, commit, committed, pass, refused};
use crate::connection::dialogue::context::{Context, Event, Flow, Reply};
use crate::connection::dialogue::question::Decoded;
use crate::connection::task::Mailbox;
use crate::model::{Status, WatchId};
use crate::response::{Fetched, Response};

/// Messages that are committed and reported together while a long catch-up runs: bounds memory, and shows progress.
const BATCH: usize = 200;

/// Rounds in which messages may keep coming while they are being fetched, before IDLE is issued all the same: its
/// first EXISTS brings the rest.
const ROUNDS: u8 = 8;

/// Finds and reports what came since the mailbox was last looked at; again, while more comes meanwhile.
#[derive(Debug)]
pub(super) struct News {
    /// Whether it came in a gap.
    gap: bool,
    /// Rounds that were begun.
    rounds: u8,
    round: Option<Round>,
}

/// One FETCH of everything from `uidnext` on.
#[derive(Debug)]
struct Round {
    from: u32,
    begun: Instant,
    /// Messages in the mailbox when it began.
    known: u32,
    batch: Vec<Decoded>,
    /// The first UID that was not found yet.
    next: u32,
    /// Whether some of what came could not be read.
    unread: bool,
    /// Whether messages came meanwhile.
    more: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The headers come.
    Fetching,
    /// Some could not be read: the UIDs come alone.
    Uids(Vec<u32>),
    /// What is left is being committed.
    Committing,
}

impl News {
    pub(super) const fn new(gap: bool) -> Self {
        Self { gap, rounds: 0, round: None }
    }

    pub(super) fn handle(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        event: Event,
    ) -> Flow<()> {
        let Some(round) = &mut self.round else {
            self.begin(context, mailbox);
            return Ok(None);
        };
        let Some(more) = round.handle(context, of, mailbox, self.gap, event)? else { return Ok(None) };
        if !more || self.rounds >= ROUNDS {
            return Ok(Some(()));
        }
        self.begin(context, mailbox);
        Ok(None)
    }

    fn begin(&mut self, context: &mut Context, mailbox: &Mailbox) {
        let from = mailbox.uidnext;
        context.issue("UID FETCH", format_args!("UID FETCH {from}:* {FETCH_ITEMS}"));
        self.rounds += 1;
        self.round = Some(Round {
            from,
            begun: context.now,
            known: mailbox.exists,
            batch: Vec::new(),
            next: from,
            unread: false,
            more: false,
            stage: Stage::Fetching,
        });
    }
}

impl Round {
    /// Whether messages came while it ran, once it is over.
    fn handle(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        gap: bool,
        event: Event,
    ) -> Flow<bool> {
        match event {
            Event::Begin => {}
            Event::Answer(answer) => {
                committed(context, answer);
                if matches!(self.stage, Stage::Committing) {
                    return Ok(Some(self.more));
                }
            }
            Event::Reply(reply) => match &mut self.stage {
                Stage::Fetching => return self.fetching(context, of, mailbox, gap, reply),
                Stage::Uids(uids) => match reply {
                    Reply::Tagged(..) => {
                        let uids = std::mem::take(uids);
                        self.unread(context, mailbox, gap, &uids);
                        return Ok(self.finish(context, of, mailbox));
                    }
                    Reply::Untagged(Response::Fetch(fetched)) => uids.extend(fetched.uid),
                    reply => pass(context, mailbox, reply),
                },
                // Nothing is owed.
                Stage::Committing => context.pass(reply),
            },
        }
        Ok(None)
    }

    fn fetching(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        gap: bool,
        reply: Reply,
    ) -> Flow<bool> {
        match reply {
            Reply::Tagged(Status::Ok, _) if self.unread => {
                // A mail that no parser reads is still a mail: its UID is asked for alone, and it is reported without
                // headers.
                context.issue("UID FETCH", format_args!("UID FETCH {}:* (UID)", self.from));
                self.stage = Stage::Uids(Vec::new());
            }
            Reply::Tagged(Status::Ok, _) => return Ok(self.finish(context, of, mailbox)),
            Reply::Tagged(Status::No | Status::Bad, text) => return Err(refused(&text)),
            Reply::Untagged(Response::Fetch(fetched)) => {
                context.extend(context.by().min(self.begun + context.reply * PATIENCE));
                self.fetched(context, mailbox, gap, fetched);
            }
            reply => {
                if let Reply::Untagged(Response::Exists(count)) = &reply {
                    self.more |= *count > mailbox.exists;
                }
                self.unread |= matches!(reply, Reply::Unparsed(_));
                pass(context, mailbox, reply);
            }
        }
        if self.batch.len() >= BATCH {
            let found = std::mem::take(&mut self.batch);
            commit(context, of, mailbox, self.from, found);
        }
        Ok(None)
    }

    fn fetched(&mut self, context: &mut Context, mailbox: &Mailbox, gap: bool, fetched: Fetched) {
        // `n:*` always names the last message, though its UID may be lower (RFC 3501 §6.4.8).
        match (context.facts.subject.decode)(&fetched, mailbox.uidvalidity, gap) {
            Some(message) if message.mail.uid >= self.from && fetched.header.is_some() => {
                self.next = self.next.max(message.mail.uid.saturating_add(1));
                self.batch.push(message);
            }
            // A change of flags that came in between.
            Some(_) | None => context.pass(Reply::Untagged(Response::Fetch(fetched))),
        }
    }

    /// The UIDs of all that is there are known, of those that could not be read too.
    fn unread(&mut self, context: &Context, mailbox: &Mailbox, gap: bool, uids: &[u32]) {
        for &uid in uids.iter().filter(|uid| **uid >= self.from) {
            self.next = self.next.max(uid.saturating_add(1));
            if !self.batch.iter().any(|known| known.mail.uid == uid) {
                let bare = Fetched { uid: Some(uid), ..Fetched::default() };
                self.batch.extend((context.facts.subject.decode)(&bare, mailbox.uidvalidity, gap));
            }
        }
        self.more |= mailbox.exists > self.known;
    }

    /// Commits what is left. Whether messages came meanwhile, where there is nothing to commit.
    fn finish(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox) -> Option<bool> {
        if self.next == self.from {
            return Some(self.more);
        }
        mailbox.uidnext = self.next;
        commit(context, of, mailbox, self.next, std::mem::take(&mut self.batch));
        self.stage = Stage::Committing;
        None
    }
}
