//! The log: the last events in words, and which of them are shown.

use std::time::SystemTime;

use super::ring::{Ring, View};
use super::tell::Told;
use super::theme::Role;
use crate::model::WatchId;

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
}

/// The log with its filter and view.
#[derive(Clone, Debug)]
pub struct Log {
    entries: Ring<Entry>,
    /// The numbers of the entries that pass the filter: drawing never looks at the others.
    shown: Ring<u64>,
    needle: String,
    verbose: bool,
    /// Where it is looked at; counts in what is shown.
    pub view: View,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            entries: Ring::new(LOG_LIMIT),
            shown: Ring::new(LOG_LIMIT),
            needle: String::new(),
            verbose: false,
            view: View::Follow,
        }
    }
}

impl Log {
    /// Appends a line; returns its number.
    pub fn push(&mut self, ts: SystemTime, watch: Option<WatchId>, told: Told) -> u64 {
        let entry = Entry { ts, watch, role: told.role, text: told.text, news: told.news };
        let passes = self.passes(&entry);
        let (number, gone) = self.entries.push(entry);
        let oldest = self.shown.get(self.shown.first()).copied();
        if gone.is_some() && oldest.is_some_and(|oldest| oldest < self.entries.first()) {
            self.shown.pop();
        }
        if passes {
            self.shown.push(number);
        }
        number
    }

    /// Adds to a line that is still there: DONE's answer stands beside DONE. Whether it was.
    pub fn append(&mut self, number: u64, text: &str) -> bool {
        let Some(entry) = self.entries.get_mut(number) else { return false };
        entry.text.push_str(text);
        true
    }

    /// Shows only what holds `needle`, in any case.
    pub fn filter(&mut self, needle: &str) {
        self.needle = needle.to_lowercase();
        self.sift();
    }

    /// Shows all events, or the news alone.
    pub fn toggle_verbose(&mut self) {
        self.verbose = !self.verbose;
        self.sift();
    }

    /// Whether all events are shown.
    #[must_use]
    pub const fn is_verbose(&self) -> bool {
        self.verbose
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
        if !self.verbose && !entry.news {
            return false;
        }
        let holds = |text: &str| text.to_lowercase().contains(&self.needle);
        self.needle.is_empty()
            || holds(&entry.text)
            || entry.watch.as_ref().is_some_and(|watch| holds(&watch.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, news: bool) -> Told {
        Told { role: Role::Text, text: text.to_owned(), news }
    }

    fn shown(log: &Log) -> Vec<&str> {
        (log.first()..log.end()).filter_map(|position| log.get(position)).map(|entry| entry.text.as_str()).collect()
    }

    #[test]
    fn news_alone_are_shown_until_all_is_asked_for() {
        let mut log = Log::default();
        log.push(SystemTime::UNIX_EPOCH, None, told("heartbeat", false));
        log.push(SystemTime::UNIX_EPOCH, None, told("mail", true));
        assert_eq!(shown(&log), ["mail"]);
        log.toggle_verbose();
        assert_eq!(shown(&log), ["heartbeat", "mail"]);
    }

    #[test]
    fn a_filter_finds_text_and_watch_in_any_case_and_holds_for_what_comes() {
        let mut log = Log::default();
        let watch = Some(WatchId::new("work", "INBOX"));
        log.push(SystemTime::UNIX_EPOCH, watch.clone(), told("one", true));
        log.push(SystemTime::UNIX_EPOCH, None, told("in WORK", true));
        log.push(SystemTime::UNIX_EPOCH, None, told("three", true));
        log.filter("Work");
        log.push(SystemTime::UNIX_EPOCH, watch, told("four", true));
        assert_eq!(shown(&log), ["one", "in WORK", "four"]);
        log.filter("");
        assert_eq!(log.end() - log.first(), 4);
    }

    #[test]
    fn what_left_the_log_is_not_shown() {
        let mut log = Log::default();
        for n in 0..LOG_LIMIT + 5 {
            log.push(SystemTime::UNIX_EPOCH, None, told(&n.to_string(), n % 2 == 0));
        }
        assert_eq!(log.len(), LOG_LIMIT);
        assert_eq!(shown(&log).len(), LOG_LIMIT / 2);
        assert_eq!(shown(&log).first(), Some(&"6"));
    }
}
