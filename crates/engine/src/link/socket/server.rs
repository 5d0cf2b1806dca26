//! The engine's side: a socket for this user alone, and a task for each front end.
//!
//! Nothing that a front end does harms the engine or another: lines are capped, an answer that is not read keeps its own task
//! waiting, and events that are not read in time are counted as lost.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::host::Host;
use super::session::serve_front_end;
use super::system::{BoundSocket, SocketLock, SocketPaths};

/// Front ends served at once; others wait in the system's queue. Each bar of each screen is one.
const AT_ONCE: usize = 64;

/// How long the last words to front ends may take: one that does not read must not delay the engine's end.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// The pause after the system refused a connection, usually because there are no file descriptors left.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until dropped.
#[derive(Debug)]
pub struct SocketServer {
    task: JoinSet<()>,
}

impl SocketServer {
    /// Once the publisher has said why the engine ends: waits until the front ends were told, for a moment.
    pub async fn told(mut self) {
        let _ = timeout(LAST_WORDS, self.task.join_next()).await;
    }
}

/// Serves the front ends of this state directory. Where it cannot, it logs that, and the engine goes on.
#[must_use]
pub fn serve<S: Send + Sync + 'static>(state: &Path, host: Host<S>) -> SocketServer {
    SocketPaths::of(state).and_then(|paths| serve_at(&paths, host)).unwrap_or_else(|error| {
        tracing::warn!(%error, "no front end can attach, and `status` has no answer: the socket cannot be made");
        SocketServer { task: JoinSet::new() }
    })
}

/// The same at one of these paths.
pub(super) fn serve_at<S: Send + Sync + 'static>(paths: &SocketPaths, host: Host<S>) -> io::Result<SocketServer> {
    let lock = SocketLock::try_acquire(paths)?;
    host.publisher.keep_events();
    let mut ending = host.publisher.ending();
    let mut task = JoinSet::new();
    task.spawn(async move {
        let bound = tokio::select! {
            biased;
            _ = ending.wait_for(Option::is_some) => return,
            bound = lock.wait() => bound,
        };
        match bound {
            Ok(bound) => serve_on(bound, host).await,
            Err(error) => {
                tracing::warn!(%error, "no front end can attach, and `status` has no answer: the socket cannot be made");
            }
        }
    });
    Ok(SocketServer { task })
}

/// Accepts front ends until the engine ends.
async fn serve_on<S: Send + Sync + 'static>(mut bound: BoundSocket, host: Host<S>) {
    let capacity = Arc::new(Semaphore::new(AT_ONCE));
    let host = Arc::new(host);
    let mut ending = host.publisher.ending();
    let mut clients = JoinSet::new();
    loop {
        while clients.try_join_next().is_some() {}
        let accepted = async {
            // The semaphore is never closed.
            let permit = Arc::clone(&capacity).acquire_owned().await.map_err(io::Error::other)?;
            bound.accept().await.map(|streams| (streams, permit))
        };
        let accepted = tokio::select! {
            biased;
            _ = ending.wait_for(Option::is_some) => break,
            accepted = accepted => accepted,
        };
        let (streams, permit) = match accepted {
            Ok((Some(streams), permit)) => (streams, permit),
            Ok((None, _)) => continue,
            Err(error) => {
                tracing::warn!(%error, "a front end's connection was refused by the system");
                sleep(PAUSE).await;
                continue;
            }
        };
        let host = Arc::clone(&host);
        clients.spawn(async move {
            if let Err(error) = serve_front_end(streams, &host).await {
                tracing::debug!(%error, "a front end's connection has ended");
            }
            drop(permit);
        });
    }
    // Each tells its front end by itself.
    while clients.join_next().await.is_some() {}
}
