//! Files as they are served, whole and broken; and a web server on loopback, over real TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::dial::{Dialler, Dialling, Resolve, Resolving};
use crate::discover::{LookUp, LookingUp, Sources, discover};
use mailwatch_proto::model::Ca;

const FILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<clientConfig version="1.1">
  <emailProvider id="example.org">
    <domain>example.org</domain>
    <incomingServer type="pop3"><hostname>pop.example.org</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
    <incomingServer type="imap"><hostname>old.example.org</hostname><port>143</port><socketType>STARTTLS</socketType></incomingServer>
    <incomingServer type="imap">
      <hostname>IMAP.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
      <username>%EMAILLOCALPART%</username>
      <authentication>OAuth2</authentication><authentication>password-cleartext</authentication>
    </incomingServer>
    <outgoingServer type="smtp"><hostname>smtp.example.org</hostname></outgoingServer>
  </emailProvider>
</clientConfig>"#;

fn of(text: &str) -> Result<Found, String> {
    read(text, "https://there", "ann@example.org")
}

fn imap(inner: &str) -> String {
    format!(
        "<clientConfig><emailProvider><incomingServer type=\"imap\">{inner}</incomingServer></emailProvider></clientConfig>"
    )
}

#[test]
fn the_first_server_with_tls_from_the_first_byte_is_taken_and_its_placeholders_filled() {
    let found = of(FILE).expect("a server");
    assert_eq!((found.host.as_str(), found.port, found.tls), ("imap.example.org", 993, TlsMode::Implicit));
    assert_eq!((found.user.as_str(), found.auth.as_slice()), ("ann", &[Auth::OAuth2, Auth::Password][..]));
    let starttls = FILE.replace("<socketType>SSL</socketType>\n", "<socketType>plain</socketType>\n");
    let found = of(&starttls).expect("a server");
    assert_eq!(
        (found.host.as_str(), found.tls, found.user.as_str()),
        ("old.example.org", TlsMode::StartTls, "ann@example.org")
    );
}

#[test]
fn a_file_that_does_not_help_is_told_apart() {
    let server = |host: &str, port: &str, socket: &str| {
        imap(&format!("<hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType>"))
    };
    let cases = [
        ("<html><body>Not here</body></html>".to_owned(), "not an autoconfig file"),
        ("not XML".to_owned(), "not an autoconfig file"),
        ("<!DOCTYPE x [<!ENTITY a \"aaaa\">]><clientConfig>&a;</clientConfig>".to_owned(), "not an autoconfig file"),
        ("<a>".repeat(100_000), "not an autoconfig file"),
        (format!("<clientConfig>{}</clientConfig>", "<a/>".repeat(20_000)), "not an autoconfig file"),
        ("<clientConfig/>".to_owned(), "names no IMAP server"),
        (server("h.example.org", "143", "plain"), "has no TLS"),
        (server("127.0.0.1", "993", "SSL"), "names no IMAP server"),
        (server("h.example.org", "99999", "SSL"), "names no IMAP server"),
        (server("h.example.org\u{9}x", "993", "SSL"), "names no IMAP server"),
    ];
    for (text, wanted) in cases {
        let why = of(&text).expect_err(wanted);
        assert!(why.contains(wanted), "{why}: {}", &text[..text.len().min(80)]);
    }
}

#[test]
fn only_https_is_followed() {
    let from = "https://autoconfig.example.org/mail/config-v1.1.xml";
    let cases = [
        ("https://elsewhere.example/x", Some("https://elsewhere.example/x")),
        ("/y?z", Some("https://autoconfig.example.org/y?z")),
        ("http://autoconfig.example.org/", None),
        ("//elsewhere.example/", None),
        ("y", None),
    ];
    for (location, wanted) in cases {
        assert_eq!(redirected(from, location).as_deref(), wanted, "{location}");
    }
}

/// Every name leads to this machine.
#[derive(Debug)]
struct Here;

