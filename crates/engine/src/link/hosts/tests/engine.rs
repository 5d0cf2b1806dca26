//! An engine at the other end of a host's streams, and the program between, both played by the test.

use std::io;
use std::time::SystemTime;

use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
    duplex, split,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use super::{BOUND, inbox};
use crate::link::Ending;
use crate::link::hosts::{Carrier, HostSetting, ProgramEnd, Reach};
use crate::link::protocol::{
    Answer, BoardState, EngineHello, EventState, ReplyState, Resume, ToEngine, ToFrontEnd, WireState,
};
use crate::requests::{Reply, Request};
use mailwatch_proto::model::{Board, Command, Event, EventKind, Tally, WatchId, WireLine};

/// Room in the streams: no board of a test fills it.
const ROOM: usize = 1 << 20;

/// A try to reach a host, at the test's end.
pub struct Dial {
    host: String,
    streams: DuplexStream,
    said: watch::Sender<String>,
    ended: oneshot::Sender<ProgramEnd>,
}

/// Gives each try to the test.
#[derive(Clone)]
pub struct Dialling(mpsc::UnboundedSender<Dial>);

pub fn dials() -> (Dialling, mpsc::UnboundedReceiver<Dial>) {
    let (tell, dials) = mpsc::unbounded_channel();
    (Dialling(tell), dials)
}

impl Reach for Dialling {
    fn reach(&self, host: &HostSetting) -> io::Result<Carrier> {
        let (near, streams) = duplex(ROOM);
        let (read, write) = split(near);
        let (said, words) = watch::channel(String::new());
        let (ended, end) = oneshot::channel();
        // The test may be over.
        let _ = self.0.send(Dial { host: host.name.to_string(), streams, said, ended });
        let ended = Box::pin(async move {
            match end.await {
                Ok(end) => end,
                Err(_) => std::future::pending().await,
            }
        });
        Ok(Carrier { read: Box::new(read), write: Box::new(write), said: words, ended })
    }
}

impl Dial {
    /// The program between says something.
    pub fn says(&self, words: &str) {
        self.said.send_replace(words.to_owned());
    }

    /// Whether the other end closes, at once or soon.
    pub async fn hangs_up(mut self) -> bool {
        let reading = async {
            let mut room = [0; 1024];
            while let Ok(1..) = self.streams.read(&mut room).await {}
        };
        timeout(BOUND, reading).await.is_ok()
    }

    /// It ends without having reached the host.
    pub fn fails(self, words: &str) {
        if !words.is_empty() {
            self.says(words);
        }
        let _ = self.ended.send(ProgramEnd::Badly("exit code 255".to_owned()));
    }
}

/// An engine that a front end has attached to.
pub struct Engine {
    pub host: String,
    pub resume: Option<Resume>,
    pub reader: Option<String>,
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
    write: Option<WriteHalf<DuplexStream>>,
    said: watch::Sender<String>,
    ended: oneshot::Sender<ProgramEnd>,
}

impl Engine {
    /// Says hello, and shows this board.
    pub async fn answer(dial: Dial, run: &str, board: &Board) -> Self {
        let Dial { host, streams, said, ended } = dial;
        let (read, write) = split(streams);
        let lines = BufReader::new(read).lines();
        let mut engine = Self { host, resume: None, reader: None, lines, write: Some(write), said, ended };
        engine.hear(|message| matches!(message, ToEngine::Hello(_)).then_some(())).await;
        engine
            .say(&ToFrontEnd::Hello(EngineHello {
                version: 1,
                program: "mailwatch-tui 9.9.9".to_owned(),
                engine: run.to_owned(),
                pid: 7,
                role: "watch".to_owned(),
                since: crate::link::protocol::Wall(SystemTime::UNIX_EPOCH),
                config: None,
                features: Vec::new(),
            }))
            .await;
        let attach =
            engine.hear(|message| if let ToEngine::Attach(attach) = message { Some(attach) } else { None }).await;
        (engine.resume, engine.reader) = (attach.resume, attach.reader);
        let state = BoardState::of(board, &Tally::default(), 0, Instant::now().into_std());
        engine.say(&ToFrontEnd::Board(Box::new(state))).await;
        engine
    }

