//! What a front end that is behind misses, what it is given all the same, and who takes commands.

use std::time::{Duration, Instant, SystemTime};

use super::*;
use mailwatch_proto::model::{Command, Event, EventKind, Snapshot, Timers, WireDirection, WireLine};

fn alert(n: u32) -> Event {
    Event {
        ts: SystemTime::UNIX_EPOCH,
        at: Instant::now(),
        watch: None,
        conn: None,
        kind: EventKind::Alert { text: n.to_string() },
    }
}

#[tokio::test]
async fn what_a_slow_front_end_misses_is_counted_before_the_rest() {
    let mut link = link([], 2, false);
    for n in 0..5 {
        link.publisher.publish(alert(n));
    }
    let mut kinds = Vec::new();
    drop(link.publisher);
    while let Some(event) = link.front_end.event().await {
        kinds.push(event.kind);
    }
    let kept = |n: u32| EventKind::Alert { text: n.to_string() };
    assert_eq!(kinds, [EventKind::Lost { count: 3 }, kept(0), kept(1)]);
}

#[tokio::test]
async fn what_a_front_end_was_too_slow_for_is_counted_all_the_same_and_what_was_given_back_once() {
    let mut link = link([], 1, false);
    let watch = WatchId::new("work", "INBOX");
    let connected = EventKind::Connected { addr: None, tls: None, took: Duration::ZERO };
    let event = |kind| Event { watch: Some(watch.clone()), kind, ..alert(0) };
    for _ in 0..3 {
        link.publisher.publish(event(connected.clone()));
    }
    let (from, subject) = (String::new(), String::new());
    let mail = mailwatch_proto::model::Mail {
        uid: 1,
        uidvalidity: 1,
        from,
        subject,
        date: None,
        gap: false,
        ..mailwatch_proto::model::Mail::default()
    };
    let back = link.publisher.try_publish(event(EventKind::NewMail(mail))).expect_err("the channel is full");
    assert!(link.front_end.try_event().is_some() && link.front_end.try_event().is_some(), "a loss, and what was kept");
    link.publisher.try_publish(*back).expect("there is room");
    link.publisher.blind(&watch, Duration::from_secs(3));
    let tally = link.front_end.tally.borrow();
    let counts = &tally.accounts["work"];
    assert_eq!((counts.connections, counts.mails, counts.blind), (3, 1, Duration::from_secs(3)));
    assert_eq!(tally.lost, 2);
}

#[tokio::test]
async fn a_listener_hears_what_it_wants_as_the_front_end_takes_it_and_until_that_ends() {
    let mut link = link([], 4, false);
    let mut heard = link.front_end.listen(|kind| *kind != EventKind::Alert { text: "1".to_owned() });
    for n in 0..3 {
        link.publisher.publish(alert(n));
    }
    assert!(heard.try_recv().is_err(), "the front end has taken nothing yet");
    drop(link.publisher);
    while link.front_end.try_event().is_some() {}
    drop(link.front_end);
    let mut kinds = Vec::new();
    while let Some(event) = heard.recv().await {
        kinds.push(event.kind);
    }
    assert_eq!(kinds, [0, 2].map(|n: u32| EventKind::Alert { text: n.to_string() }));
}

#[tokio::test]
async fn what_must_not_be_lost_comes_back_and_goes_out_when_there_is_room() {
    let mut link = link([], 1, false);
    link.publisher.publish(alert(0));
    let back = link.publisher.try_publish(alert(1)).expect_err("the channel is full");
    assert!(link.front_end.event().await.is_some());
    link.publisher.room().await;
    assert!(link.publisher.try_publish(*back).is_ok());
}

#[tokio::test]
async fn a_watch_that_comes_later_is_asked_and_one_that_went_is_not() {
    let (first, later) = (WatchId::new("work", "inbox"), WatchId::new("work", "later"));
    let link = link([first.clone()], 1, false);
    let commander = link.front_end.commander();
    let mut commands = link.publisher.open(&later);
    link.publisher.close([&first]);
    assert_eq!(commander.watches(), std::slice::from_ref(&later));
    assert_eq!(commander.send(&later, Command::Pause), Ok(()));
    assert_eq!(commander.send(&first, Command::Pause), Err(NotTaken::NoSuchWatch));
    assert_eq!(commands.recv().await, Some(Command::Pause));
}

#[tokio::test]
async fn a_command_for_a_watch_that_is_not_there_says_so() {
    let here = WatchId::new("work", "inbox");
    let mut link = link([here.clone()], 1, false);
    let commander = link.front_end.commander();
    assert_eq!(commander.send(&here, Command::Done), Ok(()));
    assert_eq!(commander.send(&WatchId::new("work", "x"), Command::Done), Err(NotTaken::NoSuchWatch));
    let commands = link.commands.get_mut(&WatchId::new("work", "INBOX")).expect("INBOX in any case is INBOX");
    assert_eq!(commands.recv().await, Some(Command::Done));
}

async fn rest(mut front_end: FrontEnd) -> Vec<(u64, EventKind)> {
    let mut all = Vec::new();
    while let Some(event) = front_end.event().await {
        all.push((front_end.last(), event.kind));
    }
    all
}

fn wire(text: &str) -> Event {
    let line = WireLine { direction: WireDirection::Server, text: text.to_owned() };
    Event { kind: EventKind::Wire(line), ..alert(0) }
}

fn kind(n: u32) -> EventKind {
    alert(n).kind
}

