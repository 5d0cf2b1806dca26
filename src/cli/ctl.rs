//! `ctl`'s part of the command line.

use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use mailwatch_proto::model::{MUTED, TIMERS, Timer, parse_duration, show_duration};

/// What to tell the running engine.
#[derive(Clone, Debug, Subcommand)]
pub enum CtlCommand {
    /// End IDLE now with DONE and look for mail; without a target, on every watch
    Done(Targets),
    /// Log out, and stay logged out until `resume`
    Pause(Targets),
    /// Resume paused watches, and retry waiting or failed ones now; without a target, every watch
    Resume(Targets),
    /// Drop the connection and make a new one at once
    Reconnect(Targets),
    /// Set a timer of running watches until the engine ends, for example `retune reissue 4m`
    Retune {
        /// The timer
        #[arg(value_name = "TIMER", value_parser = timer_parser())]
        timer: Timer,
        /// Its value, such as 90s, 4m, 1m30s or off; `auto` lets reissue be learned
        #[arg(value_name = "VALUE")]
        value: String,
        /// Whose.
        #[command(flatten)]
        to: Targets,
    },
    /// Set NEW to 0, because you have seen what came so far; without a target, on every watch
    ResetNew(Targets),
    /// Send no notification and ring no bell for these watches for an hour, or as long as you say; hooks still run
    Mute {
        /// For how long, such as 30m or 8h; at most 7d
        #[arg(long = "for", value_name = "TIME", default_value = "1h", value_parser = muted)]
        length: Duration,
        /// Whose.
        #[command(flatten)]
        to: Targets,
    },
    /// Notify about these watches again; without a target, about every watch
    Unmute(Targets),
    /// Have the engine start the newly installed program in its own process, after an upgrade
    Restart {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Have the engine read the configuration again, as SIGHUP does
    Reload {
        /// Print one JSON object
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
    /// Every watch; with --account, every watch of these accounts
    #[arg(long, conflicts_with = "targets")]
    pub all: bool,
    /// Print one JSON object for each watch
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
  mailwatch-tui ctl done                       check for mail now, everywhere
  mailwatch-tui ctl pause work                 every watch of an account
  mailwatch-tui ctl retune reissue 4m '*/INBOX'
  mailwatch-tui ctl mute --for 8h news         no notifications about an account for 8 hours
  bindsym $mod+m exec mailwatch-tui ctl done   a key of sway or i3

Exit status: 0 every watch accepted, 1 no engine runs or a watch did not accept, 2 bad use or no such watch.";
