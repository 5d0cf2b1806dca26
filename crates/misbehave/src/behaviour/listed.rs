//! The behaviours that have a name, by what they concern.

use std::sync::{Arc, LazyLock};

use super::Behaviour;
use super::read::{BehaviourError, behaviours};
use crate::fault::Fault;
use crate::scenario::Scenario;

const FILES: [(&str, &str); 6] = [
    ("fetch", include_str!("../../behaviours/fetch.rules")),
    ("mailbox", include_str!("../../behaviours/mailbox.rules")),
    ("refusal", include_str!("../../behaviours/refusal.rules")),
    ("names", include_str!("../../behaviours/names.rules")),
    ("idle", include_str!("../../behaviours/idle.rules")),
    ("greeting", include_str!("../../behaviours/greeting.rules")),
];

static LISTED: LazyLock<Vec<Behaviour>> = LazyLock::new(|| {
    let read = |(_, text): (&str, &str)| behaviours(text).unwrap_or_default();
    FILES.into_iter().flat_map(read).collect()
});

pub(crate) fn listed() -> &'static [Behaviour] {
    &LISTED
}

pub(crate) fn find(name: &str) -> Option<&'static Behaviour> {
    LISTED.iter().find(|behaviour| behaviour.name == name)
}

impl Behaviour {
    /// The same as a scenario, but for what belongs to it by name.
    pub(crate) fn scenario(&self) -> Scenario {
        let mut scenario = Scenario::healthy().named(&self.name);
        if let Some(replaced) = self.replaced {
            scenario = scenario.with(Fault::Replaced(replaced));
        }
        for reaction in &self.reactions {
            scenario = scenario.with(Fault::Reaction(Arc::new(reaction.clone())));
        }
        scenario
    }
}

impl Scenario {
    /// Reads behaviours, each with its name and a sentence on it. The language is described in `behaviours/README.md`.
    ///
    /// # Errors
    /// Where a line is no rule, or `with` names no scenario.
    pub fn read(text: &str) -> Result<Vec<(Self, String)>, BehaviourError> {
        let complete = |behaviour: Behaviour| (behaviour.scenario().with_companions(&behaviour.with), behaviour.about);
        Ok(behaviours(text)?.into_iter().map(complete).collect())
    }

    /// The same with scenarios by name. Leaves unknown names out.
    pub(crate) fn with_companions(self, names: &[String]) -> Self {
        let own = self.name.clone();
        let all = names.iter().filter_map(|name| Self::by_name(name).ok()).fold(self, Self::and);
        all.named(&own)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_can_be_read_and_every_companion_is_known() {
        for (file, text) in FILES {
            let all = behaviours(text).unwrap_or_else(|error| panic!("{file}.rules, {error}"));
            for name in all.iter().flat_map(|behaviour| &behaviour.with) {
                assert!(Scenario::by_name(name).is_ok(), "{file}.rules: {name}");
            }
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let list = Scenario::list();
        let names: BTreeSet<&String> = list.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), list.len());
    }
}
