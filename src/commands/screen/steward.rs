//! Does for the screen what it cannot: reads and writes the configuration, tries connections, and tells the engine. Part of
//! the binary.

mod adding;
mod evidence;
mod trial;

use std::sync::Arc;

use mailwatch_engine::Engine;
use mailwatch_engine::config::save::Tuned;
use mailwatch_engine::history::History;
use mailwatch_engine::secret::TypedPasswords;
use mailwatch_proto::model::Notifications;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::trial::Trial;
use super::save::{Held, save_tuned};
use crate::cli::Global;
use crate::commands::apart::Apart;
use crate::configuration::{self, BadConfig, Config};
use crate::process::sockets::allow_sockets;
use crate::tui::host::{Desk, Reply, Request};

/// Keeps the configuration between the screen and the engine.
#[derive(Debug)]
pub struct Steward {
    global: Global,
    /// Whether there has been a configuration that could be used.
    ready: bool,
    /// The one in force.
    held: Option<Held>,
    /// What of it is no watch's.
    apart: Option<Apart>,
    trial: Option<Trial>,
    /// What was typed for this run.
    typed: watch::Sender<TypedPasswords>,
    notifications: watch::Sender<Notifications>,
    /// Ends what is being written when the screen has ended.
    stop: CancellationToken,
    _stops: DropGuard,
    /// What is kept, to be read back.
    history: Option<History>,
}

impl Steward {
    /// One that has read nothing yet.
    pub fn new(global: Global) -> Self {
        let stop = CancellationToken::new();
        Self {
            global,
            ready: false,
            held: None,
            apart: None,
            trial: None,
            typed: watch::Sender::new(TypedPasswords::default()),
            notifications: watch::Sender::new(Notifications::default()),
            _stops: stop.clone().drop_guard(),
            stop,
            history: None,
        }
    }

    /// Reads the configuration.
    pub fn read(&mut self) -> Result<Config, BadConfig> {
        let config = configuration::load(&self.global)?;
        self.held = Some(Held::of(&config));
        self.apart = Some(Apart::of(&config));
        self.notifications.send_replace(config.notify.clone());
        Ok(config)
    }

    /// How and when a person is notified, as the configuration in force says.
    pub fn notifications(&self) -> watch::Receiver<Notifications> {
        self.notifications.subscribe()
    }

    /// What was typed before the screen; what is typed on it comes to that.
    pub fn take_typed(&mut self, asked: TypedPasswords) -> watch::Receiver<TypedPasswords> {
        self.typed.send_replace(asked);
        self.typed.subscribe()
    }

    /// Takes the memory that the evidence is read from.
    pub fn remember(&mut self, history: History) {
        self.history = Some(history);
    }

    /// Serves until the screen has ended. Gives the engine back, and whether there was a usable configuration.
    pub async fn serve(mut self, mut engine: Engine, mut desk: Desk) -> (Engine, bool) {
        while let Some(request) = desk.requests.recv().await {
            let answer = self.answer(request, &mut engine, &desk.replies);
            let reply = tokio::select! {
                biased;
                reply = answer => reply,
                // The screen has ended: nobody waits for the last watch to log out, or for a keyring to be unlocked.
                () = desk.replies.closed() => break,
            };
            if let Some(reply) = reply
                && desk.replies.send(reply).await.is_err()
            {
                break;
            }
        }
        (engine, self.ready)
    }

    /// Does what is wanted. No reply: it comes by itself, later.
    async fn answer(&mut self, request: Request, engine: &mut Engine, replies: &mpsc::Sender<Reply>) -> Option<Reply> {
        match request {
            Request::Reload => Some(self.reload(engine).await),
            Request::Save(wanted) => Some(self.save(engine, wanted).await),
            Request::Sample => Some(self.write_sample()),
            Request::Evidence => {
                self.write_evidence(replies.clone());
                None
            }
            Request::Find(address) => {
                self.find(address, replies.clone());
                None
            }
            Request::Try(number, entry) => match self.account_of(&entry) {
                Ok((account, password)) => {
                    self.trial = Some(Trial::begin(number, account, password, replies.clone()));
                    None
                }
                Err(reply) => Some(reply),
            },
            Request::StopTrying => {
                self.trial = None;
                None
            }
            Request::Add(entry) => Some(self.add(*entry, engine).await),
        }
    }

    async fn save(&mut self, engine: &mut Engine, wanted: Vec<Tuned>) -> Reply {
        match (&mut self.held, self.global.config_path()) {
            (Some(held), Ok(path)) => save_tuned(held, path, wanted, engine).await,
            (None, _) | (_, Err(_)) => Reply::Failed("not saved: no configuration was read yet; R reads it".to_owned()),
        }
    }

    async fn reload(&mut self, engine: &mut Engine) -> Reply {
        let before = self.apart.clone();
        let config = match self.read() {
            Ok(config) => config,
            Err(BadConfig::Config(error)) => return Reply::Config(Arc::new(error)),
            Err(error @ (BadConfig::NoHome(_) | BadConfig::Account(_) | BadConfig::Theme(_))) => {
                return Reply::Failed(error.to_string());
            }
        };
        self.ready = true;
        allow_sockets(config.accounts.iter().map(|account| account.mailboxes.len()).sum());
        let done = engine.reconfigure(config.accounts).await;
        let apart = before.zip(self.apart.as_ref()).map_or_else(String::new, |(before, now)| before.changed(now));
        tracing::info!("{done}{apart}");
        let warnings = match config.warnings.len() {
            0 => String::new(),
            1 => format!("; warning: {}", config.warnings[0]),
            count => format!("; {count} warnings: `mailwatch-tui config check` tells them"),
        };
        Reply::Read { said: format!("{done}{apart}{warnings}"), ui: config.ui }
    }
}
