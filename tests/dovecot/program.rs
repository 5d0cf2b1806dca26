//! The built program without a screen: `watch --json`, its lines read as they come.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::bench::Bench;
use crate::wait::{PATIENCE, look_for};

/// The program, ready to be given arguments, on this bench's files.
pub fn command(bench: &Bench) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailwatch-tui"));
    command.arg("--config").arg(bench.config()).arg("--state-dir").arg(bench.state_dir());
    command.env("HOME", bench.dir()).envs(bench.env()).stdin(Stdio::null());
    command
}

/// A run of `watch --json`, logging all that it can. Killed with its value where it has not ended.
pub struct Program {
    child: Child,
    lines: Receiver<Value>,
    errors: PathBuf,
    /// The events so far.
    pub events: Vec<Value>,
}

impl Program {
    /// Starts it. What it writes is kept in the bench's directory, too.
    pub fn start(bench: &Bench) -> Self {
        let run = bench.next_run();
        let errors = bench.dir().join(format!("errors-{run}"));
        let mut child = command(bench)
            .args(["watch", "--json", "-vvv"])
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).expect("a file"))
            .spawn()
            .expect("it was built");
        let output = child.stdout.take().expect("piped");
        let mut copy = File::create(bench.dir().join(format!("events-{run}"))).expect("a file");
        let (tx, lines) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            while output.read_line(&mut line).expect("UTF-8") > 0 {
                copy.write_all(line.as_bytes()).expect("room on the disk");
                // A program that was killed may leave half a line: that told nobody anything.
                if line.ends_with('\n') {
                    let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                    // The test has seen enough.
                    let _ = tx.send(event);
                }
                line.clear();
            }
        });
        Self { child, lines, errors, events: Vec::new() }
    }

    /// The next event; `None` where there is none in time, or the output has ended.
    pub fn event(&mut self, by: Instant) -> Option<&Value> {
        match self.lines.recv_timeout(by.saturating_duration_since(Instant::now())) {
            Ok(event) => {
                self.events.push(event);
                self.events.last()
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }

    /// Reads until an event fits that has not been read before.
    #[track_caller]
    pub fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let by = Instant::now() + PATIENCE;
        loop {
            match self.event(by) {
                Some(event) if fits(event) => return event.clone(),
                Some(_) => {}
                None => panic!("no {what}; {}", self.told()),
            }
        }
    }

    /// Reads until these watches all idle.
    #[track_caller]
    pub fn until_idling(&mut self, watches: &[&str]) {
        self.until_phases(&watches.iter().map(|watch| (*watch, "idling")).collect::<Vec<_>>());
    }

    /// Reads until each watch stands there.
    #[track_caller]
    pub fn until_phases(&mut self, wanted: &[(&str, &str)]) {
        self.until_phases_within(PATIENCE, wanted);
    }

    /// The same, within this time.
    #[track_caller]
    pub fn until_phases_within(&mut self, within: Duration, wanted: &[(&str, &str)]) {
        let by = Instant::now() + within;
        let stand = |phases: &BTreeMap<String, String>| {
            wanted.iter().all(|(watch, phase)| phases.get(*watch).is_some_and(|now| now == phase))
        };
        while !stand(&self.phases()) {
            assert!(self.event(by).is_some(), "not at {wanted:?}; {}", self.told());
        }
    }

    /// The event that fits, read before or soon.
    #[track_caller]
    pub fn sooner_or_later(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let read = self.events.iter().find(|event| fits(event)).cloned();
        match read {
            Some(event) => event,
            None => self.until(what, fits),
        }
    }

    /// The mail of that subject, told before or soon.
    #[track_caller]
    pub fn mail(&mut self, subject: &str) -> Value {
        self.sooner_or_later(subject, |event| event["kind"] == "new_mail" && event["subject"] == subject)
    }

    /// The phase each watch stands at, as far as it has said.
    pub fn phases(&self) -> BTreeMap<String, String> {
        self.of_kind("phase").map(|event| (watch(event), text(&event["to"]))).collect()
    }

    /// The events of a kind so far.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["kind"] == kind)
    }

    /// The mails told so far.
    pub fn subjects(&self) -> Vec<String> {
        self.of_kind("new_mail").map(|event| text(&event["subject"])).collect()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Waits until it has ended, and reads what is left of its output.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        let status = look_for(PATIENCE, || self.child.try_wait().expect("our child"));
        let Some(status) = status else { panic!("the program does not end; {}", self.told()) };
        let by = Instant::now() + PATIENCE;
        while self.event(by).is_some() {}
        status
    }

    /// Asks it to end, and how long that took.
    #[track_caller]
    pub fn stop(&mut self) -> Duration {
        let asked = Instant::now();
        self.signal(Signal::TERM);
        let status = look_for(PATIENCE, || self.child.try_wait().expect("our child"));
        let took = asked.elapsed();
        assert_eq!(status.and_then(|status| status.code()), Some(0), "{}", self.told());
        self.ended();
        took
    }

    /// Ends it as nothing can be answered, and reads what it had written.
    pub fn kill(&mut self) {
        self.child.kill().expect("our child");
        self.ended();
    }

    /// Its events and its log, for the message of a test that fails.
    pub fn told(&self) -> String {
        let events = self.events.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        let errors = fs::read_to_string(&self.errors).unwrap_or_default();
        format!("events:\n{events}\nstandard error:\n{errors}")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already: then it has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The watch an event belongs to, as `account/mailbox`.
pub fn watch(event: &Value) -> String {
    format!("{}/{}", text(&event["account"]), text(&event["mailbox"]))
}

/// A field's text.
pub fn text(field: &Value) -> String {
    field.as_str().unwrap_or_default().to_owned()
}
