//! Whatever ends the screen, the terminal is as it was, and the end is prompt.

use std::path::PathBuf;

use rustix::process::Signal;

use crate::home::Home;
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start, Terminal};

fn live() -> Terminal {
    let terminal = Start::demo().size(LARGE).open();
    terminal.wait_row("work/INBOX", "live");
    terminal
}

#[test]
fn the_screen_takes_the_terminal_whole() {
    let terminal = live();
    terminal.wait("the terminal's modes", |screen| {
        screen.alternate_screen()
            && screen.hide_cursor()
            && screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
    });
    assert!(!terminal.modes_are_untouched(), "raw mode");
}

#[test]
fn q_and_control_c_leave_at_once_and_give_the_terminal_back() {
    for key in ["q", "\x03"] {
        let mut terminal = live();
        terminal.press(key);
        assert_eq!(terminal.end(PROMPT), 0, "{key:?}");
        terminal.assert_restored();
    }
}

#[test]
fn q_closes_a_popup_and_leaves_from_the_panes() {
    let mut terminal = live();
    terminal.press("?");
    terminal.wait_text("The selected watch");
    terminal.press("q");
    terminal.wait_gone("The selected watch");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
}

#[test]
fn q_leaves_before_anything_is_connected() {
    let mut terminal = Start::demo().open();
    terminal.wait("the first frame", vt100::Screen::alternate_screen);
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
}

#[test]
fn signals_that_ask_for_the_end_give_the_terminal_back_and_are_no_failure() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut terminal = live();
        terminal.signal(signal);
        assert_eq!(terminal.end(PROMPT), 0, "{signal:?}");
        terminal.assert_restored();
    }
}

#[test]
fn a_terminal_that_is_closed_ends_the_program() {
    let mut terminal = live();
    terminal.hang_up();
    // A reader of keys that spins on the closed terminal would go on for ever.
    assert_eq!(terminal.end(PROMPT), 0);
}

#[test]
fn a_server_for_other_clients_ends_with_its_terminal_and_takes_its_certificate_along() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let home = Home::new();
        let mut served = Served::start(&home, &[]);
        let quoted = served.config().lines().find_map(|line| line.strip_prefix("ca_file = ")).expect("a certificate");
        let certificate = PathBuf::from(quoted.trim_matches('"'));
        assert!(certificate.is_file(), "{}", certificate.display());
        served.server.signal(signal);
        assert_eq!(served.server.end(PROMPT).code(), Some(0), "{signal:?}");
        assert!(!certificate.exists(), "{signal:?} left {}", certificate.display());
    }
}
