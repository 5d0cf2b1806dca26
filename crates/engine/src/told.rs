//! Which mails were told in this run: a watch that ends and comes again tells none twice.

use std::collections::{BTreeMap, HashSet};

use crate::history::WatchKey;

/// Mails that a watch told: UIDVALIDITY and UID.
pub type Told = HashSet<(u32, u32)>;

/// By watch.
pub type AllTold = BTreeMap<WatchKey, Told>;
