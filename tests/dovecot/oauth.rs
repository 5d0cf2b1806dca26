//! OAuth 2.0 from the login to the last token, against a real issuer and a real server. Tokens live for 8 s here, so that
//! their end need not be waited for.

use serde_json::Value;

use crate::dovecot::ANNA;
use crate::issuer::{CLIENT_SECRET, Manner, Rig};
use crate::needs::tests;
use crate::program::Program;
use crate::{DOVECOT, ISSUER};

tests! {
    [&DOVECOT, &ISSUER] =>
        a_device_code_and_a_browser_open_the_mailbox_and_a_logout_revokes,
        tokens_that_end_are_renewed_with_no_blind_moment_and_no_mail_missed,
        an_issuer_whose_clock_is_hours_wrong_changes_nothing,
        a_revoked_login_is_told_at_once_and_fails_only_when_the_server_lets_go,
        an_issuer_that_is_down_is_tried_again_while_the_old_token_lasts;
}

const PUBLIC: &str = "client_id = \"mailwatch\"";

fn is_replaced(event: &Value) -> bool {
    event["kind"] == "replaced"
}

fn a_device_code_and_a_browser_open_the_mailbox_and_a_logout_revokes() {
    let rig = Rig::start(Manner { ttl: 3600, skew: 0 });
    for (client, options, typed) in [
        (PUBLIC, &["--device"][..], ""),
        (PUBLIC, &[], ""),
        ("client_id = \"mailwatch-secret\", client_secret = \"keyring\", flow = \"device\"", &[], CLIENT_SECRET),
    ] {
        rig.configure(client, &["INBOX"]);
        let output = rig.log_in(options, typed);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{client}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("Account work is logged in"), "{client}: {said}");
        let (said, code) = rig.run(&["check"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("  ok     login") && said.contains("  ok     DONE"), "{said}");
        let before = rig.stats()["revoked"].as_u64().expect("a count");
        let (said, code) = rig.run(&["account", "logout", "work"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("revoked"), "{said}");
        assert!(rig.stats()["revoked"].as_u64().expect("a count") > before);
        let (said, code) = rig.run(&["check"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("`mailwatch-tui account login work`"), "{said}");
    }
}

fn tokens_that_end_are_renewed_with_no_blind_moment_and_no_mail_missed() {
    let rig = Rig::start(Manner { ttl: 8, skew: 0 });
    rig.configure(PUBLIC, &["INBOX", "lists/rust"]);
    assert!(rig.log_in(&["--device"], "").status.success());
    let mut program = Program::start(&rig.bench);
    program.until_idling(&["work/INBOX", "work/lists/rust"]);
    let mut sent = Vec::new();
    while program.of_kind("replaced").count() < 6 {
        for mailbox in ["INBOX", "lists/rust"] {
            let subject = format!("{mailbox} {}", sent.len());
            rig.bench.server.deliver(ANNA, mailbox, &subject);
            program.mail(&subject);
            sent.push(subject);
        }
    }
    let told = program.told();
    assert!(program.of_kind("replaced").all(|event| event["blind_ms"] == 0), "{told}");
    assert_eq!(program.of_kind("fault").count() + program.of_kind("retry").count(), 0, "{told}");
    let phases = program.of_kind("phase").filter(|event| event["to"] == "connecting").count();
    assert_eq!(phases, 2, "neither ever stopped watching: {told}");
    let rotated = program.of_kind("done_answered").filter(|event| event["reason"] == "rotate").count();
    assert!(rotated >= 4, "the old connections end with DONE: {told}");
    program.stop();
    let mut subjects = program.subjects();
    subjects.sort();
    sent.sort();
    assert_eq!(subjects, sent, "each once");
    let refreshed = rig.stats()["refreshed"].as_u64().expect("a count");
    // The first, and one for both watches each time.
    assert!((3..=5).contains(&refreshed), "{refreshed} renewals\n{told}");
}

fn an_issuer_whose_clock_is_hours_wrong_changes_nothing() {
    for skew in [-10_800, 10_800] {
        let rig = Rig::start(Manner { ttl: 8, skew });
        rig.configure(PUBLIC, &["INBOX"]);
        assert!(rig.log_in(&["--device"], "").status.success(), "{skew}");
        let mut program = Program::start(&rig.bench);
        program.until_idling(&["work/INBOX"]);
        let replaced = program.until("a rotation", is_replaced);
        assert_eq!(replaced["blind_ms"], 0, "{skew}");
        assert_eq!(program.of_kind("fault").count(), 0, "{skew}: {}", program.told());
        program.stop();
        let refreshed = rig.stats()["refreshed"].as_u64().expect("a count");
        assert!(refreshed <= 3, "{skew}: {refreshed} renewals for one rotation");
    }
}

fn a_revoked_login_is_told_at_once_and_fails_only_when_the_server_lets_go() {
    let mut rig = Rig::start(Manner { ttl: 8, skew: 0 });
    rig.configure(PUBLIC, &["INBOX"]);
    assert!(rig.log_in(&["--device"], "").status.success());
    let mut program = Program::start(&rig.bench);
    program.until_idling(&["work/INBOX"]);
    rig.tell("revoke");
    let fault = program.until("a fault", |event| event["kind"] == "fault");
    assert_eq!((&fault["class"], &fault["retry"]), (&"auth".into(), &false.into()), "{fault}");
    let message = fault["message"].as_str().expect("text");
    assert!(message.contains("invalid_grant") && message.contains("`mailwatch-tui account login work`"), "{message}");
    rig.bench.server.deliver(ANNA, "INBOX", "still heard");
    program.mail("still heard");
    rig.bench.server.stop();
    rig.bench.server.start_again();
    program.until_phases(&[("work/INBOX", "failed")]);
    program.stop();

    // Logging in anew is all it takes.
    assert!(rig.log_in(&["--device"], "").status.success());
    let mut program = Program::start(&rig.bench);
    program.until_idling(&["work/INBOX"]);
    program.stop();
}

fn an_issuer_that_is_down_is_tried_again_while_the_old_token_lasts() {
    let rig = Rig::start(Manner { ttl: 20, skew: 0 });
    rig.configure(PUBLIC, &["INBOX"]);
    assert!(rig.log_in(&["--device"], "").status.success());
    let mut program = Program::start(&rig.bench);
    program.until_idling(&["work/INBOX"]);
    rig.tell("down");
    let fault = program.until("a fault", |event| event["kind"] == "fault");
    assert_eq!(fault["retry"], true, "{fault}");
    assert!(fault["message"].as_str().expect("text").contains("503"), "{fault}");
    rig.tell("up");
    let replaced = program.until("a rotation", is_replaced);
    assert_eq!(replaced["blind_ms"], 0);
    program.stop();
}
