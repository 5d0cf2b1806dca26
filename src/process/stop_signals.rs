//! What asks for the end: Ctrl-C, SIGTERM.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Heard from the beginning on: what comes while nobody waits for it is not missed.
pub struct StopSignals {
    /// Nothing where the system refuses: it then ends the program without being asked.
    #[cfg(unix)]
    signals: Option<(Signal, Signal)>,
}

impl StopSignals {
    pub fn listen() -> Self {
        Self {
            #[cfg(unix)]
            signals: signal(SignalKind::interrupt()).and_then(|one| Ok((one, signal(SignalKind::terminate())?))).ok(),
        }
    }

    /// Until the user or the system wants the end.
    pub async fn received(&mut self) {
        #[cfg(unix)]
        if let Some((interrupt, terminate)) = &mut self.signals {
            tokio::select! {
                Some(()) = interrupt.recv() => return,
                Some(()) = terminate.recv() => return,
                else => {}
            }
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_ok() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
