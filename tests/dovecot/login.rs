//! What stands between the program and a mailbox: TLS, passwords, names.

use crate::DOVECOT;
use crate::bench::{Account, Bench, WRONG};
use crate::dovecot::{ANNA, OTTO, User};
use crate::needs::tests;
use crate::program::Program;

tests! {
    [&DOVECOT] =>
        an_odd_password_opens_the_account_over_implicit_tls_and_starttls,
        a_wrong_password_is_tried_once_and_said_once,
        a_wrong_password_of_one_account_leaves_the_other_at_work,
        a_mailbox_that_is_not_there_waits_alone_and_is_named,
        check_passes_every_step_on_a_real_server;
}

fn an_odd_password_opens_the_account_over_implicit_tls_and_starttls() {
    let bench = Bench::new();
    bench.configure(&[
        Account { name: "implicit", user: ANNA, mailboxes: &["INBOX"], starttls: false, ..Account::default() },
        Account { name: "starttls", user: ANNA, mailboxes: &["INBOX"], starttls: true, ..Account::default() },
    ]);
    let mut program = Program::start(&bench);
    program.until_idling(&["implicit/INBOX", "starttls/INBOX"]);
    let tls: Vec<_> = program.of_kind("connected").map(|event| event["tls"].clone()).collect();
    assert_eq!(tls, ["1.3", "1.3"]);
    program.stop();
    let log = bench.server.log();
    assert_eq!(log.matches("Login: user=<anna>").count(), 2, "{log}");
    // Dovecot's words for a session in TLS, however it came to it.
    assert_eq!(log.matches(", TLS, session=").count(), 2, "{log}");
}

fn a_wrong_password_is_tried_once_and_said_once() {
    let bench = Bench::new();
    bench.server.make_mailbox(OTTO, "lists/rust");
    let user = User { password: WRONG, ..OTTO };
    bench.configure(&[Account {
        name: "work",
        user,
        mailboxes: &["INBOX", "lists/rust", "Sent"],
        starttls: false,
        ..Account::default()
    }]);
    let mut program = Program::start(&bench);

    program.until_phases(&[("work/INBOX", "failed"), ("work/lists/rust", "failed"), ("work/Sent", "failed")]);
    // It goes on, and tries again later.
    program.stop();

    let faults: Vec<_> = program.of_kind("fault").collect();
    assert!(!faults.is_empty() && faults.iter().all(|fault| fault["class"] == "auth" && fault["retry"] == false));
    let log = bench.server.log();
    assert_eq!(log.matches("Password mismatch").count(), 1, "{log}");
    assert_eq!(log.matches("auth failed").count(), 1, "{log}");
}

fn a_wrong_password_of_one_account_leaves_the_other_at_work() {
    let bench = Bench::new();
    let user = User { password: WRONG, ..OTTO };
    bench.configure(&[
        Account { name: "bad", user, mailboxes: &["INBOX"], starttls: false, ..Account::default() },
        Account { name: "good", user: ANNA, mailboxes: &["INBOX"], starttls: false, ..Account::default() },
    ]);
    let mut program = Program::start(&bench);
    program.until_phases(&[("bad/INBOX", "failed"), ("good/INBOX", "idling")]);
    bench.server.deliver(ANNA, "INBOX", "still heard");
    assert_eq!(program.mail("still heard")["account"], "good");
    program.stop();
}

fn a_mailbox_that_is_not_there_waits_alone_and_is_named() {
    let bench = Bench::new();
    bench.configure(&[Account {
        name: "work",
        user: OTTO,
        mailboxes: &["INBOX", "Nowhere"],
        starttls: false,
        ..Account::default()
    }]);
    let mut program = Program::start(&bench);
    // This server has no code for it, and words make nothing final.
    program.until_phases(&[("work/INBOX", "idling"), ("work/Nowhere", "waiting")]);
    let fault = program.sooner_or_later("fault", |event| event["kind"] == "fault");
    assert_eq!(
        (&fault["class"], &fault["mailbox"], &fault["retry"]),
        (&"mailbox".into(), &"Nowhere".into(), &true.into())
    );
    bench.server.deliver(OTTO, "INBOX", "still heard");
    program.mail("still heard");
    program.stop();
}

fn check_passes_every_step_on_a_real_server() {
    let bench = Bench::new();
    bench.configure(&[
        Account { name: "implicit", user: ANNA, mailboxes: &["INBOX"], starttls: false, ..Account::default() },
        Account { name: "starttls", user: ANNA, mailboxes: &["INBOX"], starttls: true, ..Account::default() },
    ]);
    let output = crate::program::command(&bench).arg("check").output().expect("it was built");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(told.matches("  ok     DONE ").count(), 2, "{told}");
    assert!(!told.contains("FAILED"), "{told}");
}
