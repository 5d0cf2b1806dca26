//! Hosts whose engines say what a test has them say, under the paused clock: no ssh, no socket.

mod engine;
mod sharing;
mod silence;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use self::engine::{Dial, Engine, dials};
use super::*;
use crate::link::hub::Attach;
use crate::link::protocol::Resume;
use crate::link::{Ending, Link, link};
use mailwatch_proto::model::{
    Board, Command, DueCanary, Event, EventKind, HostLink, MailKey, Phase, Snapshot, Timers, WatchId, WireDirection,
    WireLine,
};

/// Of the paused clock: nothing waits for as long.
const BOUND: Duration = Duration::from_mins(10);

/// A screen's end of the link, and what dials to its hosts.
struct Rig {
    front_end: FrontEnd,
    requests: RequestClient<()>,
    dials: mpsc::UnboundedReceiver<Dial>,
    network: watch::Sender<()>,
}

impl Rig {
    fn new(hosts: &[&str], local: Option<Local<()>>) -> Self {
        let hosts = hosts.iter().map(|name| HostSetting { name: (*name).into(), ssh: format!("me@{name}") }).collect();
        let (reach, dials) = dials();
        let hello = FrontEndHello {
            version: 1,
            program: "test 1".to_owned(),
            role: "test".to_owned(),
            ..FrontEndHello::default()
        };
        let greeting = Greeting { hello, accounts: Vec::new(), ui: || (), linked: |_: &mut FrontEnd, _, _| {} };
        let (network, changes) = watch::channel(());
        let (front_end, requests) = merged(hosts, local, (&reach, &greeting), &changes, JoinSet::new());
        Self { front_end, requests, dials, network }
    }

    /// The next try to reach a host.
    async fn dial(&mut self) -> Dial {
        timeout(BOUND, self.dials.recv()).await.expect("a try in time").expect("the reach is there")
    }

    /// The next try, which an engine answers that shows this one watch.
    async fn answered(&mut self, run: &str) -> Engine {
        let dial = self.dial().await;
        Engine::answer(dial, run, &board_of(Phase::Idling)).await
    }

    async fn until(&mut self, what: &str, fits: impl FnMut(&Board) -> bool) -> Board {
        let board = timeout(BOUND, self.front_end.board.wait_for(fits)).await;
        board.unwrap_or_else(|_| panic!("not in time: {what}")).expect("the board is there").clone()
    }

    async fn event(&mut self) -> Event {
        timeout(BOUND, self.front_end.event()).await.expect("an event in time").expect("the link is there")
    }
}

fn inbox(account: &str) -> WatchId {
    WatchId::new(account, "INBOX")
}

/// An engine's board: `work/INBOX` in this phase.
fn board_of(phase: Phase) -> Board {
    let mut snapshot = Snapshot::new(inbox("work"), Timers::default(), Instant::now().into_std());
    snapshot.phase = phase;
    let mut board = Board::default();
    board.watches.insert(snapshot.id.clone(), Arc::new(snapshot));
    board
}

fn phase(board: &Board, account: &str) -> Option<Phase> {
    board.watches.get(&inbox(account)).map(|watch| watch.phase)
}

fn stands(board: &Board, host: &str, link: HostLink) -> bool {
    board.hosts.get(host).is_some_and(|host| host.link == link)
}

