//! The message of a push test: a few hundred bytes that say what they are.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use mailwatch_proto::model::Account;

use crate::headers::CANARY;

/// A message to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TestMessage {
    /// Its Message-ID, without angle brackets.
    pub(super) message_id: String,
    /// All of it.
    pub(super) text: String,
}

impl TestMessage {
    /// A new one. Its id is random: nobody can know it before it is there.
    pub(super) fn new(account: &Account, now: SystemTime) -> Self {
        let id: String = std::iter::repeat_with(fastrand::alphanumeric).take(24).collect();
        let message_id = format!("{id}@mailwatch-tui.invalid");
        let date = Timestamp::try_from(now)
            .ok()
            .and_then(|now| rfc2822::to_string(&now.to_zoned(jiff::tz::TimeZone::UTC)).ok());
        let plain = |c: &char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | ',' | ';' | ':' | '(' | ')');
        let user: String = account.user.chars().filter(plain).collect();
        let address = if user.contains('@') { user } else { format!("{user}@mailwatch-tui.invalid") };
        let text = format!(
            "From: <{address}>\r\nTo: <{address}>\r\nSubject: mailwatch-tui push test\r\nDate: {}\r\nMessage-ID: <{message_id}>\r\n\
             {CANARY}: {id}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
             mailwatch-tui added this message to time its announcement, and removes it by itself.\r\n",
            date.unwrap_or_default()
        );
        Self { message_id, text }
    }
}
