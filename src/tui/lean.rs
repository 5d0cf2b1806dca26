//! ratatui's backend for a terminal, in few bytes: a second of counting sends digits, not the sequences around them. What
//! it shows is what ratatui's own backend for crossterm would show, but where terminals disagree how wide something is: such
//! a row is drawn anew from there on, so that nothing of what was there before stays behind.

mod course;
mod pen;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Rect, Size};
use unicode_width::UnicodeWidthStr;

use course::{Course, Placed, shortest, urgent_first};
use pen::Pen;
use shown::Shown;

/// What ends the look of a frame, and the sequences around a frame.
const AROUND: usize = 24;

/// What a frame may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// So many bytes; the rest waits for frames after it.
    pub room: usize,
    /// Whether what it changes goes before what waits, now and later.
    pub is_urgent: bool,
    /// These areas go first.
    pub first: Vec<Rect>,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self { room: usize::MAX, is_urgent: false, first: Vec::new() };
}

/// A backend that sends no more of a frame than there is room for.
pub trait Paced: Backend {
    /// The next frame may send so much.
    fn limit(&mut self, _part: Part) {}

    /// How many bytes were sent since the last call.
    fn take_sent(&mut self) -> usize {
        0
    }

    /// Whether something waits.
    fn waits(&self) -> bool {
        false
    }
}

/// Writes cells to a terminal.
#[derive(Debug)]
pub struct Lean<W: Write> {
    writer: W,
    /// Whether the cursor is hidden: once is enough.
    hidden: bool,
    pen: Pen,
    width: std::cell::Cell<u16>,
    /// What the next frame may send.
    part: Part,
    sent: usize,
    /// Where the last urgent frame has changed something: column and row.
    fresh: BTreeSet<(u16, u16)>,
    /// What there was no room for, by row and column.
    waiting: BTreeMap<(u16, u16), Cell>,
    shown: Shown,
    /// The rows that are to be drawn anew, and from which column on.
    anew: BTreeMap<u16, u16>,
}

impl<W: Write> Lean<W> {
    /// A backend that writes there.
    pub const fn new(writer: W) -> Self {
        Self {
            writer,
            hidden: false,
            pen: Pen::RESET,
            width: std::cell::Cell::new(0),
            part: Part::WHOLE,
            sent: 0,
            fresh: BTreeSet::new(),
            waiting: BTreeMap::new(),
            shown: Shown::new(),
            anew: BTreeMap::new(),
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.sent = self.sent.saturating_add(text.len());
        self.writer.write_all(text.as_bytes())
    }

    fn send(&mut self, text: &str) -> io::Result<()> {
        self.write(text)?;
        self.writer.flush()
    }

    /// Sends all of it.
    fn draw_all(&mut self, cells: Vec<Placed<'_>>) -> io::Result<()> {
        let mut course = Course::new(self.pen, self.width.get());
        for cell in shortest(&course, cells) {
            course.put(cell);
        }
        self.pen = course.pen;
        self.write(&course.out)
    }

    /// Notes what a frame changes, and which rows are to be drawn anew for it.
    fn note(&mut self, cells: &[Placed<'_>]) {
        for row in cells.chunk_by(|(_, one, _), (_, other, _)| one == other) {
            let Some((_, y, _)) = row.first().copied() else { continue };
            if let Some(from) = self.shown.take(y, row.iter().map(|(x, _, cell)| (*x, *cell))) {
                self.anew.entry(y).and_modify(|known| *known = from.min(*known)).or_insert(from);
            }
        }
    }

    /// Draws the rows anew that have to be.
    fn draw_anew(&mut self) -> io::Result<()> {
        if self.anew.is_empty() {
            return Ok(());
        }
        let mut course = Course::new(self.pen, self.width.get());
        for (y, from) in std::mem::take(&mut self.anew) {
            let from = self.shown.begin(y, from);
            course.anew((from, y), self.shown.from(y, from));
        }
        self.pen = course.pen;
        self.write(&course.out)
    }

    /// Sends what there is room for of the newest state of all that waits.
    fn draw_part(&mut self, cells: Vec<Placed<'_>>) -> io::Result<()> {
        let part = std::mem::replace(&mut self.part, Part::WHOLE);
        if part.is_urgent {
            self.fresh = cells.iter().map(|(x, y, _)| (*x, *y)).collect();
        }
        for (x, y, cell) in cells {
            let next = x.saturating_add(1);
            let is_wide = |cell: &Cell| cell.symbol().width() > 1;
            let unsent = self.waiting.insert((y, x), cell.clone());
            // Something wide covers the next, which is not drawn. What was not sent never covered it: what was there before
            // still is.
            let (unsent, behind) =
                if is_wide(cell) { (self.waiting.remove(&(y, next)), next.saturating_add(1)) } else { (unsent, next) };
            if unsent.as_ref().is_some_and(is_wide) {
                self.waiting.insert((y, behind), self.shown.cell(y, behind));
            }
        }
        let room = part.room.saturating_sub(AROUND);
        let waiting = std::mem::take(&mut self.waiting);
        let cells = waiting.iter().map(|((y, x), cell)| (*x, *y, cell)).collect();
        let mut course = Course::new(self.pen, self.width.get());
        let mut full = false;
        for (x, y, cell) in urgent_first(cells, &self.fresh, &part.first) {
            let (before, pen) = (course.out.len(), course.pen);
            if !full {
                course.put((x, y, cell));
                // One goes in any case, however long a stranger's letter is.
                full = course.out.len() > room && (before > 0 || room == 0);
                if full {
                    course.out.truncate(before);
                    course.pen = pen;
                }
            }
            if full {
                self.waiting.insert((y, x), cell.clone());
            }
        }
        self.pen = course.pen;
        self.write(&course.out)
    }
}

impl<W: Write> Paced for Lean<W> {
    fn limit(&mut self, part: Part) {
        self.part = part;
    }

    fn take_sent(&mut self) -> usize {
        std::mem::take(&mut self.sent)
    }

    fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl<W: Write> Backend for Lean<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells: Vec<_> = content.collect();
        self.note(&cells);
        if self.part == Part::WHOLE && self.waiting.is_empty() {
            cells.retain(|(x, y, _)| self.anew.get(y).is_none_or(|from| x < from));
            self.draw_all(cells)?;
        } else {
            self.draw_part(cells)?;
        }
        // They come last, for what waits may be in them.
        if self.waiting.is_empty() { self.draw_anew() } else { Ok(()) }
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.hidden {
            return Ok(());
        }
        self.hidden = true;
        self.send("\x1b[?25l")
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.hidden = false;
        self.send("\x1b[?25h")
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        crossterm::cursor::position().map(|(x, y)| Position { x, y })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        self.send(&format!("\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        // What is cleared takes the look of what was written last.
        self.pen = Pen::RESET;
        self.waiting.clear();
        if clear_type == ClearType::All {
            self.shown = Shown::new();
            self.anew.clear();
        }
        let clear = match clear_type {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        };
        self.send(&format!("\x1b[0m{clear}"))
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        self.width.set(width);
        Ok(Size { width, height })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        let size = crossterm::terminal::window_size()?;
        Ok(WindowSize {
            columns_rows: Size { width: size.columns, height: size.rows },
            pixels: Size { width: size.width, height: size.height },
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests;