#[tokio::test(start_paused = true)]
async fn accounts_of_one_name_on_three_machines_are_three_and_a_command_reaches_the_engine_of_its_own_alone() {
    let (feed, local) = mpsc::channel(1);
    let mut rig = Rig::new(&["mx1", "mx2"], Some(local));
    let Link { publisher, mut commands, front_end, .. } = link([inbox("work")], 64, false);
    publisher.change(|board| *board = board_of(Phase::Idling));
    drop(front_end);
    let own = (publisher.attach(&Attach::default()), RequestClient::absent(), None);
    assert!(feed.send(own).await.is_ok());
    let (mut first, mut second) = (rig.answered("one").await, rig.answered("two").await);
    if first.host == "mx2" {
        std::mem::swap(&mut first, &mut second);
    }
    let names = ["work", "mx1/work", "mx2/work"];
    rig.until("three watches", |board| names.iter().all(|name| phase(board, name) == Some(Phase::Idling))).await;

    let commander = rig.front_end.commander().clone();
    assert!(commander.send(&inbox("mx2/work"), Command::Done).is_ok());
    assert_eq!(second.command().await, (Command::Done, vec![inbox("work")]));
    assert!(commander.send(&inbox("work"), Command::Pause).is_ok());
    let mut own = commands.remove(&inbox("work")).expect("its commands");
    assert_eq!(timeout(BOUND, own.recv()).await, Ok(Some(Command::Pause)));
    assert!(commander.send(&inbox("mx1/work"), Command::Reconnect).is_ok());
    assert_eq!(first.command().await, (Command::Reconnect, vec![inbox("work")]));

    second.tell(7, EventKind::Expunge { count: 1 }).await;
    publisher.publish(engine::event(EventKind::Expunge { count: 1 }));
    let mut told = [rig.event().await.watch, rig.event().await.watch];
    told.sort();
    assert_eq!(told, [Some(inbox("mx2/work")), Some(inbox("work"))]);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_falls_silent_is_asked_then_not_shown_as_live_then_given_up_and_made_again() {
    let mut rig = Rig::new(&["mx1"], None);
    let _engine = rig.answered("one").await;
    rig.until("a live watch", |board| phase(board, "mx1/work") == Some(Phase::Idling)).await;
    let heard = Instant::now();
    let board = rig.until("silent", |board| stands(board, "mx1", HostLink::Silent)).await;
    let took = heard.elapsed();
    assert!(took <= Duration::from_secs(6), "{took:?}");
    assert_eq!(
        phase(&rig.until("not live", |board| phase(board, "mx1/work") != Some(Phase::Idling)).await, "mx1/work"),
        Some(Phase::Waiting)
    );
    assert_eq!(board.hosts["mx1"].since, heard.into_std(), "the age is that of the last sign of life");
    rig.until("given up", |board| stands(board, "mx1", HostLink::Lost)).await;
    let took = heard.elapsed();
    assert!(took >= Duration::from_secs(15) && took <= Duration::from_secs(17), "{took:?}");
    let lost = Instant::now();
    let _back = rig.answered("one").await;
    assert!(lost.elapsed() <= Duration::from_secs(2), "{:?}", lost.elapsed());
    rig.until("live again", |board| {
        stands(board, "mx1", HostLink::Up) && phase(board, "mx1/work") == Some(Phase::Idling)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_answers_its_pings_is_live_however_little_happens() {
    let mut rig = Rig::new(&["mx1"], None);
    let engine = rig.answered("one").await;
    rig.until("linked", |board| stands(board, "mx1", HostLink::Up)).await;
    let answering = tokio::spawn(engine.answer_pings());
    let other =
        timeout(Duration::from_mins(5), rig.front_end.board.wait_for(|board| !stands(board, "mx1", HostLink::Up)));
    assert!(other.await.is_err(), "it stands");
    answering.abort();
}

#[tokio::test(start_paused = true)]
async fn why_a_link_is_over_is_what_the_engine_said_else_what_ssh_says_else_how_it_ended() {
    let badly = |how: &str| ProgramEnd::Badly(how.to_owned());
    let cases = [
        (Some(Ending::Signal), "", Some(ProgramEnd::Well), "the engine there has ended: stopped by a signal"),
        (None, "", Some(ProgramEnd::Well), "the engine there is gone without a word"),
        (
            None,
            "Timeout, server mx1 not responding.",
            Some(badly("exit code 255")),
            "ssh: Timeout, server mx1 not responding.",
        ),
        (None, "", Some(badly("killed by signal 9")), "ssh has ended: killed by signal 9"),
        (None, "", None, "ssh has closed the link"),
    ];
    for (ending, words, end, why) in cases {
        let mut rig = Rig::new(&["mx1"], None);
        let mut engine = rig.answered("one").await;
        rig.until("linked", |board| stands(board, "mx1", HostLink::Up)).await;
        if let Some(ending) = ending {
            engine.ends(ending).await;
        }
        engine.over(words, end);
        let board = rig.until("lost", |board| stands(board, "mx1", HostLink::Lost)).await;
        assert_eq!(board.hosts["mx1"].said, why);
        assert_eq!(
            phase(&rig.until("not live", |board| phase(board, "mx1/work") != Some(Phase::Idling)).await, "mx1/work"),
            Some(Phase::Waiting)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_ssh_said_before_the_link_stood_is_not_why_it_ends() {
    let mut rig = Rig::new(&["mx1"], None);
    let dial = rig.dial().await;
    dial.says("Warning: Permanently added 'mx1' to the list of known hosts.");
    let engine = Engine::answer(dial, "one", &board_of(Phase::Idling)).await;
    rig.until("linked", |board| stands(board, "mx1", HostLink::Up)).await;
    engine.over("", Some(ProgramEnd::Badly("killed by signal 9".to_owned())));
    let board = rig.until("lost", |board| stands(board, "mx1", HostLink::Lost)).await;
    assert_eq!(board.hosts["mx1"].said, "ssh has ended: killed by signal 9");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cannot_be_reached_is_tried_again_with_longer_pauses_and_at_once_when_asked_or_the_network_changes()
{
    let mut rig = Rig::new(&["mx1"], None);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let began = Instant::now();
        rig.dial().await.fails("me@mx1: Permission denied (publickey).");
        pauses.push(began.elapsed().as_secs());
    }
    assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 30, 30]);
    let board = rig.until("why", |board| !board.hosts["mx1"].said.is_empty()).await;
    assert_eq!(board.hosts["mx1"].said, "me@mx1: Permission denied (publickey).");
    assert_eq!(board.hosts["mx1"].link, HostLink::Connecting, "it has never stood");
    let began = Instant::now();
    rig.front_end.hosts().expect("the hosts").again("mx1");
    rig.dial().await.fails("");
    rig.network.send_modify(|()| {});
    rig.dial().await.fails("");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_was_there_is_tried_within_four_seconds_for_ten_minutes_and_then_more_seldom() {
    let mut rig = Rig::new(&["mx1"], None);
    let engine = rig.answered("one").await;
    rig.until("linked", |board| stands(board, "mx1", HostLink::Up)).await;
    engine.over("", None);
    let lost = Instant::now();
    let (mut soon, mut later) = (Vec::new(), Vec::new());
    while lost.elapsed() < Duration::from_mins(12) {
        let began = Instant::now();
        rig.dial().await.fails("no route to host");
        let pauses = if lost.elapsed() <= Duration::from_mins(10) { &mut soon } else { &mut later };
        pauses.push(began.elapsed().as_secs());
    }
    assert_eq!(soon[..3], [2, 4, 4]);
    assert!(soon.iter().all(|pause| *pause <= 4), "{soon:?}");
    // The first was decided on within the ten minutes.
    assert_eq!(later[..5], [4, 8, 16, 30, 30]);
}

#[tokio::test(start_paused = true)]
async fn a_link_goes_on_where_the_one_before_left_off_also_where_nothing_but_the_trace_was_told_between() {
    let mut rig = Rig::new(&["mx1"], None);
    let mut engine = rig.answered("one").await;
    assert_eq!(engine.resume, Some(Resume { engine: String::new(), after: 0 }));
    engine.tell(41, EventKind::Expunge { count: 1 }).await;
    rig.event().await;
    engine.over("", None);
    let mut engine = rig.answered("one").await;
    assert_eq!(engine.resume, Some(Resume { engine: "one".to_owned(), after: 41 }));
    engine.trace(WireLine { direction: WireDirection::Server, text: "* 1 EXISTS".to_owned() }).await;
    rig.event().await;
    engine.over("", None);
    assert_eq!(rig.answered("one").await.resume, Some(Resume { engine: "one".to_owned(), after: 41 }));
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_host_without_a_link_is_answered_with_that() {
    let mut rig = Rig::new(&["mx1"], None);
    rig.dial().await.fails("no route to host");
    assert!(rig.requests.request(crate::requests::Request::LoggedIn("mx1/work".to_owned())));
    let reply = timeout(BOUND, rig.requests.reply()).await.expect("an answer");
    assert!(matches!(reply, Reply::Failed(why) if why == "mx1: no link to it now"));
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_was_shown_is_confirmed_to_this_machines_engine_and_no_other_hosts_readers_miss_it() {
    let (feed, local) = mpsc::channel(1);
    let mut rig = Rig::new(&["mx1"], Some(local));
    let Link { publisher: _publisher, mut confirmed, front_end, .. } = link([inbox("work")], 64, false);
    assert!(feed.send((front_end, RequestClient::absent(), None)).await.is_ok());
    let mut engine = rig.answered("one").await;
    assert_eq!(engine.reader, None);
    rig.until("both", |board| ["", "mx1"].iter().all(|host| stands(board, host, HostLink::Up))).await;
    for account in ["work", "mx1/work"] {
        rig.front_end.confirm(MailKey { watch: inbox(account), epoch: 0, uidvalidity: 1, uid: 7 });
    }
    let of_own = timeout(BOUND, confirmed.recv()).await.expect("in time").expect("the link is there");
    assert_eq!(of_own.watch, inbox("work"));
    assert!(rig.front_end.commander().send(&inbox("mx1/work"), Command::Done).is_ok());
    assert!(!engine.is_confirmed_a_mail().await);
}
