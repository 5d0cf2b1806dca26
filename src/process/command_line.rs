//! The configuration that the engine's service reads: the command line's.

use std::path::PathBuf;

use mailwatch_engine::config::NoHome;
use mailwatch_engine::requests::{ConfigSource, NextProgram, NotLoaded};

use super::installed;
use crate::cli::Global;
use crate::configuration::{self, BadConfig, Config, Format, SAMPLE};
use crate::tui::settings::UiTable;

/// The global options.
#[derive(Clone, Debug)]
pub struct CommandLine(pub Global);

impl ConfigSource for CommandLine {
    type FrontEnd = UiTable;
    type Error = BadConfig;

    fn path(&self) -> Result<PathBuf, NoHome> {
        self.0.config_path()
    }

    fn state(&self) -> Result<PathBuf, NoHome> {
        self.0.state_path()
    }

    fn format(&self) -> Format {
        configuration::format()
    }

    fn sample(&self) -> &'static str {
        SAMPLE
    }

    fn load(&self) -> Result<Config, BadConfig> {
        configuration::load(&self.0)
    }

    fn whole(&self) -> Result<Config, BadConfig> {
        configuration::load(&Global { accounts: Vec::new(), ..self.0.clone() })
    }

    fn next_program(&self) -> Result<NextProgram, String> {
        if cfg!(not(unix)) {
            return Err(
                "a program cannot be exchanged while it runs on this system: end it, and start the new one".to_owned()
            );
        }
        installed::next_program()
    }

    fn accounts(&self) -> &[String] {
        &self.0.accounts
    }

    fn add_account(&mut self, name: &str) {
        if !self.0.accounts.is_empty() {
            self.0.accounts.push(name.to_owned());
        }
    }
}

impl From<BadConfig> for NotLoaded {
    fn from(error: BadConfig) -> Self {
        match error {
            BadConfig::Config(error) => Self::Config(error),
            BadConfig::NoHome(_) | BadConfig::Account(_) | BadConfig::Theme(_) => Self::Other(error.to_string()),
        }
    }
}
