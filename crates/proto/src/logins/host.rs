//! What is known of the logins at one host.

use std::collections::BTreeMap;

use super::HOST_REFUSALS;
use super::moment::{COUNTED, Moment, tidy_moments};
use super::user::{Run, User};
use crate::model::LoginWay as Way;

/// One host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub(super) struct Host {
    users: BTreeMap<String, User>,
    /// Refusals that say nothing of a secret.
    pub limited: Vec<Moment>,
    /// How a login has last succeeded.
    pub way: Option<Way>,
}

impl Host {
    pub fn user(&mut self, user: &str) -> &mut User {
        self.users.entry(user.to_owned()).or_default()
    }

    pub fn known_user(&self, user: &str) -> Option<&User> {
        self.users.get(user)
    }

    pub fn users(&mut self) -> impl Iterator<Item = &mut User> {
        self.users.values_mut()
    }

    pub fn runs(&self) -> impl Iterator<Item = Run> {
        self.users.values().flat_map(User::runs)
    }

    pub fn is_proven(&self, user: &str, account: &str) -> bool {
        self.users.get(user).is_some_and(|user| user.is_proven(account))
    }

    /// Whether the logins under way may use up what is left.
    pub fn is_busy(&self) -> bool {
        let under_way: usize = self.users.values().map(User::under_way).sum();
        self.refusals().count() + under_way >= HOST_REFUSALS
    }

    /// When the host has room for another refusal, where it has none now.
    pub fn full_until(&self) -> Option<Moment> {
        let mut refusals: Vec<Moment> = self.refusals().collect();
        refusals.sort_unstable();
        let first = refusals.len().checked_sub(HOST_REFUSALS)?;
        refusals.get(first).map(|at| at.after(COUNTED))
    }

    fn refusals(&self) -> impl Iterator<Item = Moment> {
        self.limited.iter().copied().chain(self.users.values().flat_map(User::refusals))
    }

    pub fn tidy(&mut self, at: Moment) {
        tidy_moments(&mut self.limited, at);
        for user in self.users.values_mut() {
            user.tidy(at);
        }
        self.users.retain(|_, user| !user.is_empty());
    }

    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.limited.is_empty() && self.way.is_none()
    }
}
