//! One link over the engines of several hosts, this machine's among them where it has one.

use std::convert::Infallible;
use std::future::pending;

use mailwatch_engine::link::FrontEnd;
use mailwatch_engine::link::hosts::{BySsh, Greeting, Local, merge};
use mailwatch_proto::model::HostEngine;
use tokio::sync::{mpsc, watch};

use super::Place;
use crate::cli::Global;
use crate::configuration;
use crate::process::enter::hello;
use crate::process::notify::{self, Acting};
use crate::tui::requests::{Reply, RequestClient, WeakRequestClient};
use crate::tui::settings::Ui;
use crate::tui::{EngineIs, Linked};

/// The link, and links to the hosts that come and go under it.
pub(super) fn linked(place: &Place<'_>, local: Option<Local<Ui>>) -> Linked {
    let Place { global, notifications, hosts, .. } = place;
    let global = Global::clone(global);
    let settings = watch::Sender::new(notifications.clone()).subscribe();
    let greeting = Greeting {
        // Their configurations are their own.
        hello: hello("screen", None),
        accounts: global.accounts.iter().map(|name| name.as_str().into()).collect(),
        ui: move || configuration::ui(&global).unwrap_or_default(),
        // Their engines speak to their own desktops, and nobody sits there.
        linked: move |front_end: &mut FrontEnd, screen: mpsc::Sender<Reply>, requests: WeakRequestClient| {
            // The screen's list has the mails under their host's name.
            notify::start(front_end, settings.clone(), Some(screen), Acting::new(requests, None));
        },
    };
    let (front_end, requests) = merge(hosts.clone(), local, &BySsh, &greeting);
    Linked { front_end, requests, engine: EngineIs::Hosts }
}

/// Hands this machine's engines on, one after the other.
pub(super) async fn feed(
    first: Linked,
    mut links: mpsc::Receiver<Linked>,
    feed: mpsc::Sender<(FrontEnd, RequestClient, Option<HostEngine>)>,
) -> Infallible {
    let mut next = Some(first);
    while let Some(Linked { front_end, requests, engine }) = next {
        let engine = match engine {
            EngineIs::Own | EngineIs::Hosts => None,
            EngineIs::Attached { role, since, pid, version } => Some(HostEngine { role, since, pid, version }),
        };
        // Without a screen nobody waits for it.
        let _ = feed.send((front_end, requests, engine)).await;
        next = links.recv().await;
    }
    pending().await
}
