//! `ctl restart`: the engine's program anew in the same process, with what was typed, heard by its front ends.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use imap_misbehave::{Encryption, Listening, NewMessage, PASSWORD, Scenario, Server, USER};
use rustix::process::Signal;
use tokio::runtime::Runtime;

use crate::home::{Home, PROGRAM, holds};
use crate::process::{Process, command};
use crate::terminal::{BOUND, LARGE, PROMPT, Start};

/// A server, a home with a configuration for it, and what both need.
pub struct Rig {
    pub home: Home,
    pub server: Server,
    listening: Listening,
    _runtime: Runtime,
}

impl Rig {
    /// `secret` is the line that says where the password is.
    pub fn new(secret: &str) -> Self {
        let home = Home::new();
        let runtime = Runtime::new().expect("a runtime");
        let server = Server::new(Scenario::healthy());
        let listening = runtime.block_on(server.listen(Encryption::Implicit)).expect("loopback");
        fs::write(home.path().join("ca.pem"), listening.ca_pem()).expect("the home is there");
        let rig = Self { home, server, listening, _runtime: runtime };
        rig.configure(secret);
        rig
    }

    pub fn configure(&self, secret: &str) {
        self.home.write_config(&format!(
            "[[account]]\nname = \"demo\"\nhost = \"localhost\"\nport = {}\nca_file = \"ca.pem\"\nuser = \"{USER}\"\n{secret}\n",
            self.listening.port()
        ));
    }

    /// A second account at the same server.
    fn configure_two(&self) {
        let one = std::fs::read_to_string(self.home.config()).expect("there");
        self.home.write_config(&format!("{one}\n{}", one.replace("\"demo\"", "\"other\"")));
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let (config, state) = (self.home.config(), self.home.state_dir());
        [more, &["--config", &config, "--state-dir", &state]].concat().iter().map(ToString::to_string).collect()
    }

    pub fn command(&self, more: &[&str]) -> Command {
        let arguments = self.arguments(more);
        command(&self.home, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub fn start(&self, more: &[&str]) -> Process {
        Process::of(self.command(more))
    }

    /// The exit code of `ctl restart`, and what it said.
    fn restart(&self) -> (Option<i32>, String, String) {
        let mut ctl = self.start(&["ctl", "restart"]);
        let code = ctl.end(BOUND).code();
        (code, ctl.rest().join("\n"), ctl.rest_of_errors().join("\n"))
    }
}

fn with_command() -> Rig {
    Rig::new(&format!("password_command = [\"echo\", \"{PASSWORD}\"]"))
}

pub fn idling(line: &str) -> bool {
    line.contains("\"to\":\"idling\"")
}

pub fn new_mail(line: &str) -> bool {
    line.contains("\"kind\":\"new_mail\"")
}

fn said_of(engine: &Process) -> String {
    format!("the engine (process {}) is mailwatch-tui {} now", engine.id(), env!("CARGO_PKG_VERSION"))
}

#[test]
fn the_same_process_idles_again_its_front_ends_attach_again_and_mail_of_the_gap_is_told_once() {
    let rig = with_command();
    let mut engine = rig.start(&["watch", "--json"]);
    engine.line("idling", idling);
    let mut reader = rig.start(&["watch", "--json"]);
    let is_engine = format!("(process {}) is the engine of this state directory", engine.id());
    reader.error(&is_engine);
    let mut ctl = rig.start(&["ctl", "restart"]);
    reader.error("has ended: it is being restarted");
    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "meanwhile"));
    assert_eq!(ctl.end(BOUND).code(), Some(0), "{:?}", ctl.rest_of_errors());
    assert_eq!(ctl.rest(), [said_of(&engine)]);
    reader.error(&is_engine);
    let told = engine.line("the mail", new_mail);
    // What comes from the next engine is what happened there, and nothing of it was dropped.
    let read = reader.line("the mail", |line| {
        assert!(!line.contains("\"kind\":\"lost\""), "{line}");
        new_mail(line)
    });
    assert!(told.contains("meanwhile") && read.contains("meanwhile"), "{told}");
    // Once more, with nothing in between: what was told is not told again.
    assert_eq!(rig.restart().0, Some(0));
    reader.error(&is_engine);
    engine.line("idling", idling);
    reader.signal(Signal::INT);
    assert_eq!(reader.end(PROMPT).code(), Some(0));
    engine.signal(Signal::INT);
    assert_eq!(engine.end(PROMPT).code(), Some(0), "{:?}", engine.rest_of_errors());
    for rest in [engine.rest(), reader.rest()] {
        assert!(!rest.iter().any(|line| new_mail(line)), "{rest:?}");
    }
}

