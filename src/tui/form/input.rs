//! What is typed into a field: text with a cursor, and a password that is not shown.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use secrecy::SecretString;
use tui_input::{Input, InputRequest};
use zeroize::Zeroizing;

/// The most characters of a field: more than any name or path, fewer than a file pasted by mistake.
const LIMIT: usize = 500;

/// The most bytes of a password. The buffer has this room from the start: one that grows leaves copies behind.
const ROOM: usize = 4096;

/// A line of text.
#[derive(Clone, Debug, Default)]
pub struct TextInput(Input);

impl TextInput {
    /// What was typed.
    #[must_use]
    pub fn value(&self) -> &str {
        self.0.value()
    }

    /// The same without blanks around it.
    #[must_use]
    pub fn trimmed(&self) -> &str {
        self.value().trim()
    }

    /// Replaces it; the cursor goes to the end.
    pub fn set(&mut self, text: impl Into<String>) {
        self.0 = Input::new(text.into());
    }

    /// The text before the cursor, and from it on.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        let value = self.value();
        let at = value.char_indices().nth(self.0.cursor()).map_or(value.len(), |(at, _)| at);
        value.split_at(at)
    }

    pub(super) fn push(&mut self, c: char) {
        if self.value().chars().count() < LIMIT {
            self.0.handle(InputRequest::InsertChar(c));
        }
    }

    /// Takes a line editor's key; returns whether it was one.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        use InputRequest::{
            DeleteFromStart, DeleteNextChar, DeletePrevChar, DeletePrevWord, DeleteTillEnd, GoToEnd, GoToNextChar,
            GoToNextWord, GoToPrevChar, GoToPrevWord, GoToStart, Yank,
        };
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let request = match (key.code, ctrl || alt) {
            (KeyCode::Char(c), false) => {
                self.push(c);
                return true;
            }
            (KeyCode::Backspace, false) | (KeyCode::Char('h'), true) => DeletePrevChar,
            (KeyCode::Delete, _) => DeleteNextChar,
            (KeyCode::Left, false) => GoToPrevChar,
            (KeyCode::Right, false) => GoToNextChar,
            (KeyCode::Left, true) => GoToPrevWord,
            (KeyCode::Char('b'), true) if alt => GoToPrevWord,
            (KeyCode::Right, true) => GoToNextWord,
            (KeyCode::Char('f'), true) if alt => GoToNextWord,
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => GoToStart,
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => GoToEnd,
            (KeyCode::Backspace | KeyCode::Char('w'), true) => DeletePrevWord,
            (KeyCode::Char('u'), true) => DeleteFromStart,
            (KeyCode::Char('k'), true) => DeleteTillEnd,
            (KeyCode::Char('y'), true) => Yank,
            _ => return false,
        };
        self.0.handle(request);
        true
    }
}

/// A password while it is typed. It is zeroed when dropped or cleared, and copied only into a secret.
pub struct PasswordInput(Zeroizing<String>);

impl Default for PasswordInput {
    fn default() -> Self {
        Self(Zeroizing::new(String::with_capacity(ROOM)))
    }
}

impl fmt::Debug for PasswordInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl PasswordInput {
    /// How many characters there are, for as many marks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn secret(&self) -> SecretString {
        SecretString::from(self.0.as_str())
    }

    pub(super) fn push(&mut self, c: char) {
        if self.0.len() + c.len_utf8() <= ROOM {
            self.0.push(c);
        }
    }

    /// Takes a key; returns whether it was one for text. A hidden text has no cursor: typing appends.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        let held = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match (key.code, held) {
            (KeyCode::Char(c), false) => self.push(c),
            (KeyCode::Backspace, false) | (KeyCode::Char('h'), true) => {
                self.0.pop();
            }
            (KeyCode::Char('u' | 'w'), true) => *self = Self::default(),
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn plain(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn ctrl(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    #[test]
    fn a_line_is_edited_as_in_a_shell() {
        let mut text = TextInput::default();
        for c in "one two".chars() {
            assert!(text.key(plain(KeyCode::Char(c))));
        }
        for key in [plain(KeyCode::Left), plain(KeyCode::Backspace), plain(KeyCode::Char('W'))] {
            assert!(text.key(key));
        }
        assert_eq!((text.value(), text.parts()), ("one tWo", ("one tW", "o")));
        text.key(ctrl('a'));
        text.key(plain(KeyCode::Delete));
        assert_eq!(text.parts(), ("", "ne tWo"));
        text.key(ctrl('e'));
        text.key(ctrl('w'));
        assert_eq!(text.value(), "ne ");
        text.key(ctrl('u'));
        assert_eq!(text.value(), "");
        assert!(!text.key(plain(KeyCode::Tab)) && !text.key(plain(KeyCode::Enter)) && !text.key(ctrl('z')));
    }

    #[test]
    fn a_character_of_several_parts_goes_at_once() {
        let mut text = TextInput::default();
        text.set("a👩\u{200d}💻");
        text.key(plain(KeyCode::Backspace));
        assert_eq!(text.value(), "a");
    }

    #[test]
    fn a_password_is_in_no_debug_output_and_never_moves_in_memory() {
        let mut hidden = PasswordInput::default();
        let at = hidden.0.as_ptr();
        for c in "hunter2".chars().chain(std::iter::repeat_n('x', 2 * ROOM)) {
            hidden.key(plain(KeyCode::Char(c)));
        }
        assert_eq!((hidden.len(), hidden.0.as_ptr()), (ROOM, at));
        assert_eq!(format!("{hidden:?}"), "[hidden]");
        assert!(hidden.secret().expose_secret().starts_with("hunter2"));
        hidden.key(ctrl('u'));
        assert!(hidden.is_empty());
    }
}
