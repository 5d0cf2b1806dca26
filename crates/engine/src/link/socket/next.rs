//! The next engine of a state directory: waits until one may listen, asleep meanwhile where the system tells of new files.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

#[cfg(target_os = "linux")]
use self::linux::System;
#[cfg(not(target_os = "linux"))]
use self::portable::System;
use super::client::{Attached, attach_at};
use super::connect::paths;
use super::no_engine::NoEngine;
use super::system::SocketPaths;
use crate::link::protocol::{Attach, FrontEndHello};

/// Between two tries where an engine is there and does not answer, or the system does not tell of new files.
const AGAIN: Duration = Duration::from_secs(1);

/// Attaches to the engine that runs on this state directory, or to the next one, however long that takes. Cancel-safe.
///
/// # Errors
/// Why the next one takes no front end like this: only waiting does not mend that.
pub async fn attach_next<S: Send + 'static>(
    state: &Path,
    hello: &FrontEndHello,
    wants: &Attach,
    ui: impl Fn() -> S + Clone + Send + 'static,
) -> Result<Attached<S>, NoEngine> {
    loop {
        let Ok(paths) = paths(state) else {
            // The state directory itself is gone.
            sleep(AGAIN).await;
            continue;
        };
        // Before the try: what comes after it is heard.
        let sockets = NewSockets::listen(&paths);
        match attach_at(&paths, state, hello, wants, ui.clone()).await {
            Ok(attached) => return Ok(attached),
            Err(NoEngine::NotRunning(_)) => sockets.may_be_there().await,
            Err(why @ (NoEngine::Hangs(_) | NoEngine::Broken(_))) => {
                tracing::debug!("{why}");
                sleep(AGAIN).await;
            }
            Err(why @ (NoEngine::Foreign(_) | NoEngine::Older(_) | NoEngine::Refused(_))) => return Err(why),
        }
    }
}

/// Hears of sockets that are made where an engine's may be.
struct NewSockets(Option<System>);

impl NewSockets {
    fn listen(paths: &SocketPaths) -> Self {
        let system = System::listen(paths.sockets());
        if let Err(error) = &system {
            tracing::debug!(%error, "the next engine is looked for each second");
        }
        Self(system.ok())
    }

    /// Waits until there may be one that was not there before.
    async fn may_be_there(self) {
        let Some(system) = self.0 else { return sleep(AGAIN).await };
        if let Err(error) = system.changed().await {
            tracing::debug!(%error, "the next engine is looked for each second");
            sleep(AGAIN).await;
        }
    }
}
