//! The side of a push test that writes: adds its message, removes it, and looks whether it is gone. Every reply is judged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::test_message::TestMessage;
use crate::account::AccountState;
use crate::action::{ActionSession, Room, open};
use crate::clock::now;
use crate::dial::Dial;
use crate::secret::CredentialSource;
use mailwatch_proto::model::{Fault, FaultClass, Timer};
use mailwatch_proto::names::{quoted, wire_name};
use mailwatch_proto::response::{Code, Response, StatusText};

/// How what was added is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// By UID EXPUNGE.
    Expunge,
    /// Gmail keeps what is expunged: it is moved to `\Trash` and expunged there; `all` is looked into as well. As the server
    /// writes their names.
    ThroughTrash { trash: String, all: Option<String> },
}

/// A connection that writes to one mailbox.
pub(super) struct Keeper {
    session: ActionSession,
    /// As a command carries it.
    mailbox: String,
    removal: Removal,
    reply: Duration,
}

fn cannot(why: impl Into<String>) -> Fault {
    Fault::needs_user(FaultClass::Mailbox, why)
}

impl Keeper {
    /// Opens the mailbox for writing, and finds out whether a message could be removed again.
    pub(super) async fn open(
        state: &AccountState,
        dial: &dyn Dial,
        secrets: &Arc<dyn CredentialSource>,
        mailbox: &str,
        room: Room,
    ) -> Result<Self, Fault> {
        let session = open(state, dial, secrets, room).await?;
        let mailbox = wire_name(mailbox, session.is_utf8());
        let reply = state.account.timers.limit(Timer::Reply);
        let mut keeper = Self { session, mailbox, removal: Removal::Expunge, reply };
        keeper.learn().await?;
        Ok(keeper)
    }

    fn by(&self) -> Instant {
        now() + self.reply
    }

    async fn learn(&mut self) -> Result<(), Fault> {
        let by = self.by();
        let answered = self.session.raw("CAPABILITY", "CAPABILITY", None, by).await?;
        let told: Vec<String> = answered
            .untagged
            .into_iter()
            .filter_map(|response| if let Response::Capability(list) = response { Some(list) } else { None })
            .flatten()
            .collect();
        let can = |name: &str| told.iter().any(|told| told.eq_ignore_ascii_case(name));
        if !can("UIDPLUS") {
            return Err(cannot(
                "the server has no UIDPLUS: the message could not be removed again without touching others, so none is written",
            ));
        }
        if can("X-GM-EXT-1") {
            self.removal = self.through_trash().await?;
        }
        let mailbox = self.mailbox.clone();
        self.select(&mailbox).await
    }

    /// Gmail's own names of \Trash and \All.
    async fn through_trash(&mut self) -> Result<Removal, Fault> {
        let by = self.by();
        let answered = self.session.raw("LIST", "LIST \"\" \"*\"", None, by).await?;
        let named = |wanted: &str| {
            answered.untagged.iter().find_map(|response| match response {
                Response::List(listed) if listed.uses.contains(&wanted) => Some(quoted(&listed.name.0)),
                _ => None,
            })
        };
        let trash = named("\\Trash").ok_or_else(|| {
            cannot("the server keeps expunged messages and shows no \\Trash by IMAP: the message would stay, so none is written")
        })?;
        Ok(Removal::ThroughTrash { trash, all: named("\\All") })
    }

    async fn select(&mut self, mailbox: &str) -> Result<(), Fault> {
        let by = self.by();
        let answered = self.session.raw("SELECT", &format!("SELECT {mailbox}"), None, by).await?;
        match answered.text.code {
            Some(Code::Other(code)) if code == "READ-ONLY" => Err(cannot(
                "the server opens this mailbox for reading only: nothing could be removed, so none is written",
            )),
            _ => Ok(()),
        }
    }

    /// Adds the message, seen. Its UID, where the server tells it.
    pub(super) async fn append(&mut self, message: &TestMessage) -> Result<Option<u32>, Fault> {
        let command = format!("APPEND {} (\\Seen) {{{}}}", self.mailbox, message.text.len());
        let by = self.by();
        let answered = self.session.raw("APPEND", &command, Some(&message.text), by).await.map_err(explain)?;
        Ok(appended(&answered.text))
    }

    /// Where the message is in the open mailbox.
    async fn find(&mut self, message_id: &str) -> Result<Vec<u32>, Fault> {
        self.search("UID SEARCH", message_id).await
    }

    async fn search(&mut self, name: &'static str, message_id: &str) -> Result<Vec<u32>, Fault> {
        let by = self.by();
        let command = format!("{name} HEADER Message-ID {}", quoted(message_id));
        let answered = self.session.raw(name, &command, None, by).await?;
        let found = answered.untagged.iter().filter_map(|response| match response {
            Response::Search(uids) => Some(uids.clone()),
            _ => None,
        });
        Ok(found.flatten().collect())
    }

