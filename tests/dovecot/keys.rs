//! The screen's keys, as the server hears them.

use crate::DOVECOT;
use crate::bench::{Account, Bench};
use crate::dovecot::ANNA;
use crate::needs::tests;
use crate::program::Program;
use crate::screen::Screen;

tests! {
    [&DOVECOT] =>
        d_sends_done_and_mail_that_comes_while_paused_is_told_once_after_it;
}

/// The table's line about the watch. It comes first, above the panes that name it in their titles; a narrow column may
/// shorten the account's name.
fn row(screen: &str) -> &str {
    screen.lines().find(|line| line.contains("/INBOX")).unwrap_or_default()
}

fn d_sends_done_and_mail_that_comes_while_paused_is_told_once_after_it() {
    let bench = Bench::new();
    bench.configure(&[Account {
        name: "work",
        user: ANNA,
        mailboxes: &["INBOX"],
        starttls: false,
        ..Account::default()
    }]);
    let mut screen = Screen::open(&bench);
    screen.until("live", |screen| row(screen).contains("live"));

    screen.press("d");
    bench.server.until_heard(ANNA, "DONE and IDLE again", |connections| {
        let [connection] = connections else { return false };
        connection.iter().filter(|line| *line == "DONE").count() == 1
            && connection.iter().filter(|line| line.ends_with(" IDLE")).count() == 2
    });
    screen.until("live", |screen| row(screen).contains("live"));

    screen.press("p");
    screen.until("paused", |screen| row(screen).contains("paused"));
    bench.server.deliver(ANNA, "INBOX", "while paused");
    screen.press("p");
    screen.until("the mail", |screen| screen.contains("while paused"));
    screen.until("live", |screen| row(screen).contains("live"));
    screen.press("q");
    assert_eq!(screen.ended(), Some(0));

    let mut program = Program::start(&bench);
    program.until_idling(&["work/INBOX"]);
    bench.server.deliver(ANNA, "INBOX", "last");
    program.mail("last");
    program.stop();
    assert_eq!(program.subjects(), ["last"]);
}
