//! A mail read where watches have all connections: one watch makes room, within every limit, and no mail goes untold.

use std::time::Duration;

use imap_misbehave::{Answer, Fault, Scenario, Server, Step};
use mailwatch_engine::history::History;
use mailwatch_proto::model::{EventKind, FaultClass, MailKey, Served};

use crate::harness::{MINUTE, Rig, S, account, scenario};
use crate::mailboxes::{all_live, letter};

const WORDS: &str = "[LIMIT] Maximum number of connections from user+IP exceeded (mail_max_userip_connections)";

/// An account that wants these mailboxes, all of which are there.
fn rig(scenario: Scenario, wanted: &[&str], connections: u16) -> Rig {
    let server = Server::new(scenario);
    for mailbox in wanted.iter().filter(|name| **name != "INBOX") {
        server.create(mailbox);
    }
    let mut account = account(wanted);
    account.max_connections = connections;
    Rig::on(server, account, History::in_process())
}

fn limited(open: usize) -> Scenario {
    Scenario::of(Fault::Limit { open, to: Step::Login, with: Answer::No(WORDS.to_owned()) })
}

/// A mail of INBOX that was told.
async fn told(rig: &mut Rig) -> MailKey {
    rig.server.deliver("INBOX", letter("to be read").text("Friday at five.\r\n"));
    let key = rig.mail().await.key(&rig.id());
    rig.pass(10 * S).await;
    key
}

async fn read(rig: &Rig, key: &MailKey) {
    let mail = rig.engine().read_mail(key).await.expect("it can be read");
    assert_eq!(mail.text, "Friday at five.");
}

fn own(rig: &Rig) -> Vec<String> {
    let board = rig.board();
    let own = board.watches.iter().filter(|(_, watch)| watch.sharing.served == Served::Own);
    own.map(|(id, _)| id.mailbox.to_string()).collect()
}

/// How often the server has refused a login.
fn refused(rig: &Rig) -> usize {
    let logins = |line: &str| line.contains(" AUTHENTICATE ") || line.contains(" LOGIN ");
    let asked = rig.server.log().iter().filter(|logged| logins(&logged.line)).count();
    asked - rig.server.logins()
}

