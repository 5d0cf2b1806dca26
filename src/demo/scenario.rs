//! What goes wrong, as data: a scenario is a list of faults, each for some connections. Nothing here acts.

use std::fmt;
use std::time::Duration;

use super::catalogue;

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

/// A step of a session that a fault can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The greeting.
    Greeting,
    /// LOGIN and AUTHENTICATE.
    Login,
    /// SELECT and EXAMINE.
    Select,
    /// IDLE: its `+`.
    Idle,
    /// FETCH and UID FETCH.
    Fetch,
    /// NOOP.
    Noop,
    /// STATUS.
    Status,
    /// LOGOUT.
    Logout,
    /// Any other command.
    Other,
}

/// Where something is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// After the greeting, before anything else.
    AfterGreeting,
    /// Before the tagged reply of a command.
    Before(Step),
    /// Between IDLE and its `+`.
    BeforeContinuation,
    /// Right after the `+`.
    InIdle,
    /// Between DONE and its tagged reply.
    AfterDone,
}

/// What is inserted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// These bytes, line ends included.
    Bytes(Vec<u8>),
    /// A mail for the selected mailbox, told as the protocol wants it.
    NewMail,
    /// `* OK Still here` so many times.
    StillHere(usize),
    /// A line that never ends: up to so many bytes.
    EndlessLine(u64),
    /// A FETCH whose literal announces a size, of which so many bytes follow.
    HugeLiteral {
        /// The size in braces.
        announced: u64,
        /// The bytes that are really sent.
        sent: u64,
    },
    /// A BODYSTRUCTURE of lists within lists, so deep.
    Nested(usize),
    /// Every message is expunged; the mailboxes are filled with so many at the start.
    ExpungeAll(usize),
}

/// What is answered instead of a step's own reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Tagged NO with this text, response code included.
    No(String),
    /// Tagged BAD with this text; where it is empty, not even a space follows BAD.
    Bad(String),
    /// BYE with this text, then the connection is closed.
    Bye(String),
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// TLS's `close_notify`, then FIN.
    Clean,
    /// FIN alone.
    Fin,
    /// RST.
    Rst,
}

/// When a timed act happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So long after the connection was accepted.
    Connected(Duration),
    /// So long after each IDLE's `+`.
    Idling(Duration),
    /// Again and again in each IDLE, so far apart.
    EveryIdling(Duration),
}

/// What happens at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing is sent any more; the connection stays open and is read.
    Silence,
    /// Nothing is read any more; the connection stays open.
    StopReading,
    /// The connection is closed.
    Close(Close),
    /// BYE; then closed, or left open.
    Bye {
        /// Its text.
        text: String,
        /// Whether the connection is closed after it.
        close: bool,
    },
    /// Something is sent.
    Send(Payload),
    /// IDLE is ended with its tagged OK though no DONE came.
    EndIdle,
}

/// How long an ignored DONE stays unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until new mail comes; then its EXISTS and the tagged OK leave together: what Gmail does.
    NewMail,
    /// So long.
    For(Duration),
    /// For ever. New mail is still told.
    Never,
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A capability is not announced, and its command is unknown.
    Without(&'static str),
    /// LOGINDISABLED is announced, STARTTLS is not, and every login is refused.
    LoginDisabled,
    /// The greeting is PREAUTH.
    Preauth,
    /// The connection is accepted and nothing follows, not even TLS.
    NoHandshake,
    /// SELECT and EXAMINE give no UIDNEXT.
    NoUidNext,
    /// Only STATUS shows what is new in the selected mailbox.
    NoopShowsNothing,
    /// Every mailbox's UIDVALIDITY changes when the connection of this number is accepted.
    FreshUidValidity(usize),
    /// A tagged OK that belongs to no command comes before DONE's.
    StaleTag,
    /// Every byte is sent by itself.
    Trickle,
    /// A step is answered otherwise.
    Answer {
        /// Which.
        to: Step,
        /// How.
        with: Answer,
    },
    /// Logins are refused while more than so many connections are open.
    Limit {
        /// How many are allowed.
        open: usize,
        /// The step at which the others are refused.
        to: Step,
        /// How they are refused.
        with: Answer,
    },
    /// A step is answered late; `None` is never.
    Slow {
        /// Which.
        to: Step,
        /// How late.
        by: Option<Duration>,
    },
    /// DONE is ignored where the IDLE is at least this old.
    IgnoreDone {
        /// The age from which it is ignored.
        from: Duration,
        /// Until when.
        until: Until,
    },
    /// Something is sent at a place.
    Insert {
        /// Where.
        at: Place,
        /// What.
        what: Payload,
    },
    /// Something happens at a time.
    Timed {
        /// When.
        when: When,
        /// What.
        act: Act,
    },
    /// The connection ends after so many bytes of a FETCH's replies.
    CutFetch(usize),
    /// Instead of each reply to FETCH this line, `{seq}` and `{uid}` replaced.
    FetchLine(&'static str),
    /// INTERNALDATE is NIL.
    NilInternalDate,
}

/// There is no such scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScenario(String);

impl fmt::Display for UnknownScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no scenario is called {:?}", self.0)
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
    use super::*;

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
}
