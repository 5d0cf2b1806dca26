//! `account add` and `account remove` at a terminal: questions, answers, the file.

use std::fs;

use imap_misbehave::{Encryption, PASSWORD, Scenario, Server, USER};

use crate::home::{Home, PROGRAM, holds};
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start, Terminal};

/// `account add` on a machine without a keyring.
fn adding(home: Home, arguments: &[&str]) -> Terminal {
    let (config, state) = (home.config(), home.state_dir());
    let arguments = [&["account", "add", "--config", &config, "--state-dir", &state], arguments].concat();
    let start = Start::program(home, PROGRAM, &arguments).size(LARGE);
    start.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").open()
}

/// Answers the questions in their order. Each is waited for as the last line, where the cursor stands.
fn answer(terminal: &mut Terminal, answers: &[(&str, &str)]) {
    for (question, answer) in answers {
        terminal.wait(question, |screen| {
            let (row, column) = screen.cursor_position();
            let shown = screen.contents_between(row.saturating_sub(1), 0, row, column);
            shown.contains(question) && shown.trim_end().ends_with(['?', ':', ']'])
        });
        terminal.press(&format!("{answer}\r"));
    }
}

/// What a value of the served configuration is.
fn value(served: &Served, key: &str) -> String {
    let line = served.config().lines().find(|line| line.starts_with(key)).expect("the key is told");
    line.split_once('=').expect("a value").1.trim().trim_matches('"').to_owned()
}

#[test]
fn from_nothing_to_a_living_mailbox_by_answers_alone_with_a_certificate_of_ones_own() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let (at, ca) = (format!("localhost:{}", value(&served, "port")), value(&served, "ca_file"));
    let mut terminal = adding(home, &[]);
    answer(
        &mut terminal,
        &[
            // No domain of anybody's is asked.
            ("Mail address", "demo@localhost"),
            ("Server", &at),
            ("Encryption", ""),
            ("File of certificates", "/no/such.pem"),
            ("File of certificates", &ca),
            ("Login name", USER),
            ("Name on screen", "own"),
            ("Password of", "hunter2"),
        ],
    );
    terminal.wait_text("a password that you type is for the check alone: no keyring can be reached");
    terminal.wait_text("issuer is not trusted");
    terminal.wait_text("looked for /no/such.pem");
    terminal.wait_text("it answers: TLS 1.3, and its certificate is trusted");
    terminal.wait_text("refused the login");
    assert!(!fs::exists(terminal.home.config()).expect("readable"), "nothing is written before all is known");
    answer(&mut terminal, &[("PASSWORD/user", ""), ("Password of", PASSWORD)]);
    // The same steps as `check`.
    for step in ["login", "capabilities", "examine", "idle", "DONE", "list"] {
        terminal.wait_text(&format!("ok     {step}"));
    }
    let command = format!("echo '{PASSWORD}'");
    answer(&mut terminal, &[("Write this to", ""), ("Command that prints it", &command), ("Write this to", "")]);
    terminal.wait_text("something else has to keep the password: no keyring can be reached");
    terminal.wait_text("Account own is in");
    terminal.wait_text("Watch it: mailwatch-tui");
    assert_eq!(terminal.end(PROMPT), 0);
    assert!(!holds(&terminal.bytes(), "hunter2"), "the password was echoed");

    let home = std::mem::replace(&mut terminal.home, Home::new());
    let arguments = ["--config", &home.config(), "--state-dir", &home.state_dir()].map(str::to_owned);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut screen = Start::program(home, PROGRAM, &arguments).size(LARGE).open();
    screen.wait_row("own/INBOX", "live");
    screen.press("q");
    assert_eq!(screen.end(PROMPT), 0);
}

#[test]
fn a_server_on_this_machine_without_tls_is_added_and_said_to_be_readable() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listening = runtime.block_on(Server::new(Scenario::healthy()).listen(Encryption::Off)).expect("a socket");
    let port = listening.port().to_string();
    let command = format!("echo '{PASSWORD}'");
    let mut terminal = adding(Home::new(), &["--user", USER]);
    answer(
        &mut terminal,
        &[
            ("Mail address", "demo"),
            ("Server", "127.0.0.1"),
            ("Encryption", "off"),
            // Nobody may listen there, and nobody does.
            ("Port", "0"),
            ("Port", "1"),
            ("Change what", "encryption"),
            ("Encryption", "starttls"),
            // What was typed is kept.
            ("Port [1]", &port),
            ("Change what", "encryption"),
            ("Encryption", "off"),
            ("Port", ""),
            ("Name on screen", "own"),
            ("Password of", ""),
            ("Command that prints it", &command),
            ("Write this to", ""),
        ],
    );
    terminal.wait_text("warning: without TLS");
    terminal.wait_text("a port is a number from 1 to 65535");
    terminal.wait_text("Account own is in");
    assert_eq!(terminal.end(PROMPT), 0);
    let text = fs::read_to_string(terminal.home.config()).expect("written");
    assert!(text.contains(&format!("host = \"127.0.0.1\"\nport = {port}\ntls = \"off\"\n")), "{text}");
}

#[test]
fn ctrl_c_leaves_nothing_at_a_question_at_a_password_and_in_the_check() {
    let home = Home::new();
    let served = Served::start(&home, &["--scenario", "ignores-done-forever=1s"]);
    let at = format!("localhost:{}", value(&served, "port"));
    let ca = value(&served, "ca_file");
    let answers = [
        ("Mail address", "demo@localhost"),
        ("Server", &*at),
        ("Encryption", ""),
        ("File of certificates", &ca),
        ("Login name", USER),
        ("Name on screen", "own"),
        ("Password of", PASSWORD),
    ];
    for until in [0, 3, 6, 7] {
        let mut terminal = adding(Home::new(), &[]);
        answer(&mut terminal, &answers[..until]);
        terminal.wait_text(if until == 7 { "ok     idle" } else { answers[until].0 });
        terminal.press("\x03");
        if until == 6 {
            // No signal: the terminal is in raw mode there, and must be given back.
            assert_eq!(terminal.end(PROMPT), 1);
        } else {
            assert!(terminal.end_by_signal(PROMPT).is_some(), "{until}");
        }
        assert!(!fs::exists(terminal.home.config()).expect("readable"), "{until}");
    }
}

#[test]
fn an_account_is_added_by_answers_and_removed_when_that_is_confirmed() {
    let home = Home::new();
    let config = home.config();
    let mut terminal = Start::program(home, PROGRAM, &["account", "add", "--config", &config]).size(LARGE).open();
    terminal.wait_text("Mail address");
    terminal.press("ann@icloud.com\r");
    terminal.wait_text("Use it? [Y/n]");
    terminal.press("y\r");
    terminal.wait_text("Name on screen [icloud]:");
    terminal.press("cloud\r");
    // Whether a keyring keeps it depends on where this runs.
    terminal.wait_text("Password of ann@imap.mail.me.com, for the");
    terminal.press("\r");
    terminal.wait_text("Command that prints it");
    terminal.press("\r");
    terminal.wait_text("Write this to");
    terminal.press("\r");
    terminal.wait_text("Store its password: mailwatch-tui account login cloud");
    assert_eq!(terminal.end(PROMPT), 0);
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
