//! What only the host knows or can do, as questions and their answers.

use std::time::{Instant, SystemTime};

use super::identity::Identity;
use super::plan::LoginPlan;
use crate::boot_clock::BootClock;
use crate::logins::Refusal;
use crate::model::{Fault, LoginWay as Way, Mail, ServerInfo, WatchId};
use crate::push_proof::Canary;
use crate::token_lifetime::TokenLifetime;

/// What an exchange asks of its host. One at a time; each is answered by the [`Answer`] of the same name.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// The user has just acted: what the server refused may be tried again.
    Forgive,
    /// A transport to the server, until then.
    Dial(Instant),
    /// Permission for one login, with what it needs.
    Permit,
    /// The server refused the secret by one way and may not have judged it: whether it may go out once more, by another.
    AnotherWay,
    /// The permitted login failed. The task ends with the fault that the account's credentials make of it.
    LoginFailed {
        /// Why.
        failure: LoginFailure,
        /// The details that the server gave of a refused token, in base64.
        challenge: Option<String>,
    },
    /// How far a mailbox was seen.
    Seen(WatchId),
    /// The mails that an earlier run found and did not report.
    Unreported(WatchId),
    /// Keep how far a mailbox is seen, and mails that are there and not to be reported.
    Keep {
        /// Which mailbox.
        of: WatchId,
        /// Its epoch.
        epoch: u32,
        /// Its UIDVALIDITY.
        uidvalidity: u32,
        /// The first UID that was not seen.
        uidnext: u32,
        /// What is there.
        known: Vec<Decoded>,
    },
    /// Commit mails as found.
    Commit {
        /// In which mailbox.
        of: WatchId,
        /// Its epoch.
        epoch: u32,
        /// Its UIDVALIDITY.
        uidvalidity: u32,
        /// The first UID that was not seen.
        uidnext: u32,
        /// The mails, by UID.
        mails: Vec<Decoded>,
    },
    /// Remember that a connection failed on a mail's headers, or, where the UID is 0, on a look as a whole.
    Suspect {
        /// In which mailbox.
        of: WatchId,
        /// Its epoch.
        epoch: u32,
        /// Its UID.
        uid: u32,
    },
    /// Forget such mails: their headers could be read after all. Answered by [`Answer::Kept`].
    Readable {
        /// In which mailbox.
        of: WatchId,
        /// Its epoch.
        epoch: u32,
        /// Their UIDs.
        uids: Vec<u32>,
    },
    /// Mails that were told without their headers were asked for once more: keep what could be read of them, and forget all as
    /// ones that a connection fails on. Answered by [`Answer::Kept`].
    Again {
        /// In which mailbox.
        of: WatchId,
        /// Its epoch.
        epoch: u32,
        /// Its UIDVALIDITY.
        uidvalidity: u32,
        /// Their UIDs.
        uids: Vec<u32>,
        /// Those of them whose headers came.
        mails: Vec<Decoded>,
    },
    /// Which of these mails are known under another UID, told or not.
    Known {
        /// In which mailbox they are.
        of: WatchId,
        /// Its epoch.
        epoch: u32,
        /// Whether it may be another mailbox under a new name.
        renamed: bool,
        /// What identifies them.
        mails: Vec<Identity>,
    },
}

/// What the host answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It is done.
    Forgiven,
    /// There is a transport, or there is none.
    Dialled(Result<Dialled, Fault>),
    /// The login may go ahead, or it may not.
    Permit(Result<Permit, Fault>),
    /// Whether it may.
    AnotherWay(bool),
    /// What the credentials make of the fault.
    LoginFailed(Fault),
    /// What the history knows of the mailbox.
    Seen {
        /// How far it was seen; nothing where it was never watched.
        seen: Result<Option<Seen>, Fault>,
        /// The moment on the wall clock.
        now: SystemTime,
        /// The mails that earlier connections failed on.
        suspects: Vec<Suspect>,
    },
    /// The mails.
    Unreported(Result<Vec<Mail>, Fault>),
    /// Whether it is kept.
    Kept(Result<(), Fault>),
    /// The mails are committed.
    Committed {
        /// Those to be reported.
        mails: Vec<Mail>,
        /// The messages of push tests among them, which are not reported.
        canaries: Vec<Canary>,
        /// Why they could not be committed.
        fault: Option<Fault>,
    },
    /// How many connections have failed on the mail by now.
    Suspected(Result<u32, Fault>),
    /// Whether each of the mails is known, in their order.
    Known(Result<Vec<bool>, Fault>),
}

/// A transport that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    /// What is known of the server by now.
    pub server: ServerInfo,
    /// Whether the greeting was read already, before STARTTLS.
    pub greeted: bool,
}

/// How a login failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginFailure {
    /// Why, in words.
    pub fault: Fault,
    /// By which way it was tried.
    pub way: Option<Way>,
    /// What the refusal means; none where no secret was sent.
    pub refusal: Option<Refusal>,
}

/// Permission for one login.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Permit {
    /// How it is done.
    pub plan: LoginPlan,
    /// The token's time, where it is one.
    pub token: Option<TokenLifetime>,
    /// The clock that tokens age by.
    pub clock: BootClock,
    /// Chance, in 0 to 1: an account's connections are not all replaced at the same moment.
    pub chance: f64,
}

/// How far a mailbox was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its epoch: counts how often its UIDs began to mean other messages.
    pub epoch: u32,
    /// Its UIDVALIDITY.
    pub uidvalidity: u32,
    /// The first UID that was not seen.
    pub uidnext: u32,
    /// The last proof of life: nothing before it came unnoticed.
    pub last_alive: SystemTime,
}

/// A mail that connections failed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Its UID; 0 for a look as a whole.
    pub uid: u32,
    /// How many connections.
    pub failed: u32,
    /// Whether that was so long ago that it may be asked for once more.
    pub due: bool,
}

/// A message, its headers decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// What is reported.
    pub mail: Mail,
    /// Its Message-ID, to know it again under another UID.
    pub message_id: Option<String>,
    /// When the server took it.
    pub internal_date: Option<SystemTime>,
    /// Its size in octets, where the server told.
    pub size: Option<u32>,
    /// Its number in the mailbox when its headers came; 0 where that is not known.
    pub seq: u32,
    /// Whether its headers say that a push test added it, and none that it was sent.
    pub canary: bool,
    /// When the server announced it in IDLE, where it did.
    pub announced: Option<Instant>,
}

impl Decoded {
    /// What identifies it.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            message_id: self.message_id.clone(),
            internal_date: self.internal_date,
            size: self.size,
            subject: self.mail.subject.clone(),
        }
    }
}
