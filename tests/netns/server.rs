//! The embedded server within a namespace: on a thread that has moved there.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use imap_misbehave::{Encryption, NewMessage, Scenario, Server};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::link::{Link, enter};

/// A server that listens at the link's far end until it is dropped.
pub struct Served {
    pub server: Server,
    pub port: u16,
    pub ca_pem: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub fn start(link: &Link) -> Self {
        let server = Server::new(Scenario::healthy());
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let (namespace, serving) = (link.server.name.clone(), server.clone());
        let thread = thread::spawn(move || {
            enter(&namespace);
            serve(&serving, &tell, stopped);
        });
        let (address, ca_pem) = told.recv_timeout(Duration::from_secs(20)).expect("it listens");
        Self { server, port: address.port(), ca_pem, stop: Some(stop), thread: Some(thread) }
    }

    pub fn deliver(&self, subject: &str) {
        self.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", subject));
    }

    /// Waits until the server meets a condition.
    #[track_caller]
    pub fn wait(&self, within: Duration, what: &str, condition: impl Fn(&Server) -> bool) {
        let wait = async { timeout(within, self.server.wait_until(condition)).await };
        assert!(runtime().block_on(wait).is_ok(), "not within {within:?}: {what}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The namespace lives as long as a thread is in it.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(server: &Server, tell: &mpsc::Sender<(SocketAddr, String)>, stopped: oneshot::Receiver<()>) {
    runtime().block_on(async {
        let listening = server.listen_at(Encryption::Implicit, Link::address()).await.expect("the link is up");
        tell.send((listening.address(), listening.ca_pem().to_owned())).expect("it is waited for");
        // An error is the drop that was waited for.
        let _ = stopped.await;
        listening.stop().await;
    });
}

/// All on this thread: others would be in another namespace.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
