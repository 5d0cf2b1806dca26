//! One front end's connection, from its hello to its end.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use super::earlier::earlier;
use super::host::Host;
use super::lines::{Lines, NoLine};
use super::refusal::{refuse, said, stranger, unfit};
use super::requests::Awaited;
use crate::history::{NoReaderName, check_attaching_name};
use crate::link::front_end::FrontEnd;
use crate::link::protocol::{
    Answer, Attach, BoardChange, BoardState, CommandMessage, EventState, NotUnderstood, PastState, TO_ENGINE_LIMIT,
    ToEngine, ToFrontEnd, WireState,
};
use crate::link::{Commander, Ending, NamedReader, ReaderName, hub};
use mailwatch_proto::model::{Asker, Board, Command, Event, EventKind, LINE_LIMIT, Tally, WatchId, sanitise};

/// How long a hello may take to arrive, and a refusal to leave.
const PATIENCE: Duration = Duration::from_secs(2);

/// Changes of the board within this time go out as one.
const SETTLE: Duration = Duration::from_millis(50);

/// Events that go out in one write.
const BATCH: usize = 256;

/// Batches that are sent still once the engine ends: all that is kept, and no flood's rest.
const LAST_BATCHES: usize = 64;

/// The role of a front end that a person looks at.
const SCREEN: &str = "screen";

/// Messages that a front end may be ahead of its answers; then it waits.
const AHEAD: usize = 32;

/// What a front end was sent of the board, to send what has changed since.
struct Sent {
    board: Board,
    tally: Tally,
}

/// What it is served with, once it has attached.
struct Served {
    front_end: FrontEnd,
    board: watch::Receiver<Board>,
    wants: Attach,
    sent: Sent,
    /// When a change of the board goes out.
    due: Option<Instant>,
}

/// Serves one front end until it leaves or the engine ends.
pub(super) async fn serve_front_end<S: Send + 'static>(
    (read, mut write): (impl AsyncRead + Send + Unpin + 'static, impl AsyncWrite + Unpin),
    host: &Host<S>,
) -> io::Result<()> {
    let mut lines = Lines::new(BufReader::new(read), TO_ENGINE_LIMIT);
    let Ok(first) = timeout(PATIENCE, lines.next()).await else { return Ok(()) };
    let hello = match first {
        Ok(None) => return Ok(()),
        Ok(Some(line)) => match ToEngine::parse(&line) {
            Ok(ToEngine::Hello(hello)) => hello,
            other => return refuse(&mut write, &stranger(&line, &other)).await,
        },
        Err(NoLine::Io(error)) => return Err(error),
        Err(error @ (NoLine::TooLong(_) | NoLine::NotText)) => return refuse(&mut write, &said(&error)).await,
    };
    if let Some(reason) = unfit(&hello, host) {
        return refuse(&mut write, &ToFrontEnd::Refused { reason }.line()).await;
    }
    send(&mut write, &[ToFrontEnd::Hello(host.hello.clone())]).await?;
    let _open = (hello.role == SCREEN).then(|| host.publisher.open_screen());
    let (messages, incoming) = mpsc::channel(AHEAD);
    // Reads beside the writing: what is read no faster than it is answered waits in the system.
    let mut reading = JoinSet::new();
    reading.spawn(read_messages(lines, messages));
    talk(host, Asker::new(&hello.role, hello.pid), incoming, &mut write).await
}

/// A message, or why the connection ends.
type Incoming = Result<Result<ToEngine, NotUnderstood>, NoLine>;

