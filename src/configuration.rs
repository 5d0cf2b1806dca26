//! The configuration that a command works with: the file, then the options that stand over it. What the engine's reader
//! does not know, the built-in providers and `[ui]`, comes from here.

use std::path::Path;

use mailwatch_engine::config::providers::{self, Providers};
use mailwatch_engine::config::{self, ConfigError, NoHome, UnknownAccount};
use mailwatch_proto::model::{Hooks, Notifications};

use crate::cli::{Global, Own};
use crate::tui::settings::{NoTheme, ThemeError, Ui, UiTable, Wanted};

/// The commented sample that `config init` writes.
pub const SAMPLE: &str = include_str!("../assets/config.toml");

/// The providers that the program knows.
const PROVIDERS: &str = include_str!("../assets/providers.toml");

/// A configuration with what it says of the screen.
pub type Config = config::Config<Ui>;

/// By what it is read.
pub type Format = config::Format<UiTable>;

/// The program's own format: its providers, and the screen's `[ui]`.
///
/// # Panics
/// Where the program's own table of providers has problems, or lacks the entry for all others: tests see that it does not.
#[must_use]
pub fn format() -> Format {
    let path = Path::new("assets").join(providers::FILE);
    let providers = Providers::parse(PROVIDERS, &path).expect("the program's own table has no problems");
    let providers = providers.expect("the program's own table has the entry for all others");
    Format { providers, front_end: UiTable }
}

/// Reads the configuration and applies `--account` and `--theme`.
///
/// # Errors
/// Bad use and bad configuration: [`Exit::Bad`](crate::output::Exit::Bad).
pub fn load(global: &Global) -> Result<Config, BadConfig> {
    let mut config = config::load(&global.config_path()?, &format())?;
    config.keep(&global.accounts)?;
    if let Some(own) = global.own {
        leave_to_the_other(&mut config, own);
    }
    if let Some(theme) = theme(global)? {
        config.ui.theme = theme;
    }
    Ok(config)
}

/// What another engine on the same accounts may do already is left to it.
fn leave_to_the_other(config: &mut Config, own: Own) {
    for account in &mut config.accounts {
        let hooks = if own.hooks { std::mem::take(&mut account.hooks) } else { Hooks::default() };
        account.hooks = hooks.with_canary(None);
    }
    if !own.notifications {
        config.notify = Notifications { desktop: false, bell: false, terminal: None, ..config.notify.clone() };
    }
}

/// The screen's settings without a configuration: the theme of `--theme`.
///
/// # Errors
/// Where that theme is not there, or has problems.
pub fn ui(global: &Global) -> Result<Ui, BadConfig> {
    let theme = theme(global)?.unwrap_or_default();
    Ok(Ui { theme, ..Ui::default() })
}

/// The theme of `--theme`.
fn theme(global: &Global) -> Result<Option<Wanted>, BadConfig> {
    let Some(name) = &global.theme else { return Ok(None) };
    // A built-in one needs no home.
    if let Some(theme) = Wanted::built_in(name) {
        return Ok(Some(theme));
    }
    let path = global.config_path()?;
    match Wanted::find(name, path.parent().unwrap_or(Path::new(""))) {
        Ok(theme) => Ok(Some(theme)),
        Err(ThemeError::Unknown(unknown)) => Err(BadConfig::Theme(unknown)),
        Err(ThemeError::Config(error)) => Err(BadConfig::Config(error)),
    }
}

/// Why there is no configuration to work with.
#[derive(Debug, thiserror::Error)]
pub enum BadConfig {
    /// There is no place for it.
    #[error(transparent)]
    NoHome(#[from] NoHome),
    /// It is not there, or has problems.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// `--account` names none.
    #[error(transparent)]
    Account(#[from] UnknownAccount),
    /// `--theme` names none.
    #[error("{0}; {help}", help = .0.help())]
    Theme(NoTheme),
}

impl BadConfig {
    /// The error as text, with its line end.
    #[must_use]
    pub fn render(&self, width: usize, colour: bool) -> String {
        match self {
            Self::Config(error) => error.render(width, colour),
            Self::NoHome(error) => format!("error: {error}\n"),
            Self::Account(error) => format!("error: {error}\n"),
            Self::Theme(_) => format!("error: {self}\n"),
        }
    }
}
