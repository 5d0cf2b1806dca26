//! A line of the user's own: text with placeholders in braces. One table lists them; help and manual read it.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::config::nearest;

/// A placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Mails reported since the program started.
    New,
    /// Unseen messages.
    Unseen,
    /// All messages.
    Exists,
    /// [`super::State`].
    State,
    /// Watches that hear of new mail.
    Live,
    /// Watches on their way.
    Busy,
    /// Watches that are down.
    Down,
    /// Of these, those that need the user.
    Failed,
    /// Watches that rest.
    Paused,
    /// All watches.
    Watches,
    /// All accounts.
    Accounts,
    /// Blind time today.
    Blind,
    /// The next DONE's time of day.
    Next,
    /// What is wrong.
    Problem,
    /// The line without a format.
    Text,
    /// The program's process.
    Pid,
    /// The program's version.
    Version,
}

/// A placeholder's row in [`FIELDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The placeholder.
    pub field: Field,
    /// Its name between the braces.
    pub name: &'static str,
    /// Its meaning.
    pub help: &'static str,
}

impl FieldSpec {
    /// As a format has it.
    #[must_use]
    pub fn placeholder(&self) -> String {
        format!("{{{}}}", self.name)
    }
}

const fn spec(field: Field, name: &'static str, help: &'static str) -> FieldSpec {
    FieldSpec { field, name, help }
}

/// Every placeholder, in the order of [`Field`]'s variants.
pub const FIELDS: [FieldSpec; 17] = [
    spec(Field::New, "new", "new mails since NEW was reset"),
    spec(Field::Unseen, "unseen", "unseen messages in the mailboxes; - while unknown"),
    spec(Field::Exists, "exists", "all messages in the mailboxes; - while unknown"),
    spec(Field::State, "state", "the worst state of any watch: down, busy, live, paused; empty if there is no watch"),
    spec(Field::Live, "live", "watches that hear of new mail at once, or poll for it"),
    spec(Field::Busy, "busy", "watches that are connecting or catching up"),
    spec(Field::Down, "down", "watches that wait for another attempt, or have failed"),
    spec(Field::Failed, "failed", "watches that are down and need you"),
    spec(Field::Paused, "paused", "watches that you paused"),
    spec(Field::Watches, "watches", "all watches"),
    spec(Field::Accounts, "accounts", "all accounts"),
    spec(Field::Blind, "blind", "time today in which a mail could have come unnoticed, such as 0:12"),
    spec(Field::Next, "next", "when the next DONE is due, such as 14:03:27; - if none is due"),
    spec(Field::Problem, "problem", "the first watch that is down and why, else failed hooks; empty if all is well"),
    spec(Field::Text, "text", "the line that is printed without a format"),
    spec(Field::Pid, "pid", "the program's process ID; SIGUSR1 makes it check for mail"),
    spec(Field::Version, "version", "the program's version"),
];

impl Field {
    /// The placeholder's row in [`FIELDS`].
    #[must_use]
    pub const fn spec(self) -> &'static FieldSpec {
        &FIELDS[self as usize]
    }

    fn by_name(name: &str) -> Option<Self> {
        FIELDS.iter().find(|spec| spec.name == name).map(|spec| spec.field)
    }
}

/// A parsed format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Format(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

/// Why a text is no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// An unknown placeholder.
    #[error("there is no placeholder {{{given}}}; {}", match nearest {
        Some(nearest) => format!("did you mean {{{nearest}}}?"),
        None => format!("there are {}", names()),
    })]
    Unknown {
        /// Its name.
        given: String,
        /// The placeholder with the nearest name.
        nearest: Option<&'static str>,
    },
    /// A placeholder without its end.
    #[error("the {{ before \"{rest}\" has no }} after it; write {{{{ for a plain brace")]
    Open {
        /// What stands after it.
        rest: String,
    },
    /// The end of a placeholder without its beginning.
    #[error("a }} has no {{ before it; write }}}} for a plain brace")]
    Close,
}

fn names() -> String {
    FIELDS.map(|spec| spec.placeholder()).join(" ")
}

impl Format {
    /// Reads a format: `{name}` is a placeholder, `{{` and `}}` are braces.
    ///
    /// # Errors
    /// An unknown placeholder, or a brace that stands alone.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err(FormatError::Close);
            }
            let Some((name, after)) = rest.split_once('}') else {
                return Err(FormatError::Open { rest: rest.to_owned() });
            };
            let Some(field) = Field::by_name(name) else {
                let nearest = nearest(name, FIELDS.map(|spec| spec.name));
                return Err(FormatError::Unknown { given: name.to_owned(), nearest });
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Field(field));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// The line, with these values in their places.
    #[must_use]
    pub fn fill(&self, value: impl Fn(Field) -> String) -> String {
        self.0.iter().fold(String::new(), |mut line, piece| {
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Field(field) => line.push_str(&value(*field)),
            }
            line
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Piece::Field(field) => f.write_str(&field.spec().placeholder())?,
            }
        }
        Ok(())
    }
}

impl From<Format> for String {
    fn from(format: Format) -> Self {
        format.to_string()
    }
}

impl TryFrom<String> for Format {
    type Error = FormatError;

    fn try_from(text: String) -> Result<Self, FormatError> {
        Self::parse(&text)
    }
}

/// The placeholders and what they stand for, a line each: for the help.
#[must_use]
pub fn placeholders() -> String {
    FIELDS.iter().fold(String::new(), |mut text, spec| {
        let _ = write!(text, "\n  {:<11} {}", spec.placeholder(), spec.help);
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_variants() {
        for (index, spec) in FIELDS.iter().enumerate() {
            assert_eq!((spec.field as usize, spec.field.spec()), (index, spec));
        }
    }

    #[test]
    fn placeholders_are_filled_and_doubled_braces_are_braces() {
        let named =
            |text: &str| Format::parse(text).map(|format| format.fill(|field| field.spec().name.to_uppercase()));
        for (text, line) in [
            ("{new} {state}", "NEW STATE"),
            ("", ""),
            ("mail", "mail"),
            ("{{{unseen}}}", "{UNSEEN}"),
            ("{{\"text\":\"{new}\"}}", "{\"text\":\"NEW\"}"),
            ("ü{live}/{watches}日", "üLIVE/WATCHES日"),
        ] {
            assert_eq!(named(text).as_deref(), Ok(line), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_the_way_out() {
        for (text, said) in [
            ("{unsen}", "there is no placeholder {unsen}; did you mean {unseen}?"),
            ("{NEWS}", "there is no placeholder {NEWS}; did you mean {new}?"),
            ("{new", "the { before \"new\" has no } after it; write {{ for a plain brace"),
            ("new}", "a } has no { before it; write }} for a plain brace"),
        ] {
            assert_eq!(Format::parse(text).expect_err(text).to_string(), said);
        }
        let stranger = Format::parse("{}").expect_err("no name").to_string();
        assert!(stranger.starts_with("there is no placeholder {}; there are {new} {unseen} "), "{stranger}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_written_alike(text in r"[{}a-zü ]{0,12}|\{(new|live)\}.{0,8}") {
            if let Ok(format) = Format::parse(&text) {
                prop_assert_eq!(Format::parse(&format.to_string()), Ok(format));
            }
        }
    }
}
