//! More mailboxes than connections on a real server, with NOTIFY and without; names, uses, and mailboxes that come and go.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::DOVECOT;
use crate::append::run;
use crate::bench::{Account, Bench};
use crate::dovecot::{ANNA, User};
use crate::maildir::message;
use crate::needs::tests;
use crate::program::{Program, text, watch};

tests! {
    [&DOVECOT] =>
        sixty_mailboxes_on_eight_connections_are_told_of_by_notify,
        sixteen_mailboxes_on_eight_connections_are_asked_in_turn_without_notify,
        mailboxes_that_come_go_and_are_renamed_are_followed_by_notify,
        mailboxes_that_come_go_and_are_renamed_are_followed_without_notify,
        mail_that_is_delivered_past_a_server_with_notify_is_found_all_the_same;
}

/// A server's capabilities without NOTIFY.
const WITHOUT_NOTIFY: &str = "protocol imap {\n  imap_capability = IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE \
                              UIDPLUS UNSELECT CHILDREN LIST-EXTENDED SPECIAL-USE\n}\n";

/// How an account with more mailboxes than connections is served.
#[derive(Clone, Copy, Debug)]
struct Case {
    more: &'static str,
    phase: &'static str,
    by: &'static str,
    boxes: usize,
    /// As often as the command governor lets a connection with so many mailboxes ask.
    poll: &'static str,
}

const NOTIFY: Case = Case { more: "", phase: "idling", by: "notify", boxes: 60, poll: "10s" };
const STATUS: Case = Case { more: WITHOUT_NOTIFY, phase: "polling", by: "status", boxes: 16, poll: "20s" };

fn boxes(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("box-{n:02}")).collect()
}

fn each_of_many_mailboxes_tells_of_its_mail(case: Case) {
    let mut bench = Bench::new();
    let names = boxes(case.boxes);
    for name in &names {
        bench.server.make_mailbox(ANNA, name);
        bench.server.deliver(ANNA, name, &format!("before in {name}"));
    }
    if !case.more.is_empty() {
        bench.server.restart_with(case.more);
    }
    let mailboxes: Vec<&str> = names.iter().map(String::as_str).collect();
    let account = Account { mailboxes: &mailboxes, ..Account::default() };
    bench.configure_timed(&[account], &format!("poll = \"{}\"", case.poll));
    let began = Instant::now();
    let mut program = Program::start(&bench);
    let watches: Vec<String> = names.iter().map(|name| format!("one/{name}")).collect();
    let wanted: Vec<(&str, &str)> = watches
        .iter()
        .enumerate()
        .map(|(at, watch)| (watch.as_str(), if at < 8 { "idling" } else { case.phase }))
        .collect();
    program.until_phases(&wanted);
    let ready = began.elapsed();
    let delivered = Instant::now();
    put(&bench, &names, "new in");
    let mut took = Vec::new();
    for name in &names {
        let mail = program.mail(&format!("new in {name}"));
        assert_eq!((text(&mail["mailbox"]), mail["gap"].as_bool()), (name.clone(), Some(false)), "{}", program.told());
        took.push(delivered.elapsed());
    }
    println!("{}: all live after {ready:?}, a mail in each told after {:?}", case.by, took.last());
    // One more in a shared mailbox alone: how long a single mail takes.
    let single = Instant::now();
    put(&bench, &names[case.boxes - 1..], "alone in");
    program.mail(&format!("alone in box-{}", case.boxes));
    println!("{}: a single mail after {:?}", case.by, single.elapsed());
    program.stop();
    let told: BTreeSet<String> = program.subjects().into_iter().collect();
    assert_eq!(
        (told.len(), program.subjects().len()),
        (case.boxes + 1, case.boxes + 1),
        "each once; {}",
        program.told()
    );
    let shared: BTreeSet<String> = program
        .of_kind("phase")
        .filter(|event| event["to"] == case.phase && event["by"] == case.by)
        .map(watch)
        .collect();
    assert_eq!(shared.len(), case.boxes - 8, "{shared:?}");
    let connections = bench.server.heard(ANNA);
    let ours = connections.iter().filter(|lines| lines.iter().any(|line| line.contains(" IDLE"))).count();
    assert_eq!(ours, 8, "connections that idled");
}