#[test]
fn what_was_typed_goes_on_in_memory_alone() {
    let rig = Rig::new("");
    let mut command = rig.command(&["watch", "--handed-over"]);
    let (read, mut write) = std::io::pipe().expect("a pipe");
    command.stdin(Stdio::from(read));
    let mut engine = Process::of(command);
    write!(write, "demo\n{PASSWORD}\n").expect("it is read");
    drop(write);
    engine.line("idling", |line| line.contains("idling"));
    for _ in 0..2 {
        let (code, said, errors) = rig.restart();
        assert_eq!((code, said), (Some(0), said_of(&engine)), "{errors}");
        // It has logged in with what was typed.
        engine.line("idling", |line| line.contains("idling"));
        if cfg!(target_os = "linux") {
            for file in ["cmdline", "environ"] {
                let bytes = fs::read(format!("/proc/{}/{file}", engine.id())).expect("it runs");
                assert!(!holds(&bytes, PASSWORD), "{file}");
            }
        }
    }
    engine.signal(Signal::INT);
    assert_eq!(engine.end(PROMPT).code(), Some(0));
    for (path, bytes) in rig.home.state_files() {
        assert!(!holds(&bytes, PASSWORD), "{}", path.display());
    }
}

/// Puts a copy of a program where another may run. Another process copies it: one that this process has open for writing
/// at the moment at which a test beside this one starts a program cannot be started.
fn put(program: &Path, from: &Path) {
    let new = program.with_extension("new");
    let copied = Command::new("cp").args([from, &new]).status().expect("`cp` starts");
    assert!(copied.success());
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).expect("its mode");
    fs::rename(&new, program).expect("renamed");
}

/// A `watch` whose program can be replaced by another, and that program's place.
fn replaceable(rig: &Rig) -> (PathBuf, Process) {
    let program = rig.home.path().join("mailwatch-tui");
    put(&program, Path::new(PROGRAM));
    let like = rig.command(&["watch", "--json"]);
    let mut command = Command::new(&program);
    command.args(like.get_args()).env_clear().envs(rig.home.env()).current_dir(rig.home.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let engine = Process::of(command);
    engine.line("idling", idling);
    (program, engine)
}

#[test]
fn a_signal_before_the_next_program_hears_signals_is_no_reason_to_end_unless_it_asks_for_that() {
    let rig = with_command();
    let (program, mut engine) = replaceable(&rig);
    let (real, script) = (rig.home.path().join("real"), rig.home.path().join("script"));
    put(&real, Path::new(PROGRAM));
    // The same process, before its program has said which signals it hears.
    let begins_with = |signals: &str| {
        let real = real.display();
        let text = format!("#!/bin/sh\ntest \"$1\" = --version || {{ {signals}; }}\nexec '{real}' \"$@\"\n");
        fs::write(&script, text).expect("written");
        put(&program, &script);
    };
    begins_with("kill -HUP $$; kill -USR1 $$");
    let (code, said, errors) = rig.restart();
    assert_eq!((code, said), (Some(0), said_of(&engine)), "{errors}");
    engine.line("idling", idling);
    // They are heard now.
    engine.signal(Signal::USR1);
    engine.line("DONE", |line| line.contains("\"reason\":\"user\""));
    engine.signal(Signal::TERM);
    assert_eq!(engine.end(PROMPT).code(), Some(0));
    let (program_again, mut engine) = replaceable(&rig);
    assert_eq!(program_again, program);
    begins_with("kill -TERM $$");
    let _waits = rig.start(&["ctl", "restart"]);
    assert_eq!(engine.end(BOUND).code(), None, "ended by the signal");
}

#[test]
fn a_program_or_a_configuration_that_cannot_be_used_is_refused_and_the_engine_goes_on() {
    let rig = with_command();
    let config = fs::read_to_string(rig.home.config()).expect("there");
    let (program, mut engine) = replaceable(&rig);
    let refused = |expected: &str| {
        let (code, said, errors) = rig.restart();
        assert_eq!((code, said.as_str()), (Some(1), ""), "{errors}");
        assert!(errors.starts_with("error: ") && errors.contains(expected), "{errors}");
        let mut done = rig.start(&["ctl", "done"]);
        assert_eq!(done.end(BOUND).code(), Some(0), "it goes on");
    };
    let script = rig.home.path().join("script");
    fs::write(&script, "#!/bin/sh\nexit 3\n").expect("written");
    put(&program, &script);
    refused("--version` ended with exit status: 3");
    fs::write(&script, "#!/bin/sh\necho another 1.0\n").expect("written");
    put(&program, &script);
    refused("says \"another 1.0\"");
    fs::remove_file(&program).expect("removed");
    refused("is gone: install the program again");
    put(&program, Path::new(PROGRAM));
    rig.home.write_config(&format!("{config}colour = 1\n"));
    refused("colour");
    // After all that, an upgrade.
    rig.home.write_config(&config);
    let (code, said, errors) = rig.restart();
    assert_eq!((code, said), (Some(0), said_of(&engine)), "{errors}");
    engine.line("idling", idling);
    engine.signal(Signal::TERM);
    assert_eq!(engine.end(PROMPT).code(), Some(0));
}

/// How many of both accounts' watches are live.
fn live(rig: &Rig, wanted: &str) {
    let until = std::time::Instant::now() + BOUND;
    loop {
        let mut status = rig.start(&["status", "--format", "{live}/{watches}"]);
        status.end(BOUND);
        let said = status.rest().concat();
        if said == wanted {
            return;
        }
        assert!(std::time::Instant::now() < until, "{said} and not {wanted}");
    }
}

#[test]
fn who_stands_by_for_one_account_takes_over_all_that_was_watched_and_prints_the_one() {
    let rig = with_command();
    rig.configure_two();
    let mut engine = rig.start(&["watch", "--json"]);
    for _ in 0..2 {
        engine.line("idling", idling);
    }
    let mut reader = rig.start(&["--account", "demo", "watch", "--json"]);
    reader.error(&format!("(process {}) is the engine of this state directory", engine.id()));
    engine.signal(Signal::KILL);
    engine.end(PROMPT);
    live(&rig, "2/2");
    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "for both"));
    reader.line("the mail", new_mail);
    // Started anew it watches both still.
    assert_eq!(rig.restart(), (Some(0), said_of(&reader), String::new()));
    live(&rig, "2/2");
    reader.signal(Signal::TERM);
    assert_eq!(reader.end(PROMPT).code(), Some(0));
    for line in reader.rest() {
        assert!(!line.contains("\"account\":\"other\""), "{line}");
        assert!(!new_mail(&line), "once: {line}");
    }
}

