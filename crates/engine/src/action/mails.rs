//! What a person does with a mail: reads it, marks it. Reading opens the mailbox with EXAMINE and asks with PEEK, so that nothing
//! changes; marking opens it with SELECT. A mailbox that was made anew meanwhile is left alone: its UIDs mean other mails.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Instant;

use super::{ActionConnection, ActionSession, Asked, Peeked};
use crate::clock::now;
use mailwatch_proto::command_governor::{CommandGovernor, Wish};
use mailwatch_proto::model::{Fault, show_clock};
use mailwatch_proto::names::{quoted, read_name, wire_name};
use mailwatch_proto::response::{Code, Listed, Response};

/// UIDs in one STORE: a line that any server takes.
const AT_ONCE: usize = 500;

/// Why something was not done with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// The connection cannot be had, or the server refuses.
    Fault(Fault),
    /// The mailbox's UIDVALIDITY is another.
    MadeAnew,
    /// No such mail is there any more.
    Gone,
    /// It is there, and the server gives no text for it.
    NoText,
    /// The server takes the change, and changes nothing.
    Unchanged,
    /// The server was asked for as much as it may be asked in a minute.
    TooMuch(std::time::Duration),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => f.write_str(&fault.message),
            Self::MadeAnew => {
                f.write_str("the mailbox was recreated since (another UIDVALIDITY): its numbers mean other mails now")
            }
            Self::Gone => f.write_str("the mail is no longer in its mailbox: it was moved or deleted"),
            Self::NoText => f.write_str("the mail exists, but the server gives no text for it (NIL)"),
            Self::Unchanged => {
                f.write_str("the server said OK, but the mail is not marked: the mailbox may be for reading only")
            }
            Self::TooMuch(wait) => {
                write!(f, "the server has been asked enough within a minute: try again in {}", show_clock(*wait))
            }
        }
    }
}

impl From<Fault> for NotDone {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl ActionConnection {
    /// The first [`READ`](crate::mail_text::READ) bytes of a mail, and whether there may be more.
    ///
    /// # Errors
    /// Where it is not to be had.
    pub async fn read(&self, mailbox: &str, uidvalidity: u32, uid: u32) -> Result<(Vec<u8>, bool), NotDone> {
        self.turn()?;
        let mut using = self.using(Asked::ByPerson).await?;
        let by = self.reply();
        let mailbox = self.name(mailbox, using.session.is_utf8());
        if let Err(why) = using.session.enter("EXAMINE", &mailbox, uidvalidity, by).await {
            return Err(kept(using, why));
        }
        let found = using.session.peek(uid, self.reply()).await?;
        using.keep();
        match found {
            Peeked::Text(text, cut) => Ok((text, cut)),
            Peeked::NoText => Err(NotDone::NoText),
            Peeked::Gone => Err(NotDone::Gone),
        }
    }

    /// Marks mails of one mailbox as seen; those that are seen now.
    ///
    /// # Errors
    /// Where none could be marked.
    pub async fn mark_seen(&self, mailbox: &str, uidvalidity: u32, uids: &[u32]) -> Result<Vec<u32>, NotDone> {
        self.turn()?;
        let mut using = self.using(Asked::ByPerson).await?;
        let mailbox = self.name(mailbox, using.session.is_utf8());
        if let Err(why) = using.session.enter("SELECT", &mailbox, uidvalidity, self.reply()).await {
            return Err(kept(using, why));
        }
        let mut found = Vec::new();
        for uids in uids.chunks(AT_ONCE) {
            found.extend(using.session.store_seen(uids, self.reply()).await?);
        }
        using.keep();
        let there = found.len();
        let seen: Vec<u32> = found.into_iter().filter(|(_, seen)| *seen).map(|(uid, _)| uid).collect();
        match (there, seen.is_empty()) {
            (0, _) => Err(NotDone::Gone),
            (_, true) => Err(NotDone::Unchanged),
            (_, false) => Ok(seen),
        }
    }

