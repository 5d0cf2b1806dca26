//! The command that logs an account in, for sentences.

use mailwatch_proto::model::{Account, sanitise};

/// The command, in backquotes.
pub(super) fn login_command(account: &Account) -> String {
    format!("`mailwatch-tui account login {}`", sanitise(&account.name, 100))
}
