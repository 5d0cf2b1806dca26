//! What identifies a mail whatever its UID: a mailbox made anew, rewound or renamed holds the same mails under others.

use std::time::SystemTime;

/// What identifies a mail: its Message-ID and INTERNALDATE; without a Message-ID its INTERNALDATE, size and subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// When the server took it.
    pub internal_date: Option<SystemTime>,
    /// Its size in octets.
    pub size: Option<u32>,
    /// Its subject, decoded.
    pub subject: String,
}
