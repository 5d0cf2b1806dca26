//! What a connection does in a straight line between two IDLEs: the task, its progress, its outcome.
//!
//! Plain data. Who runs a task (a dialogue over the wire) and who asks for it (the watch) share nothing else.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::arrivals::{Arrivals, Sought};
use crate::model::{EventKind, Fault, Mail, Past, Phase, ServerInfo, Timers, WatchId, WireLine};
use crate::names::Spellings;
use crate::new_mails::NewUids;
use crate::push_proof::Canary;
use crate::response::{MailboxStatus, Response};
use crate::token_lifetime::TokenLifetime;
use crate::unseen::Kept;

/// What is known of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Messages in it.
    pub exists: u32,
    /// Messages without `\Seen`, where the server told.
    pub unseen: Option<u32>,
    /// Its UIDVALIDITY.
    pub uidvalidity: u32,
    /// The first UID that was not looked at yet.
    pub uidnext: u32,
    /// Counts how often its UIDs began to mean other messages.
    pub epoch: u32,
}

impl Mailbox {
    /// Whether these figures differ from what was seen in a way that new mail makes, or a mailbox made anew. Without UIDNEXT
    /// the count must do, and without either a look.
    #[must_use]
    pub fn has_news(&self, status: &MailboxStatus) -> bool {
        if status.uidvalidity.is_some_and(|told| told != self.uidvalidity) {
            return true;
        }
        // Nothing was told at all.
        if *status == MailboxStatus::default() {
            return true;
        }
        let grew = status.messages.is_some_and(|messages| messages > self.exists);
        match status.uidnext {
            Some(uidnext) if uidnext > self.uidnext => true,
            Some(uidnext) if uidnext == self.uidnext => grew,
            // One that went back may be a lie; where the count is another too it is looked into.
            Some(uidnext) if uidnext > 1 => status.messages.is_some_and(|messages| messages != self.exists),
            Some(_) | None => grew,
        }
    }
}

/// A mailbox that appeared while others of its account were watched: it is empty or new, so there is no baseline. What
/// came into it since it was not there is told, with `gap`. What is older was moved or renamed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeared {
    /// When it was last known not to be there.
    pub since: SystemTime,
    /// What was known of mailboxes that vanished at the same time: it may be one of them under another name.
    pub vanished: Vec<Mailbox>,
}

impl Appeared {
    /// The mailbox that this one was before it got its name: RENAME leaves UIDVALIDITY and UIDs as they are.
    #[must_use]
    pub fn renamed_from(&self, uidvalidity: u32, uidnext: Option<u32>) -> Option<Mailbox> {
        let mut alike = self
            .vanished
            .iter()
            .filter(|gone| gone.uidvalidity == uidvalidity && uidnext.is_some_and(|uidnext| uidnext >= gone.uidnext));
        // Some servers give every mailbox the same UIDVALIDITY: of two that fit, neither is known to be it.
        let found = alike.next().copied();
        found.filter(|_| alike.next().is_none())
    }
}

/// What becomes of the connection's own mailbox in a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnMailbox {
    /// It is looked at where it is open.
    #[default]
    Open,
    /// It is opened as after a gap: it was set aside, or was not there.
    Reopen,
    /// It is set aside: paused or missing, while the connection serves others.
    SetAside,
}

/// What a task does besides the connection's own mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The connection's own mailbox.
    pub own: OwnMailbox,
    /// Whether the connection serves others, so that an own mailbox that is missing does not end it.
    pub shares: bool,
    /// The account's `mailboxes`, where they are to be asked for by LIST.
    pub list: Option<Arc<[String]>>,
    /// The mailboxes that NOTIFY is to tell of; `None` where it is not wanted.
    pub notify: Option<Arc<[Arc<str>]>>,
    /// The shared mailboxes to look at.
    pub items: Vec<WorkItem>,
    /// How what is found came to be known.
    pub arrivals: Arrivals,
    /// Mails of the own mailbox that are new to the user: whether they still are is asked where it is opened.
    pub new: NewUids,
}

/// A shared mailbox to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItem {
    /// Which.
    pub id: WatchId,
    /// What this run knows of it.
    pub known: Option<Mailbox>,
    /// Whether it was looked at over this connection before: then what is new came while it was watched.
    pub looked_at: bool,
    /// Whether mails that an earlier run left untold were told.
    pub begun: bool,
    /// Set where it appeared while others were watched.
    pub appeared: Option<Appeared>,
    /// How what is found in it came to be known.
    pub sought: Sought,
    /// Its mails that are new to the user.
    pub new: NewUids,
}

/// A task of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Dial, log in, open the mailbox and bring it up to date.
    Connect(Connect),
    /// Look for news on a connection whose IDLE has ended.
    Look {
        /// The timers in force.
        timers: Timers,
        /// The connection's own mailbox as it is known.
        known: Option<Mailbox>,
        /// So many messages at least came since the last look, by the server's own count.
        promised: u32,
        /// Whether it is to be opened again first: it may be another one by now.
        again: bool,
        /// Whether its unseen messages are to be counted.
        changed: bool,
        /// What there is to do besides.
        work: Work,
    },
    /// Ask a server without IDLE.
    Poll {
        /// The timers in force.
        timers: Timers,
        /// The connection's own mailbox as it is known.
        known: Option<Mailbox>,
        /// What there is to do besides.
        work: Work,
    },
    /// Say LOGOUT, and wait for its reply until then.
    Logout {
        /// Until when.
        by: Instant,
    },
}

