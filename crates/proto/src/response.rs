//! A server's response, owned, sanitised, and cut to what this program asks for.
//!
//! async-imap's parsed response borrows from a buffer whose type has no public name; this one can be stored, sent and
//! written down in a test.

use imap_proto as proto;

use crate::model::{LINE_LIMIT, SPECIAL_USES, Status, sanitise};

/// One response of the server (RFC 3501 §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// `+ text`: the server waits for more of a command, or has begun to IDLE.
    Continue {
        /// Its text; a SASL challenge in base64.
        text: String,
    },
    /// `TAG OK|NO|BAD text`: a command's end.
    Tagged {
        /// The command's tag.
        tag: String,
        /// OK, NO or BAD.
        status: Status,
        /// The response code and the text.
        text: StatusText,
    },
    /// `* OK|NO|BAD text`.
    Status {
        /// OK, NO or BAD.
        status: Status,
        /// The response code and the text.
        text: StatusText,
    },
    /// `* PREAUTH text`, a greeting.
    Preauth(StatusText),
    /// `* BYE text`: the server is about to close.
    Bye(StatusText),
    /// `* CAPABILITY …`
    Capability(Vec<String>),
    /// `* n EXISTS`
    Exists(u32),
    /// `* n RECENT`
    Recent(u32),
    /// `* n EXPUNGE`, or one UID of `* VANISHED`.
    Expunge(u32),
    /// `* VANISHED`: so many messages are gone.
    Vanished(u32),
    /// `* n FETCH …`
    Fetch(Fetched),
    /// `* SEARCH …`
    Search(Vec<u32>),
    /// `* STATUS …`: a mailbox's name and its figures.
    MailboxStatus(Named, MailboxStatus),
    /// `* LIST …`
    List(Listed),
    /// `* ID …`
    Id(Vec<(String, String)>),
    /// Anything else that can be parsed: not asked for, no harm.
    Other,
}

/// A status response's code and text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusText {
    /// The response code, where there is one.
    pub code: Option<Code>,
    /// The human-readable text.
    pub text: String,
}

/// A response code (RFC 3501 §7.1, RFC 5530).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// The text must be shown to the user.
    Alert,
    /// The capabilities, sent unasked.
    Capability(Vec<String>),
    /// The next UID.
    UidNext(u32),
    /// The mailbox's UIDVALIDITY.
    UidValidity(u32),
    /// Any other, as the server wrote it, in capitals.
    Other(String),
}

/// What a FETCH response says of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Its sequence number.
    pub seq: u32,
    /// Its UID, where it was given.
    pub uid: Option<u32>,
    /// Whether `\Seen` was among the flags; `None` where no flags were given.
    pub seen: Option<bool>,
    /// Its flags, where they were given.
    pub flags: Option<Vec<String>>,
    /// The header block that was asked for.
    pub header: Option<Vec<u8>>,
    /// Whether the server cannot read the header block (NIL), or it was longer than any cap and was skipped.
    pub unreadable: bool,
    /// INTERNALDATE as the server wrote it.
    pub internal_date: Option<String>,
    /// RFC822.SIZE.
    pub size: Option<u32>,
}

/// A mailbox's name in a response, as the server wrote it: see [`crate::names`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named(pub String);

/// What a LIST response says of a mailbox (RFC 3501 §7.2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Its name; empty where it was only the delimiter that was asked for.
    pub name: Named,
    /// What separates the levels of the hierarchy; `None` where there is one level.
    pub delimiter: Option<char>,
    /// Whether it can be opened: neither `\Noselect` nor `\NonExistent`.
    pub can_be_opened: bool,
    /// Its uses (RFC 6154 §2), as [`crate::model::SPECIAL_USES`] writes them.
    pub uses: Vec<&'static str>,
}

/// What a STATUS response says of a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxStatus {
    /// Messages in it.
    pub messages: Option<u32>,
    /// Its next UID.
    pub uidnext: Option<u32>,
    /// Its UIDVALIDITY.
    pub uidvalidity: Option<u32>,
    /// Its messages without `\Seen`.
    pub unseen: Option<u32>,
}

/// Flags that are kept of one message, and characters of each: more than any server lets a user set.
const FLAGS: usize = 64;
const FLAG_LIMIT: usize = 100;

fn clean(text: &str) -> String {
    sanitise(text, LINE_LIMIT)
}

