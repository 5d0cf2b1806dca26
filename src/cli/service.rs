//! `service`'s part of the command line.

use clap::Subcommand;

/// What to do with the user's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ServiceCommand {
    /// Write the service, enable it and start it, with the --config, --state-dir, --account, --metrics and -v that you give here
    Install {
        /// Also replace a service that you or another program wrote
        #[arg(long)]
        force: bool,
    },
    /// Stop and disable the service, and remove what install wrote
    Remove {
        /// Also remove a service that you or another program wrote
        #[arg(long)]
        force: bool,
    },
    /// Say whether the service is installed, enabled and running; exit 1 if it is not running
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}
