//! Records for looking back, and how long they are kept.

use mailwatch_proto::model::{Fate, Outcome};
use std::collections::BTreeMap;

use super::*;
use crate::history::handle_records::RECORDS;
use mailwatch_proto::model::{
    BlindInterval, ConnId, Event, EventKind, Evidence, FaultClass, Loss, PAST_INTERVALS, PAST_RECEIPTS, Span, Status,
    Verdict, WireDirection, WireLine,
};

const DAY: Duration = Duration::from_hours(24);

fn outcome(at: SystemTime, fate: Fate) -> Outcome {
    let took = (fate == Fate::Answered).then_some(Duration::from_millis(38));
    Outcome { host: "h".into(), login: "me@h".into(), at, age: Duration::from_mins(4), fate, took }
}

fn stall(at: SystemTime) -> Stall {
    Stall {
        key: inbox(),
        conn: 4,
        at,
        verdict: Verdict::PathDead,
        waited: Duration::from_secs(3),
        evidence: Evidence { acked: Some(false), outq: Some(28), retransmits: Some(3), ..Evidence::default() },
        text: Some("the path is dead".to_owned()),
        samples: Vec::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_appended_reads_back_as_it_was() {
    let history = History::in_process();
    let at = now();
    let silent = KeptReceipt { acked: None, answered: None, status: None, ..receipt(at) };
    let fates = [Fate::Answered, Fate::Stalled, Fate::Dropped, Fate::CutShort].map(|fate| outcome(at, fate));
    history.append(Record::Receipt(receipt(at)));
    history.append(Record::Receipt(silent.clone()));
    history.append(Record::Stall(stall(at)));
    for outcome in fates.clone() {
        history.append(Record::Outcome(outcome));
    }
    assert_eq!(history.receipts(&inbox(), at).await, Ok(vec![receipt(at), silent]));
    assert_eq!(history.stalls(at).await, Ok(vec![stall(at)]));
    assert_eq!(history.outcomes("h", "me@h", at).await, Ok(fates.to_vec()));
    assert_eq!(history.outcomes("h", "you@h", at).await, Ok(vec![]));
    assert_eq!(history.receipts(&inbox(), at + DAY).await, Ok(vec![]));
    assert_eq!(history.lost(), 0);
}

#[tokio::test(start_paused = true)]
async fn blind_time_counts_from_local_midnight_with_the_part_that_lies_in_today() {
    let history = History::in_process();
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
    let clock = |text: &str| SystemTime::from(text.parse::<jiff::Timestamp>().expect("a moment"));
    let other = WatchKey { mailbox: "lists".into(), ..inbox() };
    for (key, since, until) in [
        // Local midnight is 22:00 UTC.
        (inbox(), "2026-01-01T10:00:00Z", "2026-01-01T21:00:00Z"),
        (inbox(), "2026-01-01T21:59:50Z", "2026-01-01T22:00:05Z"),
        (inbox(), "2026-01-02T08:00:00Z", "2026-01-02T08:00:07Z"),
        (other.clone(), "2026-01-02T09:00:00Z", "2026-01-02T09:00:01Z"),
        (other.clone(), "2026-01-02T09:59:00Z", "2026-01-02T11:00:00Z"),
    ] {
        history.append(Record::Blind(Blindness { key, since: clock(since), until: clock(until), why: None }));
    }
    let today = history.blind_today(clock("2026-01-02T10:00:00Z"), &zone).await.expect("read");
    let expected = BTreeMap::from([(inbox(), Duration::from_secs(12)), (other, Duration::from_secs(61))]);
    assert_eq!(today, expected);
}

#[tokio::test(start_paused = true)]
async fn time_without_an_engine_is_known_by_the_runs_and_blind_time_by_its_union() {
    let history = History::in_process();
    let begin = now() - DAY;
    let at = |second| begin + Duration::from_secs(second);
    let span = |from, to| Span { from: at(from), to: at(to) };
    // The second run overlaps the first, as where a clock was set; the third begins at once, as in a restart.
    for (began, seen) in [(0, 100), (50, 90), (101, 200), (400, 500), (450, 700)] {
        history.append(Record::Run { began: at(began), seen: at(seen) });
    }
    for (since, until) in [(10, 20), (15, 30), (450, 460)] {
        history.append(Record::Blind(Blindness { key: inbox(), since: at(since), until: at(until), why: None }));
    }
    let gaps = history.gaps(at(5)).await.expect("read");
    assert_eq!(gaps.unwatched_spans(), [span(200, 400)]);
    assert_eq!(gaps.blind_spans(), [span(10, 30), span(450, 460)]);
    // A later look has the run before its beginning: the gap is whole.
    assert_eq!(history.gaps(at(300)).await.expect("read").unwatched_spans(), [span(200, 400)]);
}

#[tokio::test(start_paused = true)]
async fn the_log_is_in_plain_words_without_the_trace_and_the_last_lines_are_kept() {
    let history = History::in_process();
    let at = now();
    let event = |kind| Event { ts: at, at: std::time::Instant::now(), watch: None, conn: Some(ConnId(4)), kind };
    history.log(Some(&inbox()), &event(EventKind::Alert { text: "one".into() }));
    history.log(None, &event(EventKind::Bye { text: "two".into() }));
    history.log(None, &event(EventKind::Wire(WireLine { direction: WireDirection::Server, text: "* OK".into() })));
    let lines = history.logged(at, 10).await.expect("read");
    let shown: Vec<_> = lines.iter().map(|line| (line.key.as_ref(), line.conn, line.text.as_str())).collect();
    assert_eq!(shown, [(Some(&inbox()), Some(4), "ALERT: one"), (None, Some(4), "BYE: two")]);
    assert_eq!(history.logged(at, 1).await.map(|lines| lines[0].text.clone()), Ok("BYE: two".into()));
}

#[tokio::test(start_paused = true)]
async fn thirty_days_are_kept_and_a_mail_that_was_not_reported_for_ever() {
    let history = History::in_process();
    let then = now() - 31 * DAY;
    history.found(&inbox(), Seen { last_alive: then, ..seen(3) }, vec![found(1), found(2)]).await.expect("kept");
    history.reported(vec![(inbox(), uid(1))]).await.expect("kept");
    for at in [then, now()] {
        history.append(Record::Receipt(receipt(at)));
        history.append(Record::Stall(stall(at)));
        history.append(Record::Outcome(outcome(at, Fate::Answered)));
        history.append(Record::Blind(Blindness { key: inbox(), since: at - DAY / 24, until: at, why: None }));
    }
    history.prune(Limits::default(), now()).await.expect("pruned");
    assert_eq!(history.unreported(&inbox()).await.map(|mails| uids(&mails)), Ok(vec![2]));
    assert_eq!(history.receipts(&inbox(), UNIX_EPOCH).await.map(|rows| rows.len()), Ok(1));
    assert_eq!(history.stalls(UNIX_EPOCH).await.map(|rows| rows.len()), Ok(1));
    assert_eq!(history.outcomes("h", "me@h", UNIX_EPOCH).await.map(|rows| rows.len()), Ok(1));
    assert_eq!(history.blind(UNIX_EPOCH, now()).await.map(|sums| sums[&inbox()]), Ok(DAY / 24));
}

#[tokio::test]
async fn a_disk_that_is_too_slow_for_the_log_loses_records_and_counts_them() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let blocker = rusqlite::Connection::open(dir.path().join(FILE)).expect("opened");
    blocker.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let all = 3 * RECORDS as u64;
    for _ in 0..all {
        history.append(Record::Outcome(outcome(now(), Fate::Answered)));
    }
    let lost = history.lost();
    assert!(lost >= RECORDS as u64, "{lost}");
    blocker.execute_batch("ROLLBACK").expect("free");
    let kept = history.outcomes("h", "me@h", UNIX_EPOCH).await.expect("read").len() as u64;
    assert_eq!(kept + lost, all);
}

#[tokio::test]
async fn close_writes_down_what_was_asked_before() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let start = now();
    history.baseline(&inbox(), Seen { last_alive: start, ..seen(1) }, vec![]).await.expect("kept");
    history.alive(&inbox(), start + Duration::from_secs(1));
    history.alive(&inbox(), start + Duration::from_secs(9));
    history.append(Record::Stall(stall(start)));
    history.close().await;
    let db = rusqlite::Connection::open(dir.path().join(FILE)).expect("opened");
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("counted");
    assert_eq!(count("SELECT count(*) FROM stall"), 1);
    assert_eq!(count("SELECT alive FROM seen"), moment::to_millis(start + Duration::from_secs(9)));
}

