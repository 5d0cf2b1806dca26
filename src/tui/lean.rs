//! ratatui's backend for a terminal, in few bytes: a second of counting sends digits, not the sequences around them. What
//! it shows is what ratatui's own backend for crossterm would show.

use std::fmt::Write as _;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Writes cells to a terminal.
#[derive(Debug)]
pub struct Lean<W: Write> {
    writer: W,
    /// Whether the cursor is hidden: once is enough.
    hidden: bool,
}

impl<W: Write> Lean<W> {
    /// A backend that writes there.
    pub const fn new(writer: W) -> Self {
        Self { writer, hidden: false }
    }

    fn send(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()
    }
}

/// The look of what is written next.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    /// What SGR's reset leaves.
    const RESET: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    /// Appends the sequence from this look to another: what differs, or everything after a reset where that is shorter.
    fn change(self, to: Self, out: &mut String) {
        let differs = self.parameters(to);
        let anew = format!("0;{}", Self::RESET.parameters(to));
        let anew = anew.trim_end_matches(';');
        let shorter = if differs.len() <= anew.len() { differs.as_str() } else { anew };
        if !differs.is_empty() {
            let _ = write!(out, "\x1b[{shorter}m");
        }
    }

    /// SGR's parameters for what differs; empty where nothing does.
    fn parameters(self, to: Self) -> String {
        let mut parameters = Vec::new();
        let (mut set, gone) = (self.modifier, self.modifier.difference(to.modifier));
        for (modifier, _, off) in MODIFIERS {
            // One number takes bold and faint away, another both kinds of blinking.
            let alike = MODIFIERS.into_iter().filter(|(_, _, other)| *other == off);
            let alike = alike.fold(Modifier::empty(), |all, (modifier, ..)| all.union(modifier));
            if gone.contains(modifier) && set.contains(modifier) {
                parameters.push(off.to_string());
                set = set.difference(alike);
            }
        }
        for (modifier, on, _) in MODIFIERS {
            if to.modifier.contains(modifier) && !set.contains(modifier) {
                parameters.push(on.to_string());
            }
        }
        if to.fg != self.fg {
            parameters.push(colour(to.fg, 30));
        }
        if to.bg != self.bg {
            parameters.push(colour(to.bg, 40));
        }
        parameters.join(";")
    }
}

/// SGR's numbers (ECMA-48 §8.3.117): what sets each, and what takes it away.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// A colour's parameters, in the forms that crossterm writes; `base` is 30 for the text, 40 for the background.
fn colour(colour: Color, base: u8) -> String {
    let indexed = |number: u8| format!("{};5;{number}", base + 8);
    match colour {
        Color::Reset => (base + 9).to_string(),
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
        Color::Indexed(number) => indexed(number),
        Color::Black => indexed(0),
        Color::Red => indexed(1),
        Color::Green => indexed(2),
        Color::Yellow => indexed(3),
        Color::Blue => indexed(4),
        Color::Magenta => indexed(5),
        Color::Cyan => indexed(6),
        Color::Gray => indexed(7),
        Color::DarkGray => indexed(8),
        Color::LightRed => indexed(9),
        Color::LightGreen => indexed(10),
        Color::LightYellow => indexed(11),
        Color::LightBlue => indexed(12),
        Color::LightMagenta => indexed(13),
        Color::LightCyan => indexed(14),
        Color::White => indexed(15),
    }
}

