//! What identifies a mail whatever its UID: a mailbox made anew, rewound or renamed holds the same mails under others.

use std::time::SystemTime;

use super::question::Decoded;

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

impl Identity {
    /// Of a message.
    #[must_use]
    pub fn of(message: &Decoded) -> Self {
        Self {
            message_id: message.message_id.clone(),
            internal_date: message.internal_date,
            size: message.size,
            subject: message.mail.subject.clone(),
        }
    }
}
