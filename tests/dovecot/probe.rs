//! `probe` against a server that keeps its word.

use serde_json::Value;

use crate::DOVECOT;
use crate::bench::{Account, Bench};
use crate::dovecot::ANNA;
use crate::needs::tests;
use crate::program::command;

tests! {
    [&DOVECOT] =>
        every_age_is_answered_and_the_oldest_is_recommended;
}

fn every_age_is_answered_and_the_oldest_is_recommended() {
    let bench = Bench::new();
    bench.configure(&[Account {
        name: "home",
        user: ANNA,
        mailboxes: &["INBOX"],
        starttls: false,
        ..Account::default()
    }]);
    let output =
        command(&bench).args(["probe", "home", "--ages", "1s,2s,5s", "--json"]).output().expect("it was built");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let whole: Value = serde_json::from_str(said.lines().last().expect("the whole")).expect("JSON");
    assert_eq!((&whole["reissue_ms"], &whole["cliff_ms"]), (&5000.into(), &Value::Null), "{said}");
    let log = bench.server.log();
    assert_eq!(log.matches("Login: user=<anna>").count(), 3, "{log}");
}
