//! The signals that the screen handles, as a stream.

use std::fmt;
use std::io;
use std::pin::Pin;

use futures_util::Stream;

/// A signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: leave.
    Interrupt,
    /// SIGTERM: leave.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
    /// SIGUSR1: check mail now.
    User1,
    /// SIGCONT: another program may have had the terminal meanwhile.
    Continue,
}

impl Signal {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
            Self::User1 => "SIGUSR1",
            Self::Continue => "SIGCONT",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A stream of signals.
pub type Signals = Pin<Box<dyn Stream<Item = Signal> + Send>>;

/// The process's signals from now on.
///
/// # Errors
/// Where the system refuses to report one.
#[cfg(unix)]
pub fn listen() -> io::Result<Signals> {
    use std::task::Poll;

    use futures_util::stream;
    use tokio::signal::unix::{SignalKind, signal};

    /// Number 18 on Linux, 19 on macOS and the BSDs.
    const SIGCONT: i32 = if cfg!(target_os = "linux") { 18 } else { 19 };

    let mut sources = [
        (Signal::Interrupt, signal(SignalKind::interrupt())?),
        (Signal::Terminate, signal(SignalKind::terminate())?),
        (Signal::HangUp, signal(SignalKind::hangup())?),
        (Signal::User1, signal(SignalKind::user_defined1())?),
        (Signal::Continue, signal(SignalKind::from_raw(SIGCONT))?),
    ];
    Ok(Box::pin(stream::poll_fn(move |context| {
        for (name, source) in &mut sources {
            if source.poll_recv(context) == Poll::Ready(Some(())) {
                return Poll::Ready(Some(*name));
            }
        }
        Poll::Pending
    })))
}

/// Ctrl-C arrives as a key here; there are no signals.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn listen() -> io::Result<Signals> {
    Ok(Box::pin(futures_util::stream::pending()))
}
