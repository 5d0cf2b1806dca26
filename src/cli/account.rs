//! `account`: add, list, login, logout, remove.

mod add;
mod person;
mod remove;

pub use add::Add;
pub use person::{AtTerminal, Person};

use std::future::Future;
use std::io;
use std::pin::Pin;

use super::{BadConfig, Exit, Global, Output};
use clap::Subcommand;
use mailwatch_engine::dial::Dial;
use mailwatch_engine::discover::LookUp;
use mailwatch_engine::secret::{self, Stored};
use mailwatch_proto::model::{Account, Auth, OAuthClient, SecretSource, sanitise};

/// What to do with accounts.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AccountCommand {
    /// Add an account: from its mail address, from answers, or from options
    Add(Box<Add>),
    /// The accounts, their mailboxes, and where each password is
    List,
    /// Store an account's password in the system's keyring (it is asked for, or read from standard input), or log in at its OAuth 2.0 issuer in a browser
    Login {
        /// The account's name in the configuration
        name: String,
        /// OAuth 2.0 only: show a code to type into a browser anywhere, instead of one on this machine
        #[arg(long)]
        device: bool,
    },
    /// Take an account's password or refresh token out of the system's keyring; the token is revoked first
    Logout {
        /// The account's name in the configuration
        name: String,
    },
    /// Take an account out of the configuration, and its password out of the keyring
    Remove {
        /// The account's name in the configuration
        name: String,
        /// Without asking
        #[arg(short, long)]
        yes: bool,
    },
}

/// What lies outside of this program: injected, so that tests bring their own.
pub struct Outside<'o> {
    /// Who answers questions.
    pub person: &'o mut dyn Person,
    /// DNS.
    pub dns: &'o dyn LookUp,
    /// Connections to web servers.
    pub dial: &'o dyn Dial,
    /// The issuers of tokens.
    pub login: &'o dyn LogIn,
}

/// A login under way.
pub type LoggingIn<'l> = Pin<Box<dyn Future<Output = io::Result<Exit>> + 'l>>;

/// Logs in at an issuer, in a browser.
pub trait LogIn {
    /// Has the person log in, and keeps the refresh token. Says on `output` what to do and how it went.
    fn log_in<'l>(&'l self, account: &'l Account, client: &'l OAuthClient, output: &'l mut Output<'_>)
    -> LoggingIn<'l>;
}

/// Runs an `account` command.
///
/// # Errors
/// Where the output cannot be written.
pub async fn account(
    command: &AccountCommand,
    global: &Global,
    output: &mut Output<'_>,
    outside: &mut Outside<'_>,
) -> io::Result<Exit> {
    match command {
        AccountCommand::Add(wanted) => add::add(wanted, global, output, outside).await,
        AccountCommand::List => match global.load() {
            Ok(config) => {
                for account in &config.accounts {
                    list(account, output)?;
                }
                Ok(Exit::Done)
            }
            Err(error) => output.bad(&error),
        },
        AccountCommand::Login { name, device } => match named(name, global) {
            Ok(account) if *device && !matches!(account.secret, SecretSource::OAuth(_)) => {
                let message = "--device is for accounts with an `oauth` table: the others have no issuer to log in at";
                output.error(Exit::Bad, message)
            }
            Ok(account) => login(&account, output, outside.person).await,
            Err(error) => output.bad(&error),
        },
        AccountCommand::Logout { name } => match named(name, global) {
            Ok(account) => logout(&account, output).await,
            Err(error) => output.bad(&error),
        },
        AccountCommand::Remove { name, yes } => remove::remove(name, *yes, global, output, outside).await,
    }
}

fn named(name: &str, global: &Global) -> Result<Account, BadConfig> {
    Ok(global.load()?.account(name)?.clone())
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
        SecretSource::OAuth(client) => format!("refresh token in the keyring, from {}", plain(client.issuer.name())),
        SecretSource::Fixed(_) => "fixed".to_owned(),
    };
    let mailboxes: Vec<_> = account.mailboxes.iter().map(|mailbox| plain(mailbox)).collect();
    writeln!(output.out, "{}", plain(&account.name))?;
    writeln!(output.out, "  server     {}@{}:{}", plain(&account.user), plain(&account.host), account.port)?;
    if let Some(provider) = &account.quirks.provider {
        writeln!(output.out, "  provider   {}", plain(provider))?;
    }
    writeln!(output.out, "  mailboxes  {}", mailboxes.join(", "))?;
    writeln!(output.out, "  password   {secret}")
}

async fn login(account: &Account, output: &mut Output<'_>, person: &mut dyn Person) -> io::Result<Exit> {
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
        SecretSource::OAuth(client) => {
            let issuer = sanitise(client.issuer.name(), 200);
            return output.error(Exit::Bad, format_args!("account {name} is logged in at {issuer}, not by a password"));
        }
        SecretSource::Fixed(_) => return output.error(Exit::Bad, format_args!("account {name} is the demo's")),
    }
    let question = format!("Password of {}: ", sanitise(&secret::keyring_user(account), 200));
    let password = match person.password(&question, &mut *output.err) {
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
