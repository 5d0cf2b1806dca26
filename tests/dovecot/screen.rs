//! The built program with its screen, in a terminal of the test's own.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::bench::Bench;
use crate::wait::{PATIENCE, look_for};

/// A terminal with the program in it.
pub struct Screen {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    drawn: Receiver<Vec<u8>>,
    terminal: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
}

impl Screen {
    /// Opens the screen on the bench's accounts.
    pub fn open(bench: &Bench) -> Self {
        let (rows, cols) = (30, 100);
        let pty =
            native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mailwatch-tui"));
        command.arg("--config");
        command.arg(bench.config());
        command.arg("--state-dir");
        command.arg(bench.state_dir());
        command.arg("-vvv");
        command.env("TERM", "xterm-256color");
        command.env("HOME", bench.dir());
        let child = pty.slave.spawn_command(command).expect("it was built");
        // The reader ends when the program's is the last hold on the terminal.
        drop(pty.slave);
        let mut output = pty.master.try_clone_reader().expect("a terminal");
        let (tx, drawn) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                if tx.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = pty.master.take_writer().expect("a terminal");
        Self { child, keys, drawn, terminal: vt100::Parser::new(rows, cols, 0), _master: pty.master }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("the program runs");
    }

    /// Waits until the screen shows it.
    #[track_caller]
    pub fn until(&mut self, what: &str, shows: impl Fn(&str) -> bool) {
        let by = Instant::now() + PATIENCE;
        while !shows(&self.terminal.screen().contents()) {
            let Ok(bytes) = self.drawn.recv_timeout(by.saturating_duration_since(Instant::now())) else {
                panic!("no {what} on the screen:\n{}", self.terminal.screen().contents());
            };
            self.terminal.process(&bytes);
        }
    }

    /// Waits for the program's end; its exit code.
    pub fn ended(&mut self) -> Option<u32> {
        look_for(PATIENCE, || self.child.try_wait().expect("our child")).map(|status| status.exit_code())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Ended already: then it has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
