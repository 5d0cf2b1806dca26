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
    options.preferences.accounts = global.accounts.iter().map(|name| name.as_str().into()).collect();
    let (secrets, opens) = (global.clone(), global.clone());
    options.commands =
        AccountCommands::new(move |name| commands_of(&secrets, name)).opening(move |name| opener_of(&opens, name));
    options
}

/// The commands that print an account's secrets.
fn commands_of(global: &Global, name: &str) -> Result<Vec<SecretCommand>, String> {
    let config = configuration::load(global).map_err(|_| "the configuration has errors: read it again to see them")?;
    let account =
        config.account(name).map_err(|_| format!("account {} is not in the configuration", sanitise(name, 100)))?;
    let commands = SecretCommand::all_of(account);
    if commands.is_empty() {
        return Err(format!(
            "account {} has no command that prints its password or token: give it a password_command, or start with --ask",
            sanitise(name, 100)
        ));
    }
    Ok(commands)
}

/// The command that opens an account's mails.
fn opener_of(global: &Global, name: &str) -> Result<Vec<String>, String> {
    let config = configuration::load(global).map_err(|_| "the configuration has errors: read it again to see them")?;
    let shown = sanitise(name, 100);
    // Of another host's account this machine's configuration says nothing, unless it has one of the same name.
    let own = mailwatch_proto::model::split_host(name).1;
    let account = config
        .account(own)
        .map_err(|_| format!("account {shown} is not in this machine's configuration, where open_command would be"))?;
    account.hooks.open().map(<[String]>::to_vec).ok_or_else(|| {
        format!("account {shown} has no open_command: open_command = [\"xdg-open\", \"mid:{{message_id}}\"] in its [[account]]")
    })
}
