//! The log: the last events in words, and which of them are shown.

mod lines;

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use self::lines::Lines;
use super::log_fold::{Fold, Folds, Together};
use super::log_line::{LogLine, Topic};
use super::navigation::View;
use super::ring::Ring;
use super::theme::Role;
use mailwatch_proto::model::{MailKey, WatchId};

/// How many lines the log keeps.
pub const LOG_LIMIT: usize = 10_000;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it happened.
    pub ts: SystemTime,
    /// Where, if at a watch.
    pub watch: Option<WatchId>,
    /// How it looks.
    pub role: Role,
    /// What it says.
    pub text: String,
    /// Whether it is news.
    pub news: bool,
    /// What it is about.
    pub topic: Topic,
    /// The watches that it speaks for besides, where the same happened to several at once.
    pub also: BTreeSet<WatchId>,
    /// Whether another line speaks for it.
    folded: Option<u64>,
}

impl Entry {
    /// Whether its text or its watch contains `needle`, which is in lower case.
    #[must_use]
    pub fn contains(&self, needle: &str) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(needle);
        holds(&self.text)
            || self.also.iter().any(|watch| holds(&watch.to_string()))
            || self.watch.as_ref().is_some_and(|watch| holds(&watch.to_string()))
    }
}

/// Which events the log shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// What is news.
    #[default]
    News,
    /// Everything.
    All,
    /// New mail.
    Mail,
    /// DONE and what became of it.
    Done,
    /// What went wrong, or is being mended.
    Trouble,
}

impl Kind {
    /// Its name in the title.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::All => "all",
            Self::Mail => "mail",
            Self::Done => "DONE",
            Self::Trouble => "trouble",
        }
    }

    /// The next kind; after the last comes the first.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::News => Self::All,
            Self::All => Self::Mail,
            Self::Mail => Self::Done,
            Self::Done => Self::Trouble,
            Self::Trouble => Self::News,
        }
    }

    fn holds(self, entry: &Entry) -> bool {
        match self {
            Self::News => entry.news,
            Self::All => true,
            Self::Mail => entry.topic == Topic::Mail,
            Self::Done => entry.topic == Topic::Done,
            Self::Trouble => matches!(entry.role, Role::Warn | Role::Down),
        }
    }
}

/// The log with its filter and view.
#[derive(Clone, Debug)]
pub struct Log {
    entries: Lines,
    /// The numbers of the entries that pass the filter: drawing skips the others.
    shown: Ring<u64>,
    needle: String,
    kind: Kind,
    only: Option<WatchId>,
    /// The mails whose lines no frame has shown yet.
    unconfirmed: Vec<MailKey>,
    /// The lines that speak for what happens to several watches now.
    folds: Folds,
    /// The line whose watches are shown one by one.
    opened: Option<u64>,
    /// The numbers of the mails' lines.
    mails: BTreeMap<MailKey, u64>,
    /// The part in view; counted in shown entries.
    pub view: View,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            entries: Lines::new(LOG_LIMIT),
            shown: Ring::new(LOG_LIMIT),
            needle: String::new(),
            kind: Kind::News,
            only: None,
            unconfirmed: Vec::new(),
            folds: Folds::default(),
            opened: None,
            mails: BTreeMap::new(),
            view: View::Follow,
        }
    }
}

