//! NEW and UNSEEN follow what becomes of mails: marked here, or by another client, moved, deleted, also while no engine ran.

use imap_misbehave::NewMessage;
use mailwatch_proto::model::{DoneReason, EventKind, Mail, MailKey};

use crate::harness::{MINUTE, Rig, S};
use crate::mailboxes::{all_live, rig};

fn letter(subject: &str) -> NewMessage {
    NewMessage::new("Ann Lee <ann@example.org>", subject)
}

/// NEW and UNSEEN as the board shows them.
fn counts(rig: &Rig) -> (u32, Option<u32>) {
    let mailbox = rig.snapshot().mailbox;
    (mailbox.new, mailbox.unseen)
}

/// A watch that has told so many mails, which nobody has seen, after one that was there before.
async fn with_mails(name: &str, count: u32) -> (Rig, Vec<Mail>) {
    let mut rig = Rig::start(name);
    rig.server.deliver("INBOX", letter("old"));
    rig.idling().await;
    for n in 0..count {
        rig.server.deliver("INBOX", letter(&n.to_string()));
        rig.mail().await;
    }
    rig.pass(S).await;
    assert_eq!(counts(&rig), (count, Some(count + 1)), "{}", rig.told());
    let mails = rig.mails();
    (rig, mails)
}

fn keys(rig: &Rig, mails: &[Mail]) -> Vec<MailKey> {
    mails.iter().map(|mail| mail.key(&rig.id())).collect()
}

fn dones(rig: &Rig) -> usize {
    rig.count(|kind| matches!(kind, EventKind::DoneSent { reason, .. } if *reason != DoneReason::NewMail))
}

#[tokio::test(start_paused = true)]
async fn what_another_client_sees_marks_unseen_again_or_deletes_is_new_no_longer_at_once_and_after_a_restart() {
    let (mut rig, _) = with_mails("healthy", 3).await;
    rig.server.set_flags("INBOX", 2, &["\\Seen"]);
    rig.pass(S).await;
    assert_eq!(counts(&rig), (2, Some(3)), "{}", rig.told());
    rig.server.set_flags("INBOX", 2, &[]);
    rig.pass(S).await;
    assert_eq!(counts(&rig), (2, Some(4)), "what is marked unseen again was new once");
    rig.server.expunge("INBOX", 3);
    rig.pass(S).await;
    assert_eq!(counts(&rig), (1, Some(3)));
    // Numbers have moved.
    rig.server.set_flags("INBOX", 3, &["\\Seen"]);
    rig.pass(S).await;
    assert_eq!(counts(&rig), (0, Some(2)));
    assert_eq!(dones(&rig), 0, "all of it was pushed\n{}", rig.told());
    rig.restart().await;
    rig.idling().await;
    assert_eq!(counts(&rig), (0, Some(2)));
}

#[tokio::test(start_paused = true)]
async fn what_happens_while_no_engine_runs_is_known_once_it_connects() {
    let (mut rig, _) = with_mails("healthy", 4).await;
    rig.stop().await;
    rig.server.set_flags("INBOX", 2, &["\\Seen"]);
    rig.server.expunge("INBOX", 3);
    rig.restart().await;
    rig.idling().await;
    assert_eq!(counts(&rig), (2, Some(3)), "{}", rig.told());
    // They are followed by their new numbers.
    rig.server.set_flags("INBOX", 3, &["\\Seen"]);
    rig.pass(S).await;
    assert_eq!(counts(&rig), (1, Some(2)));
    rig.restart().await;
    rig.idling().await;
    assert_eq!(counts(&rig), (1, Some(2)));
}

#[tokio::test(start_paused = true)]
async fn what_the_user_marks_here_is_new_no_longer_whether_the_server_pushes_it_or_not() {
    let (mut rig, mails) = with_mails("healthy", 4).await;
    let (marked, why) = rig.engine().mark_seen(keys(&rig, &mails[1..2])).await;
    assert_eq!((marked.len(), why), (1, None));
    rig.pass(S).await;
    assert_eq!(counts(&rig), (3, Some(4)), "{}", rig.told());
    let (marked, why) = rig.engine().mark_seen(keys(&rig, &mails)).await;
    assert_eq!((marked.len(), why), (4, None));
    rig.pass(S).await;
    assert_eq!(counts(&rig), (0, Some(1)));
    rig.restart().await;
    rig.idling().await;
    assert_eq!(counts(&rig), (0, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_was_seen_before_it_is_told_is_not_new() {
    let (mut rig, _) = with_mails("healthy", 1).await;
    rig.server.deliver("INBOX", letter("read elsewhere").flag("\\Seen"));
    rig.mail().await;
    rig.pass(S).await;
    assert_eq!(counts(&rig), (1, Some(2)));
    rig.restart().await;
    rig.idling().await;
    assert_eq!(counts(&rig), (1, Some(2)));
}

#[tokio::test(start_paused = true)]
async fn in_mailboxes_that_share_a_connection_it_is_known_with_the_next_look() {
    for name in ["healthy", "no-notify"] {
        let boxes = ["a", "b", "c"];
        let mut rig = rig(name, &boxes, &boxes, 1);
        all_live(&mut rig, 3).await;
        let new = |rig: &Rig| {
            let mailbox = rig.snapshot_of("c").expect("there").mailbox;
            (mailbox.new, mailbox.unseen)
        };
        for n in 0..3 {
            rig.server.deliver("c", letter(&n.to_string()));
        }
        rig.until_board(10 * MINUTE, "all told", |rig| rig.mails().len() == 3).await;
        rig.until_board(10 * MINUTE, "counted", |rig| new(rig) == (3, Some(3))).await;
        rig.server.set_flags("c", 1, &["\\Seen"]);
        rig.until_board(10 * MINUTE, "seen by another", |rig| new(rig) == (2, Some(2))).await;
        rig.server.expunge("c", 2);
        rig.until_board(10 * MINUTE, "deleted by another", |rig| new(rig) == (1, Some(1))).await;
        rig.restart().await;
        all_live(&mut rig, 3).await;
        rig.until_board(10 * MINUTE, "after a restart", |rig| new(rig) == (1, Some(1))).await;
    }
}
