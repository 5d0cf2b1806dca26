//! A D-Bus session of its own, and a real notification daemon in it that writes down what it showed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::needs::{Missing, programs};

/// Far more than anything here needs on a slow machine: it is spent only where a test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at what nobody announces.
const PAUSE: Duration = Duration::from_millis(10);

/// A bus at SOCKET without services that it could start: what is absent stays so.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// The daemon's script for each note that it shows: its parts, each ended by a NUL, in a file that appears whole.
const SCRIPT: &str = r#"#!/bin/sh
part=$(mktemp "$SHOWN/part.XXXXXX")
printf '%s\0' "$DUNST_APP_NAME" "$DUNST_CATEGORY" "$DUNST_SUMMARY" "$DUNST_BODY" > "$part"
mv "$part" "$SHOWN/note.$DUNST_ID"
"#;

/// What the daemon asks for one of several actions, a line each: it takes the one that it was told to, and writes down what
/// there was. The test takes that file away.
const MENU: &str = r#"#!/bin/sh
cat > "$SHOWN/menu.part"
chosen=$(grep -F -f "$SHOWN/choice" "$SHOWN/menu.part")
mv "$SHOWN/menu.part" "$SHOWN/menu"
printf '%s\n' "$chosen"
"#;

/// Looks until there is something.
#[track_caller]
pub fn look_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain for {what}");
        thread::sleep(PAUSE);
    }
}

/// The bus; it ends with the value.
pub struct Session {
    pub address: String,
    pub home: tempfile::TempDir,
    bus: Child,
    /// The session lasts as long as this is open.
    stdin: Option<ChildStdin>,
}

impl Session {
    /// Starts it.
    pub fn start() -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let config = home.path().join("bus.conf");
        // In the directory that goes with the value: a bus does not always take its socket away.
        let socket = home.path().join("bus").display().to_string();
        fs::write(&config, BUS.replace("SOCKET", &socket)).expect("written");
        let mut bus = Command::new("dbus-run-session")
            .arg(format!("--config-file={}", config.display()))
            .args(["--", "sh", "-c", "echo \"$DBUS_SESSION_BUS_ADDRESS\"; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-run-session starts");
        let (stdin, stdout) = (bus.stdin.take().expect("piped"), bus.stdout.take().expect("piped"));
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address).expect("the bus tells its address");
        Self { address: address.trim().to_owned(), home, bus, stdin: Some(stdin) }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A program in this session, and in nobody's home.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("DBUS_SESSION_BUS_ADDRESS", &self.address).stdin(Stdio::null());
        command.env("PATH", std::env::var("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
        for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(name, self.home.path());
        }
        command
    }

    /// Whether a daemon has come.
    fn has_daemon(&self) -> bool {
        self.asked("NameHasOwner", &["string:org.freedesktop.Notifications"]).contains("boolean true")
    }

    /// Has a person click on the newest note that is shown.
    pub fn click(&self) {
        control(self, &["action", "0"]);
    }

    /// Has a person close every note.
    pub fn close(&self) {
        control(self, &["close-all"]);
    }

    /// How many connections to the bus a process has.
    pub fn connections(&self, process: u32) -> usize {
        let names = self.asked("ListNames", &[]);
        let unique = names.split('"').filter(|name| name.starts_with(':'));
        let is_its = |name: &&str| {
            let of = self.asked("GetConnectionUnixProcessID", &[&format!("string:{name}")]);
            of.trim().ends_with(&format!("uint32 {process}"))
        };
        unique.filter(is_its).count()
    }

    /// What the bus itself answers.
    fn asked(&self, method: &str, arguments: &[&str]) -> String {
        let mut ask = self.command("dbus-send");
        ask.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]);
        ask.arg(format!("org.freedesktop.DBus.{method}")).args(arguments);
        let reply = ask.output().expect("dbus-send starts");
        String::from_utf8_lossy(&reply.stdout).into_owned()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Not killed: dbus-run-session would leave its bus behind.
        self.stdin = None;
        let _ = self.bus.wait();
    }
}

/// Whether what it takes is installed.
pub fn look() -> Result<(), Missing> {
    programs(&[
        ("dbus-run-session", "--version"),
        ("dbus-send", "--version"),
        ("dunst", "--version"),
        ("dunstctl", "--help"),
        ("Xvfb", "-help"),
    ])
}

