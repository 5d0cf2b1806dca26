//! The cells that a terminal was sent, and which of them it may show wider or narrower than we count.

use ratatui::buffer::Cell;
use unicode_width::UnicodeWidthStr;

/// The rows, as far as they were written to.
#[derive(Debug, Default)]
pub(super) struct Shown {
    rows: Vec<Vec<Cell>>,
}

impl Shown {
    /// An empty screen.
    pub(super) const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Takes over a row's new cells. From which column on the row must be drawn anew, if it must: something there, now or
    /// before, is doubtful, and one of the new cells is not in front of it.
    pub(super) fn take<'c>(&mut self, y: u16, cells: impl Iterator<Item = (u16, &'c Cell)>) -> Option<u16> {
        let y = usize::from(y);
        if self.rows.len() <= y {
            self.rows.resize(y + 1, Vec::new());
        }
        let row = &mut self.rows[y];
        let before = first_doubtful(row);
        let mut last = 0;
        for (x, cell) in cells {
            last = x;
            write(row, usize::from(x), cell);
        }
        let from = before.into_iter().chain(first_doubtful(row)).min()?;
        let from = u16::try_from(begin(row, from)).ok()?;
        (last >= from).then_some(from)
    }

    /// Where the cell begins that covers a column now: something wide may have come to reach into it.
    pub(super) fn begin(&self, y: u16, x: u16) -> u16 {
        let row = self.rows.get(usize::from(y)).map_or(&[][..], Vec::as_slice);
        u16::try_from(begin(row, usize::from(x))).unwrap_or(x)
    }

    /// A cell; a blank where nothing was written.
    pub(super) fn cell(&self, y: u16, x: u16) -> Cell {
        self.rows.get(usize::from(y)).and_then(|row| row.get(usize::from(x))).cloned().unwrap_or_default()
    }

    /// A row's cells from a column on, but for the blanks at its end.
    pub(super) fn from(&self, y: u16, from: u16) -> impl Iterator<Item = (u16, &Cell)> {
        let row = self.rows.get(usize::from(y)).map_or(&[][..], Vec::as_slice);
        let blank = Cell::default();
        let end = row.iter().rposition(|cell| *cell != blank).map_or(0, |last| last + 1);
        visible(&row[..end])
            .filter_map(|(x, cell)| Some((u16::try_from(x).ok()?, cell)))
            .filter(move |(x, _)| *x >= from)
    }
}

/// Writes a cell; those that it covers are nothing.
fn write(row: &mut Vec<Cell>, x: usize, cell: &Cell) {
    let width = cell.symbol().width().max(1);
    if row.len() < x + width {
        row.resize(x + width, Cell::default());
    }
    row[x].clone_from(cell);
    row[x + 1..x + width].fill(Cell::default());
}

/// The cells that are not covered by a wide one before them.
fn visible(row: &[Cell]) -> impl Iterator<Item = (usize, &Cell)> {
    let mut next = 0;
    row.iter().enumerate().filter(move |(x, cell)| {
        let visible = *x >= next;
        if visible {
            next = x + cell.symbol().width().max(1);
        }
        visible
    })
}

/// Where the cell begins that covers a column.
fn begin(row: &[Cell], x: usize) -> usize {
    visible(row).map(|(at, _)| at).take_while(|at| *at <= x).last().unwrap_or(x).min(x)
}

fn first_doubtful(row: &[Cell]) -> Option<usize> {
    visible(row).find(|(_, cell)| is_doubtful(cell.symbol())).map(|(x, _)| x)
}

/// The combining marks of Latin letters: every terminal puts them on the letter.
const MARKS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';

/// Where the pictures begin. Which of them is wide has changed with almost every version of Unicode (UAX #11, UTS #51).
const PICTURES: char = '\u{1f000}';

/// Where the wide letters of East Asia begin (UAX #11): what is wide before them are pictures.
const EAST_ASIA: char = '\u{2e80}';

/// Whether terminals disagree how wide this is: flags, families, keycaps, what joins.
pub(super) fn is_doubtful(symbol: &str) -> bool {
    if symbol.len() == 1 {
        return false;
    }
    let mut chars = symbol.chars();
    let Some(first) = chars.next() else { return false };
    let joined = chars.any(|c| !MARKS.contains(&c));
    let width = symbol.width();
    joined || first >= PICTURES || width == 0 || (width > 1 && first < EAST_ASIA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_lines_and_east_asia_are_no_doubt_and_pictures_are() {
        for sure in ["", " ", "a", "é", "e\u{301}", "─", "●", "▪", "✕", "→", "日", "한", "ｱ", "Ａ"] {
            assert!(!is_doubtful(sure), "{sure}");
        }
        for doubtful in ["🇩🇪", "❤️", "👍🏽", "👨‍👩‍👧", "1️⃣", "😀", "⌚", "न\u{94d}", "\u{200b}"]
        {
            assert!(is_doubtful(doubtful), "{doubtful}");
        }
    }

    #[test]
    fn a_row_is_drawn_anew_from_the_first_doubt_on_and_only_if_that_changed() {
        let (mut shown, a, flag) = (Shown::new(), Cell::new("a"), Cell::new("🇩🇪"));
        assert_eq!(shown.take(0, [(0, &a), (4, &flag)].into_iter()), Some(4));
        assert_eq!(shown.take(0, [(3, &a)].into_iter()), None, "in front of it");
        assert_eq!(shown.take(0, [(3, &a), (9, &a)].into_iter()), Some(4));
        assert_eq!(shown.take(1, [(9, &a)].into_iter()), None, "another row");
        assert_eq!(shown.from(0, 4).map(|(x, _)| x).collect::<Vec<_>>(), [4, 6, 7, 8, 9]);
        assert_eq!(shown.take(0, [(4, &a), (5, &Cell::default())].into_iter()), Some(4), "it was there");
        assert_eq!(shown.take(0, [(9, &a)].into_iter()), None);
    }
}
