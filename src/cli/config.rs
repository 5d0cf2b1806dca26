//! `config`'s part of the command line.

use clap::Subcommand;

/// What to do with the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Where it is looked for
    Path,
    /// Whether it is right, and if not, where
    Check,
    /// Write a commented sample; never over a file that is there
    Init,
}
