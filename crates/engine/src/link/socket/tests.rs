//! Both ends on real sockets: who is served, what is shown and told, and that nothing that one side does harms the other.

mod earlier;
mod ending;
mod resuming;
#[cfg(target_os = "linux")]
mod strangers;

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::timeout;

use super::client::{Attached, attach_at};
use super::host::Host;
use super::no_engine::NoEngine;
use super::paths::SocketPaths;
use super::server::{SocketServer, serve_at};
use super::*;
use crate::history::History;
use crate::link::protocol::{Attach, FrontEndHello, Resume, VERSION};
use crate::link::{Commands, FrontEnd, Link, Publisher, link};
use crate::requests::{Reply, Request, RequestQueue, request_channel};
use mailwatch_proto::model::{Command, Event, EventKind, Phase, Snapshot, Timers, WatchId, WireDirection, WireLine};

/// Long enough for a busy machine.
const BOUND: Duration = Duration::from_secs(20);

/// A state directory and a runtime directory.
struct Rig {
    root: tempfile::TempDir,
}

/// An engine without watches of its own: what is published is shown.
struct Engine {
    publisher: Publisher,
    own: FrontEnd,
    commands: Commands,
    requests: RequestQueue<()>,
    server: SocketServer,
}

fn inbox() -> WatchId {
    WatchId::new("work", "INBOX")
}

impl Rig {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        for dir in ["run", "state", "other"] {
            fs::create_dir(root.path().join(dir)).expect("made");
        }
        Self { root }
    }

    fn state(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn paths(&self, state: &str) -> SocketPaths {
        let uid = rustix::process::geteuid().as_raw();
        SocketPaths::under(&self.state(state), Some(self.state("run")), uid).expect("a state directory")
    }

    fn socket(&self, state: &str) -> PathBuf {
        self.paths(state).make().expect("a place")
    }

    fn engine(&self) -> Engine {
        self.engine_with(History::in_process())
    }

    fn engine_with(&self, history: History) -> Engine {
        let Link { publisher, mut commands, front_end, .. } = link([inbox()], 4096, false);
        let (client, requests) = request_channel();
        let keys = watch::Sender::new(std::collections::BTreeMap::new()).subscribe();
        let config = self.state("config.toml");
        let host = Host::new("watch", Some(&config), publisher.clone(), client, history, keys);
        let server = serve_at(&self.paths("state"), host).expect("a socket");
        let commands = commands.remove(&inbox()).expect("its commands");
        let engine = Engine { publisher, own: front_end, commands, requests, server };
        engine.show("INBOX", |_| {});
        engine
    }

    async fn attach(&self, state: &str, wants: &Attach) -> Result<Attached<()>, NoEngine> {
        self.attach_as(state, &hello(None), wants).await
    }

    async fn attach_as(&self, state: &str, hello: &FrontEndHello, wants: &Attach) -> Result<Attached<()>, NoEngine> {
        attach_at(&self.paths(state), &self.state(state), hello, wants, || ()).await
    }

    async fn attached(&self) -> Attached<()> {
        self.attach("state", &all()).await.expect("an engine")
    }

    /// Says this to the socket, and hears what comes until the end.
    async fn said(&self, bytes: &'static [u8]) -> String {
        let mut stream = StdStream::connect(self.socket("state")).expect("connected");
        let talk = move || {
            // It may be closed already.
            let _ = stream.write_all(bytes);
            let mut heard = Vec::new();
            // It may be reset.
            let _ = stream.read_to_end(&mut heard);
            String::from_utf8(heard).expect("text")
        };
        timeout(BOUND, tokio::task::spawn_blocking(talk)).await.expect("it ends").expect("no panic")
    }
}

impl Engine {
    /// Changes the watch of a mailbox, new where there is none.
    fn show(&self, mailbox: &str, change: impl FnOnce(&mut Snapshot)) {
        let id = WatchId::new("work", mailbox);
        let known = self.own.board.borrow().watches.get(&id).map(|watch| Snapshot::clone(watch));
        let mut snapshot = known.unwrap_or_else(|| Snapshot::new(id, Timers::default(), Instant::now()));
        snapshot.phase = Phase::Idling;
        change(&mut snapshot);
        self.publisher.show(snapshot);
    }

