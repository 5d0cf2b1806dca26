//! The first words: greeting, capabilities, ID.

use std::time::Instant;

use super::{Incoming, Reply, Session, Sink};
use crate::imap::refusal::At;
use crate::imap::response::Response;
use crate::model::{Fault, FaultClass, Status};

/// How the server greeted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// Log in.
    Ok,
    /// Logged in already (RFC 3501 §7.1.4).
    Preauth,
}

impl Session {
    /// Waits for the greeting.
    ///
    /// # Errors
    /// Where the server says BYE, says no greeting, or closes.
    pub async fn greeting(&mut self, sink: &impl Sink) -> Result<Greeting, Fault> {
        loop {
            match self.next().await? {
                Incoming::Response(Response::Status { status: Status::Ok, .. }) => return Ok(Greeting::Ok),
                Incoming::Response(Response::Preauth(_)) => return Ok(Greeting::Preauth),
                Incoming::Response(Response::Bye(text)) => {
                    let fault = self.bye(&text, At::Greeting);
                    sink.give(Incoming::Response(Response::Bye(text))).await;
                    return Err(fault);
                }
                Incoming::Response(response) => {
                    return Err(Fault::retry_after(
                        FaultClass::Protocol,
                        format!("{} greeted with {response:?}, which is no IMAP greeting", self.peer),
                    ));
                }
                other @ (Incoming::Unparsed(_) | Incoming::Written(_) | Incoming::Line(_)) => sink.give(other).await,
            }
        }
    }

    /// Asks for the capabilities, unless `known` says that they were told since it mattered.
    ///
    /// # Errors
    /// As [`Session::reply`]; NO or BAD leaves what was known.
    pub async fn ask_capabilities(&mut self, by: Instant, sink: &impl Sink) -> Result<(), Fault> {
        let tag = self.issue("CAPABILITY", "CAPABILITY", by);
        self.finish(&tag, sink).await.map(drop)
    }

    /// Says who we are and hears who the server is (RFC 2971), where it offers ID or is known to require it.
    ///
    /// # Errors
    /// As [`Session::reply`]; NO or BAD is nothing to stop for.
    pub async fn exchange_ids(
        &mut self,
        required: bool,
        by: Instant,
        sink: &impl Sink,
    ) -> Result<Option<String>, Fault> {
        // Who requires it wants to know the vendor too (163's help; Wh1isper/mcp-email-server#17).
        const TEXT: &str = concat!(
            "ID (\"name\" \"mailwatch-tui\" \"version\" \"",
            env!("CARGO_PKG_VERSION"),
            "\" \"vendor\" \"mailwatch-tui\")"
        );
        if !required && !self.can("ID") {
            return Ok(None);
        }
        let tag = self.issue("ID", TEXT, by);
        let mut id = None;
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(..) => return Ok(id),
                Reply::Untagged(Response::Id(fields)) => id = Some(show_id(&fields)),
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
    }
}

fn show_id(fields: &[(String, String)]) -> String {
    let field =
        |name: &str| fields.iter().find(|(told, _)| told.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    match (field("name"), field("version")) {
        (Some(name), Some(version)) => format!("{name} {version}"),
        (Some(name), None) => name.to_owned(),
        (None, Some(_) | None) => {
            fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        }
    }
}
