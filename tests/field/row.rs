//! A row of the table: what a server does, what happens, and what must come out. Data; `play` acts on it.
//! Times are written as everywhere: `10s`, `2m`, `1h`.

/// A test.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// A sentence: what comes out.
    pub name: &'static str,
    /// Who reported it, as `project#issue`, or an RFC's section.
    pub source: &'static str,
    /// The server's behaviour: names of scenarios, or rules as in `crates/misbehave/behaviours`.
    pub behaviour: &'static str,
    /// The mailboxes that the server has besides INBOX.
    pub has: &'static [&'static str],
    /// What the account watches.
    pub watches: &'static [&'static str],
    pub max_connections: u16,
    /// What the server shows at first; `None`: no TLS.
    pub tls: Option<Certificate>,
    /// Mails that are in INBOX before anything is watched.
    pub old: u32,
    pub steps: &'static [Step],
    /// Subjects of mails that are told though no step delivered them: a behaviour did.
    pub besides: &'static [&'static str],
    /// How many mails are told without headers. They are among those that steps delivered.
    pub blank: usize,
    pub expect: &'static [Expect],
    /// Whether all watches idle at the end.
    pub idles: bool,
    /// Whose work it waits for. A row that is marked so and passes is an error: the mark goes.
    pub fails: Option<&'static str>,
}

/// What a server shows under TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// One that the account trusts.
    Right,
    /// A portal's.
    Another,
    /// One that is valid later by this machine's clock.
    NotYetValid,
}

/// What happens, one after the other. Before the first step every watch idles, unless it is [`Step::Start`].
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// At the beginning: nothing is waited for.
    Start,
    /// A mail of Ann Lee's in INBOX.
    Mail(&'static str),
    /// So many mails in INBOX, at once.
    Mails(u32),
    /// A mail in another mailbox.
    MailIn(&'static str, &'static str),
    /// A mail of exactly these bytes in INBOX.
    Raw(&'static [u8]),
    /// A mail without Message-ID in INBOX.
    Bare(&'static str),
    /// All that steps have delivered so far is told within so long.
    ToldWithin(Time),
    /// Every watch idles within so long.
    IdlesWithin(Time),
    /// INBOX's watch is in phase `failed` within so long.
    FailsWithin(Time),
    /// The screen shows so many unseen messages in INBOX within so long.
    UnseenWithin(u32, Time),
    Pass(Time),
    /// The message of this number in INBOX is expunged.
    Expunge(u32),
    /// It gets these flags.
    Flags(u32, &'static [&'static str]),
    /// Every connection ends.
    Drop,
    /// The program ends and starts again.
    Restart,
    /// The server behaves otherwise from now on.
    Behave(&'static str),
    Create(&'static str),
    Rename(&'static str, &'static str),
    /// The mailbox gets another UIDVALIDITY, and new UIDs.
    Renumber(&'static str),
    /// INBOX's watch is told to connect again: `r`.
    Reconnect,
    /// INBOX's watch is told to end its IDLE: `d`.
    Done,
    /// The machine's network is another.
    Network,
    /// The machine's clock was set.
    ClockSet,
    /// The server shows another certificate from now on.
    Show(Certificate),
    /// The configuration is read again.
    Reconfigure,
    /// What the server has counted until now does not count.
    CountAgain,
}

/// What must be so at the end, besides the mails.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// At most so many logins were tried.
    Logins(usize),
    /// At most so many connections were accepted.
    Connections(usize),
    /// At most so many of this command came.
    Commands(&'static str, usize),
    /// No fault was told.
    NoFault,
    /// At most so many faults were told.
    Faults(usize),
    /// A fault has these words.
    FaultSays(&'static str),
    /// No fault has these words.
    FaultNeverSays(&'static str),
    /// So many events of kind `hint`, at least.
    Hints(usize),
    /// At least one of kind `contradiction`.
    Contradiction,
    /// A mail is told with this subject.
    Subject(&'static str),
    /// A mail is told with this sender.
    From(&'static str),
    /// The last mail is told with this date.
    Date(Option<&'static str>),
    /// A mail is told with this flag.
    Flag(&'static str),
    /// The phase `failed` was never told.
    NeverFailed,
    /// The phase `failed` was told once for each watch.
    FailedOnce,
    /// These mailboxes are watched.
    Watched(&'static [&'static str]),
    /// No connection but the first was needed.
    NoReconnect,
}

/// `10s`, `2m`, `1h`.
pub type Time = &'static str;

/// A row as far as three words tell it.
pub const fn row(name: &'static str, source: &'static str, behaviour: &'static str) -> Row {
    Row {
        name,
        source,
        behaviour,
        has: &[],
        watches: &["INBOX"],
        max_connections: 8,
        tls: None,
        old: 2,
        steps: &[],
        besides: &[],
        blank: 0,
        expect: &[],
        idles: true,
        fails: None,
    }
}

impl Row {
    pub const fn old(mut self, old: u32) -> Self {
        self.old = old;
        self
    }

    pub const fn has(mut self, mailboxes: &'static [&'static str]) -> Self {
        self.has = mailboxes;
        self
    }

    pub const fn watches(mut self, mailboxes: &'static [&'static str]) -> Self {
        self.watches = mailboxes;
        self
    }

    pub const fn connections(mut self, max: u16) -> Self {
        self.max_connections = max;
        self
    }

    pub const fn under_tls(mut self, at_first: Certificate) -> Self {
        self.tls = Some(at_first);
        self
    }

    pub const fn steps(mut self, steps: &'static [Step]) -> Self {
        self.steps = steps;
        self
    }

    pub const fn besides(mut self, subjects: &'static [&'static str]) -> Self {
        self.besides = subjects;
        self
    }

    pub const fn blank(mut self, n: usize) -> Self {
        self.blank = n;
        self
    }

    pub const fn expect(mut self, expect: &'static [Expect]) -> Self {
        self.expect = expect;
        self
    }

    pub const fn not_idling(mut self) -> Self {
        self.idles = false;
        self
    }

    #[expect(dead_code, reason = "no row waits for work at present")]
    pub const fn fails(mut self, whose: &'static str) -> Self {
        self.fails = Some(whose);
        self
    }
}
