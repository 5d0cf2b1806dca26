//! How a host is reached: two streams, and what goes on beside them.

use std::fmt;
use std::io;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::HostSetting;

/// The streams to a host's engine.
pub struct Carrier {
    /// What the engine says.
    pub read: Box<dyn AsyncRead + Send + Unpin>,
    /// What is said to it.
    pub write: Box<dyn AsyncWrite + Send + Unpin>,
    /// What the program between says, sanitised; closed with its last word.
    pub said: watch::Receiver<String>,
    /// How the program between ends; kills it when dropped.
    pub ended: BoxFuture<'static, ProgramEnd>,
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

/// How the program between has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramEnd {
    /// Well: what it ran on the host has ended so.
    Well,
    /// By Ctrl-C.
    Interrupted,
    /// Otherwise, in a few words: `exit code 255`.
    Badly(String),
}

/// Reaches hosts.
pub trait Reach: Clone + Send + Sync + 'static {
    /// Begins to.
    ///
    /// # Errors
    /// Where the program between cannot be started.
    fn reach(&self, host: &HostSetting) -> io::Result<Carrier>;
}