async fn read_messages(mut lines: Lines<BufReader<impl AsyncRead + Unpin>>, messages: mpsc::Sender<Incoming>) {
    loop {
        let message = match lines.next().await {
            Ok(Some(line)) => Ok(ToEngine::parse(&line)),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let ends = message.is_err();
        if messages.send(message).await.is_err() || ends {
            return;
        }
    }
}

async fn talk<S: Send + 'static>(
    host: &Host<S>,
    asker: Asker,
    mut incoming: mpsc::Receiver<Incoming>,
    write: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let mut awaited = Awaited::new(host.requests.another());
    let mut ending = host.publisher.ending();
    let mut served: Option<Served> = None;
    loop {
        let mut out = Vec::new();
        tokio::select! {
            biased;
            message = incoming.recv() => match message {
                None => return Ok(()),
                Some(Ok(Ok(ToEngine::Bye))) => {
                    if let Some(served) = &mut served {
                        served.front_end.leaves();
                    }
                    return Ok(());
                }
                Some(Err(NoLine::Io(error))) => return Err(error),
                Some(Err(error)) => return refuse(write, &said(&error)).await,
                Some(Ok(Err(error @ NotUnderstood::NotJson { .. }))) => {
                    return refuse(write, &ToFrontEnd::Refused { reason: error.to_string() }.line()).await;
                }
                // A newer front end's: what has a number is answered.
                Some(Ok(Err(error @ NotUnderstood::Message { .. }))) => {
                    out.extend(error.id().map(|id| not_taken(id, error.to_string())));
                }
                Some(Ok(Ok(ToEngine::Attach(wants)))) => {
                    let past = wants.past.clone();
                    let (new, board) = match Served::new(host, wants).await {
                        Ok(served) => served,
                        Err(why) => return refuse(write, &ToFrontEnd::Refused { reason: why.to_string() }.line()).await,
                    };
                    out.push(board);
                    if new.is_new_here() {
                        out.extend(earlier(host, &new.wants).await);
                    }
                    for watch in past {
                        out.extend(past_of(host, None, watch).await);
                    }
                    served = Some(new);
                }
                Some(Ok(Ok(message))) => take(message, (host, asker), &mut served, &mut awaited, &mut out).await,
            },
            why = ended(&mut ending) => {
                // What happened until now comes first.
                out.extend(served.as_mut().into_iter().flat_map(Served::rest));
                out.extend(awaited.rest());
                out.push(ToFrontEnd::ended(why));
                let _ = timeout(PATIENCE, send(write, &out)).await;
                return Ok(());
            }
            reply = awaited.reply() => out.extend(reply),
            more = next(&mut served) => match more {
                // It has ended without a word: its task broke.
                Next::Ended => {
                    let _ = timeout(PATIENCE, send(write, &[ToFrontEnd::ended(Ending::Fault)])).await;
                    return Ok(());
                }
                Next::Messages(messages) => out = messages,
            },
        }
        if !out.is_empty() {
            send(write, &out).await?;
        }
    }
}

/// Why the engine is about to end, once it is. Cancel-safe.
async fn ended(ending: &mut watch::Receiver<Option<Ending>>) -> Ending {
    match ending.wait_for(Option::is_some).await.map(|why| *why) {
        Ok(Some(why)) => why,
        Ok(None) | Err(_) => std::future::pending().await,
    }
}

enum Next {
    Messages(Vec<ToFrontEnd>),
    Ended,
}

/// What there is to send to one that has attached. Cancel-safe.
async fn next(served: &mut Option<Served>) -> Next {
    match served {
        Some(served) => served.next().await,
        None => std::future::pending().await,
    }
}

/// Takes a message that needs no more than an answer.
async fn take<S: Send + 'static>(
    message: ToEngine,
    (host, asker): (&Host<S>, Asker),
    served: &mut Option<Served>,
    awaited: &mut Awaited<S>,
    out: &mut Vec<ToFrontEnd>,
) {
    match message {
        ToEngine::Wire { on } => {
            if let Some(served) = served {
                served.wants.wire = on;
                served.front_end.want_wire(on);
            }
        }
        ToEngine::Past { id, watch } => out.extend(past_of(host, Some(id), watch).await),
        ToEngine::Confirm { mails } => {
            if let Some(served) = served {
                for mail in mails {
                    served.front_end.confirm(mail);
                }
            }
        }
        ToEngine::Command(command) => {
            // Who sees some accounts means those by all.
            let seen = served.as_ref().map_or_else(Vec::new, |served| served.wants.accounts.clone());
            out.push(ToFrontEnd::Answer(ordered(&host.publisher.commander(), &command, seen, asker)));
        }
        ToEngine::Request { id, request } => out.push(awaited.request(id, request)),
        ToEngine::Ping { id } => out.push(ToFrontEnd::Answer(Answer { id, ok: true, ..Answer::default() })),
        // A second hello changes nothing; the others are the caller's.
        ToEngine::Hello(_) | ToEngine::Attach(_) | ToEngine::Bye => {}
    }
}

fn not_taken(id: u64, text: String) -> ToFrontEnd {
    ToFrontEnd::Answer(Answer { id, ok: false, text, taken: 0 })
}

/// A watch's past, as the history has it; without one nothing is over.
async fn past_of<S>(host: &Host<S>, id: Option<u64>, watch: WatchId) -> Option<ToFrontEnd> {
    let key = host.keys.borrow().get(&watch).cloned()?;
    // The history itself reports what cannot be read.
    let past = host.history.past(&key).await.unwrap_or_default();
    Some(ToFrontEnd::Past { id, watch, past: Box::new(PastState::of(&past, Instant::now())) })
}

impl Served {
    async fn new<S>(host: &Host<S>, wants: Attach) -> Result<(Self, ToFrontEnd), NoReaderName> {
        let resume = wants.resume.as_ref().map(|left| match left.engine.as_str() {
            engine if engine == host.hello.engine => hub::Resume::After(left.after),
            "" => hub::Resume::Kept,
            _ => hub::Resume::All,
        });
        let mut front_end = host.publisher.attach(&hub::Attach { wire: wants.wire && wants.events, resume });
        if let Some(name) = &wants.reader {
            check_attaching_name(name)?;
            let reader = ReaderName { name: name.clone(), accounts: wants.accounts.clone(), own: false };
            front_end.read_as(NamedReader::begin(host.history.clone(), host.keys.clone(), reader).await);
        }
        let sent = Sent { board: Board::default(), tally: Tally::default() };
        let board = front_end.board.clone();
        let mut served = Self { front_end, board, wants, sent, due: None };
        let board = served.whole();
        Ok((served, board))
    }