    /// The mailboxes that the server gives one of these uses (RFC 6154), by name.
    ///
    /// # Errors
    /// Where they are not to be had.
    pub async fn mailboxes_of(&self, uses: &[&str]) -> Result<BTreeSet<String>, NotDone> {
        self.turn()?;
        let mut using = self.using(Asked::ByItself).await?;
        let utf8 = using.session.is_utf8();
        let listed = using.session.list_uses(self.reply()).await?;
        using.keep();
        let of_these = listed.into_iter().filter(|mailbox| mailbox.uses.iter().any(|told| uses.contains(told)));
        Ok(of_these.filter_map(|mailbox| read_name(&mailbox.name.0, utf8)).collect())
    }

    /// A person may put the connection to work as often as a watch's, and not more.
    fn turn(&self) -> Result<(), NotDone> {
        /// EXAMINE or SELECT, FETCH or STORE, FETCH.
        const COMMANDS: u32 = 3;
        let mut governor = self.governor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let at = now();
        let earliest = governor.earliest(Wish::Person, at);
        if earliest > at {
            return Err(NotDone::TooMuch(earliest.saturating_duration_since(at)));
        }
        governor.begin(Wish::Person, at);
        governor.end(COMMANDS, std::time::Duration::from_mins(1), at);
        Ok(())
    }

    /// The mailbox's name as the server writes it.
    fn name(&self, mailbox: &str, utf8: bool) -> String {
        self.account.spellings().get(mailbox).map_or_else(|| wire_name(mailbox, utf8), |written| quoted(written))
    }
}

/// Keeps the connection for the next operation where only the mailbox was refused.
fn kept(using: super::Using, why: NotDone) -> NotDone {
    match why {
        NotDone::MadeAnew | NotDone::Gone | NotDone::NoText | NotDone::Unchanged | NotDone::TooMuch(_) => using.keep(),
        NotDone::Fault(_) => {}
    }
    why
}

/// What counts the commands.
pub(super) type Governor = std::sync::Mutex<CommandGovernor>;

impl ActionSession {
    /// Opens a mailbox, which must be the one whose UIDs are known.
    async fn enter(&mut self, verb: &str, mailbox: &str, uidvalidity: u32, by: Instant) -> Result<(), NotDone> {
        let answered = self.raw(verb, &format!("{verb} {mailbox}"), None, by).await?;
        let told = answered.untagged.iter().find_map(|response| match response {
            Response::Status { text, .. } => match text.code {
                Some(Code::UidValidity(told)) => Some(told),
                Some(_) | None => None,
            },
            _ => None,
        });
        // A server that tells none has one mailbox of that name for ever (RFC 3501 §2.3.1.1).
        if told.is_some_and(|told| told != uidvalidity) { Err(NotDone::MadeAnew) } else { Ok(()) }
    }

    /// Every mailbox with its uses: by RETURN where the server has that, else as it tells them by itself.
    async fn list_uses(&mut self, by: Instant) -> Result<Vec<Listed>, Fault> {
        let answered = self.raw("CAPABILITY", "CAPABILITY", None, by).await?;
        let can = |name: &str| {
            answered.untagged.iter().any(|response| match response {
                Response::Capability(told) => told.iter().any(|told| told.eq_ignore_ascii_case(name)),
                _ => false,
            })
        };
        let returns = if can("SPECIAL-USE") && can("LIST-EXTENDED") { " RETURN (SPECIAL-USE)" } else { "" };
        let answered = self.raw("LIST", &format!("LIST \"\" \"*\"{returns}"), None, by).await?;
        let listed = |response| if let Response::List(listed) = response { Some(listed) } else { None };
        Ok(answered.untagged.into_iter().filter_map(listed).collect())
    }

    /// Marks mails as seen; each that is there, and whether it is seen now.
    async fn store_seen(&mut self, uids: &[u32], by: Instant) -> Result<Vec<(u32, bool)>, Fault> {
        let set = uids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        self.raw("UID STORE", &format!("UID STORE {set} +FLAGS.SILENT (\\Seen)"), None, by).await?;
        // Some servers say OK to what they do not do.
        let answered = self.raw("UID FETCH", &format!("UID FETCH {set} (UID FLAGS)"), None, by).await?;
        let flags = answered.untagged.into_iter().filter_map(|response| match response {
            Response::Fetch(fetched) => Some((fetched.uid?, fetched.seen?)),
            _ => None,
        });
        Ok(flags.filter(|(uid, _)| uids.contains(uid)).collect())
    }
}
