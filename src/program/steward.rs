//! Does for the screen what it cannot: reads and writes the configuration, and tells the engine. Part of the binary.

use std::sync::Arc;

use mailwatch_tui::cli::{BadConfig, Global};
use mailwatch_tui::config::Config;
use mailwatch_tui::engine::Engine;
use mailwatch_tui::tui::host::{Desk, Reply, Request};

use super::allow_sockets;

/// Keeps the configuration between the screen and the engine.
#[derive(Debug)]
pub struct Steward {
    global: Global,
    /// Whether there has been a configuration that could be used.
    ready: bool,
}

impl Steward {
    /// One that has read nothing yet.
    pub const fn new(global: Global) -> Self {
        Self { global, ready: false }
    }

    /// Reads the configuration.
    pub fn read(&self) -> Result<Config, BadConfig> {
        self.global.load()
    }

    /// Serves until the screen has ended. Gives the engine back, and whether there was a usable configuration.
    pub async fn serve(mut self, mut engine: Engine, mut desk: Desk) -> (Engine, bool) {
        while let Some(request) = desk.requests.recv().await {
            let reply = match request {
                Request::Reload => {
                    tokio::select! {
                        biased;
                        reply = self.reload(&mut engine) => reply,
                        // The screen has ended: nobody waits for the last watch to log out.
                        () = desk.replies.closed() => break,
                    }
                }
                Request::Save(_) => Reply::Failed("not yet".to_owned()),
            };
            if desk.replies.send(reply).await.is_err() {
                break;
            }
        }
        (engine, self.ready)
    }

    async fn reload(&mut self, engine: &mut Engine) -> Reply {
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
        tracing::info!("{done}");
        let warnings = match config.warnings.len() {
            0 => String::new(),
            1 => format!("; warning: {}", config.warnings[0]),
            count => format!("; {count} warnings: `mailwatch-tui config check` tells them"),
        };
        Reply::Read { said: format!("{done}{warnings}"), ui: config.ui }
    }
}
