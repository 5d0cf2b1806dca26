//! Starts an engine with its link, and forwards the system's events to it.

use std::sync::Arc;

use mailwatch_engine::dial::{Dial, Dialler};
use mailwatch_engine::history::History;
use mailwatch_engine::link::{FrontEnd, Publisher, event_capacity, link};
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::secret::{AccountSecrets, TypedPasswords};
use mailwatch_engine::{Engine, Parts, SystemEventSender, give_back, malloc, network, suspend, watch_ids};
use mailwatch_proto::model::Account;
use tokio::sync::watch;

use mailwatch_engine::open_files::allow_sockets;

/// An engine on these accounts, its end of the link, by which more front ends attach, and the reporter's.
pub async fn start(
    accounts: Vec<Account>,
    dialler: Dialler,
    asked: watch::Receiver<TypedPasswords>,
    (history, governor): (History, LoginGovernor),
    wire: bool,
) -> (Engine, Publisher, FrontEnd) {
    let watches = accounts.iter().map(|account| account.mailboxes.len()).sum();
    allow_sockets(watches);
    let dial: Arc<dyn Dial> = Arc::new(dialler);
    let link = link(watch_ids(&accounts), event_capacity(watches), wire);
    // From the first on: who comes back after another engine misses none.
    link.publisher.keep_events();
    let engine = Engine::start(Parts {
        accounts,
        secrets: Arc::new(AccountSecrets::following(Arc::clone(&dial), asked)),
        dial,
        governor,
        history,
        publisher: link.publisher.clone(),
        commands: link.commands,
        confirmed: link.confirmed,
    })
    .await;
    notice_suspends(engine.system_events());
    notice_networks(engine.system_events());
    tokio::spawn(give_back::when_quiet(engine.connections_made(), || {
        // Some milliseconds, with thousands of watches.
        drop(tokio::task::spawn_blocking(malloc::give_back));
    }));
    (engine, link.publisher, link.front_end)
}

/// Has every IDLE checked after a suspend, and what waits tried again once the clock was set.
fn notice_suspends(events: SystemEventSender) {
    tokio::spawn(async move {
        let tell = |woken| match woken {
            suspend::Woken::Slept(slept) => events.slept(slept),
            suspend::Woken::ClockSet => events.clock_was_set(),
        };
        if let Err(error) = suspend::watch(tell).await {
            tracing::warn!(%error, "this system does not report when it was suspended");
        }
    });
}

/// Has every IDLE checked when the machine's network changes.
fn notice_networks(events: SystemEventSender) {
    tokio::spawn(async move {
        if let Err(error) = network::watch(|| events.network_changed()).await {
            tracing::warn!(%error, "this system does not report when its network changes");
        }
    });
}