/// How a connection is begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The timers in force.
    pub timers: Timers,
    /// What this run knows of the mailbox; without it, mails that an earlier run found and did not tell are told first.
    pub known: Option<Mailbox>,
    /// Whether another connection watches the mailbox meanwhile: then what is new is no gap.
    pub watched: bool,
    /// Set where the mailbox appeared while others of its account were watched.
    pub appeared: Option<Appeared>,
    /// Whether there is no mailbox yet: the connection only asks which there are.
    pub discovers: bool,
    /// Whether the user has just acted: what was refused may be tried again.
    pub retry_refused: bool,
    /// What there is to do besides.
    pub work: Work,
}

/// What is told while a task runs, of the watch itself or of a shared mailbox.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// The watch enters a phase.
    Phase(Phase),
    /// A response came that the task did not ask for.
    Response(Response),
    /// A response came that no parser reads.
    Unparsed(String),
    /// A line of the trace.
    Line(WireLine),
    /// Something happened.
    Event(EventKind),
    /// Mails were found.
    Mails(Vec<Mail>),
    /// Messages of push tests were found, which are no mail.
    Canaries(Vec<Canary>),
    /// The unseen messages of the own mailbox were counted, or the server refuses that.
    Unseen(Kept),
    /// A message lacks `\Seen`, or has it.
    Flags {
        /// Its number.
        seq: u32,
        /// Its UID, where it was given.
        uid: Option<u32>,
        /// Whether it lacks `\Seen`.
        unseen: bool,
    },
    /// The mails that are new were asked for one by one: these are gone. None where the server does not say.
    Checked(Option<Vec<u32>>),
    /// Something failed that does not end the task.
    Fault(Fault),
    /// The server is known.
    Server(ServerInfo),
    /// What earlier runs left to look back on.
    Past(Box<Past>),
    /// A shared mailbox was looked at.
    LookedAt(Mailbox),
    /// The mailbox is not there, and the connection goes on for others.
    Missing(Fault),
    /// LIST is asked from now on, until it was answered or refused.
    ListBegun,
    /// The server refused LIST, in every form that there is.
    ListRefused(Fault),
    /// What LIST said of the account's `mailboxes`.
    Listed(ListedNames),
    /// NOTIFY is asked for from now on, until it was answered or refused.
    NotifyBegun,
    /// The server refused NOTIFY, in every form that there is.
    NotifyRefused(Fault),
}

/// What LIST said of the account's `mailboxes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedNames {
    /// The names that fit each entry; a plain name's own are none. `None` where the server did not say.
    pub names: Vec<Option<Vec<String>>>,
    /// How the server writes those that it writes otherwise than this program would.
    pub written: Spellings,
}

/// Where NOTIFY (RFC 5465) stands on a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// It was not asked for.
    #[default]
    Off,
    /// The server tells of these mailboxes.
    On(Arc<[Arc<str>]>),
    /// The server has told that it tells no more: more happened than it could tell of (RFC 5465 §5.8).
    Overflowed,
    /// The server does not have it, refused it, or is not relied on: mailboxes are asked in turn.
    Never,
}

/// What a connection is found to be once its mailbox is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Whether IDLE may be asked for.
    pub idles: bool,
    /// The token that it was logged in with.
    pub token: Option<TokenLifetime>,
    /// When the connection is to be replaced for its token's sake, on the clock that goes on in a suspend.
    pub replace: Option<Instant>,
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The connection is fit for work.
    Ready {
        /// Set by [`Task::Connect`] alone.
        opened: Option<Opened>,
        /// The mailbox that is open.
        open: Option<Arc<str>>,
        /// Where NOTIFY stands.
        notify: Notify,
        /// The own mailbox, up to date; none where it is set aside or not there.
        mailbox: Option<Mailbox>,
    },
    /// It failed; the connection is gone.
    Failed(Fault),
    /// It logged out; the connection is gone.
    LoggedOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(uidvalidity: u32, uidnext: u32) -> Mailbox {
        Mailbox { exists: 0, unseen: None, uidvalidity, uidnext, epoch: 0 }
    }

    #[test]
    fn a_mailbox_with_the_uids_of_one_that_vanished_is_that_one_renamed() {
        let vanished = vec![mailbox(7, 12), mailbox(8, 3), mailbox(8, 2)];
        let appeared = Appeared { since: SystemTime::UNIX_EPOCH, vanished };
        assert_eq!(appeared.renamed_from(7, Some(12)), Some(mailbox(7, 12)));
        assert_eq!(appeared.renamed_from(7, Some(14)), Some(mailbox(7, 12)));
        assert_eq!(appeared.renamed_from(7, Some(1)), None, "UIDs never go back");
        assert_eq!(appeared.renamed_from(8, Some(9)), None, "two would fit");
        assert_eq!(appeared.renamed_from(9, Some(9)), None);
    }
}
