//! Where there are no Unix sockets that tell who is at their other end: nobody answers, and nobody can be asked.

use std::convert::Infallible;
use std::path::Path;

use tokio::sync::watch;

use super::question::Question;
use mailwatch_proto::model::Board;

/// Answers nobody.
#[derive(Debug)]
pub struct Answering;

/// Answers nobody: there is no way to ask here.
#[must_use]
pub fn answer(_state: &Path, _board: watch::Receiver<Board>) -> Answering {
    Answering
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// No program could give one.
    #[error("`status` is not there on this system: it needs Unix sockets")]
    NotHere,
}

/// There are none.
#[derive(Debug)]
pub struct Answers(Infallible);

impl Answers {
    /// Nothing ever comes.
    ///
    /// # Errors
    /// None: there is no such value.
    #[expect(clippy::unused_async, reason = "where there are sockets it waits")]
    pub async fn next(&mut self) -> Result<Option<String>, NoAnswer> {
        match self.0 {}
    }
}

/// Asks nobody.
///
/// # Errors
/// Always.
pub async fn ask(_state: &Path, _question: &Question) -> Result<Answers, NoAnswer> {
    Err(NoAnswer::NotHere)
}
