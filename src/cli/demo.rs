//! `demo`'s part of the command line.

use std::time::Duration;

use clap::Args;

use mailwatch_proto::model::parse_duration;

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
