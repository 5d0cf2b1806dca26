//! The real program, `watch --json`, and what it has said.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use imap_misbehave::{PASSWORD, USER};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::link::Link;
use crate::server::Served;

/// An event, and when its line was read.
#[derive(Clone, Debug)]
pub struct Said {
    pub at: Instant,
    pub event: Value,
}

/// The program at the link's near end. Dropping it kills it.
pub struct Program {
    child: Child,
    /// The process that gets the signals.
    pub process: Pid,
    lines: Receiver<Said>,
    said: Vec<Said>,
    _home: TempDir,
}

impl Program {
    /// Watches INBOX with these lines for timers.
    pub fn start(link: &Link, served: &Served, timers: &str) -> Self {
        Self::start_by(link.in_client(env!("CARGO_BIN_EXE_mailwatch-tui")), served, timers, "")
    }

    /// Likewise, by a command that runs the program, and with more lines for the account.
    pub fn start_by(mut command: Command, served: &Served, timers: &str, more: &str) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let (config, ca) = (home.path().join("config.toml"), home.path().join("ca.pem"));
        fs::write(&ca, &served.ca_pem).expect("a new file");
        let port = served.port;
        let text = format!(
            "[timers]\n{timers}\n[[account]]\nname = \"work\"\nhost = \"localhost\"\nport = {port}\ntls = \"implicit\"\n\
             ca_file = \"ca.pem\"\nuser = \"{USER}\"\npassword_command = [\"echo\", \"{PASSWORD}\"]\n{more}\n"
        );
        fs::write(&config, text).expect("a new file");
        let mut child = command
            .args(["watch", "--json", "--config"])
            .arg(&config)
            .arg("--state-dir")
            .arg(home.path())
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("ip was there a moment ago");
        let lines = read(child.stdout.take().expect("piped"));
        let process = Pid::from_child(&child);
        Self { child, process, lines, said: Vec::new(), _home: home }
    }

    /// Reads events until one of this kind fits.
    #[track_caller]
    pub fn until(&mut self, within: Duration, kind: &str, fits: impl Fn(&Value) -> bool) -> Said {
        let by = Instant::now() + within;
        loop {
            let Ok(said) = self.lines.recv_timeout(by.saturating_duration_since(Instant::now())) else {
                panic!("no such {kind} within {within:?}:\n{}", self.told());
            };
            self.said.push(said.clone());
            if said.event["kind"] == kind && fits(&said.event) {
                return said;
            }
        }
    }

    /// The first event of this kind that fits, whether it has been read or is yet to come.
    #[track_caller]
    pub fn ever(&mut self, within: Duration, kind: &str, fits: impl Fn(&Value) -> bool) -> Said {
        match self.said.iter().find(|said| said.event["kind"] == kind && fits(&said.event)) {
            Some(said) => said.clone(),
            None => self.until(within, kind, fits),
        }
    }

    #[track_caller]
    pub fn idling(&mut self, within: Duration) -> Said {
        self.until(within, "phase", |event| event["to"] == "idling")
    }

    /// Ends every IDLE now.
    pub fn force_done(&self) {
        self.signal(Signal::USR1);
    }

    /// Ends it, as a user does; everything it said.
    #[track_caller]
    pub fn stop(mut self) -> Vec<Said> {
        self.signal(Signal::TERM);
        // Its standard output ends with it, and so do the lines.
        let by = Instant::now() + Duration::from_secs(10);
        while let Ok(said) = self.lines.recv_timeout(by.saturating_duration_since(Instant::now())) {
            self.said.push(said);
        }
        assert!(Instant::now() < by, "it did not end:\n{}", self.told());
        let status = self.child.wait().expect("its output has ended");
        assert!(status.success(), "{status}:\n{}", self.told());
        std::mem::take(&mut self.said)
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.process, signal).expect("it runs");
    }

    /// The events so far, a line each, with the seconds since the first.
    pub fn told(&self) -> String {
        let Some(first) = self.said.first() else { return "nothing".to_owned() };
        let line = |said: &Said| format!("{:8.3} {}\n", (said.at - first.at).as_secs_f64(), said.event);
        self.said.iter().map(line).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(out: ChildStdout) -> Receiver<Said> {
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            let event = serde_json::from_str(&line).expect("each line is a JSON object");
            if tx.send(Said { at: Instant::now(), event }).is_err() {
                return;
            }
        }
    });
    rx
}
