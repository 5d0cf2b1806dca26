//! ID (RFC 2971), and ENABLE UTF8=ACCEPT (RFC 6855).

use std::sync::Arc;

use super::context::{Action, Context, Event, Flow, Reply, Step};
use crate::model::{LINE_LIMIT, Status, sanitise};
use crate::response::Response;

/// Servers that require ID want the vendor too (163's help; Wh1isper/mcp-email-server#17).
const TEXT: &str = concat!(
    "ID (\"name\" \"mailwatch-tui\" \"version\" \"",
    env!("CARGO_PKG_VERSION"),
    "\" \"vendor\" \"mailwatch-tui\")"
);

/// Exchanges IDs, where the server offers ID or is known to require it. NO or BAD is no failure.
#[derive(Clone, Debug, Default)]
pub struct Identify {
    id: Option<String>,
}

impl Step for Identify {
    type Done = Option<String>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Option<String>> {
        match event {
            Event::Begin if context.facts.subject.id_required || context.facts.can("ID") => {
                context.issue("ID", TEXT);
                Ok(None)
            }
            Event::Begin => Ok(Some(None)),
            Event::Reply(Reply::Tagged(..)) => Ok(Some(self.id.take())),
            Event::Reply(Reply::Untagged(Response::Id(fields))) => {
                self.id = Some(show_id(&fields));
                Ok(None)
            }
            Event::Reply(reply) => {
                context.pass(reply);
                Ok(None)
            }
            Event::Answer(_) => Ok(None),
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
    // RFC 2971 §3.3 allows thirty fields of a thousand octets: far too much for a line.
    sanitise(&whole, LINE_LIMIT)
}

/// Enables UTF-8 names, where the server offers them (RFC 6855 §3), for the rest of the connection. NO or BAD leaves
/// names in modified UTF-7.
#[derive(Clone, Debug, Default)]
pub struct EnableUtf8 {
    enabled: bool,
    /// The capabilities as they were: the parser mistakes ENABLED for CAPABILITY.
    capabilities: Arc<[String]>,
}

impl Step for EnableUtf8 {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        match event {
            Event::Begin => {
                let facts = &context.facts;
                if !facts.can("ENABLE") || !(facts.can("UTF8=ACCEPT") || facts.can("UTF8=ONLY")) {
                    return Ok(Some(()));
                }
                self.capabilities = Arc::clone(&facts.capabilities);
                context.issue("ENABLE", "ENABLE UTF8=ACCEPT");
            }
            Event::Reply(Reply::Tagged(status, _)) => {
                context.facts.capabilities = Arc::clone(&self.capabilities);
                if self.enabled && status == Status::Ok {
                    context.facts.utf8 = true;
                    context.actions.push_back(Action::Utf8);
                }
                return Ok(Some(()));
            }
            Event::Reply(Reply::Untagged(Response::Capability(list))) => {
                self.enabled |= list.iter().any(|told| told.eq_ignore_ascii_case("UTF8=ACCEPT"));
            }
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
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
