//! A mail read and marked over the engine: what it says, what stays as it was on the server, and servers that make it hard.

use std::time::Duration;

use imap_misbehave::{Letters, NewMessage, Scenario};
use mailwatch_engine::mail_text::{MailText, READ};
use mailwatch_proto::model::{EventKind, MailKey, Phase};

use crate::harness::{MINUTE, Rig, S, now, scenario};

/// A watch that has told this mail.
async fn told(message: NewMessage) -> (Rig, MailKey) {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.server.deliver("INBOX", message);
    let mail = rig.mail().await;
    rig.pass(S).await;
    let key = mail.key(&rig.id());
    (rig, key)
}

async fn read(rig: &Rig, key: &MailKey) -> MailText {
    rig.engine().read_mail(key).await.expect("it can be read")
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_read_with_its_headers_and_stays_unseen_and_new() {
    let text = "Are you free on Friday?\r\n\r\nAnn\r\n";
    let (mut rig, key) = told(NewMessage::new("Jörg Müller <j@example.org>", "Grüße").text(text)).await;
    for _ in 0..3 {
        let mail = read(&rig, &key).await;
        assert_eq!((mail.from.as_str(), mail.subject.as_str()), ("Jörg Müller <j@example.org>", "Grüße"));
        assert_eq!((mail.text.as_str(), mail.html, mail.cut), ("Are you free on Friday?\n\nAnn", false, false));
        assert!(mail.to.contains(imap_misbehave::USER) && mail.date.is_some(), "{} {:?}", mail.to, mail.date);
    }
    rig.pass(10 * S).await;
    let counts = rig.snapshot().mailbox;
    assert_eq!((counts.new, counts.unseen), (1, Some(1)), "{}", rig.told());
    assert_eq!(rig.server.accepted(), 2, "one connection serves all readings");
    assert!(!rig.told().contains("Are you free"), "no line tells the text");
}

#[tokio::test(start_paused = true)]
async fn each_of_the_demos_mails_says_something_harmless() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let (mut pages, mut texts) = (0, 0);
    for letter in Letters::new(7).take(60) {
        rig.server.deliver("INBOX", letter);
        let key = rig.mail().await.key(&rig.id());
        // A minute's commands are not many mails.
        rig.pass(10 * S).await;
        let mail = read(&rig, &key).await;
        assert!(mail.text.lines().count() >= 2, "{}", mail.text);
        let harmful = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!mail.text.contains(harmful), "{:?}", mail.text);
        if mail.html {
            pages += 1;
            assert!(!mail.text.contains("never run") && !mail.text.contains("tracker"), "{}", mail.text);
            assert!(mail.text.contains("forty loaves"), "{}", mail.text);
        } else {
            texts += 1;
        }
    }
    assert!(pages > 0 && texts > 30, "{pages} {texts}");
}

#[tokio::test(start_paused = true)]
async fn of_a_long_mail_the_first_64_kib_are_read() {
    let long = "a line of a very long mail\r\n".repeat(READ / 10);
    let (rig, key) = told(NewMessage::new("Ann <ann@example.org>", "long").text(&long)).await;
    let mail = read(&rig, &key).await;
    assert!(mail.cut && mail.text.len() <= READ && mail.text.len() > READ / 2, "{mail:?}");
}

/// Healthy, but for what it does where a mail's text is asked for.
fn hard(deeds: &str) -> Scenario {
    let text = format!("hard: to read\n  on UID-FETCH args=\"*BODY.PEEK[]*\" -> {deeds}\n");
    let mut read = Scenario::read(&text).expect("a behaviour");
    read.swap_remove(0).0
}

#[tokio::test(start_paused = true)]
async fn a_server_that_makes_it_hard_gets_a_clear_sentence_in_time_and_disturbs_no_watch() {
    let rows = [
        ("value BODY NIL", "no text for it (NIL)"),
        ("drop-item BODY", "no text for it"),
        ("value UID 4711", "no longer in its mailbox"),
        ("drop-mail", "no longer in its mailbox"),
        ("no \"[UNAVAILABLE] come back later\"", "come back later"),
        ("bad \"what is that\"", "what is that"),
        ("bye \"going down\"", "going down"),
        ("cut 90; close fin", "closed"),
        ("close rst", "closed"),
        ("silence", "in time"),
        ("raw \"* 1 FETCH (UID 1 BODY[] {999999999}\\r\\nwords\"", "announced literals of more than"),
    ];
    for (deeds, says) in rows {
        let (mut rig, key) = told(NewMessage::new("Ann <ann@example.org>", "x").text("confidential words\r\n")).await;
        rig.server.set_scenario(hard(deeds));
        let asked = now();
        let why = rig.engine().read_mail(&key).await.expect_err(deeds);
        assert!(why.contains(says) && !why.contains("confidential"), "{deeds}: {why}");
        let took = now() - asked;
        assert!(took <= 31 * S, "{deeds}: {took:?}");
        // The watch's own connection goes on as if nothing had been.
        rig.server.deliver("INBOX", NewMessage::new("Ann <ann@example.org>", "next"));
        assert_eq!(rig.mail().await.subject, "next", "{deeds}");
        let troubles =
            rig.count(|kind| matches!(kind, EventKind::Fault { .. } | EventKind::Phase { to: Phase::Waiting, .. }));
        assert_eq!(troubles, 0, "{deeds}\n{}", rig.told());
        rig.server.set_scenario(scenario("healthy"));
        rig.pass(MINUTE).await;
        assert_eq!(read(&rig, &key).await.text, "confidential words", "{deeds}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_in_a_quoted_string_or_in_pieces_of_the_flood_is_read_all_the_same() {
    for deeds in ["body \"Subject: x\"; quote", "say \"* 9 EXISTS\"", "twice", "delay 5s"] {
        let (rig, key) = told(NewMessage::new("Ann <ann@example.org>", "x").text("words\r\n")).await;
        rig.server.set_scenario(hard(deeds));
        assert_eq!(read(&rig, &key).await.subject, "x", "{deeds}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_made_anew_and_a_mail_that_was_moved_are_told_apart() {
    let (mut rig, key) = told(NewMessage::new("Ann <ann@example.org>", "x")).await;
    rig.server.expunge("INBOX", 1);
    let why = rig.engine().read_mail(&key).await.expect_err("gone");
    assert!(why.contains("moved or deleted"), "{why}");
    rig.server.change_uidvalidity("INBOX");
    rig.pass(Duration::from_mins(2)).await;
    let why = rig.engine().read_mail(&key).await.expect_err("recreated");
    assert!(why.contains("recreated"), "{why}");
    let (marked, why) = rig.engine().mark_seen(vec![key]).await;
    assert!(marked.is_empty() && why.is_some_and(|why| why.contains("recreated")));
}
