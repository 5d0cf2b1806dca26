//! `demo`'s part of the command line.

use std::time::Duration;

use clap::Args;

use mailwatch_proto::model::parse_duration;

/// `demo`.
#[derive(Args, Clone, Debug, Default)]
pub struct Demo {
    /// Serve IMAP over TLS on loopback, for any client, without a screen
    #[arg(long)]
    pub serve: bool,
    /// Notify about the demo's mails too, as `[notify]` in your configuration says, or on the desktop if nothing is on there
    #[arg(long, conflicts_with = "serve")]
    pub notify: bool,
    /// How the server behaves: a name; `NAME=20s` sets another time, `NAME@2` applies to the first 2 connections only, `A+B` combines two; an unknown name lists them all
    #[arg(long, value_name = "NAME", requires = "serve")]
    pub scenario: Option<String>,
    /// The port to serve on; by default, any free one
    #[arg(long, value_name = "N", requires = "serve")]
    pub port: Option<u16>,
    /// How many mailboxes it has
    #[arg(long, value_name = "N", requires = "serve", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub mailboxes: Option<u32>,
    /// How often a mail arrives, such as 10s
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
