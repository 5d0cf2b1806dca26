//! Passwords and tokens: from a command, from the system's keyring, from a person. Never printed, never logged, never in an error.
//!
//! What leaves this module is a [`SecretString`](secrecy::SecretString), which shows itself as `[REDACTED]` and is zeroed
//! when dropped.

mod command;
mod credential;
mod jwt;
mod keyring;
mod login_command;
mod memory;
pub mod oauth;
mod password;
mod source;
mod typed;

pub use self::command::{SecretCommand, Unanswered};
pub use self::credential::Credential;
pub use self::jwt::lifetime;
pub use self::keyring::{SERVICE, Stored, forget, keyring_user, reachable, store};
pub use self::memory::forbid_core_dumps;
pub use self::source::{AccountSecrets, CredentialFuture, CredentialSource, credential};
pub use self::typed::{AskError, PromptError, TypedPasswords, ask_missing};

use crate::dial::{Dialler, PasswordFuture, ProxyPasswords};

/// A dialler for real servers that gets the passwords of proxies from their commands.
#[must_use]
pub fn dialler() -> Dialler {
    Dialler::new().asking(ProxyPasswordCommand)
}

/// Runs `proxy_password_command`.
#[derive(Debug)]
struct ProxyPasswordCommand;

impl ProxyPasswords for ProxyPasswordCommand {
    fn ask<'a>(&'a self, command: &'a [String]) -> PasswordFuture<'a> {
        Box::pin(async { SecretCommand::of_proxy(command).ask("it").await })
    }
}
