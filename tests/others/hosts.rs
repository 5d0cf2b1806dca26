//! Engines on other hosts in one screen, over ssh and a real sshd.

use std::fs;
use std::time::Instant;

use rustix::process::{Pid, Signal};

use crate::home::{Home, PROGRAM, holds};
use crate::needed::SSH;
use crate::needs::tests;
use crate::process::{Process, command};
use crate::served::Served;
use crate::sshd::{Guest, Sshd};
use crate::terminal::{BOUND, LARGE, PROMPT, Start, Terminal};

tests! {
    [&SSH] =>
        two_hosts_are_one_screen_keys_reach_their_engines_and_each_is_lost_and_found_by_itself,
        this_machines_engine_stands_beside_a_hosts_with_accounts_of_the_same_name,
        what_ssh_asks_is_asked_in_the_foreground_by_a_key_and_never_before;
}

/// A host: its mail server, and the engine that watches it.
pub struct Host {
    pub home: Home,
    served: Served,
    engine: Process,
}

impl Host {
    pub fn start() -> Self {
        let home = Home::new();
        let served = Served::start(&home, &[]);
        home.write_config(served.config());
        let engine = engine(&home);
        Self { home, served, engine }
    }

    /// Kills the engine, which says nothing any more.
    fn kill(&mut self) {
        self.engine.signal(Signal::KILL);
        self.engine.end(PROMPT);
    }

    fn start_again(&mut self) {
        self.engine = engine(&self.home);
    }

    /// How many DONEs somebody has asked for, as the engine tells until it ends.
    pub fn asked(mut self) -> usize {
        self.engine.signal(Signal::INT);
        self.engine.end(PROMPT);
        drop(self.served);
        self.engine.rest().iter().filter(|line| line.contains("done_sent") && line.contains("\"user\"")).count()
    }
}

/// `watch` where `relay` looks for it by itself; it idles.
fn engine(home: &Home) -> Process {
    let watch = Process::of(command(home, &["watch", "--json", "--config", &home.config()]));
    watch.line("idling", |line| line.contains("\"to\":\"idling\""));
    watch
}

/// A screen that reaches these hosts by the names that [`Sshd`] gives them.
fn screen(home: Home, sshd: &Sshd, arguments: &[&str]) -> Terminal {
    let (config, state) = (home.config(), home.state_dir());
    let arguments = [&["--config", &config, "--state-dir", &state], arguments].concat();
    let path = sshd.path();
    Start::program(home, PROGRAM, &arguments).env("PATH", &path).size(LARGE).open()
}

/// The row under a host's heading, and the heading.
pub fn rows_of(contents: &str, host: &str) -> Option<(String, String)> {
    let mut rows = contents.lines().skip_while(|row| !(row.contains(&format!("▾ {host} "))));
    Some((rows.next()?.to_owned(), rows.find(|row| row.contains("INBOX"))?.to_owned()))
}

/// Waits until a host's heading and its watch say this.
pub fn wait_host(terminal: &Terminal, host: &str, heading: &str, watch: &str) {
    terminal.wait(&format!("{host} with {heading}, its watch with {watch}"), |screen| {
        rows_of(&screen.contents(), host).is_some_and(|(first, row)| first.contains(heading) && row.contains(watch))
    });
}

fn two_hosts_are_one_screen_keys_reach_their_engines_and_each_is_lost_and_found_by_itself() {
    let (first, mut second) = (Host::start(), Host::start());
    let sshd = Sshd::start(&[Guest::new("mx1", &first.home), Guest::new("mx2", &second.home)]);
    let home = Home::new();
    home.write_config("[[host]]\nname = \"mx1\"\nssh = \"mx1\"\n");
    let mut terminal = screen(home, &sshd, &["--host", "mx2"]);
    for host in ["mx1", "mx2"] {
        wait_host(&terminal, host, "watch", "live");
    }

    terminal.press("jj");
    terminal.wait_text("▸● mx2/demo");
    terminal.press("d");
    second.engine.line("a DONE that was asked for", |line| line.contains("done_sent") && line.contains("\"user\""));

    second.kill();
    wait_host(&terminal, "mx2", "link lost", "down");
    terminal.wait_text("mx2: the link is lost: the engine there is gone without a word");
    // What its tries meet says so.
    wait_host(&terminal, "mx2", "mailwatch-tui is not running", "down");
    wait_host(&terminal, "mx1", "watch", "live");
    terminal.wait_text("1 live");
    second.start_again();
    wait_host(&terminal, "mx2", "watch", "live");

    sshd.cut();
    for host in ["mx1", "mx2"] {
        terminal.wait_text(&format!("{host}: the link is lost: ssh: Connection to 127.0.0.1 closed"));
        wait_host(&terminal, host, "watch", "live");
    }
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
    assert_eq!(first.asked(), 0, "the other host's key");
}

