//! Which keys there are, in one table: reading, suggestions and what a message may show go by it.

use crate::model::TIMERS;
use crate::model::keys::BINDINGS;

use super::problem::Place;

/// The keys of an `[[account]]`.
const ACCOUNT: [&str; 13] = [
    "name",
    "host",
    "port",
    "tls",
    "ca_file",
    "user",
    "password_command",
    "auth",
    "token_command",
    "mailboxes",
    "max_connections",
    "timers",
    "on_new_mail",
];

/// The keys that may stand in `place`.
pub(super) fn keys(place: Place) -> Vec<&'static str> {
    match place {
        Place::File => vec!["account", "timers", "notify", "ui"],
        Place::Account => ACCOUNT.to_vec(),
        Place::Timers | Place::AccountTimers => TIMERS.iter().map(|spec| spec.name).collect(),
        Place::Ui => vec!["theme", "keys"],
        Place::Keys => BINDINGS.iter().map(|binding| binding.name).collect(),
    }
}

/// Whether a word is a key anywhere in the file, so that what stands beside it may be shown in a message.
pub(super) fn is_known(word: &str) -> bool {
    /// `[notify]`'s keys, which nothing reads yet.
    const NOTIFY: [&str; 2] = ["desktop", "bell"];
    [Place::File, Place::Account, Place::Timers, Place::Ui, Place::Keys]
        .iter()
        .any(|place| keys(*place).contains(&word))
        || NOTIFY.contains(&word)
}

/// The screen's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Theme {
    /// For a dark terminal.
    #[default]
    Dark,
    /// For a light terminal.
    Light,
    /// For eyes that need contrast, on a dark terminal.
    HighContrast,
    /// Without colours.
    Mono,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::HighContrast, Self::Mono];

    /// The theme's name in the configuration and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Mono => "mono",
        }
    }

    /// The theme of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}
