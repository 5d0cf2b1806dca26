//! Where the program has its configuration, and how it reads it.

use std::path::PathBuf;

use crate::config::{Config, ConfigError, Format, FrontEndTable, NoHome};

/// The program's configuration: its command line may name another file, some accounts alone, another theme.
pub trait ConfigSource {
    /// Reads `[ui]`.
    type FrontEnd: FrontEndTable + Clone + Send + Sync + 'static;

    /// Why there is no configuration to work with.
    type Error: Into<NotLoaded>;

    /// The configuration's file.
    ///
    /// # Errors
    /// Where there is no place for it.
    fn path(&self) -> Result<PathBuf, NoHome>;

    /// The state directory.
    ///
    /// # Errors
    /// Where there is no place for it.
    fn state(&self) -> Result<PathBuf, NoHome>;

    /// By what the configuration is read.
    fn format(&self) -> Format<Self::FrontEnd>;

    /// The commented sample.
    fn sample(&self) -> &'static str;

    /// Reads the configuration.
    ///
    /// # Errors
    /// Where there is none to work with.
    fn load(&self) -> Result<Config<UiSettings<Self>>, Self::Error>;

    /// Reads the configuration with all of its accounts, whichever were asked for.
    ///
    /// # Errors
    /// Where there is none to work with.
    fn whole(&self) -> Result<Config<UiSettings<Self>>, Self::Error>;

    /// The program that is installed now in this one's place, once it has shown that it can be started. Takes its time.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    fn next_program(&self) -> Result<NextProgram, String>;

    /// The accounts that were asked for; all where none is named.
    fn accounts(&self) -> &[String];

    /// Asks for one more account, where some were asked for.
    fn add_account(&mut self, name: &str);
}

/// A program that can be started in this one's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextProgram {
    /// Where it is.
    pub path: PathBuf,
    /// Its name and version, as it says them.
    pub version: String,
}

/// What `[ui]` says in a source's configuration.
pub type UiSettings<C> = <<C as ConfigSource>::FrontEnd as FrontEndTable>::Settings;

/// Why there is no configuration to work with.
#[derive(Debug)]
pub enum NotLoaded {
    /// The file cannot be used.
    Config(ConfigError),
    /// Something else, in a sentence.
    Other(String),
}
