//! `account`'s part of the command line.

use clap::Subcommand;

use super::add::Add;

/// What to do with accounts.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AccountCommand {
    /// Add an account: from its mail address, from your answers, or from options
    Add(Box<Add>),
    /// List the accounts, their mailboxes, and where each password is
    List,
    /// Store an account's password in the system's keyring (asked for, or read from standard input), log in at its OAuth 2.0 issuer in a browser, or run its password command in this terminal, where it can ask
    Login {
        /// The account's name in the configuration
        name: String,
        /// OAuth 2.0 only: show a code to type into a browser on any machine, instead of opening one here
        #[arg(long)]
        device: bool,
    },
    /// Remove an account's password or refresh token from the system's keyring; a token is revoked first
    Logout {
        /// The account's name in the configuration
        name: String,
    },
    /// Remove an account from the configuration, and its password from the keyring
    Remove {
        /// The account's name in the configuration
        name: String,
        /// Do not ask first
        #[arg(short, long)]
        yes: bool,
    },
}
