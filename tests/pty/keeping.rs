//! Q: the engine goes on without its screen, and the next screen attaches to it.

use rustix::process::{Pid, Signal, kill_process};

use crate::home::{Home, PROGRAM};
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start, Terminal};

fn screen(home: Home) -> Terminal {
    let (config, state) = (home.config(), home.state_dir());
    Start::program(home, PROGRAM, &["--config", &config, "--state-dir", &state]).size(LARGE).open()
}

/// The process that is named as going on.
fn kept(terminal: &Terminal) -> Pid {
    let text = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    let (_, after) = text.rsplit_once("as process ").expect("it is named");
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    Pid::from_raw(digits.parse().expect("a number")).expect("a process")
}

#[test]
fn the_engine_goes_on_without_its_screen_and_the_next_attaches_to_it() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let mut first = screen(home);
    first.wait_text("1 live");
    first.press("Q");
    assert_eq!(first.end(PROMPT), 0);
    let engine = kept(&first);
    let home = std::mem::replace(&mut first.home, Home::new());
    let mut second = screen(home);
    second.wait_text("attached to watch");
    second.wait_text("1 live");
    assert!(!String::from_utf8_lossy(&second.bytes()).contains("which is version"), "both are of one version");
    second.press("q");
    assert_eq!(second.end(PROMPT), 0);
    kill_process(engine, Signal::TERM).expect("it goes on still");
}
