//! More mailboxes than connections, and mailboxes that come and go: each mail told once, with its mailbox.

use std::collections::BTreeSet;

use imap_misbehave::{NewMessage, Server};
use mailwatch_engine::history::History;
use mailwatch_proto::model::{Command, DoneReason, EventKind, FaultClass, Phase, Served};

use crate::harness::{MINUTE, Rig, S, account, scenario};

pub fn letter(subject: &str) -> NewMessage {
    NewMessage::new("Ann Lee <ann@example.org>", subject)
}

/// A server with these mailboxes besides INBOX, and an account that wants these.
pub fn rig(name: &str, there: &[&str], wanted: &[&str], connections: u16) -> Rig {
    let server = Server::new(scenario(name));
    for mailbox in there {
        server.create(mailbox);
    }
    let mut account = account(wanted);
    account.max_connections = connections;
    Rig::on(server, account, History::in_process())
}

pub fn names(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("box/{n:02}")).collect()
}

/// Until every watch is told of new mail, or asked for it.
pub async fn all_live(rig: &mut Rig, watches: usize) {
    rig.until_board(5 * MINUTE, "all live", |rig| {
        let phases = rig.phases_by_mailbox();
        phases.len() == watches && phases.iter().all(|(_, phase)| matches!(phase, Phase::Idling | Phase::Polling))
    })
    .await;
}

