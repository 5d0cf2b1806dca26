//! A mail that is being read: its text is on this popup, and nowhere else.

use std::time::Instant;

use mailwatch_engine::mail_text::MailText;
use mailwatch_proto::model::MailKey;

/// The popup of a mail.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The reading's number, which its answer carries.
    pub number: u64,
    /// The mail.
    pub mail: MailKey,
    /// How many rows are scrolled away.
    pub offset: usize,
    /// How far it has come.
    pub so_far: SoFar,
}

/// How far a reading has come.
#[derive(Clone, Debug)]
pub enum SoFar {
    /// The engine was asked then.
    Asked(Instant),
    /// The mail is there.
    Read(Box<MailText>),
    /// It is not to be had: a sentence.
    Failed(String),
}

impl Reading {
    /// The number, while an answer is awaited.
    #[must_use]
    pub const fn awaited(&self) -> Option<u64> {
        match self.so_far {
            SoFar::Asked(_) => Some(self.number),
            SoFar::Read(_) | SoFar::Failed(_) => None,
        }
    }
}
