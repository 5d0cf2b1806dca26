//! A peer whose receive buffer is full: its window is closed, DONE cannot be delivered.
//!
//! A client of IMAP writes too little to fill even the smallest buffer, so the test fills it over the same socket, once
//! the peer has said `+` and reads no more.
#![cfg(target_os = "linux")]

use std::net::SocketAddr;
use std::time::Duration;

use mailwatch_engine::dial::{Dial, Dialler, Dialling};
use mailwatch_engine::tcp_evidence::sample;
use mailwatch_proto::model::{
    Account, Auth, Command, Hooks, Network, Quirks, SecretSource, Timer, Timers, TlsMode, Verdict,
};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::rig::{BOUND, Rig, set};
use crate::{MINUTE, S};

/// Dials, and hands out a second descriptor of each socket.
#[derive(Debug)]
struct Tapped {
    dialler: Dialler,
    sockets: mpsc::UnboundedSender<TcpStream>,
}

impl Dial for Tapped {
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
        Box::pin(async {
            let transport = self.dialler.dial(account).await?;
            let socket = SockRef::from(transport.io.tcp().expect("a socket")).try_clone().expect("a descriptor");
            let second = TcpStream::from_std(socket.into()).expect("a runtime");
            self.sockets.send(second).expect("the test takes it");
            Ok(transport)
        })
    }
}

/// A listener whose connections have the smallest receive buffer there is.
fn listener() -> TcpListener {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    // Before listen: what it accepts inherits it, and the window is scaled by it.
    socket.set_recv_buffer_size(1).expect("rounded up by the kernel");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("loopback");
    socket.listen(8).expect("a listener");
    socket.set_nonblocking(true).expect("a flag");
    TcpListener::from_std(socket.into()).expect("a runtime")
}

/// Speaks IMAP up to IDLE's `+`, and then neither reads nor closes.
async fn serve(listener: TcpListener) {
    let mut kept = Vec::new();
    while let Ok((tcp, _)) = listener.accept().await {
        kept.push(tokio::spawn(up_to_idle(tcp)));
    }
}

async fn up_to_idle(tcp: TcpStream) {
    let mut tcp = BufReader::new(tcp);
    tcp.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1 IDLE] at your service\r\n").await.expect("the client is there");
    let mut line = String::new();
    while tcp.read_line(&mut line).await.is_ok_and(|n| n > 0) {
        let (tag, command) = line.trim_end().split_once(' ').expect("a tag and a command");
        let reply = match command.split(' ').next() {
            Some("IDLE") => {
                tcp.write_all(b"+ idling\r\n").await.expect("the client is there");
                return std::future::pending().await;
            }
            Some("EXAMINE") => {
                format!("* 0 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 1] .\r\n{tag} OK [READ-ONLY] .\r\n")
            }
            _ => format!("{tag} OK .\r\n"),
        };
        tcp.write_all(reply.as_bytes()).await.expect("the client is there");
        line.clear();
    }
}

struct Peer {
    rig: Rig,
    sockets: mpsc::UnboundedReceiver<TcpStream>,
    serving: JoinHandle<()>,
}

impl Peer {
    async fn start() -> Self {
        let listener = listener();
        let mut account = Account {
            name: "work".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().expect("bound").port(),
            tls: TlsMode::Off,
            ca: None,
            network: Network::default(),
            user: imap_misbehave::USER.to_owned(),
            auth: Auth::Password,
            secret: SecretSource::Fixed(mailwatch_proto::model::FixedSecret(imap_misbehave::PASSWORD.to_owned())),
            mailboxes: vec!["INBOX".to_owned()],
            max_connections: 8,
            timers: Timers::default(),
            reissue_auto: false,
            quirks: Quirks::default(),
            hooks: Hooks::default(),
        };
        // Long enough for the kernel's first probes of the window: the verdict must stand in spite of them.
        set(&mut account, Timer::Done, 3 * S);
        set(&mut account, Timer::Reissue, 29 * MINUTE);
        let serving = tokio::spawn(serve(listener));
        let (tx, sockets) = mpsc::unbounded_channel();
        let rig = Rig::start(account, Tapped { dialler: Dialler::new(), sockets: tx }).await;
        Self { rig, sockets, serving }
    }

    /// The socket of the next connection.
    async fn socket(&mut self) -> TcpStream {
        timeout(BOUND, self.sockets.recv()).await.expect("it dials").expect("the dialler lives")
    }
}

/// Writes until the peer's window is closed; until this end's buffer has not room for a byte, where `whole`.
async fn fill(socket: &TcpStream, whole: bool) {
    // More than the peer can take, less than this end can keep.
    const SOME: [u8; 16 << 10] = [0; 16 << 10];
    let ours = SockRef::from(socket);
    let closed = async {
        assert!(ours.send(&SOME).is_ok_and(|sent| sent > 0), "an empty buffer");
        loop {
            if whole {
                // A write that finds no room for a new segment still fills the last one.
                for size in [SOME.len(), 1 << 10, 1 << 5, 1] {
                    while ours.send(&SOME[..size]).is_ok() {}
                }
            }
            // The kernel moves it to the peer on its own time.
            if sample(socket).is_some_and(|seen| seen.snd_wnd == Some(0) && seen.outq > 0) {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(BOUND, closed).await.expect("buffers are finite");
}

#[tokio::test]
async fn a_peer_whose_buffer_is_full_is_not_reading() {
    for whole in [false, true] {
        let mut peer = Peer::start().await;
        let socket = peer.socket().await;
        let old = peer.rig.idling().await;
        fill(&socket, whole).await;
        peer.rig.command(0, Command::Done);
        let (conn, verdict, waited, evidence) = peer.rig.stall().await;
        assert_eq!((conn, verdict), (old, Verdict::ServerNotReading), "{whole} {evidence:?}\n{}", peer.rig.told());
        assert_eq!((evidence.acked, evidence.snd_wnd), (Some(false), Some(0)), "{whole}: {evidence:?}");
        assert!(evidence.outq > Some(0), "{whole}: {evidence:?}");
        assert!(waited < 4 * S, "{whole}: {waited:?}");
        let receipt = peer.rig.snapshot().receipt.expect("a DONE");
        assert_eq!(receipt.written.is_none(), whole, "a full buffer of our own does not take DONE");
        // It does not stay with a peer that cannot be told anything.
        drop(socket);
        let (gone, by, _) = peer.rig.replaced().await;
        assert_eq!(gone, old);
        assert!(by > old);
        peer.rig.stop().await;
        peer.serving.abort();
    }
}
