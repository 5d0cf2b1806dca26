//! A password that is typed into the form goes into a real keyring, and is there at the next start.

use std::fs;

use imap_misbehave::PASSWORD;

use crate::filling::{arguments, fill, wait_well};
use crate::home::{Home, PROGRAM, holds};
use crate::needed::KEYRING;
use crate::needs::tests;
use crate::served::Served;
use crate::terminal::{BOUND, LARGE, Start};

tests! {
    [&KEYRING] =>
        a_password_goes_into_the_keyring_and_is_there_at_the_next_start;
}

fn a_password_goes_into_the_keyring_and_is_there_at_the_next_start() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let (program, run) = (PROGRAM, home.path().display().to_string());
    let arguments = arguments(&home).join("' '");
    // Twice in one session: what the first has stored the second finds.
    let script = format!(
        "printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null && \
         '{program}' '{arguments}' && exec '{program}' '{arguments}'"
    );
    let start = Start::program(home, "dbus-run-session", &["--", "sh", "-c", &script]).size(LARGE);
    let mut terminal = start.env("XDG_RUNTIME_DIR", &run).open();
    terminal.wait_text("There is no configuration yet");
    terminal.press("a");
    fill(&mut terminal, &served, "work", 0, PASSWORD);
    terminal.press("\r");
    wait_well(&terminal);
    terminal.press("\r");
    terminal.wait_row("work/INBOX", "live");
    terminal.press("q");
    terminal.wait("the second start", |screen| !screen.contents().contains("is added"));
    terminal.wait_row("work/INBOX", "live");
    terminal.press("q");
    terminal.end(BOUND);
    let written = fs::read_to_string(terminal.home.config()).expect("written");
    assert!(!written.contains("password") && !written.contains(PASSWORD), "{written}");
    assert!(!holds(&terminal.bytes(), PASSWORD));
}
