//! A terminal with a program in it: what it shows, what it was told, and how the program ended.
//!
//! Nothing here sleeps: a thread takes in what the program writes, and who waits is woken by it.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use vt100::{Parser, Screen};

use crate::glass::{Glass, Shown, assert_given_back, rows, take_in, take_in_slowly};
use crate::home::{Home, PROGRAM};

/// Long enough for a busy machine, short enough for a hang to be seen.
pub const BOUND: Duration = Duration::from_secs(30);

/// For an end that is promised within 2 seconds, where something else is tested: a busy machine, or a disk that is slow to
/// sync, must not look like a hang. Whether the promise is kept, [`promised`] measures.
pub const PROMPT: Duration = Duration::from_secs(20);

/// What the program promises for its end.
const END: Duration = Duration::from_secs(2);

/// And for the process to be gone, and to be waited for.
const TEARDOWN: Duration = Duration::from_millis(500);

/// Asserts that an end keeps the program's promise. What else the machine does can only lengthen it, so that one of some
/// tries must be short enough.
pub fn promised(end: impl FnMut() -> Duration) {
    let mut took = Vec::new();
    for one in std::iter::repeat_with(end).take(5) {
        if one <= END + TEARDOWN {
            return;
        }
        took.push(one);
    }
    panic!("no end in {:?}: {took:?}", END + TEARDOWN);
}

/// The size of a terminal: columns and rows.
pub type Size = (u16, u16);

/// The size that the screen was designed for.
pub const DESIGNED: Size = (100, 30);

/// Where all four panes and long log lines fit, and the table of watches has its rows for itself.
pub const LARGE: Size = (149, 50);

/// Opening a terminal and marking it close-on-exec are two steps: a child started in between would keep it open.
static OPENING: Mutex<()> = Mutex::new(());

/// A terminal, and the program that was started in it.
pub struct Terminal {
    pub home: Home,
    pub pid: Pid,
    glass: Arc<Glass>,
    reader: Option<JoinHandle<()>>,
    keyboard: Option<Arc<Mutex<Box<dyn Write + Send>>>>,
    master: Option<Box<dyn MasterPty + Send>>,
    /// Held until the program has ended, so that the terminal's modes can still be read then.
    slave: Option<Box<dyn SlavePty + Send>>,
    ended: Receiver<ExitStatus>,
    status: Option<ExitStatus>,
    untouched: String,
}

/// What is to be started.
pub struct Start {
    home: Home,
    size: Size,
    program: String,
    arguments: Vec<String>,
    env: Vec<(&'static str, String)>,
    line: Option<u32>,
}

impl Start {
    /// `mailwatch-tui demo` at the size the screen was designed for.
    pub fn demo() -> Self {
        let home = Home::new();
        let state = home.state_dir();
        Self::program(home, PROGRAM, &["demo", "--state-dir", &state])
    }

    pub fn program(home: Home, program: &str, arguments: &[&str]) -> Self {
        let env = home.env();
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Self { home, size: DESIGNED, program: program.to_owned(), arguments, env, line: None }
    }

    pub fn size(self, size: Size) -> Self {
        Self { size, ..self }
    }

