//! What a file of the past keeps, from whichever file it came. Nothing of it is believed yet.

use std::time::SystemTime;

use crate::history::{Blindness, KeptLine, KeptMail, KeptReceipt, KeptServer, Logged, Stall, WatchKey};
use mailwatch_proto::model::Span;

/// What a file keeps.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The watches that the file names, perhaps without records.
    pub watches: Vec<WatchKey>,
    /// DONEs; one that was answered late has two.
    pub receipts: Vec<KeptReceipt>,
    /// DONEs that were not answered in time.
    pub stalls: Vec<Stall>,
    /// Times in which a mail could have come unheard.
    pub blind: Vec<Blindness>,
    /// Times in which no engine ran.
    pub unwatched: Vec<Span>,
    /// The log.
    pub log: Vec<Logged>,
    /// The wire around stalls.
    pub wire: Vec<KeptLine>,
    /// The mails that came, oldest first.
    pub mails: Vec<KeptMail>,
    /// What servers said of themselves.
    pub servers: Vec<KeptServer>,
    /// From when on the file tells, where it says so.
    pub since: Option<SystemTime>,
    /// Until when the file tells, where it says so.
    pub until: Option<SystemTime>,
    /// What a reader is to know: that something was left out.
    pub remark: Option<String>,
}
