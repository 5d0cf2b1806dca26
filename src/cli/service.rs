//! `service`'s part of the command line.

use clap::Subcommand;

/// What to do with the user's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ServiceCommand {
    /// Write the service, enable it and start it, with the --config, --state-dir, --account, --metrics and -v given here
    Install {
        /// Also over a service that you, or another program, wrote
        #[arg(long)]
        force: bool,
    },
    /// Stop and disable the service, and remove what install wrote
    Remove {
        /// Also a service that you, or another program, wrote
        #[arg(long)]
        force: bool,
    },
    /// Whether the service is installed, enabled and running; exit 1 where it does not run
    Status {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}
