//! SOCKS5 (RFC 1928) with the login of RFC 1929.

use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio_socks::Error;
use tokio_socks::tcp::Socks5Stream;

use super::{Login, Refused};
use crate::dial::server::Server;
use mailwatch_proto::model::{LINE_LIMIT, Proxy, sanitise};

pub(super) async fn connect(
    tcp: &mut TcpStream,
    proxy: &Proxy,
    server: &Server,
    login: Option<&Login<'_>>,
) -> Result<(), Refused> {
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

fn explain(error: Error, proxy: &Proxy, server: &Server) -> Refused {
    match error {
        Error::Io(error) => Refused::broken(proxy, &error),
        Error::InvalidResponseVersion
        | Error::InvalidReservedByte
        | Error::UnknownAddressType
        | Error::UnknownAuthMethod => {
            Refused::user(format!("{proxy} does not speak SOCKS5: check its port, or write proxy = \"http://…\""))
        }
        Error::NoAcceptableAuthMethods | Error::AuthorizationRequired | Error::PasswordAuthFailure(_) => {
            Refused::login(proxy)
        }
        Error::ConnectionNotAllowedByRuleset => Refused::forbidden(proxy, server),
        Error::NetworkUnreachable => Refused::beyond(proxy, server, "its network cannot be reached"),
        Error::HostUnreachable => Refused::beyond(proxy, server, "the host cannot be reached, or has no address"),
        Error::ConnectionRefused => Refused::beyond(proxy, server, "the connection was refused"),
        Error::TtlExpired => Refused::beyond(proxy, server, "the way is too long"),
        Error::GeneralSocksServerFailure => Refused::beyond(proxy, server, "it does not say why"),
        Error::InvalidAuthValues(why) => Refused::user(format!("{proxy} cannot be logged in to: {why}")),
        Error::AddressTypeNotSupported => Refused::user(format!("{proxy} does not take such addresses as {server}")),
        other => {
            let why = sanitise(&other.to_string(), LINE_LIMIT);
            Refused::retry(format!("{proxy} did not connect to {server}: {why}"))
        }
    }
}
