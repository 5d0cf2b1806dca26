//! What goes wrong, as data: a scenario is a list of faults, each for some connections. Nothing here acts.

use std::fmt;

use super::catalogue;
use super::fault::Fault;

/// A server's conduct. Without rules it is healthy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What it is called; [`Scenario::by_name`] reads it back where it came from there.
    pub name: String,
    /// Whose texts it uses.
    pub dialect: Dialect,
    /// What goes wrong, all at once.
    pub rules: Vec<Rule>,
}

/// A fault and the connections it strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which connections, counted by the server from its start.
    pub on: Connections,
    /// What happens to them.
    pub fault: Fault,
}

/// Which connections a fault strikes. The first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connections {
    /// Every one.
    All,
    /// The first so many: a reconnect then succeeds.
    First(usize),
    /// All but the first so many.
    After(usize),
}

/// Whose texts a server uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Dovecot's.
    #[default]
    Dovecot,
    /// Gmail's.
    Gmail,
}

/// There is no such scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScenario(String);

impl fmt::Display for UnknownScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(given) = self;
        let name = given.split(['=', '@']).next().unwrap_or_default();
        if name != given && catalogue::find(name).is_some() {
            return write!(
                f,
                "{given:?}: after {name} comes `=TIME` (20s, 4m, 300ms) or `@N`, a number of connections"
            );
        }
        write!(f, "no scenario is called {given:?}")
    }
}

impl std::error::Error for UnknownScenario {}

impl Scenario {
    /// Nothing goes wrong.
    #[must_use]
    pub fn healthy() -> Self {
        Self { name: "healthy".to_owned(), dialect: Dialect::Dovecot, rules: Vec::new() }
    }

    /// One fault on every connection.
    #[must_use]
    pub fn of(fault: Fault) -> Self {
        Self::healthy().named("custom").with(fault)
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The same with one more fault, on every connection.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.rules.push(Rule { on: Connections::All, fault });
        self
    }

    /// The same with all faults of another.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.name = format!("{}+{}", self.name, other.name);
        self.rules.extend(other.rules);
        if other.dialect != Dialect::default() {
            self.dialect = other.dialect;
        }
        self
    }

    /// The same, limited to some connections.
    #[must_use]
    pub fn on(mut self, connections: Connections) -> Self {
        for rule in &mut self.rules {
            rule.on = connections;
        }
        self
    }

    /// The same for the first `n` connections alone, so that the next one succeeds.
    #[must_use]
    pub fn only_first(self, n: usize) -> Self {
        let name = format!("{}@{n}", self.name);
        self.on(Connections::First(n)).named(&name)
    }

    /// The same with another server's texts.
    #[must_use]
    pub const fn speaking(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// The scenario of that name: `ignores-done`. A time may follow, in the configuration's writing or in
    /// milliseconds: `ignores-done=20s`, `late-plus=300ms`. `@2` limits it to the first two connections; `+` joins two.
    ///
    /// # Errors
    /// Where there is none of that name, or what follows it is no time or no number.
    pub fn by_name(name: &str) -> Result<Self, UnknownScenario> {
        let mut parts =
            name.split('+').map(|part| catalogue::find(part).ok_or_else(|| UnknownScenario(part.to_owned())));
        let first = parts.next().unwrap_or_else(|| Err(UnknownScenario(name.to_owned())))?;
        parts.try_fold(first, |all, part| Ok(all.and(part?)))
    }

    /// Every scenario's name with a sentence on it.
    #[must_use]
    pub fn list() -> Vec<(String, String)> {
        catalogue::list()
    }

    /// The faults that strike the connection of this number.
    pub(super) fn faults(&self, connection: usize) -> impl Iterator<Item = &Fault> {
        self.rules.iter().filter(move |rule| rule.on.contains(connection)).map(|rule| &rule.fault)
    }
}

impl Connections {
    pub(super) const fn contains(self, connection: usize) -> bool {
        match self {
            Self::All => true,
            Self::First(n) => connection <= n,
            Self::After(n) => connection > n,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fault::Until;

    #[test]
    fn every_scenario_on_the_list_is_found_by_its_name() {
        let list = Scenario::list();
        assert!(list.len() > 60);
        for (name, about) in list {
            let scenario = Scenario::by_name(&name).expect("it is on the list");
            assert_eq!(scenario.name, name);
            assert!(!about.is_empty());
        }
    }

    #[test]
    fn a_name_takes_a_time_a_limit_and_a_companion() {
        let scenario = Scenario::by_name("ignores-done-forever=20s@2+trickle").expect("a scenario");
        assert_eq!(scenario.name, "ignores-done-forever=20s@2+trickle");
        let ignores = Fault::IgnoreDone { from: Duration::from_secs(20), until: Until::Never };
        assert_eq!(scenario.faults(2).collect::<Vec<_>>(), [&ignores, &Fault::Trickle]);
        assert_eq!(scenario.faults(3).collect::<Vec<_>>(), [&Fault::Trickle]);
    }

    #[test]
    fn an_unknown_name_is_told_back() {
        for name in ["nonsense", "trickle=x", "trickle@x", ""] {
            assert!(Scenario::by_name(name).is_err(), "{name:?}");
        }
        let error = Scenario::by_name("healthy+nonsense").expect_err("unknown");
        assert_eq!(error.to_string(), "no scenario is called \"nonsense\"");
    }

    #[test]
    fn a_time_that_is_none_is_said_to_be_wrong_and_not_the_name() {
        for (given, part) in [("silent=soon", "`=TIME`"), ("silent@x", "`@N`"), ("slient", "no scenario is called")] {
            let error = Scenario::by_name(given).expect_err(given).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