    async fn say(&mut self, message: &ToFrontEnd) {
        if let Some(write) = &mut self.write {
            write.write_all(format!("{}\n", message.line()).as_bytes()).await.expect("the front end is there");
        }
    }

    /// The next message that is looked for.
    async fn hear<T>(&mut self, mut wanted: impl FnMut(ToEngine) -> Option<T>) -> T {
        loop {
            let line = timeout(BOUND, self.lines.next_line()).await.expect("a message in time");
            let line = line.expect("the streams are there").expect("the front end is there");
            if let Some(found) = wanted(ToEngine::parse(&line).expect("a message")) {
                return found;
            }
        }
    }

    /// The next command that comes.
    pub async fn command(&mut self) -> (Command, Vec<WatchId>) {
        self.hear(|message| if let ToEngine::Command(it) = message { Some((it.command, it.watches)) } else { None })
            .await
    }

    /// The next request that comes, taken.
    pub async fn request(&mut self) -> (u64, Request) {
        let request =
            |message| if let ToEngine::Request { id, request } = message { Some((id, request)) } else { None };
        let (id, request) = self.hear(request).await;
        self.say(&ToFrontEnd::Answer(Answer { id, ok: true, ..Answer::default() })).await;
        (id, request.into())
    }

    /// What became of a request.
    pub async fn reply(&mut self, id: u64, reply: &Reply<()>) {
        let reply = ReplyState::of(reply, Instant::now().into_std()).expect("for other processes");
        self.say(&ToFrontEnd::Reply { id: Some(id), reply: Box::new(reply) }).await;
    }

    /// Whether any mail is confirmed to it before the next command.
    pub async fn is_confirmed_a_mail(&mut self) -> bool {
        self.hear(|message| match message {
            ToEngine::Confirm { .. } => Some(true),
            ToEngine::Command(_) => Some(false),
            _ => None,
        })
        .await
    }

    /// Tells of something that happened to the one watch, under this number.
    pub async fn tell(&mut self, number: u64, kind: EventKind) {
        let state = EventState::of(number, &event(kind)).expect("no line of the trace");
        self.say(&ToFrontEnd::Event(Box::new(state))).await;
    }

    /// Sends a line of its trace.
    pub async fn trace(&mut self, line: WireLine) {
        let state = WireState::of(&event(EventKind::Wire(line))).expect("a line of the trace");
        self.say(&ToFrontEnd::Wire(Box::new(state))).await;
    }

    /// Answers each ping, and nothing else.
    pub async fn answer_pings(mut self) {
        loop {
            let id = self.hear(|message| if let ToEngine::Ping { id } = message { Some(id) } else { None }).await;
            self.say(&ToFrontEnd::Answer(Answer { id, ok: true, ..Answer::default() })).await;
        }
    }

    /// Says that it ends.
    pub async fn ends(&mut self, why: Ending) {
        self.say(&ToFrontEnd::ended(why)).await;
    }

    /// Its streams end, and the program between with these words.
    pub fn over(self, words: &str, end: Option<ProgramEnd>) {
        let Self { lines, write, said, ended, .. } = self;
        if !words.is_empty() {
            said.send_replace(words.to_owned());
        }
        drop((lines, write, said));
        match end {
            Some(end) => drop(ended.send(end)),
            None => drop(ended),
        }
    }
}

/// Something that happens to `work/INBOX` now.
pub fn event(kind: EventKind) -> Event {
    let at = Instant::now().into_std();
    Event { ts: SystemTime::UNIX_EPOCH, at, watch: Some(inbox("work")), conn: None, kind }
}
