//! Mailboxes beside the open one: STATUS of several at once, and NOTIFY (RFC 5465), by which the server tells of them.

use std::time::Instant;

use super::{Incoming, Reply, Session, Sink, Tag};
use mailwatch_proto::model::{Fault, Status};
use mailwatch_proto::refusal::At;
use mailwatch_proto::response::{MailboxStatus, Response};

/// STATUS commands that are on their way at once: a round of many mailboxes then takes few round trips, and neither
/// side's buffers fill.
const AT_ONCE: usize = 16;

/// What the names in one NOTIFY may take. Servers end a connection over a line that is too long: Dovecot over 64 KiB.
const NAMES: usize = 32 * 1024;

/// What NOTIFY is asked for in each mailbox. `MessageNew` comes with `MessageExpunge` or not at all (RFC 5465 §5).
const EVENTS: &str = "(MessageNew MessageExpunge FlagChange MailboxName)";

/// What a server said to STATUS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The figures.
    Told(MailboxStatus),
    /// It refused, or told nothing.
    Refused(Fault),
}

impl Session {
    pub(super) fn ask_status(&mut self, mailbox: &str, by: Instant) -> Tag {
        let text = format!("STATUS {} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)", self.wire_name(mailbox));
        self.issue("STATUS", &text, by)
    }

    /// Asks for the figures of these mailboxes, several at once. One answer for each, in their order.
    ///
    /// # Errors
    /// As [`Session::reply`].
    pub async fn statuses(&mut self, mailboxes: &[&str], by: Instant, sink: &impl Sink) -> Result<Vec<Asked>, Fault> {
        let mut answers = Vec::with_capacity(mailboxes.len());
        for some in mailboxes.chunks(AT_ONCE) {
            let tags: Vec<Tag> = some.iter().map(|mailbox| self.ask_status(mailbox, by)).collect();
            for (tag, mailbox) in tags.iter().zip(some) {
                answers.push(self.status_reply(tag, mailbox, sink).await?);
            }
        }
        Ok(answers)
    }

    async fn status_reply(&mut self, tag: &Tag, mailbox: &str, sink: &impl Sink) -> Result<Asked, Fault> {
        let mut told = None;
        loop {
            match self.reply(tag, sink).await? {
                Reply::Tagged(Status::Ok, text) => {
                    return Ok(match told {
                        Some(status) => Asked::Told(status),
                        None => Asked::Refused(self.refused(&format!("STATUS {mailbox}"), &text, At::Session)),
                    });
                }
                Reply::Tagged(Status::No | Status::Bad, text) => {
                    return Ok(Asked::Refused(self.refused(&format!("STATUS {mailbox}"), &text, At::Mailbox)));
                }
                Reply::Untagged(Response::MailboxStatus(name, status)) if name.0 == mailbox => told = Some(status),
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
    }

    /// Has the server tell by itself what happens in these mailboxes, and of mailboxes that come and go; the open one is
    /// told of as always, its EXPUNGE only where a command allows it (RFC 5465 §6.1). Replaces what was asked before.
    /// Its answer may bring STATUS of each mailbox, to the sink. Returns the refusal, if it was one.
    ///
    /// # Errors
    /// As [`Session::reply`].
    pub async fn notify(&mut self, mailboxes: &[&str], by: Instant, sink: &impl Sink) -> Result<Option<String>, Fault> {
        let names = mailboxes.iter().map(|mailbox| self.wire_name(mailbox)).collect::<Vec<_>>().join(" ");
        let elsewhere = match names.len() {
            0 => "(personal (MailboxName))".to_owned(),
            1..=NAMES => format!("(mailboxes ({names}) {EVENTS}) (personal (MailboxName))"),
            // More is told than is wanted: what nobody watches is passed over.
            _ => format!("(personal {EVENTS})"),
        };
        let selected = "(selected-delayed (MessageNew MessageExpunge FlagChange))";
        let tag = self.issue("NOTIFY", &format!("NOTIFY SET {selected} {elsewhere}"), by);
        match self.finish(&tag, sink).await? {
            (Status::Ok, _) => Ok(None),
            (Status::No | Status::Bad, text) => Ok(Some(text.whole())),
        }
    }
}
