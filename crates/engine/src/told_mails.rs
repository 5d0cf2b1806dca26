//! What was told in this run: a watch that ends and begins again tells nothing twice, and forgets none that is new.

use std::collections::BTreeMap;

use crate::history::{NewMails, WatchKey};
use mailwatch_proto::told::ToldMails;

/// What a watch has told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The mails of this run.
    pub mails: ToldMails,
    /// Those that its user has not looked at yet.
    pub new: NewMails,
}

/// The same of each watch.
pub type ToldByWatch = BTreeMap<WatchKey, Told>;
