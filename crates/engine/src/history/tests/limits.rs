//! Routine in batches, what is pruned, and what never is.

use super::*;
use crate::history::prune::Pruning;

const DAY: Duration = Duration::from_hours(24);

fn key(mailbox: &str) -> WatchKey {
    WatchKey { mailbox: mailbox.into(), ..inbox() }
}

fn event(mailbox: &str, at: SystemTime, text: String) -> Record {
    Record::Routine(Logged { at, key: Some(key(mailbox)), conn: None, kind: "flags".into(), text })
}

fn count(dir: &Path, sql: &str) -> i64 {
    let db = rusqlite::Connection::open(dir.join(FILE)).expect("opened");
    db.query_row(sql, [], |row| row.get(0)).expect("counted")
}

/// Waits for what the thread does by itself.
async fn until(mut done: impl FnMut() -> bool) {
    let give_up = std::time::Instant::now() + Duration::from_mins(1);
    while !done() {
        assert!(std::time::Instant::now() < give_up, "it never comes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn routine_waits_for_more_of_it_and_what_must_survive_does_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    history.found(&inbox(), seen(2), vec![found(1)]).await.expect("kept");
    for number in 0..20 {
        history.append(event("INBOX", now(), format!("line {number}")));
    }
    history.alive(&inbox(), now());
    let lines = || count(dir.path(), "SELECT count(*) FROM event");
    assert_eq!(lines(), 0);
    // A stall takes what waits with it, in its order.
    history.append(Record::Stall(super::archive::stall(now())));
    until(|| count(dir.path(), "SELECT count(*) FROM stall") == 1).await;
    assert_eq!(lines(), 20);
    // Who asks sees what waits.
    history.append(event("INBOX", now(), "asked for".into()));
    assert_eq!(history.logged(UNIX_EPOCH, 1).await.map(|lines| lines[0].text.clone()), Ok("asked for".into()));
    history.append(event("INBOX", now(), "waits".into()));
    until(|| lines() == 22).await;
}

#[tokio::test]
async fn what_is_older_than_the_limit_goes_by_itself_but_not_what_is_owed_or_identifies_a_mail() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let then = now() - 3 * DAY;
    let (old, anew) = (Seen { last_alive: then, ..seen(3) }, Seen { epoch: 1, last_alive: then, ..seen(3) });
    let hooked = |number| Found { hook: Some("{}".into()), ..found(number) };
    history.found(&inbox(), old, vec![hooked(1), hooked(2)]).await.expect("kept");
    history.found(&key("anew"), old, vec![found(1), found(2)]).await.expect("kept");
    history.found(&key("anew"), anew, vec![]).await.expect("kept");
    for mailbox in ["INBOX", "anew"] {
        history.reported(vec![(key(mailbox), uid(1))]).await.expect("kept");
    }
    history.append(event("INBOX", then, "old".into()));
    history.append(event("INBOX", now(), "new".into()));
    history.logged(UNIX_EPOCH, 1).await.expect("both are written");
    history.limit(Limits { keep: 2 * DAY, ..Limits::default() });
    let events = || count(dir.path(), "SELECT count(*) FROM event");
    until(|| events() == 1).await;
    until(|| count(dir.path(), "SELECT count(*) FROM mail WHERE subject = ''") == 1).await;
    assert_eq!(count(dir.path(), "SELECT count(*) FROM mail"), 3, "the told one of the ended epoch is gone");
    let owed = history.unreported(&inbox()).await.expect("read");
    assert_eq!(owed, [late(2)], "it is whole");
    let hooks = history.owed_hooks("work", &inbox().login, vec![mailwatch_proto::model::HookEvent::NewMail], 9).await;
    assert_eq!(hooks.expect("read").len(), 2);
    let known = Identity {
        message_id: Some("<1@example.org>".into()),
        internal_date: None,
        size: None,
        subject: String::new(),
    };
    let known = history.known(&inbox(), 1, Among::Epochs, vec![known]).await.expect("read");
    assert!(known[0].is_some(), "told once, told never again");
    assert_eq!(history.found(&inbox(), old, vec![found(1)]).await, Ok(vec![]));
}

#[tokio::test]
async fn a_file_beyond_its_size_loses_the_oldest_of_the_noisiest_watch_and_gives_the_room_back() {
    const MAX: u64 = 2_000_000;
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let text = "x".repeat(400);
    let at = now() - DAY;
    for _ in 0..200 {
        history.append(event("quiet", at, text.clone()));
    }
    history.append(Record::Stall(Stall { key: key("noisy"), ..super::archive::stall(at) }));
    for chunk in 0..20_u64 {
        for line in 0..500 {
            history.append(event("noisy", at + Duration::from_millis(chunk * 500 + line), text.clone()));
        }
        history.logged(UNIX_EPOCH, 1).await.expect("the queue is empty");
    }
    history.found(&key("noisy"), seen(2), vec![found(1)]).await.expect("kept");
    history.reported(vec![(key("noisy"), uid(1))]).await.expect("kept");
    let size = || std::fs::metadata(dir.path().join(FILE)).map_or(0, |found| found.len());
    history.logged(UNIX_EPOCH, 1).await.expect("read");
    history.limit(Limits { max_size: MAX, ..Limits::default() });
    let of = |mailbox| {
        let from = "FROM event JOIN watch ON watch.id = event.watch WHERE mailbox";
        count(dir.path(), &format!("SELECT count(*) {from} = '{mailbox}'"))
    };
    until(|| of("noisy") < 4000 && size() <= MAX).await;
    end(history);
    assert_eq!((of("quiet"), count(dir.path(), "SELECT count(*) FROM stall")), (200, 1));
    assert!(of("noisy") > 2000, "no more than is needed: {}", of("noisy"));
    let oldest = count(dir.path(), "SELECT min(at) FROM event JOIN watch ON watch.id = watch WHERE mailbox = 'noisy'");
    assert!(oldest > moment::to_millis(at), "the oldest go first");
    let history = opened(dir.path());
    assert_eq!(history.found(&key("noisy"), seen(2), vec![found(1)]).await, Ok(vec![]));
}

#[tokio::test]
async fn a_file_full_of_mails_loses_the_oldest_but_none_that_is_owed() {
    const MAX: u64 = 9_000_000;
    const MAILS: u32 = 20_000;
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let long = |number| Found { mail: Mail { subject: "x".repeat(400), ..mail(number) }, ..found(number) };
    for from in (1..MAILS).step_by(500) {
        let told =
            history.found(&inbox(), seen(from + 500), (from..from + 500).map(long).collect()).await.expect("kept");
        // The first one is owed to its reader yet.
        let told = told.iter().filter(|mail| mail.uid > 1);
        history.reported(told.map(|mail| (inbox(), uid(mail.uid))).collect()).await.expect("kept");
    }
    let size = || std::fs::metadata(dir.path().join(FILE)).map_or(0, |found| found.len());
    assert!(size() > MAX, "{}", size());
    history.limit(Limits { max_size: MAX, ..Limits::default() });
    until(|| size() <= MAX).await;
    assert_eq!(history.unreported(&inbox()).await.map(|owed| uids(&owed)), Ok(vec![1]));
    end(history);
    let kept = count(dir.path(), "SELECT count(*) FROM mail");
    assert!((10_000..=15_000).contains(&kept), "no more than is needed: {kept}");
    assert_eq!(
        count(dir.path(), "SELECT max(uid) - min(uid) + 1 FROM mail WHERE reported = 1"),
        kept - 1,
        "the newest"
    );
    let history = opened(dir.path());
    assert_eq!(history.seen(&inbox()).await.expect("read").map(|seen| seen.uidnext), Some(MAILS + 1));
}

#[tokio::test]
async fn a_mail_that_a_reader_with_a_name_is_owed_stays_whatever_the_size() {
    const MAILS: u32 = 10_100;
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    history.begin_reader("fleet", false).await.expect("kept");
    let told = history.found(&inbox(), seen(MAILS + 1), (1..=MAILS).map(found).collect()).await.expect("kept");
    history.reported(told.iter().map(|mail| (inbox(), uid(mail.uid))).collect()).await.expect("kept");
    end(history);
    let db = rusqlite::Connection::open(dir.path().join(FILE)).expect("opened");
    let kept = || {
        let mut pruning = Pruning::new(Limits { max_size: 1000, ..Limits::default() });
        while pruning.slice(&db, now()).expect("pruned") {}
        count(dir.path(), "SELECT count(*) FROM mail")
    };
    assert_eq!(kept(), i64::from(MAILS));
    db.execute("DELETE FROM cursor", []).expect("it is gone");
    assert_eq!(kept(), 10_000, "the newest");
}

#[tokio::test]
async fn a_small_file_of_an_older_program_learns_to_give_room_back() {
    let dir = tempfile::tempdir().expect("a directory");
    super::older::place(dir.path());
    let history = opened(dir.path());
    until(|| pragma(dir.path(), "auto_vacuum") == "2").await;
    end(history);
    assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
}
