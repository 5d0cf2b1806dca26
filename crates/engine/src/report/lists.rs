//! The long lists of a report: read again for each file that needs them, so that none is in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::redact::Redactor;
use super::scope::{LINES, Scope};
use crate::history::{Archive, Each, Interrupted, KeptPush, KeptReceipt, Logged, Moment, WatchKey};

/// Lists that are as long as the history, each in the order of time, and the same at each reading.
pub trait Lists {
    /// The receipts; a DONE that was answered late has two.
    ///
    /// # Errors
    /// Where they cannot be read, or `each` refuses.
    fn receipts(&self, each: Each<'_, KeptReceipt>) -> Result<(), Interrupted>;

    /// How each new mail was found.
    ///
    /// # Errors
    /// Where they cannot be read, or `each` refuses.
    fn pushes(&self, each: Each<'_, KeptPush>) -> Result<(), Interrupted>;

    /// The log, its newest lines.
    ///
    /// # Errors
    /// Where they cannot be read, or `each` refuses.
    fn log(&self, each: Each<'_, Logged>) -> Result<(), Interrupted>;

    /// The log and the receipts.
    ///
    /// # Errors
    /// Where they cannot be read, or `each` refuses.
    fn moments(&self, each: Each<'_, Moment>) -> Result<(), Interrupted>;
}

/// Those of a history, with users' names replaced.
pub(super) struct Kept<'a> {
    archive: &'a Archive,
    scope: &'a Scope<'a>,
    /// Names as they are written, `None` for a watch that is left out.
    names: RefCell<BTreeMap<WatchKey, Option<WatchKey>>>,
}

impl<'a> Kept<'a> {
    pub(super) const fn new(archive: &'a Archive, scope: &'a Scope<'a>) -> Self {
        Self { archive, scope, names: RefCell::new(BTreeMap::new()) }
    }

    fn name(&self, key: WatchKey) -> Option<WatchKey> {
        let mut names = self.names.borrow_mut();
        if let Some(name) = names.get(&key) {
            return name.clone();
        }
        let name = (self.scope.watches)(&key).then(|| self.scope.redactor.key(&key));
        names.entry(key).or_insert(name).clone()
    }

    fn receipt(&self, receipt: KeptReceipt) -> Option<KeptReceipt> {
        Some(KeptReceipt { key: self.name(receipt.key)?, ..receipt })
    }

    /// A line that is about no watch stays.
    fn line(&self, line: Logged) -> Option<Logged> {
        let key = match line.key {
            None => None,
            Some(key) => Some(self.name(key)?),
        };
        Some(Logged { key, text: redacted(&line.kind, &line.text, self.scope.redactor), ..line })
    }
}

impl Lists for Kept<'_> {
    fn receipts(&self, each: Each<'_, KeptReceipt>) -> Result<(), Interrupted> {
        self.archive.each_receipt(self.scope.since, &mut |receipt| self.receipt(receipt).map_or(Ok(()), &mut *each))
    }

    fn pushes(&self, each: Each<'_, KeptPush>) -> Result<(), Interrupted> {
        let named = |push: KeptPush| Some(KeptPush { key: self.name(push.key)?, ..push });
        self.archive.each_push(self.scope.since, &mut |push| named(push).map_or(Ok(()), &mut *each))
    }

    fn log(&self, each: Each<'_, Logged>) -> Result<(), Interrupted> {
        self.archive.each_line(self.scope.since, LINES, &mut |line| self.line(line).map_or(Ok(()), &mut *each))
    }

    fn moments(&self, each: Each<'_, Moment>) -> Result<(), Interrupted> {
        let named = |moment| match moment {
            Moment::Line(line) => self.line(line).map(Moment::Line),
            Moment::Receipt(receipt) => self.receipt(receipt).map(Moment::Receipt),
        };
        self.archive.each_moment(self.scope.since, LINES, &mut |moment| named(moment).map_or(Ok(()), &mut *each))
    }
}

/// An event's text without mails' content. An unknown kind may contain anything.
fn redacted(kind: &str, text: &str, redactor: &Redactor) -> String {
    match kind {
        "new_mail" if text.starts_with("new (came unheard)") => "new mail (came unheard)".to_owned(),
        "new_mail" => "new mail".to_owned(),
        "unparsed" => match text.strip_prefix("unparsed: ") {
            Some(line) => format!("unparsed: {}", redactor.server(line)),
            None => redactor.server(text),
        },
        "fault" | "verdict" => redactor.fault(text),
        "phase" | "connected" | "capabilities" | "exists" | "expunge" | "flags" | "done_sent" | "done_acked"
        | "done_answered" | "hint" | "contradiction" | "stalled" | "replaced" | "heartbeat" | "bye" | "alert"
        | "retry" | "retuned" | "slept" | "hook" | "lost" | "canary" => redactor.text(text),
        _ => "(left out)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::{EventKind, FaultClass, Mail, words};

    #[test]
    fn a_mail_is_told_of_and_nothing_it_says() {
        for (gap, said) in [(false, "new mail"), (true, "new mail (came unheard)")] {
            let (from, subject) = ("Ann Lee <ann@example.org>".to_owned(), "hunter2".to_owned());
            let kind =
                EventKind::NewMail(Mail { uid: 1, uidvalidity: 1, from, subject, date: None, gap, ..Mail::default() });
            assert_eq!(redacted(kind.name(), &words(&kind), &Redactor::default()), said);
        }
        let kind = EventKind::Unparsed { text: "* 5 FETCH (UID 9 SUBJECT \"hunter2\")".to_owned() };
        assert!(!redacted(kind.name(), &words(&kind), &Redactor::default()).contains("hunter2"));
        let kind = EventKind::Unparsed { text: "* 5 EXISTS of them".to_owned() };
        assert_eq!(redacted(kind.name(), &words(&kind), &Redactor::default()), "unparsed: * 5 EXISTS of them");
        let kind = EventKind::Unparsed { text: "Dear hunter2,".to_owned() };
        assert!(!redacted(kind.name(), &words(&kind), &Redactor::default()).contains("hunter2"));
        let message = "on_new_mail of work: `sh` ended with exit code 3: hunter2".to_owned();
        let kind = EventKind::Fault { class: FaultClass::Hook, message, retry: true };
        assert!(!redacted(kind.name(), &words(&kind), &Redactor::default()).contains("hunter2"));
        assert!(!redacted("a kind of tomorrow", "hunter2", &Redactor::default()).contains("hunter2"));
    }
}
