//! NEW is kept until the user looks, whatever becomes of program and file meanwhile.

use rusqlite::Connection;

use super::trouble::impatient;
use super::*;
use mailwatch_proto::model::FoundBy;
use mailwatch_proto::told::MailNumber;

const WEEK: Duration = Duration::from_hours(7 * 24);

async fn new_of(history: &History, key: &WatchKey) -> u32 {
    history.new_mails().await.expect("read").get(key).map_or(0, |new| new.mails.count())
}

/// They are found and told.
async fn tell(history: &History, key: &WatchKey, uids: &[u32]) {
    let next = uids.iter().max().map_or(1, |last| last + 1);
    history.found(key, seen(next), uids.iter().map(|uid| found(*uid)).collect()).await.expect("kept");
    history.reported(uids.iter().map(|n| (key.clone(), uid(*n))).collect()).await.expect("kept");
}

#[tokio::test]
async fn what_was_told_is_new_until_the_user_has_looked_over_restarts_too() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, other) = (inbox(), WatchKey { mailbox: "lists".into(), ..inbox() });
    let history = opened(dir.path());
    // What is there at a first look, and what is owed still, is not.
    history.baseline(&one, seen(3), vec![found(1), found(2)]).await.expect("kept");
    tell(&history, &one, &[3, 4]).await;
    tell(&history, &other, &[7]).await;
    history.found(&one, seen(6), vec![found(5)]).await.expect("kept");
    end(history);
    let history = opened(dir.path());
    assert_eq!((new_of(&history, &one).await, new_of(&history, &other).await), (2, 1));
    history.reset_new(&one, None);
    assert_eq!((new_of(&history, &one).await, new_of(&history, &other).await), (0, 1));
    tell(&history, &one, &[6]).await;
    end(history);
    let history = opened(dir.path());
    assert_eq!((new_of(&history, &one).await, new_of(&history, &other).await), (1, 1));
}

#[tokio::test]
async fn who_comes_back_after_long_begins_with_what_comes_from_then_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let begun = now();
    assert_eq!(history.look(begun, true).await, Ok(false));
    tell(&history, &inbox(), &[1, 2]).await;
    // An engine that begins looks at nothing itself.
    let soon = begun + WEEK - Duration::from_mins(1);
    assert_eq!(history.look(soon, false).await, Ok(false));
    assert_eq!(new_of(&history, &inbox()).await, 2);
    assert_eq!(history.look(soon, true).await, Ok(false));
    assert_eq!(history.look(begun + WEEK, true).await, Ok(false), "it was open in between");
    assert_eq!(new_of(&history, &inbox()).await, 2);
    let late = begun + 5 * WEEK;
    assert_eq!(history.look(late, false).await, Ok(true));
    assert_eq!(history.look(late, true).await, Ok(true), "no screen was open yet");
    assert_eq!(new_of(&history, &inbox()).await, 0);
    assert_eq!(history.look(late + Duration::from_mins(1), true).await, Ok(false));
    // A month's mail is found once the engine connects; what came since then is new.
    let came = |uid, received| Found {
        mail: Mail { found: FoundBy::Connect, ..mail(uid) },
        internal_date: Some(received),
        ..found(uid)
    };
    let mails = vec![came(3, begun), came(4, late + Duration::from_mins(1))];
    history.found(&inbox(), seen(5), mails).await.expect("kept");
    history.reported(vec![(inbox(), uid(3)), (inbox(), uid(4))]).await.expect("kept");
    let new = history.new_mails().await.expect("read");
    assert_eq!((new[&inbox()].mails.count(), new[&inbox()].since), (1, Some(late)));
}

#[tokio::test]
async fn a_user_who_looks_while_the_file_is_locked_has_looked_in_the_file_too() {
    let dir = tempfile::tempdir().expect("a directory");
    {
        let (history, fault) = impatient(dir.path());
        assert_eq!(fault, None);
        tell(&history, &inbox(), &[1, 2]).await;
        let other = Connection::open(dir.path().join(FILE)).expect("opened");
        other.execute_batch("BEGIN EXCLUSIVE").expect("locked");
        tell(&history, &inbox(), &[3]).await;
        assert_eq!(new_of(&history, &inbox()).await, 3);
        history.reset_new(&inbox(), None);
        tell(&history, &inbox(), &[4]).await;
        assert_eq!(new_of(&history, &inbox()).await, 1);
        other.execute_batch("ROLLBACK").expect("unlocked");
        drop(other);
        tell(&history, &inbox(), &[5]).await;
        end(history);
    }
    let history = opened(dir.path());
    assert_eq!(new_of(&history, &inbox()).await, 2);
}

