//! A front end's side, over any two streams: attaches, and keeps a copy of the board.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::PATIENCE;
use super::connect::paths;
use super::lines::{Lines, NoLine};
use super::no_engine::NoEngine;
use super::system::{SocketPaths, connect_at};
use crate::history::is_passing;
use crate::link::commander::{COMMAND_CAPACITY, Order, Senders};
use crate::link::event_capacity;
use crate::link::front_end::FrontEnd;
use crate::link::hub::{self, Hub};
use crate::link::protocol::{
    Attach, CommandMessage, EngineHello, FrontEndHello, TO_FRONT_END_LIMIT, ToEngine, ToFrontEnd,
};
use crate::link::publisher::Publisher;
use crate::link::way::{Remote, Wish};
use crate::requests::{Asked, Reply, RequestClient, RequestQueue, request_channel};
use mailwatch_proto::model::{Now, WatchId};

/// Between two looks at what is over of the watch that is looked at.
const PAST_AGAIN: Duration = Duration::from_secs(1);

/// An engine in another process.
#[derive(Debug)]
pub struct Attached<S> {
    /// What it shows; its board and its events end with the engine, or with the connection to it.
    pub front_end: FrontEnd,
    /// Where it takes requests.
    pub requests: RequestClient<S>,
    /// Who it is.
    pub engine: EngineHello,
    /// Ends with the engine, or with the connection to it.
    pub ended: JoinHandle<()>,
}

/// Attaches to the engine on this state directory; its whole board is there when this returns. `ui` gives what `[ui]` says,
/// which each front end reads for itself.
///
/// # Errors
/// Why there is none.
pub async fn attach<S: Send + 'static>(
    state: &Path,
    hello: &FrontEndHello,
    wants: &Attach,
    ui: impl Fn() -> S + Send + 'static,
) -> Result<Attached<S>, NoEngine> {
    attach_at(&paths(state)?, state, hello, wants, ui).await
}

/// The same at one of these paths.
pub(super) async fn attach_at<S: Send + 'static>(
    paths: &SocketPaths,
    state: &Path,
    hello: &FrontEndHello,
    wants: &Attach,
    ui: impl Fn() -> S + Send + 'static,
) -> Result<Attached<S>, NoEngine> {
    let (streams, pid) = connect_at(paths, state).await?;
    match timeout(PATIENCE, attach_over(streams, hello, wants, ui)).await {
        Ok(attached) => attached.map_err(|why| why.of_engine(state, pid)),
        Err(_) => Err(NoEngine::Hangs(pid)),
    }
}

/// Why nothing came of a hello.
#[derive(Debug, thiserror::Error)]
pub enum Unheard {
    /// The streams ended first.
    #[error("it ended before its answer")]
    Ended,
    /// The answer is one of version 0.1.0.
    #[error("it is version 0.1.0, which accepts no front ends")]
    Older,
    /// The engine refused.
    #[error("{0}")]
    Refused(String),
    /// The streams broke, or what came cannot be read.
    #[error("{0}")]
    Broken(String),
}

impl Unheard {
    /// The same of the engine on this state directory, or of who listens in its place.
    pub(super) fn of_engine(self, state: &Path, pid: Option<i32>) -> NoEngine {
        match self {
            Self::Ended => NoEngine::NotRunning(state.to_owned()),
            Self::Older => NoEngine::Older(pid),
            Self::Refused(reason) => NoEngine::Refused(reason),
            Self::Broken(why) => NoEngine::Broken(why),
        }
    }
}

impl From<io::Error> for Unheard {
    fn from(error: io::Error) -> Self {
        if is_end(&error) { Self::Ended } else { Self::Broken(error.to_string()) }
    }
}

impl From<NoLine> for Unheard {
    fn from(error: NoLine) -> Self {
        match error {
            NoLine::Io(error) => error.into(),
            NoLine::TooLong(_) | NoLine::NotText => Self::Broken(error.to_string()),
        }
    }
}

/// Whether it has ended: a killed engine leaves data unread, which resets the connection.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}

