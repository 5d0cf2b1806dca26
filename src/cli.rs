//! The command line: what can be asked for. What each command does is its own file's, in [`commands`](crate::commands).

mod account;
mod add;
mod config;
mod ctl;
mod demo;
mod global;
mod history;
mod metrics;
mod own;
mod probe;
mod repeated;
mod report;
mod service;
mod since;
mod status;
mod theme;

pub use account::AccountCommand;
pub use add::{AUTH, Add, parse_issuer};
pub use config::ConfigCommand;
pub use ctl::{CtlCommand, Targets};
pub use demo::Demo;
pub use global::Global;
pub use history::{HistoryCommand, Look};
pub use metrics::MetricsOptions;
pub use own::Own;
pub use probe::Probe;
pub use report::Report;
pub use service::ServiceCommand;
pub use status::Status;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use mailwatch_engine::history::{NoReaderName, check_reader_name};

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
        /// Remember by this name what was told: the next start with it begins with what came meanwhile
        #[arg(long, value_name = "NAME", value_parser = parse_reader)]
        reader: Option<String>,
        /// A screen leaves its engine to this program, and what was typed on standard input
        #[arg(long, hide = true, conflicts_with = "json")]
        handed_over: bool,
    },
    /// `watch` as your service (systemd, launchd): started by itself, and again whatever ends it
    #[command(subcommand, arg_required_else_help = true)]
    Service(ServiceCommand),
    /// Try each step from DNS to a DONE's answer, with times; with --push to a pushed mail; exit 1 where one fails
    Check {
        /// The account; all of them by default
        account: Option<String>,
        /// Then prove the push: add a message to a mailbox (the account's first by default), time its announcement, remove it
        #[arg(long, value_name = "ACCOUNT/MAILBOX", num_args = 0..=1, default_missing_value = "")]
        push: Option<String>,
        /// So many messages, one after the other
        #[arg(long, value_name = "N", default_value_t = 3, requires = "push", value_parser = clap::value_parser!(u32).range(1..=100))]
        times: u32,
        /// Do not ask before a message is added
        #[arg(long, requires = "push")]
        yes: bool,
        /// One JSON object a step
        #[arg(long)]
        json: bool,
    },
    /// How long can this server be left idling? IDLEs of several ages, each ended with DONE
    Probe(Probe),
    /// What became of each DONE, stalls and blind time, also while the program runs
    #[command(subcommand, arg_required_else_help = true)]
    History(HistoryCommand),
    /// The mails that came, also to earlier runs: when, from whom, about what, how each was found, how late
    Mail(Look),
    /// What the running program sees, in a line: for status bars and scripts; exit 1 where none runs
    #[command(after_long_help = status::about_formats())]
    Status(Status),
    /// Commands to the running engine, for scripts and window managers
    #[command(subcommand, arg_required_else_help = true, after_help = ctl::EXAMPLES)]
    Ctl(CtlCommand),
    /// The evidence of a time as one .tar.gz, without secrets, for a provider's support or a bug report
    Report(Report),
    /// A report or a history.db in the screen, read-only, with a time line to move along
    Open {
        /// The report (.tar.gz) or the history.db, anyone's: it can do nothing, and is not changed
        file: PathBuf,
    },
    /// Joins standard input and output to this machine's engine: what a screen elsewhere runs here by ssh
    Relay,
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

/// A reader's name.
fn parse_reader(name: &str) -> Result<String, NoReaderName> {
    check_reader_name(name).map(|()| name.to_owned())
}

impl Cli {
    /// Reads a command line, its first element the program's name.
    ///
    /// # Errors
    /// Bad use, but also `--help` and `--version`: [`clap::Error::exit`] does the right thing for each.
    pub fn read(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut command = command();
        let mut arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
        // `help account add` is `account add --help`.
        if arguments.get(1).is_some_and(|first| first == "help") {
            arguments.remove(1);
            arguments.push("--help".into());
        }
        let matches = command.try_get_matches_from_mut(arguments)?;
        let mut cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        cli.global.accounts = repeated::accounts(&matches);
        cli.check_hosts().map_err(|error| command.error(ErrorKind::ArgumentConflict, error))?;
        cli.global.verbose = repeated::verbose(&matches);
        cli.global.metrics.check(cli.watches()).map_err(|error| command.error(ErrorKind::ArgumentConflict, error))?;
        if cli.global.own.is_some() && cli.global.state_dir.is_none() {
            let needs = "--own needs --state-dir: two engines have two state directories";
            return Err(command.error(ErrorKind::MissingRequiredArgument, needs));
        }
        Ok(cli)
    }

    /// Hosts are the screen's.
    fn check_hosts(&self) -> Result<(), &'static str> {
        if self.command.is_some() && !self.global.hosts.is_empty() {
            return Err("--host shows the engine of another machine on the screen: it goes with no command");
        }
        Ok(())
    }

    /// Whether the command keeps mailboxes under watch.
    const fn watches(&self) -> bool {
        match &self.command {
            None | Some(Command::Watch { .. } | Command::Service(ServiceCommand::Install { .. })) => true,
            Some(Command::Demo(demo)) => !demo.serve,
            Some(
                Command::Check { .. }
                | Command::Probe(_)
                | Command::History(_)
                | Command::Mail(_)
                | Command::Status(_)
                | Command::Ctl(_)
                | Command::Report(_)
                | Command::Service(ServiceCommand::Remove { .. } | ServiceCommand::Status { .. })
                | Command::Open { .. }
                | Command::Relay
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
