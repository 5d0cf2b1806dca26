//! The view on a list that grows at its end: it follows the end or stands still, and moves by entries, within entries
//! taller than the pane by rows. Works with numbers; knows no text and draws nothing.

use std::ops::Range;

/// No pane has more rows: a move beyond this goes to an end of the list at once.
const PAGE_LIMIT: u64 = u16::MAX as u64;

/// The part of a growing list that is in view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// At its end, as it grows.
    #[default]
    Follow,
    /// Standing still.
    Still {
        /// The last visible row, counted from the first that ever came.
        bottom: u64,
        /// How many rows there were when following ended: later ones are new.
        seen: u64,
        /// The cursor's row: the last visible one, except on the topmost page, which stays full.
        cursor: u64,
        /// How many rows of the cursor's entry are scrolled away, if it is taller than the pane.
        row: usize,
    },
}

/// How an entry fits its pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Whether all of it is visible while the list is followed.
    pub whole: bool,
    /// How many of its rows the pane has no room for, even with the cursor on it.
    pub beyond: usize,
}

impl View {
    /// The row after the last visible one, within `first..end`.
    #[must_use]
    pub fn end(self, first: u64, end: u64) -> u64 {
        match self {
            Self::Follow => end,
            Self::Still { bottom, .. } => (bottom + 1).clamp(first.min(end), end),
        }
    }

