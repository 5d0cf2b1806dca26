//! The content of one notification: a mail with its sender and subject, or several summed up. Plain text: the place that
//! shows it escapes its own markup.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use mailwatch_proto::model::{Mail, MailKey, WatchId, sanitise};

/// Mails shown by sender and subject; the others are counted.
const LINES: usize = 4;

/// Mailboxes that are named; the others are counted.
const MAILBOXES: usize = 3;

/// How much of a name is shown, in characters.
const NAME: usize = 60;

/// How much of a subject is shown, in characters.
const SUBJECT: usize = 120;

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// New mail.
    Mail,
    /// Watches that are down, or need the user.
    Trouble,
}

/// What a person may do with a mail at its notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailAction {
    /// Open it.
    Open(MailKey),
    /// Mark it as seen.
    MarkSeen(MailKey),
}

/// A notification's text, and what it offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub about: About,
    /// Its first line.
    pub title: String,
    /// The lines below.
    pub body: String,
    /// What it offers to do, where the daemon takes clicks.
    pub actions: Vec<MailAction>,
}

/// New mails that share a notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many came to each mailbox.
    counts: BTreeMap<WatchId, usize>,
    /// The newest, the newest first.
    newest: VecDeque<MailLine>,
    /// Whether quiet hours held some of them back.
    pub quiet: bool,
}

/// What is shown of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MailLine {
    sender: String,
    subject: String,
    key: MailKey,
}

impl Digest {
    /// Adds a mail, the newest of all.
    pub fn add(&mut self, watch: &WatchId, mail: &Mail) {
        *self.counts.entry(watch.clone()).or_default() += 1;
        let (sender, subject) = (sanitise(mail.sender(), NAME), sanitise(mail.subject(), SUBJECT));
        let key = MailKey { watch: watch.clone(), epoch: mail.epoch, uidvalidity: mail.uidvalidity, uid: mail.uid };
        self.newest.push_front(MailLine { sender, subject, key });
        self.newest.truncate(LINES);
    }

    /// Adds another digest, all of it newer.
    pub fn append(&mut self, newer: Self) {
        for (watch, count) in newer.counts {
            *self.counts.entry(watch).or_default() += count;
        }
        for line in newer.newest.into_iter().rev() {
            self.newest.push_front(line);
        }
        self.newest.truncate(LINES);
        self.quiet |= newer.quiet;
    }

    /// How many mails it counts.
    #[must_use]
    pub fn count(&self) -> usize {
        self.counts.values().sum()
    }

    /// The text: of one mail its sender, subject and mailbox; of several their number, the newest, and their mailboxes.
    #[must_use]
    pub fn note(&self) -> Note {
        let count = self.count();
        if let (1, false, Some(line)) = (count, self.quiet, self.newest.front()) {
            return self.note_of(line.sender.clone(), format!("{}\n{}", line.subject, self.mailboxes()));
        }
        let noun = if count == 1 { "mail" } else { "mails" };
        let when = if self.quiet { " in quiet hours" } else { "" };
        let mut body = String::new();
        for MailLine { sender, subject, key: _ } in &self.newest {
            // Writing into a String does not fail.
            let _ = writeln!(body, "{sender}: {subject}");
        }
        let more = count.saturating_sub(self.newest.len());
        if more > 0 {
            let _ = writeln!(body, "and {more} more");
        }
        body.push_str(&self.mailboxes());
        self.note_of(format!("{count} new {noun}{when}"), body)
    }

    /// A mail alone can be opened and marked; of several the newest, which stands first, can be opened. None of several is
    /// marked: the note does not name them all.
    fn note_of(&self, title: String, body: String) -> Note {
        let mut actions: Vec<MailAction> =
            self.newest.front().map(|newest| MailAction::Open(newest.key.clone())).into_iter().collect();
        if let (1, Some(alone)) = (self.count(), self.newest.front()) {
            actions.push(MailAction::MarkSeen(alone.key.clone()));
        }
        Note { about: About::Mail, title, body, actions }
    }

