//! `account add`: from an address, from answers or from options to an `[[account]]` in the configuration.

mod answer;
mod draft;
mod oauth;
mod stop;

use std::fs;
use std::io;

use secrecy::SecretString;

use self::stop::{SHOWN, Stop};
use super::environment::AccountEnvironment;
use super::prompter::confirm;
use crate::cli::{Add, Global};
use crate::configuration::{self, BadConfig};
use crate::output::{Exit, Output};
use mailwatch_engine::config::{EditError, Refused, edit};
use mailwatch_engine::secret::{self, PromptError};
use mailwatch_proto::model::{Account, Auth, OAuthClient, SecretSource, sanitise};

pub(super) async fn add(
    wanted: &Add,
    global: &Global,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> io::Result<Exit> {
    match added(wanted, global, output, environment).await {
        Ok(exit) | Err(Stop::Exit(exit)) => Ok(exit),
        Err(Stop::Io(error)) => Err(error),
    }
}

async fn added(
    wanted: &Add,
    global: &Global,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> Result<Exit, Stop> {
    let bad = |error: BadConfig, output: &mut Output<'_>| output.bad(&error).map_or_else(Stop::Io, Stop::Exit);
    let path = global.config_path().map_err(|error| bad(error.into(), output))?;
    let format = configuration::format();
    let providers = format.providers.beside(&path).map_err(|error| bad(error.into(), output))?;
    let draft = draft::ask_draft(wanted, &path, &providers, output, environment).await?;
    let account = match draft.account(&path, &format) {
        Ok(account) => account,
        Err(wrong) => return Ok(output.error(Exit::Bad, wrong)?),
    };
    let now = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Ok(output.error(Exit::Bad, format_args!("{} cannot be read: {error}", path.display()))?),
    };
    if let Err(refused) = draft.add_to(now.as_deref(), &path, &format) {
        return Ok(not_taken(&refused, output)?);
    }
    if wanted.dry_run {
        write!(output.out, "{}", draft.toml())?;
        return Ok(Exit::Done);
    }
    if environment.prompter.is_interactive() && !wanted.yes {
        write!(output.err, "\n{}\n", draft.toml())?;
        if !confirm(environment.prompter, &format!("Write this to {}?", path.display()), true, output.err)? {
            writeln!(output.err, "Nothing was written.")?;
            return Ok(Exit::Failed);
        }
    }
    match edit(&path, |text| draft.add_to(text, &path, &format)) {
        Ok(()) => {}
        Err(EditError::Refused(refused)) => return Ok(not_taken(&refused, output)?),
        Err(EditError::Io(error)) => {
            return Ok(output.error(Exit::Failed, format_args!("{} cannot be written: {error}", path.display()))?);
        }
    }
    let name = sanitise(&account.name, SHOWN);
    writeln!(output.out, "Account {name} is in {}.", path.display())?;
    Ok(keep_password(&account, &name, output, environment).await?)
}

fn not_taken(refused: &Refused, output: &mut Output<'_>) -> io::Result<Exit> {
    match refused {
        Refused::File(error) => write!(output.err, "{}", error.render(output.width, output.colour))?,
        Refused::Draft(wrong) => writeln!(output.err, "error: {wrong}")?,
    }
    Ok(Exit::Bad)
}

/// Asks for the password where it is to be in the keyring, or says how to put it there.
async fn keep_password(
    account: &Account,
    name: &str,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> io::Result<Exit> {
    let next = format!("Try it: mailwatch-tui check {name}");
    match (&account.secret, account.auth) {
        (SecretSource::Keyring, Auth::Password) => {}
        (SecretSource::OAuth(client), _) => return log_in(account, client, name, output, environment).await,
        (SecretSource::Keyring | SecretSource::Command(_) | SecretSource::Fixed(_), _) => {
            writeln!(output.out, "{next}")?;
            return Ok(Exit::Done);
        }
    }
    if let Some(place) = &account.quirks.app_password {
        writeln!(output.err, "The password is one made for mail programs: {}", sanitise(place, SHOWN))?;
    }
    let later = format!("Store its password: mailwatch-tui account login {name}");
    if !environment.prompter.is_interactive() {
        writeln!(output.out, "{later}")?;
        return Ok(Exit::Done);
    }
    let question =
        format!("Password of {}, for the keyring (Enter: later): ", sanitise(&secret::keyring_user(account), SHOWN));
    let password: SecretString = match environment.prompter.password(&question, output.err) {
        Ok(password) => password,
        Err(PromptError::Empty | PromptError::Cancelled) => {
            writeln!(output.out, "{later}")?;
            return Ok(Exit::Done);
        }
        Err(error) => return output.error(Exit::Failed, error),
    };
    match secret::store(account, password).await {
        Ok(()) => {
            writeln!(output.out, "Its password is in the keyring. {next}")?;
            Ok(Exit::Done)
        }
        Err(fault) => output.error(Exit::Failed, format_args!("{}. {later}", fault.message)),
    }
}

/// Logs in at the issuer if the user wants to, or says how to.
async fn log_in(
    account: &Account,
    client: &OAuthClient,
    name: &str,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> io::Result<Exit> {
    let issuer = sanitise(client.issuer.name(), SHOWN);
    let there = environment.prompter.is_interactive();
    if !there || !confirm(environment.prompter, &format!("Log in at {issuer} now?"), true, output.err)? {
        writeln!(output.out, "Log in: mailwatch-tui account login {name}")?;
        return Ok(Exit::Done);
    }
    let exit = environment.login.log_in(account, client, output).await?;
    match exit {
        Exit::Done => writeln!(output.out, "Try it: mailwatch-tui check {name}")?,
        Exit::Failed | Exit::Bad => writeln!(output.err, "Again: mailwatch-tui account login {name}")?,
    }
    Ok(exit)
}
