//! A password appears nowhere: not on the screen, not in the log, not in the database.

use std::fs;

use imap_misbehave::PASSWORD;

use crate::home::{Home, PROGRAM, holds};
use crate::process::Process;
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start};

#[test]
fn neither_screen_nor_log_nor_database_hold_the_password() {
    let home = Home::new();
    let served = Served::start(&home, &["--every", "1s"]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["-vvv", "--config", &config, "--state-dir", &state];
    let mut terminal = Start::program(home, PROGRAM, &arguments).size(LARGE).open();
    terminal.wait_text("1 live");
    // These lines alone: a mail a second moves all others away.
    terminal.press("4z/AUTHENTICATE\r");
    terminal.wait_text("AUTHENTICATE PLAIN ***");
    // A new connection, so that the login happens while the wire is looked at.
    terminal.press("r");
    terminal.wait_rows(2, &["AUTHENTICATE PLAIN ***"]);
    terminal.press("3");
    terminal.wait_text(" new  ");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);

    let files = terminal.home.state_files();
    let names: Vec<_> = files.iter().filter_map(|(path, _)| path.file_name()?.to_str()).collect();
    assert!(names.contains(&"mailwatch.log") && names.contains(&"history.db"), "{names:?}");
    let encoded = "AGRlbW9A";
    for secret in [PASSWORD, encoded] {
        assert!(!holds(&terminal.bytes(), secret), "{secret} on the screen");
        for (path, bytes) in &files {
            assert!(!holds(bytes, secret), "{secret} in {}", path.display());
        }
    }
}

/// The served configuration, with a command that gives no password.
fn without_password(served: &Served) -> String {
    let lines = served
        .config()
        .lines()
        .map(|line| if line.starts_with("password_command") { "password_command = [\"false\"]" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_password_typed_for_one_run_is_not_echoed_and_logs_in() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(&without_password(&served));
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["--ask", "--config", &config, "--state-dir", &state];
    let mut terminal = Start::program(home, PROGRAM, &arguments).size(LARGE).open();
    terminal.wait_text("Password of demo@example.org@localhost for this run:");
    terminal.press(&format!("{PASSWORD}\r"));
    terminal.wait_text("1 live");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    assert!(!holds(&terminal.bytes(), PASSWORD), "the password was echoed");
    for (path, bytes) in terminal.home.state_files() {
        assert!(!holds(&bytes, PASSWORD), "the password is in {}", path.display());
    }
}

#[test]
fn a_question_that_is_left_leaves_the_program_and_the_terminal_as_it_was() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(&without_password(&served));
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["watch", "--ask", "--config", &config, "--state-dir", &state];
    let mut terminal = Start::program(home, PROGRAM, &arguments).size(LARGE).open();
    terminal.wait_text("for this run:");
    terminal.press("hunter2\u{3}");
    terminal.wait_text("error: no password for account demo");
    assert_eq!(terminal.end(PROMPT), 1);
    assert!(terminal.modes_are_untouched());
}

#[cfg(target_os = "linux")]
#[test]
fn no_core_dump_would_hold_the_password() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let watch = Process::start(&home, &["watch", "--config", &config, "--state-dir", &state]);
    watch.line("an IDLE", |line| line.contains("idling"));
    let limits = fs::read_to_string(format!("/proc/{}/limits", watch.id())).expect("the process lives");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}
