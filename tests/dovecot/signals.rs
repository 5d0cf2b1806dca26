//! What signals and a closed pipe make the program do, as the server saw it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use crate::DOVECOT;
use crate::bench::{Account, Bench};
use crate::dovecot::{ANNA, OTTO};
use crate::needs::tests;
use crate::program::{Program, command};
use crate::wait::{PATIENCE, look_for};

tests! {
    [&DOVECOT] =>
        sigusr1_ends_every_idle_and_the_server_hears_done,
        sigterm_sends_done_and_logout_and_ends_with_0_within_two_seconds,
        sighup_reads_the_configuration_again_and_a_bad_one_changes_nothing,
        a_reader_who_leaves_ends_the_program_quietly;
}

/// How long the end may take, by the program's word; the rest is for the process to be gone.
const END: Duration = Duration::from_millis(2500);

/// What else the machine does can only lengthen an end: one of so many must keep the word.
const TRIES: usize = 5;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.configure(&[
        Account { name: "one", user: ANNA, mailboxes: &["INBOX"], starttls: false, ..Account::default() },
        Account { name: "two", user: OTTO, mailboxes: &["INBOX"], starttls: true, ..Account::default() },
    ]);
    bench
}

/// What a connection sent, without tags and arguments.
fn words(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| if line == "DONE" { line } else { line.split(' ').nth(1).unwrap_or_default() }).collect()
}

fn sigusr1_ends_every_idle_and_the_server_hears_done() {
    let bench = bench();
    let mut program = Program::start(&bench);
    program.until_idling(&["one/INBOX", "two/INBOX"]);

    program.signal(Signal::USR1);
    for _ in 0..2 {
        let answered = program.until("answer", |event| event["kind"] == "done_answered");
        assert_eq!(
            (&answered["reason"], &answered["status"], &answered["late"]),
            (&"user".into(), &"OK".into(), &false.into())
        );
    }

    for user in [ANNA, OTTO] {
        bench.server.until_heard(user, "IDLE, DONE and IDLE again", |connections| {
            let [connection] = connections else { return false };
            let words = words(connection);
            let idles = words.iter().filter(|word| **word == "IDLE").count();
            idles == 2 && words.iter().filter(|word| **word == "DONE").count() == 1
        });
    }
    program.until_idling(&["one/INBOX", "two/INBOX"]);
    program.stop();
}

fn sigterm_sends_done_and_logout_and_ends_with_0_within_two_seconds() {
    let bench = bench();
    let mut took = Vec::new();
    for run in 1..=TRIES {
        let mut program = Program::start(&bench);
        program.until_idling(&["one/INBOX", "two/INBOX"]);
        took.push(program.stop());
        for user in [ANNA, OTTO] {
            bench.server.until_heard(user, "DONE and LOGOUT", |connections| {
                connections.len() == run
                    && connections.iter().all(|one| words(one).ends_with(&["IDLE", "DONE", "LOGOUT"]))
            });
        }
        let reasons: Vec<_> = program.of_kind("done_sent").map(|event| event["reason"].clone()).collect();
        assert_eq!(reasons, ["shutdown", "shutdown"], "{}", program.told());
        if took.last().is_some_and(|took| *took < END) {
            return;
        }
    }
    panic!("no end within {END:?}: {took:?}");
}

fn sighup_reads_the_configuration_again_and_a_bad_one_changes_nothing() {
    let bench = bench();
    bench.server.make_mailbox(ANNA, "lists/rust");
    let mut program = Program::start(&bench);
    program.until_idling(&["one/INBOX", "two/INBOX"]);

    bench.configure(&[Account {
        name: "one",
        user: ANNA,
        mailboxes: &["INBOX", "lists/rust"],
        starttls: false,
        ..Account::default()
    }]);
    program.signal(Signal::HUP);
    program.until_idling(&["one/lists/rust", "one/INBOX"]);
    let first_life = program.events.len();
    bench.server.deliver(ANNA, "lists/rust", "new mailbox");
    program.mail("new mailbox");

    fs::write(bench.config(), "[[account]]\nname = 1\n").expect("a file");
    let bad = program.events.len();
    program.signal(Signal::HUP);
    bench.server.deliver(ANNA, "INBOX", "after a bad configuration");
    program.mail("after a bad configuration");
    bench.server.deliver(OTTO, "INBOX", "nobody watches");
    bench.server.deliver(ANNA, "INBOX", "last");
    program.mail("last");
    assert!(program.events[first_life..].iter().all(|event| event["account"] != "two"), "{}", program.told());
    assert!(!program.subjects().contains(&"nobody watches".to_owned()));
    let begun = program.events[bad..].iter().filter(|event| event["kind"] == "phase" && event["from"].is_null());
    assert_eq!(begun.count(), 0, "not a connection was touched; {}", program.told());
    program.stop();
}

fn a_reader_who_leaves_ends_the_program_quietly() {
    let bench = bench();
    let mut child = command(&bench)
        .args(["watch", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it was built");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    assert!(line.contains("\"phase\""), "{line}");

    // The pipe is closed with its reader; the next event finds it so.
    let status = look_for(PATIENCE, || child.try_wait().expect("our child"));

    if status.is_none() {
        child.kill().expect("our child");
    }
    let output = child.wait_with_output().expect("our child");
    assert_eq!(status.and_then(|status| status.code()), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
