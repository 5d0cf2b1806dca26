//! New mail: each told once, whenever it came.

use imap_misbehave::NewMessage;
use mailwatch_proto::model::{DoneReason, EventKind, Phase};

use crate::harness::{MINUTE, Rig, S};

fn letter(subject: &str) -> NewMessage {
    NewMessage::new("Ann Lee <ann@example.org>", subject)
}

#[tokio::test(start_paused = true)]
async fn new_mail_ends_idle_at_once_and_is_told_with_its_headers() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let uid = rig.server.deliver("INBOX", letter("Grüße aus 東京"));
    let mail = rig.mail().await;
    assert_eq!(mail.subject, "Grüße aus 東京");
    assert_eq!(mail.from, "Ann Lee <ann@example.org>");
    assert_eq!((mail.uid, mail.gap), (uid, false));
    assert!(mail.date.is_some());
    let sent = |kind: &EventKind| matches!(kind, EventKind::DoneSent { reason: DoneReason::NewMail, .. });
    assert_eq!(rig.count(sent), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_at_the_first_start_is_not_told() {
    let mut rig = Rig::start("healthy");
    rig.server.deliver("INBOX", letter("old"));
    rig.idling().await;
    rig.server.deliver("INBOX", letter("new"));
    rig.mail().await;
    rig.pass(10 * MINUTE).await;
    assert_eq!(rig.subjects(), ["new"]);
}

#[tokio::test(start_paused = true)]
async fn a_burst_costs_little_and_is_told_whole() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    for n in 0..50 {
        rig.server.deliver("INBOX", letter(&n.to_string()));
        if n % 10 == 0 {
            rig.pass(S / 100).await;
        }
    }
    rig.pass(MINUTE).await;
    assert_eq!(rig.subjects(), (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
    assert!(rig.server.dones() <= 4, "{} DONEs", rig.server.dones());
}

#[tokio::test(start_paused = true)]
async fn mail_that_came_while_the_program_was_not_running_is_told_at_its_start() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.server.deliver("INBOX", letter("seen"));
    rig.mail().await;
    rig.pass(S).await;
    rig.stop().await;
    rig.server.deliver("INBOX", letter("missed one"));
    rig.server.deliver("INBOX", letter("missed two"));
    rig.restart().await;
    rig.pass(MINUTE).await;
    assert_eq!(rig.subjects(), ["seen", "missed one", "missed two"]);
    assert_eq!(rig.mails().iter().map(|mail| mail.gap).collect::<Vec<_>>(), [false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn mail_that_was_found_and_not_confirmed_is_told_again() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.confirm_nothing();
    rig.server.deliver("INBOX", letter("unconfirmed"));
    rig.mail().await;
    rig.confirm_again();
    rig.restart().await;
    rig.pass(MINUTE).await;
    assert_eq!(rig.subjects(), ["unconfirmed", "unconfirmed"]);
    rig.restart().await;
    rig.pass(MINUTE).await;
    assert_eq!(rig.mails().len(), 2, "confirmed now");
}

#[tokio::test(start_paused = true)]
async fn mail_of_a_gap_is_told_once_and_marked() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.server.set_scenario(crate::harness::scenario("no-greeting"));
    rig.server.drop_connections();
    rig.until(MINUTE, "connecting", |kind| matches!(kind, EventKind::Phase { to: Phase::Connecting, .. })).await;
    rig.server.deliver("INBOX", letter("in the gap"));
    rig.pass(5 * MINUTE).await;
    rig.server.set_scenario(crate::harness::scenario("healthy"));
    let mail = rig.mail().await;
    assert!(mail.gap);
    rig.pass(10 * MINUTE).await;
    assert_eq!(rig.subjects(), ["in the gap"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_uidvalidity_tells_what_is_new_and_nothing_else() {
    let mut rig = Rig::start("healthy");
    rig.server.deliver("INBOX", letter("baseline"));
    rig.idling().await;
    rig.server.deliver("INBOX", letter("told"));
    rig.mail().await;
    rig.server.deliver("INBOX", letter("told as well"));
    rig.mail().await;
    rig.idling().await;
    rig.server.change_uidvalidity("INBOX");
    rig.server.deliver("INBOX", letter("after the change"));
    rig.pass(10 * MINUTE).await;
    assert_eq!(rig.subjects(), ["told", "told as well", "after the change"], "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn servers_that_hide_new_mail_are_asked_in_every_way() {
    for name in ["no-idle", "no-uidnext", "status-only", "idle-no", "idle-bad", "ends-idle=3s"] {
        let mut rig = Rig::start(name);
        rig.server.deliver("INBOX", letter("old"));
        rig.until(MINUTE, "watching", |kind| {
            matches!(kind, EventKind::Phase { to: Phase::Idling | Phase::Polling, .. })
        })
        .await;
        rig.pass(MINUTE).await;
        rig.server.deliver("INBOX", letter("first"));
        assert_eq!(rig.mail().await.subject, "first", "{name}");
        rig.server.deliver("INBOX", letter("second"));
        rig.pass(5 * MINUTE).await;
        assert_eq!(rig.subjects(), ["first", "second"], "{name}\n{}", rig.told());
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_no_parser_reads_is_a_mail_all_the_same() {
    for name in ["fetch-unreadable", "fetch-empty"] {
        let mut rig = Rig::start("healthy");
        rig.idling().await;
        rig.server.set_scenario(crate::harness::scenario(name));
        let uid = rig.server.deliver("INBOX", letter("odd"));
        rig.pass(MINUTE).await;
        rig.server.set_scenario(crate::harness::scenario("healthy"));
        rig.pass(10 * MINUTE).await;
        assert_eq!(rig.mails().iter().map(|mail| mail.uid).collect::<Vec<_>>(), [uid], "{name}\n{}", rig.told());
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_no_parser_reads_is_told_after_a_change_of_uidvalidity_too() {
    for name in ["fetch-unreadable", "fetch-empty"] {
        let mut rig = Rig::start("healthy");
        rig.idling().await;
        rig.server.set_scenario(crate::harness::scenario(name));
        rig.server.change_uidvalidity("INBOX");
        let uid = rig.server.deliver("INBOX", letter("odd"));
        rig.pass(MINUTE).await;
        rig.server.set_scenario(crate::harness::scenario("healthy"));
        rig.pass(10 * MINUTE).await;
        assert_eq!(rig.mails().iter().map(|mail| mail.uid).collect::<Vec<_>>(), [uid], "{name}\n{}", rig.told());
    }
}

#[tokio::test(start_paused = true)]
async fn mail_told_around_plus_and_done_is_not_missed() {
    for name in ["exists-before-plus@1", "exists-after-done@1", "flood-after-done@1"] {
        let mut rig = Rig::start(name);
        rig.pass(5 * MINUTE).await;
        rig.server.set_scenario(crate::harness::scenario("healthy"));
        rig.pass(MINUTE).await;
        let there = rig.server.count("INBOX");
        assert!(there > 0, "{name}");
        assert_eq!(rig.mails().len(), there, "{name}\n{}", rig.told());
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_with_a_megabyte_of_subjects_stops_nothing() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let subject = format!("Subject: {}\r\n", "x".repeat(100_000));
    rig.server.deliver("INBOX", NewMessage::raw(format!("From: a@example.org\r\n{}\r\nhi\r\n", subject.repeat(15))));
    rig.server.deliver("INBOX", letter("after it"));
    rig.pass(10 * MINUTE).await;
    let uids: Vec<u32> = rig.mails().iter().map(|mail| mail.uid).collect();
    assert_eq!(uids, [1, 2], "{}", rig.told());
    assert_eq!(rig.server.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_told_once_though_the_user_reconnects_while_it_is_fetched() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    for n in 0..30 {
        rig.server.deliver("INBOX", letter(&n.to_string()));
        rig.until(MINUTE, "catching up", |kind| matches!(kind, EventKind::Phase { to: Phase::CatchingUp, .. })).await;
        rig.command(mailwatch_proto::model::Command::Reconnect);
        rig.pass(S).await;
    }
    rig.pass(MINUTE).await;
    assert_eq!(rig.subjects(), (0..30).map(|n| n.to_string()).collect::<Vec<_>>(), "{}", rig.told());
}
