//! What a front end that is behind misses, what it is given all the same, and who takes commands.

use super::*;

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
