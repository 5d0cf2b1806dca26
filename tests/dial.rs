//! Dialling real sockets on loopback: what works, and how each thing that fails is told.

#[path = "dial/server.rs"]
mod server;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mailwatch_tui::imap::dial::{Dial, Dialler, Transport};
use mailwatch_tui::model::{Account, Ca, Fault, FaultClass, Next, Origin, Timer, TlsInfo, TlsMode, WireDirection};
use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};
use server::{Addresses, Authority, NAME, account, listen_silently, self_signed, serve, serve_tls};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Long enough for a busy machine, short enough for a hang to be seen.
const BOUND: Duration = Duration::from_secs(20);

async fn dial(account: &Account) -> Result<Transport, Fault> {
    dial_with(&Dialler::with_resolver(Addresses(vec![local(account.port)])), account).await
}

async fn dial_with(dialler: &Dialler, account: &Account) -> Result<Transport, Fault> {
    timeout(BOUND, dialler.dial(account)).await.expect("the dialler keeps its own deadline")
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A port of loopback on which nothing listens.
async fn dead_port(host: &str) -> SocketAddr {
    let listener = TcpListener::bind((host, 0)).await.expect("loopback");
    listener.local_addr().expect("bound")
}

fn has(fault: &Fault, words: &[&str]) {
    for words in words {
        assert!(fault.message.contains(words), "{words:?} is not in: {}", fault.message);
    }
}

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

        let mut transport = dial(&account(addr, TlsMode::Implicit, authority.ca())).await.expect("a good server");
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
async fn the_socket_sends_at_once_and_probes_a_silent_path() {
    let (addr, _served) = serve(listen_silently).await;
    let transport = dial(&account(addr, TlsMode::Off, None)).await.expect("loopback needs no TLS");
    let tcp = transport.io.tcp().expect("a socket");
    let socket = SockRef::from(tcp);
    assert!(tcp.nodelay().expect("told"));
    assert!(socket.keepalive().expect("told"));
    #[cfg(target_os = "linux")]
    {
        assert_eq!(socket.tcp_keepalive_time().expect("told"), Duration::from_secs(30));
        assert_eq!(socket.tcp_keepalive_interval().expect("told"), Duration::from_secs(5));
        assert_eq!(socket.tcp_keepalive_retries().expect("told"), 3);
    }
    assert_eq!(transport.tls, None);
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
        let fault = dial(&account(addr, TlsMode::Implicit, authority.ca())).await.expect_err("not to be trusted");
        assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::User), "{}", fault.message);
        has(&fault, &words);
        has(&fault, &[&format!("{NAME}:{} (127.0.0.1)", addr.port())]);
    }
}

#[tokio::test]
async fn without_a_ca_file_only_the_public_roots_count() {
    let authority = Authority::new();
    let (addr, _served) = serve_tls(authority.server(&[NAME], |_| ())).await;
    let fault = dial(&account(addr, TlsMode::Implicit, None)).await.expect_err("nobody's issuer");
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::User));
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
        assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::User));
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
        let account = Account { host: host.to_owned(), ..account(addr, TlsMode::Implicit, authority.ca()) };
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
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::User));
    has(&fault, &["speaks without TLS", "starttls", "port 993"]);

    let (addr, _served) = serve(|tcp| async move { drop(tcp) }).await;
    let fault = dial(&account(addr, TlsMode::Implicit, None)).await.expect_err("it closes");
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::Retry));
    has(&fault, &["during the TLS handshake"]);
}

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

        let mut transport = dial(&account(addr, TlsMode::StartTls, authority.ca())).await.expect("a good server");
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
        assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::User));
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

#[tokio::test]
async fn without_tls_no_other_machine_is_spoken_to() {
    // 192.0.2.0/24 is for documentation (RFC 5737): were it dialled, the test would hang and not refuse.
    let elsewhere = SocketAddr::from(([192, 0, 2, 1], 143));
    let named = Account { host: "imap.example.org".to_owned(), ..account(elsewhere, TlsMode::Off, None) };
    let posing = account(elsewhere, TlsMode::Off, None);
    for account in [named, posing] {
        let fault =
            dial_with(&Dialler::with_resolver(Addresses(vec![elsewhere])), &account).await.expect_err("refused");
        assert_eq!((fault.class, fault.next), (FaultClass::Config, Next::User));
        has(&fault, &["in the clear", "implicit"]);
    }
}

