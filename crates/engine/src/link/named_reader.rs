//! A front end with a name: it is given each mail until it has confirmed it, those first that came while it was away.
//!
//! What it was told is kept in the history. An event of a mail that it was told already, in this run or an earlier one, is left
//! out, and after events were lost the mails among them are looked for. Nothing here is lost where a caller stops waiting.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::sync::{mpsc, watch};

use super::hub::Numbered;
use crate::history::{History, MailUid, OwedMail, Standing, WatchKey, is_passing};
use mailwatch_proto::model::{Event, EventKind, MailKey, WatchId};

/// Mails and events that are looked at together.
const AT_ONCE: usize = 256;

/// Who reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderName {
    /// Its name, one that [`crate::history::check_reader_name`] takes.
    pub name: String,
    /// The accounts whose mails it is told; all where none is named.
    pub accounts: Vec<Arc<str>>,
    /// Whether it is the engine's own: then it begins with what that still owes.
    pub own: bool,
}

/// What a front end's events go through where it has a name.
#[derive(Debug)]
pub struct NamedReader {
    history: History,
    /// By what the history knows the watches.
    keys: watch::Receiver<BTreeMap<WatchId, WatchKey>>,
    name: String,
    accounts: Vec<String>,
    /// Whether it never comes back by this name once it leaves.
    passes: bool,
    /// The mails that it was given and has not confirmed, with their numbers.
    given: BTreeMap<MailKey, Option<i64>>,
    /// After which mail those that it is owed are still to be looked for.
    looking: Option<i64>,
    /// And up to which: later ones come as events.
    until: i64,
    /// Events that are still to be looked at.
    held: VecDeque<Numbered>,
    /// What it is to be given next.
    ready: VecDeque<Given>,
    confirm: mpsc::UnboundedSender<MailKey>,
    confirmed: mpsc::UnboundedReceiver<MailKey>,
}

/// What a reader is given.
#[derive(Debug)]
pub(super) enum Given {
    /// Something that happened.
    Event(Numbered),
    /// A mail that came while it was away.
    Owed(Event),
}

impl NamedReader {
    /// Begins: at now, where the name is seen for the first time.
    pub async fn begin(
        history: History,
        keys: watch::Receiver<BTreeMap<WatchId, WatchKey>>,
        reader: ReaderName,
    ) -> Self {
        let ReaderName { name, accounts, own } = reader;
        let until = history.begin_reader(&name, own).await.unwrap_or_else(|fault| {
            tracing::warn!(%fault, reader = name, "what this reader was told cannot be looked up; it may be told again");
            i64::MAX
        });
        // The engine's own front end ends with this program, whose own such a name is.
        let passes = own && is_passing(&name);
        let (confirm, confirmed) = mpsc::unbounded_channel();
        let accounts = accounts.iter().map(ToString::to_string).collect();
        let (given, held, ready) = (BTreeMap::new(), VecDeque::new(), VecDeque::new());
        Self { history, keys, name, accounts, passes, given, looking: Some(0), until, held, ready, confirm, confirmed }
    }

    /// It says that it leaves.
    pub(super) fn leaves(&mut self) {
        self.passes = is_passing(&self.name);
    }

    /// Takes confirmations.
    pub(super) const fn confirm(&self) -> &mpsc::UnboundedSender<MailKey> {
        &self.confirm
    }

    /// The next that it is to be given.
    pub(super) fn next(&mut self) -> Option<Given> {
        self.settle();
        self.ready.pop_front()
    }

    /// Whether there is work before another event is taken.
    pub(super) fn has_work(&self) -> bool {
        self.looking.is_some() || !self.held.is_empty()
    }

    /// Whether mails are still to be looked for that come before the next event.
    pub(super) const fn is_looking(&self) -> bool {
        self.looking.is_some()
    }

    /// Holds an event until it was looked at. Gives it back where it need not be.
    pub(super) fn hold(&mut self, event: Numbered) -> Option<Numbered> {
        if self.held.is_empty() && !matches!(event.1.kind, EventKind::NewMail(_)) {
            return Some(event);
        }
        self.held.push_back(event);
        None
    }