    fn tell(&self, kind: EventKind) {
        let (ts, at) = (SystemTime::now(), Instant::now());
        self.publisher.publish(Event { ts, at, watch: Some(inbox()), conn: None, kind });
    }
}

fn hello(config: Option<PathBuf>) -> FrontEndHello {
    FrontEndHello {
        version: VERSION,
        program: program(),
        role: "screen".to_owned(),
        config: config.map(|path| config_name(&path)),
        pid: None,
    }
}

fn all() -> Attach {
    Attach { events: true, ..Attach::default() }
}

fn alert(n: u32) -> EventKind {
    EventKind::Alert { text: n.to_string() }
}

fn wire(text: &str) -> EventKind {
    EventKind::Wire(WireLine { direction: WireDirection::Server, text: text.to_owned() })
}

async fn event(front_end: &mut FrontEnd) -> Option<EventKind> {
    timeout(BOUND, front_end.event()).await.expect("something comes").map(|event| event.kind)
}

/// Waits for a board that fits.
async fn board(front_end: &mut FrontEnd, fits: impl Fn(&mailwatch_proto::model::Board) -> bool) {
    timeout(BOUND, front_end.board.wait_for(|board| fits(board))).await.expect("in time").expect("it goes on");
}

#[tokio::test]
async fn a_front_end_sees_the_board_its_changes_and_what_happens_and_the_end() {
    let (rig, link) = (Rig::new(), all());
    let engine = rig.engine();
    engine.tell(alert(1));
    let mut attached = rig.attach("state", &link).await.expect("an engine");
    assert_eq!((attached.engine.role.as_str(), attached.engine.pid), ("watch", std::process::id()));
    let front_end = &mut attached.front_end;
    board(front_end, |board| board.watches[&inbox()].phase == Phase::Idling).await;
    engine.show("INBOX", |watch| watch.mailbox.unseen = Some(4));
    engine.show("lists", |_| {});
    board(front_end, |board| board.watches.len() == 2 && board.watches[&inbox()].mailbox.unseen == Some(4)).await;
    engine.publisher.change(|board| drop(board.watches.remove(&WatchId::new("work", "lists"))));
    board(front_end, |board| board.watches.len() == 1).await;
    engine.tell(alert(2));
    engine.tell(wire("not asked for"));
    engine.tell(alert(3));
    assert_eq!(event(front_end).await, Some(alert(2)), "it begins at its attaching");
    assert_eq!(event(front_end).await, Some(alert(3)));
    assert_eq!(front_end.last(), 3);
    drop(engine);
    assert_eq!(event(front_end).await, None);
    assert!(!rig.socket("state").exists(), "what ended leaves no socket");
    timeout(BOUND, attached.ended).await.expect("it ends").expect("no panic");
}

#[tokio::test]
async fn what_a_front_end_asks_reaches_the_watch_and_the_engine_and_is_answered() {
    let rig = Rig::new();
    let mut engine = rig.engine();
    let Attached { mut front_end, mut requests, .. } = rig.attached().await;
    board(&mut front_end, |board| !board.watches.is_empty()).await;
    front_end.commander().send(&inbox(), Command::Done).expect("taken");
    assert_eq!(engine.commands.recv().await, Some(Command::Done));
    assert_eq!(front_end.commander().send_all(Command::Pause), 1);
    assert_eq!(engine.commands.recv().await, Some(Command::Pause));
    assert!(requests.request(Request::Reload));
    let asked = timeout(BOUND, engine.requests.recv()).await.expect("in time").expect("a request");
    assert_eq!(asked.request, Request::Reload);
    asked.replies.send(Reply::Read { said: "2 accounts".to_owned(), ui: () }).await.expect("it waits");
    let reply = timeout(BOUND, requests.reply()).await.expect("in time");
    assert!(matches!(&reply, Reply::Read { said, ui: () } if said == "2 accounts"), "{reply:?}");
}

#[tokio::test]
async fn two_front_ends_get_their_own_replies_and_each_the_others_changes() {
    let rig = Rig::new();
    let mut engine = rig.engine();
    let (mut one, mut two) = (rig.attached().await, rig.attached().await);
    assert!(one.requests.request(Request::Evidence) && two.requests.request(Request::Sample));
    for _ in 0..2 {
        let asked = timeout(BOUND, engine.requests.recv()).await.expect("in time").expect("a request");
        let said = format!("{:?}", asked.request);
        asked.replies.send(Reply::Done(said)).await.expect("it waits");
    }
    for (attached, expected) in [(&mut one, "Evidence"), (&mut two, "Sample")] {
        let reply = timeout(BOUND, attached.requests.reply()).await.expect("in time");
        assert!(matches!(&reply, Reply::Done(said) if said == expected), "{reply:?}");
    }
}

