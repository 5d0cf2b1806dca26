//! The messages, each way.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::board_state::{BoardChange, BoardState};
use super::command::CommandMessage;
use super::event_state::{EventState, WireState};
use super::line::{self, NotUnderstood};
use super::name;
use super::past_state::PastState;
use super::reply_state::ReplyState;
use super::request_state::RequestState;
use super::time::Wall;
use crate::link::Ending;
use mailwatch_proto::model::{MailKey, WatchId};

/// A message from a front end to the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToEngine {
    /// Who it is. The first message; the engine says the same.
    Hello(FrontEndHello),
    /// From now on the board is wanted, and what else is named here.
    Attach(Attach),
    /// Whether lines of the trace are wanted from now on.
    Wire {
        /// Whether.
        on: bool,
    },
    /// A watch's past is wanted.
    Past {
        /// The number that it comes with.
        id: u64,
        /// The watch.
        watch: WatchId,
    },
    /// These mails have been told to the user.
    Confirm {
        /// The mails.
        mails: Vec<MailKey>,
    },
    /// A command to watches. It is answered.
    Command(CommandMessage),
    /// A request to the engine as a whole. It is answered, and replied to.
    Request {
        /// The number that answer and replies have.
        id: u64,
        /// The request.
        request: RequestState,
    },
    /// A proof is wanted that the engine and the way to it are alive. It is answered.
    Ping {
        /// The answer's number.
        id: u64,
    },
    /// The front end leaves.
    Bye,
}

/// Who a front end is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontEndHello {
    /// The version of the protocol.
    pub version: u32,
    /// Its name and version.
    pub program: String,
    /// What it is: `screen`, `watch`, `status`, `ctl`, `relay`, or any other word.
    #[serde(default)]
    pub role: String,
    /// The configuration that it would work by; `null` where it does not care.
    pub config: Option<String>,
    /// Its process.
    pub pid: Option<u32>,
}

/// What a front end wants to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attach {
    /// Whether events are wanted.
    pub events: bool,
    /// Whether lines of the trace are.
    pub wire: bool,
    /// The watches whose past is wanted at once.
    pub past: Vec<WatchId>,
    /// The accounts whose watches and events are wanted; all where none is named.
    pub accounts: Vec<Arc<str>>,
    /// Where this front end left off; `null` at its beginning.
    pub resume: Option<Resume>,
    /// The name by which this front end confirms mails; `null` where it does not.
    pub reader: Option<String>,
}

/// Where a front end left off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The engine whose events it read.
    pub engine: String,
    /// The number of the last.
    pub after: u64,
}

/// A message from the engine to a front end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToFrontEnd {
    /// Who it is. The first message.
    Hello(EngineHello),
    /// The front end cannot be served; the connection ends.
    Refused {
        /// A sentence that says why, and what to do.
        reason: String,
    },
    /// The whole board. It replaces what the front end has.
    Board(Box<BoardState>),
    /// What changed on the board.
    Change(Box<BoardChange>),
    /// Something happened.
    Event(Box<EventState>),
    /// A line of the trace.
    Wire(Box<WireState>),
    /// Events were dropped because this front end did not read them in time; a whole board follows.
    Lost {
        /// How many.
        count: u64,
    },
    /// A watch's past.
    Past {
        /// The number that it was asked with; `null` where it was asked for by `attach`.
        id: Option<u64>,
        /// The watch.
        watch: WatchId,
        /// Its past.
        past: Box<PastState>,
    },
    /// What became of a message with a number.
    Answer(Answer),
    /// What became of a request in the end, or what the engine says unasked.
    Reply {
        /// The request's number; `null` for what is said unasked.
        id: Option<u64>,
        /// The reply.
        reply: Box<ReplyState>,
    },
    /// The engine ends.
    Ended {
        /// Why, by its name.
        #[serde(with = "name::optional", default)]
        cause: Option<Ending>,
        /// A sentence that says why.
        reason: String,
    },
}

/// Who an engine is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineHello {
    /// The version of the protocol.
    pub version: u32,
    /// Its name and version.
    pub program: String,
    /// What this run goes by: events have their numbers within it.
    pub engine: String,
    /// Its process.
    pub pid: u32,
    /// What started it: `watch` or `screen`.
    pub role: String,
    /// Since when it has run.
    pub since: Wall,
    /// The configuration that it works by.
    pub config: Option<String>,
    /// What it can do: those of [`super::FEATURES`] that it has.
    #[serde(default)]
    pub features: Vec<String>,
}

/// What became of a message with a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The number.
    pub id: u64,
    /// Whether it was taken: of a command, by every watch it was for.
    pub ok: bool,
    /// A sentence that says what became of it.
    #[serde(default)]
    pub text: String,
    /// How many watches took a command.
    #[serde(default)]
    pub taken: usize,
}

impl ToEngine {
    /// The message as a line without its end. It may hold a password: it is written to the socket and nowhere else.
    #[must_use]
    pub fn line(&self) -> String {
        line::line(self)
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Where it is not JSON, or not a message that this version knows.
    pub fn parse(line: &str) -> Result<Self, NotUnderstood> {
        line::parse(line)
    }
}

impl ToFrontEnd {
    /// What an engine says last.
    #[must_use]
    pub fn ended(why: Ending) -> Self {
        Self::Ended { cause: Some(why), reason: format!("the engine has ended: {}", why.words()) }
    }

    /// The message as a line without its end.
    #[must_use]
    pub fn line(&self) -> String {
        line::line(self)
    }

    /// Reads a line.
    ///
    /// # Errors
    /// Where it is not JSON, or not a message that this version knows.
    pub fn parse(line: &str) -> Result<Self, NotUnderstood> {
        line::parse(line)
    }
}
