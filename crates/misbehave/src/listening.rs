//! The server on real sockets of this machine.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use crate::certificate::certificate;
use crate::fault::{Act, Fault};
use crate::server::Server;
use crate::stream::{Encryption, Stream};

/// A server that listens. Dropping it ends its listener and its connections.
#[derive(Debug)]
pub struct Listening {
    server: Server,
    number: usize,
    address: SocketAddr,
    encryption: Encryption,
    ca_pem: String,
    accepting: JoinHandle<()>,
}

/// Connections that may wait for accept: a thousand clients may dial at once.
const BACKLOG: u32 = 1024;

/// Out of descriptors: so long until the next attempt.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

impl Server {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Where no socket can be had, or no certificate.
    pub async fn listen(&self, encryption: Encryption) -> io::Result<Listening> {
        self.listen_on(encryption, 0).await
    }

    /// Listens on this port of 127.0.0.1: a server that comes back.
    ///
    /// # Errors
    /// Where the port is taken, or no certificate can be made.
    pub async fn listen_on(&self, encryption: Encryption, port: u16) -> io::Result<Listening> {
        self.listen_at(encryption, (Ipv4Addr::LOCALHOST, port).into()).await
    }

    /// Listens on this address. Beyond loopback whoever reaches it can log in, for the password is known to all, and
    /// tamper with what runs on it: for a network that holds nothing else, such as a network namespace. The certificate
    /// is for `localhost` wherever it is.
    ///
    /// # Errors
    /// Where the address is taken or not this machine's, or no certificate can be made.
    #[expect(clippy::unused_async, reason = "a caller must be within a runtime: sockets register with it")]
    pub async fn listen_at(&self, encryption: Encryption, address: SocketAddr) -> io::Result<Listening> {
        let certificate = certificate()?;
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        if self.shared.control().borrow().scenario.rules.iter().any(|rule| stops_reading(&rule.fault)) {
            // The kernel's minimum: so that a client soon sees the window closed.
            socket.set_recv_buffer_size(1)?;
        }
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let number = self.new_listener();
        let accepting = tokio::spawn(accept(self.clone(), listener, encryption, number));
        let ca_pem = certificate.ca_pem().to_owned();
        Ok(Listening { server: self.clone(), number, address, encryption, ca_pem, accepting })
    }
}

async fn accept(server: Server, listener: TcpListener, encryption: Encryption, number: usize) {
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => {
                // Each reply is one write: waiting for more (Nagle) would only delay it. Without it all still works.
                let _ = tcp.set_nodelay(true);
                server.spawn(Stream::Tcp(tcp), encryption, number);
            }
            // Out of descriptors, or a client that left the backlog: the next may do better.
            Err(_) => tokio::time::sleep(AFTER_FAILED_ACCEPT).await,
        }
    }
}

const fn stops_reading(fault: &Fault) -> bool {
    matches!(fault, Fault::Timed { act: Act::StopReading, .. })
}

impl Listening {
    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that a client must trust, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The server that listens here.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// How its connections are encrypted.
    #[must_use]
    pub const fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// The login name that it takes.
    #[must_use]
    pub fn user(&self) -> &str {
        self.server.shared.user()
    }

    /// Ends the listener and its connections. The port is free afterwards.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // An error here is the abort that was asked for.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.accepting.abort();
        self.server.drop_connections_of(self.number);
    }
}
