//! To the engine's socket: finds it, and makes sure whose it is.

use std::io;
use std::path::Path;

use super::no_engine::NoEngine;
use super::system::{Reader, SocketPaths, Writer, connect_at};

/// Connects to the engine on this state directory, a program of this user's.
///
/// # Errors
/// Why there is none.
pub async fn connect(state: &Path) -> Result<(Reader, Writer), NoEngine> {
    connect_at(&paths(state)?, state).await.map(|(streams, _)| streams)
}

/// Where its socket may be.
pub(super) fn paths(state: &Path) -> Result<SocketPaths, NoEngine> {
    SocketPaths::of(state).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => NoEngine::NotRunning(state.to_owned()),
        _other => error.into(),
    })
}
