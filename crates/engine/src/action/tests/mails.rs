//! Mails read and marked, and what a server does to who tries.

use super::super::NotDone;
use super::{Does, Scripted, action, ends, says};
use crate::mail_text::{MailText, READ};

const MAIL: &str = "From: Ann <ann@x.example>\r\nSubject: Friday?\r\n\r\nconfidential words\r\n";

fn entered() -> Does {
    says("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] UIDs valid\r\nTAG OK [READ-ONLY] done\r\n")
}

fn fetched(text: &str) -> Does {
    says(format!("* 2 FETCH (UID 5 BODY[]<0> {{{}}}\r\n{text})\r\nTAG OK done\r\n", text.len()))
}

/// A server with one mailbox, which answers the fetch, or anything, as is said.
fn server(rows: Vec<(&'static str, Does)>) -> std::sync::Arc<Scripted> {
    let mut all = rows;
    all.extend([("EXAMINE", entered()), ("SELECT", entered())]);
    Scripted::new(Does::ByCommand(all))
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_read_with_examine_and_peek_alone() {
    let server = server(vec![("UID FETCH", fetched(MAIL))]);
    let action = action(&server);
    for _ in 0..2 {
        let (bytes, cut) = action.read("lists/rust", 7, 5).await.expect("it is there");
        let mail = MailText::of(&bytes, cut);
        assert_eq!((mail.subject.as_str(), mail.text.as_str(), mail.cut), ("Friday?", "confidential words", false));
    }
    let heard = server.heard();
    let asked: Vec<_> = heard.iter().filter(|line| !line.starts_with("LOGIN")).map(String::as_str).collect();
    let one = ["EXAMINE \"lists/rust\"", "UID FETCH 5 (UID BODY.PEEK[]<0.65536>)"];
    assert_eq!(asked, [one, one].concat());
    assert_eq!(server.connections(), 1, "the connection is kept for the next");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ignores_the_part_that_was_asked_for_is_cut() {
    let server = server(vec![("UID FETCH", fetched(&format!("Subject: x\r\n\r\n{}", "long ".repeat(READ / 4))))]);
    let (bytes, cut) = action(&server).read("INBOX", 7, 5).await.expect("it is there");
    assert_eq!((bytes.len(), cut), (READ, true));
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_is_gone_and_a_mailbox_made_anew_are_told_apart_and_the_connection_stays() {
    let server = server(vec![("UID FETCH", says("* 1 FETCH (UID 4 FLAGS (\\Seen))\r\nTAG OK done\r\n"))]);
    let action = action(&server);
    assert_eq!(action.read("INBOX", 7, 5).await, Err(NotDone::Gone));
    assert_eq!(action.read("INBOX", 8, 5).await, Err(NotDone::MadeAnew));
    assert_eq!(action.mark_seen("INBOX", 8, &[5]).await, Err(NotDone::MadeAnew));
    assert_eq!(server.connections(), 1);
    assert!(!server.heard().iter().any(|line| line.contains("STORE")), "{:?}", server.heard());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_misbehaves_gets_a_clear_sentence_without_a_word_of_the_mail() {
    let begun = "* 2 FETCH (UID 5 BODY[]<0> {300}\r\nSubject: x\r\n\r\nconfidential ";
    let rows = [
        ("EXAMINE", says("TAG NO [NOPERM] not for you\r\n"), "not for you"),
        ("EXAMINE", ends("* BYE going down\r\n"), "going down"),
        ("UID FETCH", says("TAG NO [UNAVAILABLE] later\r\n"), "later"),
        ("UID FETCH", says("TAG BAD what\r\n"), "what"),
        ("UID FETCH", ends(format!("{begun}* BYE")), "closed"),
        ("UID FETCH", says(begun), "in time"),
        (
            "UID FETCH",
            says("* 2 FETCH (UID 5 BODY[]<0> {1073741824}\r\nconfidential "),
            "announced literals of more than",
        ),
        ("UID FETCH", Does::Repeats(b"* 2 FETCH (UID 5 BODY[] {12}\r\nconfidential)\r\n".to_vec()), "4 MiB"),
        ("UID FETCH", Does::Repeats(b"* 2 FETCH (UID 5 BODY[] \"confidential\r\n".to_vec()), "4 MiB"),
    ];
    for (command, does, says) in rows {
        let server = server(vec![(command, does)]);
        let action = action(&server);
        let why = action.read("INBOX", 7, 5).await.expect_err("nothing is to be had");
        let sentence = format!("{why} {why:?}");
        assert!(sentence.contains(says), "{sentence}");
        assert!(!sentence.contains("confidential"), "{sentence}");
    }
}

#[tokio::test(start_paused = true)]
async fn mails_are_marked_and_only_what_is_seen_then_is_said_to_be() {
    let flags = "* 1 FETCH (UID 4 FLAGS (\\Seen))\r\n* 2 FETCH (UID 5 FLAGS ())\r\n* 9 FETCH (UID 99 FLAGS (\\Seen))\r\nTAG OK\r\n";
    let server = server(vec![("UID FETCH", says(flags))]);
    let action = action(&server);
    assert_eq!(action.mark_seen("INBOX", 7, &[4, 5, 6]).await, Ok(vec![4]));
    assert_eq!(action.mark_seen("INBOX", 7, &[5]).await, Err(NotDone::Unchanged));
    assert_eq!(action.mark_seen("INBOX", 7, &[6]).await, Err(NotDone::Gone));
    assert!(server.heard().contains(&"UID STORE 4,5,6 +FLAGS.SILENT (\\Seen)".to_owned()), "{:?}", server.heard());
}

#[tokio::test(start_paused = true)]
async fn a_refused_mark_says_so() {
    let server = server(vec![("UID STORE", says("TAG NO [READ-ONLY] not here\r\n"))]);
    let why = action(&server).mark_seen("INBOX", 7, &[4]).await.expect_err("refused");
    assert!(why.to_string().contains("not here"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn no_key_passes_the_minutes_commands() {
    let server = server(vec![("UID FETCH", fetched(MAIL))]);
    let action = action(&server);
    let mut read = 0;
    let why = loop {
        match action.read("INBOX", 7, 5).await {
            Ok(_) => read += 1,
            Err(why) => break why,
        }
    };
    assert!(matches!(why, NotDone::TooMuch(_)) && (10..=20).contains(&read), "{read}: {why}");
    assert!(server.heard().len() < 60);
}
