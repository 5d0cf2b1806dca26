//! A program without a terminal: its output line by line, its end within a bound.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;

use crate::home::{Home, PROGRAM};
use crate::terminal::BOUND;

/// A program that runs.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

impl Process {
    /// Starts the program; both outputs are read as they come.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        Self::of(command(home, arguments))
    }

    /// The same, of a command from [`command`].
    pub fn of(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let lines = lines_of(child.stdout.take().expect("piped"));
        let errors = lines_of(child.stderr.take().expect("piped"));
        Self { child, lines, errors }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the program runs");
    }

    /// The same, for one that may have ended already.
    pub fn signal_if_running(&mut self, signal: Signal) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process(Pid::from_child(&self.child), signal);
        }
    }

    /// The next line of standard output that `wanted` says yes to.
    pub fn line(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        first(&self.lines, what, wanted)
    }

    /// The next line of standard error that holds `text`.
    pub fn error(&self, text: &str) -> String {
        first(&self.errors, text, |line| line.contains(text))
    }

    /// Waits for the end. What it wrote until then, if it was not asked for, is in [`Process::rest`].
    pub fn end(&mut self, bound: Duration) -> ExitStatus {
        end(&mut self.child, bound)
    }

    /// The lines of standard output that were not asked for, once the program has ended.
    pub fn rest(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    /// The same of standard error.
    pub fn rest_of_errors(&self) -> Vec<String> {
        self.errors.iter().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program in that home, with both outputs piped.
pub fn command(home: &Home, arguments: &[&str]) -> Command {
    take_ignored_signals();
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().envs(home.env()).current_dir(home.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Gives the programs that are started the usual reaction to signals which this process inherited as ignored: `nohup`
/// ignores SIGHUP, a shell without job control SIGINT and SIGQUIT of what it starts with `&`. A signal that is handled here
/// is the default one again after `exec`, and the handler does nothing: this process goes on ignoring them.
fn take_ignored_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Linux says which they are; elsewhere they stay as they are.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            if ignored & (1 << (signal - 1)) != 0 {
                flag::register(signal, Arc::default()).expect("these may be handled");
            }
        }
    });
}

/// Waits for the end of a child.
pub fn end(child: &mut Child, bound: Duration) -> ExitStatus {
    let pid = Pid::from_child(child);
    let (tx, ended) = channel::<()>();
    // What ends in time never hears of it.
    let warden = thread::spawn(move || {
        let late = ended.recv_timeout(bound).is_err_and(|why| why == std::sync::mpsc::RecvTimeoutError::Timeout);
        if late {
            let _ = kill_process(pid, Signal::KILL);
        }
        late
    });
    let status = child.wait().expect("a child can be waited for");
    drop(tx);
    let late = warden.join().expect("the warden does not panic");
    assert!(!late, "it has not ended in {bound:?}");
    status
}

fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (tx, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if tx.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn first(lines: &Receiver<String>, what: &str, wanted: impl Fn(&str) -> bool) -> String {
    let until = Instant::now() + BOUND;
    let mut others = Vec::new();
    loop {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) if wanted(&line) => return line,
            Ok(line) => others.push(line),
            Err(why) => panic!("no line with {what}: {why}. There were:\n{}", others.join("\n")),
        }
    }
}
