//! Password commands that ask on the terminal: they have none in the background, and this one where somebody answers.

use std::fs;

use imap_misbehave::PASSWORD;
use rustix::process::Signal;

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

fn screen(home: Home) -> Terminal {
    let (config, state) = (home.config(), home.state_dir());
    Start::program(home, PROGRAM, &["-vvv", "--config", &config, "--state-dir", &state]).size(LARGE).open()
}

/// The screen whose account waits for its secret.
fn waiting() -> (Terminal, Served) {
    let (home, served) = asking();
    let terminal = screen(home);
    terminal.wait_text("L runs its command in this terminal");
    (terminal, served)
}

/// Until the command asks for the `times`th time, and the screen is aside.
fn unlock(terminal: &mut Terminal, times: usize) {
    terminal.press("L");
    terminal.wait("the question", |screen| {
        !screen.alternate_screen() && screen.contents().matches("Passphrase:").count() == times
    });
}

fn back(terminal: &Terminal, text: &str) {
    terminal.wait(text, |screen| {
        let contents = screen.contents();
        screen.alternate_screen() && contents.contains("4 Wire") && contents.contains(text)
    });
}

#[test]
fn a_command_that_finds_no_terminal_runs_in_the_screens_by_a_key() {
    let (mut terminal, _served) = waiting();
    unlock(&mut terminal, 1);
    terminal.press(&format!("{ANSWER}\r"));
    back(&terminal, "1 live");
    // The keyboard is the screen's again.
    terminal.press("?");
    terminal.wait_text("The selected watch");
    terminal.press("q");
    terminal.wait_gone("The selected watch");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
    assert_secret(&terminal);
}

#[test]
fn the_terminals_keys_end_the_command_and_not_the_screen() {
    let (mut terminal, _served) = waiting();
    for (key, times) in [("\u{3}", 1), ("\u{1a}", 2)] {
        unlock(&mut terminal, times);
        terminal.press(key);
        back(&terminal, "password_command: `sh` was given up");
        terminal.press("g");
        terminal.wait_gone("was given up");
    }
    unlock(&mut terminal, 3);
    terminal.press("open\r");
    terminal.wait("why", |screen| {
        let contents = screen.contents();
        !screen.alternate_screen() && contents.contains("wrong, of course") && contents.contains("Enter goes back")
    });
    terminal.press("\r");
    back(&terminal, "password_command: `sh` ended with exit code 2");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
}

#[test]
fn a_signal_ends_the_screen_and_the_command_that_asks() {
    let (mut terminal, _served) = waiting();
    unlock(&mut terminal, 1);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
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
    terminal.wait_text("Account demo: the command printed a secret, which was not stored.");
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
fn the_command_is_told_the_terminals_own_name_for_its_agent() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let own = "password_command = [\"sh\", \"-c\", \"echo named:$GPG_TTY,$(tty) >/dev/tty; exit 1\"]";
    let line = |line: &str| if line.starts_with("password_command") { own.to_owned() } else { line.to_owned() };
    home.write_config(&served.config().lines().map(line).collect::<Vec<_>>().join("\n"));
    let mut terminal = login(home);
    terminal.wait_text("ended with exit code 1");
    assert_eq!(terminal.end(PROMPT), 1);
    let contents = terminal.contents();
    let names = contents.lines().find_map(|line| line.strip_prefix("named:")).expect("it said so");
    let (name, input) = names.trim_end().split_once(',').expect("two names");
    assert!(name.starts_with("/dev/") && name != "/dev/tty" && name == input, "{names}");
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
