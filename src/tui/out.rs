//! The way to the terminal. A thread of its own writes: a terminal that takes nothing holds up neither the screen's loop
//! nor the program's end.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;

use super::ansi16::Ansi16;

/// Begins a frame: until its end the terminal shows the frame before.
pub(super) const FRAME_BEGIN: &[u8] = b"\x1b[?2026h";

/// Ends a frame: the terminal shows it at once.
pub(super) const FRAME_END: &[u8] = b"\x1b[?2026l";

/// How long what is written waits for a terminal at the screen's end, and how long once nothing is in the way any more.
const LAST_WORDS: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(200)];

/// With so much waiting nothing is added that may as well be left out.
const MUCH: usize = 16 * 1024;

/// The terminal's end of the screen, for all who write to it.
#[derive(Clone, Debug, Default)]
pub struct Out(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Whether the screen has the terminal.
    taken: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
    written: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    is_writing: bool,
    has_thread: bool,
    /// Nothing comes any more.
    over: bool,
    failed: Option<io::ErrorKind>,
}

impl State {
    const fn is_done(&self) -> bool {
        (self.waiting.is_empty() && !self.is_writing) || self.failed.is_some()
    }
}

impl Out {
    /// From now on the screen has the terminal; says so to it.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn take(&self, words: &str) -> io::Result<()> {
        self.0.taken.store(true, Ordering::Release);
        self.send(words.as_bytes())
    }

    /// Whether the screen has the terminal.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.0.taken.load(Ordering::Acquire)
    }

    /// Writes these bytes after all before them, as soon as the terminal takes them.
    ///
    /// # Errors
    /// Where the terminal is gone: what was sent before could not be written.
    pub fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock();
        if let Some(kind) = state.failed {
            return Err(kind.into());
        }
        state.waiting.extend_from_slice(bytes);
        if !state.has_thread {
            state.has_thread = true;
            let shared = Arc::clone(&self.0);
            thread::Builder::new().name("terminal".to_owned()).spawn(move || shared.write())?;
        }
        self.0.changed.notify_all();
        Ok(())
    }

    /// The same for what may be left out where much waits.
    ///
    /// # Errors
    /// As [`Out::send`].
    pub fn send_if_read(&self, bytes: &[u8]) -> io::Result<()> {
        if self.0.lock().waiting.len() > MUCH { Ok(()) } else { self.send(bytes) }
    }

    /// Writes the last words, unless the terminal was given back before. A terminal that takes nothing loses what it has not
    /// taken.
    pub fn give_back(&self, words: &str) {
        if !self.0.taken.swap(false, Ordering::AcqRel) || self.send(words.as_bytes()).is_err() {
            return;
        }
        let [patience, rest] = LAST_WORDS;
        if !self.0.wait(patience) {
            self.0.lock().waiting = words.as_bytes().to_vec();
            discard();
            self.0.wait(rest);
        }
    }

    /// No more comes: the thread ends.
    pub fn close(&self) {
        self.0.lock().over = true;
        self.0.changed.notify_all();
    }

    /// Waits until the terminal has taken all that was sent, or is gone.
    pub async fn written(&self) {
        loop {
            let written = self.0.written.notified();
            if self.0.lock().is_done() {
                return;
            }
            written.await;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether all was written within so long.
    fn wait(&self, patience: Duration) -> bool {
        let waits = |state: &mut State| !state.is_done();
        let (state, _) =
            self.changed.wait_timeout_while(self.lock(), patience, waits).unwrap_or_else(PoisonError::into_inner);
        state.is_done()
    }

    /// Writes what comes, until no more does or the terminal is gone.
    fn write(&self) {
        let outcome = terminal().and_then(|mut terminal| {
            while let Some(bytes) = self.next() {
                write_all(&mut terminal, &bytes)?;
            }
            Ok(())
        });
        let mut state = self.lock();
        state.is_writing = false;
        state.failed = outcome.err().map(|error| error.kind());
        state.has_thread = false;
        drop(state);
        self.tell();
    }

    /// What is to be written next; `None` where no more comes.
    fn next(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        state.is_writing = false;
        if state.is_done() {
            self.tell();
        }
        let waits = |state: &mut State| state.waiting.is_empty() && !state.over;
        state = self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        let bytes = std::mem::take(&mut state.waiting);
        state.is_writing = !bytes.is_empty();
        state.is_writing.then_some(bytes)
    }

    fn tell(&self) {
        self.changed.notify_all();
        self.written.notify_waiters();
    }
}

/// The frames of a screen.
#[derive(Debug)]
pub struct Frames {
    out: Out,
    sixteen: Option<Ansi16>,
    frame: Vec<u8>,
}

impl Frames {
    /// Frames that go there; in a terminal of sixteen colours with their numbers.
    #[must_use]
    pub const fn new(out: Out, sixteen: Option<Ansi16>) -> Self {
        Self { out, sixteen, frame: Vec::new() }
    }
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.frame.is_empty() && !bytes.is_empty() {
            self.frame.extend_from_slice(FRAME_BEGIN);
        }
        match &mut self.sixteen {
            Some(sixteen) => self.frame.extend(sixteen.rewrite(bytes)),
            None => self.frame.extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    /// Once the terminal was given back this drops what was written: the last words of a dropped screen must not reach it,
    /// nor fail on one that is gone (ratatui would panic).
    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        self.frame.extend_from_slice(FRAME_END);
        let sent = if self.out.is_taken() { self.out.send(&self.frame) } else { Ok(()) };
        self.frame.clear();
        sent
    }
}

/// Standard output without its lock, which who waits for a terminal would hold.
#[cfg(unix)]
fn terminal() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn terminal() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

/// Also where whoever started the program has made its output one that does not wait.
fn write_all(terminal: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    /// A slow line takes a few bytes in this time.
    const PAUSE: Duration = Duration::from_millis(10);
    while !bytes.is_empty() {
        match terminal.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(error) => return Err(error),
        }
    }
    terminal.flush()
}

