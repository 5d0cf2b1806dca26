//! The commands that an account runs on events: argument lists, without how they run.

use std::collections::BTreeMap;

/// What a hook may be run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HookEvent {
    /// Mail that was not there before: the event `new_mail`.
    NewMail,
    /// A DONE that was not answered in time: the event `stalled`.
    Stall,
    /// A connection was lost and another idles in its place: the event `replaced`.
    Recovered,
    /// The watch failed and needs the user: the phase `failed`.
    Failed,
}

impl HookEvent {
    /// All of them, in the order of the variants.
    pub const ALL: [Self; 4] = [Self::NewMail, Self::Stall, Self::Recovered, Self::Failed];

    /// What `MAILWATCH_EVENT` says.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewMail => "new_mail",
            Self::Stall => "stall",
            Self::Recovered => "recovered",
            Self::Failed => "failed",
        }
    }

    /// Its key in the configuration.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::NewMail => "on_new_mail",
            Self::Stall => "on_stall",
            Self::Recovered => "on_recovered",
            Self::Failed => "on_failed",
        }
    }
}

/// An account's hooks: program and arguments, by event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks(BTreeMap<HookEvent, Vec<String>>);

impl Hooks {
    /// The command for an event; `None` where the account has no such hook.
    #[must_use]
    pub fn command(&self, event: HookEvent) -> Option<&[String]> {
        self.0.get(&event).map(Vec::as_slice)
    }

    /// What there is a hook for.
    #[must_use]
    pub fn events(&self) -> Vec<HookEvent> {
        self.0.keys().copied().collect()
    }
}

impl FromIterator<(HookEvent, Vec<String>)> for Hooks {
    fn from_iter<I: IntoIterator<Item = (HookEvent, Vec<String>)>>(hooks: I) -> Self {
        Self(hooks.into_iter().collect())
    }
}