fn this_machines_engine_stands_beside_a_hosts_with_accounts_of_the_same_name() {
    let mut host = Host::start();
    let sshd = Sshd::start(&[Guest::new("mx1", &host.home)]);
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(&format!("{}\n[[host]]\nname = \"mx1\"\nssh = \"mx1\"\n", served.config()));
    let mut terminal = screen(home, &sshd, &[]);
    wait_host(&terminal, "this machine", "●1", "● demo/INBOX");
    wait_host(&terminal, "mx1", "watch", "● mx1/demo/INBOX");
    terminal.wait_text("2 live");
    host.kill();
    wait_host(&terminal, "mx1", "link lost", "down");
    wait_host(&terminal, "this machine", "●1", "live");
    host.start_again();
    wait_host(&terminal, "mx1", "watch", "live");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
    assert_eq!(host.asked(), 0);
}

/// What the key is locked with.
const PASSPHRASE: &str = "open sesame";

/// Until the screen is aside and ssh asks this for the `times`th time.
fn asked(terminal: &Terminal, question: &str, times: usize) {
    terminal
        .wait(question, |screen| !screen.alternate_screen() && screen.contents().matches(question).count() == times);
}

/// Presses a key for a signal once ssh, which has asked, waits for the answer. One that comes between the two it answers only
/// with the next key, as nobody's finger is fast enough to see.
fn interrupt(terminal: &mut Terminal, key: &str) {
    let began = Instant::now();
    while !waits_for_an_answer(terminal.pid) {
        assert!(began.elapsed() < BOUND, "ssh asks and does not read");
        std::thread::yield_now();
    }
    terminal.press(key);
}

/// Whether the ssh that this process has begun in the foreground sleeps.
fn waits_for_an_answer(screen: Pid) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    processes.filter_map(Result::ok).any(|process| {
        let read = |name: &str| fs::read(process.path().join(name)).unwrap_or_default();
        let stat = String::from_utf8_lossy(&read("stat")).into_owned();
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        let mut fields = after_name.split_whitespace();
        let (state, parent) = (fields.next(), fields.next());
        let of_screen = parent == Some(screen.as_raw_nonzero().to_string().as_str());
        of_screen && state == Some("S") && holds(&read("cmdline"), "BatchMode=no")
    })
}

/// Until the screen is back, and says this.
fn back(terminal: &Terminal, text: &str) {
    terminal.wait(text, |screen| screen.alternate_screen() && screen.contents().contains(text));
}

fn what_ssh_asks_is_asked_in_the_foreground_by_a_key_and_never_before() {
    let host = Host::start();
    let sshd = Sshd::start(&[Guest { name: "mx1", home: &host.home, passphrase: PASSPHRASE }]);
    sshd.forget_host();
    let home = Home::new();
    home.write_config("[[host]]\nname = \"mx1\"\nssh = \"mx1\"\n");
    let mut terminal = screen(home, &sshd, &[]);
    terminal.wait_text("L lets ssh ask: Host key verification failed.");
    terminal.wait_text("mx1: no link for");
    assert!(!holds(&terminal.bytes(), "authenticity"), "nobody has pressed a key");

    terminal.press("L");
    asked(&terminal, "(yes/no/[fingerprint])?", 1);
    terminal.press("yes\r");
    asked(&terminal, "Enter passphrase for key", 1);
    terminal.press(&format!("{PASSPHRASE}\r"));
    wait_host(&terminal, "mx1", "watch", "live");
    back(&terminal, "mx1: the link stands");
    // The keyboard is the screen's again, and the terminal's keys for signals do not reach ssh.
    terminal.press("?");
    terminal.wait_text("The selected watch");
    terminal.press("q");
    terminal.wait_gone("The selected watch");

    sshd.cut();
    wait_host(&terminal, "mx1", "L lets ssh ask", "down");
    terminal.press("L");
    asked(&terminal, "Enter passphrase for key", 2);
    interrupt(&mut terminal, "\u{3}");
    back(&terminal, "mx1: ssh was cancelled");
    // What the line below the watches offers.
    terminal.press("x");
    asked(&terminal, "Enter passphrase for key", 3);
    interrupt(&mut terminal, "\u{1a}");
    back(&terminal, "mx1: ssh was cancelled");
    terminal.press("L");
    for times in 4..7 {
        asked(&terminal, "Enter passphrase for key", times);
        terminal.press("wrong\r");
    }
    terminal.wait("why", |screen| !screen.alternate_screen() && screen.contents().contains("Enter goes back"));
    terminal.press("\r");
    back(&terminal, "mx1: no link: ");
    terminal.press("L");
    asked(&terminal, "Enter passphrase for key", 7);
    terminal.press(&format!("{PASSPHRASE}\r"));
    wait_host(&terminal, "mx1", "watch", "live");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
    assert!(!holds(&terminal.bytes(), PASSPHRASE));
    assert_eq!(host.asked(), 0);
}
