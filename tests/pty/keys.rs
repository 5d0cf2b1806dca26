//! What keys ask of the watches, seen where the user sees it.

use std::time::Duration;

use crate::terminal::{LARGE, Start, Terminal};

/// The watches of the demo whose servers have IDLE.
const IDLING: [&str; 6] = ["gmail/INBOX", "home/INBOX", "office/INBOX", "old/INBOX", "work/INBOX", "work/lists/r"];

/// The demo with everything live, and the healthy account's first watch selected.
fn live() -> Terminal {
    let mut terminal = Start::demo().size(LARGE).open();
    terminal.wait_text("7 live");
    terminal.press("jjjjj");
    terminal.wait_row("work/INBOX", "▸");
    terminal
}

#[test]
fn d_ends_the_selected_idle_with_done_and_the_answer_is_told() {
    let mut terminal = live();
    terminal.press("d");
    terminal.wait_rows(1, &["work/INBOX", "DONE (user) after", ", OK in"]);
    terminal.wait_rows(1, &["DONE (user)"]);
}

#[test]
fn d_on_a_polled_watch_is_a_poll_and_no_done() {
    let mut terminal = live();
    terminal.press("kkk");
    terminal.wait_row("lists/INBOX", "▸");
    terminal.press("4z");
    let looks = |screen: &vt100::Screen| screen.contents().matches("OK NOOP completed").count();
    for _ in 0..3 {
        let before = terminal.look(looks);
        terminal.press("d");
        // Sooner, each time, than the next poll would come by itself.
        terminal.wait_within(Duration::from_secs(8), "another look", |screen| looks(screen) > before);
    }
    assert!(!terminal.contents().contains("DONE (user)"), "{}", terminal.contents());
}

#[test]
fn capital_d_ends_every_idle_with_done() {
    let mut terminal = live();
    terminal.press("D");
    terminal.wait_text("DONE asked of 7 watches");
    for name in IDLING {
        terminal.wait_rows(1, &[name, "DONE (user) after"]);
    }
}

#[test]
fn plus_and_minus_change_reissue_by_a_step_of_its_size_and_say_so() {
    let mut terminal = live();
    terminal.press("+");
    terminal.wait_rows(1, &["work/INBOX", "reissue 40s to 45s (you)"]);
    terminal.wait_text("of 45s");
    terminal.press("-");
    terminal.wait_rows(1, &["work/INBOX", "reissue 45s to 40s (config)"]);
    terminal.wait_text("of 40s");
}

#[test]
fn r_makes_a_new_connection() {
    let mut terminal = live();
    // The log alone, all of its events, of this watch.
    terminal.press("3zv/work/INBOX\r");
    terminal.wait_rows(1, &["work/INBOX", "connected to"]);
    terminal.press("r");
    terminal.wait_rows(2, &["work/INBOX", "connected to"]);
    // A mail that came meanwhile made it idle once more.
    terminal.wait_rows_at_least(2, &["work/INBOX", " idling"]);
}

#[test]
fn p_pauses_the_selected_watch_and_goes_on() {
    let mut terminal = live();
    terminal.press("p");
    terminal.wait_row("work/INBOX", "paused");
    terminal.wait_text("1 paused");
    terminal.press("p");
    terminal.wait_row("work/INBOX", "live");
    terminal.wait_gone("1 paused");
}

#[test]
fn sigusr1_checks_mail_on_every_watch() {
    let terminal = live();
    terminal.signal(rustix::process::Signal::USR1);
    for name in IDLING {
        terminal.wait_rows(1, &[name, "DONE (user) after"]);
    }
}
