//! A key, and how the help and `[ui.keys]` write it.

/// A key's place on the keyboard, whatever else is held down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names stand on the keys")]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    ShiftLeft,
    ShiftRight,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// The codes that have a name, as the help writes it.
pub(super) const NAMED: [(Code, &str); 19] = [
    (Code::Enter, "Enter"),
    (Code::Esc, "Esc"),
    (Code::Tab, "Tab"),
    (Code::BackTab, "Shift-Tab"),
    (Code::Backspace, "Backspace"),
    (Code::Delete, "Delete"),
    (Code::Insert, "Insert"),
    (Code::Up, "Up"),
    (Code::Down, "Down"),
    (Code::Left, "Left"),
    (Code::Right, "Right"),
    (Code::ShiftLeft, "Shift-Left"),
    (Code::ShiftRight, "Shift-Right"),
    (Code::Home, "Home"),
    (Code::End, "End"),
    (Code::PageUp, "PgUp"),
    (Code::PageDown, "PgDn"),
    (Code::Char(' '), "Space"),
    (Code::Char('-'), "Minus"),
];

/// A key that is pressed. Shift is part of the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its place on the keyboard.
    pub code: Code,
    /// Whether Control is held.
    pub ctrl: bool,
}

pub(super) const fn key(c: char) -> Key {
    Key { code: Code::Char(c), ctrl: false }
}

pub(super) const fn ctrl(c: char) -> Key {
    Key { code: Code::Char(c), ctrl: true }
}

pub(super) const fn code(code: Code) -> Key {
    Key { code, ctrl: false }
}

pub(super) const fn ctrl_code(code: Code) -> Key {
    Key { code, ctrl: true }
}

impl Key {
    /// The arrow without Shift; `None` for another key.
    #[must_use]
    pub const fn without_shift(self) -> Option<Self> {
        let left = matches!(self.code, Code::ShiftLeft);
        if !left && !matches!(self.code, Code::ShiftRight) {
            return None;
        }
        Some(Self { code: if left { Code::Left } else { Code::Right }, ctrl: self.ctrl })
    }

    /// Whether it is a character that a form takes as text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self.code, Code::Char(_)) && !self.ctrl
    }

    /// The key as the help and the configuration write it: `d`, `D`, `Ctrl-L`, `Space`, `F1`.
    #[must_use]
    pub fn show(self) -> String {
        let name = match (self.code, NAMED.iter().find(|(code, _)| *code == self.code)) {
            (Code::Char('-'), _) if !self.ctrl => "-".to_owned(),
            (_, Some((_, name))) => (*name).to_owned(),
            (Code::Char(c), None) if self.ctrl => c.to_ascii_uppercase().to_string(),
            (Code::Char(c), None) => c.to_string(),
            (Code::F(n), None) => format!("F{n}"),
            // Every other code is in the table.
            (code, None) => format!("{code:?}"),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name }
    }

    /// Reads a key as [`Key::show`] writes it, names in any case. `None` if it is not a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let held = ["ctrl-", "ctrl+", "c-"].into_iter().find_map(|prefix| {
            let head = text.get(..prefix.len())?;
            (text.len() > prefix.len() && head.eq_ignore_ascii_case(prefix)).then(|| &text[prefix.len()..])
        });
        let (name, ctrl) = held.map_or((text, false), |name| (name, true));
        let mut chars = name.chars();
        let code = match (chars.next()?, chars.next()) {
            // Terminals report Control with small letters.
            (c, None) if ctrl => Code::Char(c.to_ascii_lowercase()),
            (c, None) => Code::Char(c),
            ('f' | 'F', Some('1'..='9')) => Code::F(name[1..].parse().ok().filter(|n| (1..=24).contains(n))?),
            _ => NAMED.iter().find(|(_, known)| known.eq_ignore_ascii_case(name))?.0,
        };
        let key = Self { code, ctrl };
        (!matches!(key.code, Code::Char(c) if c.is_control())).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_what_is_no_key_is_none() {
        assert_eq!(Key::parse("ctrl-l"), Some(ctrl('l')));
        assert_eq!(Key::parse("Ctrl-L"), Some(ctrl('l')));
        assert_eq!(Key::parse("pgup"), Some(code(Code::PageUp)));
        assert_eq!(Key::parse("D"), Some(key('D')));
        for text in ["", "dd", "Ctrl-", "F0", "F25", "Hyper-x", "\u{7}", "Ctrl-\u{1b}"] {
            assert_eq!(Key::parse(text), None, "{text:?}");
        }
    }
}