impl<W: Write> Backend for Lean<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut out = String::new();
        let mut pen = Pen::RESET;
        // The row that the cursor is in, and its column where that is known: not behind what may be wide.
        let mut at: Option<(u16, Option<u16>)> = None;
        for (x, y, cell) in content {
            match at {
                Some((row, Some(column))) if row == y && column == x => {}
                Some((row, _)) if row == y => {
                    let _ = write!(out, "\x1b[{}G", u32::from(x) + 1);
                }
                Some(_) | None => {
                    let _ = write!(out, "\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1);
                }
            }
            let look = Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
            pen.change(look, &mut out);
            pen = look;
            out.push_str(cell.symbol());
            at = Some((y, (cell.symbol().width() == 1).then_some(x.saturating_add(1))));
        }
        if pen != Pen::RESET {
            out.push_str("\x1b[0m");
        }
        self.writer.write_all(out.as_bytes())
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
        self.send(match clear_type {
            ClearType::All => "\x1b[2J",
            ClearType::AfterCursor => "\x1b[J",
            ClearType::BeforeCursor => "\x1b[1J",
            ClearType::CurrentLine => "\x1b[2K",
            ClearType::UntilNewLine => "\x1b[K",
        })
    }

    fn size(&self) -> io::Result<Size> {
        crossterm::terminal::size().map(|(width, height)| Size { width, height })
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
mod tests {
    use proptest::prelude::*;
    use ratatui::backend::CrosstermBackend;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    const AREA: Rect = Rect { x: 0, y: 0, width: 20, height: 5 };

    /// A text at a place, in a look.
    fn put() -> impl Strategy<Value = (u16, u16, &'static str, Style)> {
        let colours = [
            Color::Reset,
            Color::Rgb(1, 2, 3),
            Color::Rgb(200, 100, 0),
            Color::Indexed(9),
            Color::Indexed(200),
            Color::Cyan,
            Color::White,
        ];
        // Not bold and faint at once: the terminal that is asked here has one of them at a time.
        let modifiers = [
            Modifier::empty(),
            Modifier::BOLD,
            Modifier::DIM,
            Modifier::BOLD.union(Modifier::UNDERLINED),
            Modifier::ITALIC.union(Modifier::REVERSED),
            Modifier::REVERSED,
        ];
        let texts = ["a", "0:12", "live  ", "├██▍··◆─┤", "会社", "x日y", "  "];
        let pick = prop::sample::select::<Color>;
        (
            0..20u16,
            0..5u16,
            prop::sample::select(texts.to_vec()),
            (pick(colours.to_vec()), pick(colours.to_vec()), prop::sample::select(modifiers.to_vec())),
        )
            .prop_map(|(x, y, text, (fg, bg, modifier))| {
                (x, y, text, Style::reset().fg(fg).bg(bg).add_modifier(modifier))
            })
    }

    /// What a terminal shows after these frames by ratatui's own backend and by ours, and how many bytes each took.
    fn shown(frames: &[Vec<(u16, u16, &'static str, Style)>]) -> [(Vec<u8>, usize); 2] {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        let mut before = Buffer::empty(AREA);
        for frame in frames {
            let mut after = Buffer::empty(AREA);
            for (x, y, text, style) in frame {
                after.set_stringn(*x, *y, text, 20, *style);
            }
            let changed = before.diff(&after);
            CrosstermBackend::new(&mut theirs).draw(changed.iter().copied()).expect("memory");
            Lean::new(&mut ours).draw(changed.into_iter()).expect("memory");
            before = after;
        }
        [theirs, ours].map(|bytes| {
            let mut terminal = vt100::Parser::new(5, 20, 0);
            terminal.process(&bytes);
            (terminal.screen().contents_formatted(), bytes.len())
        })
    }

    proptest! {
        #[test]
        fn it_shows_what_ratatuis_own_backend_shows_in_no_more_bytes(
            frames in prop::collection::vec(prop::collection::vec(put(), 0..8), 1..4),
        ) {
            let [(theirs, long), (ours, short)] = shown(&frames);
            prop_assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
            prop_assert!(short <= long, "{} > {}", short, long);
        }
    }

    #[test]
    fn a_frame_without_a_change_is_no_byte() {
        let mut bytes = Vec::new();
        let mut lean = Lean::new(&mut bytes);
        lean.hide_cursor().expect("memory");
        lean.draw(std::iter::empty()).expect("memory");
        lean.hide_cursor().expect("memory");
        assert_eq!(bytes, b"\x1b[?25l");
    }
}
