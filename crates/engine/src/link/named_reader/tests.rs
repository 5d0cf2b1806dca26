//! A front end with a name over an engine's link, in this process.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::history::{Found, Seen};
use crate::link::hub::Resume;
use crate::link::{Attach, FrontEnd, Link, Publisher, link};
use mailwatch_proto::model::Mail;

/// An engine that finds mails.
struct Engine {
    history: History,
    publisher: Publisher,
    keys: watch::Sender<BTreeMap<WatchId, WatchKey>>,
}

fn inbox() -> WatchId {
    WatchId::new("work", "INBOX")
}

fn key() -> WatchKey {
    WatchKey { account: "work".into(), login: "me@host".into(), mailbox: "INBOX".into() }
}

fn mail(uid: u32) -> Mail {
    Mail { uid, uidvalidity: 7, ..Mail::default() }
}

impl Engine {
    fn new(capacity: usize) -> Self {
        Self::on(History::in_process(), capacity)
    }

    /// A run on this history. Its own front end is not looked at.
    fn on(history: History, capacity: usize) -> Self {
        let Link { publisher, front_end, .. } = link([], capacity, false);
        drop(front_end);
        Self { history, publisher, keys: watch::Sender::new(BTreeMap::from([(inbox(), key())])) }
    }

    /// Finds mails, and says nothing yet.
    async fn find(&self, uids: &[u32]) {
        let mails = uids.iter().map(|uid| Found {
            mail: mail(*uid),
            message_id: None,
            internal_date: None,
            announced: None,
            size: None,
            hook: None,
            canary: false,
        });
        let uidnext = uids.iter().max().map_or(1, |last| last + 1);
        let seen = Seen { epoch: 0, uidvalidity: 7, uidnext, last_alive: SystemTime::now() };
        self.history.found(&key(), seen, mails.collect()).await.expect("kept");
    }

    fn say(&self, kind: EventKind) {
        let (ts, at) = (SystemTime::now(), Instant::now());
        self.publisher.publish(Event { ts, at, watch: Some(inbox()), conn: None, kind });
    }

    fn tell(&self, uid: u32) {
        self.say(EventKind::NewMail(mail(uid)));
    }

    async fn reader(&self) -> FrontEnd {
        self.reader_named("fleet", None).await
    }

    async fn reader_named(&self, name: &str, resume: Option<Resume>) -> FrontEnd {
        let name = ReaderName { name: name.to_owned(), accounts: Vec::new(), own: false };
        let mut front_end = self.publisher.attach(&Attach { resume, ..Attach::default() });
        front_end.read_as(NamedReader::begin(self.history.clone(), self.keys.subscribe(), name).await);
        front_end
    }
}

/// The next event; on a clock that stands still nothing takes time.
async fn event(front_end: &mut FrontEnd) -> EventKind {
    let event = tokio::time::timeout(Duration::from_mins(1), front_end.event()).await;
    event.expect("something comes").expect("the engine goes on").kind
}

