//! A front end that asks and waits for its answer, such as `ctl`: without a copy of the board.

use std::io;
use std::path::Path;

use tokio::io::BufReader;
use tokio::time::timeout;

use super::PATIENCE;
use super::client::{Unheard, greet, hear, say};
use super::connect::paths;
use super::lines::Lines;
use super::no_engine::NoEngine;
use super::system::{Reader, SocketPaths, Writer, connect_at};
use crate::link::Ending;
use crate::link::protocol::{
    Answer, Attach, BoardState, CommandMessage, EngineHello, FrontEndHello, ReplyState, RequestState,
    TO_FRONT_END_LIMIT, ToEngine, ToFrontEnd,
};
use mailwatch_proto::model::{Command, WatchId};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The engine does not answer, or what it says cannot be read.
    #[error(transparent)]
    Engine(#[from] NoEngine),
    /// It has ended.
    #[error("mailwatch-tui has ended before its answer{}", .0.map_or_else(String::new, |why| format!(": {}", why.words())))]
    Ended(Option<Ending>),
}

impl From<Unheard> for NoAnswer {
    fn from(why: Unheard) -> Self {
        match why {
            Unheard::Ended => Self::Ended(None),
            Unheard::Older | Unheard::Refused(_) | Unheard::Broken(_) => NoEngine::Broken(why.to_string()).into(),
        }
    }
}

impl From<io::Error> for NoAnswer {
    fn from(error: io::Error) -> Self {
        Unheard::from(error).into()
    }
}

/// A connection to an engine in another process.
#[derive(Debug)]
pub struct Caller {
    /// Who the engine is.
    pub engine: EngineHello,
    lines: Lines<BufReader<Reader>>,
    write: Writer,
    pid: Option<i32>,
    /// The number of the last message that wanted an answer.
    number: u64,
}

impl Caller {
    /// Connects to the engine on this state directory.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn connect(state: &Path, hello: &FrontEndHello) -> Result<Self, NoEngine> {
        Self::connect_at(&paths(state)?, state, hello).await
    }

    /// The same at one of these paths.
    pub(super) async fn connect_at(paths: &SocketPaths, state: &Path, hello: &FrontEndHello) -> Result<Self, NoEngine> {
        let ((read, mut write), pid) = connect_at(paths, state).await?;
        let mut lines = Lines::new(BufReader::new(read), TO_FRONT_END_LIMIT);
        let greeting = greet(&mut lines, &mut write, hello);
        let greeted = timeout(PATIENCE, greeting).await.map_err(|_| NoEngine::Hangs(pid))?;
        let engine = greeted.map_err(|why| why.of_engine(state, pid))?;
        Ok(Self { engine, lines, write, pid, number: 0 })
    }

    /// Whether the engine can do what has this name in docs/protocol.md.
    #[must_use]
    pub fn can(&self, feature: &str) -> bool {
        self.engine.features.iter().any(|has| has == feature)
    }

    /// The board.
    ///
    /// # Errors
    /// Where the engine does not answer.
    pub async fn board(&mut self) -> Result<BoardState, NoAnswer> {
        self.say(&ToEngine::Attach(Attach::default())).await;
        loop {
            if let ToFrontEnd::Board(board) = self.heard_soon().await? {
                return Ok(*board);
            }
        }
    }

    /// Gives one watch a command, and waits until it has taken it.
    ///
    /// # Errors
    /// Where the engine does not answer.
    pub async fn command(&mut self, command: Command, watch: WatchId) -> Result<Answer, NoAnswer> {
        let id = self.next_number();
        let command = ToEngine::Command(CommandMessage { id, command, watches: vec![watch] });
        self.say(&command).await;
        self.answer(id).await
    }

    /// Makes a request of the engine as a whole, and waits for its first reply however long that takes.
    ///
    /// # Errors
    /// Where the engine does not answer, or ends before its reply.
    pub async fn request(&mut self, request: RequestState) -> Result<ReplyState, NoAnswer> {
        match self.begin(request).await? {
            Ok(id) => self.reply(id).await,
            Err(text) => Ok(ReplyState::Failed { text }),
        }
    }

    /// Makes a request whose replies come one after the other: the number they have, or why the engine did not take it.
    ///
    /// # Errors
    /// Where the engine does not answer.
    pub async fn begin(&mut self, request: RequestState) -> Result<Result<u64, String>, NoAnswer> {
        let id = self.next_number();
        self.say(&ToEngine::Request { id, request }).await;
        let answer = self.answer(id).await?;
        Ok(if answer.ok { Ok(id) } else { Err(answer.text) })
    }

    /// The next reply to the request of this number, however long that takes. Cancel-safe.
    ///
    /// # Errors
    /// Where the engine ends before it.
    pub async fn reply(&mut self, id: u64) -> Result<ReplyState, NoAnswer> {
        loop {
            if let ToFrontEnd::Reply { id: Some(of), reply } = self.heard().await?
                && of == id
            {
                return Ok(*reply);
            }
        }
    }

    /// An engine that reads no more has said why, or is gone: the next message tells.
    async fn say(&mut self, message: &ToEngine) {
        let _ = say(&mut self.write, message).await;
    }

    async fn answer(&mut self, id: u64) -> Result<Answer, NoAnswer> {
        loop {
            if let ToFrontEnd::Answer(answer) = self.heard_soon().await?
                && answer.id == id
            {
                return Ok(answer);
            }
        }
    }

    const fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    async fn heard_soon(&mut self) -> Result<ToFrontEnd, NoAnswer> {
        let pid = self.pid;
        timeout(PATIENCE, self.heard()).await.map_err(|_| NoEngine::Hangs(pid))?
    }

    async fn heard(&mut self) -> Result<ToFrontEnd, NoAnswer> {
        match hear(&mut self.lines).await? {
            Some(ToFrontEnd::Ended { cause, reason: _ }) => Err(NoAnswer::Ended(cause)),
            Some(message) => Ok(message),
            None => Err(NoAnswer::Ended(None)),
        }
    }
}
