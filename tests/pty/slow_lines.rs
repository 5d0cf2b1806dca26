//! A slow line between the program and the terminal, and a terminal that takes nothing: a key is shown soon, the engine goes
//! on, and the end comes.

use std::time::Instant;

use rustix::process::Signal;
use vt100::Screen;

use crate::glass::rows;
use crate::home::{Home, PROGRAM};
use crate::process::Process;
use crate::served::Served;
use crate::terminal::{BOUND, Start, Terminal, promised};

/// 9600 baud: bytes a second, and the most that may come before a key is shown.
const SLOW: u32 = 960;

/// What the terminal is asked.
const QUESTION: &str = "\x1b]11;?";

/// The row of the selected watch.
fn selected(screen: &Screen) -> Option<usize> {
    rows(screen).take(12).position(|row| row.contains('▸'))
}

/// Opens the help, closes it, and moves the selection, each as soon as the key before has begun to be answered. Returns how
/// many bytes came between the last key and the sight of it.
fn moved_behind_others(terminal: &mut Terminal, key: &str) -> usize {
    for others in ["?", "q"] {
        let before = terminal.bytes().len();
        terminal.press(others);
        while terminal.bytes().len() < before + 64 {
            terminal.wait_output(BOUND);
        }
    }
    let before = terminal.look(selected);
    terminal.press(key);
    terminal.bytes_until("another watch to be selected", |screen| {
        let now = selected(screen);
        now.is_some() && now != before
    })
}

/// The demo over a line of so many bytes a second, once it has seen what the line takes.
fn paced(speed: u32) -> Terminal {
    let terminal = Start::demo().over_line(speed).open();
    terminal.wait_sent(QUESTION, 5);
    terminal.wait("the watches", |screen| selected(screen).is_some());
    terminal
}

#[test]
fn at_9600_baud_a_key_is_shown_before_what_waits() {
    let mut terminal = paced(SLOW);
    // Until a key is pressed the selection may follow the first.
    let first = terminal.look(selected);
    terminal.press("j");
    terminal
        .wait("the second watch", |screen| selected(screen).is_some_and(|now| first.is_some_and(|first| now > first)));
    // A busy machine lets the program read a key late, and the line goes on meanwhile: one of some tries must be soon enough.
    let mut took = Vec::new();
    for key in ["k", "j"].into_iter().cycle().take(12) {
        took.push(moved_behind_others(&mut terminal, key));
        if took.iter().any(|bytes| *bytes <= usize::try_from(SLOW).expect("small")) {
            break;
        }
    }
    let soon = took.iter().any(|bytes| *bytes <= usize::try_from(SLOW).expect("small"));
    assert!(soon, "bytes before the key: {took:?}");
    terminal.signal(Signal::TERM);
    terminal.end(BOUND);
}

#[test]
fn the_answers_of_a_terminal_are_never_keys_however_slowly_they_come() {
    let mut terminal = paced(SLOW);
    for _ in 0..3 {
        for key in ["?", "q"] {
            let before = terminal.bytes().len();
            terminal.press(key);
            while terminal.bytes().len() < before + 600 {
                terminal.wait_output(BOUND);
            }
        }
    }
    terminal.wait_sent(QUESTION, 12);
    // An answer's letters would ask for `gg` and more, its digits for panes.
    terminal.wait("the whole screen", |screen| {
        let text = screen.contents();
        text.contains("1 Watches") && text.contains("2 Timers") && text.contains("4 Wire")
    });
    terminal.signal(Signal::TERM);
    terminal.end(BOUND);
}

/// A screen with its own engine, in a terminal that nobody reads any more, which holds all that it can.
fn stuck() -> (Served, Terminal) {
    let home = Home::new();
    let served = Served::start(&home, &["--every", "1s"]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let mut terminal = Start::program(home, PROGRAM, &["--config", &config, "--state-dir", &state]).open();
    terminal.wait_text("1 live");
    terminal.hold(true);
    // Each draws every cell anew: more than a pseudo terminal holds.
    for _ in 0..40 {
        terminal.press("\x0c");
        std::thread::yield_now();
    }
    (served, terminal)
}

#[test]
fn a_terminal_that_nobody_reads_holds_up_neither_the_engine_nor_the_end() {
    let (_served, mut terminal) = stuck();
    let (config, state) = (terminal.home.config(), terminal.home.state_dir());
    let watch = ["watch", "--json", "--config", &config, "--state-dir", &state];
    let beside = Process::start(&terminal.home, &watch);
    for _ in 0..5 {
        beside.line("mail", |line| line.contains("\"new_mail\""));
    }
    terminal.signal(Signal::TERM);
    terminal.end(BOUND);
    drop(beside);
    promised(|| {
        let (_served, mut terminal) = stuck();
        let start = Instant::now();
        terminal.signal(Signal::TERM);
        terminal.end(BOUND);
        start.elapsed()
    });
}
