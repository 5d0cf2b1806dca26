//! Passwords and tokens: from a command, from the system's keyring, from a person. Never printed, never logged, never in an error.
//!
//! What leaves this room is a [`SecretString`], which shows itself as `[REDACTED]` and is zeroed when dropped.

mod asked;
mod command;
mod keyring;
mod memory;
mod prompt;

pub use asked::{Asked, NotAsked, ask_missing};
pub use keyring::{SERVICE, Stored, forget, keyring_user, store};
pub use memory::forbid_core_dumps;
pub use prompt::{PromptError, ask};

use std::time::Duration;

use secrecy::SecretString;

use crate::model::{Account, Auth, Fault, SecretSource};

/// How long a command or the keyring may take. Long enough for a hardware key to be touched.
const LIMIT: Duration = Duration::from_secs(30);

/// The account's password or access token, asked for anew at each login: it may have changed since.
///
/// # Errors
/// Where it cannot be had; class `secret`. The fault's `next` tells a locked keyring or a slow command, which may do
/// better later, from what needs the user.
pub async fn password(account: &Account) -> Result<SecretString, Fault> {
    match &account.secret {
        SecretSource::Keyring => keyring::read(account, LIMIT).await,
        SecretSource::Command(arguments) => {
            let key = match account.auth {
                Auth::Password => "password_command",
                Auth::OAuth2 => "token_command",
            };
            command::first_line(key, arguments, LIMIT).await
        }
        SecretSource::Demo => Ok(SecretString::from(crate::demo::PASSWORD)),
    }
}
