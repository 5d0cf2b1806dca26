//! A fault in the table's few cells: its class, then as much of the message as fits. The words depend on the class,
//! never on a server's wording.

use crate::tui::keymap::{Action, Keys};
use mailwatch_proto::model::{Fault, FaultClass, Next, split_host};
use mailwatch_proto::refusal;

/// A fault's class in at most 14 cells, the table's narrowest column of verdicts.
#[must_use]
pub const fn fault_word(class: FaultClass) -> &'static str {
    match class {
        FaultClass::Dns => "DNS",
        FaultClass::Connect => "no connection",
        FaultClass::Proxy => "proxy",
        FaultClass::Tls => "TLS",
        FaultClass::Auth => "login refused",
        FaultClass::Secret => "no secret",
        FaultClass::Mailbox => "mailbox",
        FaultClass::Limit => "limited",
        FaultClass::Protocol => "protocol",
        FaultClass::Timeout => "timeout",
        FaultClass::Closed => "closed",
        FaultClass::History => "history.db",
        FaultClass::Hook => "hook",
        FaultClass::Config => "configuration",
    }
}

/// The class, then the message.
#[must_use]
pub fn fault_phrase(fault: &Fault) -> String {
    format!("{}: {}", fault_word(fault.class), fault.message)
}

/// In fewer cells a message says nothing.
const LEAST_MESSAGE: u16 = 10;

/// The same for a cell of the table, without what its row and the class already say: the server's name, and the
/// message's beginning. If the message has too little room, only the class.
#[must_use]
pub fn fault_cell(fault: &Fault, width: u16) -> String {
    let (word, said) = match (fault.class, fault.next) {
        (FaultClass::Auth, Next::User | Next::UserAfter(_)) => ("login refused", "refused the login: "),
        // The server's own trouble, or a password that has worked before.
        (FaultClass::Auth, Next::AtOnce | Next::Retry | Next::Soon | Next::RetryLater | Next::After(_)) => {
            ("no login now", "refused the login: ")
        }
        (FaultClass::Closed, _) => ("closed", "closed the connection "),
        (FaultClass::Connect, _) => ("no connection", "cannot connect to "),
        (
            FaultClass::Dns
            | FaultClass::Proxy
            | FaultClass::Tls
            | FaultClass::Secret
            | FaultClass::Mailbox
            | FaultClass::Limit
            | FaultClass::Protocol
            | FaultClass::Timeout
            | FaultClass::History
            | FaultClass::Hook
            | FaultClass::Config,
            _,
        ) => (fault_word(fault.class), ""),
    };
    let message = behind_peers(&fault.message);
    let message = behind_peers(message.strip_prefix(said).unwrap_or(message));
    let room = usize::from(width).saturating_sub(word.len() + 2);
    if message.len() > room && room < usize::from(LEAST_MESSAGE) {
        return word.to_owned();
    }
    format!("{word}: {message}")
}

/// The first sentence of the message, with `the server` in the place of its name and address.
#[must_use]
pub fn fault_sentence(fault: &Fault) -> String {
    first_sentence(&fault.message)
}

/// The same of the message alone.
#[must_use]
pub fn first_sentence(message: &str) -> String {
    let first = message.split_once(". ").map_or(message, |(first, _)| first).trim_end_matches('.');
    let (message, cannot) = match first.strip_prefix("cannot connect to ") {
        Some(rest) => (rest, "cannot connect: "),
        None => (first, ""),
    };
    let rest = behind_peers(message);
    let peers = message.strip_suffix(rest).unwrap_or(message).trim_end();
    match (peers.is_empty(), peers.ends_with(':')) {
        (true, _) => first.to_owned(),
        (false, true) => format!("{cannot}{rest}"),
        (false, false) => format!("the server {rest}"),
    }
}

/// The message without the `host:port`, `host:port (address)` or `host:port:` at its beginning.
fn behind_peers(message: &str) -> &str {
    let Some((first, rest)) = message.split_once(' ') else { return message };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let host_and_port = first.trim_end_matches(':').rsplit_once(':');
    if !host_and_port.is_some_and(|(host, port)| !host.is_empty() && is_port(port)) {
        return message;
    }
    let address = rest.strip_prefix('(').and_then(|rest| rest.split_once(") "));
    behind_peers(address.map_or(rest, |(_, rest)| rest))
}

/// A message without what helps against a known refusal, and that.
#[must_use]
pub fn helps(message: &str) -> Option<(&str, &'static str)> {
    let helps = refusal::advice_in(message)?;
    Some((message.strip_suffix(helps)?.trim_end(), helps))
}

/// What the user should do about a fault; `None` if the program goes on by itself.
#[must_use]
fn advice(fault: &Fault) -> Option<&'static str> {
    match fault.next {
        Next::AtOnce | Next::Retry | Next::Soon | Next::RetryLater | Next::After(_) => return None,
        Next::User | Next::UserAfter(_) => {}
    }
    if refusal::advice_in(&fault.message).is_some() {
        return Some("Then reconnect.");
    }
    Some(match fault.class {
        FaultClass::Auth => "Fix the user, password or token, then reconnect.",
        FaultClass::Secret => "Make the password or token available, then reconnect.",
        FaultClass::Mailbox => "Fix the mailbox's name or its rights, then reconnect.",
        FaultClass::Tls => "Fix host, tls or ca_file in the configuration, then read it again and reconnect.",
        FaultClass::Config => "Fix the configuration, then read it again.",
        FaultClass::Dns
        | FaultClass::Connect
        | FaultClass::Proxy
        | FaultClass::Limit
        | FaultClass::Protocol
        | FaultClass::Timeout
        | FaultClass::Closed
        | FaultClass::History
        | FaultClass::Hook => "Fix it, then reconnect.",
    })
}

