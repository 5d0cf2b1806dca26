//! What a terminal shows: everything a program wrote, and the picture that it makes.

use std::io::Read;
use std::sync::{Condvar, Mutex, MutexGuard};

use vt100::{MouseProtocolEncoding, MouseProtocolMode, Parser, Screen};

/// What the terminal has taken in.
pub struct Shown {
    pub parser: Parser,
    pub bytes: Vec<u8>,
    /// Asked to let go of the terminal at the next byte.
    pub let_go: bool,
    /// Nothing more comes.
    pub over: bool,
}

pub struct Glass {
    pub shown: Mutex<Shown>,
    pub changed: Condvar,
}

impl Glass {
    pub fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().expect("no test panics while it looks")
    }
}

/// Takes in what the program writes until it ends, or the test wants the terminal closed.
pub fn take_in(mut output: Box<dyn Read + Send>, glass: &Glass) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = output.read(&mut buffer).unwrap_or(0);
        let mut shown = glass.lock();
        if length == 0 || shown.let_go {
            shown.over = true;
            glass.changed.notify_all();
            return;
        }
        shown.parser.process(&buffer[..length]);
        shown.bytes.extend_from_slice(&buffer[..length]);
        glass.changed.notify_all();
    }
}

/// The modes of the terminal proper: DEC's private ones, the mouse's, and how the next character would look.
#[derive(Debug, PartialEq, Eq)]
pub struct Modes {
    set: [(&'static str, bool); 5],
    mouse: (MouseProtocolMode, MouseProtocolEncoding),
    attributes: Vec<u8>,
}

impl Modes {
    pub fn of(screen: &Screen) -> Self {
        Self {
            set: [
                ("the alternate screen", screen.alternate_screen()),
                ("a hidden cursor", screen.hide_cursor()),
                ("bracketed paste", screen.bracketed_paste()),
                ("the application's cursor keys", screen.application_cursor()),
                ("the application's keypad", screen.application_keypad()),
            ],
            mouse: (screen.mouse_protocol_mode(), screen.mouse_protocol_encoding()),
            attributes: screen.attributes_formatted(),
        }
    }
}

/// Asserts that every mode is that of a terminal in which nothing was started yet.
pub fn assert_given_back(screen: &Screen) {
    assert_eq!(Modes::of(screen), Modes::of(Parser::default().screen()));
}

/// The screen's rows as text.
pub fn rows(screen: &Screen) -> impl Iterator<Item = String> {
    screen.rows(0, screen.size().1)
}
