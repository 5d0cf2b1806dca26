//! The keyring under a D-Bus session of its own, unlocked, locked, and absent.

use std::process::Command;

use keyring_core::Error;

use super::*;
use mailwatch_proto::model::{Auth, Hooks, Network, Next, Quirks, SecretSource, Timers, TlsMode};

/// Set in the process that runs under a D-Bus session of its own.
const INSIDE: &str = "MAILWATCH_KEYRING_TEST";

fn account() -> Account {
    Account {
        name: "work".to_owned(),
        host: "imap.example.org".to_owned(),
        port: 993,
        tls: TlsMode::Implicit,
        ca: None,
        network: Network::default(),
        user: "me@example.org".to_owned(),
        auth: Auth::Password,
        secret: SecretSource::Keyring,
        mailboxes: vec!["INBOX".to_owned()],
        max_connections: 8,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

/// Runs one of these tests again under `script`, with nothing of the user's own session. Needs dbus-run-session and
/// gnome-keyring-daemon, hence `ignore`: libtest cannot skip a test when it runs.
fn again(test: &str, script: &str) {
    let home = tempfile::tempdir().expect("a temporary directory");
    let this = std::env::current_exe().expect("this test's own program");
    let status = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script, "sh"])
        .arg(this)
        .args(["--ignored", "--exact", "--nocapture", test])
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .status()
        .expect("dbus-run-session starts");
    assert!(status.success());
}

#[tokio::test]
#[ignore = "needs gnome-keyring-daemon and dbus-run-session"]
async fn what_is_stored_is_read_replaced_and_forgotten() {
    if std::env::var_os(INSIDE).is_none() {
        let script = "printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"";
        return again("secret::keyring::tests::what_is_stored_is_read_replaced_and_forgotten", script);
    }
    let limit = Duration::from_secs(30);
    let fault = read(&account(), limit).await.expect_err("nothing there yet");
    assert_eq!((fault.class, fault.next), (FaultClass::Secret, Next::User));
    assert!(fault.message.contains("or is locked") && fault.message.contains("account login work"), "{fault}");
    for password in ["hunter2", "grün \"x\""] {
        store(&account(), SecretString::from(password)).await.expect("stored");
        assert_eq!(read(&account(), limit).await.expect("there").expose_secret(), password);
    }
    assert_eq!(forget(&account()).await, Ok(Stored::Forgotten));
    assert_eq!(forget(&account()).await, Ok(Stored::Nothing));
    assert!(read(&account(), limit).await.is_err());
}

#[tokio::test]
#[ignore = "needs gnome-keyring-daemon and dbus-run-session"]
async fn without_a_keyring_there_is_a_way_on() {
    if std::env::var_os(INSIDE).is_none() {
        let script = "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere exec \"$@\"";
        return again("secret::keyring::tests::without_a_keyring_there_is_a_way_on", script);
    }
    let fault = read(&account(), Duration::from_secs(30)).await.expect_err("no bus");
    assert_eq!(fault.next, Next::User);
    assert!(fault.message.contains("password_command"), "{fault}");
}

#[tokio::test]
#[ignore = "needs gnome-keyring-daemon and dbus-run-session"]
async fn a_keyring_that_waits_for_a_person_is_not_waited_for_longer_than_a_login_may() {
    if std::env::var_os(INSIDE).is_none() {
        // Instead of a prompt on a display, a prompter that never answers.
        let script = "services=$XDG_RUNTIME_DIR/dbus-1/services && mkdir -p \"$services\" && \
             printf '[D-BUS Service]\nName=org.gnome.keyring.SystemPrompter\nExec=/bin/sleep 20\n' \
             >\"$services/org.gnome.keyring.SystemPrompter.service\" && \
             dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
             org.freedesktop.DBus.ReloadConfig >/dev/null && \
             printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"";
        let test = "a_keyring_that_waits_for_a_person_is_not_waited_for_longer_than_a_login_may";
        return again(&format!("secret::keyring::tests::{test}"), script);
    }
    store(&account(), SecretString::from("hunter2")).await.expect("stored");
    let locked = Command::new("dbus-send")
        .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"])
        .args(["org.freedesktop.Secret.Service.Lock", "array:objpath:/org/freedesktop/secrets/collection/login"])
        .output();
    assert!(locked.is_ok_and(|output| output.status.success()));
    let fault = read(&account(), Duration::from_millis(500)).await.expect_err("nobody unlocks it");
    assert_eq!((fault.class, fault.next), (FaultClass::Secret, Next::Retry));
    assert!(fault.message.contains("waiting to be unlocked"), "{fault}");
}

#[test]
fn no_error_repeats_what_the_keyring_holds() {
    let secret = || b"hunter2\xff".to_vec();
    for error in [Error::BadEncoding(secret()), Error::BadDataFormat(secret(), "broken".into())] {
        assert!(!fault(&account(), &error.into()).message.contains("hunter2"));
    }
    let locked = fault(&account(), &Error::NoStorageAccess("locked".into()).into());
    assert_eq!(locked.next, Next::Retry);
}
