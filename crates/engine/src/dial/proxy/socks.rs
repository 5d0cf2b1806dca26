//! SOCKS5 (RFC 1928) with the login of RFC 1929.

use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio_socks::Error;
use tokio_socks::tcp::Socks5Stream;

use super::error::ProxyError;
use super::login::Login;
use crate::dial::server::Server;
use mailwatch_proto::model::{LINE_LIMIT, Proxy, sanitise};

pub(super) async fn connect(
    tcp: &mut TcpStream,
    proxy: &Proxy,
    server: &Server,
    login: Option<&Login<'_>>,
) -> Result<(), ProxyError> {
    // A name goes as a name, an address as an address.
    let target = (server.host.as_str(), server.port);
    let connected = match login {
        None => Socks5Stream::connect_with_socket(tcp, target).await,
        Some(Login { user, password }) => {
            Socks5Stream::connect_with_password_and_socket(tcp, target, user, password.expose_secret()).await
        }
    };
    connected.map(|_| ()).map_err(|error| explain(error, proxy, server))
}

fn explain(error: Error, proxy: &Proxy, server: &Server) -> ProxyError {
    match error {
        Error::Io(error) => ProxyError::broken(proxy, &error),
        Error::InvalidResponseVersion
        | Error::InvalidReservedByte
        | Error::UnknownAddressType
        | Error::UnknownAuthMethod => {
            ProxyError::user(format!("{proxy} does not speak SOCKS5: check its port, or write proxy = \"http://…\""))
        }
        Error::NoAcceptableAuthMethods | Error::AuthorizationRequired | Error::PasswordAuthFailure(_) => {
            ProxyError::login(proxy)
        }
        Error::ConnectionNotAllowedByRuleset => ProxyError::forbidden(proxy, server),
        Error::NetworkUnreachable => ProxyError::beyond(proxy, server, "its network cannot be reached"),
        Error::HostUnreachable => ProxyError::beyond(proxy, server, "the host cannot be reached, or has no address"),
        Error::ConnectionRefused => ProxyError::beyond(proxy, server, "the connection was refused"),
        Error::TtlExpired => ProxyError::beyond(proxy, server, "the path is too long"),
        Error::GeneralSocksServerFailure => ProxyError::beyond(proxy, server, "it does not say why"),
        Error::InvalidAuthValues(why) => ProxyError::user(format!("the login to {proxy} failed: {why}")),
        Error::AddressTypeNotSupported => {
            ProxyError::user(format!("{proxy} does not accept addresses such as {server}"))
        }
        other => {
            let why = sanitise(&other.to_string(), LINE_LIMIT);
            ProxyError::retry(format!("{proxy} did not connect to {server}: {why}"))
        }
    }
}