impl Log {
    /// An empty log that shows what this one shows.
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self { needle: self.needle.clone(), kind: self.kind, only: self.only.clone(), ..Self::default() }
    }

    /// Appends a line; returns its number.
    pub fn push(&mut self, ts: SystemTime, watch: Option<WatchId>, line: LogLine) -> u64 {
        self.put(entry(ts, watch, line))
    }

    /// Appends a line about what may happen to many watches at once: those of one kind, shortly after each other, are one
    /// line with a count. Returns its number.
    pub fn push_one_of(&mut self, ts: SystemTime, watch: WatchId, line: LogLine, what: Together) -> u64 {
        let mut entry = entry(ts, Some(watch.clone()), line);
        let lead = self.folds.find(&what, ts, &watch).filter(|lead| self.entries.get(*lead).is_some());
        let Some(lead) = lead else {
            let own = entry.text.clone();
            let number = self.put(entry);
            let fold = Fold::new(number, ts, own, (watch, &what));
            self.folds.begin(what.key, fold);
            return number;
        };
        entry.folded = Some(lead);
        let (text, also) = self.folds.add(&what, ts, watch);
        if let Some(first) = self.entries.get_mut(lead).filter(|_| also.len() > 1) {
            // Its own words are one of those that open.
            let own = first.also.is_empty().then(|| Entry { folded: Some(lead), ..first.clone() });
            (first.text, first.also, first.watch) = (text, also, None);
            if let Some(own) = own {
                self.put(own);
            }
        }
        self.put(entry)
    }

    /// Shows the watches of a line one by one, or the line alone again; returns whether it speaks for several.
    pub fn toggle_fold(&mut self, position: u64) -> bool {
        let Some(number) = self.shown.get(position).copied() else { return false };
        if self.entries.get(number).is_none_or(|entry| entry.also.is_empty()) {
            return false;
        }
        self.opened = if self.opened == Some(number) { None } else { Some(number) };
        let view = self.view;
        self.sift();
        self.view = view;
        true
    }

    fn put(&mut self, entry: Entry) -> u64 {
        let passes = self.passes(&entry);
        let (number, gone) = self.entries.push(entry);
        if let Some(position) = gone.and_then(|gone| self.shown.position(&gone)) {
            self.shown.remove(position);
            self.view.closed_up(position);
        }
        if passes {
            self.shown.push(number);
        }
        number
    }

    /// Adds to a line, as DONE's answer goes beside DONE; returns whether the line is still there.
    pub fn append(&mut self, number: u64, text: &str) -> bool {
        let Some(entry) = self.entries.get_mut(number) else { return false };
        entry.text.push_str(text);
        true
    }

    /// Notes that the next line is a mail's, which is to be confirmed once a frame could show it. Returns false where the
    /// log has that mail: it gets no second line, but is confirmed to whoever reports it now.
    pub fn note_mail(&mut self, mail: MailKey) -> bool {
        self.unconfirmed.push(mail.clone());
        if self.mails.len() >= 2 * LOG_LIMIT {
            self.mails.retain(|_, line| self.entries.get(*line).is_some());
        }
        let next = self.entries.end();
        let line = self.mails.entry(mail).or_insert(next);
        if self.entries.get(*line).is_none() {
            *line = next;
        }
        *line == next
    }

    /// The mails to be confirmed, now that a frame was drawn.
    pub fn take_unconfirmed(&mut self) -> Vec<MailKey> {
        std::mem::take(&mut self.unconfirmed)
    }

    /// The last line of a watch, shown or not, if it is among the newest lines.
    #[must_use]
    pub fn last_of(&self, watch: &WatchId) -> Option<&Entry> {
        const NEWEST: usize = 16;
        let mut newest = self.entries.iter().rev().take(NEWEST).map(|(_, entry)| entry);
        newest.find(|entry| entry.watch.as_ref() == Some(watch) || entry.also.contains(watch))
    }

    /// Shows only lines that contain `needle`, in any case.
    pub fn filter(&mut self, needle: &str) {
        self.needle = needle.to_lowercase();
        self.sift();
    }

    /// Shows the next kind of events.
    pub fn next_kind(&mut self) {
        self.kind = self.kind.next();
        self.sift();
    }

    /// Shows this kind of events.
    pub fn show_kind(&mut self, kind: Kind) {
        self.kind = kind;
        self.sift();
    }

    /// The kind of events that are shown.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Shows only one watch's lines, or every watch's.
    pub fn set_only(&mut self, only: Option<WatchId>) {
        self.only = only;
        self.sift();
    }

    /// The only watch whose lines are shown, if any.
    #[must_use]
    pub const fn only(&self) -> Option<&WatchId> {
        self.only.as_ref()
    }

    /// The cursor's position: the newest line while following.
    #[must_use]
    pub fn cursor(&self) -> Option<u64> {
        self.view.cursor(self.first(), self.end())
    }

    /// The oldest shown line's position.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.shown.first()
    }

    /// The position after the newest shown line.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.shown.end()
    }

    /// The shown line at a position.
    #[must_use]
    pub fn get(&self, position: u64) -> Option<&Entry> {
        self.entries.get(*self.shown.get(position)?)
    }

    /// How many lines are kept, shown or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing has happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn sift(&mut self) {
        let mut shown = Ring::new(LOG_LIMIT);
        for (number, entry) in self.entries.iter() {
            if self.passes(entry) {
                shown.push(number);
            }
        }
        self.shown = shown;
        self.view = View::Follow;
    }

    fn passes(&self, entry: &Entry) -> bool {
        if !self.kind.holds(entry) {
            return false;
        }
        if let Some(only) = &self.only {
            // Of one watch alone its own lines are shown.
            return entry.watch.as_ref() == Some(only) && (self.needle.is_empty() || entry.contains(&self.needle));
        }
        if entry.folded.is_some() && entry.folded != self.opened {
            return false;
        }
        self.needle.is_empty() || entry.contains(&self.needle)
    }
}

fn entry(ts: SystemTime, watch: Option<WatchId>, line: LogLine) -> Entry {
    let LogLine { role, text, news, topic } = line;
    Entry { ts, watch, role, text, news, topic, also: BTreeSet::new(), folded: None }
}

#[cfg(test)]
mod tests;
