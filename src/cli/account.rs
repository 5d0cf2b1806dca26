//! `account`'s part of the command line.

use clap::Subcommand;

use super::add::Add;

/// What to do with accounts.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AccountCommand {
    /// Add an account: from its mail address, from answers, or from options
    Add(Box<Add>),
    /// The accounts, their mailboxes, and where each password is
    List,
    /// Store an account's password in the system's keyring (it is asked for, or read from standard input), log in at its OAuth 2.0 issuer in a browser, or run its command in this terminal, where it can ask
    Login {
        /// The account's name in the configuration
        name: String,
        /// OAuth 2.0 only: show a code to type into a browser anywhere, instead of one on this machine
        #[arg(long)]
        device: bool,
    },
    /// Take an account's password or refresh token out of the system's keyring; the token is revoked first
    Logout {
        /// The account's name in the configuration
        name: String,
    },
    /// Take an account out of the configuration, and its password out of the keyring
    Remove {
        /// The account's name in the configuration
        name: String,
        /// Without asking
        #[arg(short, long)]
        yes: bool,
    },
}