    /// The numbers that the message has in the open mailbox, for other connections too.
    pub(super) async fn numbers(&mut self, message_id: &str) -> Result<Vec<u32>, Fault> {
        self.noop().await?;
        self.search("SEARCH", message_id).await
    }

    /// Whether the server shows the message to this connection.
    pub(super) async fn is_there(&mut self, message_id: &str) -> Result<bool, Fault> {
        self.noop().await?;
        Ok(!self.find(message_id).await?.is_empty())
    }

    async fn noop(&mut self) -> Result<(), Fault> {
        let by = self.by();
        self.session.raw("NOOP", "NOOP", None, by).await.map(drop)
    }

    /// Removes the message, wherever it is, and sees that it is gone. Whether it was there.
    pub(super) async fn remove(&mut self, message_id: &str) -> Result<bool, Fault> {
        let (mailbox, removal) = (self.mailbox.clone(), self.removal.clone());
        self.noop().await?;
        let found = self.find(message_id).await?;
        match &removal {
            Removal::Expunge => self.expunge(&found).await?,
            Removal::ThroughTrash { trash, .. } => {
                if !found.is_empty() {
                    let (command, by) = (format!("UID MOVE {} {trash}", set(&found)), self.by());
                    self.session.raw("UID MOVE", &command, None, by).await?;
                }
                self.select(trash).await?;
                let moved = self.find(message_id).await?;
                self.expunge(&moved).await?;
            }
        }
        for place in self.places() {
            self.select(&place).await?;
            if !self.find(message_id).await?.is_empty() {
                let message = format!("{place} still has the message {message_id} after expunging it");
                return Err(Fault::retry_after(FaultClass::Mailbox, message));
            }
        }
        self.select(&mailbox).await?;
        Ok(!found.is_empty())
    }

    /// Where a message may be that was added.
    fn places(&self) -> Vec<String> {
        let mut places = vec![self.mailbox.clone()];
        if let Removal::ThroughTrash { trash, all } = &self.removal {
            places.push(trash.clone());
            places.extend(all.clone());
        }
        places
    }

    async fn expunge(&mut self, uids: &[u32]) -> Result<(), Fault> {
        if uids.is_empty() {
            return Ok(());
        }
        let (set, by) = (set(uids), self.by());
        self.session.raw("UID STORE", &format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"), None, by).await?;
        self.session.raw("UID EXPUNGE", &format!("UID EXPUNGE {set}"), None, by).await.map(drop)
    }

    pub(super) async fn close(self) {
        self.session.log_out(now() + Duration::from_secs(2)).await;
    }
}

fn set(uids: &[u32]) -> String {
    let uids: Vec<String> = uids.iter().map(ToString::to_string).collect();
    uids.join(",")
}

/// `APPENDUID 7 23` (RFC 4315 §3).
fn appended(text: &StatusText) -> Option<u32> {
    let Some(Code::Other(code)) = &text.code else { return None };
    code.strip_prefix("APPENDUID ")?.split(' ').nth(1)?.parse().ok()
}

/// What a refused APPEND means, where its words say so.
fn explain(mut fault: Fault) -> Fault {
    let upper = fault.message.to_ascii_uppercase();
    let means = if upper.contains("QUOTA") {
        "the mailbox is full: nothing was written"
    } else if upper.contains("NOPERM") || upper.contains("PERMISSION") || upper.contains("ACL") {
        "this login may not add messages to the mailbox: nothing was written"
    } else if upper.contains("READ-ONLY") {
        "the mailbox is for reading only: nothing was written"
    } else {
        return fault;
    };
    fault.message = format!("{means} ({})", fault.message);
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uid_of_what_was_added_is_read_where_it_is_told() {
        let code = |code: &str| StatusText { code: Some(Code::Other(code.to_owned())), text: String::new() };
        assert_eq!(appended(&code("APPENDUID 38505 3955")), Some(3955));
        assert_eq!((appended(&code("READ-WRITE")), appended(&StatusText::default())), (None, None));
    }

    #[test]
    fn a_refused_append_says_what_it_means() {
        for (said, means) in [
            ("refused APPEND: [OVERQUOTA] Quota exceeded", "the mailbox is full"),
            ("refused APPEND: [NOPERM] no", "may not add messages"),
            ("refused APPEND: no", "refused APPEND: no"),
        ] {
            assert!(
                explain(Fault::retry_after(FaultClass::Mailbox, said)).message.starts_with(means)
                    || means.starts_with("may")
            );
            assert!(explain(Fault::retry_after(FaultClass::Mailbox, said)).message.contains(means), "{said}");
        }
    }
}
