//! Where a new account's password comes from.

use secrecy::SecretString;

use super::asking::Asking;
use super::oauth::words;
use super::stop::{SHOWN, Stop};
use crate::output::Exit;
use mailwatch_engine::config::Draft;
use mailwatch_engine::secret::PromptError;
use mailwatch_proto::model::{Auth, sanitise};

/// What was said of it.
pub(super) enum Given {
    /// This one, and whether a keyring is to keep it; why not, where there is none.
    Typed(SecretString, Result<(), String>),
    /// The account's own source gives it.
    Command,
    /// It is put into the keyring, or logged in for, another time.
    Later,
}

/// Asks for the password, or for what prints it. A command is put into the draft.
pub(super) async fn ask(draft: &mut Draft, asking: &mut Asking<'_, '_, '_>) -> Result<Given, Stop> {
    if draft.command.is_some() {
        return Ok(Given::Command);
    }
    if draft.auth == Auth::OAuth2 {
        return Ok(Given::Later);
    }
    if let Some(place) = &asking.providers.for_account(&draft.host, &draft.user).quirks.app_password {
        let place = sanitise(place, SHOWN);
        asking.say(&format!("Use a password made for mail programs: {place}"))?;
    }
    let keyring = (asking.environment.keyring)().await;
    let purpose = match &keyring {
        Ok(()) => "keyring",
        Err(why) => {
            asking.refuse(&format!("a password that you type is for the check alone: {why}"))?;
            "check"
        }
    };
    let whose = sanitise(&format!("{}@{}", draft.user, draft.host), SHOWN);
    let question = format!("Password of {whose}, for the {purpose} (Enter: a command prints it, or later): ");
    loop {
        match asking.environment.prompter.password(&question, asking.output.err) {
            Ok(password) => return Ok(Given::Typed(password, keyring)),
            Err(PromptError::Empty) => return command(draft, asking),
            Err(PromptError::Cancelled) => return Err(asking.stop(Exit::Failed, "nothing was written")?),
            Err(PromptError::Io(error)) => return Err(error.into()),
            Err(error @ (PromptError::TooLong | PromptError::NotText)) => asking.refuse(&error.to_string())?,
        }
    }
}

/// Asks for a command that prints the password.
pub(super) fn command(draft: &mut Draft, asking: &mut Asking<'_, '_, '_>) -> Result<Given, Stop> {
    loop {
        let line = asking.line("Command that prints it, such as pass show mail/work (Enter: later): ")?;
        match words(&line) {
            Ok(None) => return Ok(Given::Later),
            Ok(Some(words)) => {
                draft.command = Some(words);
                return Ok(Given::Command);
            }
            Err(why) => asking.refuse(why)?,
        }
    }
}
