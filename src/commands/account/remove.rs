//! `account remove`: an account out of the configuration, its comments above and everybody else's lines left, and its
//! password out of the keyring.

use std::io;

use super::environment::AccountEnvironment;
use super::prompter::confirm;
use crate::cli::Global;
use crate::configuration::{self, BadConfig};
use crate::output::{Exit, Output};
use mailwatch_engine::config::{EditError, NotRemoved, edit, load, remove_account};
use mailwatch_engine::secret::oauth::{self, LoggedOut};
use mailwatch_engine::secret::{self, Stored, keyring_user};
use mailwatch_proto::model::{Auth, SecretSource, sanitise};

pub(super) async fn remove(
    name: &str,
    yes: bool,
    global: &Global,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> io::Result<Exit> {
    let path = match global.config_path() {
        Ok(path) => path,
        Err(error) => return output.bad(&error.into()),
    };
    let format = configuration::format();
    let config = match load(&path, &format) {
        Ok(config) => config,
        Err(error) => return output.bad(&error.into()),
    };
    let account = match config.account(name) {
        Ok(account) => account,
        Err(error) => return output.bad(&BadConfig::from(error)),
    };
    let shown = sanitise(name, 100);
    let shared = config.accounts.iter().any(|other| other.name != name && keyring_user(other) == keyring_user(account));
    let in_keyring = matches!(account.secret, SecretSource::Keyring) && account.auth == Auth::Password && !shared;
    let client = match &account.secret {
        SecretSource::OAuth(client) if !shared => Some(&**client),
        SecretSource::OAuth(_) | SecretSource::Keyring | SecretSource::Command(_) | SecretSource::Fixed(_) => None,
    };
    let password = match client {
        Some(_) => ", and its refresh token from the keyring",
        None if in_keyring => ", and its password from the keyring",
        None => "",
    };
    if !yes {
        if !environment.prompter.is_interactive() {
            return output.error(Exit::Failed, "nothing was removed: add --yes to allow it");
        }
        let question = format!("Remove account {shown} from {}{password}?", path.display());
        if !confirm(environment.prompter, &question, false, output.err)? {
            writeln!(output.err, "Nothing was removed.")?;
            return Ok(Exit::Failed);
        }
    }
    let removed = edit(&path, |text| remove_account(text.unwrap_or_default(), &path, name, &format));
    match removed {
        Ok(()) => writeln!(output.out, "Account {shown} is no longer in {}.", path.display())?,
        Err(EditError::Refused(NotRemoved::Broken(error))) => return output.bad(&(*error).into()),
        Err(EditError::Refused(error)) => return output.error(Exit::Failed, error),
        Err(EditError::Io(error)) => {
            return output.error(Exit::Failed, format_args!("{} cannot be written: {error}", path.display()));
        }
    }
    if let Some(client) = client {
        return match oauth::log_out(account, client, environment.dial).await {
            Ok(LoggedOut::Revoked) => said(output, "Its refresh token is revoked and no longer in the keyring."),
            Ok(LoggedOut::Removed) => said(output, "Its refresh token is no longer in the keyring."),
            Ok(LoggedOut::Nothing) => Ok(Exit::Done),
            Ok(LoggedOut::NotRevoked(fault)) => {
                let message = "its refresh token is no longer in the keyring, but was not revoked";
                output.error(Exit::Failed, format_args!("{message}: {}", fault.message))
            }
            Err(fault) => {
                let message = "its refresh token may still be in the keyring";
                output.error(Exit::Failed, format_args!("{message}: {}", fault.message))
            }
        };
    }
    if !in_keyring {
        return Ok(Exit::Done);
    }
    match secret::forget(account).await {
        Ok(Stored::Forgotten) => writeln!(output.out, "Its password is no longer in the keyring.")?,
        Ok(Stored::Nothing) => {}
        Err(fault) => {
            return output
                .error(Exit::Failed, format_args!("its password may still be in the keyring: {}", fault.message));
        }
    }
    Ok(Exit::Done)
}

fn said(output: &mut Output<'_>, what: &str) -> io::Result<Exit> {
    writeln!(output.out, "{what}")?;
    Ok(Exit::Done)
}
