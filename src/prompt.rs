//! Asks the user for a password without echoing it. If standard input is no terminal, reads its first line.

use std::io::{self, IsTerminal, Read, Write};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use mailwatch_engine::secret::PromptError;
use secrecy::SecretString;
use zeroize::Zeroizing;

/// The longest password, in bytes. The buffer has that capacity from the start: a growing one leaves copies behind.
const ROOM: usize = 4096;

/// Asks on the terminal, the question on `to`; without a terminal reads the first line of standard input.
///
/// Blocks until there is an answer.
///
/// # Errors
/// Where there is none.
pub fn ask(question: &str, to: &mut dyn Write) -> Result<SecretString, PromptError> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return first_line(stdin.lock());
    }
    let answer = {
        // Before the question, so that an immediate answer is not echoed and its Ctrl-C reaches us.
        let _raw = Raw::enter()?;
        write!(to, "{question}")?;
        to.flush()?;
        from_keys()
    };
    writeln!(to)?;
    answer
}

/// Raw mode until dropped: no echo, no signals from keys.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Self> {
        terminal::enable_raw_mode().map(|()| Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // The terminal may be gone; there is nothing to do about that.
        let _ = terminal::disable_raw_mode();
    }
}

fn from_keys() -> Result<SecretString, PromptError> {
    let mut line = Line::new();
    loop {
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                if let Some(answer) = line.key(key) {
                    return answer;
                }
            }
            Event::Key(_)
            | Event::FocusGained
            | Event::FocusLost
            | Event::Mouse(_)
            | Event::Paste(_)
            | Event::Resize(..) => {}
        }
    }
}

fn first_line(mut from: impl Read) -> Result<SecretString, PromptError> {
    let mut line = Zeroizing::new(Vec::with_capacity(ROOM));
    let mut byte = Zeroizing::new([0]);
    // A byte at a time: a buffered reader would keep a copy that is not zeroed.
    while from.read(&mut byte[..])? > 0 && byte[0] != b'\n' {
        if line.len() == ROOM {
            return Err(PromptError::TooLong);
        }
        line.push(byte[0]);
    }
    let line = line.strip_suffix(b"\r").unwrap_or(&line);
    match std::str::from_utf8(line) {
        Ok("") => Err(PromptError::Empty),
        Ok(text) if !text.contains(['\0', '\r']) => Ok(SecretString::from(text)),
        Ok(_) | Err(_) => Err(PromptError::NotText),
    }
}

/// The line typed so far.
struct Line {
    text: Zeroizing<String>,
}

impl Line {
    fn new() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(ROOM)) }
    }

    /// Takes a key; returns the answer if it was the last.
    fn key(&mut self, key: KeyEvent) -> Option<Result<SecretString, PromptError>> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Some(self.end()),
            // Enter before raw mode: the line discipline turned it into a line feed.
            KeyCode::Char('j') if control => return Some(self.end()),
            KeyCode::Esc => return Some(Err(PromptError::Cancelled)),
            KeyCode::Char('c' | 'd') if control => return Some(Err(PromptError::Cancelled)),
            KeyCode::Char('u') if control => self.text.clear(),
            KeyCode::Char('h') if control => {
                self.text.pop();
            }
            KeyCode::Backspace => {
                self.text.pop();
            }
            KeyCode::Char(c) if !control => {
                if self.text.len() + c.len_utf8() > ROOM {
                    return Some(Err(PromptError::TooLong));
                }
                self.text.push(c);
            }
            // No text.
            _ => {}
        }
        None
    }

    fn end(&self) -> Result<SecretString, PromptError> {
        if self.text.is_empty() {
            return Err(PromptError::Empty);
        }
        Ok(SecretString::from(self.text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn typed(keys: &[KeyEvent]) -> Option<Result<SecretString, PromptError>> {
        let mut line = Line::new();
        keys.iter().find_map(|key| line.key(*key))
    }

    fn plain(text: &str) -> Vec<KeyEvent> {
        text.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)).collect()
    }

    const ENTER: KeyEvent = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
    const BACKSPACE: KeyEvent = KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE);

    fn control(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    #[test]
    fn what_is_typed_is_the_password_with_corrections() {
        let keys = [plain("wrong"), vec![control('u')], plain("hunt\u{e9}x"), vec![BACKSPACE, ENTER]].concat();
        let secret = typed(&keys).expect("Enter ends it").expect("a password");
        assert_eq!(secret.expose_secret(), "hunt\u{e9}");
        // Typed while the terminal still made lines of it, Enter comes as a line feed.
        let secret = typed(&[plain("hunter2"), vec![control('j')]].concat()).expect("it ends").expect("a password");
        assert_eq!(secret.expose_secret(), "hunter2");
        assert!(matches!(typed(&[control('j')]), Some(Err(PromptError::Empty))));
    }

    #[test]
    fn a_person_can_go_back() {
        for last in [control('c'), control('d'), KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)] {
            let keys = [plain("hunter2"), vec![last]].concat();
            assert!(matches!(typed(&keys), Some(Err(PromptError::Cancelled))));
        }
        assert!(matches!(typed(&[ENTER]), Some(Err(PromptError::Empty))));
        assert!(typed(&plain("hunter2")).is_none());
        assert!(matches!(typed(&plain(&"x".repeat(ROOM + 1))), Some(Err(PromptError::TooLong))));
    }

    #[test]
    fn a_pipe_gives_its_first_line() {
        for input in ["hunter2", "hunter2\n", "hunter2\r\nmore\n"] {
            assert_eq!(first_line(input.as_bytes()).expect("a password").expose_secret(), "hunter2");
        }
        assert!(matches!(first_line(&b""[..]), Err(PromptError::Empty)));
        assert!(matches!(first_line(&b"\xff\n"[..]), Err(PromptError::NotText)));
        assert!(matches!(first_line(&b"a\0b\n"[..]), Err(PromptError::NotText)));
        assert!(matches!(first_line(io::repeat(b'x')), Err(PromptError::TooLong)));
    }
}
