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
        /// The row that is pointed at: the last one seen, but on the topmost page, which stays full.
        cursor: u64,
        /// How many rows of what is pointed at are scrolled away, where it is taller than what it is seen through.
        row: usize,
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

    /// The row that is pointed at, within `first..end`; the newest while following, `None` in an empty list.
    #[must_use]
    pub fn cursor(self, first: u64, end: u64) -> Option<u64> {
        let last = end.checked_sub(1).filter(|last| *last >= first)?;
        Some(match self {
            Self::Follow => last,
            Self::Still { cursor, .. } => cursor.clamp(first, last),
        })
    }

    /// Moves by `rows` (up is negative) in a list `first..end` seen through `height` rows. Reaching the end follows.
    pub fn scroll(&mut self, rows: i64, first: u64, end: u64, height: usize) {
        let Some(cursor) = self.cursor(first, end) else {
            *self = Self::Follow;
            return;
        };
        let target = cursor.saturating_add_signed(rows).clamp(first, end - 1);
        self.stand(target, first, end, height);
        if target + 1 == end && rows > 0 {
            *self = Self::Follow;
        }
    }

    /// Stands still with the cursor on a row, which is then the last one seen where the page above it is full.
    pub fn stand(&mut self, cursor: u64, first: u64, end: u64, height: usize) {
        let seen = match *self {
            Self::Follow => end,
            Self::Still { seen, .. } => seen,
        };
        let lowest = (first + height as u64).min(end);
        *self = Self::Still { bottom: (cursor + 1).max(lowest).saturating_sub(1), seen, cursor, row: 0 };
    }

    /// Follows, or stands still where it is.
    pub fn toggle(&mut self, end: u64) {
        *self = match (*self, end.checked_sub(1)) {
            (Self::Follow, Some(last)) => Self::Still { bottom: last, seen: end, cursor: last, row: 0 },
            (Self::Follow | Self::Still { .. }, _) => Self::Follow,
        };
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
    fn a_list_that_fits_does_not_scroll_but_its_cursor_moves() {
        let mut view = View::Follow;
        view.scroll(-1, 0, 5, 10);
        assert_eq!((view.end(0, 5), view.cursor(0, 5)), (5, Some(3)));
        view.scroll(-10, 0, 5, 10);
        assert_eq!((view.end(0, 5), view.cursor(0, 5)), (5, Some(0)));
    }

    #[test]
    fn an_empty_list_has_no_cursor_and_follows_whatever_is_pressed() {
        let mut view = View::Follow;
        view.scroll(-1, 0, 0, 10);
        view.toggle(0);
        assert_eq!((view, view.cursor(0, 0)), (View::Follow, None));
    }

    #[test]
    fn following_is_turned_off_and_on_in_place() {
        let mut view = View::Follow;
        view.toggle(100);
        assert_eq!((view.end(0, 120), view.fresh(120), view.cursor(0, 120)), (100, 20, Some(99)));
        view.toggle(120);
        assert_eq!(view, View::Follow);
    }
}
