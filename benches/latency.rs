//! From a new mail at the server to the event on the link, over TLS on loopback: what a watch adds to the network.
//!
//! The clock starts before the embedded server writes `* n EXISTS`, so its write, TLS on both sides and the wake-ups of
//! two tasks are in the figure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use mailwatch_tui::demo::{Encryption, NewMessage, Scenario, Server};
use mailwatch_tui::engine::{Engine, Parts, watch_ids};
use mailwatch_tui::history::History;
use mailwatch_tui::imap::dial::Dialler;
use mailwatch_tui::link::{FrontEnd, event_capacity, link};
use mailwatch_tui::model::{EventKind, Phase};

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
    let (server, _listening, mut front, _engine) = runtime.block_on(async {
        let server = Server::new(Scenario::healthy());
        let listening = server.listen(Encryption::Implicit).await.expect("a socket");
        let accounts = vec![listening.account("bench", &["INBOX"])];
        let link = link(watch_ids(&accounts), event_capacity(1), false);
        let engine = Engine::start(Parts {
            accounts,
            dial: Arc::new(Dialler::new()),
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
    c.bench_function("EXISTS to event, TLS on loopback", |bencher| {
        bencher.iter_custom(|rounds| {
            runtime.block_on(async {
                let mut took = Duration::ZERO;
                for _ in 0..rounds {
                    let begun = Instant::now();
                    server.deliver("INBOX", NewMessage::new("a@example.org", "hello"));
                    until(&mut front, exists).await;
                    took += begun.elapsed();
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
