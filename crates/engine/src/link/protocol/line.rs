//! A message as one line of JSON, and back. What cannot be read is said in a sentence that holds nothing harmful.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use crate::json::escape_controls;
use mailwatch_proto::model::sanitise;

/// Characters of what a stranger wrote that an error repeats.
const REPEATED: usize = 300;

/// Why a line is no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUnderstood {
    /// It is not JSON: the other side does not speak this protocol.
    #[error("not one JSON object per line: {why}")]
    NotJson {
        /// What is wrong.
        why: String,
    },
    /// This version does not know the message, or something in it. It can be ignored; what has a number can be answered.
    #[error("{} is not understood: {why}", match name {
        Some(name) => format!("the message `{name}`"),
        None => "a message without a type".to_owned(),
    })]
    Message {
        /// Its type.
        name: Option<String>,
        /// Its number, where an answer is awaited.
        id: Option<u64>,
        /// What is wrong.
        why: String,
    },
}

impl NotUnderstood {
    /// Whether it is JSON all the same: a message of another version can be ignored.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        match self {
            Self::NotJson { .. } => false,
            Self::Message { .. } => true,
        }
    }

    /// The number by which an answer is awaited.
    #[must_use]
    pub const fn id(&self) -> Option<u64> {
        match self {
            Self::NotJson { .. } => None,
            Self::Message { id, .. } => *id,
        }
    }
}

/// The message as a line without its end; no control character stands in it unescaped.
pub(super) fn line(message: &impl Serialize) -> String {
    // Every map has strings for keys, and nothing else can fail.
    escape_controls(serde_json::to_string(message).unwrap_or_default())
}

/// What every message has, if it has anything.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    name: Option<String>,
    id: Option<u64>,
}

pub(super) fn parse<T: DeserializeOwned>(line: &str) -> Result<T, NotUnderstood> {
    serde_json::from_str(line).map_err(|error| {
        let why = sanitise(&error.to_string(), REPEATED);
        match error.classify() {
            Category::Io | Category::Syntax | Category::Eof => NotUnderstood::NotJson { why },
            Category::Data => {
                let head = serde_json::from_str(line).unwrap_or(Head { name: None, id: None });
                let name = head.name.map(|name| sanitise(&name, REPEATED));
                NotUnderstood::Message { name, id: head.id, why }
            }
        }
    })
}
