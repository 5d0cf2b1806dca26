//! Through a proxy: what is said with it on a connection that stands, up to where the server itself answers.
//!
//! The proxy looks the server's name up: it may know names that are not known here, and no name server here hears of
//! them. What it is told is the server's name and port, and its own user and password; nothing of the account's.

mod connect;
mod socks;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use secrecy::SecretString;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::deadline::Deadline;
use super::server::Server;
use mailwatch_proto::model::{Fault, FaultClass, Proxy, ProxyKind};

/// What [`ProxyPasswords::ask`] returns.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<SecretString, Fault>> + Send + 'a>>;

/// Has a proxy's password. Injected: where secrets come from is not known here.
pub trait ProxyPasswords: Send + Sync + fmt::Debug {
    /// The password that `proxy_password_command` prints.
    fn ask<'a>(&'a self, command: &'a [String]) -> Asking<'a>;
}

/// The proxies' passwords: asked for once, and again after a proxy has refused one.
#[derive(Debug, Default)]
pub(super) struct Passwords {
    source: Option<Box<dyn ProxyPasswords>>,
    /// The lock is held while one is asked for: a thousand watches that start at once ask once.
    known: Mutex<BTreeMap<Vec<String>, SecretString>>,
}

/// Who logs in, and by what.
pub(super) struct Login<'a> {
    user: &'a str,
    password: SecretString,
}

impl Passwords {
    pub(super) fn from(source: impl ProxyPasswords + 'static) -> Self {
        Self { source: Some(Box::new(source)), known: Mutex::default() }
    }

    async fn login<'p>(&self, proxy: &'p Proxy) -> Result<Option<Login<'p>>, Fault> {
        let Some(login) = &proxy.login else { return Ok(None) };
        let mut known = self.known.lock().await;
        if let Some(password) = known.get(&login.password_command) {
            return Ok(Some(Login { user: &login.user, password: password.clone() }));
        }
        let Some(source) = &self.source else {
            let message = format!("{proxy} wants a password, and nothing here can ask for it");
            return Err(Fault::needs_user(FaultClass::Secret, message));
        };
        let password = source.ask(&login.password_command).await?;
        known.insert(login.password_command.clone(), password.clone());
        Ok(Some(Login { user: &login.user, password }))
    }

    async fn forget(&self, proxy: &Proxy) {
        if let Some(login) = &proxy.login {
            self.known.lock().await.remove(&login.password_command);
        }
    }
}

/// Has the proxy, to which `tcp` leads, connect to the server.
pub(super) async fn through(
    mut tcp: TcpStream,
    proxy: &Proxy,
    server: &Server,
    passwords: &Passwords,
    deadline: &Deadline,
) -> Result<TcpStream, Fault> {
    let login = deadline
        .hold(FaultClass::Secret, passwords.login(proxy), || {
            "proxy_password_command had not printed a password".to_owned()
        })
        .await??;
    let said = deadline
        .hold(FaultClass::Proxy, say(&mut tcp, proxy, server, login.as_ref()), || {
            format!("{proxy} took the connection, but had not connected to {server}")
        })
        .await?;
    match said {
        Ok(()) => Ok(tcp),
        Err(refused) => {
            if refused.login {
                passwords.forget(proxy).await;
            }
            Err(refused.fault)
        }
    }
}

async fn say(tcp: &mut TcpStream, proxy: &Proxy, server: &Server, login: Option<&Login<'_>>) -> Result<(), Refused> {
    match proxy.kind {
        ProxyKind::Socks5 => socks::connect(tcp, proxy, server, login).await,
        ProxyKind::Http => connect::connect(tcp, proxy, server, login).await,
    }
}

/// The way to the proxy itself failed.
pub(super) fn not_reached(fault: &Fault, proxy: &Proxy) -> Fault {
    let message = format!("the proxy {proxy} is not reached: {}", fault.message);
    Fault { class: FaultClass::Proxy, message, next: fault.next }
}

/// A proxy's no.
struct Refused {
    fault: Fault,
    /// Whether it was the login that it refused.
    login: bool,
}

impl Refused {
    fn retry(message: String) -> Self {
        Self { fault: Fault::retry_after(FaultClass::Proxy, message), login: false }
    }

    fn user(message: String) -> Self {
        Self { fault: Fault::needs_user(FaultClass::Proxy, message), login: false }
    }

    /// It wants a login, or another.
    fn login(proxy: &Proxy) -> Self {
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

    fn forbidden(proxy: &Proxy, server: &Server) -> Self {
        Self::user(format!("{proxy} does not allow connections to {server}: have its administrator allow them"))
    }

    fn beyond(proxy: &Proxy, server: &Server, why: &str) -> Self {
        Self::retry(format!(
            "{proxy} could not connect to {server}: {why}. Check host and port, and that the server is up and can be reached from the proxy"
        ))
    }

    fn broken(proxy: &Proxy, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        let how = match error.kind() {
            UnexpectedEof | BrokenPipe | ConnectionReset => "closed the connection".to_owned(),
            _ => format!(
                "failed ({})",
                mailwatch_proto::model::sanitise(&error.to_string(), mailwatch_proto::model::LINE_LIMIT)
            ),
        };
        let scheme = proxy.kind.scheme();
        Self::retry(format!(
            "{proxy} {how} before it had connected to the server: check that it is a proxy for {scheme}"
        ))
    }
}
