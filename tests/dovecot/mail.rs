//! Mail is told once, whenever it comes.

use std::collections::BTreeMap;

use crate::DOVECOT;
use crate::append::append;
use crate::bench::{Account, Bench};
use crate::dovecot::{ANNA, OTTO};
use crate::needs::tests;
use crate::program::Program;

tests! {
    [&DOVECOT] =>
        mail_is_told_once_whether_it_comes_while_idling_or_restarting_or_while_nobody_watches,
        a_mail_is_told_with_its_headers_decoded_and_left_unread,
        a_servers_heartbeats_are_told;
}

const WATCHES: [&str; 3] = ["one/INBOX", "one/lists/rust", "two/INBOX"];

/// Two accounts, three mailboxes, both kinds of TLS, a mail in each that was there before anyone watched.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.server.make_mailbox(ANNA, "lists/rust");
    bench.configure(&[
        Account { name: "one", user: ANNA, mailboxes: &["INBOX", "lists/rust"], starttls: false, ..Account::default() },
        Account { name: "two", user: OTTO, mailboxes: &["INBOX"], starttls: true, ..Account::default() },
    ]);
    deliver(&bench, "before");
    bench
}

/// A mail into each mailbox; their subjects.
fn deliver(bench: &Bench, when: &str) -> [String; 3] {
    let mailboxes = [(ANNA, "INBOX"), (ANNA, "lists/rust"), (OTTO, "INBOX")];
    mailboxes.map(|(user, mailbox)| {
        let subject = format!("{when} for {} in {mailbox}", user.name);
        bench.server.deliver(user, mailbox, &subject);
        subject
    })
}

fn mail_is_told_once_whether_it_comes_while_idling_or_restarting_or_while_nobody_watches() {
    let mut bench = bench();
    let mut first = Program::start(&bench);
    first.until_idling(&WATCHES);
    let mut wanted: Vec<(String, bool)> = Vec::new();

    for subject in deliver(&bench, "idling") {
        wanted.push((subject, false));
    }
    append(&bench.server, OTTO, "INBOX", "appended");
    wanted.push(("appended".to_owned(), false));
    for number in 0..20 {
        let subject = format!("burst {number}");
        bench.server.deliver(ANNA, "INBOX", &subject);
        wanted.push((subject, false));
    }
    for (subject, gap) in &wanted {
        assert_eq!(first.mail(subject)["gap"], *gap, "{subject}; {}", first.told());
    }

    first.until_idling(&WATCHES);
    bench.server.stop();
    for subject in deliver(&bench, "restarting") {
        wanted.push((subject, true));
    }
    bench.server.start_again();
    for (subject, gap) in &wanted[24..] {
        assert_eq!(first.mail(subject)["gap"], *gap, "{subject}; {}", first.told());
    }
    first.until_idling(&WATCHES);
    first.stop();

    for subject in deliver(&bench, "away") {
        wanted.push((subject, true));
    }
    let mut second = Program::start(&bench);
    for (subject, gap) in &wanted[27..] {
        assert_eq!(second.mail(subject)["gap"], *gap, "{subject}; {}", second.told());
    }
    second.until_idling(&WATCHES);
    // What comes last is told last: nothing is on its way any more.
    for subject in deliver(&bench, "last") {
        second.mail(&subject);
        wanted.push((subject, false));
    }
    second.stop();

    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for subject in first.subjects().into_iter().chain(second.subjects()) {
        *told.entry(subject).or_default() += 1;
    }
    let wanted: BTreeMap<String, usize> = wanted.into_iter().map(|(subject, _)| (subject, 1)).collect();
    assert_eq!(told, wanted);
}

fn a_mail_is_told_with_its_headers_decoded_and_left_unread() {
    let bench = bench();
    bench.server.make_mailbox(ANNA, "Entwürfe");
    bench.configure(&[Account {
        name: "one",
        user: ANNA,
        mailboxes: &["Entwürfe"],
        starttls: false,
        ..Account::default()
    }]);
    let mut program = Program::start(&bench);
    program.until_idling(&["one/Entwürfe"]);
    bench.server.deliver(ANNA, "Entwürfe", "=?UTF-8?B?R3LDvMOfZQ==?=");

    let mail = program.mail("Grüße");

    assert_eq!(mail["mailbox"], "Entwürfe");
    assert_eq!(mail["from"], "Ann Müller <ann@example.org>");
    assert_eq!(mail["date"], "2026-11-20T14:03:27+01:00");
    program.stop();
    let heard = bench.server.heard(ANNA).concat();
    assert!(heard.iter().any(|line| line.contains(" EXAMINE ")), "{heard:#?}");
    let changes = [" SELECT ", " STORE ", "BODY["];
    assert!(!heard.iter().any(|line| changes.iter().any(|change| line.contains(change))), "{heard:#?}");
}

fn a_servers_heartbeats_are_told() {
    let bench = bench();
    let mut program = Program::start(&bench);
    program.until_idling(&WATCHES);
    for _ in 0..2 {
        let beat = program.until("heartbeat", |event| event["kind"] == "heartbeat" && event["account"] == "two");
        assert_eq!(beat["text"], "Still here");
    }
    program.stop();
}
