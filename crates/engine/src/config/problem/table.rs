//! The tables that a key can stand in, as messages call them.

use std::fmt;

/// A table of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The file's top.
    File,
    /// `[timers]`.
    Timers,
    /// An `[[account]]`.
    Account,
    /// An account's `timers`.
    AccountTimers,
    /// `[network]`.
    Network,
    /// An account's `oauth`.
    OAuth,
    /// `[notify]`.
    Notify,
    /// `[ui]`.
    Ui,
    /// `[ui.keys]`.
    Keys,
    /// The top of `providers.toml`.
    ProviderFile,
    /// A `[[provider]]`.
    Provider,
    /// A provider's `timers`.
    ProviderTimers,
    /// A provider's `source`.
    ProviderSource,
    /// A theme file's top.
    Theme,
    /// A theme's `[roles]`.
    Roles,
    /// What a theme says of a role.
    Look,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File | Self::Theme => "the file",
            Self::Timers => "[timers]",
            Self::Account => "[[account]]",
            Self::AccountTimers => "the account's timers",
            Self::Network => "[network]",
            Self::OAuth => "the account's oauth",
            Self::Notify => "[notify]",
            Self::Ui => "[ui]",
            Self::Keys => "[ui.keys]",
            Self::ProviderFile => "the file of providers",
            Self::Provider => "[[provider]]",
            Self::ProviderTimers => "the provider's timers",
            Self::ProviderSource => "the provider's source",
            Self::Roles => "[roles]",
            Self::Look => "a role",
        })
    }
}
