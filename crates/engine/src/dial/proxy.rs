//! Connections through a proxy: what is said on a connection to it until the server answers.
//!
//! The proxy looks up the server's name: it may know names that are not known here, and no name server here hears of
//! them. It gets the server's name and port, and its own user and password; nothing of the account's.

mod connect;
mod error;
pub(super) mod login;
mod socks;

use tokio::net::TcpStream;

use self::error::ProxyError;
use self::login::{Login, PasswordCache};
use super::deadline::Deadline;
use super::server::Server;
use mailwatch_proto::model::{Fault, FaultClass, Proxy, ProxyKind};

/// Has the proxy at the other end of `tcp` connect to the server.
pub(super) async fn through(
    mut tcp: TcpStream,
    proxy: &Proxy,
    server: &Server,
    passwords: &PasswordCache,
    deadline: &Deadline,
) -> Result<TcpStream, Fault> {
    let login = deadline
        .hold(FaultClass::Secret, passwords.login(proxy), || {
            "proxy_password_command had not printed a password".to_owned()
        })
        .await??;
    let connected = deadline
        .hold(FaultClass::Proxy, negotiate(&mut tcp, proxy, server, login.as_ref()), || {
            format!("{proxy} took the connection, but had not connected to {server}")
        })
        .await?;
    match connected {
        Ok(()) => Ok(tcp),
        Err(refused) => {
            if refused.login {
                passwords.forget(proxy).await;
            }
            Err(refused.fault)
        }
    }
}

async fn negotiate(
    tcp: &mut TcpStream,
    proxy: &Proxy,
    server: &Server,
    login: Option<&Login<'_>>,
) -> Result<(), ProxyError> {
    match proxy.kind {
        ProxyKind::Socks5 => socks::connect(tcp, proxy, server, login).await,
        ProxyKind::Http => connect::connect(tcp, proxy, server, login).await,
    }
}

/// The proxy itself cannot be reached.
pub(super) fn not_reached(fault: &Fault, proxy: &Proxy) -> Fault {
    let message = format!("the proxy {proxy} cannot be reached: {}", fault.message);
    Fault { class: FaultClass::Proxy, message, next: fault.next }
}
