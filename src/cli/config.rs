//! `config`'s part of the command line.

use clap::Subcommand;

/// What to do with the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Print where the file is looked for
    Path,
    /// Say whether the file is right and, if not, what is wrong and where
    Check,
    /// Write a commented sample; an existing file is never overwritten
    Init,
}
