//! `SSLKEYLOGFILE` alone does nothing; with `--keylog` it does, and that is said.

use std::os::unix::fs::PermissionsExt as _;

use imap_misbehave::{Encryption, Scenario, Server};

use crate::needs::tests;
use crate::program::Home;

tests! {
    [] =>
        keys_are_written_where_both_ask_for_it_and_never_unsaid.await;
}

async fn keys_are_written_where_both_ask_for_it_and_never_unsaid() {
    let listening = Server::new(Scenario::healthy()).listen(Encryption::Implicit).await.expect("loopback");
    let home = Home::new(listening.address().port(), listening.ca_pem(), "ca_file = \"ca.pem\"", "");
    let file = home.path("keys");

    let quiet = home.command(&["check"]).env("SSLKEYLOGFILE", &file).output().expect("it was built");
    assert!(quiet.status.success() && !file.exists(), "{quiet:?}");

    let said = home.command(&["check", "--keylog"]).env("SSLKEYLOGFILE", &file).output().expect("it was built");
    let err = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && err.contains("warning: --keylog") && err.contains("passwords"), "{err}");
    let keys = std::fs::read_to_string(&file).expect("written");
    assert!(keys.contains("CLIENT_TRAFFIC_SECRET_0"), "{keys}");
    assert_eq!(std::fs::metadata(&file).expect("written").permissions().mode() & 0o777, 0o600);

    let unnamed = home.command(&["check", "--keylog"]).env_remove("SSLKEYLOGFILE").output().expect("it was built");
    assert_eq!(unnamed.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unnamed.stderr).contains("SSLKEYLOGFILE"), "{unnamed:?}");
}
