//! The signals that stop a command: Ctrl-C, SIGTERM.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from its creation on: a signal between two waits is not lost.
pub struct StopSignals {
    /// `None` if the system refuses, or they are left alone: the signals then have their default effect.
    #[cfg(unix)]
    signals: Option<(Signal, Signal)>,
    /// The same.
    #[cfg(not(unix))]
    listens: bool,
}

impl StopSignals {
    /// SIGUSR1, which has every `watch` and screen check mail (`pkill -USR1 mailwatch-tui`), ends nothing from now on.
    pub fn listen() -> Self {
        #[cfg(unix)]
        if let Err(error) = signal(SignalKind::user_defined1()) {
            tracing::warn!(%error, "SIGUSR1 would end this");
        }
        Self {
            #[cfg(unix)]
            signals: signal(SignalKind::interrupt()).and_then(|one| Ok((one, signal(SignalKind::terminate())?))).ok(),
            #[cfg(not(unix))]
            listens: true,
        }
    }

    /// Receives none: the signals have their default effect, unless something else has listened for them.
    pub const fn left_alone() -> Self {
        Self {
            #[cfg(unix)]
            signals: None,
            #[cfg(not(unix))]
            listens: false,
        }
    }

    /// Waits for the first signal.
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
        if self.listens && tokio::signal::ctrl_c().await.is_ok() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
