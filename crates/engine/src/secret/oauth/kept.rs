//! What an OAuth 2.0 client keeps in the keyring: the refresh token, and the client's secret where it is kept there.
//!
//! An entry's name holds issuer and client, so that what one issuer gave is never sent to another.

use std::time::Duration;

use keyring_core::Error;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::secret::keyring::{PERSON, Refused, reason, with_entry};
use mailwatch_proto::model::{Account, Fault, FaultClass, OAuthClient, sanitise};

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The refresh token.
    RefreshToken,
    /// The client's secret.
    ClientSecret,
}

/// An entry in the keyring.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pub what: Kept,
    pub account: &'a Account,
    pub client: &'a OAuthClient,
}

impl Item<'_> {
    /// The user under which it stands, beside the service.
    pub fn user(&self) -> String {
        let OAuthClient { issuer, client_id, .. } = self.client;
        match self.what {
            Kept::RefreshToken => {
                format!(
                    "refresh token of {}@{} for {client_id} at {}",
                    self.account.user,
                    self.account.host,
                    issuer.name()
                )
            }
            Kept::ClientSecret => format!("secret of {client_id} at {}", issuer.name()),
        }
    }

    /// Reads it; `None` where there is none, or the keyring is locked, which looks the same.
    pub async fn read(&self, limit: Duration) -> Result<Option<SecretString>, Fault> {
        let read = with_entry(self.user(), limit, |entry| match entry.get_secret().map(Zeroizing::new) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        });
        let Some(bytes) = read.await.map_err(|refused| self.fault(&refused))? else { return Ok(None) };
        match std::str::from_utf8(&bytes) {
            Ok("") | Err(_) => Err(needs_user(format!("the keyring's {} is damaged: {}", self.name(), self.login()))),
            Ok(text) => Ok(Some(SecretString::from(text))),
        }
    }

    /// Keeps it, over what was there.
    pub async fn keep(&self, secret: &SecretString) -> Result<(), Fault> {
        let secret = secret.clone();
        with_entry(self.user(), PERSON, move |entry| entry.set_secret(secret.expose_secret().as_bytes()))
            .await
            .map_err(|refused| self.fault(&refused))
    }

    /// Removes it. Whether it was there.
    pub async fn forget(&self) -> Result<bool, Fault> {
        with_entry(self.user(), PERSON, |entry| match entry.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(error),
        })
        .await
        .map_err(|refused| self.fault(&refused))
    }

    /// There is none, and one is needed.
    pub fn missing(&self) -> Fault {
        needs_user(format!(
            "the keyring has no {}, or is locked, which looks the same: unlock it, or {}",
            self.name(),
            self.login()
        ))
    }

    fn name(&self) -> String {
        match self.what {
            Kept::RefreshToken => format!("refresh token of account {}", sanitise(&self.account.name, 100)),
            Kept::ClientSecret => format!("secret of client {}", sanitise(&self.client.client_id, 100)),
        }
    }

    fn login(&self) -> String {
        super::login(self.account)
    }

    fn fault(&self, refused: &Refused) -> Fault {
        match refused {
            Refused::Absent(error) => needs_user(format!(
                "no keyring can be reached ({}), and the {} stands there. It takes a D-Bus session with a Secret Service, \
                 such as GNOME Keyring, KWallet or KeePassXC; without one use token_command",
                reason(error),
                self.name()
            )),
            Refused::Entry(Error::NoStorageAccess(_)) => {
                retry(format!("the keyring is locked: unlock it to have the {}", self.name()))
            }
            Refused::Entry(error @ Error::PlatformFailure(_)) => {
                retry(format!("the keyring failed: {}", reason(error)))
            }
            Refused::Entry(error) => needs_user(format!("the keyring refused: {}", reason(error))),
            Refused::Client(_) | Refused::Silent(_) => retry(refused.unanswered()),
        }
    }
}

fn needs_user(message: String) -> Fault {
    Fault::needs_user(FaultClass::Secret, message)
}

fn retry(message: String) -> Fault {
    Fault::retry_after(FaultClass::Secret, message)
}
