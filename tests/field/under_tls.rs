//! The way to the embedded server under TLS, in process: the engine's own handshake, with a certificate that the row chooses.

use std::sync::{Arc, Mutex, PoisonError};

use imap_misbehave::Server;
use mailwatch_engine::dial::{Dial, Dialler, Dialling};
use mailwatch_proto::model::{Account, Ca};
use rcgen::date_time_ymd;
use rustls::ServerConfig;
use tokio::io::{copy_bidirectional, duplex};
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Authority, NAME};
use crate::row::Certificate;

/// What either side may have sent that the other has not read.
const ROOM: usize = 64 << 10;

/// Dials into this process, under TLS. A clone dials the same server.
#[derive(Clone, Debug)]
pub struct UnderTls {
    server: Server,
    dialler: Arc<Dialler>,
    /// What is trusted.
    ca: Ca,
    shown: Arc<Mutex<Shown>>,
}

/// The certificates that can be shown, and the one that is.
#[derive(Debug)]
struct Shown {
    now: Certificate,
    right: Arc<ServerConfig>,
    another: Arc<ServerConfig>,
    not_yet_valid: Arc<ServerConfig>,
}

impl UnderTls {
    pub fn to(server: Server, now: Certificate) -> Self {
        let (ours, theirs) = (Authority::new(), Authority::named("Portal"));
        let shown = Shown {
            now,
            right: Arc::new(ours.server(&[NAME], |_| ())),
            another: Arc::new(theirs.server(&[NAME], |_| ())),
            not_yet_valid: Arc::new(ours.server(&[NAME], |certificate| {
                (certificate.not_before, certificate.not_after) =
                    (date_time_ymd(2200, 1, 1), date_time_ymd(2201, 1, 1));
            })),
        };
        Self { server, dialler: Arc::new(Dialler::new()), ca: ours.ca(), shown: Arc::new(Mutex::new(shown)) }
    }

    /// What an account must trust so as to trust the right certificate.
    pub fn ca(&self) -> Ca {
        self.ca.clone()
    }

    /// The server shows another certificate from now on.
    pub fn show(&self, certificate: Certificate) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).now = certificate;
    }

    fn acceptor(&self) -> TlsAcceptor {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let config = match shown.now {
            Certificate::Right => &shown.right,
            Certificate::Another => &shown.another,
            Certificate::NotYetValid => &shown.not_yet_valid,
        };
        TlsAcceptor::from(Arc::clone(config))
    }
}

impl Dial for UnderTls {
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
        let (near, far) = duplex(ROOM);
        let (acceptor, server) = (self.acceptor(), self.server.clone());
        tokio::spawn(async move {
            // What the client does not trust ends here.
            let Ok(mut tls) = acceptor.accept(far).await else { return };
            // An end on either side ends the other with it.
            let _ = copy_bidirectional(&mut tls, &mut server.connect()).await;
        });
        Box::pin(self.dialler.secure(account, near, "localhost:143"))
    }
}
