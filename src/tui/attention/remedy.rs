//! What mends something that is wrong, or helps to.

use std::sync::Arc;
use std::time::Duration;

use mailwatch_proto::model::{Fault, FaultClass, Next, Snapshot, WatchId, show_clock};

/// What a key does about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A shorter reissue for every watch of an account.
    Reissue(Arc<str>, Duration),
    /// A new attempt of these watches, now.
    Try(Vec<WatchId>),
    /// DONE on these watches, now: its answer tells.
    Done(Vec<WatchId>),
    /// The account's password or token command, where it can ask: the server refused the last one.
    LogIn(Arc<str>),
    /// The same, where there is none: a keyring or a program that is locked.
    Unlock(Arc<str>),
    /// So many connections for an account, which its mailboxes share: the server allows no more.
    Share(Arc<str>, u16),
    /// ssh to a host, where it can ask.
    AskHost(Arc<str>),
    /// The link to a host, tried now.
    TryHost(Arc<str>),
    /// The configuration, read again after it was mended.
    Reload,
    /// A page that the server asks to be looked at.
    Open(String),
    /// The evidence, in a file.
    Report,
    /// What the log says of trouble.
    ShowTrouble,
}

impl Remedy {
    /// What the key does, in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Reissue(_, to) => format!("reissue {}", show_clock(*to)),
            Self::Try(_) | Self::TryHost(_) => "try now".to_owned(),
            Self::Done(_) => "DONE now".to_owned(),
            Self::LogIn(_) => "log in".to_owned(),
            Self::Unlock(_) => "unlock".to_owned(),
            Self::Share(..) => "share connections".to_owned(),
            Self::AskHost(_) => "let ssh ask".to_owned(),
            Self::Reload => "reload config".to_owned(),
            Self::Open(_) => "open its page".to_owned(),
            Self::Report => "write a report".to_owned(),
            Self::ShowTrouble => "see the log".to_owned(),
        }
    }
}

/// What helps against a fault.
pub fn of_fault(fault: &Fault, class: FaultClass, watches: &[&Snapshot]) -> Remedy {
    if let Some(address) = address_in(&fault.message) {
        return Remedy::Open(address);
    }
    let needs_user = matches!(fault.next, Next::User | Next::UserAfter(_));
    let account = || watches.first().map_or_else(|| Arc::from(""), |snapshot| Arc::clone(&snapshot.id.account));
    let again = || Remedy::Try(watches.iter().map(|snapshot| snapshot.id.clone()).collect());
    match class {
        FaultClass::Auth if needs_user => Remedy::LogIn(account()),
        FaultClass::Secret => Remedy::Unlock(account()),
        FaultClass::Tls | FaultClass::Config if needs_user => Remedy::Reload,
        FaultClass::History | FaultClass::Hook => Remedy::ShowTrouble,
        FaultClass::Dns
        | FaultClass::Connect
        | FaultClass::Proxy
        | FaultClass::Tls
        | FaultClass::Auth
        | FaultClass::Mailbox
        | FaultClass::Limit
        | FaultClass::Protocol
        | FaultClass::Timeout
        | FaultClass::Closed
        | FaultClass::Config => again(),
    }
}

/// The address of a page that a server's words name, whole: by https alone.
fn address_in(message: &str) -> Option<String> {
    let rest = &message[message.find("https://")?..];
    let end = rest.find(|c: char| c.is_whitespace() || c == ']' || c == '"' || c == '>').unwrap_or(rest.len());
    let address = rest[..end].trim_end_matches(['.', ',', ')', ';']);
    let printable = address.chars().all(|c| c.is_ascii_graphic());
    (printable && address.len() > "https://".len()).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_page_is_taken_whole_and_nothing_else_is() {
        let cases = [
            (
                "said NO [WEBALERT https://example.org/l?Aa=Bb&c=1] Web login required.",
                Some("https://example.org/l?Aa=Bb&c=1"),
            ),
            ("see https://example.org/help.", Some("https://example.org/help")),
            ("see http://example.org/", None),
            ("https://", None),
            ("https://exa\u{202e}mple.org", None),
            ("no page", None),
        ];
        for (message, address) in cases {
            assert_eq!(address_in(message).as_deref(), address, "{message}");
        }
    }
}
