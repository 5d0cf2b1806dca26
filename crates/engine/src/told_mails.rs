//! Which mails were told in this run: a watch that ends and begins again tells none twice.

use std::collections::BTreeMap;

use crate::history::WatchKey;

pub use mailwatch_proto::told::ToldMails;

/// The same of each watch.
pub type ToldByWatch = BTreeMap<WatchKey, ToldMails>;
