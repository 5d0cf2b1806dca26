//! Where engines have no socket: an own engine, or none.

use std::convert::Infallible;
use std::future::pending;
use std::io;

use mailwatch_engine::engine_lock::EngineLock;
use tokio::sync::mpsc;

use super::Engines;
use crate::tui::Linked;

/// An own engine never ends before the screen.
pub(super) struct Ended;

impl Engines<'_> {
    pub(super) async fn first(&mut self) -> io::Result<Result<(Linked, Ended), String>> {
        let state = self.place.state;
        let another = || format!("{}: another mailwatch-tui runs on this state directory", state.display());
        let Some(lock) = EngineLock::try_acquire(state)? else { return Ok(Err(another())) };
        let Some(material) = self.material.take() else { return Ok(Err(another())) };
        Ok(Ok((self.start(lock, material).await, Ended)))
    }

    pub(super) async fn follow(&mut self, _: Ended, _: mpsc::Sender<Linked>) -> Infallible {
        pending().await
    }
}
