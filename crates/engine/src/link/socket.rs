//! The link over a Unix socket, or a named pipe of Windows: the engine's side, a front end's side, and the lines between them.

mod caller;
mod client;
mod connect;
mod earlier;
mod host;
mod lines;
mod next;
mod no_engine;
#[cfg(unix)]
mod paths;
mod refusal;
mod requests;
mod server;
mod session;
#[cfg(all(test, unix))]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::path::Path;
use std::time::Duration;

pub use self::caller::{Caller, NoAnswer};
pub use self::client::{Attached, Unheard, attach, attach_over};
pub use self::connect::connect;
pub use self::host::Host;
pub use self::next::attach_next;
pub use self::no_engine::NoEngine;
#[cfg(target_os = "linux")]
pub(crate) use self::paths::sockets;
pub use self::server::{SocketServer, serve};
#[cfg(unix)]
use self::unix as system;
#[cfg(windows)]
use self::windows as system;

/// How long an engine may take to say hello, and to show its board. It needs some milliseconds; a status bar waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What this program calls itself to the other side.
#[must_use]
pub fn program() -> String {
    format!("mailwatch-tui {}", env!("CARGO_PKG_VERSION"))
}

/// A configuration's path as both sides compare it.
#[must_use]
pub fn config_name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
