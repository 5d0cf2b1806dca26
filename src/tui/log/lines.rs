//! The log's lines. Routine that comes in masses makes way for itself, and pushes no news out.

use std::collections::{BTreeMap, VecDeque};

use super::Entry;

/// A bounded list of lines, which keep their numbers.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    kept: BTreeMap<u64, Entry>,
    /// The numbers of those that no list of news shows, oldest first.
    routine: VecDeque<u64>,
    next: u64,
    limit: usize,
}

impl Lines {
    /// An empty list for `limit` lines.
    pub(super) const fn new(limit: usize) -> Self {
        Self { kept: BTreeMap::new(), routine: VecDeque::new(), next: 0, limit }
    }

    /// Appends a line; returns its number and that of the line which made way for it: the oldest routine while that is more than
    /// half of all, else the oldest of all.
    pub(super) fn push(&mut self, entry: Entry) -> (u64, Option<u64>) {
        let number = self.next;
        self.next += 1;
        if !entry.news || entry.folded.is_some() {
            self.routine.push_back(number);
        }
        self.kept.insert(number, entry);
        (number, (self.kept.len() > self.limit).then(|| self.make_way()).flatten())
    }

    fn make_way(&mut self) -> Option<u64> {
        let oldest = self.kept.first_key_value().map(|(number, _)| *number)?;
        let gone = match self.routine.front() {
            Some(routine) if *routine == oldest || self.routine.len() > self.limit / 2 => self.routine.pop_front()?,
            Some(_) | None => oldest,
        };
        self.kept.remove(&gone);
        Some(gone)
    }

    /// The next line's number.
    pub(super) const fn end(&self) -> u64 {
        self.next
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The line of a number, if it is still there.
    pub(super) fn get(&self, number: u64) -> Option<&Entry> {
        self.kept.get(&number)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        self.kept.get_mut(&number)
    }

    /// The lines with their numbers, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Entry)> {
        self.kept.iter().map(|(number, entry)| (*number, entry))
    }
}
