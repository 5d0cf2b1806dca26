//! Systems without Unix sockets that name their peer: no server and no client.

use std::convert::Infallible;
use std::path::Path;

use tokio::sync::watch;

use super::question::Question;
use mailwatch_proto::model::Board;

/// No server.
#[derive(Debug)]
pub struct StatusServer;

/// Starts nothing: there is no way to ask here.
#[must_use]
pub fn answer(_state: &Path, _board: watch::Receiver<Board>) -> StatusServer {
    StatusServer
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// This system has no `status`.
    #[error("`status` is not there on this system: it needs Unix sockets")]
    NotHere,
}

/// No answers.
#[derive(Debug)]
pub struct Answers(Infallible);

impl Answers {
    /// Never called: there is no such value.
    ///
    /// # Errors
    /// None: there is no such value.
    #[expect(clippy::unused_async, reason = "where there are sockets it waits")]
    pub async fn next(&mut self) -> Result<Option<String>, NoAnswer> {
        match self.0 {}
    }
}

/// Asks nothing.
///
/// # Errors
/// Always.
pub async fn ask(_state: &Path, _question: &Question) -> Result<Answers, NoAnswer> {
    Err(NoAnswer::NotHere)
}
