//! The system's keyring: the Secret Service on Linux, else what the system has.
//!
//! The store is opened anew each time, so that a keyring that was absent or locked can be tried again.

use std::time::Duration;

use keyring_core::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use mailwatch_proto::model::{Account, Fault, FaultClass, sanitise};

/// The service under which the passwords stand in the keyring.
pub const SERVICE: &str = "mailwatch-tui";

/// How long a person may take to unlock the keyring while they are at it.
pub(super) const PERSON: Duration = Duration::from_mins(2);

/// What was in the keyring before it was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A password, now gone.
    Forgotten,
    /// Nothing.
    Nothing,
}

/// The user under which an account's password stands in the keyring.
#[must_use]
pub fn keyring_user(account: &Account) -> String {
    format!("{}@{}", account.user, account.host)
}

/// The account's password.
pub(super) async fn read(account: &Account, limit: Duration) -> Result<SecretString, Fault> {
    let bytes = blocking(account, limit, |entry| entry.get_secret().map(Zeroizing::new)).await?;
    match std::str::from_utf8(&bytes) {
        Ok("") => {
            Err(needs_user(format!("the password of {} in the keyring is empty: {}", who(account), login(account))))
        }
        Ok(text) => Ok(SecretString::from(text)),
        Err(_) => {
            Err(needs_user(format!("the password of {} in the keyring is not text: {}", who(account), login(account))))
        }
    }
}

/// Puts the account's password into the keyring, over the one that is there.
///
/// # Errors
/// Where there is no keyring or it refuses.
pub async fn store(account: &Account, secret: SecretString) -> Result<(), Fault> {
    blocking(account, PERSON, move |entry| entry.set_secret(secret.expose_secret().as_bytes())).await
}

/// Takes the account's password out of the keyring.
///
/// # Errors
/// Where there is no keyring or it refuses.
pub async fn forget(account: &Account) -> Result<Stored, Fault> {
    blocking(account, PERSON, |entry| match entry.delete_credential() {
        Ok(()) => Ok(Stored::Forgotten),
        Err(Error::NoEntry) => Ok(Stored::Nothing),
        Err(error) => Err(error),
    })
    .await
}

/// Why the keyring did not do as asked.
#[derive(Debug)]
pub(super) enum Refused {
    /// No keyring is reachable.
    Absent(Error),
    /// The keyring refused.
    Entry(Error),
    /// Its client failed.
    Client(String),
    /// It did not answer within so long.
    Silent(Duration),
}

async fn blocking<T: Send + 'static>(
    account: &Account,
    limit: Duration,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, Fault> {
    with_entry(keyring_user(account), limit, work).await.map_err(|refused| fault(account, &refused))
}

/// Runs `work` on a thread of its own: the keyring blocks, at worst until a person has answered its prompt, and
/// neither the runtime nor its shutdown may wait for that.
pub(super) async fn with_entry<T: Send + 'static>(
    user: String,
    limit: Duration,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, Refused> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let thread = move || {
        let done = entry(&user).map_err(Refused::Absent).and_then(|entry| work(&entry).map_err(Refused::Entry));
        // Nobody waits any more: the answer is dropped, and zeroed where it is a secret.
        drop(answer.send(done));
    };
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(thread)
        .map_err(|error| Refused::Client(format!("no thread for the keyring: {error}")))?;
    match tokio::time::timeout(limit, answered).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(Refused::Client("the keyring's client failed".to_owned())),
        Err(_) => Err(Refused::Silent(limit)),
    }
}

#[cfg(target_os = "linux")]
fn entry(user: &str) -> Result<Entry, Error> {
    use keyring_core::api::CredentialStoreApi;
    zbus_secret_service_keyring_store::Store::new()?.build(SERVICE, user, None)
}

#[cfg(not(target_os = "linux"))]
fn entry(user: &str) -> Result<Entry, Error> {
    // Elsewhere the store is part of the system: it is there from the start, or never.
    Ok(keyring::v1::Entry::new(SERVICE, user)?.inner)
}

fn needs_user(message: impl Into<String>) -> Fault {
    Fault::needs_user(FaultClass::Secret, message)
}

fn retry(message: impl Into<String>) -> Fault {
    Fault::retry_after(FaultClass::Secret, message)
}

fn who(account: &Account) -> String {
    sanitise(&keyring_user(account), 200)
}