/// The next mail: its UID, and whether it came while the reader was away.
async fn next(front_end: &mut FrontEnd) -> (u32, bool) {
    loop {
        match event(front_end).await {
            EventKind::NewMail(mail) => return (mail.uid, mail.gap),
            EventKind::Lost { .. } | EventKind::Alert { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Tells its user, and confirms.
async fn take(front_end: &mut FrontEnd, uids: impl IntoIterator<Item = u32>) {
    for uid in uids {
        assert_eq!(next(front_end).await.0, uid);
        front_end.confirm(mail(uid).key(&inbox()));
    }
}

/// Nothing is left to be told.
async fn is_told(front_end: &mut FrontEnd) {
    while let Ok(event) = tokio::time::timeout(Duration::from_mins(1), front_end.event()).await {
        let kind = event.expect("the engine goes on").kind;
        assert!(matches!(kind, EventKind::Lost { .. }), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_name_begins_at_its_attaching_and_goes_on_where_it_left_off() {
    let engine = Engine::new(64);
    engine.find(&[1, 2]).await;
    let mut reader = engine.reader().await;
    // Found before, told after.
    engine.tell(2);
    engine.find(&[3, 4]).await;
    engine.tell(3);
    assert_eq!(next(&mut reader).await, (3, false));
    reader.confirm(mail(3).key(&inbox()));
    engine.tell(4);
    assert_eq!(next(&mut reader).await, (4, false));
    // It leaves before it has told its user of that one.
    drop(reader);
    engine.find(&[5]).await;
    engine.tell(5);
    let mut reader = engine.reader().await;
    assert_eq!(next(&mut reader).await, (4, true));
    assert_eq!(next(&mut reader).await, (5, true));
    is_told(&mut reader).await;
    for uid in [4, 5] {
        reader.confirm(mail(uid).key(&inbox()));
    }
    drop(reader);
    is_told(&mut engine.reader().await).await;
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_the_next_run_tells_again_is_told_to_those_alone_who_do_not_have_it() {
    let engine = Engine::new(64);
    let mut reader = engine.reader().await;
    engine.find(&[1, 2]).await;
    engine.tell(1);
    engine.tell(2);
    take(&mut reader, [1]).await;
    drop(reader);
    // The engine's own front end had confirmed neither.
    let again = Engine::on(engine.history.clone(), 64);
    let mut reader = again.reader().await;
    again.tell(1);
    again.tell(2);
    take(&mut reader, [2]).await;
    is_told(&mut reader).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_stands_by_misses_no_mail_of_the_next_engine_whatever_that_says_first() {
    let engine = Engine::new(64);
    let mut reader = engine.reader_named("~1", None).await;
    engine.find(&[1, 2]).await;
    engine.tell(1);
    take(&mut reader, [1]).await;
    // The engine is killed.
    drop((reader, engine.publisher));
    let next = Engine::on(engine.history, 64);
    next.publisher.keep_events();
    next.tell(2);
    next.find(&[3]).await;
    next.tell(3);
    for number in 0..2000 {
        next.say(EventKind::Alert { text: number.to_string() });
    }
    let mut reader = next.reader_named("~1", Some(Resume::All)).await;
    take(&mut reader, [2, 3]).await;
    // It says that it leaves: nobody has that name any more.
    next.find(&[4]).await;
    reader.leaves();
    drop(reader);
    let mut reader = next.reader_named("~1", None).await;
    is_told(&mut reader).await;
}

#[tokio::test(start_paused = true)]
async fn mails_among_lost_events_are_told_all_the_same_each_once() {
    let engine = Engine::new(4);
    let mut reader = engine.reader().await;
    take(&mut reader, []).await;
    is_told(&mut reader).await;
    let all: Vec<u32> = (1..=1000).collect();
    engine.find(&all).await;
    for uid in &all {
        engine.tell(*uid);
    }
    let mut told = BTreeSet::new();
    while told.len() < all.len() {
        let (uid, _) = next(&mut reader).await;
        assert!(told.insert(uid), "{uid} is told twice");
        // Of some it is never said.
        if uid % 3 > 0 {
            reader.confirm(mail(uid).key(&inbox()));
        }
    }
    is_told(&mut reader).await;
    drop(reader);
    take(&mut engine.reader().await, all.into_iter().filter(|uid| uid % 3 == 0)).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_stops_waiting_costs_no_event() {
    let engine = Engine::new(64);
    let mut reader = engine.reader().await;
    let uids = 1..=30;
    for uid in uids.clone() {
        engine.find(&[uid]).await;
        engine.tell(uid);
        engine.say(EventKind::Alert { text: uid.to_string() });
    }
    let mut told = Vec::new();
    while told.len() < 30 {
        // Polled once, and dropped where it is not there.
        let polled = tokio::time::timeout(Duration::ZERO, reader.event()).await;
        if let Some(EventKind::NewMail(mail)) = polled.ok().flatten().map(|event| event.kind) {
            reader.confirm(mail.key(&inbox()));
            told.push(mail.uid);
        }
    }
    assert_eq!(told, uids.collect::<Vec<_>>());
}
