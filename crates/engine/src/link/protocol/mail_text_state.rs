//! A mail as it is read, as the protocol writes it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mail_text::MailText;

/// A mail's headers and text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailTextState {
    /// Who wrote it, decoded.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Who got a copy.
    pub cc: String,
    /// What it is about.
    pub subject: String,
    /// Its Date header as RFC 3339.
    pub date: Option<String>,
    /// Its text, in lines.
    pub text: String,
    /// Whether the text was made from HTML.
    pub html: bool,
    /// Whether there is more of the mail than was read.
    pub cut: bool,
    /// Its other parts.
    pub parts: Vec<String>,
}

/// Nothing of it: what a stranger has written is for its reader alone.
impl fmt::Debug for MailTextState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailTextState({} bytes)", self.text.len())
    }
}

impl From<MailText> for MailTextState {
    fn from(mail: MailText) -> Self {
        let MailText { from, to, cc, subject, date, text, html, cut, parts } = mail;
        Self { from, to, cc, subject, date, text, html, cut, parts }
    }
}

impl From<MailTextState> for MailText {
    fn from(state: MailTextState) -> Self {
        let MailTextState { from, to, cc, subject, date, text, html, cut, parts } = state;
        Self { from, to, cc, subject, date, text, html, cut, parts }
    }
}
