//! `history`: what `history.db` holds, as a table, JSON lines or CSV. Needs no configuration and no engine.

use std::io;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;

use super::{Exit, Global, Output};
use mailwatch_engine::history::{Archive, WatchKey};
use mailwatch_engine::report::{self, Kind};
use mailwatch_proto::model::parse_duration;

/// What to list.
#[derive(Clone, Debug, Subcommand)]
pub enum HistoryCommand {
    /// DONEs that were not answered in time, with the verdict and TCP's figures
    Stalls(Look),
    /// What became of each DONE: written, acknowledged, answered
    Receipts(Look),
    /// Times in which a mail could have come unheard
    Blind(Look),
}

/// How far back, whose, and how it is written.
#[derive(Args, Clone, Debug)]
pub struct Look {
    /// How far back, such as 90m, 24h or 7d; 30 days are kept
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse_since)]
    pub since: Duration,
    /// Only this watch
    #[arg(long, value_name = "ACCOUNT/MAILBOX")]
    pub watch: Option<String>,
    /// One JSON object a line, times in UTC
    #[arg(long)]
    pub json: bool,
    /// Comma-separated values (RFC 4180), times in UTC
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// Where and when the command runs.
#[derive(Clone, Debug)]
pub struct Here {
    /// Now.
    pub now: SystemTime,
    /// What a table's times are written in.
    pub zone: TimeZone,
    /// The terminal's columns; `None` where the output is none.
    pub columns: Option<usize>,
}

pub(super) fn parse_since(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    match days.map_or_else(|| parse_duration(text), |days| Ok(Duration::from_hours(24 * u64::from(days)))) {
        Ok(Duration::ZERO) => Err("at least 1s".to_owned()),
        Ok(since) => Ok(since),
        Err(error) => Err(format!("{error}; days as 7d")),
    }
}

/// Runs a `history` command.
///
/// # Errors
/// Where the output cannot be written.
pub fn history(command: &HistoryCommand, global: &Global, here: &Here, output: &mut Output<'_>) -> io::Result<Exit> {
    let (kind, look) = match command {
        HistoryCommand::Stalls(look) => (Kind::Stalls, look),
        HistoryCommand::Receipts(look) => (Kind::Receipts, look),
        HistoryCommand::Blind(look) => (Kind::Blind, look),
    };
    let state = match global.state_path() {
        Ok(state) => state,
        Err(error) => return output.error(Exit::Bad, error),
    };
    let archive = match Archive::open(&state) {
        Ok(archive) => archive,
        Err(error) => return output.error(Exit::Failed, error),
    };
    let watches = match archive.watches() {
        Ok(watches) => watches,
        Err(error) => return output.error(Exit::Failed, error),
    };
    let asked = Asked { accounts: &global.accounts, watch: look.watch.as_deref() };
    if let Some(error) = asked.unknown(&watches) {
        return output.error(Exit::Bad, error);
    }
    let since = here.now.checked_sub(look.since).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut rows = match report::rows(&archive, kind, since) {
        Ok(rows) => rows,
        Err(error) => return output.error(Exit::Failed, error),
    };
    rows.retain(|row| asked.is_asked(row.key()));
    if look.json {
        write!(output.out, "{}", report::json(kind, &rows))?;
    } else if look.csv {
        write!(output.out, "{}", report::csv(kind, &rows))?;
    } else {
        let table = report::table(kind, &rows, &here.zone).render(here.columns);
        writeln!(output.out, "{table}{}", report::tally(kind, &rows, look.since))?;
    }
    output.out.flush()?;
    Ok(Exit::Done)
}

/// Whose rows are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) accounts: &'a [String],
    pub(super) watch: Option<&'a str>,
}

impl Asked<'_> {
    pub(super) fn is_asked(self, key: &WatchKey) -> bool {
        let account = self.accounts.is_empty() || self.accounts.contains(&key.account);
        account && self.watch.is_none_or(|watch| is_named(key, watch))
    }

    /// What is wrong with a name that nothing is kept of.
    pub(super) fn unknown(self, watches: &[WatchKey]) -> Option<String> {
        let account = self.accounts.iter().find(|name| watches.iter().all(|key| key.account != **name));
        let watch = self.watch.filter(|watch| !watches.iter().any(|key| is_named(key, watch)));
        let name = account.map(String::as_str).or(watch)?;
        let mut known: Vec<_> = watches.iter().map(|key| format!("{}/{}", key.account, key.mailbox)).collect();
        known.dedup();
        let known = if known.is_empty() { "nothing at all".to_owned() } else { known.join(", ") };
        let sentence = format!("nothing is kept of {name}; there is: {known}");
        Some(mailwatch_proto::model::sanitise(&sentence, mailwatch_proto::model::LINE_LIMIT))
    }
}

fn is_named(key: &WatchKey, watch: &str) -> bool {
    // An account's name has no slash, a mailbox's may.
    watch.split_once('/').is_some_and(|(account, mailbox)| key.account == account && key.mailbox == mailbox)
}
