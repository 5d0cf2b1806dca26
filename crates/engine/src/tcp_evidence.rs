//! What TCP knows of bytes on their way to the peer. With `process/terminal.rs` the only place with `unsafe`.
//!
//! Only reads the kernel's figures; what they mean is concluded elsewhere.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(any(target_os = "macos", test))]
mod macos_info;
#[cfg(windows)]
mod windows;
#[cfg(any(windows, test))]
mod windows_info;

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use mailwatch_proto::connection::sample::Sample;

/// Looks at the socket. `None`: not known here (another system, or the kernel refuses).
#[cfg(target_os = "linux")]
#[must_use]
pub fn sample(tcp: &TcpStream) -> Option<Sample> {
    linux::sample(tcp)
}

/// Looks at the socket. `None`: the kernel refuses.
#[cfg(target_os = "macos")]
#[must_use]
pub fn sample(tcp: &TcpStream) -> Option<Sample> {
    macos::sample(tcp)
}

/// Looks at the socket. `None`: Windows does not tell.
#[cfg(windows)]
#[must_use]
pub fn sample(tcp: &TcpStream) -> Option<Sample> {
    windows::sample(tcp)
}

/// Looks at the socket. `None`: not known here.
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
#[must_use]
pub fn sample(_tcp: &TcpStream) -> Option<Sample> {
    None
}

/// Lets the kernel give the connection up once written bytes stay unacknowledged for so long; `None` is its default,
/// about 15 minutes. Elsewhere than on Linux nothing is set.
///
/// While nothing is owed it must be `None`: a value overrides the number of keepalive probes (tcp(7)).
///
/// # Errors
/// Where the kernel refuses.
#[cfg(target_os = "linux")]
pub fn set_user_timeout(tcp: &TcpStream, timeout: Option<Duration>) -> io::Result<()> {
    socket2::SockRef::from(tcp).set_tcp_user_timeout(timeout)
}

/// Not known here: nothing is set.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub fn set_user_timeout(_tcp: &TcpStream, _timeout: Option<Duration>) -> io::Result<()> {
    Ok(())
}
