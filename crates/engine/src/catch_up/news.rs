//! What came since the mailbox was last looked at: asked for by UID, committed as found, told.

use std::time::SystemTime;

use super::{CatchUp, Mailbox, PATIENCE, refused};
use crate::clock::now;
use crate::headers::{Decoded, decode};
use crate::history::{Found, OwedHook, Seen};
use crate::hook;
use crate::job::Told;
use crate::session::{FETCH_ITEMS, Incoming, Reply, Sink};
use mailwatch_proto::model::{EventKind, Fault, HookEvent, Status, Timer};
use mailwatch_proto::response::Response;

/// Messages that are committed and told together while a long catch-up runs: bounds memory, and shows progress.
const BATCH: usize = 200;

/// Rounds in which messages may keep coming while they are being fetched, before IDLE is issued all the same: its
/// first EXISTS brings the rest.
const ROUNDS: usize = 8;

impl CatchUp<'_> {
    /// Finds and tells what came since the mailbox was last looked at; again, while more comes meanwhile.
    ///
    /// # Errors
    /// Where the connection fails.
    pub async fn news(&mut self, mailbox: &mut Mailbox, gap: bool) -> Result<(), Fault> {
        for _ in 0..ROUNDS {
            if !self.round(mailbox, gap).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One FETCH of everything from `uidnext` on. Whether messages came while it ran.
    async fn round(&mut self, mailbox: &mut Mailbox, gap: bool) -> Result<bool, Fault> {
        let from = mailbox.uidnext;
        let begun = now();
        let reply = self.timers.limit(Timer::Reply);
        let mut tag = self.session.ask_from(from, FETCH_ITEMS, begun + reply);
        let mut batch = Vec::new();
        let (mut next, mut unread, mut more) = (from, false, false);
        let known = mailbox.exists;
        loop {
            match self.session.reply(&tag, self.teller).await? {
                Reply::Tagged(Status::Ok, _) => break,
                Reply::Tagged(Status::No | Status::Bad, text) => return Err(refused(&text)),
                Reply::Untagged(Response::Fetch(fetched)) => {
                    tag.extend((now() + reply).min(begun + reply * PATIENCE));
                    // `n:*` always names the last message, though its UID may be lower (RFC 3501 §6.4.8).
                    match decode(&fetched, mailbox.uidvalidity, gap) {
                        Some(message) if message.mail.uid >= from && fetched.header.is_some() => {
                            next = next.max(message.mail.uid.saturating_add(1));
                            batch.push(message);
                        }
                        // A change of flags that came in between.
                        Some(_) | None => self.teller.give(Incoming::Response(Response::Fetch(fetched))).await,
                    }
                }
                Reply::Untagged(Response::Exists(count)) => {
                    more |= count > mailbox.exists;
                    self.exists(mailbox, count).await;
                }
                Reply::Untagged(response) => self.pass_on(mailbox, response).await,
                Reply::Unparsed(text) => {
                    unread = true;
                    self.teller.give(Incoming::Unparsed(text)).await;
                }
                Reply::Continue(_) => {}
            }
            if batch.len() >= BATCH {
                let told = std::mem::take(&mut batch);
                self.commit(told, mailbox.uidvalidity, from).await;
            }
        }
        if unread {
            next = next.max(self.unread(mailbox, from, &mut batch, gap).await?);
            more |= mailbox.exists > known;
        }
        if next != from {
            mailbox.uidnext = next;
            self.commit(batch, mailbox.uidvalidity, next).await;
        }
        Ok(more)
    }

    pub(super) async fn exists(&self, mailbox: &mut Mailbox, count: u32) {
        mailbox.exists = count;
        self.teller.give(Incoming::Response(Response::Exists(count))).await;
    }

    pub(super) async fn pass_on(&self, mailbox: &mut Mailbox, response: Response) {
        match &response {
            Response::Expunge(_) => mailbox.exists = mailbox.exists.saturating_sub(1),
            Response::Vanished(count) => mailbox.exists = mailbox.exists.saturating_sub(*count),
            Response::Exists(_)
            | Response::Continue { .. }
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
            | Response::Other => {}
        }
        self.teller.give(Incoming::Response(response)).await;
    }

    /// Some of what came could not be read. A mail that cannot be read is a mail all the same: its UID is asked for
    /// alone, and it is told without headers.
    async fn unread(
        &mut self,
        mailbox: &mut Mailbox,
        from: u32,
        batch: &mut Vec<Decoded>,
        gap: bool,
    ) -> Result<u32, Fault> {
        let mut uids = Vec::new();
        let tag = self.session.ask_from(from, "(UID)", self.by());
        loop {
            match self.session.reply(&tag, self.teller).await? {
                Reply::Tagged(..) => break,
                Reply::Untagged(Response::Fetch(fetched)) => uids.extend(fetched.uid),
                Reply::Untagged(Response::Exists(count)) => self.exists(mailbox, count).await,
                Reply::Untagged(response) => self.pass_on(mailbox, response).await,
                Reply::Unparsed(text) => self.teller.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
        let mut next = from;
        for uid in uids.into_iter().filter(|uid| *uid >= from) {
            next = next.max(uid.saturating_add(1));
            if !batch.iter().any(|known| known.mail.uid == uid) {
                let bare = mailwatch_proto::response::Fetched { uid: Some(uid), ..Default::default() };
                batch.extend(decode(&bare, mailbox.uidvalidity, gap));
            }
        }
        Ok(next)
    }

    /// Commits messages as found, and tells those that were not found before.
    pub(super) async fn commit(&self, mut batch: Vec<Decoded>, uidvalidity: u32, uidnext: u32) {
        batch.sort_by_key(|message| message.mail.uid);
        let seen = Seen { uidvalidity, uidnext, last_alive: SystemTime::now() };
        let found: Vec<Found> = batch.into_iter().map(|message| self.hooked(message.found())).collect();
        // This may be dropped while the history commits: what it queues is run all the same.
        let _ringing = found.iter().any(|found| found.hook.is_some()).then(|| self.bell.on_drop());
        let mails = match self.history.found(self.key, seen, found.clone()).await {
            Ok(new) => new,
            Err(fault) => {
                // Better told twice after a crash than not at all.
                self.bell.send_unkept(found.iter().filter_map(|found| self.owed(found)).collect());
                self.teller.tell(Told::Fault(fault)).await;
                found.into_iter().map(|found| found.mail).collect()
            }
        };
        if !mails.is_empty() {
            self.teller.tell(Told::Mails(mails)).await;
        }
    }

    /// The same with what its hook is to be told, where there is one.
    fn hooked(&self, found: Found) -> Found {
        let told = || hook::line(self.key, None, EventKind::NewMail(found.mail.clone()), &[]);
        let hook = self.bell.has(HookEvent::NewMail).then(told);
        Found { hook, ..found }
    }

    fn owed(&self, found: &Found) -> Option<OwedHook> {
        let what = OwedHook::mail(found.mail.uidvalidity, found.mail.uid);
        Some(OwedHook { key: self.key.clone(), event: HookEvent::NewMail, what, line: found.hook.clone()? })
    }
}
