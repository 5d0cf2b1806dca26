//! A reader with a name is owed each mail until it was told, whatever becomes of reader, program and file meanwhile.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::Connection;

use super::*;

const ALL: usize = 1000;

/// The UIDs of the mails that it is owed.
async fn owed(history: &History, name: &str) -> Vec<u32> {
    let owed = history.owed_mails(name, 0, &[], ALL).await.expect("read");
    owed.iter().map(|owed| owed.mail.uid).collect()
}

/// The numbers of mails, by UID.
async fn numbers(history: &History, name: &str) -> BTreeMap<u32, i64> {
    let owed = history.owed_mails(name, 0, &[], ALL).await.expect("read");
    owed.iter().map(|owed| (owed.mail.uid, owed.seq)).collect()
}

async fn tell(history: &History, name: &str, uids: &[u32]) {
    let numbers = numbers(history, name).await;
    history.tell(name, uids.iter().map(|uid| numbers[uid]).collect(), &[]);
}

async fn find(history: &History, uids: &[u32]) {
    let next = uids.iter().max().map_or(1, |last| last + 1);
    history.found(&inbox(), seen(next), uids.iter().map(|uid| found(*uid)).collect()).await.expect("kept");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_new_begins_now_and_is_owed_what_comes_until_it_was_told() {
    let history = History::in_process();
    find(&history, &[1, 2]).await;
    history.begin_reader("fleet", false).await.expect("kept");
    assert_eq!(owed(&history, "fleet").await, [] as [u32; 0]);
    find(&history, &[3, 4, 5]).await;
    assert_eq!(owed(&history, "fleet").await, [3, 4, 5]);
    // In no order, and again.
    tell(&history, "fleet", &[4]).await;
    assert_eq!(owed(&history, "fleet").await, [3, 5]);
    history.begin_reader("fleet", false).await.expect("kept");
    assert_eq!(owed(&history, "fleet").await, [3, 5]);
    // What the engine's own front end was told is another thing.
    history.reported(vec![(inbox(), uid(3)), (inbox(), uid(5))]).await.expect("kept");
    assert_eq!(owed(&history, "fleet").await, [3, 5]);
    let standing = history.standing("fleet", vec![(inbox(), uid(2)), (inbox(), uid(4)), (inbox(), uid(9))]);
    assert_eq!(standing.await, Ok(vec![Standing::Told, Standing::Told, Standing::NotKnown]));
    tell(&history, "fleet", &[5, 3]).await;
    assert_eq!(owed(&history, "fleet").await, [] as [u32; 0]);
    // What was there at a first look is nobody's news.
    let other = WatchKey { mailbox: "lists".into(), ..inbox() };
    history.baseline(&other, seen(9), vec![found(7), found(8)]).await.expect("kept");
    assert_eq!(owed(&history, "fleet").await, [] as [u32; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_engines_own_reader_begins_with_what_the_engine_owes() {
    let history = History::in_process();
    find(&history, &[1, 2, 3, 4]).await;
    history.reported(vec![(inbox(), uid(1)), (inbox(), uid(3))]).await.expect("kept");
    history.begin_reader("fleet", true).await.expect("kept");
    assert_eq!(owed(&history, "fleet").await, [2, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_some_accounts_is_owed_theirs_alone_and_waits_for_no_other() {
    let history = History::in_process();
    history.begin_reader("fleet", false).await.expect("kept");
    let home = WatchKey { account: "home".into(), ..inbox() };
    find(&history, &[1]).await;
    history.found(&home, seen(8), vec![found(7)]).await.expect("kept");
    let mine = ["home".to_owned()];
    let of_mine = history.owed_mails("fleet", 0, &mine, ALL).await.expect("read");
    assert_eq!(of_mine.iter().map(|owed| (&owed.key, owed.mail.uid)).collect::<Vec<_>>(), [(&home, 7)]);
    history.tell("fleet", vec![of_mine[0].seq], &mine);
    assert_eq!(history.owed_mails("fleet", 0, &[], ALL).await, Ok(vec![]), "its cursor has passed the other");
}

proptest! {
    #[test]
    fn whatever_is_told_in_whatever_order_the_rest_is_owed(
        steps in prop::collection::vec((0_usize..4, prop::collection::vec(any::<prop::sample::Index>(), 0..4)), 1..30)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let history = History::in_process();
            history.begin_reader("fleet", false).await.expect("kept");
            let (mut next, mut left) = (1, BTreeSet::new());
            for (come, told) in steps {
                let uids: Vec<u32> = (next..).take(come).collect();
                find(&history, &uids).await;
                next += u32::try_from(come).expect("few");
                left.extend(uids);
                let now: Vec<u32> = left.iter().copied().collect();
                let told: BTreeSet<u32> =
                    if now.is_empty() { BTreeSet::new() } else { told.iter().map(|one| *one.get(&now)).collect() };
                tell(&history, "fleet", &told.iter().copied().collect::<Vec<_>>()).await;
                left.retain(|uid| !told.contains(uid));
                assert_eq!(owed(&history, "fleet").await, left.iter().copied().collect::<Vec<_>>());
            }
        });
    }
}

#[tokio::test]
async fn what_is_owed_outlives_the_program_and_a_file_that_cannot_be_used_for_a_while() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    history.begin_reader("fleet", false).await.expect("kept");
    find(&history, &[1, 2, 3]).await;
    tell(&history, "fleet", &[2]).await;
    end(history);
    let holder = Connection::open(dir.path().join(FILE)).expect("opened");
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;").expect("locked");
    let (history, fault) = History::open_with(dir.path(), Duration::from_millis(50), |store| {
        store.retry_after(Duration::from_hours(1));
    });
    assert!(fault.is_some());
    for name in ["fleet", "other"] {
        history.begin_reader(name, false).await.expect("kept");
    }
    find(&history, &[4, 5]).await;
    tell(&history, "fleet", &[5]).await;
    tell(&history, "other", &[4]).await;
    assert_eq!(owed(&history, "fleet").await, [1, 3, 4]);
    drop(holder);
    history.close().await;
    let history = opened(dir.path());
    assert_eq!(owed(&history, "fleet").await, [1, 3, 4]);
    assert_eq!(owed(&history, "other").await, [5]);
    find(&history, &[6]).await;
    assert_eq!(owed(&history, "fleet").await, [1, 3, 4, 6]);
    assert_eq!(owed(&history, "other").await, [5, 6]);
}

#[tokio::test]
async fn a_file_of_the_version_before_is_taken_over_with_all_that_it_holds() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    find(&history, &[1, 2]).await;
    history.reported(vec![(inbox(), uid(1))]).await.expect("kept");
    end(history);
    let db = Connection::open(dir.path().join(FILE)).expect("opened");
    db.execute_batch(
        "DROP INDEX mail_new; ALTER TABLE mail DROP COLUMN new;
         DROP TABLE run; DROP TABLE looked; DROP TABLE screen; DROP TABLE canary; DROP TABLE told; ALTER TABLE mail DROP COLUMN late_ms;
         PRAGMA user_version = 5;",
    )
    .expect("as it was");
    drop(db);
    let history = opened(dir.path());
    assert_eq!(uids(&history.unreported(&inbox()).await.expect("read")), [2]);
    history.begin_reader("fleet", false).await.expect("kept");
    find(&history, &[3]).await;
    assert_eq!(owed(&history, "fleet").await, [3]);
}

#[tokio::test]
async fn a_reader_that_nobody_uses_is_forgotten() {
    const DAY: Duration = Duration::from_hours(24);
    let history = History::in_process();
    history.begin_reader("fleet", false).await.expect("kept");
    find(&history, &[1, 2, 3]).await;
    tell(&history, "fleet", &[2]).await;
    history.prune(Limits::default(), now() + 29 * DAY).await.expect("pruned");
    assert_eq!(owed(&history, "fleet").await, [1, 3]);
    history.prune(Limits::default(), now() + 31 * DAY).await.expect("pruned");
    history.begin_reader("fleet", false).await.expect("kept");
    assert_eq!(owed(&history, "fleet").await, [] as [u32; 0], "it is new");
}
