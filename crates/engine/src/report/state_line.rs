//! A line of a report's `state.jsonl`: what the program's own reader of reports wants. docs/report.md describes each.
//!
//! Names of fields are an interface: new ones are optional.

use serde::{Deserialize, Serialize};

use crate::history::WatchKey;

/// The version of the lines that this program writes, and the newest that it reads.
pub(crate) const FORMAT: u32 = 1;

/// One line. A record of another name is a newer program's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(crate) enum StateLine {
    /// The first line: what the file is.
    Report {
        /// The version of the lines.
        format: u32,
        /// The program's version.
        version: String,
        /// From when on.
        since: String,
        /// Until when.
        until: String,
        /// Whether users' names were replaced.
        #[serde(default)]
        renamed: bool,
    },
    /// A watch that other lines name.
    Watch(Of),
    /// A line of the log.
    Event {
        /// When.
        ts: String,
        /// The watch, if it is about one.
        #[serde(flatten)]
        of: Option<Of>,
        /// The connection, if it is about one.
        #[serde(default)]
        conn: Option<u64>,
        /// The kind's name in `watch --json`.
        kind: String,
        /// What happened, in plain words.
        text: String,
    },
    /// One DONE.
    Receipt(ReceiptLine),
    /// A DONE that was not answered in time.
    Stall(StallLine),
    /// Time in which a mail could have come unheard.
    Blind {
        /// The last proof of life.
        since: String,
        /// When IDLE stood again.
        until: String,
        /// The watch.
        #[serde(flatten)]
        of: Of,
        /// The reason.
        #[serde(default)]
        why: Option<String>,
    },
    /// Time in which no engine ran.
    Unwatched {
        /// When the engine before was there last.
        since: String,
        /// When the next began.
        until: String,
    },
    /// What a connection's server said of itself.
    Server(ServerLine),
    /// A line of the wire around a stall.
    Wire {
        /// When it went.
        ts: String,
        /// The watch.
        #[serde(flatten)]
        of: Of,
        /// The connection.
        conn: u64,
        /// `C` from the client, `S` from the server.
        from: char,
        /// The line.
        text: String,
    },
}

/// The watch that a line is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Of {
    /// The account's name.
    pub(crate) account: String,
    /// `user@host`.
    pub(crate) login: String,
    /// The mailbox.
    pub(crate) mailbox: String,
}

impl From<&WatchKey> for Of {
    fn from(key: &WatchKey) -> Self {
        let WatchKey { account, login, mailbox } = key.clone();
        Self { account, login, mailbox }
    }
}

/// A receipt, as in `receipts.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReceiptLine {
    pub(crate) ts: String,
    #[serde(flatten)]
    pub(crate) of: Of,
    pub(crate) conn: u64,
    pub(crate) reason: String,
    pub(crate) idle_ms: u64,
    #[serde(default)]
    pub(crate) written_ms: Option<u64>,
    #[serde(default)]
    pub(crate) acked_ms: Option<u64>,
    #[serde(default)]
    pub(crate) answered_ms: Option<u64>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    pub(crate) untagged: u32,
    pub(crate) late: bool,
}

/// A stall, as in `stalls.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StallLine {
    pub(crate) ts: String,
    #[serde(flatten)]
    pub(crate) of: Of,
    pub(crate) conn: u64,
    pub(crate) verdict: String,
    pub(crate) waited_ms: u64,
    #[serde(default)]
    pub(crate) acked: Option<bool>,
    #[serde(default)]
    pub(crate) outq: Option<u64>,
    #[serde(default)]
    pub(crate) unacked: Option<u64>,
    #[serde(default)]
    pub(crate) retransmits: Option<u64>,
    #[serde(default)]
    pub(crate) backoff: Option<u64>,
    #[serde(default)]
    pub(crate) snd_wnd: Option<u64>,
    #[serde(default)]
    pub(crate) proxy: Option<bool>,
    #[serde(default)]
    pub(crate) text: Option<String>,
}

/// A server, as in `servers.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServerLine {
    pub(crate) ts: String,
    #[serde(flatten)]
    pub(crate) of: Of,
    pub(crate) conn: u64,
    #[serde(default)]
    pub(crate) addr: Option<String>,
    #[serde(default)]
    pub(crate) proxy: Option<String>,
    #[serde(default)]
    pub(crate) local: Option<String>,
    #[serde(default)]
    pub(crate) tls: Option<String>,
    #[serde(default)]
    pub(crate) cipher: Option<String>,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) capabilities: Vec<String>,
}
