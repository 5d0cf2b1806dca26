//! STARTTLS: taken where it is offered, never gone without.

use std::sync::Arc;

use mailwatch_proto::model::{FaultClass, Next, TlsMode, WireDirection};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio_rustls::TlsAcceptor;

use crate::server::{Authority, NAME, account, serve};
use crate::{dial, has};

#[tokio::test]
async fn starttls_is_taken_and_what_was_put_before_the_handshake_is_never_read() {
    let authority = Authority::new();
    for injected in ["", "* BYE injected\r\nA1 OK injected\r\n"] {
        let config = authority.server(&[NAME], |_| ());
        let (addr, served) = serve(move |tcp| async move {
            let mut tcp = BufReader::new(tcp);
            let mut line = String::new();
            tcp.write_all(b"* OK hello\r\n").await.expect("open");
            tcp.read_line(&mut line).await.expect("CAPABILITY");
            tcp.write_all(b"* CAPABILITY IMAP4rev1 STARTTLS\r\nc1 OK done\r\n").await.expect("open");
            tcp.read_line(&mut line).await.expect("STARTTLS");
            tcp.write_all(format!("c2 OK go ahead\r\n{injected}").as_bytes()).await.expect("open");
            let mut tls = TlsAcceptor::from(Arc::new(config)).accept(tcp).await.expect("a handshake");
            tls.write_all(b"secret").await.expect("open");
            tls.shutdown().await.expect("open");
            line
        })
        .await;

        let mut transport = dial(&account(addr, TlsMode::StartTls, Some(authority.ca()))).await.expect("a good server");
        let mut inside = Vec::new();
        transport.io.read_to_end(&mut inside).await.expect("a clean end");

        assert_eq!(inside, b"secret");
        assert_eq!(served.await.expect("served"), "c1 CAPABILITY\r\nc2 STARTTLS\r\n");
        assert!(transport.greeted && transport.tls.is_some());
        let trace: Vec<(WireDirection, &str)> =
            transport.trace.iter().map(|line| (line.direction, line.text.as_str())).collect();
        assert_eq!(
            trace,
            [
                (WireDirection::Server, "* OK hello"),
                (WireDirection::Client, "c1 CAPABILITY"),
                (WireDirection::Server, "* CAPABILITY IMAP4rev1 STARTTLS"),
                (WireDirection::Server, "c1 OK done"),
                (WireDirection::Client, "c2 STARTTLS"),
                (WireDirection::Server, "c2 OK go ahead"),
            ]
        );
    }
}

#[tokio::test]
async fn a_server_whose_starttls_was_taken_away_hears_nothing_more() {
    for (greeting, words) in
        [("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n", "offers no STARTTLS"), ("* PREAUTH hi\r\n", "PREAUTH")]
    {
        let (addr, served) = serve(move |mut tcp| async move {
            tcp.write_all(greeting.as_bytes()).await.expect("open");
            let mut heard = Vec::new();
            tcp.read_to_end(&mut heard).await.expect("the client leaves");
            heard
        })
        .await;
        let fault = dial(&account(addr, TlsMode::StartTls, None)).await.expect_err("no TLS to be had");
        assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
        has(&fault, &[words]);
        assert_eq!(served.await.expect("served"), b"");
    }
}

#[tokio::test]
async fn a_starttls_server_that_turns_away_or_never_stops_is_left() {
    let endless = format!("* OK {}", "x".repeat(1 << 20));
    let cases = [
        ("* BYE [UNAVAILABLE] Maximum number of connections exceeded\r\n", FaultClass::Limit, Next::RetryLater),
        ("* BYE shutting down\r\n", FaultClass::Closed, Next::Retry),
        (endless.as_str(), FaultClass::Protocol, Next::Retry),
        ("", FaultClass::Closed, Next::Retry),
    ];
    for (script, class, next) in cases {
        let script = script.to_owned();
        let (addr, _served) = serve(move |mut tcp| async move {
            // The client may leave in the middle of it.
            let _ = tcp.write_all(script.as_bytes()).await;
        })
        .await;
        let fault = dial(&account(addr, TlsMode::StartTls, None)).await.expect_err("no way in");
        assert_eq!((fault.class, fault.next), (class, next), "{}", fault.message);
    }
}
