//! From `* n EXISTS` readable on the socket to the event on the link, over TLS on loopback: what a watch adds to the
//! network.
//!
//! A relay stands between server and watch and looks at the clock when its write to the watch's socket has returned:
//! from then on the bytes can be read. The wake-up of the watch's task, TLS, framing, parsing, the machine and the
//! channel are in the figure.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use imap_misbehave::{Encryption, NewMessage, Scenario, Server};
use mailwatch_engine::dial::Dialler;
use mailwatch_engine::history::History;
use mailwatch_engine::link::{FrontEnd, event_capacity, link};
use mailwatch_engine::secret::{AccountSecrets, TypedPasswords};
use mailwatch_engine::{Engine, Parts, watch_ids};
use mailwatch_proto::model::{EventKind, Phase};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Copies bytes both ways, and notes when the last of them went to the watch.
async fn relay(listener: TcpListener, server: SocketAddr, readable: Arc<Mutex<Instant>>) {
    while let Ok((watch, _)) = listener.accept().await {
        let upstream = TcpStream::connect(server).await.expect("the server listens");
        watch.set_nodelay(true).expect("a socket option");
        upstream.set_nodelay(true).expect("a socket option");
        let (mut from_watch, mut to_watch) = watch.into_split();
        let (mut from_server, mut to_server) = upstream.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_watch, &mut to_server).await });
        let readable = Arc::clone(&readable);
        tokio::spawn(async move {
            let mut chunk = vec![0; 16 * 1024];
            while let Ok(count @ 1..) = from_server.read(&mut chunk).await {
                to_watch.write_all(&chunk[..count]).await.expect("the watch reads");
                *readable.lock().expect("nobody panics here") = Instant::now();
            }
        });
    }
}

async fn until(front: &mut FrontEnd, fits: impl Fn(&EventKind) -> bool) {
    while let Some(event) = front.event().await {
        if fits(&event.kind) {
            return;
        }
    }
    panic!("the engine has ended");
}

fn exists_to_event(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let state = tempfile::tempdir().expect("a directory");
    let readable = Arc::new(Mutex::new(Instant::now()));
    let (server, _listening, mut front, _engine) = runtime.block_on(async {
        let server = Server::new(Scenario::healthy());
        let listening = server.listen(Encryption::Implicit).await.expect("a socket");
        let mut account = mailwatch_tui::commands::demo::servers::account(&listening, "bench", &["INBOX"]);
        let between = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        account.port = between.local_addr().expect("it is bound").port();
        tokio::spawn(relay(between, listening.address(), Arc::clone(&readable)));
        let accounts = vec![account];
        let link = link(watch_ids(&accounts), event_capacity(1), false);
        let engine = Engine::start(Parts {
            accounts,
            secrets: Arc::new(AccountSecrets::new(Arc::new(Dialler::new()), TypedPasswords::default())),
            dial: Arc::new(Dialler::new()),
            governor: mailwatch_engine::login_governor::LoginGovernor::in_process(),
            history: History::open(state.path()).0,
            publisher: link.publisher,
            commands: link.commands,
            confirmed: link.confirmed,
        })
        .await;
        (server, listening, link.front_end, engine)
    });
    let idling = |kind: &EventKind| matches!(kind, EventKind::Phase { to: Phase::Idling, .. });
    let exists = |kind: &EventKind| matches!(kind, EventKind::Exists { .. });
    runtime.block_on(until(&mut front, idling));
    c.bench_function("EXISTS readable to event told, TLS on loopback", |bencher| {
        bencher.iter_custom(|rounds| {
            runtime.block_on(async {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    server.deliver("INBOX", NewMessage::new("a@example.org", "hello"));
                    until(&mut front, exists).await;
                    let told = Instant::now();
                    took += told.saturating_duration_since(*readable.lock().expect("nobody panics here"));
                    until(&mut front, idling).await;
                    server.trim("INBOX", 10);
                }
                took
            })
        });
    });
}

criterion_group! {
    name = benches;
    // Each round ends an IDLE and begins the next, at most four a second: few rounds, no warm-up to speak of.
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(30));
    targets = exists_to_event
}
criterion_main!(benches);
