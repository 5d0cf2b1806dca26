//! The commands that an account runs on events: argument lists, without how they run.

use std::collections::BTreeMap;
use std::time::Duration;

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

/// What an account does by itself: its hooks, program and arguments by event, and its canary; and what opens a mail of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    commands: BTreeMap<HookEvent, Vec<String>>,
    canary: Option<Duration>,
    open: Option<Vec<String>>,
}

impl Hooks {
    /// The command for an event; `None` where the account has no such hook.
    #[must_use]
    pub fn command(&self, event: HookEvent) -> Option<&[String]> {
        self.commands.get(&event).map(Vec::as_slice)
    }

    /// How often the push into its first mailbox is proven by a message of this program's own; `None` where it never is.
    #[must_use]
    pub const fn canary(&self) -> Option<Duration> {
        self.canary
    }

    /// The same hooks with another canary.
    #[must_use]
    pub fn with_canary(self, canary: Option<Duration>) -> Self {
        Self { canary, ..self }
    }

    /// The command that opens a mail, with places for what names it; `None` where the account has none.
    #[must_use]
    pub fn open(&self) -> Option<&[String]> {
        self.open.as_deref()
    }

    /// The same hooks with another command that opens a mail.
    #[must_use]
    pub fn with_open(self, open: Option<Vec<String>>) -> Self {
        Self { open, ..self }
    }

    /// What there is a hook for.
    #[must_use]
    pub fn events(&self) -> Vec<HookEvent> {
        self.commands.keys().copied().collect()
    }
}

impl FromIterator<(HookEvent, Vec<String>)> for Hooks {
    fn from_iter<I: IntoIterator<Item = (HookEvent, Vec<String>)>>(hooks: I) -> Self {
        Self { commands: hooks.into_iter().collect(), ..Self::default() }
    }
}