#[tokio::test(start_paused = true)]
async fn the_last_of_a_watch_is_looked_back_on_with_the_reasons_and_the_late_answers() {
    let history = History::in_process();
    let start = now();
    let at = |n: u64| start + Duration::from_secs(n);
    let other = WatchKey { mailbox: "lists".into(), ..inbox() };
    for n in 0..30 {
        history.append(Record::Receipt(KeptReceipt { conn: n, ..receipt(at(n)) }));
    }
    let owed = KeptReceipt { conn: 30, answered: None, status: None, ..receipt(at(30)) };
    history.append(Record::Receipt(owed.clone()));
    history.append(Record::Receipt(KeptReceipt { conn: 31, ..receipt(at(31)) }));
    let took = Some(Duration::from_secs(372));
    history.append(Record::Receipt(KeptReceipt { answered: took, status: Some(Status::Ok), late: true, ..owed }));
    history.append(Record::Receipt(KeptReceipt { key: other.clone(), ..receipt(at(99)) }));
    let whys = [
        None,
        Some(Loss::User),
        Some(Loss::Rotation),
        Some(Loss::Concluded(Verdict::PathDead)),
        Some(Loss::Fault(FaultClass::Dns)),
    ];
    for (n, why) in whys.into_iter().cycle().take(20).enumerate() {
        let since = at(n as u64);
        history.append(Record::Blind(Blindness { key: inbox(), since, until: since + Duration::from_millis(5), why }));
    }
    let past = history.past(&inbox()).await.expect("read");
    assert_eq!(past.receipts.len(), PAST_RECEIPTS);
    let last: Vec<_> = past.receipts.iter().rev().take(2).map(|past| (past.conn, past.answered, past.late)).collect();
    assert_eq!(last, [(ConnId(31), receipt(start).answered, false), (ConnId(30), took, true)]);
    assert_eq!(past.blind.len(), PAST_INTERVALS);
    let (from, to) = (at(19), at(19) + Duration::from_millis(5));
    assert_eq!(past.blind.back(), Some(&BlindInterval { from, to, why: whys[19 % whys.len()] }));
    let nothing = history.past(&WatchKey { mailbox: "never seen".into(), ..inbox() }).await;
    assert_eq!(nothing, Ok(mailwatch_proto::model::Past::default()));
    assert_eq!(history.past(&other).await.map(|past| past.receipts.len()), Ok(1));
}
