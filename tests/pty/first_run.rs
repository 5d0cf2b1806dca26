//! The whole way from nothing to a watched mailbox, as a person goes it: by keys, in a terminal, against a real server.

use std::fs;

use imap_misbehave::PASSWORD;

use crate::filling::{arguments, fill, wait_well};
use crate::home::{Home, PROGRAM, holds};
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start, Terminal};

/// Where the form's choice of where the password is kept has each of its values, in presses of Right.
const COMMAND: usize = 1;
const THIS_RUN: usize = 2;

/// The program without a configuration, on a machine without a keyring.
fn welcomed(home: Home) -> Terminal {
    let arguments = arguments(&home);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let start = Start::program(home, PROGRAM, &arguments).size(LARGE);
    let terminal = start.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").open();
    terminal.wait_text("There is no configuration yet");
    terminal
}

#[test]
fn an_account_is_typed_tested_added_and_watched_without_a_restart() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let mut terminal = welcomed(home);
    terminal.press("\r");
    fill(&mut terminal, &served, "work", COMMAND, &format!("echo '{PASSWORD}'"));
    terminal.press("\r");
    wait_well(&terminal);
    assert!(!fs::exists(terminal.home.config()).expect("readable"), "nothing is written by a test");
    terminal.press("\r");
    terminal.wait_row("work/INBOX", "live");
    let written = fs::read_to_string(terminal.home.config()).expect("written");
    assert!(written.contains("[[account]]\nname = \"work\"\nhost = \"localhost\""), "{written}");

    // Another one, while the first runs on; a comment that somebody writes meanwhile stays.
    fs::write(terminal.home.config(), format!("# mine\n{written}")).expect("written");
    terminal.press("a");
    fill(&mut terminal, &served, "second", COMMAND, &format!("echo '{PASSWORD}'"));
    terminal.press("\t\r");
    terminal.wait_row("second/INBOX", "live");
    let both = fs::read_to_string(terminal.home.config()).expect("written");
    assert!(both.starts_with(&format!("# mine\n{written}")) && both.contains("name = \"second\""), "{both}");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
}

#[test]
fn a_wrong_password_is_told_at_its_step_and_without_a_keyring_there_is_a_way_on() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let mut terminal = welcomed(home);
    terminal.press("a");
    fill(&mut terminal, &served, "work", 0, "hunter2");
    terminal.press("\r");
    terminal.wait_text("refused the login");
    terminal.press("\r");
    terminal.wait_row("Password", "▸");
    terminal.press(&format!("\x15{PASSWORD}"));
    // The test's button, over the top.
    terminal.press(&"\x1b[A".repeat(5));
    terminal.press("\r");
    wait_well(&terminal);
    terminal.press("\r");
    terminal.wait_text("no keyring can be reached");
    terminal.wait_row("Kept", "▸");
    assert!(!fs::exists(terminal.home.config()).expect("readable"), "nothing is written without a password");
    terminal.press(&"\x1b[C".repeat(THIS_RUN));
    terminal.wait_row("Kept", "for this run only");
    terminal.press(&"\x1b[A".repeat(4));
    terminal.wait_row("Add the account", "▸");
    terminal.press("\r");
    terminal.wait_row("work/INBOX", "live");
    // A new login has it still.
    terminal.press("r4z/AUTHENTICATE\r");
    terminal.wait_text("AUTHENTICATE PLAIN ***");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    for secret in [PASSWORD, "hunter2"] {
        assert!(!holds(&terminal.bytes(), secret), "{secret} on the screen");
        for (path, bytes) in &terminal.home.state_files() {
            assert!(!holds(bytes, secret), "{secret} in {}", path.display());
        }
        assert!(!holds(&fs::read(terminal.home.config()).expect("written"), secret));
    }
}

#[test]
fn the_sample_is_written_once_and_what_is_edited_is_read() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let mut terminal = welcomed(home);
    terminal.press("jj\r");
    terminal.wait_text("is written: edit it");
    let sample = fs::read_to_string(terminal.home.config()).expect("written");
    assert_eq!(sample, mailwatch_tui::configuration::SAMPLE);
    terminal.press("R");
    terminal.wait_text("has no account yet");
    terminal.home.write_config(&format!("{sample}\n[[account]]\nhosst = 1\n"));
    terminal.press("R");
    terminal.wait_text("unknown key `hosst`");
    terminal.home.write_config(&format!("{sample}\n{}", served.config()));
    terminal.press("R");
    terminal.wait_row("demo/INBOX", "live");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
}

#[test]
fn the_demo_is_left_for_the_welcome_and_the_welcome_for_the_shell() {
    let mut terminal = welcomed(Home::new());
    terminal.press("j\r");
    terminal.wait_text("gmail/INBOX");
    terminal.press("a");
    terminal.wait_text("the demo has its own accounts");
    terminal.press("q");
    terminal.wait_text("There is no configuration yet");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 2);
    terminal.assert_restored();
}

#[test]
fn a_key_pressed_while_one_screen_follows_another_is_the_next_ones() {
    let mut terminal = welcomed(Home::new());
    terminal.press("j\r");
    terminal.wait_text("gmail/INBOX");
    terminal.press("q");
    // By the first welcome, and by the demo: the next screen may be there before anybody looks.
    terminal.wait_sent("\x1b[?1049l", 2);
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 2);
    terminal.assert_restored();
}

#[test]
fn a_configuration_read_again_or_broken_keeps_the_connection_of_what_did_not_change() {
    let home = Home::new();
    let served = Served::start(&home, &["--mailboxes", "2"]);
    home.write_config(served.config());
    let arguments = arguments(&home);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut terminal = Start::program(home, PROGRAM, &arguments).size(LARGE).open();
    terminal.wait_row("demo/INBOX", "live");
    terminal.wait_row("demo/box/2", "live");
    let number = |terminal: &mut Terminal| {
        terminal.press("gjjg\r");
        terminal.wait_text("number ");
        let shown = terminal.contents();
        let line = shown.lines().find(|line| line.contains("number ")).expect("waited for").to_owned();
        terminal.press("\x1b");
        terminal.wait_gone("number ");
        line.split("number ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a number").to_owned()
    };
    let before = number(&mut terminal);
    terminal.home.write_config("[[account]]\nname = \"demo\"\n");
    terminal.press("R");
    terminal.wait_text("until then the previous one");
    terminal.press("\x1b");
    // Read together, Esc and what follows it would be another key.
    terminal.wait_gone("until then the previous one");
    assert_eq!(number(&mut terminal), before);
    let second = served.config().split("[[account]]").nth(1).expect("an account").replace("\"demo\"", "\"other\"");
    terminal.home.write_config(&format!("{}\n[[account]]{second}", served.config()));
    terminal.press("R");
    terminal.wait_row("other/box/2", "live");
    assert_eq!(number(&mut terminal), before, "it did not change");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
}