    /// The row `gone` was removed, and those before it closed up: their numbers are one higher.
    pub const fn closed_up(&mut self, gone: u64) {
        if let Self::Still { bottom, cursor, .. } = self {
            if *bottom < gone {
                *bottom += 1;
            }
            if *cursor < gone {
                *cursor += 1;
            }
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

    /// The cursor's row, within `first..end`; the newest while following, `None` in an empty list.
    #[must_use]
    pub fn cursor(self, first: u64, end: u64) -> Option<u64> {
        let last = end.checked_sub(1).filter(|last| *last >= first)?;
        Some(match self {
            Self::Follow => last,
            Self::Still { cursor, .. } => cursor.clamp(first, last),
        })
    }

    /// Moves by `rows` (up is negative) in a list `first..end` with `height` visible rows. Reaching the end follows.
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

    /// Stands still with the cursor on a row, which becomes the last visible one if the page above it is full.
    pub fn stand(&mut self, cursor: u64, first: u64, end: u64, height: usize) {
        let seen = match *self {
            Self::Follow => end,
            Self::Still { seen, .. } => seen,
        };
        let lowest = (first + height as u64).min(end);
        *self = Self::Still { bottom: (cursor + 1).max(lowest).saturating_sub(1), seen, cursor, row: 0 };
    }

    /// Follows, or stands still in place.
    pub fn toggle(&mut self, end: u64) {
        *self = match (*self, end.checked_sub(1)) {
            (Self::Follow, Some(last)) => Self::Still { bottom: last, seen: end, cursor: last, row: 0 },
            (Self::Follow | Self::Still { .. }, _) => Self::Follow,
        };
    }

    /// Moves by `by` steps (up is negative) in a list `first..end` whose topmost page holds `page` entries. A step is
    /// an entry, within an entry taller than the pane a row. A move ends where such an entry begins, so that it skips
    /// no row unseen. A step beyond the end follows.
    pub fn navigate(&mut self, by: i64, (first, end): (u64, u64), page: usize, fit: impl Fn(u64) -> Fit) {
        if by.unsigned_abs() > PAGE_LIMIT {
            return self.scroll(by, first, end, page);
        }
        let Some(mut at) = self.cursor(first, end) else {
            *self = Self::Follow;
            return;
        };
        let mut left = by.unsigned_abs();
        let newest = end - 1;
        let mut row = match *self {
            // An entry that is cut at the end is read before those above it.
            Self::Follow if by < 0 && !fit(newest).whole => {
                let beyond = fit(newest).beyond;
                left = if beyond > 0 { 0 } else { left - 1 };
                beyond
            }
            Self::Follow if by > 0 => return,
            Self::Follow => 0,
            Self::Still { row, .. } => row.min(fit(at).beyond),
        };
        while left > 0 {
            let here = if by < 0 { row } else { fit(at).beyond - row };
            let rows = left.min(here as u64);
            let moved = usize::try_from(rows).unwrap_or(here);
            row = if by < 0 { row - moved } else { row + moved };
            left -= rows;
            // A page does not leave the entry that it began in.
            if left == 0 || rows > 0 || (by < 0 && at == first) {
                break;
            }
            if by > 0 && at == newest {
                *self = Self::Follow;
                return;
            }
            left -= 1;
            at = if by < 0 { at - 1 } else { at + 1 };
            let beyond = fit(at).beyond;
            row = if by < 0 { beyond } else { 0 };
            if beyond > 0 {
                break;
            }
        }
        self.stand(at, first, end, page);
        if let Self::Still { row: standing, .. } = self {
            *standing = row;
        }
        if by > 0 && at == newest && fit(at).whole {
            *self = Self::Follow;
        }
    }

    /// How many rows of the cursor's entry are scrolled away above.
    #[must_use]
    pub const fn row(self) -> usize {
        match self {
            Self::Follow => 0,
            Self::Still { row, .. } => row,
        }
    }
}

/// How many rows of a page are above the pane's edge: `wanted`, if that leaves the cursor's entry, the page's rows
/// `pointed`, whole; an entry taller than the pane is visible from its `row` on.
#[must_use]
pub fn above(wanted: usize, pointed: &Range<usize>, row: usize, height: usize) -> usize {
    match pointed.len().saturating_sub(height) {
        0 => wanted.clamp(pointed.end.saturating_sub(height).min(pointed.start), pointed.start),
        beyond => pointed.start + row.min(beyond),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A page is a row less.
    const HEIGHT: usize = 5;

    /// Entries of so many rows, cut to half the pane where they are not pointed at.
    fn fit(rows: &[usize]) -> impl Fn(u64) -> Fit {
        move |at| {
            let rows = usize::try_from(at).map_or(0, |at| rows[at]);
            Fit { whole: rows <= HEIGHT / 2, beyond: rows.saturating_sub(HEIGHT) }
        }
    }

    /// The rows of the entry that is pointed at that are seen.
    fn seen(view: View, rows: &[usize]) -> Vec<(u64, usize)> {
        let View::Still { cursor, row, .. } = view else { return Vec::new() };
        let all = usize::try_from(cursor).map_or(0, |at| rows[at]);
        (row..all.min(row + HEIGHT)).map(|row| (cursor, row)).collect()
    }

    #[test]
    fn the_newest_entry_is_read_from_its_end_up_and_followed_again_past_its_end() {
        let rows = [1, 7];
        let mut view = View::Follow;
        let mut stands = Vec::new();
        for by in [-1, -1, -1, -1, 1, 1, 1, 1] {
            view.navigate(by, (0, 2), 2, fit(&rows));
            stands.push((view.cursor(0, 2), view.row(), view == View::Follow));
        }
        let (short, tall) = (Some(0), Some(1));
        let still = [(tall, 2), (tall, 1), (tall, 0), (short, 0), (tall, 0), (tall, 1), (tall, 2)];
        let mut wanted = still.map(|(at, row)| (at, row, false)).to_vec();
        wanted.push((tall, 0, true));
        assert_eq!(stands, wanted);
    }

    #[test]
    fn an_end_of_the_list_is_reached_at_once_whatever_is_between() {
        let rows = [9, 9, 9];
        let mut view = View::Follow;
        view.navigate(i64::from(i32::MIN), (0, 3), 1, fit(&rows));
        assert_eq!((view.cursor(0, 3), view.row()), (Some(0), 0));
        view.navigate(i64::from(i32::MAX), (0, 3), 1, fit(&rows));
        assert_eq!(view, View::Follow);
    }

    #[test]
    fn an_empty_list_is_followed_whatever_is_pressed() {
        let mut view = View::Follow;
        for by in [-1, 1, 4, -4] {
            view.navigate(by, (7, 7), 1, |_| Fit { whole: true, beyond: 0 });
            assert_eq!(view, View::Follow);
        }
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

    proptest! {
        #[test]
        fn every_row_of_what_is_cut_is_seen_by_rows_and_by_pages_up_and_down(
            rows in prop::collection::vec(1usize..30, 5..20),
            by in prop::sample::select(vec![1i64, 4]),
        ) {
            let end = rows.len() as u64;
            // What is taller than the pane; by single steps also what is only cut.
            let least = if by == 1 { HEIGHT / 2 } else { HEIGHT };
            let wanted: BTreeSet<_> = (0..end).zip(&rows).filter(|(_, all)| **all > least)
                .flat_map(|(at, all)| (0..*all).map(move |row| (at, row))).collect();
            let mut view = View::Follow;
            let mut up = BTreeSet::new();
            for _ in 0..rows.iter().sum::<usize>() + rows.len() {
                view.navigate(-by, (0, end), 1, fit(&rows));
                up.extend(seen(view, &rows));
            }
            prop_assert_eq!((view.cursor(0, end), view.row()), (Some(0), 0));
            prop_assert!(up.is_superset(&wanted), "up: {:?}", wanted.difference(&up).collect::<Vec<_>>());
            let mut down: BTreeSet<_> = seen(view, &rows).into_iter().collect();
            for _ in 0..rows.iter().sum::<usize>() + rows.len() {
                view.navigate(by, (0, end), 1, fit(&rows));
                down.extend(seen(view, &rows));
            }
            prop_assert_eq!(view, View::Follow);
            prop_assert!(down.is_superset(&wanted), "down: {:?}", wanted.difference(&down).collect::<Vec<_>>());
        }

        #[test]
        fn what_is_pointed_at_is_seen_whole_or_fills_the_pane(
            wanted in 0usize..100, start in 0usize..50, size in 1usize..50, row in 0usize..60,
        ) {
            let pointed = start..start + size;
            let above = above(wanted, &pointed, row, HEIGHT);
            let pane = above..above + HEIGHT;
            if size <= HEIGHT {
                prop_assert!(pane.start <= pointed.start && pointed.end <= pane.end);
            } else {
                prop_assert!(pointed.start <= pane.start && pane.end <= pointed.end);
            }
        }
    }
}
