//! What goes into an allocation and what comes out of it.

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::connection::task::{Appeared, ListedNames, Mailbox};
use crate::model::{EventKind, WatchId};

/// What reaches an allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// LIST was answered.
    Listed {
        /// The watch that asked.
        by: WatchId,
        /// What it said of each entry of the account's `mailboxes`.
        names: ListedNames,
        /// When.
        at: SystemTime,
    },
    /// A connection gave a shared mailbox back, or does not have it: answers [`Output::TakeBack`].
    TakenBack(WatchId, Option<Given>),
    /// A watch has ended: answers [`Output::End`], or it did so by itself.
    Ended {
        /// Which.
        id: WatchId,
        /// How far its mailbox was seen.
        known: Option<Mailbox>,
        /// The mailboxes that shared its connection.
        shared: Vec<(WatchId, Given)>,
    },
    /// The account's `mailboxes` are these from now on.
    Configure(Vec<String>),
    /// The server refused a watch's connection because there are too many.
    Limited {
        /// Which.
        id: WatchId,
        /// The watches whose connections stand.
        standing: BTreeSet<WatchId>,
    },
    /// One connection more than the server allowed may be tried.
    TryMore,
    /// A connection is wanted for something else for a while: [`Output::Lent`] answers.
    Lend {
        /// Whether the server has just refused it, for there are too many.
        refused: bool,
        /// The watches whose connections stand.
        standing: BTreeSet<WatchId>,
    },
    /// It is not wanted any more, whatever was answered.
    Returned,
    /// Everything is to end.
    Stop,
}

/// What comes of the wish for a connection for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loan {
    /// It may be made, within what the account has.
    Given,
    /// None can be spared, and no server has refused one more.
    Beyond,
    /// None can be spared, and the server allows no more.
    Refused,
}

/// A shared mailbox that came back from its connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// How far it was seen.
    pub known: Option<Mailbox>,
}

/// What an allocation wants done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Start a watch of a mailbox with a connection of its own.
    Start {
        /// Which.
        id: WatchId,
        /// Set where it appeared while others were watched.
        appeared: Option<Appeared>,
    },
    /// The same of a mailbox that shared a connection: it goes on with what it has shown and told.
    Promote(WatchId),
    /// Start a connection that only asks which mailboxes there are, shown under this name.
    Discover(WatchId),
    /// End a watch with DONE and LOGOUT; [`Input::Ended`] answers.
    End(WatchId),
    /// A mailbox shares another's connection from now on.
    Share {
        /// Which.
        id: WatchId,
        /// The sharing connection's watch.
        over: WatchId,
        /// Set where it appeared while others were watched.
        appeared: Option<Appeared>,
    },
    /// A mailbox whose connection has ended shares this one from now on.
    ShareAgain {
        /// Which.
        id: WatchId,
        /// The sharing connection's watch.
        over: WatchId,
    },
    /// Get a shared mailbox back; [`Input::TakenBack`] answers, or [`Input::Ended`] of the connection.
    TakeBack {
        /// Which.
        id: WatchId,
        /// The sharing connection's watch.
        from: WatchId,
    },
    /// This watch asks by LIST from now on.
    List(WatchId),
    /// LIST shows this watch's mailbox: where it failed because it was not there, it connects again.
    Reconnect(WatchId),
    /// There may be room for this watch's connection now: it waits no longer.
    Connect(WatchId),
    /// A mailbox is watched no longer.
    Leave {
        /// Which.
        id: WatchId,
        /// Whether it is no longer there, which is reported; otherwise the configuration has changed.
        vanished: bool,
    },
    /// Answers [`Input::Lend`].
    Lent(Loan),
    /// Something happened that the user is to know, found by this watch.
    Tell(WatchId, EventKind),
}