impl Resolve for Here {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> Resolving<'a> {
        Box::pin(std::future::ready(Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))])))
    }
}

/// Dials the web server of the test, whatever the port, and trusts its certificate; the names are checked as ever.
#[derive(Debug)]
struct ToTest {
    dialler: Dialler,
    port: u16,
    ca: Ca,
}

impl Dial for ToTest {
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
        let account = Account { port: self.port, ca: Some(self.ca.clone()), ..account.clone() };
        Box::pin(async move { self.dialler.dial(&account).await })
    }
}

/// No domain has an SRV record.
#[derive(Debug)]
struct NoRecords;

impl LookUp for NoRecords {
    fn srv<'a>(&'a self, _: &'a str, _: TlsMode) -> LookingUp<'a> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// A web server over TLS that answers by host and path, with a certificate for these names.
async fn serve(names: &[&str], answer: impl Fn(&str, &str) -> String + Send + 'static) -> ToTest {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let certified = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certified.cert.der().clone()], key))
        .expect("a good configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a socket");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            // A client that does not trust us ends the handshake.
            let Ok(mut tls) = acceptor.accept(tcp).await else { continue };
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                if tls.read_buf(&mut asked).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let asked = String::from_utf8_lossy(&asked).to_lowercase();
            assert!(!asked.contains("ann"), "the person was told: {asked}");
            let path = asked.split(' ').nth(1).unwrap_or_default().to_owned();
            let host = asked.split("host: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default().to_owned();
            let _ = tls.write_all(answer(&host, &path).as_bytes()).await;
            let _ = tls.shutdown().await;
        }
    });
    ToTest { dialler: Dialler::with_resolver(Here), port, ca: Ca::Pem(certified.cert.pem()) }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn moved(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

async fn found(dial: &ToTest) -> Result<Found, crate::discover::NotFound> {
    let providers = crate::config::testing::providers();
    let sources = Sources { providers: &providers, dns: &NoRecords, dial, ispdb: false };
    discover("ann@example.org", sources).await
}

#[tokio::test]
async fn a_domain_without_records_is_asked_for_its_file_and_a_redirection_over_https_is_followed() {
    let dial = serve(&["autoconfig.example.org", "example.org"], |host, path| match (host, path) {
        ("autoconfig.example.org", "/mail/config-v1.1.xml") => moved("https://example.org/moved.xml"),
        ("example.org", "/moved.xml") => ok(FILE),
        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
    });
    let found = found(&dial.await).await.expect("a server");
    assert_eq!(found.host, "imap.example.org");
    assert_eq!(found.way.to_string(), "https://autoconfig.example.org/mail/config-v1.1.xml");
}

#[tokio::test]
async fn what_went_wrong_is_told_of_each_place() {
    // Its certificate is not for autoconfig.example.org; the other place leads away from TLS.
    let dial = serve(&["example.org"], |_, _| moved("http://example.org/config.xml")).await;
    let error = found(&dial).await.expect_err("nothing is there");
    let [srv, first, second] = error.tried.as_slice() else { panic!("{error:?}") };
    assert_eq!(srv, "example.org has no SRV record for IMAP");
    assert!(first.starts_with("https://autoconfig.example.org/mail/config-v1.1.xml: "), "{first}");
    assert!(first.contains("certificate"), "{first}");
    assert!(second.ends_with("it redirects to http://example.org/config.xml, which is not HTTPS"), "{second}");
}

#[tokio::test]
async fn a_server_that_leads_in_circles_or_says_too_much_is_left() {
    let circle = serve(&["autoconfig.example.org", "example.org"], |_, path| moved(&format!("{path}x"))).await;
    let error = found(&circle).await.expect_err("no end");
    assert!(error.tried[1].ends_with("again and again"), "{error:?}");
    let flood = serve(&["autoconfig.example.org", "example.org"], |_, _| ok(&" ".repeat(300_000))).await;
    let error = found(&flood).await.expect_err("too much");
    assert!(error.tried[1].contains("more than 256 KiB"), "{error:?}");
}
