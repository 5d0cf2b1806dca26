//! Mailboxes that come, go, and take other names.

use imap_misbehave::Server;
use mailwatch_engine::history::History;
use mailwatch_proto::model::{DoneReason, EventKind, FaultClass, Phase, Served};

use crate::harness::{MINUTE, Rig, S, account, scenario};
use crate::mailboxes::{all_live, letter, rig};

#[tokio::test(start_paused = true)]
async fn wildcards_and_uses_find_their_mailboxes_and_leave_the_others() {
    let server = Server::new(scenario("healthy"));
    for mailbox in ["lists/rust", "lists/rust/old", "lists/Entwürfe & mehr", "other"] {
        server.create(mailbox);
    }
    server.create_for("Gesendet", "\\Sent");
    let cases: [(&[&str], &[&str]); 5] = [
        (&["lists/%"], &["lists/Entwürfe & mehr", "lists/rust"]),
        (&["lists/*"], &["lists/Entwürfe & mehr", "lists/rust", "lists/rust/old"]),
        (&["\\Sent"], &["Gesendet"]),
        (&["%"], &["Gesendet", "INBOX", "other"]),
        (&["other", "l%", "*/rust", "INBOX"], &["INBOX", "lists/rust", "other"]),
    ];
    for (wanted, found) in cases {
        let mut rig = Rig::on(server.clone(), account(wanted), History::in_process());
        all_live(&mut rig, found.len()).await;
        let mailboxes: Vec<String> = rig.phases_by_mailbox().into_iter().map(|(mailbox, _)| mailbox).collect();
        assert_eq!(mailboxes, found, "{wanted:?}");
        assert!(mailboxes.iter().all(|name| rig.snapshot_of(name).expect("there").sharing.served == Served::Own));
        for mailbox in found {
            server.deliver(mailbox, letter(mailbox));
        }
        rig.pass(MINUTE).await;
        assert_eq!(rig.mails().len(), found.len(), "{wanted:?}\n{}", rig.told());
        rig.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_appears_is_watched_and_its_mail_told() {
    for (name, within) in [("healthy", S), ("no-notify", 6 * MINUTE)] {
        for connections in [1, 8] {
            let mut rig = rig(name, &["lists/a"], &["INBOX", "lists/*"], connections);
            all_live(&mut rig, 2).await;
            rig.pass(20 * MINUTE).await;
            rig.server.deliver("lists/new", letter("the first"));
            rig.until(within, "new mail", |kind| matches!(kind, EventKind::NewMail(_))).await;
            all_live(&mut rig, 3).await;
            rig.server.deliver("lists/new", letter("the second"));
            rig.pass(10 * MINUTE).await;
            let told = |subject: &str, gap| ("lists/new".to_owned(), subject.to_owned(), gap);
            assert_eq!(
                rig.mails_by_mailbox(),
                [told("the first", true), told("the second", false)],
                "{name} {connections}\n{}",
                rig.told()
            );
            rig.restart().await;
            rig.pass(10 * MINUTE).await;
            assert_eq!(rig.mails().len(), 2, "{name} {connections}: nothing twice");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_s_mailbox_that_vanishes_ends_and_leaves_the_board() {
    for name in ["healthy", "no-notify"] {
        for connections in [1, 8] {
            let mut rig = rig(name, &["lists/a", "lists/b"], &["INBOX", "lists/*"], connections);
            all_live(&mut rig, 3).await;
            rig.server.remove("lists/a");
            rig.until(6 * MINUTE, "the end", |kind| matches!(kind, EventKind::Phase { to: Phase::Ended, .. })).await;
            let ended = rig.events.last().and_then(|event| event.watch.clone()).expect("a watch's");
            assert_eq!(&*ended.mailbox, "lists/a", "{name} {connections}");
            all_live(&mut rig, 2).await;
            assert_eq!(rig.watches(), ["work/INBOX", "work/lists/b"]);
            rig.server.deliver("lists/b", letter("still"));
            rig.pass(5 * MINUTE).await;
            assert_eq!(rig.subjects(), ["still"], "{name} {connections}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_s_new_mailbox_is_seen_within_a_minute_also_without_notify() {
    for name in ["healthy", "no-notify", "no-notify+no-idle"] {
        for connections in [1, 8] {
            let mut rig = rig(name, &["lists/a"], &["INBOX", "lists/*"], connections);
            all_live(&mut rig, 2).await;
            for (mailbox, apart) in [("lists/b", 10), ("lists/c", 57), ("lists/d", 200)] {
                rig.pass(apart * S).await;
                rig.server.create(mailbox);
                let watch = format!("work/{mailbox}");
                rig.until_board(MINUTE, mailbox, |rig| rig.watches().contains(&watch)).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_comes_or_goes_ends_the_idle_for_a_turn_and_a_mail_in_it_for_new_mail() {
    type Change = fn(&Rig);
    let mut rig = rig("healthy", &["lists/a"], &["INBOX", "lists/*"], 1);
    all_live(&mut rig, 2).await;
    let changes: [(Change, DoneReason); 4] = [
        (|rig| assert!(rig.server.remove("lists/a")), DoneReason::Turn),
        (|rig| rig.server.create("lists/b"), DoneReason::Turn),
        (|rig| assert_eq!(rig.server.deliver("lists/b", letter("mail")), 1), DoneReason::NewMail),
        (|rig| assert_eq!(rig.server.deliver("INBOX", letter("mail")), 1), DoneReason::NewMail),
    ];
    for (number, (change, wanted)) in changes.into_iter().enumerate() {
        rig.pass(20 * S).await;
        let before = rig.events.len();
        change(&rig);
        rig.pass(5 * S).await;
        let reasons: Vec<_> = rig.events[before..]
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::DoneSent { reason, .. } => Some(*reason),
                _ => None,
            })
            .collect();
        assert_eq!(reasons.first(), Some(&wanted), "{number}: {reasons:?}\n{}", rig.told());
    }
}

#[tokio::test(start_paused = true)]
async fn a_renamed_mailbox_goes_on_under_its_new_name_and_tells_nothing_twice() {
    for name in ["healthy", "no-notify"] {
        for connections in [1, 8] {
            let mut rig = rig(name, &["lists/a"], &["INBOX", "lists/*"], connections);
            rig.server.deliver("lists/a", letter("baseline"));
            all_live(&mut rig, 2).await;
            rig.server.deliver("lists/a", letter("told"));
            rig.mail().await;
            rig.pass(S).await;
            assert!(rig.server.rename("lists/a", "lists/b"));
            rig.server.deliver("lists/b", letter("after it"));
            rig.pass(10 * MINUTE).await;
            all_live(&mut rig, 2).await;
            assert_eq!(rig.watches(), ["work/INBOX", "work/lists/b"]);
            assert_eq!(rig.subjects(), ["told", "after it"], "{name} {connections}\n{}", rig.told());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_named_shared_mailbox_that_is_not_there_says_so_and_is_taken_up_when_it_appears() {
    for name in ["healthy", "no-notify"] {
        let mut rig = rig(name, &[], &["INBOX", "gone"], 1);
        rig.until(MINUTE, "the fault", |kind| {
            matches!(kind, EventKind::Fault { class: FaultClass::Mailbox, retry: false, .. })
        })
        .await;
        rig.pass(10 * MINUTE).await;
        let snapshot = rig.snapshot_of("gone").expect("there");
        assert_eq!(snapshot.phase, Phase::Failed, "{name}");
        let faults = rig.count(|kind| matches!(kind, EventKind::Fault { class: FaultClass::Mailbox, .. }));
        assert_eq!(faults, 1, "{name}: said once");
        assert_eq!(rig.snapshot_of("INBOX").expect("there").phase, Phase::Idling, "{name}");
        rig.server.deliver("gone", letter("here"));
        all_live(&mut rig, 2).await;
        rig.server.deliver("gone", letter("and again"));
        rig.pass(5 * MINUTE).await;
        assert_eq!(rig.subjects().last().map(String::as_str), Some("and again"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sharing_connection_whose_own_mailbox_is_gone_serves_the_others_on() {
    for name in ["healthy", "no-notify"] {
        let mut rig = rig(name, &["home", "a"], &["home", "a"], 1);
        all_live(&mut rig, 2).await;
        rig.server.remove("home");
        rig.until_board(MINUTE, "failed", |rig| rig.snapshot_of("home").is_some_and(|w| w.phase == Phase::Failed))
            .await;
        rig.server.deliver("a", letter("served"));
        rig.pass(5 * MINUTE).await;
        assert_eq!(rig.subjects(), ["served"], "{name}\n{}", rig.told());
        let home = rig.snapshot_of("home").expect("there");
        assert_eq!(home.phase, Phase::Failed, "{name}");
        assert!(home.fault.is_some_and(|fault| fault.class == FaultClass::Mailbox), "{name}");
        rig.server.create("home");
        rig.pass(10 * MINUTE).await;
        all_live(&mut rig, 2).await;
        rig.server.deliver("home", letter("back"));
        rig.pass(5 * MINUTE).await;
        assert_eq!(rig.subjects(), ["served", "back"], "{name}\n{}", rig.told());
    }
}
