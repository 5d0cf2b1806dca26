//! Ctrl-Z and back, under a shell that controls jobs.

use rustix::process::{Signal, kill_process};

use crate::glass::assert_given_back;
use crate::home::{Home, PROGRAM};
use crate::terminal::{LARGE, PROMPT, Start, Terminal};

/// Without line editing, so that the shell leaves the terminal's modes alone.
const SHELL: [&str; 4] = ["--norc", "--noprofile", "--noediting", "-i"];

#[test]
fn control_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let mut terminal = shell();
    let modes_at_prompt = terminal.modes();
    start_demo(&mut terminal);

    terminal.press("\x1a");
    terminal.wait_text("Stopped");
    prompt(&terminal);
    assert_eq!(terminal.modes(), modes_at_prompt);
    terminal.look(assert_given_back);

    terminal.press("fg\r");
    terminal.wait("the whole screen", |screen| {
        let contents = screen.contents();
        screen.alternate_screen() && screen.hide_cursor() && contents.contains("4 Wire") && contents.contains("? help")
    });
    terminal.press("d");
    terminal.wait_text("DONE (user)");

    terminal.press("q");
    prompt(&terminal);
    terminal.press("echo code $?\r");
    terminal.wait_text("code 0");
    assert_eq!(terminal.modes(), modes_at_prompt);
    terminal.press("exit\r");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
}

#[test]
fn after_a_stop_that_cannot_be_caught_fg_draws_everything_anew() {
    let mut terminal = shell();
    start_demo(&mut terminal);
    let demo = terminal.foreground();
    kill_process(demo, Signal::STOP).expect("it runs");
    // It had no chance to give the terminal back: the shell writes across its picture.
    terminal.wait_text("Stopped");
    terminal.press("fg\r");
    terminal.wait_gone("Stopped");
    terminal.wait("the whole screen", |screen| screen.hide_cursor() && screen.contents().contains("4 Wire"));
    terminal.press("q");
    prompt(&terminal);
    terminal.press("exit\r");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
}

fn shell() -> Terminal {
    let terminal = Start::program(Home::new(), "bash", &SHELL).env("PS1", "ready> ").size(LARGE).open();
    prompt(&terminal);
    terminal
}

fn prompt(terminal: &Terminal) {
    terminal.wait("the prompt", |screen| {
        let row = screen.cursor_position().0;
        !screen.alternate_screen()
            && crate::glass::rows(screen).nth(row.into()).is_some_and(|row| row.trim_end() == "ready>")
    });
}

fn start_demo(terminal: &mut Terminal) {
    let command = format!("{PROGRAM} demo --state-dir {}\r", terminal.home.state_dir());
    terminal.press(&command);
    terminal.wait_text("7 live");
}