#[tokio::test]
async fn each_front_end_gets_every_event_and_one_that_stands_still_delays_no_other() {
    let link = link([], 3, false);
    let (slow, gone) = (link.publisher.attach(&Attach::default()), link.publisher.attach(&Attach::default()));
    drop(gone);
    let mut quick = link.front_end;
    let mut taken = Vec::new();
    for n in 1..=5 {
        link.publisher.publish(alert(n));
        taken.extend(quick.try_event().map(|event| event.kind));
    }
    assert_eq!(taken, [1, 2, 3, 4, 5].map(kind));
    drop(link.publisher);
    assert_eq!(rest(slow).await, [(0, EventKind::Lost { count: 2 }), (1, kind(1)), (2, kind(2)), (3, kind(3))]);
}

#[tokio::test]
async fn who_comes_back_gets_what_it_missed_and_is_told_of_what_is_gone() {
    let link = link([], 4096, false);
    link.publisher.publish(alert(1));
    link.publisher.keep_events();
    link.publisher.publish(alert(2));
    link.publisher.publish(alert(3));
    let resumed = |from| link.publisher.attach(&Attach { resume: Some(from), ..Attach::default() });
    let [one, all, none, other] = [Resume::After(2), Resume::All, Resume::After(3), Resume::After(77)].map(resumed);
    let new = link.publisher.attach(&Attach::default());
    drop(link.publisher);
    assert_eq!(rest(one).await, [(3, kind(3))]);
    let since_start = [(1, EventKind::Lost { count: 1 }), (2, kind(2)), (3, kind(3))];
    assert_eq!(rest(all).await, since_start);
    assert_eq!(rest(none).await, []);
    assert_eq!(rest(other).await, since_start, "another engine's number");
    assert_eq!(rest(new).await, []);
}

#[tokio::test]
async fn the_trace_goes_to_who_wants_it_for_as_long_as_it_does() {
    let link = link([], 16, false);
    assert!(!link.publisher.wants_wire());
    let wanting = link.publisher.attach(&Attach { wire: true, ..Attach::default() });
    assert!(link.publisher.wants_wire());
    link.publisher.publish(wire("one"));
    wanting.want_wire(false);
    assert!(!link.publisher.wants_wire());
    link.publisher.publish(wire("two"));
    wanting.want_wire(true);
    wanting.want_wire(true);
    link.publisher.publish(wire("three"));
    let (other, hub) = (link.front_end, link.publisher);
    drop((rest_now(wanting), other));
    assert!(!hub.wants_wire(), "it left");
}

/// Takes what is there, and leaves.
fn rest_now(mut front_end: FrontEnd) {
    let mut texts = Vec::new();
    while let Some(event) = front_end.try_event() {
        if let EventKind::Wire(line) = event.kind {
            texts.push(line.text);
        }
    }
    assert_eq!(texts, ["one", "three"]);
}

#[tokio::test]
async fn mail_waits_for_the_reporter_alone() {
    let mut link = link([], 1, false);
    let other = link.publisher.attach(&Attach::default());
    link.publisher.publish(alert(1));
    let back = link.publisher.try_publish(alert(2)).expect_err("the reporter has no room");
    assert!(link.front_end.event().await.is_some());
    link.publisher.try_publish(*back).expect("the other has none, and does not matter");
    drop(link.front_end);
    link.publisher.room().await;
    link.publisher.try_publish(alert(3)).expect("without a reporter nothing waits");
    drop(link.publisher);
    assert_eq!(rest(other).await, [(0, EventKind::Lost { count: 2 }), (1, kind(1))]);
}

#[tokio::test]
async fn one_that_sees_some_accounts_alone_asks_those_alone_and_who_listens_beside_it_hears_of_all() {
    let (work, home) = (WatchId::new("work", "INBOX"), WatchId::new("home", "INBOX"));
    let Link { publisher, mut front_end, mut commands, .. } = link([work.clone(), home.clone()], 16, false);
    let event = |watch: &WatchId, n| Event { watch: Some(watch.clone()), ..alert(n) };
    let show = |watch: &WatchId| publisher.show(Snapshot::new(watch.clone(), Timers::default(), Instant::now()));
    show(&work);
    show(&home);
    let mut heard = front_end.listen(|_| true);
    front_end.begin_with(vec![event(&home, 0), event(&work, 0)]);
    front_end.show_only(vec!["work".into()]);
    assert!(front_end.board.borrow().watches.keys().eq([&work]));
    assert!(front_end.take_earlier().iter().all(|event| event.watch.as_ref() == Some(&work)));
    let lists = WatchId::new("work", "lists");
    show(&WatchId::new("home", "lists"));
    show(&lists);
    let board = front_end.board.wait_for(|board| board.watches.len() > 1).await.expect("the engine is there");
    assert!(board.watches.keys().eq([&work, &lists]));
    drop(board);

    for (watch, n) in [(&home, 1), (&work, 2), (&home, 3)] {
        publisher.publish(event(watch, n));
    }
    publisher.publish(alert(4));
    let commander = front_end.commander().clone();
    assert_eq!(commander.send(&home, Command::Done), Err(NotTaken::NoSuchWatch));
    assert_eq!((commander.watches(), commander.send_all(Command::Pause)), (vec![work.clone()], 1));
    assert_eq!(commands.get_mut(&work).expect("its commands").recv().await, Some(Command::Pause));
    drop(publisher);
    assert_eq!(rest(front_end).await, [(2, kind(2)), (4, kind(4))]);
    let mut all = Vec::new();
    while let Some(event) = heard.recv().await {
        all.push(event.kind);
    }
    assert_eq!(all, [1, 2, 3, 4].map(kind));
}
