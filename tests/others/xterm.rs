//! The screen in a real xterm that takes no UTF-8: what xterm was sent, by its log, and what it shows, as it prints it.
//!
//! In UTF-8 the second bytes of U+015D and U+011B are 9D and 9B, which such an xterm takes for OSC and CSI.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use imap_misbehave::{Encryption, Listening, NewMessage, PASSWORD, Scenario, Server, USER};
use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::home::{Home, PROGRAM, holds};
use crate::needed::XTERM;
use crate::needs::tests;
use crate::terminal::BOUND;

tests! {
    [&XTERM] =>
        an_xterm_without_utf_8_is_sent_ascii_alone_and_shows_all_of_it,
        an_xterm_without_utf_8_loses_text_where_ascii_is_switched_off,
        an_xterm_with_utf_8_is_sent_the_letters_as_they_are;
}

/// Between two looks at what nobody announces.
const PAUSE: Duration = Duration::from_millis(50);

/// Their bytes in UTF-8 begin an OSC, and a CSI that would move the cursor.
const SUBJECTS: [&str; 2] = ["\u{15d}0;swallowed", "\u{11b}9Bmoved"];

/// A display, and an xterm on it in which the screen runs.
struct Xterm {
    home: Home,
    server: Server,
    _listening: Listening,
    runtime: Runtime,
    display: Child,
    terminal: Child,
}

impl Xterm {
    /// The screen of an account, in this locale. `ui` is what `[ui]` says.
    fn start(locale: &[(&str, &str)], ui: &str, options: &[&str]) -> Self {
        let home = Home::new();
        let runtime = Runtime::new().expect("a runtime");
        let server = Server::new(Scenario::healthy());
        let listening = runtime.block_on(server.listen(Encryption::Off)).expect("loopback");
        home.write_config(&format!(
            "[[account]]\nname = \"demo\"\nhost = \"localhost\"\nport = {}\ntls = \"off\"\nuser = \"{USER}\"\n\
             password_command = [\"echo\", \"{PASSWORD}\"]\n[ui]\n{ui}\n",
            listening.port()
        ));
        let (display, number) = display(&home);
        let path = |name: &str| home.path().join(name).display().to_string();
        let (tty, printed, log) = (path("tty"), path("printed"), path("log"));
        let inside = format!(
            "tty > '{tty}.part'; mv '{tty}.part' '{tty}'; exec '{PROGRAM}' --config '{}' --state-dir '{}'",
            home.config(),
            home.state_dir()
        );
        let mut terminal = Command::new("xterm");
        let resource = format!("XTerm*printerCommand: cat > '{printed}.part'; mv '{printed}.part' '{printed}'");
        terminal.args(["-geometry", "100x30", "-fn", "fixed", "-xrm", &resource, "-l", "-lf", &log]).args(options);
        terminal.args(["-e", "sh", "-c", &inside]);
        // xterm says itself what terminal it is.
        terminal.env_clear().envs(home.env().into_iter().filter(|(name, _)| *name != "LANG" && *name != "TERM"));
        terminal.envs(locale.iter().copied()).env("DISPLAY", format!(":{number}"));
        let terminal =
            terminal.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("xterm starts");
        let xterm = Self { home, server, _listening: listening, runtime, display, terminal };
        let idling = xterm.server.wait_until(|server| server.idling() == 1);
        xterm.runtime.block_on(async { timeout(BOUND, idling).await }).expect("the screen's engine idles");
        xterm
    }

    /// A mail comes, from Ann.
    fn deliver(&self, subject: &str) {
        self.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", subject));
    }

    /// What xterm shows once that holds, by its rows.
    #[track_caller]
    fn shows(&self, what: &str, holds: impl Fn(&[String]) -> bool) -> Vec<String> {
        let until = Instant::now() + BOUND;
        loop {
            let rows = self.printed(until);
            if holds(&rows) {
                return rows;
            }
            assert!(Instant::now() < until, "waited in vain for {what}:\n{}", rows.join("\n"));
            thread::sleep(PAUSE);
        }
    }

