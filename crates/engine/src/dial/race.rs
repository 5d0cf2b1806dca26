//! Happy Eyeballs (RFC 8305): several addresses are tried side by side, the first to connect wins.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::deadline::Deadline;
use super::server::Server;
use mailwatch_proto::model::{Fault, FaultClass, Next};

/// How long one attempt runs alone before the next starts beside it: RFC 8305 §5's recommendation.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Silence before the first keepalive probe. With the two below a dead path shows within 45 s while nothing is due; with
/// Linux' own 7200 s the push could be dead for two hours.
const KEEPALIVE_TIME: Duration = Duration::from_secs(30);
/// Between probes.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// Probes without an answer before the kernel gives up.
const KEEPALIVE_RETRIES: u32 = 3;

/// Connects to one of the addresses. Dropping the future closes every attempt's socket.
pub(super) async fn connect(
    addrs: &[SocketAddr],
    server: &Server,
    deadline: &Deadline,
) -> Result<(TcpStream, SocketAddr), Fault> {
    let mut waiting = addrs.iter().copied();
    let mut open: Vec<SocketAddr> = Vec::new();
    let mut failed: Vec<(SocketAddr, io::Error)> = Vec::new();
    let mut attempts = FuturesUnordered::new();
    let mut next = waiting.next();
    let mut start_next_at = Instant::now();
    loop {
        if next.is_none() && attempts.is_empty() {
            return Err(unreachable(server, &failed));
        }
        tokio::select! {
            biased;
            Some((addr, outcome)) = attempts.next(), if !attempts.is_empty() => match outcome {
                Ok(tcp) => return Ok(tcp),
                Err(error) => {
                    open.retain(|other| *other != addr);
                    failed.push((addr, error));
                    // RFC 8305 §5: after a failure the next attempt starts at once.
                    start_next_at = Instant::now();
                }
            },
            () = sleep_until(deadline.at) => return Err(silent(server, &open, &failed, deadline)),
            () = sleep_until(start_next_at), if next.is_some() => {
                if let Some(addr) = next {
                    open.push(addr);
                    attempts.push(attempt(addr));
                }
                next = waiting.next();
                start_next_at = Instant::now() + ATTEMPT_DELAY;
            }
        }
    }
}

async fn attempt(addr: SocketAddr) -> (SocketAddr, io::Result<(TcpStream, SocketAddr)>) {
    (addr, open(addr).await)
}

async fn open(addr: SocketAddr) -> io::Result<(TcpStream, SocketAddr)> {
    let tcp = TcpStream::connect(addr).await?;
    let peer = tcp.peer_addr()?;
    tcp.set_nodelay(true)?;
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_TIME).with_interval(KEEPALIVE_INTERVAL).with_retries(KEEPALIVE_RETRIES);
    if let Err(error) = SockRef::from(&tcp).set_tcp_keepalive(&keepalive) {
        // Watching works without it: `reissue` finds a dead path too, only later.
        tracing::warn!(%addr, %error, "no TCP keepalive");
    }
    Ok((tcp, peer))
}

fn unreachable(server: &Server, failed: &[(SocketAddr, io::Error)]) -> Fault {
    let message = format!("cannot connect to {server}: {}. {}", causes(failed), advice(failed));
    let at_once = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable
        )
    };
    // Nothing was asked of the server.
    let next = if failed.iter().all(|(_, error)| at_once(error)) { Next::Soon } else { Next::Retry };
    Fault { class: FaultClass::Connect, message, next }
}

fn silent(server: &Server, open: &[SocketAddr], failed: &[(SocketAddr, io::Error)], deadline: &Deadline) -> Fault {
    let silent = open.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut message = format!("cannot connect to {server}: no answer from {silent} {}", deadline.passed());
    if !failed.is_empty() {
        message.push_str("; ");
        message.push_str(&causes(failed));
    }
    message.push_str(". A firewall may be dropping it, or the server is down");
    Fault::retry_after(FaultClass::Connect, message)
}

fn causes(failed: &[(SocketAddr, io::Error)]) -> String {
    let causes: Vec<String> = failed.iter().map(|(addr, error)| format!("{addr} {}", cause(error))).collect();
    causes.join("; ")
}

fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused the connection".to_owned(),
        io::ErrorKind::ConnectionReset => "reset the connection".to_owned(),
        io::ErrorKind::TimedOut => "did not answer".to_owned(),
        io::ErrorKind::NetworkUnreachable => "is in a network that cannot be reached from here".to_owned(),
        io::ErrorKind::HostUnreachable => "cannot be reached".to_owned(),
        _ => format!("failed: {error}"),
    }
}

fn advice(failed: &[(SocketAddr, io::Error)]) -> &'static str {
    let every = |kind| failed.iter().all(|(_, error)| error.kind() == kind);
    if every(io::ErrorKind::ConnectionRefused) {
        "Nothing listens there, or a firewall refuses: check host and port, and that the server runs"
    } else if every(io::ErrorKind::NetworkUnreachable) {
        "Check that this machine is online"
    } else {
        "Check host and port, the network, and that the server runs"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_that_failed_is_named_with_its_cause() {
        let server = Server { host: "imap.example.org".to_owned(), port: 993 };
        let v6 = SocketAddr::new("2001:db8::1".parse().expect("an address"), 993);
        let v4 = SocketAddr::from(([192, 0, 2, 1], 993));
        let failed =
            [(v6, io::ErrorKind::NetworkUnreachable.into()), (v4, io::Error::from(io::ErrorKind::ConnectionRefused))];
        let fault = unreachable(&server, &failed);
        assert_eq!(fault.class, FaultClass::Connect);
        assert!(fault.retry());
        assert_eq!(
            fault.message,
            "cannot connect to imap.example.org:993: [2001:db8::1]:993 is in a network that cannot be reached from \
             here; 192.0.2.1:993 refused the connection. Check host and port, the network, and that the server runs"
        );
    }
}
