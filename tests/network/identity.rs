//! The platform's roots, and a server that wants its clients' certificates.

use std::fs;
use std::sync::Arc;

use imap_misbehave::{Encryption, Scenario, Server};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::needs::tests;
use crate::program::Home;

tests! {
    [] =>
        what_the_platform_trusts_is_trusted_where_it_is_asked_for.await,
        a_server_that_wants_a_certificate_gets_it_and_without_one_says_what_it_wants.await;
}

async fn what_the_platform_trusts_is_trusted_where_it_is_asked_for() {
    let listening = Server::new(Scenario::healthy()).listen(Encryption::Implicit).await.expect("loopback");
    for (roots, trusted) in [("platform", true), ("bundled", false)] {
        let lines = format!("roots = \"{roots}\"");
        let home = Home::new(listening.address().port(), listening.ca_pem(), &lines, "");
        let output = home.command(&["check"]).env("SSL_CERT_FILE", home.path("ca.pem")).output().expect("it was built");
        assert_eq!(output.status.success(), trusted, "{roots}: {output:?}");
    }
}

fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// A certificate of the issuer's, and its key.
fn issued(issuer: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([name.to_owned()]).expect("a name");
    (params.signed_by(&key, issuer).expect("a certificate"), key)
}

/// A server that greets only whom the issuer knows, and then ends.
async fn strict(issuer: &CertifiedIssuer<'static, KeyPair>, version: &'static SupportedProtocolVersion) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(issuer.der().clone()).expect("a certificate");
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let (certificate, key) = issued(issuer, "localhost");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("ring has it")
        .with_client_cert_verifier(verifier.build().expect("roots"))
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("the key belongs to it");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(mut tls) = acceptor.accept(tcp).await {
                let _ = tls.write_all(b"* BYE known\r\n").await;
                let _ = tls.shutdown().await;
                let _ = tls.read_to_end(&mut Vec::new()).await;
            }
        }
    });
    port
}

async fn a_server_that_wants_a_certificate_gets_it_and_without_one_says_what_it_wants() {
    let (issuer, stranger) = (issuer("Trusted"), issuer("Stranger"));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let port = strict(&issuer, version).await;
        for (of, words) in [(Some(&issuer), "known"), (None, "client_cert"), (Some(&stranger), "client_cert")] {
            let lines = if of.is_some() { "client_cert = \"me.pem\"\nclient_key = \"me.key\"\n" } else { "" };
            let home = Home::new(port, &issuer.pem(), &format!("ca_file = \"ca.pem\"\n{lines}"), "");
            let (certificate, key) = issued(of.unwrap_or(&issuer), "me");
            fs::write(home.path("me.pem"), certificate.pem()).expect("a new file");
            fs::write(home.path("me.key"), key.serialize_pem()).expect("a new file");
            let (steps, _) = tokio::task::spawn_blocking(move || home.check()).await.expect("no panic");
            let last = steps.last().expect("steps");
            assert!(last["text"].as_str().is_some_and(|text| text.contains(words)), "{version:?} {words}: {last}");
        }
    }
}
