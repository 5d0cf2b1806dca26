//! The first words: greeting, capabilities, ID.

use std::time::Instant;

use super::{Incoming, Reply, Session, Sink};
use mailwatch_proto::model::{Fault, FaultClass, LINE_LIMIT, Status, sanitise};
use mailwatch_proto::refusal::At;
use mailwatch_proto::response::Response;

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

/// `name version`, then what else was told: `Dovecot 2.3.19 (os Linux, vendor Example)`.
fn show_id(fields: &[(String, String)]) -> String {
    let is_title = |name: &str| ["name", "version"].into_iter().position(|title| name.eq_ignore_ascii_case(title));
    let mut titles = ["", ""];
    let mut others = Vec::new();
    for (name, value) in fields {
        match is_title(name) {
            Some(at) => titles[at] = value,
            None if value.is_empty() => {}
            None => others.push(format!("{name} {value}")),
        }
    }
    let title = titles.join(" ");
    let (title, others) = (title.trim(), others.join(", "));
    let whole = match (title, others.as_str()) {
        ("", others) => others.to_owned(),
        (title, "") => title.to_owned(),
        (title, others) => format!("{title} ({others})"),
    };
    // Thirty fields of a thousand octets are allowed (RFC 2971 §3.3): more than anybody reads.
    sanitise(&whole, LINE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_told_by_name_and_version_and_then_by_what_else_there_was() {
        let id = |fields: &[(&str, &str)]| {
            show_id(&fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
        };
        assert_eq!(id(&[("Name", "Dovecot")]), "Dovecot");
        assert_eq!(id(&[("name", "Dovecot"), ("os", "Linux"), ("version", "2.3")]), "Dovecot 2.3 (os Linux)");
        assert_eq!(id(&[("os", "Linux"), ("vendor", "")]), "os Linux");
        assert_eq!(id(&[]), "");
        let long = "x".repeat(2000);
        assert_eq!(id(&[("name", "a"), ("support-url", &long)]).chars().count(), LINE_LIMIT + 1);
    }
}
