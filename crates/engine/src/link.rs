//! The link between the engine and its front ends, and nothing else.
//!
//! The board and the counts go over `watch` channels (latest wins), the events over a bounded queue for each front end whose
//! losses are counted; commands come back over a bounded channel for each watch. Any number of front ends may be attached, and
//! none that stands still can delay the engine or another. One of them may be the reporter: what it confirms counts as told,
//! and mail waits for it.

mod commander;
mod earlier;
mod ending;
mod front_end;
#[cfg(unix)]
pub mod hosts;
mod hub;
mod named_reader;
pub mod protocol;
mod publisher;
pub mod socket;
#[cfg(test)]
mod tests;
mod way;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

pub use self::commander::{COMMAND_CAPACITY, Commander, Commands, NotTaken};
pub use self::earlier::hour_before;
pub use self::ending::Ending;
pub use self::front_end::FrontEnd;
use self::hub::Hub;
pub use self::hub::{Attach, Numbered, Resume};
pub use self::named_reader::{NamedReader, ReaderName};
pub use self::publisher::Publisher;
use crate::queue::queue;
use mailwatch_proto::model::{MailKey, WatchId};

/// Events that a front end may be behind before the next are dropped and counted: some seconds of a busy log, and the
/// events of all watches that connect at once. Unused capacity costs nothing.
#[must_use]
pub const fn event_capacity(watches: usize) -> usize {
    /// From `connecting` to `idling`, and as much again.
    const PER_WATCH: usize = 32;
    4096 + PER_WATCH * watches
}

/// What [`link`] makes.
#[derive(Debug)]
pub struct Link {
    /// For the engine.
    pub publisher: Publisher,
    /// For each watch.
    pub commands: BTreeMap<WatchId, Commands>,
    /// Mails that the reporter has confirmed as told.
    pub confirmed: mpsc::UnboundedReceiver<MailKey>,
    /// The reporter.
    pub front_end: FrontEnd,
}

/// Makes the channels for these watches, and the reporter. `wire` says whether it wants the trace's lines, and what is over.
#[must_use]
pub fn link(watches: impl IntoIterator<Item = WatchId>, capacity: usize, wire: bool) -> Link {
    let (confirmed_tx, confirmed) = mpsc::unbounded_channel();
    let (mut senders, mut commands) = (BTreeMap::new(), BTreeMap::new());
    for id in watches {
        let (tx, rx) = queue(COMMAND_CAPACITY);
        senders.insert(id.clone(), tx);
        commands.insert(id, rx);
    }
    let hub = Arc::new(Hub::new(watch::Sender::new(Arc::new(senders)), capacity, wire));
    let publisher = Publisher::new(Arc::clone(&hub));
    let front_end = publisher.attach_reporter(&Attach { wire, ..Attach::default() }, confirmed_tx);
    Link { publisher, commands, confirmed, front_end }
}
