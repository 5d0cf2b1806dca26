//! What the story remembers of each connection: how far it came, what the server owes it. Bounded.

use std::collections::{BTreeMap, VecDeque};
use std::time::SystemTime;

use mailwatch_proto::model::ConnId;

/// Connections that are remembered: a watch has the one in use, the one that replaces it, one in quarantine.
const CONNECTIONS: usize = 16;

/// Commands of one connection that wait for their reply.
const OWED: usize = 32;

/// What is remembered of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection {
    /// Its opening's number, while it is being made.
    pub opening: Option<u64>,
    /// Its DONE's number, and when that was sent; what replied to it.
    pub done: Option<Done>,
    /// Whether it is said that it is over.
    pub ended: bool,
    owed: VecDeque<Owed>,
}

/// A DONE.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    /// Its number.
    pub number: u64,
    /// When it was sent.
    pub sent: SystemTime,
    /// Its tagged reply's number.
    pub answer: Option<u64>,
}

#[derive(Clone, Debug)]
struct Owed {
    tag: String,
    word: String,
    sent: SystemTime,
}

impl Connection {
    /// A command was sent.
    pub fn sent(&mut self, tag: String, word: String, sent: SystemTime) {
        if self.owed.len() == OWED {
            self.owed.pop_front();
        }
        self.owed.push_back(Owed { tag, word, sent });
    }

    /// Whether LOGOUT was sent, and not yet answered.
    pub fn leaves(&self) -> bool {
        self.owed.iter().any(|owed| owed.word == "LOGOUT")
    }

    /// A tagged reply came: the command and when it was sent.
    pub fn replied(&mut self, tag: &str) -> Option<(String, SystemTime)> {
        let at = self.owed.iter().position(|owed| owed.tag == tag)?;
        self.owed.remove(at).map(|owed| (owed.word, owed.sent))
    }
}

/// The connections of a watch.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections(BTreeMap<Option<ConnId>, Connection>);

impl Connections {
    /// A connection, known or not.
    pub fn of(&mut self, conn: Option<ConnId>) -> &mut Connection {
        if self.0.len() >= CONNECTIONS && !self.0.contains_key(&conn) {
            self.0.pop_first();
        }
        self.0.entry(conn).or_default()
    }

    /// Whether something was heard of a connection.
    pub fn knows(&self, conn: Option<ConnId>) -> bool {
        self.0.contains_key(&conn)
    }

    /// The openings of those that are being made.
    pub fn openings(&self) -> Vec<u64> {
        self.0.values().filter_map(|connection| connection.opening).collect()
    }
}

/// The tag and the word of a command's first line; `None` of any other line of ours: DONE, a literal, a secret.
pub(super) fn command(line: &str) -> Option<(String, String)> {
    let mut words = line.split(' ');
    let (tag, word) = (words.next()?, words.next()?);
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !is_word(word) {
        return None;
    }
    let word = word.to_ascii_uppercase();
    let next = words.next().filter(|next| word == "UID" && is_word(next));
    Some((tag.to_owned(), next.map_or_else(|| word.clone(), |next| format!("UID {}", next.to_ascii_uppercase()))))
}

/// The tag of a tagged reply.
pub(super) fn tag_of_reply(line: &str) -> Option<&str> {
    let (tag, rest) = line.split_once(' ')?;
    let status = rest.split(' ').next()?;
    let is_reply = ["OK", "NO", "BAD"].iter().any(|known| known.eq_ignore_ascii_case(status));
    (is_reply && !tag.is_empty() && !tag.starts_with(['*', '+'])).then_some(tag)
}
