//! Where the metrics are served: `--metrics`'s value.

use std::net::{Ipv4Addr, SocketAddr};

/// The text is no address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a port on this machine, such as 9853, or an IP address with a port: 127.0.0.1:9853, [::1]:9853")]
pub struct AddressError;

/// Reads a port, which means this machine alone, or an IP address with one. Port 0 is any free one.
///
/// # Errors
/// Where it is neither. Names are not looked up, but for `localhost`.
pub fn parse_address(text: &str) -> Result<SocketAddr, AddressError> {
    let here = |port: &str| port.parse().map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    here(port).or_else(|_| text.parse()).map_err(|_| AddressError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_this_machines() {
        for (text, address) in [
            ("9853", "127.0.0.1:9853"),
            ("localhost:0", "127.0.0.1:0"),
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("[::]:9853", "[::]:9853"),
        ] {
            assert_eq!(parse_address(text).map(|address| address.to_string()).as_deref(), Ok(address), "{text}");
        }
        for text in ["", ":9853", "65536", "-1", "127.0.0.1", "::1:9853x", "example.org:80", "http://127.0.0.1:80"] {
            assert_eq!(parse_address(text), Err(AddressError), "{text}");
        }
    }
}
