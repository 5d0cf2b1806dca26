//! Dialling real sockets on loopback: what works, and how each thing that fails is told.

#[path = "dial/certificates.rs"]
mod certificates;
#[path = "dial/network.rs"]
mod network;
#[path = "dial/proxy.rs"]
mod proxy;
#[path = "dial/rules.rs"]
mod rules;
#[path = "dial/server.rs"]
mod server;
#[path = "dial/starttls.rs"]
mod starttls;

use std::net::SocketAddr;
use std::time::Duration;

use mailwatch_engine::dial::{Dial, Dialler, Transport};
use mailwatch_proto::model::{Account, Fault};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::server::Addresses;

/// Long enough for a busy machine, short enough for a hang to be seen.
const BOUND: Duration = Duration::from_secs(20);

async fn dial(account: &Account) -> Result<Transport, Fault> {
    dial_with(&Dialler::with_resolver(Addresses(vec![local(account.port)])), account).await
}

async fn dial_with(dialler: &Dialler, account: &Account) -> Result<Transport, Fault> {
    timeout(BOUND, dialler.dial(account)).await.expect("the dialler keeps its own deadline")
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A port of loopback on which nothing listens.
async fn dead_port(host: &str) -> SocketAddr {
    let listener = TcpListener::bind((host, 0)).await.expect("loopback");
    listener.local_addr().expect("bound")
}

fn has(fault: &Fault, words: &[&str]) {
    for words in words {
        assert!(fault.message.contains(words), "{words:?} is not in: {}", fault.message);
    }
}
