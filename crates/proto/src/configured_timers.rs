//! What an account's watches take from the configuration while they run.

use crate::model::{Account, Timers};

/// The timers as the configuration has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfiguredTimers {
    /// The values.
    pub timers: Timers,
    /// Whether `reissue` is learned.
    pub auto: bool,
}

impl ConfiguredTimers {
    /// An account's.
    #[must_use]
    pub const fn of(account: &Account) -> Self {
        Self { timers: account.timers, auto: account.reissue_auto }
    }
}
