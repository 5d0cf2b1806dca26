//! What a service manager receives, on a socket of the tests.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use mailwatch_engine::link::{Link, Publisher, link};
use mailwatch_proto::model::{Fault, FaultClass, Finding, Phase, Snapshot, Timer, Timers, Verdict, WatchId};
use tokio::time::{advance, timeout};

use super::*;

const S: Duration = Duration::from_secs(1);

/// The service manager's end, and the board.
struct Rig {
    manager: UnixDatagram,
    _directory: tempfile::TempDir,
    link: Link,
    service: Service,
}

impl Rig {
    fn start(watches: &[&str], watchdog: Option<Duration>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path: PathBuf = directory.path().join("notify");
        let manager = UnixDatagram::bind(&path).expect("a socket");
        manager.set_nonblocking(true).expect("ours");
        let socket = Socket::to(path.as_os_str()).expect("a path");
        let service = Service::new(Some(socket), watchdog, ["work"], Instant::now());
        let link = link(watches.iter().map(|mailbox| WatchId::new("work", mailbox)), 16, false);
        Self { manager, _directory: directory, link, service }
    }

    fn publisher(&self) -> &Publisher {
        &self.link.publisher
    }

    fn show(&self, mailbox: &str, change: impl FnOnce(&mut Snapshot)) {
        let id = WatchId::new("work", mailbox);
        let mut snapshot = Snapshot::new(id, Timers::default(), Instant::now().into_std());
        change(&mut snapshot);
        self.publisher().show(snapshot);
    }

    fn phase(&self, mailbox: &str, phase: Phase) {
        self.show(mailbox, |snapshot| snapshot.phase = phase);
    }

    /// Polls for so long; returns the messages received, in order.
    async fn received_within(&mut self, time: Duration) -> Vec<String> {
        let (board, commander) = view_of(&self.link.front_end);
        let Err(_) = timeout(time, self.service.attend(board, commander)).await;
        self.received()
    }

