//! The service manager's socket: datagrams to the address in `NOTIFY_SOCKET`, without waiting.

use std::time::Duration;

#[cfg(unix)]
pub use self::unix::Socket;

/// The monotonic clock, for the time stamp of a reload (`MONOTONIC_USEC`, `sd_notify(3)`).
pub fn monotonic() -> Duration {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

/// There is none on this system.
#[cfg(not(unix))]
#[derive(Debug)]
pub enum Socket {}

#[cfg(not(unix))]
impl Socket {
    pub const fn from_env() -> Option<Self> {
        None
    }

    pub fn send(&mut self, _message: &str) {
        match *self {}
    }
}

#[cfg(unix)]
mod unix {
    use std::env;
    use std::ffi::OsStr;
    use std::io;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    /// Where datagrams go.
    #[derive(Debug)]
    pub struct Socket {
        ours: UnixDatagram,
        theirs: SocketAddr,
        /// Whether the last one did not arrive.
        broken: bool,
    }

    impl Socket {
        /// The one that the environment names. Logs why it cannot be used.
        pub fn from_env() -> Option<Self> {
            let name = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())?;
            match Self::to(&name) {
                Ok(socket) => Some(socket),
                Err(error) => {
                    tracing::warn!(%error, "the service manager's socket, {}, cannot be used", name.display());
                    None
                }
            }
        }

        /// A path, or after an `@` a name in Linux's abstract namespace (unix(7)).
        pub(in super::super) fn to(name: &OsStr) -> io::Result<Self> {
            let theirs = match name.as_encoded_bytes() {
                [b'@', rest @ ..] if !rest.is_empty() => abstract_name(rest)?,
                [b'/', ..] => SocketAddr::from_pathname(name)?,
                _ => return Err(io::Error::new(io::ErrorKind::Unsupported, "it begins with neither / nor @")),
            };
            let ours = UnixDatagram::unbound()?;
            ours.set_nonblocking(true)?;
            Ok(Self { ours, theirs, broken: false })
        }

        /// Sends, if it can be done at once.
        pub fn send(&mut self, message: &str) {
            tracing::debug!("to the service manager: {}", message.replace('\n', ", "));
            let sent = self.ours.send_to_addr(message.as_bytes(), &self.theirs);
            let was_broken = std::mem::replace(&mut self.broken, sent.is_err());
            if let (Err(error), false) = (sent, was_broken) {
                tracing::warn!(%error, "the service manager was not told");
            }
        }
    }

    #[cfg(target_os = "linux")]
    fn abstract_name(name: &[u8]) -> io::Result<SocketAddr> {
        <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)
    }

    #[cfg(not(target_os = "linux"))]
    fn abstract_name(_name: &[u8]) -> io::Result<SocketAddr> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "abstract sockets are Linux's"))
    }
}
