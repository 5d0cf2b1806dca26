//! The canary: when it comes, what is told of it, and that nothing is left of it whatever ends the engine.

use std::time::Duration;

use imap_misbehave::{NewMessage, Server};
use mailwatch_engine::history::History;
use mailwatch_engine::push_test::PushStep;
use mailwatch_proto::model::{EventKind, FaultClass, Hooks, Phase, Verdict};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::harness::{MINUTE, Rig, S, account, scenario};

const HOUR: Duration = Duration::from_hours(1);

fn every(time: Duration) -> Hooks {
    Hooks::default().with_canary(Some(time))
}

/// What must not be told of a canary.
fn telling(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::NewMail(_)
            | EventKind::Expunge { .. }
            | EventKind::Flags { .. }
            | EventKind::Contradiction { .. }
            | EventKind::Hint { .. }
    )
}

fn canaries(rig: &Rig) -> usize {
    rig.count(|kind| matches!(kind, EventKind::Canary { announced: Some(took), removed: true } if *took < S))
}

/// How long it is until the next one in INBOX, as the board says.
fn due_in(rig: &Rig) -> Option<Duration> {
    let canary = rig.board().canaries.get(&rig.id().account).cloned()?;
    assert_eq!(&*canary.mailbox, "INBOX");
    Some(canary.at.saturating_duration_since(tokio::time::Instant::now().into_std()))
}

