//! From a terminal's key event to the table of actions, which stands in [`crate::tui::settings::keys`].

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::layouts::latin;

pub use super::settings::keys::{Action, BINDINGS, Binding, Code, Context, Group, Key, Keys};

/// The key of an event; `None` if it has no name. Shift is part of the character; only Control makes another key.
#[must_use]
pub fn key_of(event: KeyEvent) -> Option<Key> {
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let code = match event.code {
        KeyCode::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left if event.modifiers.contains(KeyModifiers::SHIFT) => Code::ShiftLeft,
        KeyCode::Right if event.modifiers.contains(KeyModifiers::SHIFT) => Code::ShiftRight,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    Some(Key { code, ctrl })
}

/// The key that stands in the same place on a US keyboard, where another layout is in force.
#[must_use]
pub fn by_place(key: Key) -> Option<Key> {
    match key.code {
        Code::Char(c) => {
            latin(c).map(|c| Key { code: Code::Char(if key.ctrl { c.to_ascii_lowercase() } else { c }), ..key })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(c: char, modifiers: KeyModifiers) -> Option<Action> {
        Keys::default().action(key_of(KeyEvent::new(KeyCode::Char(c), modifiers))?, Context::Screen)
    }

    #[test]
    fn a_capital_is_its_own_key_however_the_terminal_reports_it() {
        for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            assert_eq!(action('D', modifiers), Some(Action::DoneAll));
        }
        assert_eq!(action('d', KeyModifiers::NONE), Some(Action::Done));
    }

    #[test]
    fn control_tells_keys_apart() {
        assert_eq!(action('z', KeyModifiers::NONE), Some(Action::Zoom));
        assert_eq!(action('z', KeyModifiers::CONTROL), Some(Action::Suspend));
    }
}
