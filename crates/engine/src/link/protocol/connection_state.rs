//! The connection that a watch stands on, and the server at its other end, as the protocol writes them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::time::Ms;
use mailwatch_proto::model::{ConnId, CurrentConnection, ServerInfo, TlsInfo};

/// The connection that a watch stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConnectionState {
    /// Its number; `null` where there is none.
    pub conn: Option<u64>,
    /// The server.
    pub server: ServerState,
    /// How long ago the last byte came from the server.
    pub heard_ms: Option<Ms>,
    /// The time between the server's heartbeats, once learned.
    pub heartbeat_ms: Option<Ms>,
    /// The age of the running IDLE.
    pub idle_ms: Option<Ms>,
    /// Whether a new connection is being made in a quarantined one's place.
    pub replacing: bool,
    /// How many attempts to connect have failed in a row.
    pub attempt: u32,
}

/// The server at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerState {
    /// The peer's address.
    pub addr: Option<SocketAddr>,
    /// The proxy in between; then `addr` is the proxy's.
    pub proxy: Option<String>,
    /// Our own end's address.
    pub local: Option<SocketAddr>,
    /// The version of TLS, `1.2` or `1.3`; `null` without TLS.
    pub tls: Option<String>,
    /// TLS's cipher suite.
    pub cipher: Option<String>,
    /// Capabilities after login, in the server's order.
    pub capabilities: Arc<[String]>,
    /// The ID command's reply (RFC 2971).
    pub id: Option<String>,
}

impl ConnectionState {
    /// The form of a connection.
    #[must_use]
    pub fn of(connection: &CurrentConnection, now: Instant) -> Self {
        let CurrentConnection { id, server, heard, heartbeat, idle_since, replacing, attempt } = connection;
        let since = |moment: &Instant| Ms::since(*moment, now);
        Self {
            conn: id.map(|id| id.0),
            server: ServerState::from(&**server),
            heard_ms: heard.as_ref().map(since),
            heartbeat_ms: heartbeat.map(Ms::from),
            idle_ms: idle_since.as_ref().map(since),
            replacing: *replacing,
            attempt: *attempt,
        }
    }

    /// The connection.
    #[must_use]
    pub fn connection(self, now: Instant) -> CurrentConnection {
        let Self { conn, server, heard_ms, heartbeat_ms, idle_ms, replacing, attempt } = self;
        let moment = |ago: Ms| ago.before(now);
        CurrentConnection {
            id: conn.map(ConnId),
            server: Arc::new(server.into()),
            heard: heard_ms.map(moment),
            heartbeat: heartbeat_ms.map(Ms::duration),
            idle_since: idle_ms.map(moment),
            replacing,
            attempt,
        }
    }
}

impl From<&ServerInfo> for ServerState {
    fn from(server: &ServerInfo) -> Self {
        let ServerInfo { addr, proxy, local, tls, capabilities, id } = server.clone();
        let (tls, cipher) = tls.map(|TlsInfo { version, cipher }| (version.to_owned(), cipher)).unzip();
        Self { addr, proxy, local, tls, cipher, capabilities, id }
    }
}

impl From<ServerState> for ServerInfo {
    fn from(state: ServerState) -> Self {
        let ServerState { addr, proxy, local, tls, cipher, capabilities, id } = state;
        let tls = tls.map(|version| TlsInfo { version: tls_name(&version), cipher: cipher.unwrap_or_default() });
        Self { addr, proxy, local, tls, capabilities, id }
    }
}

/// The name of a version of TLS. One that this version of the program does not know is still TLS.
pub(super) fn tls_name(version: &str) -> &'static str {
    match version {
        "1.2" => "1.2",
        "1.3" => "1.3",
        _ => "newer",
    }
}