/// Attaches to the engine at the other end of these streams, however long that takes.
///
/// # Errors
/// Why nothing came of it.
pub async fn attach_over<R, W, S>(
    (read, mut write): (R, W),
    hello: &FrontEndHello,
    wants: &Attach,
    ui: impl Fn() -> S + Send + 'static,
) -> Result<Attached<S>, Unheard>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
    S: Send + 'static,
{
    let mut lines = Lines::new(BufReader::new(read), TO_FRONT_END_LIMIT);
    let engine = greet(&mut lines, &mut write, hello).await?;
    let mut wants = wants.clone();
    if !engine.features.iter().any(|feature| feature == "confirm")
        && let Some(name) = wants.reader.take()
        && !is_passing(&name)
    {
        let program = engine.program;
        return Err(Unheard::Refused(format!("{program} knows no readers by name: restart it with this version")));
    }
    let confirms = wants.reader.is_some();
    say(&mut write, &ToEngine::Attach(wants.clone())).await?;
    let board = loop {
        match hear(&mut lines).await? {
            Some(ToFrontEnd::Board(board)) => break board,
            Some(_) => {}
            None => return Err(Unheard::Ended),
        }
    };
    let (capacity, stands) = (event_capacity(board.watches.len()), board.after);
    let publisher = Publisher::new(Arc::new(Hub::new(watch::Sender::new(Senders::default()), capacity, false)));
    publisher.take_over(|own, tally| (*own, *tally) = board.board(Instant::now()));
    let (orders, ordered) = mpsc::channel(COMMAND_CAPACITY);
    let (wishes, inbox) = mpsc::unbounded_channel();
    let remote = Remote { orders, wishes, confirms };
    // Who is told nothing from now on leaves off where this board stands; an older engine does not say where that is to who has
    // come back.
    let left = wants.resume.as_ref().filter(|left| left.engine == engine.engine).map_or(0, |left| left.after);
    let after = left.max(stands);
    let front_end = publisher.attach_remote(&hub::Attach { wire: true, resume: None }, remote, after);
    let (requests, queue) = request_channel();
    let copy = Copy { publisher, ui, awaited: BTreeMap::new(), number: 0, looked_at: None };
    let ended = tokio::spawn(copy.keep(lines, write, ordered, inbox, queue));
    Ok(Attached { front_end, requests, engine, ended })
}

/// Says hello, and hears who the engine is.
pub(super) async fn greet(
    lines: &mut Lines<BufReader<impl AsyncRead + Unpin>>,
    write: &mut (impl AsyncWrite + Unpin),
    hello: &FrontEndHello,
) -> Result<EngineHello, Unheard> {
    say(write, &ToEngine::Hello(hello.clone())).await?;
    match hear(lines).await? {
        Some(ToFrontEnd::Hello(engine)) => Ok(engine),
        Some(ToFrontEnd::Refused { reason }) => Err(Unheard::Refused(reason)),
        Some(_) => Err(Unheard::Broken("it did not say hello".to_owned())),
        None => Err(Unheard::Ended),
    }
}

pub(super) async fn say(write: &mut (impl AsyncWrite + Unpin), message: &ToEngine) -> io::Result<()> {
    write.write_all(format!("{}\n", message.line()).as_bytes()).await
}

/// The next message that this version knows; `None` at the end.
pub(super) async fn hear(lines: &mut Lines<BufReader<impl AsyncRead + Unpin>>) -> Result<Option<ToFrontEnd>, Unheard> {
    loop {
        let Some(line) = lines.next().await? else { return Ok(None) };
        match ToFrontEnd::parse(&line) {
            Ok(message) => return Ok(Some(message)),
            // The answer of 0.1.0, which knows questions of `status` alone.
            Err(_) if line.starts_with("{\"error\":") => return Err(Unheard::Older),
            Err(error) if error.is_json() => {}
            Err(error) => return Err(Unheard::Broken(error.to_string())),
        }
    }
}

/// The copy of an engine's board in this process, and what goes between the two.
struct Copy<U, S> {
    publisher: Publisher,
    ui: U,
    /// Requests that have no last reply yet.
    awaited: BTreeMap<u64, mpsc::Sender<Reply<S>>>,
    /// The number of the last message that wants an answer.
    number: u64,
    /// Of which watch the past is wanted, and when it was last asked for.
    looked_at: Option<(WatchId, Instant)>,
}

