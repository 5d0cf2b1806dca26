//! Servers that must not be trusted: each is refused with a sentence of its own, and none hears a credential.

use std::net::SocketAddr;
use std::sync::Arc;

use imap_misbehave::{PASSWORD, USER};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;

use crate::needs::tests;
use crate::program::Home;

tests! {
    [] =>
        each_server_that_must_not_be_trusted_has_its_own_sentence_and_hears_no_credential.await;
}

/// All that a server has heard on a connection, in the clear or through TLS; told when the connection has ended.
type Heard = UnboundedReceiver<Vec<u8>>;

/// What a server does with a client.
enum Manner {
    /// Speaks first, in the clear.
    Says(&'static [u8]),
    /// Speaks TLS, and IMAP within.
    Tls(Arc<ServerConfig>),
}

async fn listen(manner: Manner) -> (SocketAddr, Heard) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback");
    let (addr, (tell, heard)) = (listener.local_addr().expect("bound"), unbounded_channel());
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            if tell.send(serve(tcp, &manner).await).is_err() {
                return;
            }
        }
    });
    (addr, heard)
}

async fn serve(mut tcp: TcpStream, manner: &Manner) -> Vec<u8> {
    let mut bytes = Vec::new();
    match manner {
        Manner::Says(said) => {
            let _ = tcp.write_all(said).await;
            let _ = tcp.read_to_end(&mut bytes).await;
        }
        Manner::Tls(config) => {
            if let Ok(mut tls) = TlsAcceptor::from(Arc::clone(config)).accept(tcp).await {
                let _ = tls.write_all(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n").await;
                let _ = tls.flush().await;
                let _ = tls.read_to_end(&mut bytes).await;
            }
        }
    }
    bytes
}

/// A certificate for these names, of this issuer or its own.
fn config(issuer: Option<&CertifiedIssuer<'static, KeyPair>>, change: impl FnOnce(&mut CertificateParams)) -> Manner {
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer),
        None => params.self_signed(&key),
    };
    let chain = vec![certificate.expect("a certificate").der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("the key belongs to it");
    Manner::Tls(Arc::new(config))
}

fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

async fn each_server_that_must_not_be_trusted_has_its_own_sentence_and_hears_no_credential() {
    let (trusted, stranger) = (issuer("Trusted"), issuer("Stranger"));
    let expired = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    };
    let other_name = |params: &mut CertificateParams| {
        *params = CertificateParams::new(["mail.example.org".to_owned()]).expect("a name");
    };
    let cases = [
        ("starttls", Manner::Says(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n"), "offers no STARTTLS"),
        ("implicit", config(Some(&trusted), other_name), "for mail.example.org, not for localhost"),
        ("implicit", config(Some(&trusted), expired), "expired on 2020-01-01"),
        ("implicit", config(None, |_| ()), "signed itself"),
        ("implicit", config(Some(&stranger), |_| ()), "issuer is not trusted"),
        ("implicit", Manner::Says(&[21, 3, 1, 0, 2, 2, 70]), "older than 1.2"),
        ("implicit", Manner::Says(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n"), "speaks without TLS"),
    ];
    for (tls, manner, words) in cases {
        let (addr, mut heard) = listen(manner).await;
        let lines = format!("tls = \"{tls}\"\nca_file = \"ca.pem\"");
        let home = Home::new(addr.port(), &trusted.pem(), &lines, "");
        let (steps, output) = tokio::task::spawn_blocking(move || home.check()).await.expect("no panic");
        let last = steps.last().expect("steps");
        assert_eq!((&last["step"], &last["class"]), (&"tls".into(), &"tls".into()), "{words}: {last}");
        assert!(last["text"].as_str().is_some_and(|text| text.contains(words)), "{words}: {last}");
        assert_eq!(last["advice"], "nothing secret was sent");
        assert_eq!(output.status.code(), Some(1));
        let heard = heard.recv().await.expect("one connection");
        for secret in [PASSWORD, USER, "LOGIN", "AUTHENTICATE"] {
            let found = heard.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{words}: {secret} in {:?}", String::from_utf8_lossy(&heard));
        }
    }
    // What this shows would be worth nothing if nothing were ever heard.
    let (addr, mut heard) = listen(config(Some(&trusted), |_| ())).await;
    let home = Home::new(addr.port(), &trusted.pem(), "ca_file = \"ca.pem\"", "reply = \"1s\"");
    tokio::task::spawn_blocking(move || home.check()).await.expect("no panic");
    let heard = heard.recv().await.expect("one connection");
    assert!(String::from_utf8_lossy(&heard).contains("AUTHENTICATE PLAIN"), "{:?}", String::from_utf8_lossy(&heard));
}
