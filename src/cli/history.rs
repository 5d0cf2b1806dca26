//! `history`'s part of the command line.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::since::parse_since;

/// What to list.
#[derive(Clone, Debug, Subcommand)]
pub enum HistoryCommand {
    /// List the DONEs that were not answered in time, with the verdict and TCP's figures
    Stalls(Look),
    /// List what became of each DONE: written, acknowledged, answered
    Receipts(Look),
    /// List the times in which a mail could have come unnoticed
    Blind(Look),
    /// List how each new mail was found, announced by the server or by looking, and how late
    Pushes(Look),
}

/// How far back, whose, and how it is written.
#[derive(Args, Clone, Debug)]
pub struct Look {
    /// How far to look back, such as 90m, 24h or 7d; 30 days are kept
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse_since)]
    pub since: Duration,
    /// Only this watch
    #[arg(long, value_name = "ACCOUNT/MAILBOX")]
    pub watch: Option<String>,
    /// Stay and print what comes, also from the next engine; exit 1 if none runs at the start
    #[arg(long)]
    pub live: bool,
    /// Print one JSON object per line, with times in UTC
    #[arg(long)]
    pub json: bool,
    /// Print comma-separated values (RFC 4180), with times in UTC
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}
