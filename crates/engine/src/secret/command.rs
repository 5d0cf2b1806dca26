//! `password_command` and its like: a program run without a shell, whose first line of output is the secret.
//!
//! It runs without a terminal; where a person is there to answer it, in the terminal's foreground.

mod failed;
mod printed;
mod wish;

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use tokio::process::Command;

use self::failed::Failed;
pub use self::failed::Unanswered;
use self::printed::OUTPUT_LIMIT;
use self::wish::Wish;
use super::credential::LIMIT;
use super::keyring::PERSON;
use crate::process::{self, Streams, TimeLimit, foreground};
use mailwatch_proto::model::{Account, Auth, Fault, FaultClass, Next, SecretSource, sanitise};

/// How much of a command's standard error is kept, in bytes.
const STDERR_KEPT: usize = 4 * 1024;

/// A command that could not ask is run again so soon: its agent may have been unlocked elsewhere, and until then the
/// command costs next to nothing.
const AGAIN: Duration = Duration::from_mins(5);

/// A command that prints a secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretCommand {
    /// The setting.
    key: &'static str,
    arguments: Vec<String>,
}

/// Without its arguments, which may be telling.
impl fmt::Debug for SecretCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for SecretCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`", self.key, self.program())
    }
}

impl SecretCommand {
    /// An account's `password_command` or `token_command`.
    #[must_use]
    pub fn of(account: &Account) -> Option<Self> {
        match (&account.secret, account.auth) {
            (SecretSource::Command(arguments), Auth::Password) => Some(Self::of_password(arguments)),
            (SecretSource::Command(arguments), Auth::OAuth2) => Some(Self::of_token(arguments)),
            (SecretSource::Keyring | SecretSource::Fixed(_) | SecretSource::OAuth(_), _) => None,
        }
    }

    /// The one of the proxy that the account goes through, and its own: in the order in which a login needs them.
    #[must_use]
    pub fn all_of(account: &Account) -> Vec<Self> {
        let login = account.network.proxy.as_ref().and_then(|proxy| proxy.login.as_ref());
        login.map(|login| Self::of_proxy(&login.password_command)).into_iter().chain(Self::of(account)).collect()
    }

    /// An account's `password_command`.
    pub(super) fn of_password(arguments: &[String]) -> Self {
        Self { key: "password_command", arguments: arguments.to_vec() }
    }

    /// An account's `token_command`.
    pub(super) fn of_token(arguments: &[String]) -> Self {
        Self { key: "token_command", arguments: arguments.to_vec() }
    }

    /// Whether it prints an account's own password or token.
    #[must_use]
    pub fn is_accounts(&self) -> bool {
        matches!(self.key, "password_command" | "token_command")
    }

    /// A proxy's `proxy_password_command`.
    pub(super) fn of_proxy(arguments: &[String]) -> Self {
        Self { key: "proxy_password_command", arguments: arguments.to_vec() }
    }

    /// An OAuth client's `client_secret_command`.
    pub(super) fn of_client(arguments: &[String]) -> Self {
        Self { key: "client_secret_command", arguments: arguments.to_vec() }
    }

    /// Runs it without a terminal and takes the first line that it prints. `login` is what a person can run in a terminal
    /// where it must ask something.
    pub(super) async fn ask(&self, login: &str) -> Result<SecretString, Fault> {
        self.ask_within(LIMIT, login).await
    }

    async fn ask_within(&self, limit: Duration, login: &str) -> Result<SecretString, Fault> {
        let command = self.command().map_err(|failed| self.fault(&failed))?;
        let streams = Streams { input: None, output: Some(OUTPUT_LIMIT), errors: STDERR_KEPT };
        let time = TimeLimit { run: limit, grace: Duration::ZERO };
        let finished = process::run(command, streams, time, None).await;
        let failed = match printed::secret(&finished, &self.program(), limit) {
            Ok(secret) => return Ok(secret),
            Err(failed) => failed,
        };
        let (complaint, program) = (printed::complaint(&finished), self.program());
        let way_out = format!("unlock its agent, or run {login} in a terminal");
        let failed = match failed.wish.or_of(&complaint) {
            Wish::Terminal => Failed {
                said: format!(
                    "`{program}` wanted a terminal, but runs without one{complaint}. To answer it, {way_out}"
                ),
                next: Next::UserAfter(AGAIN),
                ..failed
            },
            Wish::Gpg => Failed {
                said: format!(
                    "{}{complaint}. gpg says this if it cannot ask for a passphrase: then {way_out}",
                    failed.said
                ),
                next: Next::UserAfter(AGAIN),
                ..failed
            },
            Wish::Time => {
                Failed { said: format!("{}{complaint}. If it wants an answer, {way_out}", failed.said), ..failed }
            }
            Wish::Unknown => Failed { said: format!("{}{complaint}", failed.said), ..failed },
        };
        Err(self.fault(&failed))
    }

    /// Runs it in the terminal's foreground and takes the first line that it prints.
    ///
    /// # Errors
    /// Where it gives none.
    pub async fn ask_in_foreground(&self) -> Result<SecretString, Unanswered> {
        let command = self.command().map_err(|failed| self.unanswered(&failed))?;
        let finished = foreground::run(command, OUTPUT_LIMIT, TimeLimit { run: PERSON, grace: Duration::ZERO }).await;
        if finished.was_given_up() {
            return Err(Unanswered::GivenUp(self.to_string()));
        }
        printed::secret(&finished, &self.program(), PERSON).map_err(|failed| self.unanswered(&failed))
    }

    fn program(&self) -> String {
        self.arguments.first().map_or_else(String::new, |program| sanitise(program, 100))
    }

    fn command(&self) -> Result<Command, Failed> {
        let Some((program, rest)) = self.arguments.split_first() else { return Err(Failed::for_user("it is empty")) };
        let mut command = Command::new(program);
        command.args(rest);
        Ok(command)
    }

    fn fault(&self, failed: &Failed) -> Fault {
        Fault { class: FaultClass::Secret, message: format!("{}: {}", self.key, failed.said), next: failed.next }
    }

    fn unanswered(&self, failed: &Failed) -> Unanswered {
        Unanswered::Failed(format!("{}: {}", self.key, failed.said))
    }
}

#[cfg(all(test, unix))]
mod tests;