    /// Whether it wants the log of what happened before: it is new to every engine, and has no name by which it was told.
    fn is_new_here(&self) -> bool {
        let wants = &self.wants;
        wants.events && wants.reader.is_none() && wants.resume.as_ref().is_some_and(|from| from.engine.is_empty())
    }

    /// The whole board.
    fn whole(&mut self) -> ToFrontEnd {
        self.due = None;
        self.sent.board = self.board.borrow_and_update().of_accounts(&self.wants.accounts);
        self.sent.tally.clone_from(&self.front_end.tally.borrow_and_update());
        let (board, after) = (&self.sent, self.front_end.last());
        ToFrontEnd::Board(Box::new(BoardState::of(&board.board, &board.tally, after, Instant::now())))
    }

    /// What has changed of it.
    fn change(&mut self) -> Option<ToFrontEnd> {
        self.due = None;
        let board = self.board.borrow_and_update().of_accounts(&self.wants.accounts);
        let tally = self.front_end.tally.borrow_and_update().clone();
        let before = (&self.sent.board, &self.sent.tally);
        let change = BoardChange::between(before, (&board, &tally), Instant::now());
        self.sent = Sent { board, tally };
        change.map(|change| ToFrontEnd::Change(Box::new(change)))
    }

    async fn next(&mut self) -> Next {
        loop {
            let due = self.due;
            tokio::select! {
                biased;
                () = until(due) => return Next::Messages(self.change().into_iter().collect()),
                event = self.front_end.event() => match event {
                    Some(event) => return Next::Messages(self.events(event)),
                    None => return Next::Ended,
                },
                changed = self.board.changed(), if due.is_none() => match changed {
                    Ok(()) => self.due = Some(Instant::now() + SETTLE),
                    Err(_) => return Next::Ended,
                },
            }
        }
    }

    /// This event and those that are there already.
    fn events(&mut self, first: Event) -> Vec<ToFrontEnd> {
        let mut messages = Vec::new();
        let mut next = Some(first);
        while let Some(event) = next {
            let number = self.front_end.last();
            if let EventKind::Lost { count } = event.kind {
                messages.push(ToFrontEnd::Lost { count });
                messages.push(self.whole());
            } else if self.wants.events && self.is_wanted(&event) {
                let wire = WireState::of(&event).map(|line| ToFrontEnd::Wire(Box::new(line)));
                let event = || EventState::of(number, &event).map(|event| ToFrontEnd::Event(Box::new(event)));
                messages.extend(wire.or_else(event));
            }
            next = if messages.len() < BATCH { self.front_end.try_event() } else { None };
        }
        messages
    }

    /// The events that are there, and what has changed of the board.
    fn rest(&mut self) -> Vec<ToFrontEnd> {
        let mut messages = Vec::new();
        for _ in 0..LAST_BATCHES {
            let Some(event) = self.front_end.try_event() else { break };
            messages.extend(self.events(event));
        }
        messages.extend(self.change());
        messages
    }

    fn is_wanted(&self, event: &Event) -> bool {
        let accounts = &self.wants.accounts;
        event.watch.as_ref().is_none_or(|watch| accounts.is_empty() || accounts.contains(&watch.account))
    }
}

/// Gives a command to whom it is for.
fn ordered(commander: &Commander, command: &CommandMessage, seen: Vec<Arc<str>>, asker: Asker) -> Answer {
    let all: Vec<WatchId>;
    let watches = if command.watches.is_empty() {
        all = commander.clone().of(seen).watches();
        &all
    } else {
        &command.watches
    };
    let mut wanted = command.command;
    if let Command::Retune { by, .. } = &mut wanted {
        *by = Some(asker);
    }
    tracing::info!(by = %asker, watches = watches.len(), "{wanted:?}");
    let mut answer = Answer { id: command.id, ok: true, ..Answer::default() };
    for watch in watches {
        match commander.send(watch, wanted) {
            Ok(()) => answer.taken += 1,
            Err(why) => {
                answer.ok = false;
                answer.text = sanitise(&format!("{watch}: {}", why.words()), LINE_LIMIT);
            }
        }
    }
    answer
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

async fn send(write: &mut (impl AsyncWrite + Unpin), messages: &[ToFrontEnd]) -> io::Result<()> {
    let mut text = String::new();
    for message in messages {
        text.push_str(&message.line());
        text.push('\n');
    }
    write.write_all(text.as_bytes()).await
}
