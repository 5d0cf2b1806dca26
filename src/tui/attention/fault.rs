//! What a fault has done, in a sentence and in a phrase for narrow screens. The words depend on the class, never on a
//! server's wording.

use mailwatch_proto::model::{Fault, FaultClass, Next};

/// What is said of a fault.
pub struct Said {
    /// In at most 44 cells, so that it fits 100 columns behind who it is about and for how long.
    pub sentence: &'static str,
    /// In at most 20, for 40 columns.
    pub phrase: &'static str,
}

/// What is said of a fault.
pub const fn of(fault: &Fault) -> Said {
    said(fault.class, matches!(fault.next, Next::User | Next::UserAfter(_)))
}

/// The same of one of this class, that waits for the `user` or not.
#[must_use]
pub const fn said(class: FaultClass, user: bool) -> Said {
    let (sentence, phrase) = match (class, user) {
        (FaultClass::Dns, _) => ("the server's name has no address", "no address (DNS)"),
        (FaultClass::Connect, _) => ("the server cannot be reached", "no connection"),
        (FaultClass::Proxy, _) => ("the proxy lets nothing through", "the proxy refuses"),
        (FaultClass::Tls, true) => ("the server's certificate is not valid", "certificate or TLS"),
        (FaultClass::Tls, false) => ("no TLS session could be made", "TLS failed"),
        (FaultClass::Auth, true) => ("the server refuses the login", "login refused"),
        (FaultClass::Auth, false) => ("the login failed; it is tried again", "no login now"),
        (FaultClass::Secret, _) => ("no password or token is available", "no password or token"),
        (FaultClass::Mailbox, true) => ("the server has no such mailbox, or denies it", "no such mailbox"),
        (FaultClass::Mailbox, false) => ("the server does not open the mailbox now", "mailbox not opened"),
        (FaultClass::Limit, _) => ("the server allows no more connections", "too many connections"),
        (FaultClass::Protocol, _) => ("the server refused a command, or broke IMAP", "command refused"),
        (FaultClass::Timeout, _) => ("the server did not answer in time", "no answer in time"),
        (FaultClass::Closed, _) => ("the server closed the connection", "connection closed"),
        (FaultClass::History, _) => ("history.db cannot be used", "no history.db"),
        (FaultClass::Hook, _) => ("a hook failed", "hook failed"),
        (FaultClass::Config, _) => ("the configuration cannot be used", "configuration"),
    };
    Said { sentence, phrase }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fits_its_room() {
        for class in FaultClass::ALL {
            for fault in [Fault::retry_after(class, "x"), Fault::needs_user(class, "x")] {
                let said = of(&fault);
                assert!(said.sentence.len() <= 44 && said.phrase.len() <= 20, "{class}: {}", said.sentence);
            }
        }
    }
}
