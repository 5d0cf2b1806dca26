//! The mails of the Mail pane, the newest first: which there are, which pass the filter, where the cursor is. Pure: what is
//! wanted leaves as a query, answers are taken in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::clock::Now;
use super::requests::{KeptMail, MailList, MailQuery};
use mailwatch_proto::model::{Event, EventKind, Mail, MailKey, WatchId, split_host};

/// Between two looks after mails that came.
pub(super) const AGAIN: Duration = Duration::from_secs(2);

/// How many mails are asked for at first: some screens of them.
const FIRST: u32 = 200;

/// What the engine lists at most.
const MOST: u32 = 5_000;

/// How many that came are kept beside a list until the next.
const LIVE: usize = 1_000;

/// How many of the newest are looked through for a mail that comes a second time.
const RECENT: usize = 512;

/// More are asked for where so few are left below the cursor.
const NEAR: usize = 50;

/// A mail that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// What identifies it.
    pub key: MailKey,
    /// When it was found.
    pub at: SystemTime,
    /// What is known of it.
    pub mail: Mail,
    /// Its Message-ID, where that is known.
    pub message_id: Option<String>,
}

impl Came {
    /// Whether its watch, its sender or its subject contains `needle`, which is in lower case.
    #[must_use]
    pub fn contains(&self, needle: &str) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(needle);
        holds(&self.mail.from) || holds(self.mail.subject()) || holds(&self.key.watch.to_string())
    }

    fn kept(mail: KeptMail, host: &str) -> Self {
        let account = if host.is_empty() { mail.key.account } else { format!("{host}/{}", mail.key.account) };
        let watch = WatchId::new(&account, &mail.key.mailbox);
        let (at, message_id) = (mail.at, mail.message_id);
        let mail = Mail {
            uid: mail.uid,
            uidvalidity: mail.uidvalidity,
            from: mail.from,
            subject: mail.subject,
            date: mail.date,
            gap: false,
            epoch: mail.epoch,
            flags: mail.flags,
            headers: mail.headers,
            found: mail.by,
            received: mail.received,
            late: mail.late,
        };
        Self { key: mail.key(&watch), at, mail, message_id }
    }
}

/// What was asked for last.
#[derive(Clone, Debug)]
struct Asked {
    number: u64,
    at: Instant,
    most: u32,
    only: Option<WatchId>,
}

/// The mails, and the part of them in view.
#[derive(Clone, Debug, Default)]
pub struct CameList {
    asked: Option<Asked>,
    /// The accounts whose mails are shown, by their names on their hosts; all where none is named.
    accounts: Vec<Arc<str>>,
    /// Whether the list may have changed since.
    stale: bool,
    /// Whether an answer has come.
    known: bool,
    /// What each host has listed.
    listed: BTreeMap<Arc<str>, Vec<Came>>,
    /// What came since.
    live: Vec<Came>,
    /// All of them, the oldest first.
    all: Vec<Came>,
    /// Those of `all` that pass the filter, in its order.
    shown: Vec<usize>,
    needle: String,
    /// Those that were marked as seen from here.
    seen: BTreeSet<MailKey>,
    /// The mail at the cursor; `None` is the newest, whichever comes.
    selected: Option<MailKey>,
    /// The first visible row.
    top: usize,
}

impl CameList {
    /// Shows the mails of these accounts alone; of all where none is named.
    pub fn show_only(&mut self, accounts: Vec<Arc<str>>) {
        self.accounts = accounts;
        self.arrange();
    }

    fn is_of(&self, watch: &WatchId) -> bool {
        let (_, name) = split_host(&watch.account);
        self.accounts.is_empty() || self.accounts.iter().any(|account| **account == *name)
    }

    /// What is to be asked while the pane is seen, if anything; `number` is the next free one.
    pub fn want(&mut self, number: u64, only: Option<&WatchId>, now: Now) -> Option<MailQuery> {
        let most = match &self.asked {
            Some(asked) if asked.only.as_ref() == only => {
                let more = self.wants_more(asked.most);
                let stale = self.stale && now.at.saturating_duration_since(asked.at) >= AGAIN;
                if !more && !stale {
                    return None;
                }
                if more { asked.most.saturating_mul(4).min(MOST) } else { asked.most }
            }
            Some(_) | None => {
                self.forget();
                FIRST
            }
        };
        self.asked = Some(Asked { number, at: now.at, most, only: only.cloned() });
        self.stale = false;
        Some(MailQuery { since: SystemTime::UNIX_EPOCH, watch: only.cloned(), late: None, most })
    }

    /// Whether the cursor is near the end of a list that was cut.
    fn wants_more(&self, most: u32) -> bool {
        self.is_cut() && most < MOST && self.position() + NEAR >= self.shown.len()
    }

