//! The mails that came, as the protocol writes them.

use serde::{Deserialize, Serialize};

use super::name;
use super::time::{Ms, Wall};
use crate::history::{KeptMail, MailList, WatchKey};
use mailwatch_proto::model::{DELAY_CLASSES, FoundBy, PushDelays};

/// A mail that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptMailState {
    /// The account's name.
    pub account: String,
    /// The mailbox.
    pub mailbox: String,
    /// Counts how often the mailbox's UIDs began to mean other messages.
    #[serde(default)]
    pub epoch: u32,
    /// The mailbox's UIDVALIDITY.
    pub uidvalidity: u32,
    /// The mail's UID.
    pub uid: u32,
    /// When it was found.
    pub ts: Wall,
    /// The sender, decoded.
    pub from: String,
    /// The subject, decoded.
    pub subject: String,
    /// The Date header.
    pub date: Option<String>,
    /// The Message-ID.
    pub message_id: Option<String>,
    /// Its flags as they were when it was found.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Whether its headers could be read.
    pub headers: bool,
    /// How it was found.
    #[serde(with = "name::optional", default)]
    pub found: Option<FoundBy>,
    /// Its INTERNALDATE.
    pub received: Option<Wall>,
    /// How late it was told.
    pub late_ms: Option<Ms>,
}

/// How late mails were told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DelaysState {
    /// Mails below each bound, and those above all.
    pub within: Vec<u64>,
    /// Mails whose delay is not known.
    pub unknown: u64,
}

impl From<&KeptMail> for KeptMailState {
    fn from(mail: &KeptMail) -> Self {
        let KeptMail {
            key,
            epoch,
            uidvalidity,
            uid,
            at,
            from,
            subject,
            date,
            message_id,
            flags,
            headers,
            by,
            received,
            late,
        } = mail.clone();
        // Which login it was says nothing to a front end.
        let WatchKey { account, login: _, mailbox } = key;
        Self {
            account,
            mailbox,
            epoch,
            uidvalidity,
            uid,
            ts: Wall(at),
            from,
            subject,
            date,
            message_id,
            flags,
            headers,
            found: Some(by),
            received: received.map(Wall),
            late_ms: late.map(Ms::from),
        }
    }
}

impl From<KeptMailState> for KeptMail {
    fn from(state: KeptMailState) -> Self {
        let KeptMailState { account, mailbox, epoch, uidvalidity, uid, ts, from, subject, .. } = state;
        Self {
            key: WatchKey { account, login: String::new(), mailbox },
            epoch,
            uidvalidity,
            uid,
            at: ts.0,
            from,
            subject,
            date: state.date,
            message_id: state.message_id,
            flags: state.flags,
            headers: state.headers,
            by: state.found.unwrap_or_default(),
            received: state.received.map(|Wall(at)| at),
            late: state.late_ms.map(Ms::duration),
        }
    }
}

impl From<PushDelays> for DelaysState {
    fn from(PushDelays { counts, unknown }: PushDelays) -> Self {
        Self { within: counts.to_vec(), unknown }
    }
}

impl From<DelaysState> for PushDelays {
    fn from(DelaysState { within, unknown }: DelaysState) -> Self {
        let mut counts = [0; DELAY_CLASSES];
        for (count, within) in counts.iter_mut().zip(within) {
            *count = within;
        }
        Self { counts, unknown }
    }
}

/// The two parts of a list.
pub(super) fn parts(list: &MailList) -> (Vec<KeptMailState>, DelaysState) {
    (list.mails.iter().map(KeptMailState::from).collect(), list.delays.into())
}

/// The list of both.
pub(super) fn list(mails: Vec<KeptMailState>, delays: DelaysState) -> MailList {
    MailList { mails: mails.into_iter().map(KeptMail::from).collect(), delays: delays.into() }
}