    fn received(&self) -> Vec<String> {
        let mut buffer = [0; 4096];
        let next = || {
            let length = self.manager.recv(&mut buffer).ok()?;
            Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
        };
        std::iter::from_fn(next).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_once_every_watch_has_succeeded_or_failed_once() {
    let mut rig = Rig::start(&["INBOX", "Lists"], None);
    assert_eq!(rig.received_within(S).await, ["STATUS=0 of 0 live"]);
    rig.phase("INBOX", Phase::Idling);
    rig.phase("Lists", Phase::Connecting);
    assert_eq!(rig.received_within(2 * S).await, ["STATUS=1 of 2 live"]);
    rig.show("Lists", |lists| {
        lists.phase = Phase::Waiting;
        lists.fault = Some(Fault::retry_after(FaultClass::Dns, "no such\nhost"));
    });
    let received = rig.received_within(2 * S).await;
    assert_eq!(received, ["READY=1", "STATUS=1 of 2 live, 1 waiting; work/Lists: dns: no such host"]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_succeeded_between_two_looks_was_tried() {
    let mut rig = Rig::start(&["INBOX"], None);
    rig.phase("INBOX", Phase::Finishing);
    assert_eq!(rig.received_within(S).await[0], "READY=1");
    let mut rig = Rig::start(&["INBOX"], None);
    rig.show("INBOX", |inbox| inbox.connection.attempt = 1);
    assert_eq!(rig.received_within(S).await[0], "READY=1");
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_after_a_while_though_a_watch_hangs_and_says_so_once() {
    let mut rig = Rig::start(&["INBOX"], None);
    rig.phase("INBOX", Phase::Connecting);
    assert!(!rig.received_within(READY_BY.saturating_sub(S)).await.contains(&"READY=1".to_owned()));
    assert_eq!(rig.received_within(2 * S).await, ["READY=1"]);
    rig.phase("INBOX", Phase::Idling);
    assert_eq!(rig.received_within(READY_BY).await, ["STATUS=1 of 1 live"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_mailboxes_are_still_to_be_found_is_waited_for() {
    let mut rig = Rig::start(&[], None);
    assert_eq!(rig.received_within(S).await, ["STATUS=0 of 0 live"]);
    let _commands = rig.publisher().open(&WatchId::new("work", "Lists"));
    rig.phase("Lists", Phase::Polling);
    assert_eq!(rig.received_within(2 * S).await, ["READY=1", "STATUS=1 of 1 live"]);
}

#[tokio::test(start_paused = true)]
async fn between_one_idle_and_the_next_the_status_stays_and_changes_are_told_once_a_second() {
    let mut rig = Rig::start(&["INBOX"], None);
    let live = Finding { verdict: Verdict::Live, text: String::new(), evidence: None, mails: Vec::new() };
    rig.show("INBOX", |inbox| (inbox.phase, inbox.finding) = (Phase::Idling, Some(live.clone())));
    rig.received_within(S).await;
    for phase in [Phase::Finishing, Phase::CatchingUp, Phase::Requested, Phase::Idling] {
        rig.show("INBOX", |inbox| (inbox.phase, inbox.finding) = (phase, Some(live.clone())));
        assert_eq!(rig.received_within(2 * S).await, [""; 0], "{phase}");
    }
    let publisher = rig.publisher().clone();
    let flapping = tokio::spawn(async move {
        for n in 0..100_u64 {
            let phase = if n % 2 == 0 { Phase::Waiting } else { Phase::Idling };
            let now = Instant::now().into_std();
            let id = WatchId::new("work", "INBOX");
            publisher.show(Snapshot { phase, ..Snapshot::new(id, Timers::default(), now) });
            tokio::time::sleep(Duration::from_millis(70)).await;
        }
    });
    let received = rig.received_within(7 * S).await;
    flapping.await.expect("no panic");
    assert!((1..=8).contains(&received.len()), "{received:?}");
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_hears_twice_in_its_time_and_nothing_wakes_without_one() {
    let mut rig = Rig::start(&["INBOX"], Some(30 * S));
    rig.phase("INBOX", Phase::Idling);
    let received = rig.received_within(60 * S).await;
    assert_eq!(received.iter().filter(|message| *message == "WATCHDOG=1").count(), 5, "{received:?}");
    let mut rig = Rig::start(&["INBOX"], None);
    rig.phase("INBOX", Phase::Idling);
    assert_eq!(rig.received_within(600 * S).await, ["READY=1", "STATUS=1 of 1 live"]);
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_hears_nothing_while_a_watch_is_stuck() {
    let mut rig = Rig::start(&["INBOX"], Some(20 * S));
    let due = Instant::now().into_std() + 5 * S;
    rig.show("INBOX", |inbox| (inbox.phase, inbox.deadline) = (Phase::Idling, Some((due, Timer::Reissue))));
    let received = rig.received_within(55 * S).await;
    assert_eq!(received.iter().filter(|message| *message == "WATCHDOG=1").count(), 6, "merely late: {received:?}");
    let received = rig.received_within(60 * S).await;
    assert_eq!(received, ["WATCHDOG=1", "STATUS=stuck: work/INBOX"], "{received:?}");
    rig.phase("INBOX", Phase::Idling);
    let received = rig.received_within(11 * S).await;
    assert!(received.contains(&"WATCHDOG=1".to_owned()), "it went on after all: {received:?}");
    assert_eq!(rig.received_within(2 * S).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_reload_is_told_with_its_moment_and_not_before_the_start_is_over() {
    let mut rig = Rig::start(&["INBOX"], None);
    rig.service.reloading();
    rig.service.reloaded();
    assert_eq!(rig.received(), [""; 0]);
    rig.phase("INBOX", Phase::Idling);
    rig.received_within(S).await;
    rig.service.reloading();
    rig.service.reloaded();
    rig.service.stopping();
    let received = rig.received();
    let [reloading, ready, stopping] = received.as_slice() else { panic!("{received:?}") };
    let stamp = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect("a moment");
    assert!(stamp.parse::<u64>().is_ok_and(|micros| micros > 0), "{stamp}");
    assert_eq!((ready.as_str(), stopping.as_str()), ("READY=1", "STOPPING=1\nSTATUS=logging out"));
}

#[tokio::test(start_paused = true)]
async fn a_service_manager_that_does_not_read_or_is_gone_holds_nothing_up() {
    let mut rig = Rig::start(&["INBOX"], Some(2 * S));
    rig.phase("INBOX", Phase::Idling);
    // More than its queue holds.
    let (board, commander) = view_of(&rig.link.front_end);
    let Err(_) = timeout(5000 * S, rig.service.attend(board, commander)).await;
    assert!(rig.received().len() > 2);
    rig.manager = UnixDatagram::unbound().expect("a socket");
    rig.manager.set_nonblocking(true).expect("ours");
    advance(S).await;
    assert_eq!(rig.received_within(10 * S).await, [""; 0]);
}

#[test]
fn an_address_that_is_none_is_refused() {
    for name in ["notify", "vsock:2:1234", "@"] {
        assert!(Socket::to(name.as_ref()).is_err(), "{name}");
    }
}