    /// Whether there may be more than are listed.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        let most = self.asked.as_ref().map_or(MOST, |asked| asked.most);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.listed.values().any(|mails| mails.len() >= most)
    }

    /// Another engine, another moment of a file: what is listed is not known any more.
    pub fn begin_anew(&mut self) {
        self.asked = None;
        self.live.clear();
    }

    fn forget(&mut self) {
        self.known = false;
        self.listed.clear();
        self.live.clear();
        self.arrange();
    }

    /// Takes in what a host has listed; returns whether it was asked for.
    pub fn take(&mut self, number: u64, host: &Arc<str>, list: MailList) -> bool {
        if self.asked.as_ref().is_none_or(|asked| asked.number != number) {
            return false;
        }
        self.known = true;
        let came = list.mails.into_iter().map(|mail| Came::kept(mail, host)).collect();
        self.listed.insert(Arc::clone(host), came);
        self.arrange();
        true
    }

    /// Takes in that a mail came, or that something became of others.
    pub fn came(&mut self, event: &Event) {
        self.stale = true;
        let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch) else { return };
        let wanted = |asked: &Asked| asked.only.as_ref().is_none_or(|only| only == watch);
        if !self.asked.as_ref().is_some_and(wanted) || !self.is_of(watch) {
            return;
        }
        let key = mail.key(watch);
        if self.all.iter().rev().take(RECENT).any(|came| came.key == key) {
            return;
        }
        if self.live.len() >= LIVE {
            // Nobody has looked for as long: the list is asked for when somebody does.
            self.begin_anew();
            return;
        }
        let came = Came { key, at: event.ts, mail: mail.clone(), message_id: None };
        let in_order = self.all.last().is_none_or(|last| last.at <= came.at);
        self.live.push(came.clone());
        if !in_order {
            return self.arrange();
        }
        if self.passes(&came) {
            self.shown.push(self.all.len());
            self.top += usize::from(self.top > 0);
        }
        self.all.push(came);
    }

    /// Puts all in order. What is listed is known better than what an event said of it.
    fn arrange(&mut self) {
        let top = (self.top > 0).then(|| self.get(self.top).map(|came| came.key.clone())).flatten();
        let mut known: BTreeSet<&MailKey> = BTreeSet::new();
        let listed = self.listed.values().flatten().chain(&self.live).filter(|came| self.is_of(&came.key.watch));
        let mut all: Vec<Came> = listed.filter(|came| known.insert(&came.key)).cloned().collect();
        // Stable: what was found at once stays in the order of its host's list.
        all.sort_by_key(|came| std::cmp::Reverse(came.at));
        all.reverse();
        self.all = all;
        let listed: BTreeSet<&MailKey> = self.listed.values().flatten().map(|came| &came.key).collect();
        self.live.retain(|came| !listed.contains(&came.key));
        self.sift();
        if let Some(at) = top.and_then(|top| self.find(&top)) {
            self.top = at;
        }
    }

    fn sift(&mut self) {
        self.shown = (0..self.all.len()).filter(|at| self.passes(&self.all[*at])).collect();
        if self.selected.as_ref().is_some_and(|key| self.find(key).is_none()) {
            self.selected = None;
        }
    }

    fn passes(&self, came: &Came) -> bool {
        self.needle.is_empty() || came.contains(&self.needle)
    }

    /// Shows only mails that contain `needle`, in any case.
    pub fn filter(&mut self, needle: &str) {
        self.needle = needle.to_lowercase();
        self.sift();
        self.top = 0;
    }

    fn find(&self, key: &MailKey) -> Option<usize> {
        self.shown.iter().rev().position(|at| self.all[*at].key == *key)
    }

    /// Whether the engine has answered.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// How many are shown.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Whether there are none at all, shown or not.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.all.is_empty()
    }

    /// A shown mail; 0 is the newest.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Came> {
        self.all.get(*self.shown.iter().rev().nth(at)?)
    }

    /// Those shown, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Came> {
        self.shown.iter().rev().filter_map(|at| self.all.get(*at))
    }

    /// Where the cursor is.
    #[must_use]
    pub fn position(&self) -> usize {
        self.selected.as_ref().and_then(|key| self.find(key)).unwrap_or(0)
    }

    /// The mail at the cursor.
    #[must_use]
    pub fn selection(&self) -> Option<&Came> {
        self.get(self.position())
    }

    /// Whether the cursor is on the newest mail, whichever comes.
    #[must_use]
    pub const fn follows(&self) -> bool {
        self.selected.is_none()
    }

    /// The first visible row.
    #[must_use]
    pub const fn top(&self) -> usize {
        self.top
    }

    /// Moves the cursor; up is negative. On the first row it follows.
    pub fn select_by(&mut self, by: i64) {
        let last = self.shown.len().saturating_sub(1) as u64;
        let at = (self.position() as u64).saturating_add_signed(by).min(last);
        self.select(usize::try_from(at).unwrap_or(0));
    }

    /// Puts the cursor on a shown mail.
    pub fn select(&mut self, at: usize) {
        self.selected = if at == 0 { None } else { self.get(at).map(|came| came.key.clone()) };
    }

    /// Follows the newest, or stays with the mail at the cursor.
    pub fn toggle_follow(&mut self) {
        self.selected = if self.follows() { self.selection().map(|came| came.key.clone()) } else { None };
    }

    /// Keeps the cursor within so many visible rows.
    pub fn keep_in_view(&mut self, rows: usize) {
        let (rows, at) = (rows.max(1), self.position());
        let most = self.shown.len().saturating_sub(rows);
        self.top = self.top.clamp((at + 1).saturating_sub(rows), at).min(most);
    }

    /// Whether a mail has been seen: when it was found, or from here since.
    #[must_use]
    pub fn is_seen(&self, came: &Came) -> bool {
        let flagged = came.mail.flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
        flagged || self.seen.contains(&came.key)
    }

    /// A mail was marked as seen.
    pub fn note_seen(&mut self, key: MailKey) {
        self.seen.insert(key);
    }
}

#[cfg(test)]
mod tests;
