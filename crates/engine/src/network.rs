//! Changes of this machine's network: its addresses, or its default routes. Nothing here polls.
//!
//! On Linux the kernel reports them over netlink. Elsewhere nothing does, and dead connections are found by their own timers.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(target_os = "linux", test))]
mod messages;
#[cfg(not(target_os = "linux"))]
mod portable;

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

#[cfg(target_os = "linux")]
pub use self::linux::watch;
#[cfg(not(target_os = "linux"))]
pub use self::portable::watch;

/// Changes within this time count as one: an interface that comes up gets its addresses and routes one by one.
const SETTLED: Duration = Duration::from_millis(200);

/// The longest wait for further changes.
const AT_MOST: Duration = Duration::from_secs(1);

/// A source of changes.
pub trait Changes {
    /// Waits for the next change. Cancel-safe.
    fn changed(&mut self) -> impl Future<Output = io::Result<()>> + Send;
}

/// Calls `on_change` for each change, once for several that belong together.
///
/// # Errors
/// Those of `changes`: it ends with that, and with nothing else.
pub async fn report(mut changes: impl Changes, mut on_change: impl FnMut()) -> io::Result<()> {
    loop {
        changes.changed().await?;
        let begun = Instant::now();
        let mut last = begun;
        // An error here comes again in the next round, after this change was reported.
        while let Ok(Ok(())) = timeout_at((last + SETTLED).min(begun + AT_MOST), changes.changed()).await {
            last = Instant::now();
        }
        on_change();
    }
}

/// Whether the kernel would now reach this connection's peer from another address, or not at all: then what this
/// connection sends most likely arrives nowhere.
#[must_use]
pub fn has_moved(tcp: &TcpStream) -> bool {
    let (Ok(local), Ok(peer)) = (tcp.local_addr(), tcp.peer_addr()) else { return true };
    source_for(peer) != Some(local.ip())
}

/// Our own address on the way to `peer`. Nothing is sent: connecting a UDP socket looks for a route.
pub(crate) fn source_for(peer: SocketAddr) -> Option<IpAddr> {
    let any = match peer {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(peer).ok()?;
    socket.local_addr().ok().map(|local| local.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changes at these times after the start, in milliseconds, and then an end.
    struct At(std::vec::IntoIter<u64>, Instant);

    impl Changes for At {
        async fn changed(&mut self) -> io::Result<()> {
            let Some(&millis) = self.0.as_slice().first() else { return Err(io::Error::other("no more")) };
            tokio::time::sleep_until(self.1 + Duration::from_millis(millis)).await;
            self.0.next();
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn changes_that_come_together_are_told_once_and_none_that_keep_coming_is_held_back() {
        let begun = Instant::now();
        let drip: Vec<u64> = (0..12).map(|nth| 10_000 + nth * 150).collect();
        let times = [vec![1000, 1050, 1200, 5000], drip].concat();
        let mut told = Vec::new();
        let end = report(At(times.into_iter(), begun), || told.push(begun.elapsed().as_millis())).await;
        assert_eq!(end.map_err(|error| error.to_string()), Err("no more".to_owned()));
        assert_eq!(told, [1400, 5200, 11_000, 11_650]);
    }

    #[tokio::test]
    async fn a_connection_stays_where_its_address_is_the_one_that_leads_to_its_peer() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback");
        let addr = listener.local_addr().expect("bound");
        let stays = TcpStream::connect(addr).await.expect("it listens");
        assert!(!has_moved(&stays));
        #[cfg(target_os = "linux")]
        {
            // All of 127.0.0.0/8 is ours, and the kernel takes 127.0.0.1 where nobody says otherwise.
            let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
            socket.bind("127.0.0.9:0".parse().expect("an address")).expect("loopback");
            let moved = socket.connect(addr).await.expect("it listens");
            assert!(has_moved(&moved));
        }
    }
}