fn number(uid: u32) -> MailNumber {
    let MailUid { epoch, uidvalidity, uid } = super::uid(uid);
    (epoch, uidvalidity, uid)
}

#[tokio::test]
async fn what_was_seen_or_is_gone_is_new_no_longer_over_restarts_too() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    tell(&history, &inbox(), &[1, 2, 3, 4]).await;
    let (epoch, uidvalidity, _) = number(1);
    history.not_new(&inbox(), (epoch, uidvalidity), vec![2, 99], true);
    history.not_new(&inbox(), (epoch, uidvalidity), vec![3], false);
    // It was seen before it was told, by whatever writes it so.
    let seen = Found { mail: Mail { flags: vec!["\\SEEN".into()], ..mail(5) }, ..found(5) };
    history.found(&inbox(), super::seen(6), vec![seen]).await.expect("kept");
    history.reported(vec![(inbox(), uid(5))]).await.expect("kept");
    end(history);
    let history = opened(dir.path());
    let new = history.new_mails().await.expect("read").remove(&inbox()).expect("it");
    assert_eq!((new.mails.count(), new.mails.uids().uids.to_vec()), (2, vec![1, 4]));
    // To be told twice makes none new again.
    history.reported(vec![(inbox(), uid(2)), (inbox(), uid(1))]).await.expect("kept");
    assert_eq!(new_of(&history, &inbox()).await, 2);
    let query = MailQuery { since: SystemTime::UNIX_EPOCH, watch: None, late: None, most: 10 };
    let kept = history.mails(query).await.expect("read").mails;
    let is_seen = |uid| kept.iter().any(|mail| mail.uid == uid && mail.flags.contains(&"\\Seen".to_owned()));
    assert_eq!((is_seen(2), is_seen(3), is_seen(4)), (true, false, false));
    // All but one are known to be old.
    history.reset_new(&inbox(), Some(number(4)));
    assert_eq!(new_of(&history, &inbox()).await, 1);
}

#[tokio::test]
async fn what_is_seen_while_the_file_is_locked_is_new_no_longer_in_the_file_too() {
    let dir = tempfile::tempdir().expect("a directory");
    {
        let (history, fault) = impatient(dir.path());
        assert_eq!(fault, None);
        tell(&history, &inbox(), &[1, 2]).await;
        let other = Connection::open(dir.path().join(FILE)).expect("opened");
        other.execute_batch("BEGIN EXCLUSIVE").expect("locked");
        tell(&history, &inbox(), &[3]).await;
        let (epoch, uidvalidity, _) = number(1);
        history.not_new(&inbox(), (epoch, uidvalidity), vec![1, 3], true);
        assert_eq!(new_of(&history, &inbox()).await, 1);
        other.execute_batch("ROLLBACK").expect("unlocked");
        drop(other);
        tell(&history, &inbox(), &[4]).await;
        end(history);
    }
    let history = opened(dir.path());
    assert_eq!(new_of(&history, &inbox()).await, 2);
}

/// What SQLite reads for NEW at a start must not grow with the mails that are there.
#[tokio::test]
async fn new_mails_are_counted_by_an_index_of_them_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    tell(&history, &inbox(), &[1]).await;
    end(history);
    let db = Connection::open(dir.path().join(FILE)).expect("opened");
    let plan: String = db
        .query_row(
            "EXPLAIN QUERY PLAN SELECT count(*) FROM mail INDEXED BY mail_new WHERE watch = ?1 AND new = 1 AND seq > ?2",
            [1, 1],
            |row| row.get(3),
        )
        .expect("a plan");
    assert!(plan.contains("COVERING INDEX mail_new (watch=? AND rowid>?)"), "{plan}");
}

#[tokio::test]
async fn what_was_new_to_the_program_before_stays_so_but_for_what_was_seen_already() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    tell(&history, &inbox(), &[1, 2]).await;
    history.reset_new(&inbox(), None);
    tell(&history, &inbox(), &[3, 4, 5]).await;
    history.found(&inbox(), super::seen(7), vec![found(6)]).await.expect("kept");
    end(history);
    let db = Connection::open(dir.path().join(FILE)).expect("opened");
    db.execute_batch(
        "DROP INDEX mail_new; ALTER TABLE mail DROP COLUMN new; ALTER TABLE looked DROP COLUMN muted; UPDATE mail SET flags = '\\Recent \\Seen' WHERE uid = 4;
         PRAGMA user_version = 10;",
    )
    .expect("as it was");
    drop(db);
    let history = opened(dir.path());
    let new = history.new_mails().await.expect("read").remove(&inbox()).expect("it");
    assert_eq!((new.mails.count(), new.mails.uids().uids.to_vec()), (2, vec![3, 5]));
}
