//! What an OAuth 2.0 client keeps in the keyring: the refresh token, and perhaps the client's secret.
//!
//! An entry's name holds issuer and client, so that one issuer's secret is never sent to another.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::secret::keyring::{KeyringError, PERSON, entries};
use crate::secret::login_command::login_command;
use mailwatch_proto::model::{Account, Fault, FaultClass, OAuthClient, sanitise};

/// Which secret an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The refresh token.
    RefreshToken,
    /// The client's secret.
    ClientSecret,
}

/// An entry in the keyring.
#[derive(Clone, Copy, Debug)]
pub struct KeyringEntry<'a> {
    pub kind: EntryKind,
    pub account: &'a Account,
    pub client: &'a OAuthClient,
}

impl KeyringEntry<'_> {
    /// The entry's user, beside the service.
    pub fn user(&self) -> String {
        let OAuthClient { issuer, client_id, .. } = self.client;
        match self.kind {
            EntryKind::RefreshToken => {
                format!(
                    "refresh token of {}@{} for {client_id} at {}",
                    self.account.user,
                    self.account.host,
                    issuer.name()
                )
            }
            EntryKind::ClientSecret => format!("secret of {client_id} at {}", issuer.name()),
        }
    }

    /// Reads it; `None` where there is none, or the keyring is locked, which looks the same.
    pub async fn read(&self, limit: Duration) -> Result<Option<SecretString>, Fault> {
        let bytes = match entries::read(self.user(), limit).await {
            Ok(bytes) => bytes,
            Err(KeyringError::NoEntry(_)) => return Ok(None),
            Err(error) => return Err(self.fault(&error)),
        };
        match std::str::from_utf8(&bytes) {
            Ok("") | Err(_) => Err(needs_user(format!("the keyring's {} is damaged: {}", self.name(), self.login()))),
            Ok(text) => Ok(Some(SecretString::from(text))),
        }
    }

    /// Stores it, over what was there.
    pub async fn store(&self, secret: &SecretString) -> Result<(), Fault> {
        let bytes = secret.expose_secret().as_bytes().to_vec();
        entries::write(self.user(), PERSON, bytes.into()).await.map_err(|error| self.fault(&error))
    }

    /// Removes it; `false` where there was none.
    pub async fn forget(&self) -> Result<bool, Fault> {
        entries::delete(self.user(), PERSON).await.map_err(|error| self.fault(&error))
    }

    /// The fault where there is no entry and one is needed.
    pub fn missing(&self) -> Fault {
        needs_user(format!(
            "the keyring has no {}, or is locked, which looks the same: unlock it, or {}",
            self.name(),
            self.login()
        ))
    }

    fn name(&self) -> String {
        match self.kind {
            EntryKind::RefreshToken => format!("refresh token of account {}", sanitise(&self.account.name, 100)),
            EntryKind::ClientSecret => format!("secret of client {}", sanitise(&self.client.client_id, 100)),
        }
    }

    fn login(&self) -> String {
        login_command(self.account)
    }

    fn fault(&self, error: &KeyringError) -> Fault {
        match error {
            KeyringError::NotBuilt => needs_user(format!(
                "this program was built without a keyring (feature keyring), and the {} is kept there: use token_command",
                self.name()
            )),
            KeyringError::Absent(why) => needs_user(format!(
                "no keyring can be reached ({why}), and the {} is kept there. It needs a D-Bus session with a Secret Service, \
                 such as GNOME Keyring, KWallet or KeePassXC; without one use token_command",
                self.name()
            )),
            KeyringError::Locked => retry(format!("the keyring is locked: unlock it to get the {}", self.name())),
            KeyringError::Failed(why) => retry(format!("the keyring failed: {why}")),
            KeyringError::NoEntry(why) | KeyringError::Ambiguous(why) | KeyringError::Refused(why) => {
                needs_user(format!("the keyring refused: {why}"))
            }
            KeyringError::Client(_) | KeyringError::Silent(_) => retry(error.to_string()),
        }
    }
}

fn needs_user(message: String) -> Fault {
    Fault::needs_user(FaultClass::Secret, message)
}

fn retry(message: String) -> Fault {
    Fault::retry_after(FaultClass::Secret, message)
}
