//! A bounded list whose rows keep their numbers.

use std::collections::VecDeque;

/// A bounded list. Rows are numbered from 0 in the order in which they came; removed ones count.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    rows: VecDeque<T>,
    first: u64,
    limit: usize,
}

impl<T> Ring<T> {
    /// An empty list for `limit` rows.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { rows: VecDeque::new(), first: 0, limit }
    }

    /// Appends a row; returns its number and the row removed for it.
    pub fn push(&mut self, row: T) -> (u64, Option<T>) {
        let gone = if self.rows.len() >= self.limit { self.pop() } else { None };
        self.rows.push_back(row);
        (self.end() - 1, gone)
    }

    /// Removes the oldest row.
    pub fn pop(&mut self) -> Option<T> {
        let gone = self.rows.pop_front()?;
        self.first += 1;
        Some(gone)
    }

    /// Removes the newest row; the next one gets its number.
    pub fn pop_newest(&mut self) -> Option<T> {
        self.rows.pop_back()
    }

    /// Removes a row; those before it close up, so that later ones keep their numbers.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        let gone = self.rows.remove(usize::try_from(number.checked_sub(self.first)?).ok()?)?;
        self.first += 1;
        Some(gone)
    }

    /// The oldest row's number.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// The next row's number.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of a number, if it is still there.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&T> {
        self.rows.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        self.rows.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The rows with their numbers, oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        self.rows.iter().enumerate().map(|(index, row)| (self.first + index as u64, row))
    }
}

impl<T: Ord> Ring<T> {
    /// The number of a row, in a list whose rows ascend.
    #[must_use]
    pub fn position(&self, row: &T) -> Option<u64> {
        self.rows.binary_search(row).ok().map(|index| self.first + index as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_numbers_when_old_ones_leave() {
        let mut ring = Ring::new(3);
        for n in 0..5u64 {
            let (number, gone) = ring.push(n);
            assert_eq!((number, gone), (n, n.checked_sub(3)));
        }
        assert_eq!((ring.first(), ring.end(), ring.len()), (2, 5, 3));
        assert_eq!((ring.get(1), ring.get(2), ring.get(5)), (None, Some(&2), None));
        assert_eq!(ring.iter().map(|(number, _)| number).collect::<Vec<_>>(), [2, 3, 4]);
    }
}
