//! In which order cells are sent, and the sequences between them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::pen::Pen;
use super::shown::is_doubtful;

/// A cell and its place: column, row.
pub(super) type Placed<'a> = (u16, u16, &'a Cell);

/// Up to so many runs the shortest way from one to the next is looked for: it is a frame in which little has changed.
const FEW: usize = 32;

/// Where the cursor is.
#[derive(Clone, Copy, Debug, Default)]
enum At {
    /// Nobody knows.
    #[default]
    Unknown,
    /// In that row, behind what may be wide.
    Row(u16),
    /// In that row and column, unless the terminal takes what was written for wider than it is.
    Near(u16, u16),
    /// In that row and column.
    Sure(u16, u16),
}

/// What has been sent of a frame, and where that leaves the terminal.
#[derive(Debug, Default)]
pub(super) struct Course {
    pub(super) out: String,
    pub(super) pen: Pen,
    at: At,
    /// The terminal's width: behind its last column the cursor is nowhere. 0 where it is not known.
    width: u16,
}

/// Appends a cell's text. Nothing in it is a control, whatever it came from: C1's are sequences to some terminals.
fn push(symbol: &str, out: &mut String) {
    if symbol.chars().any(char::is_control) {
        out.extend(symbol.chars().map(|c| if c.is_control() { '?' } else { c }));
    } else {
        out.push_str(symbol);
    }
}

impl Course {
    /// A frame that begins with that look; where the cursor is does not count: a stray text may have moved it.
    pub(super) fn new(pen: Pen, width: u16) -> Self {
        Self { pen, width, ..Self::default() }
    }

    /// Appends a cell.
    pub(super) fn put(&mut self, (x, y, cell): Placed<'_>) {
        self.go((x, y));
        let look = Pen::of(cell);
        self.pen.change(look, &mut self.out);
        self.pen = look;
        let symbol = cell.symbol();
        push(symbol, &mut self.out);
        let next = x.saturating_add(1);
        self.at = match symbol.width() {
            1 if symbol.len() == 1 && next < self.width => At::Sure(next, y),
            _ if is_doubtful(symbol) => At::Row(y),
            1 => At::Near(next, y),
            _ => At::Row(y),
        };
    }

    /// Draws a row from a column to its end, whatever is there. What the terminal takes for wider than it is spoils no other
    /// row, and is written over by the cells behind it.
    pub(super) fn anew<'c>(&mut self, (from, y): (u16, u16), cells: impl Iterator<Item = (u16, &'c Cell)>) {
        self.go((from, y));
        self.pen.change(Pen::RESET, &mut self.out);
        self.pen = Pen::RESET;
        self.out.push_str("\x1b[K\x1b[?7l");
        for (x, cell) in cells {
            self.put((x, y, cell));
        }
        self.out.push_str("\x1b[?7h");
        // At the right edge terminals differ in where the cursor is.
        self.at = At::Row(y);
    }

    /// The shortest way to a place.
    fn go(&mut self, (x, y): (u16, u16)) {
        let column = |out: &mut String| {
            let _ = write!(out, "\x1b[{}G", u32::from(x) + 1);
        };
        match self.at {
            At::Near(column, row) | At::Sure(column, row) if (column, row) == (x, y) => {}
            At::Sure(from, row) => {
                let relative = vertical(row, y).map(|mut way| {
                    horizontal(from, x, &mut way);
                    way
                });
                let mut absolute = String::new();
                if row == y {
                    column(&mut absolute);
                } else {
                    place((x, y), &mut absolute);
                }
                match relative {
                    Some(relative) if relative.len() <= absolute.len() => self.out.push_str(&relative),
                    Some(_) | None => self.out.push_str(&absolute),
                }
            }
            At::Near(_, row) | At::Row(row) if row == y => column(&mut self.out),
            At::Near(..) | At::Row(_) | At::Unknown => place((x, y), &mut self.out),
        }
    }

    /// About how many bytes lie between here and that cell.
    fn cost(&self, (x, y, cell): Placed<'_>) -> usize {
        let way = match self.at {
            At::Sure(column, row) => {
                let down = if row == y { 0 } else { 3 + usize::from(row.abs_diff(y) > 1) };
                let along = match column.abs_diff(x) {
                    0 => 0,
                    1 => 1 + 2 * usize::from(x > column),
                    2..=9 => 4,
                    _ => 5,
                };
                (down + along).min(8)
            }
            At::Near(column, row) if (column, row) == (x, y) => 0,
            At::Near(_, row) | At::Row(row) if row == y => 6,
            At::Near(..) | At::Row(_) | At::Unknown => 8,
        };
        way + self.pen.distance(Pen::of(cell))
    }
}

/// To another row of the same column; `None` where that is no short way.
fn vertical(from: u16, to: u16) -> Option<String> {
    let (rows, way) = (from.abs_diff(to), if to > from { 'B' } else { 'A' });
    match rows {
        0 => Some(String::new()),
        1 => Some(format!("\x1b[{way}")),
        2..=99 => Some(format!("\x1b[{rows}{way}")),
        100.. => None,
    }
}

/// To another column of the same row.
fn horizontal(from: u16, to: u16, out: &mut String) {
    let columns = from.abs_diff(to);
    let _ = match (columns, to > from) {
        (0, _) => Ok(()),
        (1, true) => out.write_str("\x1b[C"),
        (_, true) => write!(out, "\x1b[{columns}C"),
        (1..=3, false) => out.write_str(&"\x08".repeat(usize::from(columns))),
        (_, false) => write!(out, "\x1b[{columns}D"),
    };
}

fn place((x, y): (u16, u16), out: &mut String) {
    let _ = write!(out, "\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1);
}

/// The cells in the order in which they take the fewest bytes; from row to row where they are many.
pub(super) fn shortest<'a>(course: &Course, cells: Vec<Placed<'a>>) -> Vec<Placed<'a>> {
    let mut runs: Vec<&[Placed<'a>]> =
        cells.chunk_by(|(x, y, _), (next, row, _)| y == row && x.saturating_add(1) == *next).collect();
    if runs.len() > FEW {
        return cells;
    }
    let mut here = Course::new(course.pen, course.width);
    let mut ordered = Vec::with_capacity(cells.len());
    while !runs.is_empty() {
        let costs = runs.iter().enumerate().filter_map(|(index, run)| Some((here.cost(*run.first()?), index)));
        let Some((_, nearest)) = costs.min() else { break };
        let run = runs.remove(nearest);
        if let Some(last) = run.last() {
            here.put(*last);
        }
        ordered.extend_from_slice(run);
    }
    ordered
}

/// The cells, the fresh ones first, and of each those of the first areas, from row to row.
pub(super) fn urgent_first<'a>(
    mut cells: Vec<Placed<'a>>,
    fresh: &BTreeSet<(u16, u16)>,
    first: &[Rect],
) -> Vec<Placed<'a>> {
    let rank = |x: u16, y: u16| first.iter().position(|area| area.contains((x, y).into())).unwrap_or(first.len());
    cells.sort_by_key(|(x, y, _)| (!fresh.contains(&(*x, *y)), rank(*x, *y), *y, *x));
    cells
}