/// A note as the daemon had it when it showed it.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown {
    pub app: String,
    pub category: String,
    pub title: String,
    pub body: String,
}

/// The daemon and the display that it shows its notes on.
pub struct Daemon {
    display: Child,
    process: Child,
    shown: PathBuf,
}

impl Daemon {
    /// Starts both, and waits until the daemon is on the bus.
    pub fn start(session: &Session) -> Self {
        let (script, config, shown) = (session.path("script"), session.path("dunstrc"), session.path("shown"));
        fs::create_dir_all(&shown).expect("a directory");
        let menu = session.path("menu");
        for (path, text) in [(&script, SCRIPT), (&menu, MENU)] {
            fs::write(path, text).expect("written");
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("ours");
        }
        // A note stays until the test closes it, however slow the machine is.
        let text = format!(
            "[global]\nmarkup = full\ndmenu = {}\n[urgency_normal]\ntimeout = 0\n[all]\nscript = {}\n",
            menu.display(),
            script.display()
        );
        fs::write(&config, text).expect("written");
        let (display, number) = start_display(session);
        let errors = File::create(session.path("dunst.log")).expect("a file");
        let process = session
            .command("dunst")
            .arg("-config")
            .arg(&config)
            .env("DISPLAY", format!(":{number}"))
            .env("SHOWN", &shown)
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("dunst starts");
        let started = Self { display, process, shown };
        look_for("the daemon on the bus", || session.has_daemon().then_some(()));
        started
    }

    /// The next note that it shows.
    #[track_caller]
    pub fn next(&self) -> Shown {
        let [shown] = self.next_of();
        shown
    }

    /// The next so many, in its order: two scripts that were started together may end in either.
    #[track_caller]
    pub fn next_of<const COUNT: usize>(&self) -> [Shown; COUNT] {
        look_for("a notification", || self.files().first_chunk().map(|files| files.each_ref().map(|path| take(path))))
    }

    /// What it has shown and nobody asked for, in its order; forgotten with this.
    pub fn others(&self) -> Vec<Shown> {
        self.files().iter().map(|path| take(path)).collect()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            fs::read_dir(&self.shown).expect("readable").flatten().map(|file| file.path()).collect();
        files.retain(|path| number(path).is_some());
        files.sort_by_key(|path| number(path));
        files
    }

    /// Has a person choose from what the notes that are shown offer; what that was, a line each.
    pub fn choose(&self, session: &Session, action: &str) -> String {
        fs::write(self.shown.join("choice"), action).expect("written");
        control(session, &["context"]);
        let menu = self.shown.join("menu");
        let offered = look_for("the menu", || fs::read_to_string(&menu).ok());
        fs::remove_file(menu).expect("ours");
        offered
    }

    /// Has it hang: it stays on the bus and answers nothing.
    pub fn stop(&self) {
        signal(&self.process, Signal::STOP);
    }

    pub fn go_on(&self) {
        signal(&self.process, Signal::CONT);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Asked to end, it takes its socket and its lock away.
        let _ = kill_process(Pid::from_child(&self.display), Signal::TERM);
        let _ = self.display.wait();
    }
}

fn control(session: &Session, arguments: &[&str]) {
    let done = session.command("dunstctl").args(arguments).status().expect("dunstctl starts");
    assert!(done.success(), "{arguments:?}: {done}");
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it runs");
}

/// An X server on the first number that is free, which it tells.
fn start_display(session: &Session) -> (Child, String) {
    let mut display = session
        .command("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb starts");
    let mut number = String::new();
    let told = display.stdout.take().expect("piped");
    BufReader::new(told).read_line(&mut number).expect("Xvfb tells its number");
    (display, number.trim().to_owned())
}

/// The daemon's number of a note that was written down.
fn number(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_prefix("note.")?.parse().ok()
}

fn take(path: &Path) -> Shown {
    let text = fs::read_to_string(path).expect("readable");
    fs::remove_file(path).expect("ours");
    let mut parts = text.split('\0').map(str::to_owned);
    let mut part = || parts.next().expect("four parts");
    Shown { app: part(), category: part(), title: part(), body: part() }
}