    /// Whether it holds as many events as are looked at together.
    pub(super) fn is_full(&self) -> bool {
        self.held.len() >= AT_ONCE
    }

    /// Events were lost: mails may have been among them.
    pub(super) fn has_lost(&mut self) {
        (self.looking, self.until) = (Some(0), i64::MAX);
    }

    /// Does a part of the work. Cancel-safe.
    pub(super) async fn work(&mut self) {
        match self.looking {
            Some(after) => self.look(after).await,
            None => self.judge().await,
        }
    }

    /// Looks for mails that it is owed.
    async fn look(&mut self, after: i64) {
        // The history itself reports what cannot be read.
        let mut owed = self.history.owed_mails(&self.name, after, &self.accounts, AT_ONCE).await.unwrap_or_default();
        owed.retain(|owed| owed.seq <= self.until);
        self.looking = owed.last().filter(|_| owed.len() >= AT_ONCE).map(|last| last.seq);
        for OwedMail { seq, key, mail } in owed {
            let watch = WatchId::new(&key.account, &key.mailbox);
            if self.give(mail.key(&watch), Some(seq)) {
                // The clocks are read here because it is told now.
                let (ts, at) = (SystemTime::now(), Instant::now());
                let event = Event { ts, at, watch: Some(watch), conn: None, kind: EventKind::NewMail(mail) };
                self.ready.push_back(Given::Owed(event));
            }
        }
    }

    /// Looks at the events that are held: which of their mails it was told.
    async fn judge(&mut self) {
        let mails = {
            let keys = self.keys.borrow();
            let of = |(_, event): &Numbered| match (&event.kind, &event.watch) {
                (EventKind::NewMail(mail), Some(watch)) => keys.get(watch).map(|key| {
                    let uid = MailUid { epoch: mail.epoch, uidvalidity: mail.uidvalidity, uid: mail.uid };
                    (mail.key(watch), (key.clone(), uid))
                }),
                _ => None,
            };
            self.held.iter().filter_map(of).collect::<BTreeMap<_, _>>()
        };
        let (names, asked): (Vec<_>, Vec<_>) = mails.into_iter().unzip();
        // Where it cannot be read they are told: better twice than not at all.
        let standing = if asked.is_empty() {
            Vec::new()
        } else {
            self.history.standing(&self.name, asked).await.unwrap_or_default()
        };
        let standing: BTreeMap<_, _> = names.into_iter().zip(standing).collect();
        for event in std::mem::take(&mut self.held) {
            let is_given = match (&event.1.kind, &event.1.watch) {
                (EventKind::NewMail(mail), Some(watch)) => {
                    let mail = mail.key(watch);
                    match standing.get(&mail) {
                        Some(Standing::Told) => false,
                        Some(Standing::Owed(seq)) => self.give(mail, Some(*seq)),
                        Some(Standing::NotKnown) | None => self.give(mail, None),
                    }
                }
                _ => true,
            };
            if is_given {
                self.ready.push_back(Given::Event(event));
            }
        }
    }

    /// Notes a mail as given; false where it was, and is not confirmed yet.
    fn give(&mut self, mail: MailKey, seq: Option<i64>) -> bool {
        let account = &mail.watch.account;
        if !self.accounts.is_empty() && !self.accounts.iter().any(|wanted| **wanted == **account) {
            return false;
        }
        match self.given.entry(mail) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(seq);
                true
            }
            std::collections::btree_map::Entry::Occupied(_) => false,
        }
    }

    /// Writes down what was confirmed.
    fn settle(&mut self) {
        let mut told = Vec::new();
        while let Ok(mail) = self.confirmed.try_recv() {
            told.extend(self.given.remove(&mail).flatten());
        }
        if !told.is_empty() {
            self.history.tell(&self.name, told, &self.accounts);
        }
    }
}

impl Drop for NamedReader {
    fn drop(&mut self) {
        self.settle();
        if self.passes {
            self.history.forget_reader(&self.name);
        } else {
            self.history.leave_reader(&self.name);
        }
    }
}
