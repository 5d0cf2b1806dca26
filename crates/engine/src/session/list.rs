//! Which mailboxes there are: LIST (RFC 3501 §6.3.8), and names in UTF-8 (RFC 6855).

use std::sync::Arc;
use std::time::Instant;

use super::{Incoming, Reply, Session, Sink};
use mailwatch_proto::model::{Fault, Status};
use mailwatch_proto::names::wire_name;
use mailwatch_proto::response::{Listed, Response};

impl Session {
    /// A mailbox's name, or a pattern for LIST, as a command on this connection carries it.
    #[must_use]
    pub fn wire_name(&self, mailbox: &str) -> String {
        wire_name(mailbox, self.utf8)
    }

    /// Has names go as UTF-8, where the server offers it (RFC 6855 §3). What is enabled stays so for the connection.
    ///
    /// # Errors
    /// As [`Session::reply`]; NO or BAD leaves names in modified UTF-7.
    pub async fn enable_utf8(&mut self, by: Instant, sink: &impl Sink) -> Result<(), Fault> {
        if !self.can("ENABLE") || !(self.can("UTF8=ACCEPT") || self.can("UTF8=ONLY")) {
            return Ok(());
        }
        // The parser takes ENABLED for the capabilities, which it is not.
        let capabilities = Arc::clone(&self.capabilities);
        let tag = self.issue("ENABLE", "ENABLE UTF8=ACCEPT", by);
        let mut enabled = false;
        let status = loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(status, _) => break status,
                Reply::Untagged(Response::Capability(list)) => {
                    enabled |= list.iter().any(|told| told.eq_ignore_ascii_case("UTF8=ACCEPT"));
                }
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        };
        self.capabilities = capabilities;
        self.utf8 = enabled && status == Status::Ok;
        Ok(())
    }

    /// Every mailbox that fits a pattern, `\Noselect` ones among them; `None` where the server refuses. With `uses`
    /// their special uses are asked for, if that needs asking (RFC 6154 §2).
    ///
    /// What the server tells unasked meanwhile, by NOTIFY, looks the same: the caller checks what fits.
    ///
    /// # Errors
    /// As [`Session::reply`].
    pub async fn list(
        &mut self,
        pattern: &str,
        uses: bool,
        by: Instant,
        sink: &impl Sink,
    ) -> Result<Option<Vec<Listed>>, Fault> {
        let returns = uses && self.can("SPECIAL-USE") && self.can("LIST-EXTENDED");
        let returns = if returns { " RETURN (SPECIAL-USE)" } else { "" };
        let name = self.wire_name(pattern);
        let tag = self.issue("LIST", &format!("LIST \"\" {name}{returns}"), by);
        let mut listed = Vec::new();
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(Status::Ok, _) => return Ok(Some(listed)),
                Reply::Tagged(Status::No | Status::Bad, _) => return Ok(None),
                Reply::Untagged(Response::List(mailbox)) => listed.push(mailbox),
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
    }
}
