//! What the demo shows by itself.

use std::time::Duration;

use crate::terminal::{LARGE, Start};

#[test]
fn every_account_of_the_demo_gets_to_where_it_hears_of_mail() {
    let terminal = Start::demo().size(LARGE).open();
    terminal.wait_text("7 live");
    for (name, phase) in [
        ("work/INBOX", "live"),
        ("work/lists/rust", "live"),
        ("gmail/INBOX", "live"),
        ("home/INBOX", "live"),
        ("office/INBOX", "live"),
        ("old/INBOX", "live"),
        ("lists/INBOX", "polling"),
    ] {
        terminal.wait_row(name, phase);
    }
}

#[test]
fn an_ignored_done_and_a_server_that_announces_nothing_are_seen_within_a_minute_each() {
    let terminal = Start::demo().size(LARGE).open();
    let told = |words: [&'static str; 2]| {
        move |screen: &vt100::Screen| crate::glass::rows(screen).any(|row| words.iter().all(|word| row.contains(word)))
    };
    let minute = Duration::from_mins(1);
    terminal.wait_within(minute, "an ignored DONE", told(["gmail/INBOX", "server ignores DONE: acked"]));
    terminal.wait_within(minute, "its replacement", told(["gmail/INBOX", "replaced by connection"]));
    terminal.wait_row("gmail/INBOX", "ignored");
    terminal.wait_within(minute, "the late answer", told(["gmail/INBOX", "late OK to DONE (reissue)"]));
    terminal.wait_within(minute, "mail that is not announced", told(["office/INBOX", "not pushing"]));
}
