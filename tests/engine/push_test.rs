//! The push test: what it measures, what it says where it fails, and that it leaves nothing behind.

use std::sync::Arc;
use std::time::Duration;

use imap_misbehave::{NewMessage, Server};
use mailwatch_engine::dial::Dial;
use mailwatch_engine::history::{Canary, History, WatchKey};
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::push_test::{PushStep, PushTest};
use mailwatch_engine::secret::{AccountSecrets, TypedPasswords};
use mailwatch_proto::model::{EventKind, FoundBy, Origin, Timer, Timers, Verdict};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::harness::{InProcess, MINUTE, Rig, S, account, scenario};

struct Bench {
    server: Server,
    history: History,
}

impl Bench {
    fn new(name: &str) -> Self {
        Self { server: Server::new(scenario(name)), history: History::in_process() }
    }

    fn test(&self) -> PushTest {
        let dial: Arc<dyn Dial> = Arc::new(InProcess(self.server.clone()));
        let secrets = Arc::new(AccountSecrets::new(Arc::clone(&dial), TypedPasswords::default()));
        PushTest::new(
            account(&["INBOX"]),
            "INBOX",
            (dial, secrets),
            (self.history.clone(), LoginGovernor::in_process()),
        )
    }

    /// Tests, and returns what was told.
    async fn run(&self, times: u32) -> (bool, Vec<PushStep>) {
        carried_out(&self.test(), times).await
    }

    async fn left(&self) -> (usize, usize) {
        let noted = self.history.canaries_left(&format!("{}@localhost", imap_misbehave::USER)).await.expect("read");
        (self.server.count("INBOX"), noted.len())
    }
}

/// Tests, and returns what was told.
async fn carried_out(test: &PushTest, times: u32) -> (bool, Vec<PushStep>) {
    let (tx, mut told) = mpsc::unbounded_channel();
    let well = test.run(times, &CancellationToken::new(), &tx).await;
    drop(tx);
    let mut all = Vec::new();
    while let Some(what) = told.recv().await {
        all.push(what);
    }
    (well, all)
}