#[tokio::test]
async fn the_trace_is_sent_to_who_wants_it_while_it_does() {
    let rig = Rig::new();
    let engine = rig.engine();
    let mut attached = rig.attach("state", &Attach { wire: true, ..all() }).await.expect("an engine");
    let wanted = async |wanted: bool| {
        while engine.publisher.wants_wire() != wanted {
            tokio::task::yield_now().await;
        }
    };
    assert!(engine.publisher.wants_wire());
    engine.tell(wire("one"));
    assert_eq!(event(&mut attached.front_end).await, Some(wire("one")));
    attached.front_end.want_wire(false);
    timeout(BOUND, wanted(false)).await.expect("it is heard");
    attached.front_end.want_wire(true);
    timeout(BOUND, wanted(true)).await.expect("it is heard");
    drop(attached);
    timeout(BOUND, wanted(false)).await.expect("who left wants nothing");
}

#[tokio::test]
async fn who_comes_back_goes_on_where_it_left_off_and_after_another_engine_begins_with_its_start() {
    let rig = Rig::new();
    let engine = rig.engine();
    for n in 1..=3 {
        engine.tell(alert(n));
    }
    let first = rig.attached().await;
    let left = |engine: &str, after| Attach { resume: Some(Resume { engine: engine.to_owned(), after }), ..all() };
    let mut back = rig.attach("state", &left(&first.engine.engine, 2)).await.expect("an engine");
    assert_eq!(event(&mut back.front_end).await, Some(alert(3)));
    let mut other = rig.attach("state", &left("another", 2)).await.expect("an engine");
    for n in 1..=3 {
        assert_eq!(event(&mut other.front_end).await, Some(alert(n)));
    }
}

#[tokio::test]
async fn one_that_does_not_read_harms_nobody_and_is_told_what_it_lost() {
    let rig = Rig::new();
    let engine = rig.engine();
    let mut deaf = StdStream::connect(rig.socket("state")).expect("connected");
    deaf.write_all(b"{\"type\":\"hello\",\"version\":1,\"program\":\"deaf\"}\n{\"type\":\"attach\",\"events\":true}\n")
        .expect("written");
    let mut attached = rig.attached().await;
    let text = "x".repeat(500);
    // Far more than a socket's buffers and a queue hold, as fast as the other takes it.
    for _ in 0..100 {
        for _ in 0..200 {
            engine.tell(EventKind::Bye { text: text.clone() });
        }
        for _ in 0..200 {
            assert!(event(&mut attached.front_end).await.is_some());
        }
    }
    assert!(engine.own.tally.borrow().lost > 0, "the deaf one has lost some");
    deaf.set_read_timeout(Some(BOUND)).expect("set");
    let heard = tokio::task::spawn_blocking(move || {
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(deaf));
        lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("{\"type\":\"lost\""))).is_some()
    });
    assert!(timeout(BOUND, heard).await.expect("in time").expect("no panic"), "it is told of its losses");
}

#[tokio::test]
async fn garbage_floods_and_endless_lines_end_their_own_connection_alone() {
    let rig = Rig::new();
    let engine = rig.engine();
    let endless: &'static [u8] = Box::leak(vec![b'x'; 3 << 20].into_boxed_slice());
    for odd in [b"\n".as_slice(), b"GET / HTTP/1.1\r\n", b"{\"type\":\"bye\"}\n", b"[]\n", b"\xff\xfe\n", endless] {
        let said = rig.said(odd).await;
        assert!(said.is_empty() || said.starts_with("{\"type\":\"refused\""), "{said}");
    }
    let said = rig.said(b"{\"type\":\"hello\",\"version\":1,\"program\":\"x\"}\nnonsense\n").await;
    assert!(said.lines().nth(1).is_some_and(|line| line.starts_with("{\"type\":\"refused\"")), "{said}");
    let said = rig.said(b"{\"type\":\"hello\",\"version\":2,\"program\":\"new\"}\n").await;
    assert!(said.contains("speaks version 1 of the protocol, and new version 2"), "{said}");
    // A newer front end's message with a number is answered, one without is ignored.
    let said = rig
        .said(b"{\"type\":\"hello\",\"version\":1,\"program\":\"x\",\"new\":1}\n{\"type\":\"dance\"}\n{\"type\":\"sing\",\"id\":7}\n{\"type\":\"bye\"}\n")
        .await;
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() == 2 && lines[1].contains("\"id\":7,\"ok\":false"), "{said}");
    let silent: Vec<_> = (0..50).map(|_| StdStream::connect(rig.socket("state")).expect("connected")).collect();
    let mut attached = rig.attached().await;
    engine.tell(alert(1));
    assert_eq!(event(&mut attached.front_end).await, Some(alert(1)));
    drop(silent);
}

