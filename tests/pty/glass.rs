//! What a terminal shows: everything a program wrote, and the picture that it makes.

use std::io::Read;
use std::sync::{Condvar, Mutex, MutexGuard};

use vt100::{MouseProtocolMode, Parser, Screen};

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

/// Asserts that every mode of the terminal proper is off.
pub fn assert_given_back(screen: &Screen) {
    assert!(!screen.alternate_screen(), "the alternate screen is still up");
    assert!(!screen.hide_cursor(), "the cursor is still hidden");
    assert!(!screen.bracketed_paste(), "pastes are still bracketed");
    assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None, "the mouse is still taken");
}

/// The screen's rows as text.
pub fn rows(screen: &Screen) -> impl Iterator<Item = String> {
    screen.rows(0, screen.size().1)
}
