//! What keys do to the picture.

use crate::terminal::{LARGE, Start, Terminal};

/// Log and mails share a place: the title says both, what is seen first.
const TITLES: [&str; 5] = ["1 Watches", "2 Timers", "3 Log ·", "4 Wire", "5 Mail ·"];

fn live() -> Terminal {
    let terminal = Start::demo().size(LARGE).open();
    terminal.wait_text("7 live");
    terminal
}

/// Waits until these panes are seen and the others are not.
fn seen(terminal: &Terminal, titles: &[&str]) {
    terminal.wait(&format!("{titles:?} alone"), |screen| {
        let contents = screen.contents();
        TITLES.iter().all(|title| contents.contains(title) == titles.contains(title))
    });
}

#[test]
fn tab_and_digits_reach_every_pane_and_z_shows_it_alone() {
    let mut terminal = live();
    seen(&terminal, &TITLES[..4]);
    terminal.press("z");
    seen(&terminal, &TITLES[..1]);
    for title in [1, 2, 3, 4, 0] {
        terminal.press("\t");
        seen(&terminal, &TITLES[title..=title]);
    }
    terminal.press("\x1b[Z");
    seen(&terminal, &TITLES[4..]);
    // In the pane of the timers digits are a timer's value, until Tab or Esc leaves it.
    for (keys, title) in [("4", 3), ("2", 1), ("\t4", 3), ("5", 4), ("1", 0), ("3", 2)] {
        terminal.press(keys);
        seen(&terminal, &TITLES[title..=title]);
    }
    terminal.press("z");
    seen(&terminal, &TITLES[..4]);
}

#[test]
fn question_mark_opens_the_help_and_escape_closes_it() {
    let mut terminal = live();
    terminal.press("?");
    terminal.wait_text("The selected watch");
    terminal.wait_text("lengthen reissue by 30 s");
    terminal.press("\x1b");
    terminal.wait_gone("lengthen reissue by 30 s");
}

#[test]
fn enter_opens_the_details_of_the_selected_watch_and_escape_closes_them() {
    let mut terminal = live();
    terminal.press("\r");
    terminal.wait_text("Details gmail/INBOX");
    terminal.wait_text("127.0.0.1");
    terminal.press("\x1b");
    terminal.wait_gone("Details gmail/INBOX");
}

#[test]
fn f_holds_the_picture_still_and_nothing_is_lost_meanwhile() {
    let mut terminal = live();
    terminal.press("F");
    terminal.wait_text("FROZEN");
    terminal.press("D");
    terminal.wait_text("DONE asked of 7 watches");
    assert!(!terminal.contents().contains("DONE (user)"), "{}", terminal.contents());
    terminal.press("F");
    terminal.wait_gone("FROZEN");
    terminal.wait_rows(6, &["DONE (user) after"]);
}

#[test]
fn slash_filters_the_watches_as_it_is_typed_and_escape_shows_them_all() {
    let mut terminal = live();
    terminal.press("/gmail");
    terminal.wait_text("1 of 7");
    terminal.wait_row("gmail/INBOX", "▸");
    terminal.press("\x1b");
    terminal.wait_row("work/INBOX", "live");
}