    /// What xterm shows now: what is written to its side of the pseudoterminal tells it to print that (CSI i).
    #[track_caller]
    fn printed(&self, until: Instant) -> Vec<String> {
        let tty = fs::read_to_string(self.path("tty")).expect("xterm has begun");
        let mut tty = fs::OpenOptions::new().write(true).open(tty.trim()).expect("ours");
        tty.write_all(b"\x1b[i").expect("xterm reads");
        let file = self.path("printed");
        while !file.exists() {
            assert!(Instant::now() < until, "xterm prints nothing");
            thread::sleep(PAUSE);
        }
        let printed = fs::read(&file).expect("readable");
        fs::remove_file(file).expect("ours");
        String::from_utf8_lossy(&printed).lines().map(plain).collect()
    }

    /// What xterm was sent so far.
    fn sent(&self) -> Vec<u8> {
        fs::read(self.path("log")).expect("xterm writes it down")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

impl Drop for Xterm {
    fn drop(&mut self) {
        // The screen ends with its terminal, the display when it is asked to: it takes its socket and its lock away.
        for child in [&mut self.terminal, &mut self.display] {
            let _ = kill_process(Pid::from_child(child), Signal::TERM);
            let _ = child.wait();
        }
    }
}

fn an_xterm_without_utf_8_is_sent_ascii_alone_and_shows_all_of_it() {
    for locale in [&[("LC_ALL", "C")][..], &[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")], &[("LANG", "")], &[]] {
        let xterm = Xterm::start(locale, "", &[]);
        for subject in SUBJECTS {
            xterm.deliver(subject);
        }
        let whole =
            |rows: &[String]| ["?0;swallowed", "?9Bmoved"].iter().all(|text| rows.iter().any(|row| row.contains(text)));
        let rows = xterm.shows("both mails", whole);
        let text = rows.join("\n");
        assert!(rows[0].contains("mailwatch") && text.contains("demo/INBOX") && text.contains("q quit"), "{text}");
        let sent = xterm.sent();
        assert!(sent.is_ascii(), "{locale:?}: {}", sent.escape_ascii());
    }
}

/// What the other tests see is seen by this: such an xterm does take these bytes for commands.
fn an_xterm_without_utf_8_loses_text_where_ascii_is_switched_off() {
    let xterm = Xterm::start(&[("LC_ALL", "C")], "ascii = \"off\"", &[]);
    xterm.deliver(SUBJECTS[0]);
    let until = Instant::now() + BOUND;
    while !holds(&xterm.sent(), SUBJECTS[0]) {
        assert!(Instant::now() < until, "the mail is not sent: {}", xterm.sent().escape_ascii());
        thread::sleep(PAUSE);
    }
    let rows = xterm.printed(until);
    assert!(!rows.iter().any(|row| row.contains("swallowed")), "{}", rows.join("\n"));
}

fn an_xterm_with_utf_8_is_sent_the_letters_as_they_are() {
    let xterm = Xterm::start(&[("LC_ALL", "C.UTF-8")], "", &["-u8"]);
    xterm.deliver(SUBJECTS[0]);
    xterm.shows("the mail", |rows| rows.iter().any(|row| row.contains(SUBJECTS[0])));
}

/// A printed row without its looks.
fn plain(row: &str) -> String {
    let mut out = String::new();
    let mut rest = row;
    while let Some((head, tail)) = rest.split_once('\x1b') {
        out.push_str(head);
        let end = tail.find(|c: char| c.is_ascii_alphabetic() || c.is_ascii_digit() && tail.starts_with('#'));
        rest = end.map_or("", |end| &tail[end + 1..]);
    }
    out.push_str(rest);
    out
}

/// An X server on the first number that is free, which it tells.
fn display(home: &Home) -> (Child, String) {
    let mut display = Command::new("Xvfb");
    display.args(["-displayfd", "1", "-screen", "0", "1000x700x24", "-nolisten", "tcp"]);
    display.env_clear().envs(home.env()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut display = display.spawn().expect("Xvfb starts");
    let mut number = String::new();
    let told = display.stdout.take().expect("piped");
    BufReader::new(told).read_line(&mut number).expect("Xvfb tells its number");
    (display, number.trim().to_owned())
}
