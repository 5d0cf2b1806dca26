//! What a terminal shows: everything a program wrote, and the picture that it makes.

use std::io::{Read, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use vt100::{MouseProtocolEncoding, MouseProtocolMode, Parser, Screen};

/// What the terminal has taken in.
pub struct Shown {
    pub parser: Parser,
    pub bytes: Vec<u8>,
    /// Asked to let go of the terminal at the next byte.
    pub let_go: bool,
    /// Nobody reads meanwhile.
    pub held: bool,
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

/// Takes in what the program writes until it ends, or the test wants the terminal closed. A frame is taken in whole,
/// as by a terminal that knows synchronized updates: no test sees half of one.
pub fn take_in(mut output: Box<dyn Read + Send>, glass: &Glass) {
    let mut buffer = [0; 16 * 1024];
    let mut pending = Vec::new();
    loop {
        let waits = |shown: &mut Shown| shown.held && !shown.let_go;
        drop(glass.changed.wait_while(glass.lock(), waits).expect("no test panics while it looks"));
        let length = output.read(&mut buffer).unwrap_or(0);
        pending.extend_from_slice(&buffer[..length]);
        let mut shown = glass.lock();
        let over = length == 0 || shown.let_go;
        let whole = if over { pending.len() } else { before_open_frame(&pending) };
        shown.parser.process(&pending[..whole]);
        shown.bytes.extend(pending.drain(..whole));
        shown.over = over;
        glass.changed.notify_all();
        if over {
            return;
        }
    }
}

/// The question for the background, and a terminal's answer.
const QUESTION: &[u8] = b"\x1b]11;?\x07";
const ANSWER: &[u8] = b"\x1b]11;rgb:0000/0000/0000\x07";

/// The same over a line of so many bytes a second, in either direction, that keeps whatever is written; at its end a terminal
/// that answers. It shows each byte as it comes.
pub fn take_in_slowly(
    mut output: Box<dyn Read + Send>,
    glass: &Glass,
    speed: u32,
    keyboard: &Mutex<Box<dyn Write + Send>>,
) {
    const STEP: Duration = Duration::from_millis(5);
    let (line, end) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = output.read(&mut buffer) {
            if buffer[..length].iter().any(|byte| line.send(*byte).is_err()) {
                return;
            }
        }
    });
    let mut free = Instant::now();
    let mut last = Vec::new();
    loop {
        // What was not used is lost: a line has no memory.
        free = free.max(Instant::now().checked_sub(STEP).unwrap_or(free));
        let Some(wait) = free.checked_duration_since(Instant::now()) else {
            match end.recv_timeout(STEP) {
                Ok(byte) => {
                    let mut shown = glass.lock();
                    shown.parser.process(&[byte]);
                    shown.bytes.push(byte);
                    glass.changed.notify_all();
                    drop(shown);
                    last.push(byte);
                    free += Duration::from_secs(1) / speed;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if last.ends_with(QUESTION) {
                last.clear();
                for byte in ANSWER {
                    thread::sleep(Duration::from_secs(1) / speed);
                    // The program may be gone.
                    let _ = keyboard.lock().expect("no test panics while it types").write_all(&[*byte]);
                }
            }
            continue;
        };
        thread::sleep(wait);
    }
    glass.lock().over = true;
    glass.changed.notify_all();
}

const FRAME_BEGIN: &[u8] = b"\x1b[?2026h";
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// How many of the bytes come before a frame whose end is not among them, or before what may become its beginning.
fn before_open_frame(bytes: &[u8]) -> usize {
    let last = |sought: &[u8]| bytes.windows(sought.len()).rposition(|part| part == sought);
    match (last(FRAME_BEGIN), last(FRAME_END)) {
        (Some(begin), None) => begin,
        (Some(begin), Some(end)) if end < begin => begin,
        (None | Some(_), _) => {
            let begun = (1..FRAME_BEGIN.len()).rev().find(|length| bytes.ends_with(&FRAME_BEGIN[..*length]));
            bytes.len() - begun.unwrap_or(0)
        }
    }
}

#[test]
fn a_frame_counts_once_it_is_whole() {
    let cases: [(&[u8], usize); 6] = [
        (b"plain", 5),
        (b"plain\x1b[?20", 5),
        (b"ab\x1b[?2026hcells", 2),
        (b"ab\x1b[?2026hcells\x1b[?2026", 2),
        (b"ab\x1b[?2026hcells\x1b[?2026lcd", 25),
        (b"\x1b[?2026ha\x1b[?2026l\x1b[?2026hb", 17),
    ];
    for (bytes, whole) in cases {
        assert_eq!(before_open_frame(bytes), whole, "{}", bytes.escape_ascii());
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
