//! What an account asks of TLS beyond a certificate that holds: pins, a version, a certificate of its own; and what a
//! name's new address does.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use mailwatch_engine::dial::{Dial, Dialler, Resolve, Resolving, Stage};
use mailwatch_proto::model::{Account, FaultClass, Network, Next, TlsMode, TlsRules, TlsVersion};
use rcgen::{BasicConstraints, CertificateParams, IsCa};
use tokio::io::AsyncWriteExt;

use crate::server::{Addresses, Authority, NAME, account, listen_silently, self_signed, serve, serve_tls};
use crate::{dial, dial_with, has};

fn ruled(tls: TlsRules, account: Account) -> Account {
    Account { network: Network { proxy: None, tls }, ..account }
}

#[tokio::test]
async fn a_pin_lets_its_own_key_pass_and_tells_another_by_its_hash() {
    let authority = Authority::new();
    let config = authority.server(&[NAME], |_| ());
    let (addr, _served) = serve_tls(config.clone()).await;
    let (tx, mut stages) = tokio::sync::mpsc::unbounded_channel();
    let plain = account(addr, TlsMode::Implicit, Some(authority.ca()));
    let dialler = Dialler::with_resolver(Addresses(vec![addr]));
    dialler.dial_in_stages(&plain, tx).await.expect("nothing is pinned");
    let shown = std::iter::from_fn(|| stages.try_recv().ok()).find_map(|stage| match stage {
        Stage::Secured { pin, .. } => pin,
        Stage::Resolved(_) | Stage::Connected(_) | Stage::Tunnelled { .. } | Stage::Untrusted => None,
    });
    let shown = shown.expect("check shows it");
    let pin: [u8; 32] =
        base64::Engine::decode(&base64::prelude::BASE64_STANDARD, &shown).expect("base64").try_into().expect("SHA-256");

    for (pins, holds) in [(vec![[7; 32], pin], true), (vec![[7; 32]], false)] {
        let (addr, _served) = serve_tls(config.clone()).await;
        let rules = TlsRules { pins, ..TlsRules::default() };
        let outcome = dial(&ruled(rules, account(addr, TlsMode::Implicit, Some(authority.ca())))).await;
        match outcome {
            Ok(_) => assert!(holds),
            Err(fault) => {
                assert!(!holds);
                assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
                has(&fault, &["not in pin_sha256", &shown]);
            }
        }
    }
    // A pin never makes good what does not hold.
    let (addr, _served) = serve_tls(config).await;
    let rules = TlsRules { pins: vec![pin], ..TlsRules::default() };
    let fault = dial(&ruled(rules, account(addr, TlsMode::Implicit, None))).await.expect_err("nobody's issuer");
    has(&fault, &["issuer is not trusted"]);
}

#[tokio::test]
async fn a_certificate_that_signed_itself_is_told_from_an_unknown_issuers() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = CertificateParams::new([NAME.to_owned()]).expect("a name");
        params.is_ca = is_ca;
        let (addr, _served) = serve_tls(self_signed(&params).0).await;
        let fault = dial(&account(addr, TlsMode::Implicit, None)).await.expect_err("nobody vouches");
        assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
        has(&fault, &["signed itself", "ca_file"]);
    }
}

#[tokio::test]
async fn an_older_version_than_is_asked_for_is_refused() {
    let authority = Authority::new();
    let config = authority.server_of(&[NAME], |_| (), &[&rustls::version::TLS12]);
    let (addr, _served) = serve_tls(config).await;
    let rules = TlsRules { min: TlsVersion::V13, ..TlsRules::default() };
    let fault = dial(&ruled(rules, account(addr, TlsMode::Implicit, Some(authority.ca())))).await.expect_err("1.2");
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
    has(&fault, &["does not speak TLS 1.3", "tls_min"]);
}

#[tokio::test]
async fn a_server_that_speaks_broken_versions_alone_is_refused() {
    // A fatal alert `protocol_version` (RFC 5246 §7.2), and a ServerHello of TLS 1.1.
    let alert = vec![21, 3, 1, 0, 2, 2, 70];
    let mut hello = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x2f, 0]);
    for bytes in [alert, hello] {
        let (addr, served) = serve(move |mut tcp| async move {
            tcp.write_all(&bytes).await.expect("open");
            listen_silently(tcp).await
        })
        .await;
        let fault = dial(&account(addr, TlsMode::Implicit, None)).await.expect_err("too old");
        assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry), "{}", fault.message);
        has(&fault, &["older than 1.2"]);
        // A ClientHello, and at most an alert behind it.
        let heard = served.await.expect("served");
        assert_eq!(heard[..3], [22, 3, 1], "TLS alone");
    }
}

/// Another address at each question.
#[derive(Debug)]
struct Wandering(Vec<SocketAddr>, AtomicUsize);

impl Resolve for Wandering {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolving<'a> {
        let nth = self.1.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move { Ok(vec![self.0[nth]]) })
    }
}

#[tokio::test]
async fn a_name_is_looked_up_anew_for_each_connection() {
    let (first, _first) = serve(listen_silently).await;
    let (second, _second) = serve(listen_silently).await;
    let dialler = Dialler::with_resolver(Wandering(vec![first, second], AtomicUsize::new(0)));
    for addr in [first, second] {
        let transport = dial_with(&dialler, &account(first, TlsMode::Off, None)).await.expect("it listens");
        assert_eq!(transport.addr, Some(addr));
    }
}