    /// Over a line of so many bytes a second, with a terminal that answers at its end.
    pub fn over_line(self, bytes_a_second: u32) -> Self {
        Self { line: Some(bytes_a_second), ..self }
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub fn env(mut self, name: &'static str, value: &str) -> Self {
        self.env.push((name, value.to_owned()));
        self
    }

    pub fn open(self) -> Terminal {
        let opening = OPENING.lock().expect("opening a terminal does not panic");
        let pair = native_pty_system().openpty(pty_size(self.size)).expect("a pseudo terminal");
        let mut command = CommandBuilder::new(&self.program);
        command.args(&self.arguments);
        command.env_clear();
        for (name, value) in &self.env {
            command.env(name, value);
        }
        command.cwd(self.home.path());
        let master = pair.master;
        let untouched = modes(master.as_ref());
        let mut child = pair.slave.spawn_command(command).expect("the program starts");
        drop(opening);
        let pid = child.process_id().and_then(|id| Pid::from_raw(id.try_into().ok()?)).expect("a process has a number");
        let (tx, ended) = channel();
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                // The test may be over.
                let _ = tx.send(status);
            }
        });
        let (columns, rows) = self.size;
        let shown =
            Shown { parser: Parser::new(rows, columns, 0), bytes: Vec::new(), let_go: false, held: false, over: false };
        let glass = Arc::new(Glass { shown: Mutex::new(shown), changed: Condvar::new() });
        let output = master.try_clone_reader().expect("a terminal can be read");
        let keyboard = Arc::new(Mutex::new(master.take_writer().expect("the one writer")));
        let reader = Some(thread::spawn({
            let (glass, keyboard) = (Arc::clone(&glass), Arc::clone(&keyboard));
            move || match self.line {
                Some(speed) => take_in_slowly(output, &glass, speed, &keyboard),
                None => take_in(output, &glass),
            }
        }));
        Terminal {
            home: self.home,
            pid,
            glass,
            reader,
            keyboard: Some(keyboard),
            master: Some(master),
            slave: Some(pair.slave),
            ended,
            status: None,
            untouched,
        }
    }
}

/// The line discipline's modes as text: the only thing done with them is to compare.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}

