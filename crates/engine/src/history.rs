//! What outlives the program: how far each mailbox was seen, the mails found and reported, and the evidence.
//!
//! SQLite on a thread of its own, so that no disk can delay a watch. The thread sleeps on its channel and ends with
//! the last handle. Where the file cannot be used the history goes on in memory and says why; it never stops a watch.

mod append;
mod archive;
mod canary;
mod database;
mod file;
mod handle;
mod handle_mails;
mod handle_readers;
mod handle_records;
mod held;
mod hooks;
mod identity;
mod keeper;
mod kept_mails;
mod looked;
mod mails;
mod merge;
mod moment;
mod names;
mod newest;
mod older;
mod owner;
mod paths;
mod poison;
mod prune;
mod read;
mod read_proof;
mod readers;
mod record;
mod request;
mod schema;
mod seen;
mod store;
mod stranger;
#[cfg(test)]
mod tests;
mod trouble;
mod unreadable;
mod watch_key;
mod watermark;

pub use self::archive::{Archive, Each, Interrupted, Moment};
pub use self::canary::{Canary, Proven};
pub use self::file::FILE;
pub use self::handle::History;
pub use self::hooks::OwedHook;
pub use self::identity::{Among, Identity, KnownMail};
pub use self::kept_mails::{KeptMail, MailList, MailQuery};
pub use self::looked::NewMails;
pub use self::mails::{Found, MailUid};
pub(crate) use self::names::loss;
pub use self::poison::Poison;
pub use self::prune::Limits;
pub use self::read::AGES;
pub use self::readers::{
    NoReaderName, OwedMail, Standing, check_attaching_name, check_reader_name, is_passing, passing_name,
};
pub use self::record::{Blindness, KEPT, KeptLine, KeptPush, KeptReceipt, KeptServer, Logged, Record, Stall};
pub use self::seen::Seen;
pub use self::stranger::Dated;
pub use self::unreadable::Unreadable;
pub use self::watch_key::WatchKey;
pub use self::watermark::WATERMARK;
