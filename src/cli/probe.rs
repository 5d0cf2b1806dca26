//! `probe`'s part of the command line.

use std::time::Duration;

use clap::Args;

use mailwatch_proto::model::{Timer, parse_duration, show_duration};

/// `probe`.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Probe {
    /// The account and mailbox, such as work/INBOX; without a mailbox, the account's first one
    #[arg(value_name = "ACCOUNT/MAILBOX")]
    pub target: String,
    /// The ages of the IDLEs, each from 1s to 29m
    #[arg(long, value_name = "AGES", value_delimiter = ',', value_parser = parse_age, default_value = "1m,2m,4m,5m,9m,15m,28m")]
    pub ages: Vec<Duration>,
    /// How many connections to use at once, within `max_connections`
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub parallel: u16,
    /// How long to wait for a late answer after `done` has run out
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_wait)]
    pub wait: Duration,
    /// Also measure what the last 7 days have already shown
    #[arg(long)]
    pub again: bool,
    /// Print one JSON object per age, then one for the whole
    #[arg(long)]
    pub json: bool,
    /// Write the recommended reissue into the configuration, after a question
    #[arg(long)]
    pub save: bool,
    /// With --save: write without asking
    #[arg(short, long, requires = "save")]
    pub yes: bool,
}

impl Probe {
    /// The ages, the youngest first, each once.
    #[must_use]
    pub fn sorted_ages(&self) -> Vec<Duration> {
        let mut ages = self.ages.clone();
        ages.sort_unstable();
        ages.dedup();
        ages
    }
}

fn parse_age(text: &str) -> Result<Duration, String> {
    let spec = Timer::Reissue.spec();
    let age = parse_duration(text).map_err(|error| error.to_string())?;
    if age < spec.min || age > spec.max {
        let (min, max) = (show_duration(Some(spec.min)), show_duration(Some(spec.max)));
        return Err(format!("an IDLE's age is {min} to {max} (RFC 2177 advises under 29 minutes)"));
    }
    Ok(age)
}

fn parse_wait(text: &str) -> Result<Duration, String> {
    let wait = parse_duration(text).map_err(|error| error.to_string())?;
    if wait > Duration::from_hours(1) { Err("1h at most".to_owned()) } else { Ok(wait) }
}
