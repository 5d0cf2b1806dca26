//! Notifications by the terminal: what the screen sends it, when, and that `watch` sends none. The mail comes from a server
//! in a process of its own.

use std::process::Command;

use rustix::process::Signal;

use crate::home::{Home, PROGRAM};
use crate::needed::TMUX;
use crate::needs::tests;
use crate::process::Process;
use crate::served::Served;
use crate::terminal::{PROMPT, Start};

tests! {
    [] =>
        the_screens_terminal_is_told_of_mail_between_two_frames,
        a_terminal_that_was_not_to_be_told_hears_nothing,
        watch_writes_neither_bell_nor_sequence;
    [&TMUX] =>
        tmux_that_passes_sequences_on_has_the_terminal_outside_told;
}

/// A home whose configuration has an account with a mail each second, and this in `[notify]`.
fn home(notify: &str) -> (Home, Served) {
    let home = Home::new();
    let served = Served::start(&home, &["--every", "1s"]);
    home.write_config(&format!("{}\n[notify]\n{notify}\n", served.config()));
    (home, served)
}

fn screen(home: Home) -> Start {
    let (config, state) = (home.config(), home.state_dir());
    Start::program(home, PROGRAM, &["--config", &config, "--state-dir", &state])
}

/// What the program wrote between its frames (synchronized updates), in one text.
fn between_frames(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.split("\x1b[?2026l").filter_map(|part| part.split("\x1b[?2026h").next()).collect()
}

fn the_screens_terminal_is_told_of_mail_between_two_frames() {
    let (home, served) = home("terminal = true\nbell = true");
    let mut terminal = screen(home).env("VTE_VERSION", "7600").open();
    terminal.wait_sent("\x1b]777;notify;", 1);
    // The bell follows its text: BEL ends the one and is the other.
    terminal.wait_sent("demo/INBOX\x07\x07", 1);
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    let bytes = terminal.bytes();
    let between = between_frames(&bytes);
    let (_, note) = between.split_once("\x1b]777;notify;").expect("it stands between frames, whole");
    let (note, _) = note.split_once('\x07').expect("it ends there");
    let (title, text) = note.split_once(';').expect("a title and a text");
    assert!(!title.is_empty() && text.ends_with(" - demo/INBOX"), "{note:?}");
    assert!(!String::from_utf8_lossy(&bytes).contains("\x1b]9;"), "a terminal that is known gets one of the two");
    terminal.assert_restored();
    drop(served);
}

fn a_terminal_that_was_not_to_be_told_hears_nothing() {
    let (home, served) = home("terminal = false");
    let mut terminal = screen(home).open();
    terminal.wait_text("+2");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    let between = between_frames(&terminal.bytes());
    // The question for the background and the title end with the BELs there may be.
    let between = between.replacen("\x1b]11;?\x07", "", 1);
    assert!(!between.contains("\x1b]9;") && !between.contains("\x1b]777;"), "{between:?}");
    assert_eq!(between.matches('\x07').count(), 1, "{between:?}");
    drop(served);
}

fn watch_writes_neither_bell_nor_sequence() {
    let (home, served) = home("terminal = true\nbell = true");
    for format in ["--json", "-v"] {
        let arguments =
            ["watch", format, "--config", &home.config(), "--state-dir", &home.state_dir()].map(str::to_owned);
        let mut watch = Process::start(&home, &arguments.each_ref().map(String::as_str));
        let mut lines = Vec::new();
        // Two mails, a second apart: the first has been told of by then.
        for _ in 0..2 {
            lines.push(watch.line("new mail", |line| line.contains("new_mail") || line.contains("  new  ")));
        }
        watch.signal(Signal::INT);
        assert_eq!(watch.end(PROMPT).code(), Some(0));
        lines.extend(watch.rest());
        lines.extend(watch.rest_of_errors());
        let text = lines.join("\n");
        assert!(!text.contains(['\x1b', '\x07']) && !text.contains("\\u001b"), "{text}");
    }
    drop(served);
}

fn tmux_that_passes_sequences_on_has_the_terminal_outside_told() {
    let (home, served) = home("terminal = \"osc9\"");
    let path = |name: &str| home.path().join(name).display().to_string();
    let (socket, options) = (path("tmux"), path("tmux.conf"));
    std::fs::write(&options, "set -g allow-passthrough on\n").expect("a file");
    let program = format!("exec '{PROGRAM}' --config '{}' --state-dir '{}'", home.config(), home.state_dir());
    let terminal = Start::program(home, "tmux", &["-S", &socket, "-f", &options, "new-session", &program]).open();
    terminal.wait_sent("\x1b]9;mailwatch: ", 1);
    let _ = Command::new("tmux").args(["-S", &socket, "kill-server"]).output().expect("tmux runs");
    drop(served);
}
