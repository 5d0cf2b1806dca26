//! The kernel's own limit on bytes that the peer does not acknowledge.

use std::time::Duration;

use crate::session::Session;
use crate::tcp_evidence;

/// Sets or clears the limit. A socket that refuses has none: `done` holds anyway.
pub fn set_user_timeout(session: &Session, timeout: Option<Duration>) {
    if let Some(tcp) = session.io().tcp() {
        let _ = tcp_evidence::set_user_timeout(tcp, timeout);
    }
}