fn login(account: &Account) -> String {
    format!("mailwatch-tui account login {}", sanitise(&account.name, 100))
}

fn fault(account: &Account, refused: &Refused) -> Fault {
    let (who, login) = (who(account), login(account));
    match refused {
        Refused::Absent(error) => needs_user(format!(
            "no keyring can be reached ({}). It takes a D-Bus session with a Secret Service, such as GNOME Keyring, \
             KWallet or KeePassXC; without one set password_command for account {}, or start with --ask",
            reason(error),
            sanitise(&account.name, 100)
        )),
        Refused::Entry(Error::NoEntry) => needs_user(format!(
            "the keyring has no password for {who}, or is locked, which looks the same: unlock it, store one with \
             `{login}`, or start with --ask"
        )),
        Refused::Entry(Error::NoStorageAccess(_)) => retry(format!(
            "the keyring is locked, and was not unlocked for the password of {who}: unlock it with the desktop's own \
                 program and try again, or start with --ask"
        )),
        Refused::Entry(Error::Ambiguous(_)) => {
            needs_user(format!("the keyring has more than one password for {who}: remove all but one"))
        }
        Refused::Entry(error @ Error::PlatformFailure(_)) => retry(format!("the keyring failed: {}", reason(error))),
        Refused::Entry(error) => needs_user(format!("the keyring refused: {}", reason(error))),
        Refused::Client(_) | Refused::Silent(_) => retry(refused.unanswered()),
    }
}

impl Refused {
    /// What is said where the keyring itself did not answer.
    pub(super) fn unanswered(&self) -> String {
        match self {
            Self::Silent(limit) => {
                format!("the keyring did not answer within {} s: it may be waiting to be unlocked", limit.as_secs_f32())
            }
            Self::Client(why) => why.clone(),
            Self::Absent(error) | Self::Entry(error) => reason(error),
        }
    }
}

/// The error's sentence. Never its `Debug`: that of some holds the secret's bytes.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what it holds is not a password".to_owned(),
        error => sanitise(&error.to_string(), 200),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

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

    /// Runs one of these tests again under `script`, with nothing of the user's own session; `None` where that lacks.
    fn again(test: &str, script: &str) -> Option<bool> {
        let required = std::env::var("MAILWATCH_REQUIRE").is_ok_and(|list| list.split(',').any(|one| one == "keyring"));
        let there = ["dbus-run-session", "gnome-keyring-daemon"]
            .iter()
            .all(|program| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success()));
        if !there {
            assert!(!required, "MAILWATCH_REQUIRE names keyring: dbus-run-session and gnome-keyring-daemon are needed");
            println!("skipped: dbus-run-session and gnome-keyring-daemon are not both installed");
            return None;
        }
        let home = tempfile::tempdir().expect("a temporary directory");
        let this = std::env::current_exe().expect("this test's own program");
        let status = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", script, "sh"])
            .arg(this)
            .args(["--exact", "--nocapture", test])
            .env(INSIDE, "1")
            .env("HOME", home.path())
            .env("XDG_RUNTIME_DIR", home.path())
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .status()
            .expect("dbus-run-session starts");
        Some(status.success())
    }

    #[tokio::test]
    async fn what_is_stored_is_read_replaced_and_forgotten() {
        if std::env::var_os(INSIDE).is_none() {
            let script = "printf login | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"";
            let passed = again("secret::keyring::tests::what_is_stored_is_read_replaced_and_forgotten", script);
            assert_ne!(passed, Some(false));
            return;
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
    async fn without_a_keyring_there_is_a_way_on() {
        if std::env::var_os(INSIDE).is_none() {
            let script = "DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere exec \"$@\"";
            let passed = again("secret::keyring::tests::without_a_keyring_there_is_a_way_on", script);
            assert_ne!(passed, Some(false));
            return;
        }
        let fault = read(&account(), Duration::from_secs(30)).await.expect_err("no bus");
        assert_eq!(fault.next, Next::User);
        assert!(fault.message.contains("password_command"), "{fault}");
    }

    #[tokio::test]
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
            assert_ne!(again(&format!("secret::keyring::tests::{test}"), script), Some(false));
            return;
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
            assert!(!fault(&account(), &Refused::Entry(error)).message.contains("hunter2"));
        }
        let locked = fault(&account(), &Refused::Entry(Error::NoStorageAccess("locked".into())));
        assert_eq!(locked.next, Next::Retry);
    }
}
