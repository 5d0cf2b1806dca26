//! The program around the screen, as the screen sees it: what only it can do is requested here and answered here. The
//! screen knows neither files nor the engine.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;

use super::settings::Ui;
pub use mailwatch_engine::config::save::{Place, Tuned};
use mailwatch_engine::config::{ConfigError, Draft, Wrong};
use mailwatch_engine::notify::Alert;
use mailwatch_proto::model::check::Step;
use mailwatch_proto::model::{Auth, TlsMode};

/// Requests that may wait: they are a person's key presses.
const CAPACITY: usize = 16;

/// A password as it was typed. Shown nowhere, zeroed when dropped.
#[derive(Clone, Debug)]
pub struct Password(pub SecretString);

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Password {}

/// Where a password is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// In the system's keyring.
    Keyring,
    /// Nowhere: in memory, until the program ends.
    ThisRun,
}

/// An account to be, with the password that was typed; without one, its command is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub draft: Draft,
    /// What was typed, and where it is to be kept.
    pub password: Option<(Password, Keep)>,
}

/// A server that an address may belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is encrypted.
    pub tls: TlsMode,
    /// How one logs in there.
    pub auth: Auth,
    /// The login name.
    pub user: String,
    /// Where this comes from, in words.
    pub source: String,
    /// What to know before logging in there.
    pub note: Option<String>,
}

/// What the screen wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read the configuration again.
    Reload,
    /// Write the evidence into a file.
    Evidence,
    /// Write these timers into the configuration.
    Save(Vec<Tuned>),
    /// Write the commented sample where the configuration is to be.
    Sample,
    /// Find the server of a mail address.
    Find(String),
    /// Try a connection; its steps carry this number.
    Try(u64, Box<Entry>),
    /// Let go of the connection on trial.
    StopTrying,
    /// Write an account into the configuration, and watch it.
    Add(Box<Entry>),
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Reply {
    /// It was done: a sentence that says what.
    Done(String),
    /// It was read, and is in force.
    Read {
        /// What changed, in a sentence.
        said: String,
        /// How the screen looks.
        ui: Ui,
    },
    /// It could not be done: a sentence that says why, and what to do.
    Failed(String),
    /// The configuration cannot be used; the one read before stays in force.
    Config(Arc<ConfigError>),
    /// The server of an address; none where nobody knows one.
    Found(String, Option<Box<Server>>),
    /// A step of the connection on trial of this number.
    Step(u64, Step),
    /// That connection's end, and whether every step went well.
    Tried(u64, bool),
    /// An account cannot be as it was typed.
    Wrong(Wrong),
    /// The terminal is to notify of mail; nobody asked for this.
    Alert(Alert),
    /// Something to be known that nobody asked for: a sentence that says what to do.
    Notice(String),
    /// The keyring does not take the password: a sentence that says why.
    NotKept(String),
}

/// The screen's end.
#[derive(Debug)]
pub struct Host {
    requests: mpsc::Sender<Request>,
    replies: mpsc::Receiver<Reply>,
}

/// The program's end.
#[derive(Debug)]
pub struct Desk {
    /// What the screen wants; `None` once it has ended.
    pub requests: mpsc::Receiver<Request>,
    /// Where it hears.
    pub replies: mpsc::Sender<Reply>,
}

/// Both ends.
#[must_use]
pub fn host() -> (Host, Desk) {
    let (requests, asked) = mpsc::channel(CAPACITY);
    let (answers, replies) = mpsc::channel(CAPACITY);
    (Host { requests, replies }, Desk { requests: asked, replies: answers })
}

impl Host {
    /// A host that does nothing: each request is not taken.
    #[must_use]
    pub fn absent() -> Self {
        host().0
    }

    /// Requests something. Never waits; false where nobody takes it.
    pub(super) fn request(&self, request: Request) -> bool {
        self.requests.try_send(request).is_ok()
    }

    /// The next answer; never ends, so that it can stand in a `select!` for as long as the screen does. Cancel-safe.
    pub(super) async fn reply(&mut self) -> Reply {
        match self.replies.recv().await {
            Some(reply) => reply,
            None => std::future::pending().await,
        }
    }
}
