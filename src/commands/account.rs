//! `account`: add, list, login, logout, remove.

mod add;
mod at_server;
mod changed;
mod command;
mod environment;
mod issuer;
mod prompter;
mod remove;

use changed::changed;
pub use environment::{AccountEnvironment, Check, Checking, LogIn, LoggingIn};
pub(in crate::commands) use prompter::confirm;
pub use prompter::{AtTerminal, Prompter};

use std::io;
use std::sync::Arc;

use mailwatch_engine::discover::SystemDns;
use mailwatch_engine::secret::{self, SecretCommand, Stored};
use mailwatch_proto::model::{Account, Auth, SecretSource, sanitise};

use crate::cli::{AccountCommand, Global};
use crate::configuration::{self, BadConfig};
use crate::output::{Exit, Output};
use crate::process::dialler::dialler;

/// Runs an `account` command with the terminal, the system's DNS and the network.
///
/// # Errors
/// Where the output cannot be written.
pub(super) async fn run(command: &AccountCommand, global: &Global, output: &mut Output<'_>) -> io::Result<Exit> {
    if let Some(exit) = issuer::account_of_issuer(command, global, output).await? {
        return Ok(exit);
    }
    let Some(dial) = dialler(global, output)? else { return Ok(Exit::Bad) };
    let dial = Arc::new(dial);
    let mut environment = AccountEnvironment {
        prompter: &mut AtTerminal,
        dns: &SystemDns,
        dial: &*dial,
        login: &issuer::AtIssuer,
        check: &at_server::AtServer { global, dial: Arc::clone(&dial) },
        keyring: || Box::pin(secret::reachable()),
    };
    account(command, global, output, &mut environment).await
}

/// Runs an `account` command.
///
/// # Errors
/// Where the output cannot be written.
pub async fn account(
    command: &AccountCommand,
    global: &Global,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> io::Result<Exit> {
    match command {
        AccountCommand::Add(wanted) => add::add(wanted, global, output, environment).await,
        AccountCommand::List => match configuration::load(global) {
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
            Ok(account) => {
                let exit = login(&account, output, environment.prompter).await?;
                if exit == Exit::Done && SecretCommand::of(&account).is_none() {
                    changed(&account, global).await;
                }
                Ok(exit)
            }
            Err(error) => output.bad(&error),
        },
        AccountCommand::Logout { name } => match named(name, global) {
            Ok(account) => logout(&account, output).await,
            Err(error) => output.bad(&error),
        },
        AccountCommand::Remove { name, yes } => remove::remove(name, *yes, global, output, environment).await,
    }
}

fn named(name: &str, global: &Global) -> Result<Account, BadConfig> {
    Ok(configuration::load(global)?.account(name)?.clone())
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

async fn login(account: &Account, output: &mut Output<'_>, prompter: &mut dyn Prompter) -> io::Result<Exit> {
    let name = sanitise(&account.name, 100);
    match &account.secret {
        SecretSource::Keyring => {}
        SecretSource::Command(_) => return command::run(account, prompter.is_interactive(), output).await,
        SecretSource::OAuth(client) => {
            let issuer = sanitise(client.issuer.name(), 200);
            return output.error(Exit::Bad, format_args!("account {name} logs in at {issuer}, not with a password"));
        }
        SecretSource::Fixed(_) => return output.error(Exit::Bad, format_args!("account {name} is the demo's")),
    }
    let question = format!("Password of {}: ", sanitise(&secret::keyring_user(account), 200));
    let password = match prompter.password(&question, &mut *output.err) {
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
            writeln!(
                output.out,
                "The keyring has no password for account {name}, or is locked, which looks the same."
            )?;
            Ok(Exit::Done)
        }
        Err(fault) => output.error(Exit::Failed, fault.message),
    }
}
