//! The long lists of a report: read again for each file that needs them, so that none is in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::data::{LINES, Scope, redacted};
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
