//! The vocabulary of what can go wrong: where, when, and what. Plain data; `misfortune` and the commands act on it.

use std::sync::Arc;
use std::time::Duration;

pub use crate::behaviour::{Reaction, Replaced};

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
    /// NOTIFY.
    Notify,
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
    /// NOTIFY overflows: nothing is told of other mailboxes until it is asked for again.
    Overflow,
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
    /// A mailbox is opened only for a client that sent ID.
    IdRequired,
    /// Only STATUS shows what is new in the selected mailbox.
    NoopShowsNothing,
    /// Every mailbox's UIDVALIDITY changes when the connection of this number is accepted.
    FreshUidValidity(usize),
    /// A tagged OK that belongs to no command comes before DONE's.
    StaleTag,
    /// Every byte is sent by itself.
    Trickle,
    /// NOTIFY is taken, and nothing is told.
    NotifyDeaf,
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
    /// A session lives on where its mailbox is deleted or made again.
    Replaced(Replaced),
    /// A rule of a behaviour.
    Reaction(Arc<Reaction>),
}
