//! An engine in this process: with what serves its front ends, those of other processes too.

use std::io;
use std::path::Path;
use std::time::{Instant, SystemTime};

use mailwatch_engine::Engine;
use mailwatch_engine::dial::Dialler;
use mailwatch_engine::engine_lock::EngineLock;
use mailwatch_engine::history::History;
use mailwatch_engine::link::socket::{self, SocketServer};
use mailwatch_engine::link::{Ending, FrontEnd, NamedReader, Publisher, ReaderName, hour_before};
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::requests::{AppService, NextProgram, request_channel, serve};
use mailwatch_engine::secret::TypedPasswords;
use mailwatch_proto::model::Account;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::command_line::CommandLine;
use super::metrics::{Metrics, Serving};
use super::notify::{self, Acting};
use super::start::start;
use crate::tui::requests::RequestClient;

/// What an engine is made of.
#[derive(Debug)]
pub struct Material {
    /// The configuration, already read.
    pub app: AppService<CommandLine>,
    /// Its accounts.
    pub accounts: Vec<Account>,
    /// What was typed for this run.
    pub typed: TypedPasswords,
    /// Makes connections.
    pub dialler: Dialler,
}

/// What an engine is started with.
#[derive(Debug)]
pub struct Begin<'a> {
    /// The right to be it.
    pub lock: EngineLock,
    /// `watch` or `screen`.
    pub role: &'static str,
    /// What it is made of.
    pub material: Material,
    /// The state directory.
    pub state: &'a Path,
    /// The configuration's path, as front ends compare it.
    pub config: Option<&'a Path>,
    /// What a monitoring system reads.
    pub metrics: &'a Metrics,
    /// The name by which it is remembered what its own front end was told.
    pub reader: Option<ReaderName>,
}

/// A running engine. Its front end is taken out of it to be shown.
#[derive(Debug)]
pub struct OwnEngine {
    /// Serves requests until all who might make them are gone; then the engine, and whether a configuration was usable.
    serving: JoinHandle<(Engine, bool)>,
    notifying: JoinHandle<()>,
    /// What answers outside: the metrics, and the socket.
    outside: Outside,
    publisher: Publisher,
    lock: EngineLock,
    typed: watch::Receiver<TypedPasswords>,
    /// Of one that can be started anew.
    next: Option<watch::Receiver<Option<NextProgram>>>,
}

/// An engine that serves nobody any more, to be stopped.
#[derive(Debug)]
pub struct Unserved {
    /// The engine.
    pub engine: Engine,
    /// Whether there was a usable configuration.
    pub ready: bool,
    /// Announces the last mail; awaited at the program's end.
    pub notifying: JoinHandle<()>,
    /// Held until the engine has let go of its connections.
    pub lock: EngineLock,
}

#[derive(Debug)]
struct Outside {
    _metrics: Serving,
    socket: SocketServer,
}

impl OwnEngine {
    /// Starts it. The front end is this process's own: what it confirms counts as told.
    pub async fn start(begin: Begin<'_>) -> (Self, FrontEnd, RequestClient) {
        let Begin { lock, role, material, state, config, metrics, reader } = begin;
        let Material { mut app, accounts, typed, dialler } = material;
        let is_screen = role == "screen";
        let (history, _) = History::open(state);
        let kept = (history.clone(), LoginGovernor::open(state));
        let asked = app.take_typed(typed);
        let typed = asked.clone();
        // A screen has the terminal.
        let next = (!is_screen).then(|| app.next_program());
        // The clocks are read here because the hour before the start ends with it.
        let (now, at) = (SystemTime::now(), Instant::now());
        let earlier = if is_screen { hour_before(&history, now, (now, at)).await } else { Vec::new() };
        let (engine, publisher, mut front_end) = start(accounts, dialler, asked, kept, is_screen).await;
        front_end.begin_with(earlier);
        if let Some(reader) = reader {
            front_end.read_as(NamedReader::begin(history.clone(), engine.keys(), reader).await);
        }
        let notifications = app.notifications();
        let (client, queue) = request_channel();
        let screen = is_screen.then(|| client.reply_to());
        let acting = Acting::new(client.weak(), screen.clone()).asking(engine.special_uses());
        let notifying = notify::start(&mut front_end, notifications, screen, acting);
        let tells = publisher.clone();
        let socket = {
            let (requests, keys) = (client.another(), engine.keys());
            socket::serve(state, socket::Host::new(role, config, publisher, requests, history.clone(), keys))
        };
        let outside = Outside { _metrics: metrics.serve(&front_end), socket };
        let mut service = app.with_engine(engine, history);
        let serving = tokio::spawn(async move {
            serve(&mut service, queue).await;
            service.into_engine()
        });
        (Self { serving, notifying, outside, publisher: tells, lock, typed, next }, front_end, client)
    }

    /// Its lock.
    #[cfg_attr(not(unix), expect(dead_code, reason = "a process becomes no other program here"))]
    pub const fn lock(&self) -> &EngineLock {
        &self.lock
    }

    /// What was typed for this run, by now.
    #[cfg_attr(not(unix), expect(dead_code, reason = "a process becomes no other program here"))]
    pub fn typed(&self) -> TypedPasswords {
        self.typed.borrow().clone()
    }

    /// How many front ends are attached besides its own.
    pub fn others(&self) -> watch::Receiver<usize> {
        self.publisher.others()
    }

    /// The program that is to be started in this one's place, once that is asked for.
    pub fn next_program(&self) -> Option<watch::Receiver<Option<NextProgram>>> {
        self.next.clone()
    }

    /// Tells its front ends why it ends, ends what answers outside, and gives the engine back. All clients of its requests are
    /// dropped before.
    ///
    /// # Errors
    /// Where its service broke.
    pub async fn unserved(self, why: Ending) -> io::Result<Unserved> {
        let Self { serving, notifying, outside, publisher, lock, typed: _, next: _ } = self;
        publisher.end(why);
        drop(publisher);
        outside.socket.told().await;
        let (engine, ready) = serving.await.map_err(io::Error::other)?;
        Ok(Unserved { engine, ready, notifying, lock })
    }
}
