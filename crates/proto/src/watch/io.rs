//! What goes into a watch and what comes out of it.

use std::time::{Duration, Instant};

use crate::boot_clock::BootClock;
use crate::configured_timers::ConfiguredTimers;
use crate::connection::sample::Sample;
use crate::connection::task::{ListedNames, Notify, Outcome, Progress, Task};
use crate::connection::{Ending, Incoming};
use crate::idle::Line;
use crate::model::{Command, ConnId, Fault, WatchId};
use crate::sharing::SharedMailbox;
use crate::view::Timed;

/// Numbers for connections, and chance.
pub trait Supply: std::fmt::Debug + Send + Sync {
    /// A number that no connection of the program has had.
    fn number(&mut self) -> ConnId;
    /// A number in 0 to 1.
    fn chance(&mut self) -> f64;
}

/// What reaches a watch.
#[derive(Debug)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// The program ends.
    Stop,
    /// What the user asks.
    Command(Command),
    /// What the user asks of a mailbox that shares the connection.
    SharedCommand(WatchId, Command),
    /// Serve this mailbox too.
    Share(Box<SharedMailbox>),
    /// From now on ask by LIST which mailboxes there are.
    List,
    /// The mailbox is there again: connect.
    Again,
    /// There may be room for the connection now: do not wait for it.
    Room,
    /// The user acts elsewhere, as by another configuration: what waits is tried at once.
    UserActs,
    /// The messages of these numbers are a push test's, and are about to be removed.
    Leaving(Vec<u32>),
    /// The user has marked mails as seen over another connection; of a shared mailbox where one is named.
    Marked {
        /// Whose they are.
        of: Option<WatchId>,
        /// Their UIDVALIDITY.
        uidvalidity: u32,
        /// Their UIDs.
        uids: Vec<u32>,
    },
    /// The machine was suspended for so long, and runs again.
    Slept(Duration),
    /// The machine's network has changed. `moved`: the connection's own address no longer leads to the server; without a
    /// connection, another address than before leads to it, or may.
    Rerouted {
        /// Of the active connection, or of the way to the server.
        moved: bool,
    },
    /// The machine's wall clock was set.
    ClockSet,
    /// A day begins.
    NewDay,
    /// The configuration has these.
    Configured(ConfiguredTimers),
    /// What `reissue` is to be by what was learned, and the age that it will not pass.
    Learned {
        /// The value.
        value: Duration,
        /// The ceiling, where one was found.
        ceiling: Option<Duration>,
    },
    /// The clock that goes on in a suspend.
    Clock(BootClock),
    /// A task told something, of a shared mailbox or of the watch itself.
    Progress(ConnId, Option<WatchId>, Box<Progress>),
    /// A task ended.
    Finished(ConnId, Finished),
    /// Whether there is a newer token.
    Renewed(Result<bool, Fault>),
    /// Whether the account has room for one more connection: answers [`Output::AskPermit`].
    Permit(bool),
    /// The account needs a quarantined connection's place.
    RoomNeeded(ConnId),
    /// Something came.
    Incoming(ConnId, Incoming),
    /// The connection broke outside of a task.
    Broken(ConnId, Fault, Option<Ending>),
    /// A look at the socket: answers [`Output::Sample`].
    Sampled(ConnId, Option<Sample>),
    /// When the last byte came.
    Heard(ConnId, Instant),
}

/// How a task ended, with what its connection is known by.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// How.
    pub outcome: Outcome,
    /// The tag that the next command will have.
    pub tag: String,
    /// The proxy that stands between.
    pub proxy: Option<String>,
}

/// What a watch wants done, in order.
#[derive(Debug)]
pub enum Output {
    /// Publish and keep this; of a shared mailbox where one is named.
    Notice(Option<WatchId>, Timed),
    /// Start a task. [`Task::Connect`] makes the connection.
    Start(ConnId, Box<Task>),
    /// Send this.
    Send(ConnId, Line),
    /// Look at the socket; answer at once with [`Input::Sampled`].
    Sample(ConnId),
    /// Set the kernel's own limit on unacknowledged bytes; `None` clears it.
    UserTimeout(ConnId, Option<Duration>),
    /// NOTIFY stands so on this connection.
    Notify(ConnId, Notify),
    /// Let the connection go, with whatever runs on it.
    Drop(ConnId),
    /// This connection is kept to be looked at alone: where its place is needed, [`Input::RoomNeeded`] says so.
    Offer(ConnId),
    /// It no longer is.
    Withdraw(ConnId),
    /// Whether there is room for one more connection; answer at once with [`Input::Permit`].
    AskPermit,
    /// See to a token newer than the one of this serial; [`Input::Renewed`] answers.
    Renew(u64),
    /// Do not wait for it any more.
    DropRenewal,
    /// `reissue` is to be learned, beginning at this; what is known already is told at once with [`Input::Learned`].
    Learn(Duration),
    /// What LIST said of the account's `mailboxes`.
    Listed(ListedNames),
    /// The server refused the connection because there are too many.
    Limited {
        /// It did not say so: it is one if others of the account stand.
        supposed: bool,
    },
}
