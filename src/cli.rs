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
                  Without a command, it opens the screen for your accounts. `demo` shows everything without an account.",
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
    /// Show the screen on built-in servers: one healthy, one that ignores DONE, one that falls silent, …
    Demo(Demo),
    /// Watch without a screen: print what is new on standard output, or with -v every event
    Watch {
        /// Print every event as one JSON object per line
        #[arg(long)]
        json: bool,
        /// Remember under this name what was printed; the next start with the same name begins with what came in between
        #[arg(long, value_name = "NAME", value_parser = parse_reader)]
        reader: Option<String>,
        /// A screen leaves its engine to this program, and what was typed on standard input
        #[arg(long, hide = true, conflicts_with = "json")]
        handed_over: bool,
    },
    /// Run `watch` as your service (systemd, launchd), which starts by itself and is restarted if it ends
    #[command(subcommand, arg_required_else_help = true)]
    Service(ServiceCommand),
    /// Test each step of a connection, from DNS to the answer to DONE; with --push, test the push too; exit 1 if a step fails
    Check {
        /// The account; without it, every account
        account: Option<String>,
        /// Also test the push: add a message to a mailbox (by default the account's first), time its announcement, and remove it
        #[arg(long, value_name = "ACCOUNT/MAILBOX", num_args = 0..=1, default_missing_value = "")]
        push: Option<String>,
        /// How many messages to add, one after the other
        #[arg(long, value_name = "N", default_value_t = 3, requires = "push", value_parser = clap::value_parser!(u32).range(1..=100))]
        times: u32,
        /// Add the message without asking first
        #[arg(long, requires = "push")]
        yes: bool,
        /// Print one JSON object per step
        #[arg(long)]
        json: bool,
    },
    /// Measure how long this server can be left idling, with IDLEs of several ages, each ended with DONE
    Probe(Probe),
    /// Look back at each DONE, at stalls and at blind time; works while the program runs
    #[command(subcommand, arg_required_else_help = true)]
    History(HistoryCommand),
    /// List the mails that came, also during earlier runs: when, from whom, about what, how each was found, how late
    Mail(Look),
    /// Print what the running program sees in one line, for status bars and scripts; exit 1 if none runs
    #[command(after_long_help = status::about_formats())]
    Status(Status),
    /// Send commands to the running engine, for scripts and window managers
    #[command(subcommand, arg_required_else_help = true, after_help = ctl::EXAMPLES)]
    Ctl(CtlCommand),
    /// Write the evidence of a period into one .tar.gz, without secrets, for a provider's support or a bug report
    Report(Report),
    /// Open a report or a history.db in the screen, read-only, with a time line
    Open {
        /// The report (.tar.gz) or history.db, yours or anyone's: it can do no harm, and it is not changed
        file: PathBuf,
    },
    /// Join standard input and output to this machine's engine; a screen on another machine runs this over ssh
    Relay,
    /// Manage accounts and their passwords
    #[command(subcommand, arg_required_else_help = true)]
    Account(AccountCommand),
    /// Find, check or create the configuration file
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write that page, and one for each command, into this directory instead
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
            return Err(
                "--host shows the engine of another machine on the screen: it cannot be combined with a command",
            );
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
