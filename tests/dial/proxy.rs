//! Proxies: what they are told, what they say no to, and that the server behind them is spoken to as ever.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mailwatch_engine::dial::{Dial, Resolve, Resolving};
use mailwatch_engine::dial::{Dialler, PasswordFuture, ProxyPasswords, Stage};
use mailwatch_proto::model::{Account, FaultClass, Network, Next, Proxy, ProxyKind, ProxyLogin, TlsMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{Addresses, Authority, NAME, account, serve};
use crate::{dead_port, dial_with, has};

/// Remembers which names it was asked for.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Resolve for Asked {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a> {
        self.0.lock().expect("no panic here").push(host.to_owned());
        Box::pin(async move { Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]) })
    }
}

/// The password, and how often it was asked for.
#[derive(Clone, Debug, Default)]
struct Password(Arc<AtomicUsize>);

impl ProxyPasswords for Password {
    fn ask<'a>(&'a self, command: &'a [String]) -> PasswordFuture<'a> {
        assert_eq!(command, ["pass"]);
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok("hunter2".into()) })
    }
}

fn through(kind: ProxyKind, addr: SocketAddr, login: bool) -> Network {
    let login = login.then(|| ProxyLogin { user: "me".to_owned(), password_command: vec!["pass".to_owned()] });
    let proxy = Proxy { kind, host: "proxy.example".to_owned(), port: addr.port(), login };
    Network { proxy: Some(proxy), ..Network::default() }
}

/// Plays a proxy's part in bytes: reads as much as is expected, answers, and so on.
async fn play(mut tcp: TcpStream, turns: Vec<(Vec<u8>, Vec<u8>)>) {
    for (expected, answer) in turns {
        let mut heard = vec![0; expected.len()];
        tcp.read_exact(&mut heard).await.expect("it is told");
        assert_eq!(heard, expected, "{:?}", String::from_utf8_lossy(&heard));
        tcp.write_all(&answer).await.expect("open");
    }
    // What comes now is for the server that is not there.
    let mut rest = Vec::new();
    let _ = tcp.read_to_end(&mut rest).await;
}

/// SOCKS5's request for a name, RFC 1928 §4.
fn socks_request(host: &str, port: u16) -> Vec<u8> {
    let length = u8::try_from(host.len()).expect("short");
    [&[5, 1, 0, 3, length][..], host.as_bytes(), &port.to_be_bytes()].concat()
}

