//! What goes wrong, as data: a scenario is a list of faults, each for some connections. Nothing here acts.

use crate::fault::Fault;

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

    /// The faults that strike the connection of this number.
    pub(crate) fn faults(&self, connection: usize) -> impl Iterator<Item = &Fault> {
        self.rules.iter().filter(move |rule| rule.on.contains(connection)).map(|rule| &rule.fault)
    }
}

impl Connections {
    pub(crate) const fn contains(self, connection: usize) -> bool {
        match self {
            Self::All => true,
            Self::First(n) => connection <= n,
            Self::After(n) => connection > n,
        }
    }
}
