//! `account add`: from an address, from answers or from options to an `[[account]]` in the configuration. Where somebody
//! answers, it is checked first; until all is known nothing is written.

mod asking;
mod draft;
mod name;
mod oauth;
mod place;
mod proof;
mod reach;
mod secret;
mod stop;

use std::fs;
use std::io;

use secrecy::SecretString;

use self::asking::Asking;
use self::proof::{Proven, prove};
use self::secret::Given;
use self::stop::{SHOWN, Stop};
use super::environment::AccountEnvironment;
use super::prompter::confirm;
use crate::cli::{Add, Global};
use crate::configuration::{self, BadConfig};
use crate::output::{Exit, Output};
use mailwatch_engine::config::{Draft, EditError, Refused, edit, parse};
use mailwatch_engine::secret::{PromptError, keyring_user, store};
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
    let now = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Ok(output.error(Exit::Bad, format_args!("{} cannot be read: {error}", path.display()))?),
    };
    // Before anybody has answered anything.
    if let Some(Err(error)) = now.as_deref().map(|text| parse(text, &path, &format))
        && !error.is_empty()
    {
        return Ok(output.bad(&error.into())?);
    }
    let mut asking = Asking { wanted, path: &path, format: &format, providers: &providers, output, environment };
    let draft = draft::ask_draft(&mut asking).await?;
    if wanted.dry_run {
        return shown(&draft, now.as_deref(), &mut asking);
    }
    if asking.is_interactive() && !wanted.yes {
        return by_answers(draft, &mut asking).await;
    }
    let account = written(&draft, &mut asking)?;
    let name = sanitise(&account.name, SHOWN);
    Ok(keep_password(&account, &name, asking.output, asking.environment).await?)
}

/// Prints the lines.
fn shown(draft: &Draft, now: Option<&str>, asking: &mut Asking<'_, '_, '_>) -> Result<Exit, Stop> {
    held(draft, asking)?;
    if let Err(refused) = draft.add_to(now, asking.path, asking.format) {
        return Err(not_taken(&refused, asking)?);
    }
    write!(asking.output.out, "{}", draft.toml())?;
    Ok(Exit::Done)
}

/// Checks the account, asks whether to write it, and writes it: the file, and what was typed into the keyring.
async fn by_answers(mut draft: Draft, asking: &mut Asking<'_, '_, '_>) -> Result<Exit, Stop> {
    let mut given = secret::ask(&mut draft, asking).await?;
    let (account, proven) = loop {
        let proven = prove(&mut draft, &mut given, asking).await?;
        let account = held(&draft, asking)?;
        asking.say(&format!("\n{}", draft.toml()))?;
        let question = format!("Write this to {}?", asking.path.display());
        if !confirm(asking.environment.prompter, &question, true, asking.output.err)? {
            asking.say("Nothing was written.")?;
            return Ok(Exit::Failed);
        }
        let Given::Typed(password, keyring) = &given else { break (account, proven) };
        let kept = match keyring {
            Ok(()) => store(&account, password.clone()).await.map_err(|fault| fault.message),
            Err(why) => Err(format!("something else has to keep the password: {why}")),
        };
        match kept {
            Ok(()) => break (account, proven),
            Err(why) => asking.refuse(&why)?,
        }
        given = secret::command(&mut draft, asking)?;
        if matches!(given, Given::Later) {
            break (account, proven);
        }
    };
    written(&draft, asking)?;
    let name = sanitise(&account.name, SHOWN);
    let out = &mut *asking.output.out;
    match (&account.secret, given) {
        (_, Given::Typed(..)) => writeln!(out, "Its password is in the keyring.")?,
        (SecretSource::OAuth(client), Given::Later) => {
            return Ok(proven_token(&account, client, &name, asking).await?);
        }
        (_, Given::Later) => writeln!(
            out,
            "Store its password: mailwatch-tui account login {name}\nWithout a keyring: mailwatch-tui --ask asks for it at \
             each start"
        )?,
        (_, Given::Command) => {}
    }
    Ok(match proven {
        Proven::Well => {
            writeln!(out, "Watch it: mailwatch-tui")?;
            Exit::Done
        }
        Proven::Not => {
            writeln!(out, "Try it: mailwatch-tui check {name}")?;
            Exit::Done
        }
        Proven::Failed => {
            writeln!(out, "Try it again: mailwatch-tui check {name}")?;
            Exit::Failed
        }
    })
}

