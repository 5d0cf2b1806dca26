//! `account add` and `account remove` at a terminal: questions, answers, the file.

use std::fs;

use crate::home::{Home, PROGRAM, holds};
use crate::terminal::{LARGE, PROMPT, Start};

#[test]
fn an_account_is_added_by_answers_and_removed_when_that_is_confirmed() {
    let home = Home::new();
    let config = home.config();
    let mut terminal = Start::program(home, PROGRAM, &["account", "add", "--config", &config]).size(LARGE).open();
    terminal.wait_text("Mail address:");
    terminal.press("ann@icloud.com\r");
    terminal.wait_text("Use it? [Y/n]");
    terminal.press("y\r");
    terminal.wait_text("Name on screen [icloud]:");
    terminal.press("cloud\r");
    terminal.wait_text("Write this to");
    terminal.press("\r");
    terminal.wait_text("for the keyring (Enter: later):");
    // No keyring here: what was typed is told to be nowhere, and is shown nowhere.
    terminal.press("hunter2\r");
    terminal.wait_text("no keyring can be reached");
    assert_eq!(terminal.end(PROMPT), 1);
    assert!(!holds(&terminal.bytes(), "hunter2"), "the password was echoed");
    assert!(terminal.modes_are_untouched());
    let text = fs::read_to_string(&config).expect("written");
    assert!(text.contains("name = \"cloud\"\nhost = \"imap.mail.me.com\"\nuser = \"ann\"\n"), "{text}");

    let arguments = ["account", "remove", "cloud", "--config", &config];
    let mut terminal = Start::program(Home::new(), PROGRAM, &arguments).size(LARGE).open();
    terminal.wait_text("and its password from the keyring? [y/N]");
    terminal.press("y\r");
    terminal.wait_text("Account cloud is no longer in");
    terminal.wait_text("its password may still be in the keyring");
    assert_eq!(terminal.end(PROMPT), 1);
    assert!(!fs::read_to_string(&config).expect("there").contains("cloud"));
}
