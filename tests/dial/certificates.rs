//! TLS from the first byte: what holds, and what does not.

use std::sync::Arc;

use mailwatch_proto::model::{Account, Ca, FaultClass, Next, TlsInfo, TlsMode};
use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::server::{Authority, NAME, account, self_signed, serve, serve_tls};
use crate::{dead_port, dial, has};

#[tokio::test]
async fn tls_from_the_first_byte_stands_and_says_what_it_settled_on() {
    let authority = Authority::new();
    let cases: [(&'static rustls::SupportedProtocolVersion, &str, &str); 2] =
        [(&rustls::version::TLS13, "1.3", "TLS_AES_256_GCM_SHA384"), (&rustls::version::TLS12, "1.2", "TLS_ECDHE_")];
    for (version, name, suite) in cases {
        let config = authority.server_of(&[NAME], |_| (), &[version]);
        let (addr, served) = serve(|tcp| async move {
            let mut tls = TlsAcceptor::from(Arc::new(config)).accept(tcp).await.expect("a handshake");
            tls.write_all(b"* OK hello\r\n").await.expect("open");
            tls.flush().await.expect("open");
            let mut line = [0; 4];
            tls.read_exact(&mut line).await.expect("a line");
            line
        })
        .await;

        let mut transport = dial(&account(addr, TlsMode::Implicit, Some(authority.ca()))).await.expect("a good server");
        let mut greeting = [0; 12];
        transport.io.read_exact(&mut greeting).await.expect("a greeting");
        transport.io.write_all(b"bye\n").await.expect("open");
        transport.io.flush().await.expect("open");

        assert_eq!(&greeting, b"* OK hello\r\n");
        assert_eq!(&served.await.expect("served"), b"bye\n");
        assert_eq!(transport.addr, Some(addr));
        assert!(!transport.greeted && transport.trace.is_empty());
        let TlsInfo { version, cipher } = transport.tls.expect("TLS");
        assert_eq!(version, name);
        assert!(cipher.starts_with(suite), "{cipher}");
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_explained_and_waits_for_the_user() {
    let authority = Authority::new();
    let stranger = Authority::named("Stranger");
    let renewed = Authority::new();
    let past = |p: &mut CertificateParams| {
        p.not_before = date_time_ymd(2019, 1, 1);
        p.not_after = date_time_ymd(2020, 1, 1);
    };
    let future = |p: &mut CertificateParams| {
        p.not_before = date_time_ymd(2200, 1, 1);
        p.not_after = date_time_ymd(2201, 1, 1);
    };
    let cases = [
        (stranger.server(&[NAME], |_| ()), vec!["issuer is not trusted", "ca_file"]),
        (renewed.server(&[NAME], |_| ()), vec!["signature is not its issuer's"]),
        (
            authority.server(&["mail.example.org", "192.0.2.7"], |_| ()),
            vec!["for mail.example.org, 192.0.2.7, not for localhost"],
        ),
        (authority.server(&[NAME], past), vec!["expired on 2020-01-01T00:00:00Z", "renew"]),
        (authority.server(&[NAME], future), vec!["only from 2200-01-01T00:00:00Z", "clock"]),
    ];
    for (config, words) in cases {
        let (addr, _served) = serve_tls(config).await;
        let fault = dial(&account(addr, TlsMode::Implicit, Some(authority.ca()))).await.expect_err("not to be trusted");
        assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry), "{}", fault.message);
        has(&fault, &words);
        has(&fault, &[&format!("{NAME}:{} (127.0.0.1)", addr.port())]);
    }
}

#[tokio::test]
async fn without_a_ca_file_only_the_public_roots_count() {
    let authority = Authority::new();
    let (addr, _served) = serve_tls(authority.server(&[NAME], |_| ())).await;
    let fault = dial(&account(addr, TlsMode::Implicit, None)).await.expect_err("nobody's issuer");
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
    has(&fault, &["issuer is not trusted", "ca_file"]);
}

#[tokio::test]
async fn a_self_signed_certificate_that_the_ca_file_holds_is_trusted() {
    let dir = tempfile::tempdir().expect("a directory");
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = CertificateParams::new([NAME.to_owned()]).expect("a name");
        params.is_ca = is_ca;
        let (config, pem) = self_signed(&params);
        let file = dir.path().join("own.pem");
        std::fs::write(&file, pem).expect("written");
        let (addr, _served) = serve_tls(config).await;
        let transport = dial(&account(addr, TlsMode::Implicit, Some(Ca::File(file)))).await;
        assert!(transport.is_ok(), "{transport:?}");
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_for_its_own_names_and_time_alone() {
    let mut other_name = CertificateParams::new(["mail.example.org".to_owned()]).expect("a name");
    other_name.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let mut expired = CertificateParams::new([NAME.to_owned()]).expect("a name");
    expired.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    expired.not_before = date_time_ymd(2019, 1, 1);
    expired.not_after = date_time_ymd(2020, 1, 1);
    for (params, words) in [(other_name, "mail.example.org"), (expired, "expired")] {
        let (config, pem) = self_signed(&params);
        let (addr, _served) = serve_tls(config).await;
        let fault = dial(&account(addr, TlsMode::Implicit, Some(Ca::Pem(pem)))).await.expect_err("not to be trusted");
        assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
        has(&fault, &[words]);
    }
}

#[tokio::test]
async fn a_server_is_known_by_its_address_where_the_certificate_bears_it() {
    let authority = Authority::new();
    for (host, bears, trusted) in
        [("127.0.0.1", "127.0.0.1", true), ("localhost.", NAME, true), ("127.0.0.1", "127.0.0.2", false)]
    {
        let (addr, _served) = serve_tls(authority.server(&[bears], |_| ())).await;
        let account = Account { host: host.to_owned(), ..account(addr, TlsMode::Implicit, Some(authority.ca())) };
        let outcome = dial(&account).await;
        assert_eq!(outcome.is_ok(), trusted, "{host} {bears}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_port_that_speaks_without_tls_is_told_from_a_broken_one() {
    let (addr, _served) = serve(|mut tcp| async move {
        tcp.write_all(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n").await.expect("open");
        let mut rest = Vec::new();
        let _ = tcp.read_to_end(&mut rest).await;
    })
    .await;
    let fault = dial(&account(addr, TlsMode::Implicit, None)).await.expect_err("no TLS there");
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
    has(&fault, &["speaks without TLS", "starttls", "port 993"]);

    let (addr, _served) = serve(|tcp| async move { drop(tcp) }).await;
    let fault = dial(&account(addr, TlsMode::Implicit, None)).await.expect_err("it closes");
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
    has(&fault, &["during the TLS handshake"]);
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_told_before_anything_is_dialled() {
    let missing = Some(Ca::File("/nonexistent/corp-ca.pem".into()));
    let nowhere = dead_port("127.0.0.1").await;
    let fault = dial(&account(nowhere, TlsMode::Implicit, missing)).await.expect_err("no such file");
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
    has(&fault, &["/nonexistent/corp-ca.pem"]);
}