#[tokio::test]
async fn the_name_is_for_the_proxy_to_look_up_and_tls_is_with_the_server_behind_it() {
    let authority = Authority::new();
    for kind in ProxyKind::ALL {
        let config = authority.server(&["imap.example.org"], |_| ());
        let (addr, _served) = serve(move |mut tcp| async move {
            match kind {
                ProxyKind::Socks5 => {
                    let mut hello = [0; 3];
                    tcp.read_exact(&mut hello).await.expect("methods");
                    assert_eq!(hello, [5, 1, 0]);
                    tcp.write_all(&[5, 0]).await.expect("open");
                    let mut asked = vec![0; socks_request("imap.example.org", 993).len()];
                    tcp.read_exact(&mut asked).await.expect("a request");
                    assert_eq!(asked, socks_request("imap.example.org", 993));
                    tcp.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("open");
                }
                ProxyKind::Http => {
                    let wanted = "CONNECT imap.example.org:993 HTTP/1.1\r\nHost: imap.example.org:993\r\n\r\n";
                    let mut asked = vec![0; wanted.len()];
                    tcp.read_exact(&mut asked).await.expect("a request");
                    assert_eq!(String::from_utf8_lossy(&asked), wanted);
                    tcp.write_all(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n").await.expect("open");
                }
            }
            let mut tls = tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(tcp).await.expect("a handshake");
            tls.write_all(b"* OK hello\r\n").await.expect("open");
            tls.flush().await.expect("open");
            let _ = tls.read_to_end(&mut Vec::new()).await;
        })
        .await;
        let names = Asked::default();
        let dialler = Dialler::with_resolver(names.clone());
        let (host, network) = ("imap.example.org".to_owned(), through(kind, addr, false));
        let account = Account { host, port: 993, network, ..account(addr, TlsMode::Implicit, Some(authority.ca())) };
        let (tx, mut stages) = tokio::sync::mpsc::unbounded_channel();
        let mut transport = dialler.dial_in_stages(&account, tx).await.expect("a proxy and a server");
        let mut greeting = [0; 12];
        transport.io.read_exact(&mut greeting).await.expect("a greeting");
        assert_eq!(&greeting, b"* OK hello\r\n");
        assert_eq!(*names.0.lock().expect("no panic here"), ["proxy.example"], "the server's name stays the proxy's");
        let proxy = format!("{}://proxy.example:{}", kind.scheme(), addr.port());
        assert_eq!((transport.proxy.as_deref(), transport.addr), (Some(proxy.as_str()), Some(addr)));
        let mut told = Vec::new();
        while let Ok(stage) = stages.try_recv() {
            told.push(stage);
        }
        let tunnelled = Stage::Tunnelled { proxy, server: "imap.example.org:993".to_owned() };
        assert_eq!(told[..3], [Stage::Resolved(vec![addr]), Stage::Connected(addr), tunnelled]);
        assert!(matches!(&told[3], Stage::Secured { tls: Some(_), pin: Some(pin) } if pin.len() == 44), "{told:?}");
    }
}

#[tokio::test]
async fn a_proxys_no_is_told_in_its_own_sentence() {
    let socks = |answer: u8| {
        let reply = vec![5, answer, 0, 1, 0, 0, 0, 0, 0, 0];
        vec![(vec![5, 1, 0], vec![5, 0]), (socks_request("imap.example.org", 993), reply)]
    };
    let asked = b"CONNECT imap.example.org:993 HTTP/1.1\r\nHost: imap.example.org:993\r\n\r\n".to_vec();
    let http = |answer: &str| vec![(asked.clone(), format!("HTTP/1.1 {answer}\r\n\r\n").into_bytes())];
    let cases = [
        (ProxyKind::Socks5, socks(2), Next::User, "does not allow connections to imap.example.org:993"),
        (ProxyKind::Socks5, socks(4), Next::Retry, "the host cannot be reached"),
        (ProxyKind::Socks5, socks(5), Next::Retry, "the connection was refused"),
        (ProxyKind::Socks5, socks(1), Next::Retry, "could not connect to imap.example.org:993"),
        (ProxyKind::Socks5, vec![(vec![5, 1, 0], vec![5, 255])], Next::User, "wants a login"),
        (ProxyKind::Socks5, vec![(vec![5, 1, 0], b"HTTP/1.1 400".to_vec())], Next::User, "does not speak SOCKS5"),
        (ProxyKind::Http, http("407 Proxy Authentication Required"), Next::User, "wants a login"),
        (ProxyKind::Http, http("403 Filtered"), Next::User, "does not allow connections"),
        (ProxyKind::Http, http("502 Bad Gateway"), Next::Retry, "502 Bad Gateway"),
        (ProxyKind::Http, http("404 Not Found"), Next::User, "not a web server"),
        (ProxyKind::Http, vec![(asked.clone(), b"* OK hi\r\n".to_vec())], Next::User, "does not speak HTTP"),
    ];
    for (kind, turns, next, words) in cases {
        let (addr, _served) = serve(move |tcp| play(tcp, turns)).await;
        let (host, network) = ("imap.example.org".to_owned(), through(kind, addr, false));
        let account = Account { host, port: 993, network, ..account(addr, TlsMode::Implicit, None) };
        let dialler = Dialler::with_resolver(Addresses(vec![addr]));
        let fault = dial_with(&dialler, &account).await.expect_err(words);
        assert_eq!((fault.class, fault.next), (FaultClass::Proxy, next), "{}", fault.message);
        has(&fault, &[words, &format!("{}://proxy.example:{}", kind.scheme(), addr.port())]);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_from_a_server_that_is_not() {
    let nowhere = dead_port("127.0.0.1").await;
    let account =
        Account { network: through(ProxyKind::Socks5, nowhere, false), ..account(nowhere, TlsMode::Implicit, None) };
    let fault = dial_with(&Dialler::with_resolver(Addresses(vec![nowhere])), &account).await.expect_err("no proxy");
    assert_eq!((fault.class, fault.next), (FaultClass::Proxy, Next::Soon));
    has(&fault, &["the proxy socks5://proxy.example", "refused the connection"]);
}

#[tokio::test]
async fn a_login_is_asked_for_once_and_again_when_it_was_refused() {
    let basic =
        "CONNECT localhost:993 HTTP/1.1\r\nHost: localhost:993\r\nProxy-Authorization: Basic bWU6aHVudGVyMg==\r\n\r\n";
    let password = Password::default();
    let dialler = |addr| Dialler::with_resolver(Addresses(vec![addr])).asking(password.clone());
    let (addr, _served) = serve(|tcp| play(tcp, vec![(basic.into(), b"HTTP/1.1 407 No\r\n\r\n".to_vec())])).await;
    let with = |addr| Account {
        port: 993,
        network: through(ProxyKind::Http, addr, true),
        ..account(addr, TlsMode::Implicit, None)
    };
    let fault = dial_with(&dialler(addr), &with(addr)).await.expect_err("refused");
    assert_eq!((fault.class, fault.next), (FaultClass::Proxy, Next::User));
    has(&fault, &["refused the login", "proxy_password_command"]);
    assert!(!fault.message.contains("hunter2"));

    // RFC 1929 §2: version, user, password.
    let login = [&[1, 2][..], b"me", &[7], b"hunter2"].concat();
    let turns = vec![(vec![5], Vec::new()), (vec![2, 0, 2], vec![5, 2]), (login, vec![1, 1])];
    let (addr, _served) = serve(|tcp| play(tcp, turns)).await;
    let network = through(ProxyKind::Socks5, addr, true);
    let fault = dial_with(&dialler(addr), &Account { network, ..with(addr) }).await.expect_err("refused");
    has(&fault, &["refused the login"]);

    // One dialler: asked for at the first dial, kept for the second, forgotten after the refusal.
    password.0.store(0, Ordering::Relaxed);
    let answers = ["HTTP/1.1 502 Down\r\n\r\n", "HTTP/1.1 407 No\r\n\r\n", "HTTP/1.1 502 Down\r\n\r\n"];
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback");
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        for answer in answers {
            let (tcp, _) = listener.accept().await.expect("a client");
            play(tcp, vec![(basic.into(), answer.into())]).await;
        }
    });
    let (dialler, account) = (dialler(addr), with(addr));
    for asked in [1, 1, 2] {
        dial_with(&dialler, &account).await.expect_err("no way through");
        assert_eq!(password.0.load(Ordering::Relaxed), asked);
    }
}

#[tokio::test]
async fn what_is_said_in_the_clear_to_this_machine_goes_through_no_proxy() {
    let nowhere = dead_port("127.0.0.1").await;
    let (addr, _served) = serve(crate::server::listen_silently).await;
    let network = through(ProxyKind::Socks5, nowhere, false);
    let account = Account { host: NAME.to_owned(), network, ..account(addr, TlsMode::Off, None) };
    let transport = dial_with(&Dialler::with_resolver(Addresses(vec![addr])), &account).await.expect("loopback");
    assert_eq!(transport.proxy, None);
}
