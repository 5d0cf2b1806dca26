//! Password commands that ask on the terminal: they have none in the background, and this one where somebody answers.

use std::fs;

use imap_misbehave::PASSWORD;

use crate::home::{Home, PROGRAM, holds};
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start, Terminal};

/// What the command wants to hear.
const ANSWER: &str = "sesame";

/// A server, and an account whose command asks on the terminal, as pass does where gpg's agent is locked.
fn asking() -> (Home, Served) {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let script = home.path().join("ask");
    let text = format!(
        "stty -echo </dev/tty || exit 3\nprintf 'Passphrase: ' >/dev/tty\nread -r answer </dev/tty\n\
         stty echo </dev/tty\n[ \"$answer\" = {ANSWER} ] || {{ echo 'wrong, of course' >&2; exit 2; }}\n\
         echo >/dev/tty\necho '{PASSWORD}'\n"
    );
    fs::write(&script, text).expect("the home is there");
    let own = format!("password_command = [\"sh\", {:?}]", script.display().to_string());
    let line = |line: &str| if line.starts_with("password_command") { own.clone() } else { line.to_owned() };
    home.write_config(&served.config().lines().map(line).collect::<Vec<_>>().join("\n"));
    (home, served)
}

fn login(home: Home) -> Terminal {
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["--config", &config, "--state-dir", &state, "account", "login", "demo"];
    Start::program(home, PROGRAM, &arguments).size(LARGE).open()
}

/// Neither what was typed nor what was printed is on the terminal or in a file.
fn assert_secret(terminal: &Terminal) {
    for secret in [PASSWORD, ANSWER, "AGRlbW9A"] {
        assert!(!holds(&terminal.bytes(), secret), "{secret} on the terminal");
        for (path, bytes) in terminal.home.state_files() {
            assert!(!holds(&bytes, secret), "{secret} in {}", path.display());
        }
    }
}

#[test]
fn account_login_runs_the_command_in_its_terminal() {
    let (home, _served) = asking();
    fs::create_dir(home.state_dir()).expect("the home is there");
    let mut terminal = login(home);
    terminal.wait_text("Passphrase:");
    terminal.press(&format!("{ANSWER}\r"));
    terminal.wait_text("Account demo: there is a secret, which was not kept.");
    assert_eq!(terminal.end(PROMPT), 0);
    assert_secret(&terminal);
}

#[test]
fn the_terminals_keys_end_the_command_alone_and_its_modes_come_back() {
    for key in ["\u{3}", "\u{1a}", "\u{1c}"] {
        let (home, _served) = asking();
        let mut terminal = login(home);
        terminal.wait_text("Passphrase:");
        terminal.press(key);
        terminal.wait_text("error: account demo: password_command: `sh` ");
        assert_eq!(terminal.end(PROMPT), 1);
        assert!(terminal.modes_are_untouched());
    }
}

#[test]
fn a_wrong_answer_is_told_with_what_the_command_said() {
    let (home, _served) = asking();
    let mut terminal = login(home);
    terminal.wait_text("Passphrase:");
    terminal.press("open\r");
    terminal.wait_text("wrong, of course");
    terminal.wait_text("error: account demo: password_command: `sh` ended with exit code 2");
    assert_eq!(terminal.end(PROMPT), 1);
    assert!(terminal.modes_are_untouched());
}
