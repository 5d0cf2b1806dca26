//! What is known of a connection from one exchange to the next.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::question::Decoded;
use crate::connection::arrivals::Arrivals;
use crate::connection::task::{Appeared, Notify};
use crate::model::WatchId;
use crate::names::Spellings;
use crate::new_mails::NewUids;
use crate::response::Fetched;

/// Decodes a message's headers, given its UIDVALIDITY and whether it came in a gap; `None` without a UID.
pub type Decode = fn(&Fetched, u32, bool) -> Option<Decoded>;

/// What a connection is made for. It does not change while the connection lives.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The watch whose mailbox is the connection's own.
    pub id: WatchId,
    /// The server in sentences: `host:port`.
    pub peer: Arc<str>,
    /// The provider refuses mailboxes to a program that did not say its name.
    pub id_required: bool,
    /// The provider's NOOP tells nothing of new mail.
    pub poll_by_status: bool,
    /// Whether a front end wants what earlier runs left to look back on.
    pub looks_back: bool,
    /// Decodes headers.
    pub decode: Decode,
}

/// The form in which LIST is asked: each one the next where the server refused the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListForm {
    /// With what the server offers.
    #[default]
    Extended,
    /// Without `RETURN`, which some servers offer and refuse (RFC 5258).
    Plain,
    /// For `*` alone: what fits a pattern is found here.
    Whole,
}

/// Whether the server gives a part of a mail's headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Partial {
    /// It was not asked.
    #[default]
    Unknown,
    /// It does.
    Taken,
    /// It gives them whole alone.
    Refused,
}

/// What a connection has taught about FETCH.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetching {
    /// Parts of headers.
    pub partial: Partial,
    /// Whether a UID FETCH that finds nothing is refused.
    pub refuses_nothing: bool,
    /// Whether a mail cannot be read: then UIDs are asked for alone, first. It may be the last, which `n:*` always names.
    pub careful: bool,
}

/// What is known of a connection.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What it is made for.
    pub subject: Subject,
    /// Tags that were used on it.
    pub tags: u32,
    /// The capabilities told last, in the server's order.
    pub capabilities: Arc<[String]>,
    /// Whether names go as UTF-8 (RFC 6855).
    pub utf8: bool,
    /// The mailbox that is open.
    pub open: Option<Arc<str>>,
    /// Where NOTIFY stands.
    pub notify: Notify,
    /// How LIST is asked.
    pub list: ListForm,
    /// What it has taught about FETCH.
    pub fetching: Fetching,
    /// How the server writes names that it writes otherwise than this program would.
    pub written: Arc<Spellings>,
    /// Whether this is a discovery connection: it has no own mailbox and only asks which mailboxes exist.
    pub discovers: bool,
    /// What was told of the server's contradictions.
    pub contradictions: BTreeSet<String>,
    /// Set until the own mailbox was opened, where it appeared while others of its account were watched.
    pub appeared: Option<Appeared>,
    /// How what the task finds came to be known.
    pub arrivals: Arrivals,
    /// Mails of the own mailbox that are new to the user, until they were asked for.
    pub new: NewUids,
}

impl Facts {
    /// A connection that has said nothing yet.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            tags: 0,
            capabilities: Arc::default(),
            utf8: false,
            open: None,
            notify: Notify::Off,
            list: ListForm::Extended,
            fetching: Fetching::default(),
            written: Arc::default(),
            discovers: false,
            contradictions: BTreeSet::new(),
            appeared: None,
            arrivals: Arrivals::default(),
            new: NewUids::default(),
        }
    }

    /// Whether a capability was told. Case does not matter (RFC 3501 §7.2.1).
    #[must_use]
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|told| told.eq_ignore_ascii_case(capability))
    }
}
