//! Addresses and sockets, without a word of TLS or IMAP.

use std::net::SocketAddr;
use std::time::Duration;

use mailwatch_engine::dial::{Dial, Dialler};
use mailwatch_proto::model::{Account, FaultClass, Next, Origin, Timer, TlsMode};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::server::{Addresses, account, listen_silently, serve};
use crate::{BOUND, dead_port, dial, dial_with, has, local};

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
    assert_eq!((fault.class, fault.next), (FaultClass::Connect, Next::Soon));
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
        let (tell, connected) = oneshot::channel();
        let (addr, served) = serve(move |tcp| {
            tell.send(()).expect("it is waited for");
            listen_silently(tcp)
        })
        .await;
        let dialler = Dialler::with_resolver(Addresses(vec![addr]));
        let account = account(addr, mode, None);
        let cut = tokio::select! {
            end = dialler.dial(&account) => Err(end.is_ok()),
            told = connected => told.map_err(|_| false),
        };
        assert_eq!(cut, Ok(()), "the dial still waits for the server's first word");
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
        account.timers.set(Timer::Connect, Some(Duration::from_secs(1)), Origin::Config);
        let fault = dial(&account).await.expect_err("silence");
        assert_eq!((fault.class, fault.next), (FaultClass::Timeout, Next::Retry));
        has(&fault, &[words, "timer connect"]);
    }
}