    /// The mailboxes, those with most mails first; with their counts where there are several.
    fn mailboxes(&self) -> String {
        let name = |watch: &WatchId| sanitise(&watch.to_string(), NAME);
        let mut counts: Vec<_> = self.counts.iter().collect();
        if let [(watch, _)] = counts.as_slice() {
            return name(watch);
        }
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let named = counts.iter().take(MAILBOXES).map(|(watch, count)| format!("{} {count}", name(watch)));
        let mut text = named.collect::<Vec<_>>().join(", ");
        let others = counts.len().saturating_sub(MAILBOXES);
        if others > 0 {
            let noun = if others == 1 { "mailbox" } else { "mailboxes" };
            let _ = write!(text, " and {others} more {noun}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(from: &str, subject: &str) -> Mail {
        let (from, subject) = (from.to_owned(), subject.to_owned());
        Mail { uid: 1, uidvalidity: 1, from, subject, date: None, gap: false, ..Mail::default() }
    }

    fn digest(mails: &[(&str, &str)]) -> Digest {
        let mut digest = Digest::default();
        for (mailbox, subject) in mails {
            digest.add(&WatchId::new("work", mailbox), &mail("Ann Lee <ann@example.org>", subject));
        }
        digest
    }

    #[test]
    fn one_mail_is_told_by_sender_subject_and_mailbox() {
        let note = digest(&[("INBOX", "Friday?")]).note();
        assert_eq!((note.title.as_str(), note.body.as_str()), ("Ann Lee", "Friday?\nwork/INBOX"));
    }

    #[test]
    fn several_are_summed_up_the_newest_first() {
        let note = digest(&[("INBOX", "a"), ("INBOX", "b"), ("INBOX", "c"), ("INBOX", "d"), ("INBOX", "e")]).note();
        assert_eq!(note.title, "5 new mails");
        assert_eq!(note.body, "Ann Lee: e\nAnn Lee: d\nAnn Lee: c\nAnn Lee: b\nand 1 more\nwork/INBOX");
    }

    #[test]
    fn a_mail_alone_can_be_opened_and_marked_and_of_several_the_newest_can_be_opened() {
        let key = |mailbox| MailKey { watch: WatchId::new("work", mailbox), epoch: 0, uidvalidity: 1, uid: 1 };
        let (open, seen) = (MailAction::Open(key("INBOX")), MailAction::MarkSeen(key("INBOX")));
        assert_eq!(digest(&[("INBOX", "Friday?")]).note().actions, [open.clone(), seen.clone()]);
        let held = Digest { quiet: true, ..digest(&[("INBOX", "Friday?")]) };
        assert_eq!(held.note().actions, [open.clone(), seen]);
        assert_eq!(digest(&[("x", "a"), ("INBOX", "b")]).note().actions, [open]);
    }

    #[test]
    fn where_most_came_to_stands_first_and_few_are_named() {
        let mails = [("a", ""), ("b", ""), ("b", ""), ("c", ""), ("d", ""), ("e", "")];
        let note = digest(&mails).note();
        assert!(note.body.ends_with("\nwork/b 2, work/a 1, work/c 1 and 2 more mailboxes"), "{}", note.body);
    }

    #[test]
    fn what_quiet_hours_held_back_says_so_be_it_one_mail() {
        let held = Digest { quiet: true, ..digest(&[("INBOX", "Friday?")]) };
        let note = held.note();
        assert_eq!(
            (note.title.as_str(), note.body.as_str()),
            ("1 new mail in quiet hours", "Ann Lee: Friday?\nwork/INBOX")
        );
    }

    #[test]
    fn two_digests_in_one_tell_what_both_told() {
        let mut both = digest(&[("INBOX", "a"), ("x", "b")]);
        both.append(Digest { quiet: true, ..digest(&[("INBOX", "c"), ("INBOX", "d")]) });
        assert_eq!(
            both,
            Digest { quiet: true, ..digest(&[("INBOX", "a"), ("x", "b"), ("INBOX", "c"), ("INBOX", "d")]) }
        );
    }

    #[test]
    fn a_strangers_text_is_cut_and_cleaned() {
        let mut digest = Digest::default();
        digest.add(&WatchId::new("work", "INBOX"), &mail(&format!("x\u{1b}{}", "y".repeat(500)), &"z\n".repeat(500)));
        let note = digest.note();
        assert_eq!(note.title.chars().count(), NAME + 1);
        assert_eq!(note.body.lines().count(), 2);
        assert!(!note.title.contains('\u{1b}'));
    }
}
