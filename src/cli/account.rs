//! `account list`, `account login` and `account logout`.

use std::io;

use clap::Subcommand;
use secrecy::SecretString;

use super::{BadConfig, Exit, Global, Output};
use crate::model::{Account, Auth, SecretSource, sanitise};
use crate::secret::{self, PromptError, Stored};

/// What to do with accounts.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AccountCommand {
    /// The accounts, their mailboxes, and where each password is
    List,
    /// Store an account's password in the system's keyring; it is asked for, or read from standard input
    Login {
        /// The account's name in the configuration
        name: String,
    },
    /// Take an account's password out of the system's keyring
    Logout {
        /// The account's name in the configuration
        name: String,
    },
}

/// Runs an `account` command. `ask` puts its question on the given stream and gets the password:
/// [`secret::ask`], but in tests.
///
/// # Errors
/// Where the output cannot be written.
pub async fn account(
    command: &AccountCommand,
    global: &Global,
    output: &mut Output<'_>,
    ask: impl FnOnce(&str, &mut dyn io::Write) -> Result<SecretString, PromptError>,
) -> io::Result<Exit> {
    let config = match global.load() {
        Ok(config) => config,
        Err(error) => return output.bad(&error),
    };
    let named = |name: &str| config.account(name).map_err(BadConfig::from);
    match command {
        AccountCommand::List => {
            for account in &config.accounts {
                list(account, output)?;
            }
            Ok(Exit::Done)
        }
        AccountCommand::Login { name } => match named(name) {
            Ok(account) => login(account, output, ask).await,
            Err(error) => output.bad(&error),
        },
        AccountCommand::Logout { name } => match named(name) {
            Ok(account) => logout(account, output).await,
            Err(error) => output.bad(&error),
        },
    }
}

fn list(account: &Account, output: &mut Output<'_>) -> io::Result<()> {
    // A name may hold letters that reorder a line: the file is the user's own, the terminal all the same.
    let plain = |text: &str| sanitise(text, 200);
    let secret = match &account.secret {
        SecretSource::Keyring => "keyring".to_owned(),
        // Its arguments may be telling.
        SecretSource::Command(arguments) => {
            let key = if account.auth == Auth::OAuth2 { "token_command" } else { "password_command" };
            format!("{key} ({})", arguments.first().map_or_else(String::new, |program| plain(program)))
        }
        SecretSource::Demo => "demo".to_owned(),
    };
    let mailboxes: Vec<_> = account.mailboxes.iter().map(|mailbox| plain(mailbox)).collect();
    writeln!(output.out, "{}", plain(&account.name))?;
    writeln!(output.out, "  server     {}@{}:{}", plain(&account.user), plain(&account.host), account.port)?;
    writeln!(output.out, "  mailboxes  {}", mailboxes.join(", "))?;
    writeln!(output.out, "  password   {secret}")
}

async fn login(
    account: &Account,
    output: &mut Output<'_>,
    ask: impl FnOnce(&str, &mut dyn io::Write) -> Result<SecretString, PromptError>,
) -> io::Result<Exit> {
    let name = sanitise(&account.name, 100);
    match &account.secret {
        SecretSource::Keyring => {}
        SecretSource::Command(_) => {
            let message = match account.auth {
                Auth::Password => {
                    "takes its password from password_command, not from the keyring: remove password_command first"
                }
                Auth::OAuth2 => "takes its token from token_command: there is no password to store",
            };
            return output.error(Exit::Bad, format_args!("account {name} {message}"));
        }
        SecretSource::Demo => return output.error(Exit::Bad, format_args!("account {name} is the demo's")),
    }
    let question = format!("Password of {}: ", sanitise(&secret::keyring_user(account), 200));
    let password = match ask(&question, &mut *output.err) {
        Ok(password) => password,
        Err(error) => return output.error(Exit::Failed, error),
    };
    match secret::store(account, password).await {
        Ok(()) => {
            writeln!(output.out, "The password of account {name} is in the keyring.")?;
            Ok(Exit::Done)
        }
        Err(fault) => output.error(Exit::Failed, fault.message),
    }
}

async fn logout(account: &Account, output: &mut Output<'_>) -> io::Result<Exit> {
    let name = sanitise(&account.name, 100);
    match secret::forget(account).await {
        Ok(Stored::Forgotten) => {
            writeln!(output.out, "The password of account {name} is no longer in the keyring.")?;
            Ok(Exit::Done)
        }
        Ok(Stored::Nothing) => {
            writeln!(output.out, "The keyring has no password of account {name}, or is locked, which looks the same.")?;
            Ok(Exit::Done)
        }
        Err(fault) => output.error(Exit::Failed, fault.message),
    }
}