impl<U: Fn() -> S + Send, S: Send> Copy<U, S> {
    /// Keeps it until the engine or the front end has ended. The board ends with it.
    async fn keep(
        mut self,
        mut lines: Lines<BufReader<impl AsyncRead + Unpin>>,
        mut write: impl AsyncWrite + Unpin,
        mut orders: mpsc::Receiver<Order>,
        mut wishes: mpsc::UnboundedReceiver<Wish>,
        mut requests: RequestQueue<S>,
    ) {
        loop {
            let message = tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order { watches, command }) => {
                        ToEngine::Command(CommandMessage { id: self.next_number(), command, watches })
                    }
                    // The front end has ended.
                    None => break,
                },
                Some(wish) = wishes.recv() => self.wish(wish),
                Some(Asked { request, replies }) = requests.recv() => {
                    let id = self.next_number();
                    self.awaited.retain(|_, replies| !replies.is_closed());
                    self.awaited.insert(id, replies);
                    ToEngine::Request { id, request: request.into() }
                }
                message = hear(&mut lines) => match message {
                    Ok(Some(message)) => match self.take(message) {
                        Some(answer) => answer,
                        None => continue,
                    },
                    Ok(None) | Err(Unheard::Ended) => return,
                    Err(error) => {
                        tracing::warn!(%error, "the connection to the engine has ended");
                        return;
                    }
                },
            };
            if say(&mut write, &message).await.is_err() {
                return;
            }
        }
        // What it has told its user last is not told again.
        while let Ok(wish) = wishes.try_recv() {
            let message = self.wish(wish);
            if say(&mut write, &message).await.is_err() {
                return;
            }
        }
        let _ = say(&mut write, &ToEngine::Bye).await;
    }

    const fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    fn wish(&mut self, wish: Wish) -> ToEngine {
        match wish {
            Wish::Wire(on) => ToEngine::Wire { on },
            Wish::Past(watch) => self.ask_past(watch),
            Wish::Ping => ToEngine::Ping { id: self.next_number() },
            Wish::Confirm(mail) => ToEngine::Confirm { mails: vec![mail] },
        }
    }

    fn ask_past(&mut self, watch: WatchId) -> ToEngine {
        self.looked_at = Some((watch.clone(), Instant::now()));
        ToEngine::Past { id: self.next_number(), watch }
    }

    /// Takes what the engine says; what there is to say to that.
    fn take(&mut self, message: ToFrontEnd) -> Option<ToEngine> {
        let now = Now { at: Instant::now(), wall: SystemTime::now() };
        match message {
            ToFrontEnd::Board(state) => self.publisher.take_over(|board, tally| {
                let pasts: BTreeMap<_, _> =
                    board.watches.iter().map(|(id, watch)| (id.clone(), Arc::clone(&watch.past))).collect();
                (*board, *tally) = state.board(now.at);
                for (id, past) in pasts {
                    if let Some(watch) = board.watches.get_mut(&id) {
                        Arc::make_mut(watch).past = past;
                    }
                }
            }),
            ToFrontEnd::Change(change) => {
                let changed: BTreeSet<WatchId> = change.watches.iter().map(|watch| watch.watch.clone()).collect();
                self.publisher.take_over(|board, tally| change.apply(board, tally, now.at));
                return self.look_again(&changed, now.at);
            }
            ToFrontEnd::Ended { cause, reason: _ } => {
                if let Some(why) = cause {
                    self.publisher.end(why);
                }
            }
            ToFrontEnd::Event(event) => self.publisher.forward(event.seq, event.event(now)),
            ToFrontEnd::Wire(line) => self.publisher.forward(0, line.event(now)),
            ToFrontEnd::Lost { count } => self.publisher.lose(count),
            ToFrontEnd::Past { id: _, watch, past } => self.publisher.take_over(|board, _| {
                if let Some(snapshot) = board.watches.get_mut(&watch) {
                    Arc::make_mut(snapshot).past = Arc::new(past.past(now.at));
                }
            }),
            ToFrontEnd::Answer(answer) if !answer.ok => {
                if let Some(replies) = self.awaited.remove(&answer.id) {
                    let _ = replies.try_send(Reply::Failed(answer.text));
                }
            }
            ToFrontEnd::Reply { id: Some(id), reply } => {
                if let Some(replies) = self.awaited.get(&id)
                    && let Some(reply) = reply.reply(|| (self.ui)(), now.at)
                {
                    // A front end that reads no replies needs none.
                    let _ = replies.try_send(reply);
                }
            }
            ToFrontEnd::Answer(_)
            | ToFrontEnd::Reply { id: None, .. }
            | ToFrontEnd::Hello(_)
            | ToFrontEnd::Refused { .. } => {}
        }
        None
    }

    /// What is over of the watch that is looked at grows when the watch changes.
    fn look_again(&mut self, changed: &BTreeSet<WatchId>, now: Instant) -> Option<ToEngine> {
        let (watch, asked) = self.looked_at.as_ref()?;
        let due = changed.contains(watch) && now.saturating_duration_since(*asked) >= PAST_AGAIN;
        let watch = due.then(|| watch.clone())?;
        Some(self.ask_past(watch))
    }
}