#[test]
fn a_screen_that_stands_by_for_one_account_takes_over_all_that_was_watched_and_shows_the_one() {
    let rig = with_command();
    rig.configure_two();
    let mut engine = rig.start(&["watch", "--json"]);
    for _ in 0..2 {
        engine.line("idling", idling);
    }
    let arguments = rig.arguments(&["--account", "demo"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = rig.home.path().join("run").display().to_string();
    let start = Start::program(Home::new(), PROGRAM, &arguments).env("XDG_RUNTIME_DIR", &run);
    let mut screen = start.size(LARGE).open();
    screen.wait("the one account of the other's", |screen| {
        let shown = screen.contents();
        shown.contains("attached to watch") && shown.contains("1 live") && !shown.contains("other/INBOX")
    });
    engine.signal(Signal::KILL);
    engine.end(PROMPT);
    live(&rig, "2/2");
    screen.wait("the one account of its own", |screen| {
        let shown = screen.contents();
        shown.contains("1 live") && !shown.contains("attached to watch")
    });
    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "for both"));
    screen.wait_text("for both");
    screen.press("5");
    screen.wait_rows(1, &["demo/INBOX", "for both"]);
    assert!(!screen.contents().contains("other/INBOX"), "{}", screen.contents());
    screen.press("q");
    assert_eq!(screen.end(PROMPT), 0);
}

#[test]
fn who_begins_for_one_account_watches_that_alone_and_so_does_who_stands_by_for_it() {
    let rig = with_command();
    rig.configure_two();
    let mut engine = rig.start(&["watch", "--json", "--account", "demo"]);
    engine.line("idling", idling);
    live(&rig, "1/1");
    let reader = rig.start(&["watch", "--json", "--account", "demo"]);
    reader.error(&format!("(process {}) is the engine of this state directory", engine.id()));
    engine.signal(Signal::KILL);
    engine.end(PROMPT);
    reader.line("idling", idling);
    reader.line("idling", idling);
    live(&rig, "1/1");
}