fn capabilities(list: &[proto::Capability<'_>]) -> Vec<String> {
    list.iter()
        .map(|capability| match capability {
            proto::Capability::Imap4rev1 => "IMAP4rev1".to_owned(),
            proto::Capability::Auth(mechanism) => format!("AUTH={}", clean(mechanism)),
            proto::Capability::Atom(atom) => clean(atom),
        })
        .collect()
}

impl StatusText {
    fn of(outcome: &proto::Outcome<'_>) -> Self {
        let text = clean(outcome.information.as_deref().unwrap_or_default());
        match outcome.code.as_ref() {
            Some(proto::ResponseCode::Alert) => Self { code: Some(Code::Alert), text },
            Some(proto::ResponseCode::Capabilities(list)) => {
                Self { code: Some(Code::Capability(capabilities(list))), text }
            }
            Some(proto::ResponseCode::UidNext(n)) => Self { code: Some(Code::UidNext(*n)), text },
            Some(proto::ResponseCode::UidValidity(n)) => Self { code: Some(Code::UidValidity(*n)), text },
            // The parser knows it, this program has no use for it.
            Some(_) => Self { code: None, text },
            None => Self::split(&text),
        }
    }

    /// A code that the parser does not know stands in the text still: `[LIMIT] Too many`.
    fn split(text: &str) -> Self {
        let code = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        match code {
            Some((code, text)) => Self { code: Some(Code::Other(code.to_owned())), text: text.trim_start().to_owned() },
            None => Self { code: None, text: text.to_owned() },
        }
    }

    /// Code and text as one line, for a person.
    #[must_use]
    pub fn whole(&self) -> String {
        match &self.code {
            Some(Code::Alert) => format!("[ALERT] {}", self.text),
            Some(Code::Other(code)) => format!("[{code}] {}", self.text),
            Some(Code::Capability(_) | Code::UidNext(_) | Code::UidValidity(_)) | None => self.text.clone(),
        }
    }
}

impl Fetched {
    fn of(seq: u32, attributes: &[proto::AttributeValue<'_>]) -> Self {
        let mut fetched = Self { seq, ..Self::default() };
        for attribute in attributes {
            match attribute {
                proto::AttributeValue::Uid(uid) => fetched.uid = Some(*uid),
                proto::AttributeValue::Flags(flags) => {
                    fetched.seen = Some(flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen")));
                    fetched.flags = Some(flags.iter().take(FLAGS).map(|flag| sanitise(flag, FLAG_LIMIT)).collect());
                }
                proto::AttributeValue::Rfc822Size(size) => fetched.size = Some(*size),
                proto::AttributeValue::InternalDate(date) => fetched.internal_date = Some(clean(date)),
                proto::AttributeValue::BodySection { data: Some(data), .. }
                | proto::AttributeValue::Rfc822Header(Some(data)) => fetched.header = Some(data.to_vec()),
                // The server cannot open the message. It is there all the same.
                proto::AttributeValue::BodySection { data: None, .. } | proto::AttributeValue::Rfc822Header(None) => {
                    fetched.unreadable = true;
                }
                // Not asked for; the enum is the parser's and grows.
                _ => {}
            }
        }
        fetched
    }
}

impl Listed {
    fn of(list: &proto::MailboxListData<'_>) -> Self {
        let mut can_be_opened = true;
        let mut uses = Vec::new();
        for attribute in &list.name_attributes {
            let name = match attribute {
                proto::NameAttribute::NoSelect => {
                    can_be_opened = false;
                    continue;
                }
                proto::NameAttribute::All => "\\All",
                proto::NameAttribute::Archive => "\\Archive",
                proto::NameAttribute::Drafts => "\\Drafts",
                proto::NameAttribute::Flagged => "\\Flagged",
                proto::NameAttribute::Junk => "\\Junk",
                proto::NameAttribute::Sent => "\\Sent",
                proto::NameAttribute::Trash => "\\Trash",
                proto::NameAttribute::Extension(name) => name,
                // Not asked for; the enum is the parser's and grows.
                _ => continue,
            };
            // RFC 5258 §3: it implies \Noselect.
            can_be_opened &= !name.eq_ignore_ascii_case("\\NonExistent");
            uses.extend(SPECIAL_USES.into_iter().find(|known| known.eq_ignore_ascii_case(name)));
        }
        // The parser leaves the escape before a backslash where it is.
        let delimiter = list.delimiter.as_deref().and_then(|text| text.chars().next_back());
        Self { name: Named(list.name.clone().into_owned()), delimiter, can_be_opened, uses }
    }
}

impl Response {
    /// The capabilities that it lists, asked for or not.
    #[must_use]
    pub fn capabilities(&self) -> Option<&[String]> {
        match self {
            Self::Capability(list) => Some(list),
            Self::Tagged { text, .. } | Self::Status { text, .. } | Self::Preauth(text) | Self::Bye(text) => {
                match &text.code {
                    Some(Code::Capability(list)) => Some(list),
                    Some(Code::Alert | Code::UidNext(_) | Code::UidValidity(_) | Code::Other(_)) | None => None,
                }
            }
            Self::Continue { .. }
            | Self::Exists(_)
            | Self::Recent(_)
            | Self::Expunge(_)
            | Self::Vanished(_)
            | Self::Fetch(_)
            | Self::Search(_)
            | Self::MailboxStatus(..)
            | Self::List(_)
            | Self::Id(_)
            | Self::Other => None,
        }
    }
}

impl MailboxStatus {
    fn of(attributes: &[proto::StatusAttribute]) -> Self {
        let mut status = Self::default();
        for attribute in attributes {
            match attribute {
                proto::StatusAttribute::Messages(n) => status.messages = Some(*n),
                proto::StatusAttribute::UidNext(n) => status.uidnext = Some(*n),
                proto::StatusAttribute::UidValidity(n) => status.uidvalidity = Some(*n),
                proto::StatusAttribute::Unseen(n) => status.unseen = Some(*n),
                // Not asked for; the enum is the parser's and grows.
                _ => {}
            }
        }
        status
    }
}

impl From<&proto::Response<'_>> for Response {
    fn from(response: &proto::Response<'_>) -> Self {
        match response {
            proto::Response::Continue(outcome) => Self::Continue { text: StatusText::of(outcome).text },
            proto::Response::Done { tag, status, outcome } => {
                let text = StatusText::of(outcome);
                let status = match status {
                    proto::Status::Ok => Status::Ok,
                    proto::Status::No => Status::No,
                    // A tagged BYE or PREAUTH does not exist: whatever the server meant, it is no success.
                    proto::Status::Bad | proto::Status::PreAuth | proto::Status::Bye => Status::Bad,
                };
                Self::Tagged { tag: tag.0.clone(), status, text }
            }
            proto::Response::Data { status, outcome } => {
                let text = StatusText::of(outcome);
                match status {
                    proto::Status::Ok => Self::Status { status: Status::Ok, text },
                    proto::Status::No => Self::Status { status: Status::No, text },
                    proto::Status::Bad => Self::Status { status: Status::Bad, text },
                    proto::Status::PreAuth => Self::Preauth(text),
                    proto::Status::Bye => Self::Bye(text),
                }
            }
            proto::Response::Capabilities(list) => Self::Capability(capabilities(list)),
            proto::Response::Expunge(seq) => Self::Expunge(*seq),
            proto::Response::Vanished { earlier: false, uids } => {
                let count =
                    uids.iter().map(|range| u64::from(*range.end()).saturating_sub(u64::from(*range.start())) + 1);
                Self::Vanished(u32::try_from(count.sum::<u64>()).unwrap_or(u32::MAX))
            }
            proto::Response::Fetch(seq, attributes) => Self::Fetch(Fetched::of(*seq, attributes)),
            proto::Response::MailboxData(proto::MailboxDatum::Exists(count)) => Self::Exists(*count),
            proto::Response::MailboxData(proto::MailboxDatum::Recent(count)) => Self::Recent(*count),
            proto::Response::MailboxData(proto::MailboxDatum::Search(found)) => Self::Search(found.clone()),
            proto::Response::MailboxData(proto::MailboxDatum::Status { mailbox, status }) => {
                Self::MailboxStatus(Named(mailbox.clone().into_owned()), MailboxStatus::of(status))
            }
            proto::Response::MailboxData(proto::MailboxDatum::List(list)) => Self::List(Listed::of(list)),
            proto::Response::Id(Some(fields)) => {
                let mut fields: Vec<_> = fields.iter().map(|(name, value)| (clean(name), clean(value))).collect();
                fields.sort();
                Self::Id(fields)
            }
            // Not asked for; the enum is the parser's and grows.
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests;
