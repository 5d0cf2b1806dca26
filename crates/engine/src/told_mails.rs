//! Which mails were told in this run: a watch that ends and begins again tells none twice.

use std::collections::{BTreeMap, HashSet};

use crate::history::WatchKey;

/// The mails that a watch told: UIDVALIDITY and UID.
pub type ToldMails = HashSet<(u32, u32)>;

/// The same of each watch.
pub type ToldByWatch = BTreeMap<WatchKey, ToldMails>;
