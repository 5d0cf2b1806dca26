//! Which mails were told in this run: a watch that ends and begins again tells none twice.

use std::collections::{BTreeMap, HashSet};

use crate::history::WatchKey;
use mailwatch_proto::view::MailNumber;

/// The mails that a watch told.
pub type ToldMails = HashSet<MailNumber>;

/// The same of each watch.
pub type ToldByWatch = BTreeMap<WatchKey, ToldMails>;
