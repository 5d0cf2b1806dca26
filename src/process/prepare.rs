//! What a command needs before it can begin: the configuration, passwords, the state directory. Each says on standard
//! error why it cannot be had.

use std::io;
use std::path::PathBuf;

use mailwatch_engine::config::make_state_dir;
use mailwatch_engine::secret::{self, AskError, TypedPasswords};
use mailwatch_proto::model::Account;

use crate::cli::Global;
use crate::configuration::{self, BadConfig, Config};
use crate::output::Output;
use crate::prompt;

/// Loads the configuration; writes its warnings, or its problems, to standard error.
pub fn load(global: &Global, output: &mut Output<'_>) -> io::Result<Option<Config>> {
    usable(configuration::load(global), output)
}

/// What was read, if it can be used; its warnings, or its problems, on standard error.
pub fn usable(read: Result<Config, BadConfig>, output: &mut Output<'_>) -> io::Result<Option<Config>> {
    match read {
        Ok(config) => {
            for warning in &config.warnings {
                writeln!(output.err, "warning: {}: {warning}", config.path.display())?;
            }
            Ok(Some(config))
        }
        Err(error) => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            Ok(None)
        }
    }
}

/// With `--ask`, asks for the missing passwords; `None` if one was not given.
pub async fn ask_missing(
    global: &Global,
    accounts: &[Account],
    output: &mut Output<'_>,
) -> io::Result<Option<TypedPasswords>> {
    if !global.ask {
        return Ok(Some(TypedPasswords::default()));
    }
    match secret::ask_missing(accounts, &mut *output.err, prompt::ask).await {
        Ok(asked) => Ok(Some(asked)),
        Err(AskError::Io(error)) => Err(error),
        Err(error @ AskError::Prompt { .. }) => {
            writeln!(output.err, "error: {error}")?;
            Ok(None)
        }
    }
}

/// The state directory, created if it is missing.
pub fn state_dir(global: &Global, output: &mut Output<'_>) -> io::Result<Option<PathBuf>> {
    let path = match global.state_path() {
        Ok(path) => path,
        Err(error) => {
            writeln!(output.err, "error: {error}")?;
            return Ok(None);
        }
    };
    match make_state_dir(&path) {
        Ok(()) => Ok(Some(path)),
        Err(error) => {
            let hint = "name another with --state-dir";
            writeln!(output.err, "error: {}: the state directory cannot be made ({error}); {hint}", path.display())?;
            Ok(None)
        }
    }
}
