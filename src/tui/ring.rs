//! A bounded list whose rows keep their numbers, and a view on it that follows the end or stands still.

use std::collections::VecDeque;

/// A bounded list. Rows are numbered from 0 in the order in which they came, whatever has left.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    rows: VecDeque<T>,
    first: u64,
    limit: usize,
}

impl<T> Ring<T> {
    /// An empty one that holds `limit` rows.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { rows: VecDeque::new(), first: 0, limit }
    }

    /// Appends a row; returns its number and the row that had to leave for it.
    pub fn push(&mut self, row: T) -> (u64, Option<T>) {
        let gone = if self.rows.len() >= self.limit { self.pop() } else { None };
        self.rows.push_back(row);
        (self.end() - 1, gone)
    }

    /// Lets the oldest row go.
    pub fn pop(&mut self) -> Option<T> {
        let gone = self.rows.pop_front()?;
        self.first += 1;
        Some(gone)
    }

    /// The oldest row's number.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next row will have.
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

    /// The row of that number, if it is still there.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&T> {
        self.rows.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The row of that number, to be changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        self.rows.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// The rows with their numbers, oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        self.rows.iter().enumerate().map(|(index, row)| (self.first + index as u64, row))
    }

    /// The rows, to be changed, newest first.
    pub fn newest_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut().rev()
    }
}

/// Where a list that grows at its end is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// At its end, as it grows.
    #[default]
    Follow,
    /// Standing still.
    Still {
        /// The last row that is seen, counted from the first that ever came.
        bottom: u64,
        /// How many there were when following ended: what came since is new.
        seen: u64,
    },
}

impl View {
    /// The row after the last one that is seen, within `first..end`.
    #[must_use]
    pub fn end(self, first: u64, end: u64) -> u64 {
        match self {
            Self::Follow => end,
            Self::Still { bottom, .. } => (bottom + 1).clamp(first.min(end), end),
        }
    }

    /// How many rows came since following ended.
    #[must_use]
    pub const fn fresh(self, end: u64) -> u64 {
        match self {
            Self::Follow => 0,
            Self::Still { seen, .. } => end.saturating_sub(seen),
        }
    }

    /// Moves by `rows` (up is negative) in a list `first..end` seen through `height` rows. Reaching the end follows.
    pub fn scroll(&mut self, rows: i64, first: u64, end: u64, height: usize) {
        let seen = match *self {
            Self::Follow => end,
            Self::Still { seen, .. } => seen,
        };
        // The topmost page is full where there is enough to fill it.
        let lowest = (first + height as u64).min(end);
        let target = self.end(first, end).saturating_add_signed(rows).clamp(lowest.max(first), end);
        *self = if target >= end { Self::Follow } else { Self::Still { bottom: target.saturating_sub(1), seen } };
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

    #[test]
    fn scrolling_up_stands_still_and_counts_what_is_new() {
        let mut view = View::Follow;
        view.scroll(-3, 0, 100, 10);
        assert_eq!(view.end(0, 120), 97);
        assert_eq!(view.fresh(120), 20);
    }

    #[test]
    fn reaching_the_end_follows_again() {
        let mut view = View::Follow;
        view.scroll(-3, 0, 100, 10);
        view.scroll(3, 0, 100, 10);
        assert_eq!(view, View::Follow);
    }

    #[test]
    fn the_topmost_page_is_full() {
        let mut view = View::Follow;
        view.scroll(-1000, 40, 100, 10);
        assert_eq!(view.end(40, 100), 50);
    }

    #[test]
    fn a_list_that_fits_does_not_scroll() {
        let mut view = View::Follow;
        view.scroll(-1, 0, 5, 10);
        assert_eq!(view, View::Follow);
    }
}