fn pty_size((cols, rows): Size) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    /// Waits until the screen is as `wanted` says.
    pub fn wait(&self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        self.wait_within(BOUND, what, wanted);
    }

    pub fn wait_within(&self, bound: Duration, what: &str, wanted: impl Fn(&Screen) -> bool) {
        self.wait_shown(bound, what, wanted);
    }

    /// Returns how many bytes the terminal had taken by then.
    fn wait_shown(&self, bound: Duration, what: &str, wanted: impl Fn(&Screen) -> bool) -> usize {
        let until = Instant::now() + bound;
        let mut shown = self.glass.lock();
        loop {
            if wanted(shown.parser.screen()) {
                return shown.bytes.len();
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || shown.over {
                let contents = shown.parser.screen().contents();
                drop(shown);
                panic!("waited in vain for {what}. The screen:\n{contents}");
            }
            shown = self.glass.changed.wait_timeout(shown, left).expect("no test panics while it looks").0;
        }
    }

    /// Waits until a text is on the screen.
    pub fn wait_text(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits until a text is not on the screen.
    pub fn wait_gone(&self, text: &str) {
        self.wait(&format!("{text} to go"), |screen| !screen.contents().contains(text));
    }

    /// Waits until the first row that holds `name`, the one of the table of watches, holds `text` too.
    pub fn wait_row(&self, name: &str, text: &str) {
        let wanted =
            |screen: &Screen| rows(screen).find(|row| row.contains(name)).is_some_and(|row| row.contains(text));
        self.wait(&format!("{name} with {text}"), wanted);
    }

    /// Waits until so many rows hold all of these texts.
    pub fn wait_rows(&self, count: usize, texts: &[&str]) {
        let fits = |row: &String| texts.iter().all(|text| row.contains(text));
        self.wait(&format!("{count} rows with {texts:?}"), |screen| rows(screen).filter(fits).count() == count);
    }

    /// Waits until at least so many rows hold all of these texts.
    pub fn wait_rows_at_least(&self, count: usize, texts: &[&str]) {
        let fits = |row: &String| texts.iter().all(|text| row.contains(text));
        self.wait(&format!("{count} rows with {texts:?}"), |screen| rows(screen).filter(fits).count() >= count);
    }

    /// Waits for the next output, but no longer than this.
    pub fn wait_output(&self, bound: Duration) {
        let shown = self.glass.lock();
        let (before, until) = (shown.bytes.len(), Instant::now() + bound);
        let quiet = |shown: &mut Shown| shown.bytes.len() == before && !shown.over && Instant::now() < until;
        let waited = self.glass.changed.wait_timeout_while(shown, bound, quiet);
        drop(waited.expect("no test panics while it looks"));
    }

    /// Waits until the program has written a text so many times.
    pub fn wait_sent(&self, text: &str, count: usize) {
        let until = Instant::now() + BOUND;
        while self.bytes().windows(text.len()).filter(|window| *window == text.as_bytes()).count() < count {
            assert!(Instant::now() < until, "waited in vain for {text:?} to be sent");
            self.wait_output(Duration::from_millis(100));
        }
    }

    /// How many bytes the terminal takes from now on until the screen is as `wanted` says.
    pub fn bytes_until(&self, what: &str, wanted: impl Fn(&Screen) -> bool) -> usize {
        let before = self.glass.lock().bytes.len();
        self.wait_shown(BOUND, what, wanted) - before
    }

    /// Nobody reads what the program writes, until its end or until somebody reads again.
    pub fn hold(&self, held: bool) {
        self.glass.lock().held = held;
        self.glass.changed.notify_all();
    }

    pub fn contents(&self) -> String {
        self.look(Screen::contents)
    }

    /// Everything the program has written, as it is.
    pub fn bytes(&self) -> Vec<u8> {
        self.glass.lock().bytes.clone()
    }

    pub fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_ref().expect("a terminal that is open");
        let mut keyboard = keyboard.lock().expect("no test panics while it types");
        keyboard.write_all(keys.as_bytes()).and_then(|()| keyboard.flush()).expect("the terminal takes keys");
    }

    /// Another size; what is shown is cut or filled up.
    pub fn resize(&self, size: Size) {
        self.glass.lock().parser.screen_mut().set_size(size.1, size.0);
        self.tell_size(size);
    }

    /// Another size told to the program alone; the glass stays as it is.
    pub fn tell_size(&self, size: Size) {
        self.master().resize(pty_size(size)).expect("a terminal takes any size");
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("the program runs");
    }

    /// The line discipline's modes.
    pub fn modes(&self) -> String {
        modes(self.master())
    }

    /// Whether the line discipline is as it was before the program was started.
    pub fn modes_are_untouched(&self) -> bool {
        self.modes() == self.untouched
    }

    /// Looks at what is shown now.
    pub fn look<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.glass.lock().parser.screen())
    }

    /// The process in the foreground: the shell's job.
    pub fn foreground(&self) -> Pid {
        self.master().process_group_leader().and_then(Pid::from_raw).expect("a job in the foreground")
    }

    /// Waits for the end and returns the exit code; with the terminal's last picture taken in.
    pub fn end(&mut self, bound: Duration) -> u32 {
        let status = match self.ended.recv_timeout(bound) {
            Ok(status) => status,
            Err(RecvTimeoutError::Timeout) => panic!("it has not ended in {bound:?}:\n{}", self.contents()),
            Err(RecvTimeoutError::Disconnected) => panic!("nobody knows how it ended"),
        };
        assert_eq!(status.signal(), None, "no signal should have killed it");
        let code = status.exit_code();
        self.status = Some(status);
        if self.master.is_some() {
            let untouched = self.modes_are_untouched();
            self.slave = None;
            self.hold(false);
            if let Some(reader) = self.reader.take() {
                reader.join().expect("the reader does not panic");
            }
            assert!(untouched, "the line discipline is not as it was");
        }
        code
    }

    /// Waits for the end by a signal, and returns its name; `None` where it ended otherwise.
    pub fn end_by_signal(&mut self, bound: Duration) -> Option<String> {
        let status = self.ended.recv_timeout(bound).expect("it ends in time");
        let signal = status.signal().map(str::to_owned);
        self.status = Some(status);
        assert!(self.modes_are_untouched(), "the line discipline is not as it was");
        self.slave = None;
        signal
    }

    /// Asserts that the terminal is as it was before the program was started.
    pub fn assert_restored(&self) {
        assert!(self.modes_are_untouched(), "the line discipline is not as it was");
        self.look(assert_given_back);
    }

    /// Closes the terminal, as a window that is closed does.
    pub fn hang_up(&mut self) {
        self.glass.lock().let_go = true;
        // The screen counts seconds: the reader is awake within one, and lets go.
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.keyboard = None;
        self.slave = None;
        self.master = None;
    }

    fn master(&self) -> &dyn MasterPty {
        self.master.as_deref().expect("a terminal that is open")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.status.is_none() {
            // A test that failed half-way leaves nothing behind.
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}
