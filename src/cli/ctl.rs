//! `ctl`'s part of the command line.

use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use mailwatch_proto::model::{MUTED, TIMERS, Timer, parse_duration, show_duration};

/// What to tell the running engine.
#[derive(Clone, Debug, Subcommand)]
pub enum CtlCommand {
    /// End IDLE now with DONE and look for mail; every watch where none is named
    Done(Targets),
    /// Log out and rest until resumed
    Pause(Targets),
    /// Watch again what is paused, and try now what waits or failed; every watch where none is named
    Resume(Targets),
    /// Drop the connection and make a new one at once
    Reconnect(Targets),
    /// Set a timer of running watches until the engine ends, such as `retune reissue 4m`
    Retune {
        /// The timer
        #[arg(value_name = "TIMER", value_parser = timer_parser())]
        timer: Timer,
        /// Its value, such as 90s, 4m or 1m30s, or off; auto has reissue learned
        #[arg(value_name = "VALUE")]
        value: String,
        /// Whose.
        #[command(flatten)]
        to: Targets,
    },
    /// Begin NEW again at nothing: what came until now was looked at; every watch where none is named
    ResetNew(Targets),
    /// No notification and no bell of these watches for an hour, or as long as you say; hooks run
    Mute {
        /// For how long, such as 30m or 8h, 7d at most
        #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = muted)]
        length: Duration,
        /// Whose.
        #[command(flatten)]
        to: Targets,
    },
    /// Notifications of these watches again; of every watch where none is named
    Unmute(Targets),
    /// Have the engine start the program that is installed now, in its own process: after an upgrade
    Restart {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Have the engine read the configuration again, as SIGHUP does
    Reload {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Whom a command is for, and how it is answered.
#[derive(Args, Clone, Debug)]
pub struct Targets {
    /// Watches: account/mailbox, an account's name, or a pattern such as 'work/*' or '*/INBOX'
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Every watch; with --account every watch of these accounts
    #[arg(long, conflicts_with = "targets")]
    pub all: bool,
    /// One JSON object for each watch
    #[arg(long)]
    pub json: bool,
}

fn muted(text: &str) -> Result<Duration, String> {
    let length = parse_duration(text).map_err(|error| error.to_string())?;
    let [least, most] = [MUTED.start(), MUTED.end()].map(|end| show_duration(Some(*end)));
    MUTED.contains(&length).then_some(length).ok_or_else(|| format!("from {least} to {most}"))
}

fn timer_parser() -> impl TypedValueParser<Value = Timer> {
    // The parser has let nothing through but these names.
    let timer = |name: String| Timer::by_name(&name).unwrap_or(Timer::Reissue);
    PossibleValuesParser::new(TIMERS.map(|spec| PossibleValue::new(spec.name).help(spec.help))).map(timer)
}

/// The end of the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  mailwatch-tui ctl done                       check mail now, everywhere
  mailwatch-tui ctl pause work                 every watch of an account
  mailwatch-tui ctl retune reissue 4m '*/INBOX'
  mailwatch-tui ctl mute --for 8h news         no notification of an account today
  bindsym $mod+m exec mailwatch-tui ctl done   a key of sway or i3

Exit status: 0 every watch took it, 1 no engine runs or a watch did not take it, 2 bad use or no such watch.";
