//! kill -9 at any moment: every mail is told at least once, and none again that is known to have been told.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::DOVECOT;
use crate::bench::{Account, Bench};
use crate::dovecot::ANNA;
use crate::needs::tests;
use crate::program::Program;

tests! {
    [&DOVECOT] =>
        no_mail_is_lost_and_no_told_one_told_again_through_fifty_kills;
}

const KILLS: usize = 50;

/// When a run is killed where nothing else happens first: the rarer moments need not be waited for.
const LIFE: Duration = Duration::from_secs(2);

/// The login governor's longest pause.
const GOVERNED: Duration = Duration::from_mins(10);

/// The UIDs that the database knows as told, and the database's own word on its health.
fn kept(bench: &Bench) -> (BTreeSet<u64>, String) {
    // A copy, so that what a killed program left behind is mended by the next run and not by the test.
    let copy = bench.dir().join("copy");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir(&copy).expect("a directory");
    for file in ["history.db", "history.db-wal"] {
        // Without a write-ahead log there is nothing in it.
        let _ = fs::copy(bench.state_dir().join(file), copy.join(file));
    }
    let db = Connection::open(copy.join("history.db")).expect("a database");
    let health = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
    let mut query = db.prepare("SELECT uid FROM mail WHERE reported = 1").expect("the schema");
    let told = query.query_map([], |row| row.get::<_, u32>(0)).expect("rows");
    let told = told.map(|uid| u64::from(uid.expect("a UID"))).collect();
    (told, health)
}

fn uids(program: &Program) -> Vec<u64> {
    program.of_kind("new_mail").map(|event| event["uid"].as_u64().expect("a UID")).collect()
}

fn no_mail_is_lost_and_no_told_one_told_again_through_fifty_kills() {
    let bench = Bench::new();
    bench.configure(&[Account {
        name: "work",
        user: ANNA,
        mailboxes: &["INBOX"],
        starttls: false,
        ..Account::default()
    }]);
    let mut first = Program::start(&bench);
    first.until_idling(&["work/INBOX"]);
    first.stop();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut sent, mut told, mut acknowledged) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut deliver = |round: usize, when: &str| {
        let subject = format!("{when} {round}");
        bench.server.deliver(ANNA, "INBOX", &subject);
        sent.push(subject);
    };

    for round in 0..KILLS {
        deliver(round, "before the start");
        let mut program = Program::start(&bench);
        let by = Instant::now() + LIFE;
        // From before the first connection to well after the mails are told.
        for line in 0..random.usize(0..24) {
            if line == 4 {
                deliver(round, "during the start");
            }
            let Some(event) = program.event(by) else { break };
            if event["kind"] == "phase" && event["to"] == "idling" {
                deliver(round, "while idling");
            }
        }
        program.kill();
        for uid in uids(&program) {
            assert!(!acknowledged.contains(&uid), "seed {seed}: {uid} again; {}", program.told());
        }
        told.extend(uids(&program));
        let (now, health) = kept(&bench);
        assert_eq!(health, "ok", "seed {seed}, round {round}");
        assert!(now.is_subset(&told), "seed {seed}: not told but kept as told: {:?}", now.difference(&told));
        acknowledged = now;
    }

    let mut last = Program::start(&bench);
    // Kills may have cut off some logins in a row: then the login governor has the next wait.
    last.until_phases_within(GOVERNED, &[("work/INBOX", "idling")]);
    deliver(KILLS, "last");
    last.mail(&format!("last {KILLS}"));
    last.stop();
    assert!(uids(&last).iter().all(|uid| !acknowledged.contains(uid)), "seed {seed}; {}", last.told());
    told.extend(uids(&last));
    // The mailbox was empty at first: its mails have the UIDs from 1.
    let everything: BTreeSet<u64> = (1..=sent.len() as u64).collect();
    assert_eq!(told, everything, "seed {seed}");
    let (acknowledged, health) = kept(&bench);
    assert_eq!((acknowledged, health.as_str()), (everything, "ok"), "seed {seed}");
}