/// The account, if nothing is wrong with it.
fn held(draft: &Draft, asking: &mut Asking<'_, '_, '_>) -> Result<Account, Stop> {
    match draft.account(asking.path, asking.format) {
        Ok(account) => Ok(account),
        Err(wrong) => Err(asking.stop(Exit::Bad, &wrong.to_string())?),
    }
}

/// Writes it to the file.
fn written(draft: &Draft, asking: &mut Asking<'_, '_, '_>) -> Result<Account, Stop> {
    let account = held(draft, asking)?;
    let (path, format) = (asking.path, asking.format);
    match edit(path, |text| draft.add_to(text, path, format)) {
        Ok(()) => {}
        Err(EditError::Refused(refused)) => return Err(not_taken(&refused, asking)?),
        Err(EditError::Io(error)) => {
            return Err(asking.stop(Exit::Failed, &format!("{} cannot be written: {error}", path.display()))?);
        }
    }
    writeln!(asking.output.out, "Account {} is in {}.", sanitise(&account.name, SHOWN), path.display())?;
    Ok(account)
}

fn not_taken(refused: &Refused, asking: &mut Asking<'_, '_, '_>) -> Result<Stop, Stop> {
    let output = &mut *asking.output;
    match refused {
        Refused::File(error) => write!(output.err, "{}", error.render(output.width, output.colour))?,
        Refused::Draft(wrong) => writeln!(output.err, "error: {wrong}")?,
    }
    Ok(Stop::Exit(Exit::Bad))
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
        (SecretSource::OAuth(client), _) => {
            let exit = log_in(account, client, name, output, environment).await?;
            if exit == Some(Exit::Done) {
                writeln!(output.out, "{next}")?;
            }
            return Ok(exit.unwrap_or(Exit::Done));
        }
        (SecretSource::Keyring | SecretSource::Command(_) | SecretSource::Fixed(_), _) => {
            writeln!(output.out, "{next}")?;
            return Ok(Exit::Done);
        }
    }
    if let Some(place) = &account.quirks.app_password {
        writeln!(output.err, "Use a password made for mail programs: {}", sanitise(place, SHOWN))?;
    }
    let later = format!("Store its password: mailwatch-tui account login {name}");
    if !environment.prompter.is_interactive() {
        writeln!(output.out, "{later}")?;
        return Ok(Exit::Done);
    }
    let question = format!("Password of {}, for the keyring (Enter: later): ", sanitise(&keyring_user(account), SHOWN));
    let password: SecretString = match environment.prompter.password(&question, output.err) {
        Ok(password) => password,
        Err(PromptError::Empty | PromptError::Cancelled) => {
            writeln!(output.out, "{later}")?;
            return Ok(Exit::Done);
        }
        Err(error) => return output.error(Exit::Failed, error),
    };
    match store(account, password).await {
        Ok(()) => {
            writeln!(output.out, "Its password is in the keyring. {next}")?;
            Ok(Exit::Done)
        }
        Err(fault) => output.error(Exit::Failed, format_args!("{}. {later}", fault.message)),
    }
}

/// Logs in at the issuer, and checks the account with what it gave.
async fn proven_token(
    account: &Account,
    client: &OAuthClient,
    name: &str,
    asking: &mut Asking<'_, '_, '_>,
) -> io::Result<Exit> {
    match log_in(account, client, name, asking.output, asking.environment).await? {
        None => return Ok(Exit::Done),
        Some(Exit::Done) => {}
        Some(exit @ (Exit::Failed | Exit::Bad)) => return Ok(exit),
    }
    if asking.environment.check.check(account, None, asking.output).await?.is_some() {
        writeln!(asking.output.out, "Try it again: mailwatch-tui check {name}")?;
        return Ok(Exit::Failed);
    }
    writeln!(asking.output.out, "Watch it: mailwatch-tui")?;
    Ok(Exit::Done)
}

/// Logs in at the issuer if the user wants to, or says how to, and gives nothing.
async fn log_in(
    account: &Account,
    client: &OAuthClient,
    name: &str,
    output: &mut Output<'_>,
    environment: &mut AccountEnvironment<'_>,
) -> io::Result<Option<Exit>> {
    let issuer = sanitise(client.issuer.name(), SHOWN);
    let there = environment.prompter.is_interactive();
    if !there || !confirm(environment.prompter, &format!("Log in at {issuer} now?"), true, output.err)? {
        writeln!(output.out, "Log in: mailwatch-tui account login {name}")?;
        return Ok(None);
    }
    let exit = environment.login.log_in(account, client, output).await?;
    if exit != Exit::Done {
        writeln!(output.err, "Again: mailwatch-tui account login {name}")?;
    }
    Ok(Some(exit))
}