#[tokio::test]
async fn a_status_of_the_version_before_hears_what_to_do() {
    let rig = Rig::new();
    let _engine = rig.engine();
    let said = rig.said(b"{\"shape\":\"text\",\"accounts\":[],\"follow\":false}\n").await;
    assert!(said.starts_with("{\"error\":\"") && said.contains("of its own version"), "{said}");
}

#[tokio::test]
async fn an_engine_of_the_version_before_is_named() {
    let rig = Rig::new();
    let listener = StdListener::bind(rig.socket("state")).expect("bound");
    let old = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stream.try_clone().expect("one more")), &mut line)
            .expect("a line");
        stream.write_all(b"{\"error\":\"the question is not understood\"}\n").expect("written");
    });
    let error = rig.attach("state", &all()).await.expect_err("it takes no front ends");
    assert!(matches!(error, NoEngine::Older(_)), "{error}");
    assert!(error.to_string().contains("0.1.0") && error.to_string().contains("end it"), "{error}");
    old.join().expect("no panic");
}

#[tokio::test]
async fn another_configuration_than_the_engines_is_refused_in_a_sentence() {
    let rig = Rig::new();
    let _engine = rig.engine();
    let same = hello(Some(rig.state("config.toml")));
    rig.attach_as("state", &same, &all()).await.expect("the same");
    let other = hello(Some(rig.state("other.toml")));
    let error = rig.attach_as("state", &other, &all()).await.expect_err("another").to_string();
    assert!(error.contains("config.toml") && error.contains("other.toml") && error.contains("--state-dir"), "{error}");
}

#[tokio::test]
async fn the_socket_is_its_users_alone_and_each_state_directory_has_its_own() {
    let rig = Rig::new();
    let _engine = rig.engine();
    let metadata = rig.socket("state").metadata().expect("a socket");
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert!(matches!(rig.attach("other", &all()).await, Err(NoEngine::NotRunning(_))), "each has its own");
    let mut paths = rig.paths("state");
    paths.set_uid(paths.uid() + 1);
    let error = attach_at(&paths, &rig.state("state"), &hello(None), &all(), || ()).await.expect_err("a stranger's");
    assert!(matches!(error, NoEngine::Foreign(_)), "{error}");
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced() {
    let rig = Rig::new();
    let socket = rig.socket("state");
    drop(StdListener::bind(&socket).expect("bound"));
    assert!(socket.exists(), "as after kill -9");
    assert!(matches!(rig.attach("state", &all()).await, Err(NoEngine::NotRunning(_))));
    let _engine = rig.engine();
    rig.attached().await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_hangs_is_given_up_and_named() {
    let rig = Rig::new();
    let _deaf = StdListener::bind(rig.socket("state")).expect("bound");
    let error = rig.attach("state", &all()).await.expect_err("nobody answers").to_string();
    let pid = std::process::id();
    assert_eq!(error, format!("mailwatch-tui (process {pid}) runs but does not answer within 2 s"));
}

#[tokio::test]
async fn an_engine_that_dies_in_the_middle_of_a_greeting_does_not_run() {
    let rig = Rig::new();
    let dying = StdListener::bind(rig.socket("state")).expect("bound");
    // Before it has read anything: what is written to it is left unread, or comes too late.
    std::thread::spawn(move || dying.incoming().for_each(drop));
    for _ in 0..100 {
        let error = rig.attach("state", &all()).await.expect_err("nobody answers");
        assert!(matches!(error, NoEngine::NotRunning(_)), "{error}");
    }
}
