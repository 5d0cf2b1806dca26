//! The log: the last events in words, and which of them are shown.

use std::collections::BTreeMap;
use std::time::SystemTime;

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
}

impl Entry {
    /// Whether its text or its watch contains `needle`, which is in lower case.
    #[must_use]
    pub fn contains(&self, needle: &str) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(needle);
        holds(&self.text) || self.watch.as_ref().is_some_and(|watch| holds(&watch.to_string()))
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
    entries: Ring<Entry>,
    /// The numbers of the entries that pass the filter: drawing skips the others.
    shown: Ring<u64>,
    needle: String,
    kind: Kind,
    only: Option<WatchId>,
    /// The mails whose lines no frame has shown yet.
    unconfirmed: Vec<MailKey>,
    /// The numbers of the mails' lines.
    mails: BTreeMap<MailKey, u64>,
    /// The part in view; counted in shown entries.
    pub view: View,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            entries: Ring::new(LOG_LIMIT),
            shown: Ring::new(LOG_LIMIT),
            needle: String::new(),
            kind: Kind::News,
            only: None,
            unconfirmed: Vec::new(),
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
        let entry = Entry { ts, watch, role: line.role, text: line.text, news: line.news, topic: line.topic };
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
            let first = self.entries.first();
            self.mails.retain(|_, line| *line >= first);
        }
        let (first, next) = (self.entries.first(), self.entries.end());
        let line = self.mails.entry(mail).or_insert(next);
        if *line < first {
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
        newest.find(|entry| entry.watch.as_ref() == Some(watch))
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
        if !self.kind.holds(entry) || self.only.as_ref().is_some_and(|only| entry.watch.as_ref() != Some(only)) {
            return false;
        }
        self.needle.is_empty() || entry.contains(&self.needle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, news: bool) -> LogLine {
        LogLine { role: Role::Text, text: text.to_owned(), news, topic: Topic::Other }
    }

    fn shown(log: &Log) -> Vec<&str> {
        (log.first()..log.end()).filter_map(|position| log.get(position)).map(|entry| entry.text.as_str()).collect()
    }

    #[test]
    fn news_alone_are_shown_until_all_is_asked_for() {
        let mut log = Log::default();
        log.push(SystemTime::UNIX_EPOCH, None, line("heartbeat", false));
        log.push(SystemTime::UNIX_EPOCH, None, line("mail", true));
        assert_eq!(shown(&log), ["mail"]);
        log.next_kind();
        assert_eq!(shown(&log), ["heartbeat", "mail"]);
    }

    #[test]
    fn each_kind_shows_its_own_and_the_circle_closes() {
        let mut log = Log::default();
        for (role, topic, text) in [
            (Role::Mail, Topic::Mail, "mail"),
            (Role::Text, Topic::Done, "DONE"),
            (Role::Warn, Topic::Done, "stalled"),
            (Role::Down, Topic::Other, "fault"),
        ] {
            log.push(SystemTime::UNIX_EPOCH, None, LogLine { role, text: text.to_owned(), news: true, topic });
        }
        let mut seen = Vec::new();
        for _ in 0..5 {
            log.next_kind();
            seen.push((log.kind().name(), shown(&log).join(" ")));
        }
        let all = "mail DONE stalled fault".to_owned();
        let rest = [("mail", "mail"), ("DONE", "DONE stalled"), ("trouble", "stalled fault")];
        let rest = rest.map(|(name, texts)| (name, texts.to_owned()));
        assert_eq!(seen, [vec![("all", all.clone())], rest.to_vec(), vec![("news", all)]].concat());
    }

    #[test]
    fn one_watch_alone_is_shown_where_that_is_asked_for() {
        let mut log = Log::default();
        let work = WatchId::new("work", "INBOX");
        log.push(SystemTime::UNIX_EPOCH, Some(work.clone()), line("one", true));
        log.push(SystemTime::UNIX_EPOCH, None, line("two", true));
        log.set_only(Some(work));
        assert_eq!(shown(&log), ["one"]);
        log.set_only(None);
        assert_eq!(shown(&log), ["one", "two"]);
    }

    #[test]
    fn a_filter_finds_text_and_watch_in_any_case_and_holds_for_what_comes() {
        let mut log = Log::default();
        let watch = Some(WatchId::new("work", "INBOX"));
        log.push(SystemTime::UNIX_EPOCH, watch.clone(), line("one", true));
        log.push(SystemTime::UNIX_EPOCH, None, line("in WORK", true));
        log.push(SystemTime::UNIX_EPOCH, None, line("three", true));
        log.filter("Work");
        log.push(SystemTime::UNIX_EPOCH, watch, line("four", true));
        assert_eq!(shown(&log), ["one", "in WORK", "four"]);
        log.filter("");
        assert_eq!(log.end() - log.first(), 4);
    }

    #[test]
    fn a_mail_that_the_log_has_gets_no_second_line_but_is_confirmed_again() {
        let mut log = Log::default();
        let key = |uid| MailKey { watch: WatchId::new("work", "INBOX"), epoch: 0, uidvalidity: 1, uid };
        assert!(log.note_mail(key(1)));
        log.push(SystemTime::UNIX_EPOCH, None, line("mail", true));
        assert!(!log.note_mail(key(1)));
        assert!(log.note_mail(key(2)));
        assert_eq!(log.take_unconfirmed(), [key(1), key(1), key(2)]);
        for _ in 0..=LOG_LIMIT {
            log.push(SystemTime::UNIX_EPOCH, None, line("other", true));
        }
        assert!(log.note_mail(key(1)), "its line has left");
    }

    #[test]
    fn what_left_the_log_is_not_shown() {
        let mut log = Log::default();
        for n in 0..LOG_LIMIT + 5 {
            log.push(SystemTime::UNIX_EPOCH, None, line(&n.to_string(), n % 2 == 0));
        }
        assert_eq!(log.len(), LOG_LIMIT);
        assert_eq!(shown(&log).len(), LOG_LIMIT / 2);
        assert_eq!(shown(&log).first(), Some(&"6"));
    }
}
