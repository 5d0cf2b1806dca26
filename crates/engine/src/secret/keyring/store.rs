//! Entries in the system's keyring, each under this program's service and a user.
//!
//! The store is opened anew each time, so that a keyring that was absent or locked can be tried again.

use std::time::Duration;

use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use super::{KeyringError, SERVICE};
use crate::concurrency_limit::ConcurrencyLimit;
use mailwatch_proto::model::sanitise;

/// Two entries are worked on at once, so that the first of a hundred passwords is there before the last is asked for. One that
/// waits for a person, or for a keyring that hangs, counts for a second.
static ENTRIES: ConcurrencyLimit = ConcurrencyLimit::new(2, Duration::from_secs(1));

/// Reads an entry.
pub(crate) async fn read(user: String, limit: Duration) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    with_entry(user, limit, |entry| entry.get_secret().map(Zeroizing::new)).await
}

/// Writes an entry, over what was there.
pub(crate) async fn write(user: String, limit: Duration, secret: Zeroizing<Vec<u8>>) -> Result<(), KeyringError> {
    with_entry(user, limit, move |entry| entry.set_secret(&secret)).await
}

/// Deletes an entry; `false` where there was none.
pub(crate) async fn delete(user: String, limit: Duration) -> Result<bool, KeyringError> {
    with_entry(user, limit, |entry| match entry.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(error),
    })
    .await
}

/// Runs `work` on a thread of its own: the keyring blocks, at worst until a person has answered its prompt, and
/// neither the runtime nor its shutdown may wait for that.
async fn with_entry<T: Send + 'static>(
    user: String,
    limit: Duration,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeyringError> {
    ENTRIES.run(on_a_thread(user, limit, work)).await
}

async fn on_a_thread<T: Send + 'static>(
    user: String,
    limit: Duration,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeyringError> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    let thread = move || {
        let absent = |error| KeyringError::Absent(reason(&error));
        let done = entry(&user).map_err(absent).and_then(|entry| work(&entry).map_err(KeyringError::from));
        // Without a receiver the answer is dropped, and zeroed where it is a secret.
        drop(answer.send(done));
    };
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(thread)
        .map_err(|error| KeyringError::Client(format!("no thread for the keyring: {error}")))?;
    match tokio::time::timeout(limit, answered).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(KeyringError::Client("the keyring's client failed".to_owned())),
        Err(_) => Err(KeyringError::Silent(limit)),
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

impl From<Error> for KeyringError {
    fn from(error: Error) -> Self {
        match error {
            Error::NoEntry => Self::NoEntry(reason(&error)),
            Error::NoStorageAccess(_) => Self::Locked,
            Error::Ambiguous(_) => Self::Ambiguous(reason(&error)),
            Error::PlatformFailure(_) => Self::Failed(reason(&error)),
            error => Self::Refused(reason(&error)),
        }
    }
}

/// The error's sentence. Never its `Debug`: that of some holds the secret's bytes.
fn reason(error: &Error) -> String {
    match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "its content is not a password".to_owned(),
        error => sanitise(&error.to_string(), 200),
    }
}
