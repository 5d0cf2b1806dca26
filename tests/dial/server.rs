//! Servers on loopback that a dialler meets: their certificates, and how they behave.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use mailwatch_engine::dial::{Resolve, Resolving};
use mailwatch_proto::model::{Account, Auth, Ca, Hooks, Network, Quirks, SecretSource, Timers, TlsMode};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The name that certificates bear unless a test wants another.
pub const NAME: &str = "localhost";

/// An issuer of certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        Self::named("Test Authority")
    }

    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate") }
    }

    /// What an account trusts so as to trust this issuer.
    pub fn ca(&self) -> Ca {
        Ca::Pem(self.issuer.pem())
    }

    /// A server's TLS with a certificate for `names`, changed as the test likes.
    pub fn server(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        self.server_of(names, change, rustls::ALL_VERSIONS)
    }

    pub fn server_of(
        &self,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        with_certificate(certificate.der().clone(), &key, versions)
    }
}

/// TLS with a certificate that is its own issuer, and that certificate as PEM.
pub fn self_signed(params: &CertificateParams) -> (ServerConfig, String) {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    (with_certificate(certificate.der().clone(), &key, rustls::ALL_VERSIONS), certificate.pem())
}

fn with_certificate(
    certificate: rustls::pki_types::CertificateDer<'static>,
    key: &KeyPair,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the key belongs to it")
}

/// Listens on loopback and serves one connection; what the server returned can be awaited.
pub async fn serve<F, R>(behave: impl FnOnce(TcpStream) -> F + Send + 'static) -> (SocketAddr, JoinHandle<R>)
where
    F: Future<Output = R> + Send,
    R: Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback");
    let addr = listener.local_addr().expect("bound");
    let served = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        behave(tcp).await
    });
    (addr, served)
}

/// Reads until the client leaves, and says nothing.
pub async fn listen_silently(mut tcp: TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    // However the client leaves: the test looks at the client, or at what was heard.
    let _ = tcp.read_to_end(&mut heard).await;
    heard
}

/// Serves TLS to one client, if the handshake succeeds, and keeps the connection until it closes.
pub async fn serve_tls(config: ServerConfig) -> (SocketAddr, JoinHandle<()>) {
    serve(|tcp| async move {
        if let Ok(mut tls) = TlsAcceptor::from(Arc::new(config)).accept(tcp).await {
            let mut rest = Vec::new();
            // However the client leaves: the test looks at the client.
            let _ = tls.read_to_end(&mut rest).await;
        }
    })
    .await
}

/// An account at a server of these tests, under the name [`NAME`] unless the test changes it.
pub fn account(addr: SocketAddr, tls: TlsMode, ca: Option<Ca>) -> Account {
    Account {
        name: "test".to_owned(),
        host: NAME.to_owned(),
        port: addr.port(),
        tls,
        ca,
        network: Network::default(),
        user: "me@example.org".to_owned(),
        auth: Auth::Password,
        secret: SecretSource::Fixed(mailwatch_proto::model::FixedSecret(imap_misbehave::PASSWORD.to_owned())),
        mailboxes: vec!["INBOX".to_owned()],
        max_connections: 8,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

/// Gives every host the same addresses.
#[derive(Clone, Debug)]
pub struct Addresses(pub Vec<SocketAddr>);

impl Resolve for Addresses {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolving<'a> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}
