//! The quarantine: a connection whose DONE was not answered is kept and read, to see whether an answer ever comes.

use std::time::{Duration, Instant};

use crate::model::{Answer, LateResponses, Receipt};
use crate::response::{Response, StatusText};

/// How long a quarantined connection is kept. Late answers were reported after 20 to 40 minutes (MailKit#1697), most of
/// them under 30.
pub const KEPT_FOR: Duration = Duration::from_mins(30);

/// What came of a quarantined connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Late {
    /// Something that is not DONE's answer; its EXISTS, if it was one.
    Untagged(LateResponses, Option<u32>),
    /// DONE's answer. `acked`: nothing had shown before that DONE had arrived.
    Answered {
        /// The DONE, with its answer.
        receipt: Receipt,
        /// Whether the answer is the first that shows DONE's arrival.
        acked: bool,
    },
    /// The server said BYE.
    Bye(StatusText),
    /// Nothing came for as long as it is kept.
    Expired,
}

/// A DONE that is still waited for.
#[derive(Clone, Debug)]
pub struct Quarantine {
    tag: String,
    receipt: Receipt,
    responses: LateResponses,
    until: Instant,
}

impl Quarantine {
    /// Begins now. `tag` is that of the IDLE whose DONE is owed an answer.
    #[must_use]
    pub fn new(tag: String, receipt: Receipt, now: Instant) -> Self {
        Self { tag, receipt, responses: LateResponses::default(), until: now + KEPT_FOR }
    }

    /// When it is given up.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }

    /// The kernel has taken DONE after all.
    pub const fn written(&mut self, at: Instant) {
        self.receipt.written = Some(at);
    }

    /// Takes a response.
    pub fn response(&mut self, response: &Response, now: Instant) -> Late {
        match response {
            Response::Tagged { tag, status, .. } if tag.eq_ignore_ascii_case(&self.tag) => {
                let mut receipt = self.receipt.clone();
                let acked = receipt.acked.is_none();
                // An answer implies the ack.
                receipt.acked.get_or_insert(now);
                receipt.answer = Some(Answer { at: now, status: *status, untagged: self.responses.untagged });
                Late::Answered { receipt, acked }
            }
            Response::Bye(text) => Late::Bye(text.clone()),
            Response::Exists(count) => self.came(Some(*count), now),
            Response::Continue { .. }
            | Response::Tagged { .. }
            | Response::Status { .. }
            | Response::Preauth(_)
            | Response::Capability(_)
            | Response::Expunge(_)
            | Response::Vanished(_)
            | Response::Fetch(_)
            | Response::Search(_)
            | Response::MailboxStatus(..)
            | Response::List(_)
            | Response::Id(_)
            | Response::Recent(_)
            | Response::Other => self.came(None, now),
        }
    }

    fn came(&mut self, exists: Option<u32>, now: Instant) -> Late {
        self.responses = LateResponses {
            untagged: self.responses.untagged.saturating_add(1),
            exists: exists.or(self.responses.exists),
            heard: Some(now),
        };
        Late::Untagged(self.responses, exists)
    }
}
