//! Two programs on one file, and a program that is killed.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

/// Where a killed child keeps its history.
const CHILD: &str = "MAILWATCH_HISTORY_CHILD";

#[tokio::test]
async fn two_programs_on_one_file_each_tell_every_mail_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, two) = (opened(dir.path()), opened(dir.path()));
    let key = inbox();
    let (mut told_by_one, mut told_by_two) = (Vec::new(), Vec::new());
    for first in (1..200_u32).step_by(10) {
        let mails = || (first..first + 10).map(found).collect::<Vec<_>>();
        let (a, b) =
            tokio::join!(one.found(&key, seen(first + 10), mails()), two.found(&key, seen(first + 10), mails()));
        told_by_one.extend(uids(&a.expect("kept")));
        told_by_two.extend(uids(&b.expect("kept")));
    }
    let all: Vec<u32> = (1..201).collect();
    assert_eq!((told_by_one, told_by_two), (all.clone(), all));
}

#[test]
fn programs_that_start_at_once_on_a_new_file_all_use_it() {
    for round in 0..20 {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(FILE);
        let start = std::sync::Barrier::new(4);
        let open = || {
            start.wait();
            file::open(&path, file::BUSY).map(drop)
        };
        let opened = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
        });
        assert!(opened.iter().all(Result::is_ok), "round {round}: {opened:?}");
    }
}

#[tokio::test]
async fn what_another_program_told_before_it_ended_is_still_told_by_the_one_that_was_behind() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, two) = (opened(dir.path()), opened(dir.path()));
    one.found(&inbox(), seen(2), vec![found(1)]).await.expect("kept");
    one.reported(vec![(inbox(), uid(1))]).await.expect("kept");
    end(one);
    assert_eq!(two.found(&inbox(), seen(2), vec![found(1)]).await, Ok(vec![mail(1)]));
}

#[tokio::test]
async fn what_a_running_program_found_is_its_own_to_report_until_it_ends() {
    let dir = tempfile::tempdir().expect("a directory");
    let (one, two) = (opened(dir.path()), opened(dir.path()));
    one.found(&inbox(), seen(3), vec![found(1), found(2)]).await.expect("kept");
    one.reported(vec![(inbox(), uid(1))]).await.expect("kept");
    assert_eq!(two.unreported(&inbox()).await, Ok(vec![]));
    assert_eq!(one.unreported(&inbox()).await, Ok(vec![late(2)]));
    end(one);
    assert_eq!(two.unreported(&inbox()).await, Ok(vec![late(2)]));
}

/// The child: finds and reports without end, and says so after each commit.
async fn live_until_killed(dir: &Path) {
    let history = opened(dir);
    let key = inbox();
    for mail in history.unreported(&key).await.expect("read") {
        println!("\nagain {}", mail.uid);
        history.reported(vec![(key.clone(), uid(mail.uid))]).await.expect("kept");
        println!("\nreported {}", mail.uid);
    }
    let next = history.seen(&key).await.expect("read").map_or(1, |seen| seen.uidnext);
    for one in next.. {
        for mail in history.found(&key, seen(one + 1), vec![found(one)]).await.expect("kept") {
            println!("\nfound {}", mail.uid);
        }
        history.reported(vec![(key.clone(), uid(one))]).await.expect("kept");
        println!("\nreported {one}");
    }
}

fn reported_in_file(dir: &Path) -> BTreeSet<u32> {
    let db = rusqlite::Connection::open(dir.join(FILE)).expect("it opens");
    let mut rows = db.prepare("SELECT uid FROM mail WHERE reported = 1").expect("a query");
    let uids = rows.query_map([], |row| row.get(0)).expect("rows");
    uids.collect::<rusqlite::Result<_>>().expect("UIDs")
}

fn spawn(dir: &Path) -> Child {
    Command::new(env::current_exe().expect("this test's own binary"))
        .args(["--exact", "history::tests::two::a_program_killed_at_any_moment_leaves_a_whole_file", "--nocapture"])
        .env(CHILD, dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

#[tokio::test]
async fn a_program_killed_at_any_moment_leaves_a_whole_file() {
    if let Some(dir) = env::var_os(CHILD) {
        return live_until_killed(Path::new(&dir)).await;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let (mut found_once, mut reported) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..8_usize {
        let mut child = spawn(dir.path());
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut seen = 0;
        for line in output.lines() {
            let line = line.expect("UTF-8");
            let Some((word, uid)) = line.split_once(' ') else { continue };
            let Ok(uid) = uid.parse::<u32>() else { continue };
            match word {
                "found" => assert!(found_once.insert(uid), "{uid} was found twice"),
                "again" => assert!(!reported.contains(&uid), "{uid} was told after it was reported"),
                "reported" => assert!(reported.insert(uid), "{uid} was reported twice"),
                _ => continue,
            }
            seen += 1;
            // Each time at another point of its work; what it had written to the pipe is still read.
            if seen == 5 + round * 3 {
                child.kill().expect("it runs");
            }
        }
        child.wait().expect("it has ended");
        assert!(seen >= 5 + round * 3, "the child ended by itself");
        assert_eq!(pragma(dir.path(), "integrity_check"), "ok");
    }
    let history = opened(dir.path());
    let owed: BTreeSet<u32> = uids(&history.unreported(&inbox()).await.expect("read")).into_iter().collect();
    assert!(owed.is_disjoint(&reported), "{owed:?}");
    let last = history.seen(&inbox()).await.expect("read").expect("it was seen").uidnext;
    // A report whose commit was the last thing before a kill is known to the file alone.
    let told = &(&owed | &reported) | &reported_in_file(dir.path());
    assert!((1..last).all(|uid| told.contains(&uid)), "{last} {told:?}");
}
