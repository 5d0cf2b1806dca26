use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, Error, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream as ServerStream;

use super::*;

const NAME: &str = "imap.example.org";

/// A server's settings, and those of a client that trusts it.
fn settings(version: &'static SupportedProtocolVersion) -> (ServerConfig, ClientConfig) {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .expect("ring has it")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("the key is the certificate's");
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a certificate");
    let client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("ring has it")
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, client)
}

async fn client(io: DuplexStream, config: ClientConfig) -> io::Result<TlsStream<DuplexStream>> {
    TlsStream::connect(io, Arc::new(config), ServerName::try_from(NAME).expect("a name")).await
}

/// Both ends over a pipe of so many bytes, after the handshake.
async fn ends(
    version: &'static SupportedProtocolVersion,
    pipe: usize,
) -> (TlsStream<DuplexStream>, ServerStream<DuplexStream>) {
    let (settings, trusting) = settings(version);
    let (near, far) = tokio::io::duplex(pipe);
    let (client, server) = tokio::join!(client(near, trusting), TlsAcceptor::from(Arc::new(settings)).accept(far));
    (client.expect("a handshake"), server.expect("a handshake"))
}

fn assert_at_rest<S>(tls: &TlsStream<S>) {
    let held = [tls.incoming.capacity(), tls.plain.bytes.capacity(), tls.outgoing.bytes.capacity()];
    assert_eq!(held, [0; 3]);
}

fn text(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from(n % 251).expect("below 251")).collect()
}

#[tokio::test]
async fn what_is_said_arrives_however_it_is_cut_and_nothing_is_held_afterwards() {
    for version in [&TLS12, &TLS13] {
        for (pipe, size) in [(7, 3000), (100, 3000), (1000, 100_000), (20_000, 100_000), (100_000, 100_000)] {
            let (settings, trusting) = settings(version);
            let (near, far) = tokio::io::duplex(pipe);
            let echo = async {
                let server = TlsAcceptor::from(Arc::new(settings)).accept(far).await.expect("a handshake");
                let (mut reading, mut writing) = tokio::io::split(server);
                tokio::io::copy(&mut reading, &mut writing).await.expect("an open stream");
                writing.shutdown().await.expect("an open stream");
            };
            let talk = async {
                let mut client = client(near, trusting).await.expect("a handshake");
                let said = text(size);
                let mut heard = vec![0; size];
                let (mut reading, mut writing) = tokio::io::split(&mut client);
                let write = async {
                    writing.write_all(&said).await.expect("an open stream");
                    writing.flush().await.expect("an open stream");
                };
                let ((), read) = tokio::join!(write, reading.read_exact(&mut heard));
                read.expect("all of it");
                assert!(heard == said, "{version:?}, a pipe of {pipe} bytes");
                assert_at_rest(&client);
                client.shutdown().await.expect("an open stream");
                assert_eq!(client.read(&mut [0; 8]).await.expect("an end"), 0);
            };
            tokio::join!(echo, talk);
        }
    }
}

#[tokio::test]
async fn a_reader_with_little_room_gets_all_of_it() {
    let (mut client, mut server) = ends(&TLS13, 100_000).await;
    server.write_all(b"* 23 EXISTS\r\n").await.expect("an open stream");
    server.flush().await.expect("an open stream");
    let mut got = Vec::new();
    while got.len() < 13 {
        let mut little = [0; 5];
        let count = client.read(&mut little).await.expect("an open stream");
        got.extend_from_slice(&little[..count]);
    }
    assert_eq!(got, b"* 23 EXISTS\r\n");
    assert_at_rest(&client);
}

#[tokio::test]
async fn an_end_that_was_announced_is_one_and_a_cut_is_a_fault() {
    for version in [&TLS12, &TLS13] {
        let (mut client, mut server) = ends(version, 100_000).await;
        server.write_all(b"* BYE\r\n").await.expect("an open stream");
        server.shutdown().await.expect("an open stream");
        let mut said = Vec::new();
        client.read_to_end(&mut said).await.expect("an end");
        assert_eq!(said, b"* BYE\r\n");
        client.shutdown().await.expect("an open stream");
        assert_eq!(server.read(&mut [0; 8]).await.expect("an end"), 0);

        let (mut client, server) = ends(version, 100_000).await;
        drop(server);
        let cut = client.read(&mut [0; 8]).await.expect_err("no close_notify");
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    }
}

#[tokio::test]
async fn new_keys_are_taken_and_answered_with_new_ones() {
    let (mut client, mut server) = ends(&TLS13, 100_000).await;
    for _ in 0..3 {
        server.get_mut().1.refresh_traffic_keys().expect("TLS 1.3");
        server.write_all(b"+ idling\r\n").await.expect("an open stream");
        server.flush().await.expect("an open stream");
        let mut got = [0; 10];
        client.read_exact(&mut got).await.expect("the new keys");
        client.write_all(b"DONE\r\n").await.expect("an open stream");
        client.flush().await.expect("an open stream");
        let mut done = [0; 6];
        server.read_exact(&mut done).await.expect("the client's new keys");
        assert_eq!((&got, &done), (b"+ idling\r\n", b"DONE\r\n"));
        assert_at_rest(&client);
    }
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_told_so() {
    for version in [&TLS12, &TLS13] {
        let ((settings, _), (_, other)) = (self::settings(version), self::settings(version));
        let (near, far) = tokio::io::duplex(100_000);
        let (refused, server) = tokio::join!(client(near, other), TlsAcceptor::from(Arc::new(settings)).accept(far));
        let refused = refused.expect_err("another's certificate");
        let tls = refused.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        assert!(matches!(tls, Some(Error::InvalidCertificate(_))), "{refused:?}");
        let told = server.expect_err("an alert");
        let told = told.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        assert!(matches!(told, Some(Error::AlertReceived(_))), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_no_tls_is_a_fault_of_tls_and_an_end_in_the_handshake_is_an_end() {
    let (_, trusting) = settings(&TLS13);
    let (near, mut far) = tokio::io::duplex(100_000);
    far.write_all(b"* OK IMAP4rev1 ready\r\n").await.expect("an open pipe");
    let error = client(near, trusting.clone()).await.expect_err("no TLS");
    assert!(error.get_ref().is_some_and(|inner| matches!(inner.downcast_ref(), Some(Error::InvalidMessage(_)))));

    let (near, far) = tokio::io::duplex(100_000);
    drop(far);
    let error = client(near, trusting).await.expect_err("nobody is there");
    assert!(matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe), "{error:?}");
}

#[tokio::test]
async fn a_record_that_was_changed_on_its_way_is_a_fault_and_so_is_all_that_follows() {
    let (mut client, mut server) = ends(&TLS13, 100_000).await;
    // A record of application data that nobody encrypted.
    let forged = [&[23, 3, 3, 0, 32][..], &[7; 32]].concat();
    server.get_mut().0.write_all(&forged).await.expect("an open pipe");
    for _ in 0..2 {
        let error = client.read(&mut [0; 8]).await.expect_err("forged");
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        assert!(matches!(tls, Some(Error::DecryptError)), "{error:?}");
        server.get_mut().0.write_all(&forged).await.expect("an open pipe");
    }
    assert!(client.write(b"DONE\r\n").await.is_err());
    assert!(client.shutdown().await.is_err());
}