/// Mails as another client brings them: the server itself must know of them, or it cannot tell.
fn put(bench: &Bench, names: &[String], subject: &str) {
    let append = |name: &String| {
        let mail = message(&format!("{subject} {name}"));
        format!("APPEND {name} {{{}+}}\r\n{mail}", mail.len())
    };
    let commands: Vec<String> = names.iter().map(append).collect();
    run(&bench.server, ANNA, &commands.iter().map(String::as_str).collect::<Vec<_>>());
}

fn sixty_mailboxes_on_eight_connections_are_told_of_by_notify() {
    each_of_many_mailboxes_tells_of_its_mail(NOTIFY);
}

fn sixteen_mailboxes_on_eight_connections_are_asked_in_turn_without_notify() {
    each_of_many_mailboxes_tells_of_its_mail(STATUS);
}

/// What another client does to the server's mailboxes while the program watches.
fn comings_and_goings(case: Case, connections: u16) {
    const USER: User = ANNA;
    let mut bench = Bench::new();
    bench.server.make_mailbox(USER, "Entwürfe");
    let uses = "namespace inbox {\n  mailbox Sent {\n    special_use = \\Sent\n    auto = create\n  }\n}\n";
    bench.server.restart_with(&format!("{uses}{}", case.more));
    run(&bench.server, USER, &["CREATE lists/a", "CREATE \"lists/b \\\"c\\\\d\"", "CREATE other"]);
    let account = Account { mailboxes: &["INBOX", "lists/*", "\\Sent", "Entw%"], connections, ..Account::default() };
    bench.configure_timed(&[account], &format!("poll = \"{0}\"\nreissue = \"{0}\"", case.poll));
    let mut program = Program::start(&bench);
    let stands = |program: &mut Program, name: &str| {
        let watch = format!("one/{name}");
        program.sooner_or_later(name, |event| {
            event["kind"] == "phase"
                && crate::program::watch(event) == watch
                && (event["to"] == "idling" || event["to"] == "polling")
        });
    };
    for name in ["INBOX", "lists/a", "lists/b \"c\\d", "Sent", "Entwürfe"] {
        stands(&mut program, name);
    }
    run(&bench.server, USER, &["APPEND Entw&APw-rfe {23+}\r\nSubject: a draft\r\n\r\nx\r\n"]);
    assert_eq!(program.mail("a draft")["mailbox"], "Entwürfe");

    run(&bench.server, USER, &["CREATE lists/new", "APPEND lists/new {25+}\r\nSubject: the first\r\n\r\nx\r\n"]);
    let first = program.mail("the first");
    assert_eq!((text(&first["mailbox"]), first["gap"].as_bool()), ("lists/new".to_owned(), Some(true)));
    stands(&mut program, "lists/new");

    run(&bench.server, USER, &["RENAME lists/new lists/newer"]);
    program.until("the end", |event| event["to"] == "ended" && event["mailbox"] == "lists/new");
    stands(&mut program, "lists/newer");
    run(&bench.server, USER, &["APPEND lists/newer {26+}\r\nSubject: the second\r\n\r\nx\r\n"]);
    assert_eq!(program.mail("the second")["mailbox"], "lists/newer");

    run(&bench.server, USER, &["DELETE lists/a"]);
    program.until("the end", |event| event["to"] == "ended" && event["mailbox"] == "lists/a");
    bench.server.deliver(USER, "INBOX", "the last");
    program.mail("the last");
    program.stop();
    assert_eq!(program.subjects(), ["a draft", "the first", "the second", "the last"], "{}", program.told());
    assert!(!program.phases().contains_key("one/other"), "{}", program.told());
}

fn mailboxes_that_come_go_and_are_renamed_are_followed_by_notify() {
    comings_and_goings(NOTIFY, 2);
}

fn mailboxes_that_come_go_and_are_renamed_are_followed_without_notify() {
    comings_and_goings(STATUS, 1);
}

fn mail_that_is_delivered_past_a_server_with_notify_is_found_all_the_same() {
    let bench = Bench::new();
    bench.server.make_mailbox(ANNA, "a");
    let account = Account { mailboxes: &["INBOX", "a"], connections: 1, ..Account::default() };
    bench.configure_timed(&[account], "poll = \"1s\"\nreissue = \"2s\"");
    let mut program = Program::start(&bench);
    program.until_phases(&[("one/INBOX", "idling"), ("one/a", "idling")]);
    for subject in ["one", "two", "three"] {
        bench.server.deliver(ANNA, "a", subject);
        program.mail(subject);
    }
    program.stop();
    assert_eq!(program.subjects(), ["one", "two", "three"], "{}", program.told());
}
