//! What the socket's front ends are served from.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use tokio::sync::watch;

use crate::history::{History, WatchKey};
use crate::link::Publisher;
use crate::link::protocol::{EngineHello, FEATURES, VERSION, Wall};
use crate::requests::RequestClient;
use mailwatch_proto::model::WatchId;

/// What the socket's front ends are served from.
#[derive(Debug)]
pub struct Host<S> {
    /// Who the engine is.
    pub(super) hello: EngineHello,
    /// What is true, and what happens.
    pub(super) publisher: Publisher,
    /// Where requests go; each front end has a client of its own.
    pub(super) requests: RequestClient<S>,
    /// What is over.
    pub(super) history: History,
    /// By what the history knows the watches.
    pub(super) keys: watch::Receiver<BTreeMap<WatchId, WatchKey>>,
}

impl<S> Host<S> {
    /// Of an engine that was started by this command, `watch` or `screen`, and works by this configuration.
    #[must_use]
    pub fn new(
        role: &str,
        config: Option<&Path>,
        publisher: Publisher,
        requests: RequestClient<S>,
        history: History,
        keys: watch::Receiver<BTreeMap<WatchId, WatchKey>>,
    ) -> Self {
        let hello = EngineHello {
            version: VERSION,
            program: super::program(),
            engine: format!("{:016x}", fastrand::u64(..)),
            pid: std::process::id(),
            role: role.to_owned(),
            since: Wall(SystemTime::now()),
            config: config.map(super::config_name),
            features: FEATURES.map(str::to_owned).to_vec(),
        };
        Self { hello, publisher, requests, history, keys }
    }
}
