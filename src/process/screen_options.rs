//! What the command line asks of the screen.

use std::path::Path;

use mailwatch_engine::secret::SecretCommand;
use mailwatch_proto::model::sanitise;

use crate::cli::Global;
use crate::configuration;
use crate::tui::{AccountCommands, Characters, Options, kept};

/// The options by the environment, with those of the command line over them.
pub fn options(global: &Global) -> Options {
    let mut options = Options::from_env();
    if global.ascii {
        options.preferences.ascii = true;
        options.preferences.found = Some(options.characters);
        options.characters = Characters::Ascii;
    }
    let (config, state) = (global.config_path().ok(), global.state_path().ok());
    let kept = state.map(|state| state.join(kept::FILE));
    options.themes.read(kept.as_deref(), config.as_deref().and_then(Path::parent));
    options.mouse &= !global.no_mouse;
    options.keylog = global.keylog;
    let global = global.clone();
    options.commands = AccountCommands::new(move |name| commands_of(&global, name));
    options
}

/// The commands that print an account's secrets.
fn commands_of(global: &Global, name: &str) -> Result<Vec<SecretCommand>, String> {
    let config =
        configuration::load(global).map_err(|_| "the configuration has errors: see them by reading it again")?;
    let account =
        config.account(name).map_err(|_| format!("account {} is not in the configuration", sanitise(name, 100)))?;
    let commands = SecretCommand::all_of(account);
    if commands.is_empty() {
        return Err(format!("account {} has no command that prints its password or token", sanitise(name, 100)));
    }
    Ok(commands)
}
