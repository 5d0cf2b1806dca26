//! Passwords in the system's keyring: the Secret Service on Linux, else what the system has.
//!
//! A build without the feature `keyring` has none, and says so.

#[cfg(not(feature = "keyring"))]
pub(super) mod absent;
mod error;
#[cfg(feature = "keyring")]
pub(super) mod store;

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

#[cfg(not(feature = "keyring"))]
pub(super) use self::absent as entries;
pub(super) use self::error::KeyringError;
#[cfg(feature = "keyring")]
pub(super) use self::store as entries;
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
    let bytes = entries::read(keyring_user(account), limit).await.map_err(|error| fault(account, &error))?;
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

/// Looks for a keyring that can keep a password. Asks nobody.
///
/// # Errors
/// Where there is none, or none that answers: why, in a sentence.
pub async fn reachable() -> Result<(), String> {
    /// It answers at once, or hangs.
    const LIMIT: Duration = Duration::from_secs(5);
    match entries::read(SERVICE.to_owned(), LIMIT).await {
        // To store a password unlocks it.
        Ok(_) | Err(KeyringError::NoEntry(_) | KeyringError::Locked | KeyringError::Ambiguous(_)) => Ok(()),
        Err(KeyringError::NotBuilt) => Err("this program was built without a keyring".to_owned()),
        Err(KeyringError::Absent(why)) => Err(format!("no keyring can be reached ({why})")),
        Err(KeyringError::Failed(why)) => Err(format!("the keyring failed: {why}")),
        Err(KeyringError::Refused(why)) => Err(format!("the keyring refused: {why}")),
        Err(error @ (KeyringError::Client(_) | KeyringError::Silent(_))) => Err(error.to_string()),
    }
}

/// Puts the account's password into the keyring and replaces an earlier one.
///
/// # Errors
/// Where there is no keyring or it refuses.
pub async fn store(account: &Account, secret: SecretString) -> Result<(), Fault> {
    let bytes = secret.expose_secret().as_bytes().to_vec();
    entries::write(keyring_user(account), PERSON, bytes.into()).await.map_err(|error| fault(account, &error))
}

/// Takes the account's password out of the keyring.
///
/// # Errors
/// Where there is no keyring or it refuses.
pub async fn forget(account: &Account) -> Result<Stored, Fault> {
    match entries::delete(keyring_user(account), PERSON).await {
        Ok(true) => Ok(Stored::Forgotten),
        Ok(false) => Ok(Stored::Nothing),
        Err(error) => Err(fault(account, &error)),
    }
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

fn fault(account: &Account, error: &KeyringError) -> Fault {
    let (who, login, name) = (who(account), login(account), sanitise(&account.name, 100));
    match error {
        KeyringError::NotBuilt => needs_user(format!(
            "this program was built without a keyring (feature keyring): set password_command for account {name}, or \
             start with --ask"
        )),
        KeyringError::Absent(why) => needs_user(format!(
            "no keyring can be reached ({why}). It needs a D-Bus session with a Secret Service, such as GNOME Keyring, \
             KWallet or KeePassXC; without one set password_command for account {name}, or start with --ask"
        )),
        KeyringError::NoEntry(_) => needs_user(format!(
            "the keyring has no password for {who}, or is locked, which looks the same: unlock it, store one with \
             `{login}`, or start with --ask"
        )),
        KeyringError::Locked => retry(format!(
            "the keyring is locked, and was not unlocked for the password of {who}: unlock it with the desktop's own \
                 program and try again, or start with --ask"
        )),
        KeyringError::Ambiguous(_) => {
            needs_user(format!("the keyring has more than one password for {who}: remove all but one"))
        }
        KeyringError::Failed(why) => retry(format!("the keyring failed: {why}")),
        KeyringError::Refused(why) => needs_user(format!("the keyring refused: {why}")),
        KeyringError::Client(_) | KeyringError::Silent(_) => retry(error.to_string()),
    }
}

#[cfg(all(test, feature = "keyring", target_os = "linux"))]
mod tests;
