//! The server on real sockets: TLS, STARTTLS, and the ends that only TCP knows.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use imap_misbehave::{Encryption, Listening, Scenario, Server};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::client::Client;

const BOUND: Duration = Duration::from_secs(30);

async fn tcp(listening: &Listening) -> TcpStream {
    TcpStream::connect(listening.address()).await.expect("it listens")
}

async fn tls(listening: &Listening, tcp: TcpStream) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(listening.ca_pem().as_bytes()).expect("PEM")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.expect("a handshake")
}

fn named(name: &str) -> Server {
    Server::new(Scenario::by_name(name).expect("a scenario"))
}

#[tokio::test]
async fn implicit_tls_leads_to_a_mailbox() {
    let listening = named("healthy").listen(Encryption::Implicit).await.expect("a socket");
    let stream = tls(&listening, tcp(&listening).await).await;
    let mut client = Client::within(stream, "EXAMINE INBOX").await;
    assert!(client.ok("LOGOUT").await.contains("* BYE"));
}

#[tokio::test]
async fn starttls_is_required_before_login_and_forgets_what_came_before_it() {
    let listening = named("healthy").listen(Encryption::StartTls).await.expect("a socket");
    let (mut client, greeting) = Client::greeted(tcp(&listening).await).await;
    assert!(greeting.contains(" STARTTLS LOGINDISABLED]") && !greeting.contains("AUTH=PLAIN"), "{greeting}");
    assert!(client.command("LOGIN a b").await.contains("NO [PRIVACYREQUIRED]"));
    client.send("s STARTTLS\r\nx LOGIN a b\r\n").await;
    assert!(client.line().await.starts_with("s OK"));
    let mut client = Client::new(tls(&listening, client.into_inner()).await);
    let capabilities = client.ok("CAPABILITY").await;
    assert!(capabilities.contains("AUTH=PLAIN") && !capabilities.contains("LOGINDISABLED"), "{capabilities}");
    assert!(client.command("STARTTLS").await.contains("BAD"));
    assert!(!listening.server().log().iter().any(|logged| logged.line.starts_with('x')));
}

/// How a connection in IDLE ends.
async fn end_of(name: &str) -> std::io::Result<usize> {
    let listening = named(name).listen(Encryption::Off).await.expect("a socket");
    let mut client = Client::within(tcp(&listening).await, "EXAMINE INBOX").await;
    client.idle().await;
    let mut stream = client.into_inner();
    timeout(BOUND, stream.read(&mut [0; 100])).await.expect("an end in time")
}

#[tokio::test]
async fn rst_and_fin_are_told_apart() {
    assert_eq!(end_of("rst=100ms").await.expect_err("RST").kind(), ErrorKind::ConnectionReset);
    assert_eq!(end_of("fin=100ms").await.expect("FIN"), 0);
    assert_eq!(end_of("close=100ms").await.expect("FIN"), 0);
}

#[tokio::test]
async fn only_an_orderly_end_closes_tls_first() {
    for (name, orderly) in [("close=100ms", true), ("fin=100ms", false)] {
        let listening = named(name).listen(Encryption::Implicit).await.expect("a socket");
        let mut client = Client::within(tls(&listening, tcp(&listening).await).await, "EXAMINE INBOX").await;
        client.idle().await;
        let mut stream = client.into_inner();
        let end = timeout(BOUND, stream.read(&mut [0; 100])).await.expect("an end in time");
        assert_eq!(end.is_ok(), orderly, "{name}: {end:?}");
    }
}

#[tokio::test]
async fn a_server_that_stops_reading_lets_the_window_close() {
    let listening = named("stops-reading=0s").listen(Encryption::Off).await.expect("a socket");
    let mut client = Client::within(tcp(&listening).await, "EXAMINE INBOX").await;
    client.idle().await;
    let mut stream = client.into_inner();
    // Far more than both kernels' buffers on loopback hold.
    let much = vec![b'x'; 64 << 20];
    let written = timeout(Duration::from_secs(1), stream.write_all(&much)).await;
    assert!(written.is_err(), "it was all taken: {written:?}");
}

#[tokio::test]
async fn a_server_comes_back_on_its_port_and_knows_its_mail() {
    let server = named("healthy");
    let listening = server.listen(Encryption::Off).await.expect("a socket");
    let (port, address) = (listening.port(), listening.address());
    let mut client = Client::within(tcp(&listening).await, "EXAMINE INBOX").await;
    listening.stop().await;
    assert_eq!(client.line().await, "");
    assert!(TcpStream::connect(address).await.is_err());
    server.deliver("INBOX", imap_misbehave::NewMessage::new("a@example.org", "while it was away"));
    let listening = server.listen_on(Encryption::Off, port).await.expect("the same port");
    let (mut client, _) = Client::greeted(tcp(&listening).await).await;
    client.ok(&format!("LOGIN {} {}", imap_misbehave::USER, imap_misbehave::PASSWORD)).await;
    assert!(client.ok("EXAMINE INBOX").await.contains("* 1 EXISTS"));
}

#[tokio::test]
async fn an_account_leads_to_the_server() {
    use imap_misbehave::PASSWORD;
    use mailwatch_proto::model::{Ca, FixedSecret, SecretSource, TlsMode};
    let listening = named("healthy").listen(Encryption::StartTls).await.expect("a socket");
    let account = mailwatch_tui::commands::demo::servers::account(&listening, "work", &["INBOX", "lists/rust"]);
    assert_eq!((account.name.as_str(), account.host.as_str(), account.port), ("work", "localhost", listening.port()));
    assert_eq!(account.tls, TlsMode::StartTls);
    assert_eq!(account.secret, SecretSource::Fixed(FixedSecret(PASSWORD.to_owned())));
    assert_eq!(account.ca, Some(Ca::Pem(listening.ca_pem().to_owned())));
}