/// Throws away what was written and not taken, which lets the thread that writes go on.
#[cfg(unix)]
fn discard() {
    // A terminal that is gone has nothing to throw away.
    let _ = rustix::termios::tcflush(rustix::stdio::stdout(), rustix::termios::QueueSelector::OFlush);
}

#[cfg(not(unix))]
const fn discard() {}

/// The line's speed in baud, where it is a slow one: serial lines say so, and logins from them. What any other terminal
/// says means nothing.
#[cfg(unix)]
#[must_use]
pub fn slow_baud() -> Option<u32> {
    let modes = rustix::termios::tcgetattr(rustix::stdio::stdout()).ok()?;
    Some(modes.output_speed()).filter(|baud| (1..38_400).contains(baud))
}

#[cfg(not(unix))]
#[must_use]
pub const fn slow_baud() -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_one_update_and_nothing_follows_once_the_terminal_was_given_back() {
        let out = Out::default();
        let mut frames = Frames::new(out.clone(), None);
        frames.write_all(b"ab").expect("memory");
        frames.write_all(b"c").expect("memory");
        assert_eq!(frames.frame, b"\x1b[?2026habc");
        frames.flush().expect("it goes nowhere");
        assert!(frames.frame.is_empty() && out.0.lock().waiting.is_empty());
    }

    #[test]
    fn what_is_sent_to_a_terminal_that_is_gone_is_an_error() {
        let out = Out::default();
        out.0.lock().failed = Some(io::ErrorKind::BrokenPipe);
        assert_eq!(out.send(b"x").map_err(|error| error.kind()), Err(io::ErrorKind::BrokenPipe));
        assert!(out.0.wait(Duration::ZERO));
    }

    #[test]
    fn an_output_that_does_not_wait_is_written_all_the_same() {
        struct Halting(Vec<u8>, bool);
        impl Write for Halting {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.1 = !self.1;
                if self.1 {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                self.0.extend_from_slice(&bytes[..1]);
                Ok(1)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut terminal = Halting(Vec::new(), false);
        write_all(&mut terminal, b"abc").expect("memory");
        assert_eq!(terminal.0, b"abc");
    }
}
