//! The program with a home of its own, and what it says.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use imap_misbehave::{PASSWORD, USER};
use serde_json::Value;
use tempfile::TempDir;

/// Time for anything on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A home with a configuration.
pub struct Home(TempDir);

impl Home {
    /// One account at this port of localhost, with these lines besides, and these timers.
    pub fn new(port: u16, ca_pem: &str, lines: &str, timers: &str) -> Self {
        let home = Self(tempfile::tempdir().expect("a directory"));
        fs::write(home.path("ca.pem"), ca_pem).expect("a new file");
        let text = format!(
            "[timers]\n{timers}\n[[account]]\nname = \"work\"\nhost = \"localhost\"\nport = {port}\nuser = \"{USER}\"\n\
             password_command = [\"echo\", \"{PASSWORD}\"]\n{lines}\n"
        );
        fs::write(home.path("config.toml"), text).expect("a new file");
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailwatch-tui"));
        command.arg("--config").arg(self.path("config.toml")).arg("--state-dir").arg(self.path("state"));
        command.args(arguments).env("HOME", self.0.path()).stdin(Stdio::null());
        command
    }

    /// `check --json`: its steps, and all of its output.
    pub fn check(&self) -> (Vec<Value>, Output) {
        let output = self.command(&["check", "--json"]).output().expect("it was built");
        let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        (text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(), output)
    }
}

/// A run of `watch --json`. Killed when dropped.
pub struct Watching {
    child: Child,
    lines: Receiver<Value>,
    said: Vec<Value>,
}

impl Watching {
    pub fn start(home: &Home) -> Self {
        let mut child = home.command(&["watch", "--json"]).stdout(Stdio::piped()).spawn().expect("it was built");
        let (out, (tx, lines)) = (child.stdout.take().expect("piped"), channel());
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tx.send(serde_json::from_str(&line).expect("JSON")).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, said: Vec::new() }
    }

    #[track_caller]
    pub fn until(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let by = Instant::now() + PATIENCE;
        loop {
            let Ok(said) = self.lines.recv_timeout(by.saturating_duration_since(Instant::now())) else {
                panic!("no such {kind}: {:#?}", self.said);
            };
            self.said.push(said.clone());
            if said["kind"] == kind && fits(&said) {
                return said;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
