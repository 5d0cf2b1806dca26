//! The look of what is written next, and the shortest sequence (SGR) from one look to another.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// The look of what is written next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    /// What SGR's reset leaves.
    pub(super) const RESET: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    /// A cell's look.
    pub(super) const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// About how many bytes the sequence from this look to another has.
    pub(super) fn distance(self, to: Self) -> usize {
        if self == to {
            return 0;
        }
        let length = |colour: Color, before: Color| match colour {
            _ if colour == before => 0,
            Color::Rgb(..) => 16,
            Color::Reset => 3,
            _ => 7,
        };
        let colours = length(to.fg, self.fg) + length(to.bg, self.bg);
        if to == Self::RESET { 4 } else { 2 + colours + 3 * usize::from(to.modifier != self.modifier) }
    }

    /// Appends the sequence from this look to another: what differs, or everything after a reset where that is shorter.
    pub(super) fn change(self, to: Self, out: &mut String) {
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
