//! A front end for a monitoring system: the board and the counts, as OpenMetrics text over HTTP.
//!
//! Takes no event and confirms no mail, so that the front end beside it misses nothing. Names accounts, and never mailboxes,
//! servers or mails: the number of series grows with the configuration alone.

mod address;
mod exposition;
mod families;
mod server;

use std::time::SystemTime;

use tokio::sync::watch;

pub use self::address::{AddressError, parse_address};
pub use self::exposition::CONTENT_TYPE;
pub use self::server::{Listener, PATH};
use crate::link::FrontEnd;
use mailwatch_proto::model::{Board, Tally};

/// What is read at each scrape.
#[derive(Clone, Debug)]
pub struct Source {
    board: watch::Receiver<Board>,
    tally: watch::Receiver<Tally>,
    started: SystemTime,
}

impl Source {
    /// Reads this front end's board and counts; `started` is when the program began to count.
    #[must_use]
    pub fn of(front_end: &FrontEnd, started: SystemTime) -> Self {
        Self { board: front_end.board.clone(), tally: front_end.tally.clone(), started }
    }

    /// Everything, as OpenMetrics text.
    #[must_use]
    pub fn text(&self) -> String {
        families::text(&self.board.borrow().clone(), &self.tally.borrow().clone(), self.started)
    }
}
