//! A fault in the table's few cells: its class first, then as much of the message as there is room for. The class
//! alone decides, never a server's wording.

use crate::model::{Fault, FaultClass, Next};

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

/// What the user does about a fault; `None` where the program goes on by itself.
#[must_use]
pub const fn advice(fault: &Fault) -> Option<&'static str> {
    match fault.next {
        Next::AtOnce | Next::Retry | Next::RetryLater => return None,
        Next::User => {}
    }
    Some(match fault.class {
        FaultClass::Auth => "Mend the user, password or token, then reconnect.",
        FaultClass::Secret => "Make the password or token available, then reconnect.",
        FaultClass::Mailbox => "Mend the mailbox's name or its rights, then reconnect.",
        FaultClass::Tls => "Mend host, tls or ca_file in the configuration, then read it again and reconnect.",
        FaultClass::Config => "Mend the configuration, then read it again.",
        FaultClass::Dns
        | FaultClass::Connect
        | FaultClass::Proxy
        | FaultClass::Limit
        | FaultClass::Protocol
        | FaultClass::Timeout
        | FaultClass::Closed
        | FaultClass::History
        | FaultClass::Hook => "Mend it, then reconnect.",
    })
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
    fn advice_is_given_where_the_program_waits_for_the_user_and_nowhere_else() {
        for class in ALL {
            assert!(advice(&Fault::needs_user(class, "x")).is_some(), "{class}");
            assert!(advice(&Fault::retry_after(class, "x")).is_none(), "{class}");
        }
    }
}
