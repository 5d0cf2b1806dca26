//! Behaviours as data: on an event, where conditions hold, something is done. The types; nothing here acts.
//!
//! The language is that of the files in `behaviours`, and described in `behaviours/README.md`.

use std::time::Duration;

use crate::fault::{Close, When};

pub(crate) mod edit;
pub(crate) mod listed;
pub(crate) mod pattern;
pub(crate) mod read;
pub(crate) mod response;
pub(crate) mod words;

use self::edit::Edit;
use self::pattern::{Pattern, Template};

/// A named conduct, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Behaviour {
    pub(crate) name: String,
    pub(crate) about: String,
    /// Scenarios that belong to it, by name.
    pub(crate) with: Vec<String>,
    /// What becomes of a session whose mailbox is deleted or made again; without it BYE.
    pub(crate) replaced: Option<Replaced>,
    pub(crate) reactions: Vec<Reaction>,
}

/// What a server does at an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    pub(crate) on: Event,
    pub(crate) when: Conditions,
    pub(crate) deeds: Vec<Deed>,
}

/// What can be reacted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The scenario begins: for what a mailbox holds.
    Start,
    /// A connection was accepted.
    Connect,
    /// The greeting is about to be sent.
    Greeting,
    /// A command of one of these names; `*` is any.
    Command(Vec<String>),
    /// So long after IDLE's `+`.
    Idle(Duration),
    /// Again and again in each IDLE, so far apart.
    Every(Duration),
    /// So long after the connection was accepted.
    Session(Duration),
    /// Something is told within IDLE.
    News,
    /// The server is about to report another mailbox, by NOTIFY.
    Elsewhere,
    /// DONE has come.
    Done,
}

impl Event {
    /// When it comes by itself.
    pub(crate) const fn time(&self) -> Option<When> {
        match self {
            Self::Idle(age) => Some(When::Idling(*age)),
            Self::Every(period) => Some(When::EveryIdling(*period)),
            Self::Session(age) => Some(When::Connected(*age)),
            Self::Start
            | Self::Connect
            | Self::Greeting
            | Self::Command(_)
            | Self::News
            | Self::Elsewhere
            | Self::Done => None,
        }
    }
}

/// All must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// Patterns that the command's arguments fit, or do not.
    pub(crate) arguments: Vec<(Pattern, bool)>,
    /// The mailbox that is named, else the selected one.
    pub(crate) mailbox: Option<Pattern>,
    /// The how many-th time at this server.
    pub(crate) nth: Span,
    /// The how many-th time on this connection.
    pub(crate) here: Span,
    pub(crate) conn: Span,
    /// Connections that are open.
    pub(crate) open: Span,
    /// Messages that the client knows of.
    pub(crate) exists: Span,
    /// A UID that the command's set names.
    pub(crate) uid: Option<u32>,
    /// Messages that the command's set names, `n:*` beyond the last being none.
    pub(crate) finds: Span,
    /// Since the server's start.
    pub(crate) after: Duration,
    pub(crate) before: Option<Duration>,
    /// Marks that are set, or are not.
    pub(crate) marks: Vec<(String, bool)>,
}

/// From the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

impl Default for Span {
    fn default() -> Self {
        Self { first: 0, last: u32::MAX }
    }
}

impl Span {
    pub(crate) const fn contains(self, n: u32) -> bool {
        self.first <= n && n <= self.last
    }
}

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// Before what is usually said.
    First,
    /// Right before the tagged reply.
    Last,
    /// After the tagged reply.
    After,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// What follows waits.
    Delay(Duration),
    /// A pause before each line.
    Pace(Duration),
    /// Nothing is answered.
    Swallow,
    /// A line besides.
    Say(Where, Template),
    /// These bytes in place of all that is usually said; the command is not carried out.
    Instead(Template),
    /// The tagged reply without its tag; the command is not carried out.
    Refuse(Template),
    /// The command is carried out with other arguments.
    Rewrite(Pattern, Template),
    /// What is usually said is changed.
    Edit(Edit),
    /// BYE and the end, after what was said.
    Bye(Template),
    /// The end, after what was said; the tagged reply is not sent.
    End(Close),
    /// A mark is set for all connections, or taken away.
    Mark(String, bool),
    /// The mailboxes change.
    Store(StoreDeed),
}

/// A change of the mailboxes: of the selected one, else of INBOX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreDeed {
    /// Deleted and made again, empty, with another UIDVALIDITY.
    Recreate,
    /// Renamed, with another UIDVALIDITY where `fresh`.
    Rename { to: Template, fresh: bool },
    /// Deleted.
    Remove,
    /// Every message is expunged.
    ExpungeAll,
    /// A mail of Ann Lee's with this subject.
    Deliver(Template),
    /// So many old mails.
    Fill(u32),
    /// The next UID.
    NextUid(u32),
    /// UIDs begin again at 1 under the same UIDVALIDITY.
    Rewind,
    /// UIDs begin again at 1 under another UIDVALIDITY.
    FreshUidValidity,
    /// Every message has exactly this flag.
    Flag(Template),
    /// Another mailbox of this name, byte by byte.
    Mailbox(Template),
    /// Another password.
    Password(Template),
}

/// What a session is told whose mailbox was deleted or made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// EXPUNGE for every message, then the new number: Cyrus.
    Expunge,
    /// The new number alone: Courier.
    Exists,
    /// Nothing until something comes.
    Silent,
}
