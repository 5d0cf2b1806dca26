//! What a proxy's refusal means, in sentences that say what to do.

use crate::dial::server::Server;
use mailwatch_proto::model::{Fault, FaultClass, LINE_LIMIT, Proxy, sanitise};

/// Why a proxy did not connect.
pub(super) struct ProxyError {
    pub fault: Fault,
    /// Whether it refused the login.
    pub login: bool,
}

impl ProxyError {
    pub fn retry(message: String) -> Self {
        Self { fault: Fault::retry_after(FaultClass::Proxy, message), login: false }
    }

    pub fn user(message: String) -> Self {
        Self { fault: Fault::needs_user(FaultClass::Proxy, message), login: false }
    }

    /// The proxy wants a login, or another one.
    pub fn login(proxy: &Proxy) -> Self {
        let message = if proxy.login.is_some() {
            format!("{proxy} refused the login: check the user in `proxy`, and what proxy_password_command prints")
        } else {
            format!(
                "{proxy} wants a login: write the user into `proxy`, as in {}://USER@…, and a proxy_password_command",
                proxy.kind.scheme()
            )
        };
        Self { fault: Fault::needs_user(FaultClass::Proxy, message), login: true }
    }

    pub fn forbidden(proxy: &Proxy, server: &Server) -> Self {
        Self::user(format!("{proxy} does not allow connections to {server}: ask its administrator to allow them"))
    }

    pub fn beyond(proxy: &Proxy, server: &Server, why: &str) -> Self {
        Self::retry(format!(
            "{proxy} could not connect to {server}: {why}. Check host and port, and that the server is up and can be reached from the proxy"
        ))
    }

    pub fn broken(proxy: &Proxy, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        let how = match error.kind() {
            UnexpectedEof | BrokenPipe | ConnectionReset => "closed the connection".to_owned(),
            _ => format!("failed ({})", sanitise(&error.to_string(), LINE_LIMIT)),
        };
        let scheme = proxy.kind.scheme();
        Self::retry(format!(
            "{proxy} {how} before it had connected to the server: check that it is a proxy for {scheme}"
        ))
    }
}
