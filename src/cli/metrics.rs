//! `--metrics`: where a monitoring system may read, and whether it may be another machine.

use std::net::SocketAddr;

use clap::Args;

use mailwatch_engine::metrics::parse_address;

/// Whether and where the metrics are served.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricsOptions {
    /// Serve metrics while watching (OpenMetrics over HTTP, path /metrics), on a port of this machine or on IP:PORT
    #[arg(long = "metrics", id = "metrics", value_name = "ADDR", global = true, value_parser = parse_address)]
    address: Option<SocketAddr>,
    /// Let --metrics listen where other machines can read account names and how much mail comes, without a password
    #[arg(long = "metrics-public", id = "metrics_public", global = true)]
    public: bool,
}

/// Why the metrics cannot be served as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotServed {
    /// Other machines could read them, and nobody said that they may.
    #[error(
        "--metrics {0}: other machines could read account names and how much mail comes; \
         add --metrics-public to allow that"
    )]
    Public(SocketAddr),
    /// There is nothing to be public.
    #[error("--metrics-public needs --metrics ADDR")]
    Nothing,
    /// The command watches nothing.
    #[error("--metrics works with the screen, demo, watch and service install")]
    NotWatching,
}

impl MetricsOptions {
    /// Where to listen; nowhere by default.
    #[must_use]
    pub const fn address(self) -> Option<SocketAddr> {
        self.address
    }

    /// Whether other machines can read what is served there.
    #[must_use]
    pub fn is_public(self) -> bool {
        self.address.is_some_and(|address| !address.ip().is_loopback())
    }

    pub(super) fn check(self, watches: bool) -> Result<(), NotServed> {
        match self.address {
            None if self.public => Err(NotServed::Nothing),
            Some(_) if !watches => Err(NotServed::NotWatching),
            Some(address) if self.is_public() && !self.public => Err(NotServed::Public(address)),
            None | Some(_) => Ok(()),
        }
    }
}
