//! What the terminal says while the connections are let go.

use std::time::Instant;

use crate::home::{Home, PROGRAM};
use crate::served::Served;
use crate::terminal::{PROMPT, Start, Terminal, promised};

/// The screen on a server that answers no DONE.
fn ignored(home: Home) -> (Served, Terminal) {
    let served = Served::start(&home, &["--scenario", "ignores-done-forever=0s"]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let terminal = Start::program(home, PROGRAM, &["--config", &config, "--state-dir", &state]).open();
    terminal.wait_row("demo/INBOX", "live");
    (served, terminal)
}

#[test]
fn what_is_waited_for_is_said_on_the_terminal_that_was_given_back_and_what_did_not_answer_after() {
    let (_served, mut terminal) = ignored(Home::new());
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
    // Not looked for on the screen: it may come and go between two looks.
    let bytes = terminal.bytes();
    let sent = String::from_utf8_lossy(&bytes);
    let (_, after) = sent.rsplit_once("\x1b[?1049l").expect("the terminal is given back");
    assert!(after.contains("1 of 1 still to log out, 2 s at most: demo/INBOX"), "{after}");
    let contents = terminal.contents();
    assert!(contents.contains("dropped without an answer: demo/INBOX"), "{contents}");
    assert!(!contents.contains("still to log out"), "the line goes when it is over: {contents}");
}

#[test]
fn the_screen_ends_in_two_seconds_though_the_server_never_answers() {
    promised(|| {
        let (_served, mut terminal) = ignored(Home::new());
        terminal.press("q");
        let pressed = Instant::now();
        assert_eq!(terminal.end(PROMPT), 0);
        pressed.elapsed()
    });
}

#[test]
fn a_server_that_answers_at_once_is_not_worth_a_line() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let mut terminal = Start::program(home, PROGRAM, &["--config", &config, "--state-dir", &state]).open();
    terminal.wait_row("demo/INBOX", "live");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    assert!(!terminal.contents().contains("dropped"), "{}", terminal.contents());
}
