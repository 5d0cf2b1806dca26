//! Addresses for a host name, in the order in which they are tried.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;

use tokio::sync::Semaphore;

use super::deadline::Deadline;
use super::server::Server;
use mailwatch_proto::model::{Fault, FaultClass, LINE_LIMIT, sanitise};

/// What [`Resolve::resolve`] returns.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Finds addresses. Injected into the dialler, so that tests can give a host any addresses.
pub trait Resolve: Send + Sync + fmt::Debug {
    /// All addresses of the host, the preferred first.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a>;
}

/// Look-ups at once. Each occupies a thread until the system answers: without a bound, a thousand watches that start
/// together would start hundreds of threads for one name.
const LOOKUPS_AT_ONCE: usize = 32;

/// The system's resolver: hosts file, DNS, and whatever else is configured.
#[derive(Debug)]
pub struct SystemResolver {
    at_once: Semaphore,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { at_once: Semaphore::new(LOOKUPS_AT_ONCE) }
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a> {
        Box::pin(async move {
            let _permit = self.at_once.acquire().await.map_err(io::Error::other)?;
            Ok(tokio::net::lookup_host((host, port)).await?.collect())
        })
    }
}

/// The server's addresses in the order of RFC 8305 §4; at least one.
pub(super) async fn addresses(
    resolver: &dyn Resolve,
    server: &Server,
    deadline: &Deadline,
) -> Result<Vec<SocketAddr>, Fault> {
    if let Some(ip) = server.ip() {
        return Ok(vec![SocketAddr::new(ip, server.port)]);
    }
    let host = &server.host;
    let found = deadline
        .hold(FaultClass::Dns, resolver.resolve(host, server.port), || {
            format!("the name servers gave no answer for {host}")
        })
        .await?;
    known(host, server.port, found)
}

/// The host's addresses, by what the system has found.
fn known(host: &str, port: u16, found: io::Result<Vec<SocketAddr>>) -> Result<Vec<SocketAddr>, Fault> {
    match found {
        Ok(found) if !found.is_empty() => Ok(interleaved(found)),
        // A system without a hosts file, such as a container, may not know it: it is this machine all the same (RFC 6761 §6.3).
        Ok(_) | Err(_) if host.eq_ignore_ascii_case("localhost") => {
            Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()])
        }
        Ok(_) => Err(no_address(host, "it has none")),
        Err(error) => Err(no_address(host, &sanitise(&error.to_string(), LINE_LIMIT))),
    }
}

fn no_address(host: &str, reason: &str) -> Fault {
    Fault::retry_after(
        FaultClass::Dns,
        format!("no address for {host}: {reason}. Check the spelling of the name, and that this machine is online"),
    )
}

/// The address families alternately, beginning with the family that the system prefers (its order is RFC 6724's).
fn interleaved(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let mut unique: Vec<SocketAddr> = Vec::with_capacity(found.len());
    for addr in found {
        if !unique.contains(&addr) {
            unique.push(addr);
        }
    }
    let Some(first_is_v6) = unique.first().map(SocketAddr::is_ipv6) else { return unique };
    let (first, second): (Vec<_>, Vec<_>) = unique.into_iter().partition(|addr| addr.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = Vec::new();
    loop {
        let (a, b) = (first.next(), second.next());
        if a.is_none() && b.is_none() {
            return order;
        }
        order.extend(a);
        order.extend(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addrs(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|ip| SocketAddr::new(ip.parse().expect("an address"), 993)).collect()
    }

    #[tokio::test]
    async fn the_system_knows_this_machine() {
        let found = SystemResolver::default().resolve("localhost", 993).await.expect("every machine has it");
        assert!(found.iter().any(|addr| addr.ip().is_loopback() && addr.port() == 993), "{found:?}");
    }

    #[test]
    fn localhost_is_this_machine_where_the_system_does_not_know_it() {
        let here = addrs(&["127.0.0.1", "::1"]);
        let unknown = || Err(io::Error::other("Name or service not known"));
        assert_eq!(known("localhost", 993, unknown()), Ok(here.clone()));
        assert_eq!(known("LOCALHOST", 993, Ok(Vec::new())), Ok(here));
        assert_eq!(known("localhost", 993, Ok(addrs(&["10.77.0.2"]))), Ok(addrs(&["10.77.0.2"])));
        assert!(known("imap.example.org", 993, unknown()).is_err());
    }

    #[test]
    fn the_families_take_turns_and_the_systems_preference_begins() {
        let cases: [(&[&str], &[&str]); 5] = [
            (&["::1", "::2", "::3", "10.0.0.1"], &["::1", "10.0.0.1", "::2", "::3"]),
            (&["10.0.0.1", "10.0.0.2", "::1", "::2"], &["10.0.0.1", "::1", "10.0.0.2", "::2"]),
            (&["10.0.0.1", "10.0.0.1"], &["10.0.0.1"]),
            (&["::1"], &["::1"]),
            (&[], &[]),
        ];
        for (given, order) in cases {
            assert_eq!(interleaved(addrs(given)), addrs(order), "{given:?}");
        }
    }
}
