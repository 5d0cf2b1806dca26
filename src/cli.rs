//! The command line: what can be asked for, and the parts of it that need neither the engine nor a screen.
//!
//! Nothing here ends the process or writes to a stream that it was not given.

mod account;
mod config;
mod history;
mod man;
mod metrics;
mod probe;
mod repeated;
mod report;
mod shell;
mod status;
mod theme;

pub use account::{AccountCommand, Add, AtTerminal, LogIn, LoggingIn, Outside, Person, account};
pub use config::{ConfigCommand, config};
pub use history::{Here, HistoryCommand, Look, history};
pub use man::{man, man_dir, pages};
pub use metrics::Metrics;
pub use probe::Probe;
pub use report::{NoReport, Report, Written, report};
pub use shell::completions;
pub use status::{Status, status};

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use mailwatch_engine::config::{
    Config, ConfigError, NoHome, NoTheme, Theme, ThemeError, Ui, UnknownAccount, default_path, default_state_dir, load,
};
use mailwatch_proto::model::parse_duration;

/// What the user asked for.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "mailwatch-tui",
    version,
    about = "Watches mailboxes over IMAP IDLE, shows whether the push is really alive, and never gets stuck",
    long_about = "Watches mailboxes over IMAP IDLE, shows whether the push is really alive, and never gets stuck.\n\n\
                  Without a command it opens the screen on the configured accounts. `demo` shows it all without an account.",
    after_help = "Exit status: 0 done, 1 a watch or a check failed, 2 bad use or bad configuration.",
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Options that stand before or after the command.
    #[command(flatten)]
    pub global: Global,
    /// The command; without one, the screen.
    #[command(subcommand)]
    pub command: Option<Command>,
}

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
    /// The screen's colours, over [ui] theme: dark, light, high-contrast, mono, or your own in themes/THEME.toml
    #[arg(long, value_name = "THEME", global = true, value_parser = theme::Name, hide_possible_values = true)]
    pub theme: Option<String>,
    /// Draw with ASCII characters only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long, global = true)]
    pub no_mouse: bool,
    /// Ask on the terminal for a password that neither keyring nor command gives, for this run alone
    #[arg(long, global = true)]
    pub ask: bool,
    /// Write the keys of TLS into the file that SSLKEYLOGFILE names: whoever has it can read what is said, passwords included
    #[arg(long, global = true)]
    pub keylog: bool,
    /// What a monitoring system may read.
    #[command(flatten)]
    pub metrics: Metrics,
    /// Log more: -v for what happens, -vv for everything but secrets
    #[arg(short, long, id = repeated::VERBOSE, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// A command.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// The screen on embedded servers: one healthy, one that ignores DONE, one that dies, …
    Demo(Demo),
    /// No screen: what is news on standard output; every event with -v
    Watch {
        /// Every event, as one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Try each step from DNS to a DONE's answer, with times; exit 1 where one fails
    Check {
        /// The account; all of them by default
        account: Option<String>,
        /// One JSON object a step
        #[arg(long)]
        json: bool,
    },
    /// How long can this server be left idling? IDLEs of several ages, each ended with DONE
    Probe(Probe),
    /// What became of each DONE, stalls and blind time, also while the program runs
    #[command(subcommand, arg_required_else_help = true)]
    History(HistoryCommand),
    /// What the running program sees, in a line: for status bars and scripts; exit 1 where none runs
    #[command(after_long_help = status::about_formats())]
    Status(Status),
    /// The evidence of a time as one .tar.gz, without secrets, for a provider's support or a bug report
    Report(Report),
    /// Accounts and their passwords
    #[command(subcommand, arg_required_else_help = true)]
    Account(AccountCommand),
    /// The configuration file
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Completions for a shell, on standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page, on standard output
    Man {
        /// Into this directory instead: that page, and one for each command
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// `demo`.
#[derive(Args, Clone, Debug, Default)]
pub struct Demo {
    /// No screen: serve IMAP over TLS on loopback, for any client
    #[arg(long)]
    pub serve: bool,
    /// Notify of its mails too, as `[notify]` of your configuration says; on the desktop where nothing is on there
    #[arg(long, conflicts_with = "serve")]
    pub notify: bool,
    /// How the server behaves: a name, `NAME=20s` with another time, `NAME@2` for the first 2 connections, `A+B` for both; an unknown name lists all
    #[arg(long, value_name = "NAME", requires = "serve")]
    pub scenario: Option<String>,
    /// The port to serve on; any free one by default
    #[arg(long, value_name = "N", requires = "serve")]
    pub port: Option<u16>,
    /// How many mailboxes it has
    #[arg(long, value_name = "N", requires = "serve", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub mailboxes: Option<u32>,
    /// A mail arrives so often, such as 10s
    #[arg(long, value_name = "DURATION", requires = "serve", value_parser = parse_every)]
    pub every: Option<Duration>,
}

fn parse_every(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(Duration::ZERO) => Err("at least 1s".to_owned()),
        Ok(every) => Ok(every),
        Err(error) => Err(error.to_string()),
    }
}

impl Cli {
    /// Reads a command line, its first element the program's name.
    ///
    /// # Errors
    /// Bad use, but also `--help` and `--version`: [`clap::Error::exit`] does the right thing for each.
    pub fn read(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut command = command();
        let matches = command.try_get_matches_from_mut(arguments)?;
        let mut cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        cli.global.accounts = repeated::accounts(&matches);
        cli.global.verbose = repeated::verbose(&matches);
        cli.global.metrics.check(cli.watches()).map_err(|error| command.error(ErrorKind::ArgumentConflict, error))?;
        Ok(cli)
    }

    /// Whether the command keeps mailboxes under watch.
    const fn watches(&self) -> bool {
        match &self.command {
            None | Some(Command::Watch { .. }) => true,
            Some(Command::Demo(demo)) => !demo.serve,
            Some(
                Command::Check { .. }
                | Command::Probe(_)
                | Command::History(_)
                | Command::Status(_)
                | Command::Report(_)
                | Command::Account(_)
                | Command::Config(_)
                | Command::Completions { .. }
                | Command::Man { .. },
            ) => false,
        }
    }
}

/// The command line's grammar, with the repeatable options on every command.
#[must_use]
pub fn command() -> clap::Command {
    repeated::everywhere(Cli::command())
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

    /// The configuration, with the accounts that were asked for and the theme that was.
    ///
    /// # Errors
    /// Each bad use or bad configuration: [`Exit::Bad`].
    pub fn load(&self) -> Result<Config, BadConfig> {
        let mut config = load(&self.config_path()?)?;
        config.keep(&self.accounts)?;
        if let Some(theme) = self.theme()? {
            config.ui.theme = theme;
        }
        Ok(config)
    }

    /// How the screen looks where there is no configuration: the theme is the one that was asked for.
    ///
    /// # Errors
    /// Where that theme is not there, or has problems.
    pub fn ui(&self) -> Result<Ui, BadConfig> {
        Ok(Ui { theme: self.theme()?.unwrap_or_default(), ..Ui::default() })
    }

    /// The theme that was asked for.
    fn theme(&self) -> Result<Option<Theme>, BadConfig> {
        let Some(name) = &self.theme else { return Ok(None) };
        // A built-in one needs no home.
        if let Some(theme) = Theme::built_in(name) {
            return Ok(Some(theme));
        }
        let path = self.config_path()?;
        match Theme::find(name, path.parent().unwrap_or(Path::new(""))) {
            Ok(theme) => Ok(Some(theme)),
            Err(ThemeError::Unknown(unknown)) => Err(BadConfig::Theme(unknown)),
            Err(ThemeError::Config(error)) => Err(BadConfig::Config(error)),
        }
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
    /// The error as a person reads it, with its line end.
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

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Done.
    Done,
    /// A watch or a check failed.
    Failed,
    /// Bad use or bad configuration.
    Bad,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Bad => 2,
        })
    }
}

/// Where a command writes, and how it may.
pub struct Output<'w> {
    /// What was asked for.
    pub out: &'w mut dyn Write,
    /// What went wrong, warnings and questions.
    pub err: &'w mut dyn Write,
    /// Columns that a message on `err` may take.
    pub width: usize,
    /// Whether a message on `err` may have colours.
    pub colour: bool,
}

impl Output<'_> {
    fn bad(&mut self, error: &BadConfig) -> io::Result<Exit> {
        write!(self.err, "{}", error.render(self.width, self.colour))?;
        Ok(Exit::Bad)
    }

    fn error(&mut self, exit: Exit, message: impl std::fmt::Display) -> io::Result<Exit> {
        writeln!(self.err, "error: {message}")?;
        Ok(exit)
    }
}