#[tokio::test]
async fn a_dead_family_does_not_keep_the_living_one_waiting() {
    let (alive, _served) = serve(listen_silently).await;
    let dead = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], alive.port()));
    let dialler = Dialler::with_resolver(Addresses(vec![dead, alive]));
    let transport = dial_with(&dialler, &account(alive, TlsMode::Off, None)).await.expect("one lives");
    assert_eq!(transport.addr, Some(alive));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_that_never_answers_is_overtaken() {
    // A listener whose queue is full drops what comes: the nearest thing to a black hole on loopback.
    let full = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    full.bind(&local(0).into()).expect("loopback");
    full.listen(0).expect("a listener");
    let hole = full.local_addr().expect("bound").as_socket().expect("an internet address");
    let mut stuffing = Vec::new();
    for _ in 0..4 {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_nonblocking(true).expect("a flag");
        // In progress, or queued: either fills it.
        let _ = socket.connect(&hole.into());
        stuffing.push(socket);
    }
    let (alive, _served) = serve(listen_silently).await;

    let dialler = Dialler::with_resolver(Addresses(vec![hole, alive]));
    let transport = dial_with(&dialler, &account(alive, TlsMode::Off, None)).await.expect("one lives");
    assert_eq!(transport.addr, Some(alive));

    let mut impatient = account(hole, TlsMode::Off, None);
    impatient.timers.set(Timer::Connect, Some(Duration::from_millis(600)), Origin::Config);
    let fault = dial_with(&Dialler::with_resolver(Addresses(vec![hole])), &impatient).await.expect_err("a hole");
    assert_eq!((fault.class, fault.next), (FaultClass::Connect, Next::Retry));
    has(&fault, &["no answer from", &hole.to_string(), "within 600ms (timer connect)"]);
}

#[tokio::test]
async fn where_nothing_listens_every_address_is_named() {
    let first = dead_port("127.0.0.1").await;
    let second = dead_port("127.0.0.2").await;
    let dialler = Dialler::with_resolver(Addresses(vec![first, second]));
    let fault = dial_with(&dialler, &account(first, TlsMode::Implicit, None)).await.expect_err("nothing there");
    assert_eq!((fault.class, fault.next), (FaultClass::Connect, Next::Retry));
    has(&fault, &[&format!("{first} refused"), &format!("{second} refused"), "check host and port"]);
}

#[tokio::test]
async fn a_host_without_an_address_is_told_as_such() {
    let account = Account { host: "imap.example.org".to_owned(), ..account(local(993), TlsMode::Implicit, None) };
    let fault = dial_with(&Dialler::with_resolver(Addresses(Vec::new())), &account).await.expect_err("no address");
    assert_eq!((fault.class, fault.next), (FaultClass::Dns, Next::Retry));
    has(&fault, &["imap.example.org"]);
}

#[tokio::test]
async fn a_dial_that_is_dropped_closes_its_socket() {
    for mode in [TlsMode::Implicit, TlsMode::StartTls] {
        let (addr, served) = serve(listen_silently).await;
        let dialler = Dialler::with_resolver(Addresses(vec![addr]));
        let account = account(addr, mode, None);
        let cut = timeout(Duration::from_millis(100), dialler.dial(&account)).await;
        assert!(cut.is_err());
        let left = timeout(BOUND, served).await;
        assert!(left.is_ok(), "the socket is still open");
    }
}

#[tokio::test]
async fn a_silent_server_is_told_with_the_step_at_which_it_fell_silent() {
    for (mode, words) in [(TlsMode::Implicit, "did not finish the TLS handshake"), (TlsMode::StartTls, "did not greet")]
    {
        let (addr, _served) = serve(listen_silently).await;
        let mut account = account(addr, mode, None);
        account.timers.set(Timer::Connect, Some(Duration::from_millis(300)), Origin::Config);
        let fault = dial(&account).await.expect_err("silence");
        assert_eq!((fault.class, fault.next), (FaultClass::Timeout, Next::Retry));
        has(&fault, &[words, "timer connect"]);
    }
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_told_before_anything_is_dialled() {
    let missing = Some(Ca::File("/nonexistent/corp-ca.pem".into()));
    let nowhere = dead_port("127.0.0.1").await;
    let fault = dial(&account(nowhere, TlsMode::Implicit, missing)).await.expect_err("no such file");
    assert_eq!((fault.class, fault.next), (FaultClass::Tls, Next::User));
    has(&fault, &["/nonexistent/corp-ca.pem"]);
}
