//! The Mail pane on a real server: reading leaves a mail unread, `m` marks it, and its text is nowhere but on the screen.

use std::fs;
use std::path::Path;

use crate::DOVECOT;
use crate::append::run;
use crate::bench::{Account, Bench};
use crate::dovecot::ANNA;
use crate::needs::tests;
use crate::screen::Screen;

tests! {
    [&DOVECOT] =>
        a_mail_is_read_on_the_screen_and_stays_unread_until_m_marks_it;
}

/// The line of every test mail's text, as the screen shows it and as no file may have it.
const TEXT: &str = "Text.";

fn unseen(bench: &Bench) -> bool {
    let lines = run(&bench.server, ANNA, &["EXAMINE INBOX", "SEARCH UNSEEN"]);
    lines.iter().any(|line| line.starts_with("* SEARCH") && line.trim_end().len() > "* SEARCH".len())
}

/// Every file below a directory that holds the text.
fn holding(dir: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(text.len()).any(|window| window == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}

fn a_mail_is_read_on_the_screen_and_stays_unread_until_m_marks_it() {
    let bench = Bench::new();
    bench.configure(&[Account {
        name: "work",
        user: ANNA,
        mailboxes: &["INBOX"],
        starttls: false,
        ..Account::default()
    }]);
    let mut screen = Screen::open(&bench);
    screen.until("live", |screen| screen.contains("1 live"));
    bench.server.deliver(ANNA, "INBOX", "to be read");
    screen.press("5");
    screen.until("the mail", |screen| screen.contains("1 of 1") && screen.contains("to be read"));

    screen.press("\r");
    screen.until("the text", |screen| screen.contains(TEXT) && screen.contains("me@example.org"));
    assert!(unseen(&bench), "reading does not mark it");

    screen.press("m");
    screen.until("the mark", |screen| screen.contains("marked as seen"));
    assert!(!unseen(&bench));

    screen.press("q");
    screen.until("the popup's end", |screen| !screen.contains("me@example.org"));
    screen.press("q");
    assert_eq!(screen.ended(), Some(0));
    let files = holding(&bench.state_dir(), TEXT);
    assert!(files.is_empty(), "{files:?}");
    let heard = bench.server.heard(ANNA).concat();
    assert!(heard.iter().any(|line| line.contains("BODY.PEEK[]<0.65536>")), "{heard:#?}");
}