#[tokio::test(start_paused = true)]
async fn where_all_are_in_use_the_last_mailbox_shares_a_connection_for_as_long_as_mails_are_read() {
    let mut rig = rig(limited(3), &["INBOX", "a", "b"], 3);
    all_live(&mut rig, 3).await;
    let key = told(&mut rig).await;
    read(&rig, &key).await;
    assert_eq!((own(&rig), rig.server.open_connections()), (vec!["INBOX".to_owned(), "a".to_owned()], 3));
    rig.pass(30 * S).await;
    read(&rig, &key).await;
    let (marked, why) = rig.engine().mark_seen(vec![key]).await;
    assert_eq!((marked.len(), why), (1, None));
    rig.server.deliver("b", letter("meanwhile"));
    rig.pass(50 * S).await;
    assert_eq!(rig.subjects(), ["to be read", "meanwhile"], "{}", rig.told());
    rig.pass(20 * S).await;
    all_live(&mut rig, 3).await;
    assert_eq!((own(&rig).len(), rig.server.open_connections()), (3, 3), "{}", rig.told());
    rig.server.deliver("b", letter("afterwards"));
    rig.pass(MINUTE).await;
    assert_eq!(rig.subjects(), ["to be read", "meanwhile", "afterwards"], "{}", rig.told());
    assert_eq!((refused(&rig), rig.connection_limit()), (0, None), "the server never saw one too many");
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_told_once_wherever_it_comes_while_a_watch_makes_room_and_has_it_again() {
    for after in (0..1000).step_by(90).chain((59_000..64_000).step_by(410)) {
        let mut rig = rig(limited(3).and(scenario("slow-examine=40ms+late-plus=60ms")), &["INBOX", "a", "b"], 3);
        all_live(&mut rig, 3).await;
        let key = told(&mut rig).await;
        let reading = rig.engine().read_mail(&key);
        let reading = tokio::spawn(reading);
        rig.pass(Duration::from_millis(after)).await;
        for mailbox in ["a", "b"] {
            rig.server.deliver(mailbox, letter(mailbox));
        }
        rig.pass(5 * MINUTE).await;
        assert!(reading.await.expect("no panic").is_ok(), "after {after} ms");
        let mut told = rig.subjects();
        told.sort();
        assert_eq!(told, ["a", "b", "to be read"], "after {after} ms: {}", rig.told());
        assert_eq!((own(&rig).len(), refused(&rig)), (3, 0), "after {after} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_the_server_tells_at_the_reading_is_learned_and_not_passed_again() {
    let mut rig = rig(limited(3), &["INBOX", "a", "b"], 8);
    all_live(&mut rig, 3).await;
    let key = told(&mut rig).await;
    read(&rig, &key).await;
    assert_eq!((refused(&rig), rig.connection_limit()), (1, Some(3)), "{}", rig.told());
    rig.pass(2 * MINUTE).await;
    assert_eq!(own(&rig).len(), 3, "{}", rig.told());
    read(&rig, &key).await;
    assert_eq!((refused(&rig), own(&rig).len()), (1, 2), "from then on a watch makes room before");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_watches_have_met_is_kept_by_who_reads() {
    let mut rig = rig(limited(3), &["INBOX", "a", "b", "c", "d"], 8);
    all_live(&mut rig, 5).await;
    let key = told(&mut rig).await;
    let before = (rig.connection_limit(), refused(&rig));
    assert!(before.0.is_some() && own(&rig).len() == 3, "{}", rig.told());
    read(&rig, &key).await;
    assert_eq!((rig.connection_limit(), refused(&rig)), before, "{}", rig.told());
    assert_eq!(own(&rig).len(), 2);
    for mailbox in ["a", "b", "c", "d"] {
        rig.server.deliver(mailbox, letter(mailbox));
    }
    rig.pass(3 * MINUTE).await;
    assert_eq!((rig.subjects().len(), own(&rig).len()), (5, 3), "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn beside_the_only_connection_one_more_is_made_for_a_moment_and_never_where_the_server_allows_none() {
    let mut rig = rig(scenario("healthy"), &["INBOX"], 1);
    rig.idling().await;
    let key = told(&mut rig).await;
    read(&rig, &key).await;
    assert_eq!(rig.server.open_connections(), 2);
    rig.pass(8 * S).await;
    assert_eq!(rig.server.open_connections(), 1);

    let mut rig = self::rig(limited(1), &["INBOX"], 1);
    rig.idling().await;
    let key = told(&mut rig).await;
    for _ in 0..3 {
        let why = rig.engine().read_mail(&key).await.expect_err("there is no room");
        assert!(why.contains("all connections of work are in use"), "{why}");
    }
    assert_eq!(refused(&rig), 1, "it is asked once, and not again");
    let troubles = rig.count(|kind| matches!(kind, EventKind::Fault { class, .. } if *class == FaultClass::Limit));
    assert_eq!((troubles, own(&rig).len()), (0, 1), "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn what_is_done_by_itself_moves_no_watch() {
    let mut rig = rig(limited(2), &["INBOX", "a"], 2);
    all_live(&mut rig, 2).await;
    rig.pass(MINUTE).await;
    assert_eq!(rig.engine().special_uses().own_mail("work").await, None);
    assert_eq!((own(&rig).len(), refused(&rig)), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_is_given_up_gives_back_what_was_lent() {
    let mut rig = rig(limited(3), &["INBOX", "a", "b"], 3);
    all_live(&mut rig, 3).await;
    let key = told(&mut rig).await;
    for after in [0, 1, 5, 20, 100] {
        let reading = rig.engine().read_mail(&key);
        drop(tokio::time::timeout(Duration::from_millis(after), reading).await);
        rig.pass(2 * MINUTE).await;
        all_live(&mut rig, 3).await;
        assert_eq!(own(&rig).len(), 3, "after {after} ms: {}", rig.told());
    }
    assert_eq!(refused(&rig), 0);
}