async fn each_mailbox_tells_of_its_mail(name: &str, connections: u16, served: Served) {
    let names = names(20);
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rig = rig(name, &all, &all, connections);
    rig.server.deliver("box/07", letter("old"));
    all_live(&mut rig, 20).await;
    assert_eq!(rig.server.accepted(), usize::from(connections), "{name}");
    let shared = all.iter().filter(|name| rig.snapshot_of(name).expect("there").sharing.served == served).count();
    assert_eq!(shared, 20 - usize::from(connections), "{name}");
    for mailbox in &all {
        rig.server.deliver(mailbox, letter(mailbox));
    }
    rig.until_board(5 * MINUTE, "all told", |rig| rig.mails().len() >= 20).await;
    rig.pass(20 * MINUTE).await;
    let told: BTreeSet<_> = rig.mails_by_mailbox().into_iter().collect();
    let expected: BTreeSet<_> = names.iter().map(|name| (name.clone(), name.clone(), false)).collect();
    assert_eq!((told, rig.mails().len()), (expected, 20), "{name}\n{}", rig.told());
    assert_eq!(rig.server.accepted(), usize::from(connections), "{name}: no connection was lost over it");
    rig.stop().await;
    assert_eq!(rig.server.open_connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn twenty_mailboxes_on_four_connections_are_told_of_by_notify_or_asked_in_turn() {
    each_mailbox_tells_of_its_mail("healthy", 4, Served::Notify).await;
    each_mailbox_tells_of_its_mail("no-notify", 4, Served::Status).await;
    each_mailbox_tells_of_its_mail("notify-no", 4, Served::Status).await;
}

#[tokio::test(start_paused = true)]
async fn one_connection_serves_all() {
    each_mailbox_tells_of_its_mail("healthy", 1, Served::Notify).await;
    each_mailbox_tells_of_its_mail("no-notify", 1, Served::Status).await;
    each_mailbox_tells_of_its_mail("no-notify+no-idle", 1, Served::Status).await;
}

#[tokio::test(start_paused = true)]
async fn notify_tells_at_once_and_a_turn_comes_with_the_poll_timer() {
    for (name, within) in [("healthy", S), ("no-notify", 2 * MINUTE + S)] {
        let mut rig = rig(name, &["a", "b"], &["INBOX", "a", "b"], 1);
        all_live(&mut rig, 3).await;
        rig.pass(10 * S).await;
        rig.server.deliver("b", letter("hello"));
        rig.until(within, "new mail", |kind| matches!(kind, EventKind::NewMail(_))).await;
        assert_eq!(rig.mails_by_mailbox(), [("b".to_owned(), "hello".to_owned(), false)], "{name}");
        assert_eq!(rig.snapshot_of("b").expect("there").mailbox.new, 1);
        assert_eq!(rig.snapshot_of("b").expect("there").mailbox.exists, Some(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_mailbox_s_mail_of_a_gap_is_told_once_and_marked_and_its_blind_time_counted() {
    for name in ["healthy", "no-notify"] {
        let mut rig = rig(name, &["a"], &["INBOX", "a"], 1);
        all_live(&mut rig, 2).await;
        rig.server.set_scenario(scenario("no-greeting"));
        rig.server.drop_connections();
        rig.until(MINUTE, "connecting", |kind| matches!(kind, EventKind::Phase { to: Phase::Connecting, .. })).await;
        rig.server.deliver("a", letter("in the gap"));
        rig.pass(5 * MINUTE).await;
        assert!(rig.snapshot_of("a").expect("there").blind.since.is_some(), "{name}\n{}", rig.told());
        rig.server.set_scenario(scenario(name));
        all_live(&mut rig, 2).await;
        rig.pass(10 * MINUTE).await;
        assert_eq!(rig.mails_by_mailbox(), [("a".to_owned(), "in the gap".to_owned(), true)], "{name}");
        let blind = rig.snapshot_of("a").expect("there").blind;
        assert!(blind.since.is_none() && blind.today >= 5 * MINUTE, "{name}: {blind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_mailbox_s_mail_that_came_while_the_program_was_not_running_is_told_at_its_start() {
    for name in ["healthy", "no-notify"] {
        let mut rig = rig(name, &["a"], &["INBOX", "a"], 1);
        rig.server.deliver("a", letter("baseline"));
        all_live(&mut rig, 2).await;
        rig.confirm_nothing();
        rig.server.deliver("a", letter("unconfirmed"));
        rig.mail().await;
        rig.stop().await;
        rig.server.deliver("a", letter("missed"));
        rig.confirm_again();
        rig.restart().await;
        rig.pass(10 * MINUTE).await;
        assert_eq!(rig.subjects(), ["unconfirmed", "unconfirmed", "missed"], "{name}");
        rig.restart().await;
        rig.pass(10 * MINUTE).await;
        assert_eq!(rig.mails().len(), 3, "{name}: told and confirmed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_mailbox_s_new_uidvalidity_tells_what_is_new_and_nothing_else() {
    for name in ["healthy", "no-notify"] {
        let mut rig = rig(name, &["a"], &["INBOX", "a"], 1);
        rig.server.deliver("a", letter("baseline"));
        all_live(&mut rig, 2).await;
        rig.server.deliver("a", letter("told"));
        rig.mail().await;
        rig.server.change_uidvalidity("a");
        rig.server.deliver("a", letter("after the change"));
        rig.pass(20 * MINUTE).await;
        assert_eq!(rig.subjects(), ["told", "after the change"], "{name}\n{}", rig.told());
    }
}

#[tokio::test(start_paused = true)]
async fn what_notify_could_not_tell_is_looked_at_and_it_is_asked_again() {
    let mut rig = rig("notify-overflow=30s@1", &["a", "b"], &["INBOX", "a", "b"], 1);
    all_live(&mut rig, 3).await;
    rig.until(
        MINUTE,
        "the overflow",
        |kind| matches!(kind, EventKind::Alert { text } if text.contains("NOTIFY overflowed")),
    )
    .await;
    rig.server.deliver("a", letter("after it"));
    rig.until(5 * S, "new mail", |kind| matches!(kind, EventKind::NewMail(_))).await;
    rig.pass(3 * MINUTE).await;
    // Each IDLE overflows here, so that from the second on the mailboxes are asked in turn.
    assert_eq!(rig.snapshot_of("a").expect("there").sharing.served, Served::Status);
    rig.server.deliver("b", letter("in turn"));
    rig.pass(5 * MINUTE).await;
    assert_eq!(rig.subjects(), ["after it", "in turn"], "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn a_paused_sharing_connection_serves_the_others_on_and_a_paused_shared_mailbox_is_left_alone() {
    for name in ["healthy", "no-notify"] {
        let mut rig = rig(name, &["a", "b"], &["INBOX", "a", "b"], 1);
        all_live(&mut rig, 3).await;
        rig.command_to("INBOX", Command::Pause);
        rig.command_to("b", Command::Pause);
        rig.pass(10 * S).await;
        for mailbox in ["INBOX", "a", "b"] {
            rig.server.deliver(mailbox, letter(mailbox));
        }
        rig.pass(10 * MINUTE).await;
        assert_eq!(rig.subjects(), ["a"], "{name}\n{}", rig.told());
        assert_eq!(rig.snapshot_of("INBOX").expect("there").phase, Phase::Paused);
        assert_eq!(rig.snapshot_of("b").expect("there").phase, Phase::Paused);
        rig.command_to("INBOX", Command::Resume);
        rig.command_to("b", Command::Resume);
        rig.pass(10 * S).await;
        all_live(&mut rig, 3).await;
        let mut told = rig.mails_by_mailbox();
        told.sort();
        let mail = |mailbox: &str, gap| (mailbox.to_owned(), mailbox.to_owned(), gap);
        assert_eq!(told, [mail("INBOX", true), mail("a", false), mail("b", true)], "{name}");
        assert_eq!(rig.server.accepted(), 1, "{name}: one connection all the while");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shared_mailbox_can_be_looked_at_at_once() {
    let mut rig = rig("no-notify", &["a"], &["INBOX", "a"], 1);
    all_live(&mut rig, 2).await;
    rig.pass(10 * S).await;
    rig.server.deliver("a", letter("now"));
    rig.command_to("a", Command::Done);
    rig.until(S, "new mail", |kind| matches!(kind, EventKind::NewMail(_))).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_at_all_fits_until_something_does() {
    let mut rig = rig("healthy", &[], &["lists/*"], 2);
    rig.until(MINUTE, "the fault", |kind| {
        matches!(kind, EventKind::Fault { class: FaultClass::Mailbox, retry: true, message } if message.contains("lists/*"))
    })
    .await;
    assert_eq!(rig.watches(), ["work/lists/*"]);
    rig.server.deliver("lists/a", letter("first"));
    rig.pass(6 * MINUTE).await;
    assert_eq!(rig.watches(), ["work/lists/a"]);
    assert_eq!(rig.subjects(), ["first"], "{}", rig.told());
    rig.server.remove("lists/a");
    rig.pass(10 * MINUTE).await;
    assert_eq!(rig.watches(), ["work/lists/*"], "{}", rig.told());
    rig.stop().await;
    assert_eq!(rig.server.open_connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_with_a_wrong_password_says_so_and_costs_one_login() {
    let mut rig = rig("auth-failure", &[], &["*"], 2);
    rig.pass(20 * MINUTE).await;
    assert_eq!(rig.phases_by_mailbox(), [("*".to_owned(), Phase::Failed)]);
    let logins = rig.server.log().iter().filter(|logged| logged.line.contains("AUTHENTICATE")).count();
    assert_eq!(logins, 1);
}

#[tokio::test(start_paused = true)]
async fn a_sharing_connection_that_ignores_done_is_replaced_with_all_that_share_it() {
    for name in ["healthy", "no-notify"] {
        let mut rig = rig(&format!("{name}+ignores-done-forever=1s@1"), &["a"], &["INBOX", "a"], 1);
        all_live(&mut rig, 2).await;
        rig.until(5 * MINUTE, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
        rig.server.deliver("a", letter("told over the second connection"));
        all_live(&mut rig, 2).await;
        rig.pass(10 * MINUTE).await;
        assert_eq!(rig.subjects(), ["told over the second connection"], "{name}\n{}", rig.told());
        let replaced = |event: &&mailwatch_proto::model::Event| {
            matches!(event.kind, EventKind::Replaced { .. })
                && event.watch.as_ref().is_some_and(|id| &*id.mailbox == "a")
        };
        assert_eq!(rig.events.iter().filter(replaced).count(), 1, "{name}");
        assert_eq!(rig.server.accepted(), 2, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_account_by_notify_wakes_for_its_proof_of_life_alone() {
    let mut rig = rig("healthy", &["a", "b"], &["INBOX", "a", "b"], 1);
    all_live(&mut rig, 3).await;
    rig.pass(40 * MINUTE).await;
    let reissued = rig.count(|kind| matches!(kind, EventKind::DoneSent { reason: DoneReason::Reissue, .. }));
    assert_eq!((rig.server.dones(), reissued), (9, 9), "DONE each four minutes is the proof of life");
}

#[tokio::test(start_paused = true)]
async fn mail_that_notify_does_not_tell_of_is_found_and_notify_relied_on_no_longer() {
    let mut rig = rig("notify-deaf", &["a", "b"], &["INBOX", "a", "b"], 1);
    all_live(&mut rig, 3).await;
    assert_eq!(rig.snapshot_of("a").expect("there").sharing.served, Served::Notify);
    for subject in ["one", "two"] {
        rig.server.deliver("a", letter(subject));
        rig.until(4 * MINUTE + S, "new mail", |kind| matches!(kind, EventKind::NewMail(_))).await;
        rig.pass(S).await;
    }
    assert_eq!(rig.snapshot_of("b").expect("there").sharing.served, Served::Status, "{}", rig.told());
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Alert { text } if text.contains("missed new mail"))), 1);
    rig.server.deliver("b", letter("three"));
    rig.until(2 * MINUTE + S, "new mail", |kind| matches!(kind, EventKind::NewMail(_))).await;
    assert_eq!(rig.subjects(), ["one", "two", "three"]);
}

#[tokio::test(start_paused = true)]
async fn a_reloaded_account_may_come_to_share_connections_and_no_longer() {
    let mut rig = rig("healthy", &["a", "b"], &["INBOX", "a"], 2);
    all_live(&mut rig, 2).await;
    rig.server.deliver("a", letter("one"));
    rig.mail().await;
    let mut crowded = rig.account.clone();
    crowded.mailboxes = ["INBOX", "a", "b"].map(str::to_owned).to_vec();
    assert_eq!(rig.reconfigure(vec![crowded.clone()]).await.to_string(), "config read: 3 added, 2 removed, 0 kept");
    all_live(&mut rig, 3).await;
    rig.server.deliver("a", letter("two"));
    rig.mail().await;
    assert_eq!(rig.reconfigure(vec![crowded]).await.to_string(), "config read: no watch changed");
    let plain = rig.account.clone();
    rig.reconfigure(vec![plain]).await;
    all_live(&mut rig, 2).await;
    rig.server.deliver("a", letter("three"));
    rig.mail().await;
    rig.pass(MINUTE).await;
    assert_eq!(rig.subjects(), ["one", "two", "three"], "{}", rig.told());
    assert_eq!(rig.watches(), ["work/INBOX", "work/a"]);
}

#[tokio::test(start_paused = true)]
async fn fewer_connections_than_configured_are_told_until_they_are_configured() {
    let mut rig = rig("one-connection", &["a", "b"], &["INBOX", "a", "b"], 8);
    all_live(&mut rig, 3).await;
    assert_eq!(rig.connection_limit(), Some(1), "{}", rig.told());
    let account = mailwatch_proto::model::Account { max_connections: 1, ..rig.account.clone() };
    rig.reconfigure(vec![account]).await;
    all_live(&mut rig, 3).await;
    assert_eq!(rig.connection_limit(), None);
    // More is not asked for any more.
    let accepted = rig.server.accepted();
    rig.pass(60 * MINUTE).await;
    assert_eq!((rig.connection_limit(), rig.server.accepted()), (None, accepted), "{}", rig.told());
}
