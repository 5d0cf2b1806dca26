//! A server that says without end what nobody asked for: what of it is told, and who waits for it.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use imap_misbehave::{NewMessage, Scenario, Server};
use mailwatch_engine::dial::{Dial, Dialling, Io, Transport};
use mailwatch_engine::history::History;
use mailwatch_proto::model::{Account, EventKind};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;

use crate::harness::{MINUTE, Rig, S, account, scenario};

/// How many events of each kind there are.
fn told(rig: &Rig) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::new();
    for event in &rig.events {
        *kinds.entry(event.kind.name()).or_default() += 1;
    }
    kinds
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_every_kind_is_told_in_a_few_lines_a_minute_and_mail_besides() {
    let mut rig = Rig::start("flood");
    rig.idling().await;
    rig.pass(3 * MINUTE).await;
    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "hello"));
    rig.mail().await;
    rig.pass(3 * MINUTE).await;
    let kinds = told(&rig);
    for kind in ["exists", "expunge", "flags", "heartbeat", "unparsed", "alert"] {
        let lines = kinds.get(kind).copied().unwrap_or(0);
        assert!((1..=80).contains(&lines), "{lines} lines of {kind}: {kinds:?}");
    }
    assert_eq!(kinds.get("new_mail"), Some(&1), "{kinds:?}");
    assert!(rig.told().contains("(the last of "), "how many there were is said");
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Lost { .. })), 0);
}

/// A stream that, once IDLE was sent, has always more to read.
#[derive(Debug)]
struct Endless {
    io: DuplexStream,
    /// Bytes that were read of the flood.
    read: Arc<AtomicUsize>,
    idles: bool,
}

const FLOOD: &[u8] = b"* OK [ALERT] The mailbox is almost full\r\n* 7 EXISTS\r\n* XFLOOD 1\r\n";

impl Io for Endless {
    fn tcp(&self) -> Option<&TcpStream> {
        None
    }
}

impl AsyncRead for Endless {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.io).poll_read(cx, buf) {
            Poll::Pending if self.idles => {
                let count = FLOOD.len() * (buf.remaining() / FLOOD.len()).min(60);
                self.read.fetch_add(count, Ordering::Relaxed);
                buf.put_slice(&FLOOD.repeat(count / FLOOD.len()));
                Poll::Ready(Ok(()))
            }
            other => {
                self.idles |= buf.filled()[before..].starts_with(b"+ idling");
                other
            }
        }
    }
}

impl AsyncWrite for Endless {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[derive(Debug)]
struct Flooding(Server, Arc<AtomicUsize>);

impl Dial for Flooding {
    fn dial<'a>(&'a self, _: &'a Account) -> Dialling<'a> {
        let io = Box::new(Endless { io: self.0.connect(), read: Arc::clone(&self.1), idles: false });
        Box::pin(async { Ok(Transport { io, addr: None, proxy: None, tls: None, greeted: false, trace: Vec::new() }) })
    }
}

#[tokio::test(start_paused = true)]
async fn others_get_their_turn_while_a_server_never_pauses() {
    let (server, read) = (Server::new(Scenario::healthy()), Arc::new(AtomicUsize::new(0)));
    let dial = Arc::new(Flooding(server.clone(), Arc::clone(&read)));
    let mut rig = Rig::dialled(server, account(&["INBOX"]), History::in_process(), dial);
    rig.until(MINUTE, "an alert", |kind| matches!(kind, EventKind::Alert { .. })).await;
    // Each time that this task gets its turn, the watch has had one: some pieces of the flood, read in milliseconds.
    for _ in 0..200 {
        let before = read.load(Ordering::Relaxed);
        tokio::task::yield_now().await;
        let between = read.load(Ordering::Relaxed) - before;
        assert!(between <= 64 * 1024, "{between} bytes were read in one turn");
    }
    assert!(read.load(Ordering::Relaxed) > 16 * 1024, "it is read on all the while");
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_held_at_the_end_of_the_program_is_told() {
    let mut rig = Rig::on(Server::new(scenario("flood=100ms")), account(&["INBOX"]), History::in_process());
    rig.idling().await;
    rig.pass(20 * S).await;
    rig.stop().await;
    let last =
        rig.events.iter().rev().take(20).filter(|event| format!("{:?}", event.kind).contains("(the last of ")).count();
    assert!(last >= 3, "{}", rig.told());
}
