//! Links that fall silent, tries that hang, and what somebody answers.

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::engine::dials;
use super::*;
use crate::link::hosts::links::Begun;
use crate::link::hosts::unreached::Unreached;

const S: Duration = Duration::from_secs(1);

fn expunge() -> EventKind {
    EventKind::Expunge { count: 1 }
}

#[tokio::test(start_paused = true)]
async fn beside_a_silent_link_others_are_tried_and_one_takes_its_place_with_what_was_not_told_yet() {
    let mut rig = Rig::new(&["mx1"], None);
    let mut first = rig.answered("one").await;
    first.tell(41, expunge()).await;
    rig.event().await;
    rig.until("silent", |board| stands(board, "mx1", HostLink::Silent)).await;
    let silent = Instant::now();
    let hangs = rig.dial().await;
    let mut second = rig.answered("one").await;
    // After 2 s, and 4 s later.
    assert!(silent.elapsed() <= 6 * S, "{:?}", silent.elapsed());
    assert_eq!(second.resume, Some(Resume { engine: "one".to_owned(), after: 41 }));
    rig.until("live again", |board| {
        assert!(!stands(board, "mx1", HostLink::Lost), "it was never lost");
        stands(board, "mx1", HostLink::Up) && phase(board, "mx1/work") == Some(Phase::Idling)
    })
    .await;
    assert!(hangs.hangs_up().await, "nobody waits for the one that hangs");
    drop(first);
    second.tell(42, expunge()).await;
    rig.event().await;
    let answering = tokio::spawn(second.answer_pings());
    assert!(timeout(10 * S, rig.front_end.event()).await.is_err(), "once");
    answering.abort();
}

#[tokio::test(start_paused = true)]
async fn a_hosts_next_canary_goes_with_its_link_and_is_back_with_it() {
    let mut rig = Rig::new(&["mx1"], None);
    let due = DueCanary { mailbox: "INBOX".into(), at: Instant::now().into_std() + 600 * S };
    let board = || {
        let mut board = board_of(Phase::Idling);
        board.canaries.insert("work".into(), due.clone());
        board
    };
    let is_due = |board: &Board| board.canaries.get("mx1/work").is_some_and(|canary| canary.mailbox == due.mailbox);
    let engine = Engine::answer(rig.dial().await, "one", &board()).await;
    rig.until("due", is_due).await;
    engine.over("", None);
    rig.until("unknown", |board| board.canaries.is_empty() && stands(board, "mx1", HostLink::Lost)).await;
    let _back = Engine::answer(rig.dial().await, "one", &board()).await;
    rig.until("due again", is_due).await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_link_that_speaks_again_stays_and_nothing_else_is_tried() {
    let mut rig = Rig::new(&["mx1"], None);
    let mut engine = rig.answered("one").await;
    rig.until("silent", |board| stands(board, "mx1", HostLink::Silent)).await;
    let beside = rig.dial().await;
    engine.tell(7, expunge()).await;
    rig.event().await;
    rig.until("heard again", |board| stands(board, "mx1", HostLink::Up)).await;
    assert!(beside.hangs_up().await);
    let answering = tokio::spawn(engine.answer_pings());
    assert!(timeout(60 * S, rig.dials.recv()).await.is_err());
    answering.abort();
}

#[tokio::test(start_paused = true)]
async fn however_many_tries_hang_one_begins_every_four_seconds_and_one_of_them_has_half_a_minute() {
    let mut rig = Rig::new(&["mx1"], None);
    rig.answered("one").await.over("", None);
    let lost = Instant::now();
    let (mut begun, mut hanging) = (Vec::new(), Vec::new());
    while lost.elapsed() < 120 * S {
        hanging.push(rig.dial().await);
        begun.push(lost.elapsed());
    }
    assert!(begun.windows(2).all(|two| two[1] <= two[0] + 4 * S), "{begun:?}");
    // The first is a patient one: the engine behind it needs 25 s for its board.
    let mut rig = Rig::new(&["mx2"], None);
    let patient = rig.dial().await;
    tokio::time::sleep(25 * S).await;
    let _engine = Engine::answer(patient, "two", &board_of(Phase::Idling)).await;
    rig.until("linked", |board| stands(board, "mx2", HostLink::Up)).await;
}

/// An ssh in the foreground, and how it ended for the user.
async fn answered(rig: &Rig) -> (Dial, oneshot::Receiver<Result<(), Unreached>>) {
    let (reach, mut dials) = dials();
    let setting = HostSetting { name: "mx1".into(), ssh: "me@mx1".to_owned() };
    let carrier = reach.reach(&setting).expect("the test's");
    let (outcome, told) = oneshot::channel();
    let links = rig.front_end.hosts().expect("of hosts");
    links.begun("mx1".into(), Begun { carrier, outcome });
    (dials.recv().await.expect("it is reached"), told)
}

#[tokio::test(start_paused = true)]
async fn where_ssh_wanted_to_ask_the_host_says_so_and_the_link_goes_on_with_what_somebody_answers() {
    let mut rig = Rig::new(&["mx1"], None);
    rig.dial().await.fails("me@mx1: Permission denied (publickey).");
    rig.until("that it asks", |board| board.hosts.get("mx1").is_some_and(|host| host.asks)).await;
    let (dial, mut told) = answered(&rig).await;
    // They look for their passphrase; meanwhile others come to nothing.
    let began = Instant::now();
    while began.elapsed() < 120 * S {
        rig.dial().await.fails("no route to host");
    }
    assert_eq!(told.try_recv(), Err(TryRecvError::Empty));
    let engine = Engine::answer(dial, "one", &board_of(Phase::Idling)).await;
    assert_eq!(timeout(BOUND, told).await.expect("in time"), Ok(Ok(())));
    let board = rig.until("linked", |board| stands(board, "mx1", HostLink::Up)).await;
    assert!(!board.hosts["mx1"].asks);
    // It is a link like any other.
    engine.over("Connection to mx1 closed", Some(ProgramEnd::Badly("exit code 255".to_owned())));
    let board = rig.until("lost", |board| stands(board, "mx1", HostLink::Lost)).await;
    assert_eq!((board.hosts["mx1"].said.as_str(), board.hosts["mx1"].asks), ("ssh: Connection to mx1 closed", false));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_answers_wrongly_or_gives_up_leaves_the_host_as_it_was() {
    let mut rig = Rig::new(&["mx1"], None);
    rig.dial().await.fails("no route to host");
    let (dial, told) = answered(&rig).await;
    dial.fails("me@mx1: Permission denied (publickey).");
    let refused = Unreached::Asks("me@mx1: Permission denied (publickey).".to_owned());
    assert_eq!(timeout(BOUND, told).await.expect("in time"), Ok(Err(refused)));
    rig.until("why", |board| board.hosts.get("mx1").is_some_and(|host| host.asks)).await;
    let (dial, told) = answered(&rig).await;
    drop(told);
    assert!(dial.hangs_up().await);
    assert!(rig.front_end.board.borrow().hosts["mx1"].asks);
}