#[tokio::test(start_paused = true)]
async fn what_is_added_is_announced_and_removed_each_time() {
    let bench = Bench::new("healthy");
    bench.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "stays"));
    let (well, told) = bench.run(3).await;
    assert!(well, "{told:?}");
    let announced = told.iter().filter(|told| matches!(told, PushStep::Announced(took) if *took < S)).count();
    let removed = told.iter().filter(|told| matches!(told, PushStep::Removed(_))).count();
    assert_eq!((announced, removed), (3, 3), "{told:?}");
    assert_eq!(bench.left().await, (1, 0), "the mail that was there stays");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_announce_is_told_from_one_that_is_late() {
    for (name, at_done) in [("never-announces", false), ("announces-at-done", true)] {
        let bench = Bench::new(name);
        let (well, told) = bench.run(1).await;
        let waited = Duration::from_secs(150);
        assert!(told.contains(&PushStep::NotAnnounced { waited, at_done }), "{name}: {told:?}");
        assert_eq!((well, bench.left().await), (false, (0, 0)), "{name}: {told:?}");
    }
    let bench = Bench::new("announces-each-minute");
    let (well, told) = bench.run(1).await;
    assert!(well && told.contains(&PushStep::Announced(MINUTE)), "{told:?}");
    assert_eq!(bench.left().await, (0, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_added_where_it_could_not_be_removed() {
    let bench = Bench::new("healthy");
    let rules =
        "no-uidplus: x\n  on CAPABILITY -> instead \"* CAPABILITY IMAP4rev1 IDLE\"; raw \"{tag} OK done\\r\\n\"\n";
    bench.server.set_scenario(imap_misbehave::Scenario::read(rules).expect("rules").remove(0).0);
    let (well, told) = bench.run(1).await;
    assert!(matches!(told.as_slice(), [PushStep::Failed(fault)] if fault.message.contains("UIDPLUS")), "{told:?}");
    assert_eq!((well, bench.left().await), (false, (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_it_at_any_moment_leaves_nothing_behind() {
    for after in (0..400).step_by(7) {
        let bench = Bench::new("announces-each-minute+slow-examine=40ms+late-plus=60ms");
        let (stop, test) = (CancellationToken::new(), bench.test());
        let (tx, mut told) = mpsc::unbounded_channel();
        let running = test.run(2, &stop, &tx);
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(after)).await;
            stop.cancel();
        };
        let (well, ()) = tokio::join!(running, stopping);
        assert!(!well, "after {after} ms");
        assert_eq!(bench.left().await, (0, 0), "after {after} ms");
        drop(tx);
        let mut last = None;
        while let Some(what) = told.recv().await {
            last = Some(what);
        }
        assert_eq!(last, Some(PushStep::Stopped), "after {after} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_kill_left_behind_is_removed_by_the_next_and_nothing_else_is() {
    for after in (0..400).step_by(7) {
        let bench = Bench::new("announces-each-minute+slow-examine=40ms+late-plus=60ms");
        bench.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "stays"));
        let (stop, test) = (CancellationToken::new(), bench.test());
        let (tx, _told) = mpsc::unbounded_channel();
        // Dropped where it stands, as by kill -9.
        let running = tokio::time::timeout(Duration::from_millis(after), test.run(1, &stop, &tx)).await;
        assert!(running.is_err(), "after {after} ms");
        let (well, told) = bench.run(1).await;
        assert!(well, "after {after} ms: {told:?}");
        assert_eq!(bench.left().await, (1, 0), "after {after} ms: {told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_on_the_same_history_tells_of_mail_and_not_of_what_was_added() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let bench = Bench { server: rig.server.clone(), history: rig.history.clone() };
    let (well, told) = bench.run(2).await;
    assert!(well, "{told:?}");
    rig.pass(MINUTE).await;
    assert_eq!(rig.mails(), [], "{}", rig.told());
    assert!(rig.count(|kind| matches!(kind, EventKind::Exists { .. })) >= 2);
    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
    let mail = rig.mail().await;
    assert_eq!((mail.subject.as_str(), mail.found), ("Friday?", FoundBy::Push));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_only_looks_like_one_is_mail() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let key = WatchKey {
        account: "work".into(),
        login: format!("{}@localhost", imap_misbehave::USER),
        mailbox: "INBOX".into(),
    };
    let canary = |id: &str| Canary { key: key.clone(), message_id: id.to_owned(), at: std::time::SystemTime::now() };
    rig.history.add_canary(canary("known@mailwatch-tui.invalid")).await.expect("kept");
    // One that was not seen at first sight though its id is known, and one whose id nobody wrote down.
    rig.server
        .deliver("INBOX", NewMessage::new("Eve <eve@example.org>", "one").message_id("known@mailwatch-tui.invalid"));
    rig.mail().await;
    let forged =
        NewMessage::new("Eve <eve@example.org>", "two").message_id("forged@mailwatch-tui.invalid").flag("\\Seen");
    rig.server.deliver("INBOX", forged);
    rig.mail().await;
    assert_eq!(rig.subjects(), ["one", "two"]);
}

/// What must not be told of a push test.
fn telling(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::NewMail(_) | EventKind::Expunge { .. } | EventKind::Contradiction { .. } | EventKind::Hint { .. }
    )
}

#[tokio::test(start_paused = true)]
async fn an_engine_times_its_own_idle_and_tells_nothing_of_it() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let (well, told) = carried_out(&rig.push_test(), 3).await;
    assert!(well && told.contains(&PushStep::Ready { own: true }), "{told:?}");
    let announced = told.iter().filter(|told| matches!(told, PushStep::Announced(took) if *took < S)).count();
    assert_eq!(announced, 3, "{told:?}");
    rig.pass(MINUTE).await;
    assert_eq!(rig.count(telling), 0, "{}", rig.told());
    assert_eq!((rig.server.count("INBOX"), rig.snapshot().mailbox.exists, rig.snapshot().mailbox.new), (0, Some(0), 0));
    // What APPEND taught of the server's clock is enough to say how late a mail is.
    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
    let mail = rig.mail().await;
    assert!(mail.late.is_some(), "{mail:?}");
}

#[tokio::test(start_paused = true)]
async fn an_engine_whose_connections_are_all_in_use_is_tested_with_one_more() {
    let mut rig = Rig::tuned("healthy", |account| account.max_connections = 1);
    rig.idling().await;
    let (well, told) = carried_out(&rig.push_test(), 1).await;
    assert!(well && told.contains(&PushStep::Ready { own: true }), "{told:?}");
    assert_eq!((rig.count(telling), rig.server.count("INBOX")), (0, 0), "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn one_message_that_is_not_announced_is_the_verdict() {
    let mut rig = Rig::tuned("never-announces", |account| account.timers = with_reissue(10 * MINUTE));
    rig.idling().await;
    let (well, told) = carried_out(&rig.push_test(), 1).await;
    let not = |told: &PushStep| matches!(told, PushStep::NotAnnounced { waited, .. } if *waited == 150 * S);
    assert!(!well && told.iter().any(not), "{told:?}");
    rig.pass(S).await;
    let finding = rig.snapshot().finding.expect("a conclusion");
    assert_eq!((finding.verdict, finding.mails.len()), (Verdict::NotPushing, 1), "{finding:?}");
    assert_eq!((rig.count(telling), rig.server.count("INBOX")), (0, 0), "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_looks_by_itself_is_late_and_an_idle_that_ends_first_proves_by_its_length() {
    let mut rig = Rig::start("announces-each-minute");
    rig.idling().await;
    let (well, told) = carried_out(&rig.push_test(), 1).await;
    let late = |told: &PushStep| matches!(told, PushStep::Announced(took) if (50 * S..=MINUTE).contains(took));
    assert!(well && told.iter().any(late), "{told:?}");
    let mut rig = Rig::tuned("never-announces", |account| account.timers = with_reissue(2 * MINUTE));
    rig.idling().await;
    let (well, told) = carried_out(&rig.push_test(), 1).await;
    let not = |told: &PushStep| matches!(told, PushStep::NotAnnounced { waited, .. } if *waited <= 2 * MINUTE);
    assert!(!well && told.iter().any(not), "{told:?}");
    assert_eq!(rig.server.count("INBOX"), 0);
}

/// By threads and the system's own locks, as two processes: without a paused clock.
#[tokio::test]
async fn another_process_takes_no_message_of_a_test_that_runs_for_one_that_was_left_behind() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = Server::new(scenario("never-announces"));
    let bench = || Bench { server: server.clone(), history: History::open(dir.path()).0 };
    let run = |bench: &Bench| {
        let (test, stop) = (bench.test(), CancellationToken::new());
        let (tx, told) = mpsc::unbounded_channel();
        let stopped = stop.clone();
        (tokio::spawn(async move { test.run(1, &stopped, &tx).await }), stop, told)
    };
    let (one, two) = (bench(), bench());
    let (first, stop_first, mut told) = run(&one);
    while !matches!(told.recv().await.expect("it goes on"), PushStep::Added(_)) {}
    let (second, stop_second, mut of_second) = run(&two);
    // It waits for as long as the first runs.
    assert!(tokio::time::timeout(S / 5, of_second.recv()).await.is_err());
    assert_eq!(server.count("INBOX"), 1);
    stop_first.cancel();
    first.await.expect("no panic");
    assert_eq!(of_second.recv().await, Some(PushStep::Ready { own: false }), "nothing was left behind");
    stop_second.cancel();
    second.await.expect("no panic");
    assert_eq!(one.left().await, (0, 0));
    for bench in [one, two] {
        bench.history.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_instance_on_the_same_mailbox_tells_nothing_of_it_either() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let mut other = Rig::on(rig.server.clone(), rig.account.clone(), History::in_process());
    other.idling().await;
    let (well, told) = carried_out(&rig.push_test(), 3).await;
    assert!(well, "{told:?}");
    other.pass(MINUTE).await;
    assert_eq!(other.count(telling), 0, "{}", other.told());
}

#[tokio::test(start_paused = true)]
async fn a_forged_one_is_told_as_mail_and_never_deleted() {
    let text = "From: Eve <eve@example.org>\r\nSubject: {name}\r\nMessage-ID: <{name}@mailwatch-tui.invalid>\r\n\
        X-Mailwatch-Canary: {name}\r\n{more}\r\nHello\r\n";
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let forged = [
        ("sent", "Received: from a by b; Fri, 2 Jan 2026 03:04:05 +0000\r\n", Some("\\Seen")),
        ("returned", "Return-Path: <eve@example.org>\r\n", Some("\\Seen")),
        ("unseen", "", None),
    ];
    for (name, more, flag) in forged {
        let message = NewMessage::raw(text.replace("{name}", name).replace("{more}", more));
        rig.server.deliver("INBOX", flag.map_or(message.clone(), |flag| message.flag(flag)));
        rig.mail().await;
    }
    assert_eq!(rig.subjects(), ["sent", "returned", "unseen"]);
    let (well, told) = carried_out(&rig.push_test(), 1).await;
    assert!(well, "{told:?}");
    rig.pass(MINUTE).await;
    assert_eq!((rig.server.count("INBOX"), rig.subjects().len()), (3, 3));
}

fn with_reissue(value: Duration) -> Timers {
    Timers::default().with(Timer::Reissue, Some(value), Origin::Config)
}