#[tokio::test(start_paused = true)]
async fn it_comes_at_its_interval_and_nothing_else_is_told_of_it() {
    let mut rig = Rig::tuned("healthy", |account| account.hooks = every(HOUR));
    rig.idling().await;
    rig.pass(4 * MINUTE).await;
    assert_eq!(canaries(&rig), 1, "{}", rig.told());
    rig.pass(50 * MINUTE).await;
    assert_eq!(canaries(&rig), 1, "{}", rig.told());
    rig.pass(16 * MINUTE).await;
    assert_eq!((canaries(&rig), rig.count(telling)), (2, 0), "{}", rig.told());
    assert_eq!((rig.server.count("INBOX"), rig.snapshot().mailbox.new), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn it_is_off_by_default_and_turned_on_and_off_without_connecting_anew() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.pass(3 * HOUR).await;
    let connected = |rig: &Rig| rig.count(|kind| matches!(kind, EventKind::Phase { to: Phase::Connecting, .. }));
    assert_eq!((canaries(&rig), connected(&rig)), (0, 1));
    let mut account = rig.account.clone();
    account.hooks = every(HOUR);
    rig.reconfigure(vec![account.clone()]).await;
    rig.pass(5 * MINUTE).await;
    assert_eq!((canaries(&rig), connected(&rig)), (1, 1), "{}", rig.told());
    account.hooks = Hooks::default();
    rig.reconfigure(vec![account]).await;
    rig.pass(3 * HOUR).await;
    assert_eq!((canaries(&rig), connected(&rig)), (1, 1), "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn the_board_says_when_the_next_is_due_while_there_is_one() {
    let mut rig = Rig::tuned("healthy", |account| account.hooks = every(HOUR));
    rig.idling().await;
    rig.pass(S).await;
    let first = due_in(&rig).expect("the first is due");
    assert!(first <= 3 * MINUTE, "{first:?}");
    rig.pass(first + 10 * S).await;
    assert_eq!(canaries(&rig), 1, "{}", rig.told());
    let next = due_in(&rig).expect("the next is due");
    assert!(next > 53 * MINUTE && next <= 66 * MINUTE, "{next:?}");
    rig.pass(next + 10 * S).await;
    assert_eq!(canaries(&rig), 2, "{}", rig.told());
    let mut account = rig.account.clone();
    account.hooks = Hooks::default();
    rig.reconfigure(vec![account]).await;
    rig.pass(S).await;
    assert!(due_in(&rig).is_none());
    let mut account = rig.account.clone();
    account.hooks = every(HOUR);
    rig.reconfigure(vec![account]).await;
    rig.pass(S).await;
    assert!(due_in(&rig).is_some());
    rig.reconfigure(Vec::new()).await;
    assert!(due_in(&rig).is_none(), "an account that is gone");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_announced_is_the_verdict() {
    let mut rig = Rig::tuned("never-announces", |account| account.hooks = every(HOUR));
    rig.idling().await;
    rig.pass(12 * MINUTE).await;
    let not = rig.count(|kind| matches!(kind, EventKind::Canary { announced: None, removed: true }));
    assert_eq!((not, rig.server.count("INBOX")), (1, 0), "{}", rig.told());
    assert_eq!(rig.snapshot().finding.expect("a conclusion").verdict, Verdict::NotPushing);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_where_it_could_not_be_removed_and_that_is_said() {
    let rules =
        "no-uidplus: x\n  on CAPABILITY -> instead \"* CAPABILITY IMAP4rev1 IDLE\"; raw \"{tag} OK done\\r\\n\"\n";
    let server = Server::new(imap_misbehave::Scenario::read(rules).expect("rules").remove(0).0);
    let mut account = account(&["INBOX"]);
    account.hooks = every(HOUR);
    let mut rig = Rig::on(server, account, History::in_process());
    rig.idling().await;
    rig.pass(40 * MINUTE).await;
    let said = |kind: &EventKind| matches!(kind, EventKind::Fault { class: FaultClass::Mailbox, message, .. } if message.contains("UIDPLUS"));
    assert_eq!((rig.count(said), rig.server.count("INBOX")), (1, 0), "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn what_a_kill_leaves_is_gone_once_the_next_engine_has_connected_and_nothing_is_told() {
    for after in (0..400).step_by(19) {
        let server = Server::new(scenario("announces-each-minute+slow-examine=40ms+late-plus=60ms"));
        server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "stays"));
        let mut rig = Rig::on(server, account(&["INBOX"]), History::in_process());
        rig.idling().await;
        rig.pass(S).await;
        let (test, stop) = (rig.push_test(), CancellationToken::new());
        let (tx, _told) = mpsc::unbounded_channel();
        // Dropped where it stands, as by kill -9.
        let running = tokio::time::timeout(Duration::from_millis(after), test.run(1, &stop, &tx)).await;
        assert!(running.is_err(), "after {after} ms");
        rig.restart().await;
        rig.idling().await;
        rig.pass(2 * MINUTE).await;
        assert_eq!((rig.server.count("INBOX"), rig.mails().len()), (1, 0), "after {after} ms: {}", rig.told());
        let left = rig.history.canaries_left(&format!("{}@localhost", imap_misbehave::USER)).await.expect("read");
        assert_eq!(left, [], "after {after} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_kill_leaves_after_the_watch_has_seen_it_goes_without_a_word_too() {
    // The last message of a mailbox, and one beside another.
    for others in 0..2 {
        let server = Server::new(scenario("healthy"));
        for _ in 0..others {
            server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "stays"));
        }
        let mut rig = Rig::on(server, account(&["INBOX"]), History::in_process());
        rig.idling().await;
        rig.pass(S).await;
        let (test, stop) = (rig.push_test(), CancellationToken::new());
        let (tx, mut told) = mpsc::unbounded_channel();
        // Dropped where it stands, as by kill -9.
        tokio::select! {
            _ended = test.run(1, &stop, &tx) => panic!("it removes its message first"),
            () = async { while !matches!(told.recv().await, Some(PushStep::Announced(_))) {} } => {}
        }
        drop(test);
        rig.restart().await;
        rig.idling().await;
        rig.pass(2 * MINUTE).await;
        assert_eq!((rig.server.count("INBOX"), rig.count(telling)), (others, 0), "{}", rig.told());
        rig.server.expunge("INBOX", 1);
        rig.pass(MINUTE).await;
        assert_eq!(rig.count(|kind| matches!(kind, EventKind::Expunge { count: 1 })), others, "{}", rig.told());
    }
}
