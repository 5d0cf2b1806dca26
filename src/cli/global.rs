//! The options that stand before or after every command.

use std::path::PathBuf;

use clap::Args;

use super::metrics::MetricsOptions;
use super::own::{Own, parse_own};
use super::{repeated, theme};
use mailwatch_engine::config::{NoHome, bad_destination, default_path, default_state_dir};

/// Options that stand before or after the command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Global {
    /// The configuration file [default: $XDG_CONFIG_HOME/mailwatch-tui/config.toml]
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Only this account; may be given several times
    #[arg(long = "account", id = repeated::ACCOUNT, value_name = "NAME")]
    pub accounts: Vec<String>,
    /// Where history.db and the log are kept [default: $XDG_STATE_HOME/mailwatch-tui]
    #[arg(long, value_name = "DIR", global = true)]
    pub state_dir: Option<PathBuf>,
    /// Also show the engine of another machine, given as anything that ssh takes; may be given several times
    // Before the command alone: an account to be added has a --host of its own.
    #[arg(long = "host", id = "hosts", value_name = "DEST", value_parser = destination)]
    pub hosts: Vec<String>,
    /// An engine of its own beside one that runs; with --state-dir
    #[arg(long, value_name = "WITH", global = true, num_args = 0..=1, require_equals = true, default_missing_value = "",
          value_parser = parse_own)]
    #[arg(
        help = "Start a separate engine beside the running one, in the directory that --state-dir names; it has no hooks and \
                  no notifications unless you name them: --own=hooks,notifications"
    )]
    pub own: Option<Own>,
    /// The screen's colours
    #[arg(long, value_name = "THEME", global = true, value_parser = theme::Name, hide_possible_values = true)]
    // No documentation: rustdoc takes [ui] for a link.
    #[arg(
        help = "The screen's colours, instead of [ui] theme: auto (by the terminal's background), dark, light, high-contrast, mono, or your own in \
                  themes/THEME.toml"
    )]
    pub theme: Option<String>,
    /// Send only ASCII, names and subjects included
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long, global = true)]
    pub no_mouse: bool,
    /// Ask on the terminal for a password that neither the keyring nor a command gives, for this run only
    #[arg(long, global = true)]
    pub ask: bool,
    /// Write the TLS keys into the file that SSLKEYLOGFILE names; whoever has it can read everything that is said, passwords included
    #[arg(long, global = true)]
    pub keylog: bool,
    /// What a monitoring system may read.
    #[command(flatten)]
    pub metrics: MetricsOptions,
    /// Log more: -v for what happens, -vv for everything but secrets
    #[arg(short, long, id = repeated::VERBOSE, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What ssh takes as a destination.
fn destination(value: &str) -> Result<String, String> {
    match bad_destination(value) {
        Some(why) => Err(format!("a destination of ssh, such as me@mx1.example.org; this one {why}")),
        None => Ok(value.to_owned()),
    }
}

impl Global {
    /// The configuration file's path: the one given, or the default.
    ///
    /// # Errors
    /// Where there is neither.
    pub fn config_path(&self) -> Result<PathBuf, NoHome> {
        self.config.clone().map_or_else(default_path, Ok)
    }

    /// The state directory: the one given, or the default. It may not be there yet.
    ///
    /// # Errors
    /// Where there is neither.
    pub fn state_path(&self) -> Result<PathBuf, NoHome> {
        self.state_dir.clone().map_or_else(default_state_dir, Ok)
    }
}