/// The same with what lets an account's command ask: the key, or where the account is another host's what is run there; where
/// it may pass by itself, that alone. `account` is as the screen names it, with its host before it where `hosts` are shown.
#[must_use]
pub fn advice_with_keys(fault: &Fault, keys: &Keys, account: &str, hosts: bool) -> Option<String> {
    let advice = advice(fault).map(ToOwned::to_owned);
    match fault.class {
        FaultClass::Secret => {
            let unlock = match split_host(account) {
                (host, account) if hosts && !host.is_empty() => {
                    format!("In a terminal of {host}, `mailwatch-tui account login {account}` lets its command ask.")
                }
                _ => format!("{} runs its command in this terminal, where it can ask.", keys.show(Action::Unlock)),
            };
            Some(advice.map_or_else(|| unlock.clone(), |advice| format!("{unlock} {advice}")))
        }
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
        | FaultClass::History
        | FaultClass::Hook
        | FaultClass::Config => advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [FaultClass; 14] = [
        FaultClass::Dns,
        FaultClass::Connect,
        FaultClass::Proxy,
        FaultClass::Tls,
        FaultClass::Auth,
        FaultClass::Secret,
        FaultClass::Mailbox,
        FaultClass::Limit,
        FaultClass::Protocol,
        FaultClass::Timeout,
        FaultClass::Closed,
        FaultClass::History,
        FaultClass::Hook,
        FaultClass::Config,
    ];

    #[test]
    fn every_class_fits_the_narrowest_column_and_comes_before_the_host() {
        for class in ALL {
            assert!(fault_word(class).len() <= 14, "{class}");
            let fault = Fault::retry_after(class, "imap.example.org said no");
            assert!(fault_phrase(&fault).starts_with(fault_word(class)), "{class}");
        }
    }

    #[test]
    fn a_cell_begins_with_what_happened_and_not_with_where() {
        let cases = [
            (FaultClass::Closed, "imap.example.org:993 closed the connection without BYE", "closed: without BYE"),
            (FaultClass::Closed, "[2001:db8::1]:993 said BYE: gone", "closed: said BYE: gone"),
            (
                FaultClass::Connect,
                "cannot connect to imap.example.org:993: 192.0.2.1:993 refused the connection. Look there",
                "no connection: refused the connection. Look there",
            ),
            (
                FaultClass::Auth,
                "imap.example.org:993 refused the login: [UNAVAILABLE] x",
                "no login now: [UNAVAILABLE] x",
            ),
            (FaultClass::Tls, "imap.example.org:993 (192.0.2.1) shows no certificate", "TLS: shows no certificate"),
            (FaultClass::Protocol, "imap.example.org:993: the server sent", "protocol: the server sent"),
            (FaultClass::Dns, "no address for imap.example.org: none", "DNS: no address for imap.example.org: none"),
            (FaultClass::Timeout, "nothing", "timeout: nothing"),
        ];
        for (class, message, cell) in cases {
            assert_eq!(fault_cell(&Fault::retry_after(class, message), 40), cell);
        }
        let refused = Fault::needs_user(FaultClass::Auth, "imap.example.org:993 refused the login: no. Check it");
        assert_eq!(fault_cell(&refused, 40), "login refused: no. Check it");
        assert_eq!(fault_cell(&refused, 14), "login refused", "half a word of the message says nothing");
        assert_eq!(fault_cell(&Fault::retry_after(FaultClass::Timeout, "x"), 14), "timeout: x", "what fits stands");
    }

    #[test]
    fn a_sentence_has_the_server_in_its_names_place() {
        let cases = [
            ("imap.example.org:993 closed the connection without BYE", "the server closed the connection without BYE"),
            ("[2001:db8::1]:993 said BYE: gone", "the server said BYE: gone"),
            (
                "cannot connect to imap.example.org:993: 192.0.2.1:993 refused the connection. Look there",
                "the server refused the connection",
            ),
            (
                "cannot connect to imap.example.org:993: no answer from 192.0.2.1:993 within 20 s",
                "cannot connect: no answer from 192.0.2.1:993 within 20 s",
            ),
            ("imap.example.org:993 (192.0.2.1) shows no certificate", "the server shows no certificate"),
            ("imap.example.org:993: the server sent 1", "the server sent 1"),
            ("no address for imap.example.org: none.", "no address for imap.example.org: none"),
        ];
        for (message, sentence) in cases {
            assert_eq!(fault_sentence(&Fault::retry_after(FaultClass::Connect, message)), sentence);
        }
    }

    #[test]
    fn a_missing_secret_is_named_with_the_key_that_lets_its_command_ask() {
        let keys = Keys::default();
        let locked = Fault::needs_user(FaultClass::Secret, "x");
        let advice = advice_with_keys(&locked, &keys, "work", true).expect("the user is needed");
        assert!(
            advice.starts_with("L runs its command in this terminal") && advice.ends_with("then reconnect."),
            "{advice}"
        );
        let of = |class, account| advice_with_keys(&Fault::retry_after(class, "x"), &keys, account, true);
        assert!(of(FaultClass::Secret, "work").is_some());
        assert!(of(FaultClass::Closed, "work").is_none());
        // Another machine's command cannot ask here.
        assert_eq!(
            of(FaultClass::Secret, "mx1/work").as_deref(),
            Some("In a terminal of mx1, `mailwatch-tui account login work` lets its command ask.")
        );
    }

    #[test]
    fn advice_is_given_where_the_program_waits_for_the_user_and_nowhere_else() {
        for class in ALL {
            assert!(advice(&Fault::needs_user(class, "x")).is_some(), "{class}");
            assert!(advice(&Fault::retry_after(class, "x")).is_none(), "{class}");
        }
    }
}
