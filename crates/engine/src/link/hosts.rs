//! Several engines as one link: this machine's, and those of other hosts, each reached by a program's streams (ssh).
//!
//! One board and one stream of events, in which the account `work` of the host `mx1` is `mx1/work`. What a front end
//! asks for goes to the engine it is for. A link that is lost leaves its watches on the board as what was known last, and
//! is made again; nothing of that keeps another host, or the front end, waiting.

mod between;
mod foreground;
mod heard;
pub(super) mod links;
mod local;
mod part;
mod reach;
mod route;
mod scope;
mod ssh;
#[cfg(test)]
mod tests;
mod tries;
mod unreached;
mod upstream;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

pub use self::foreground::{Asked, Foreground};
pub use self::links::HostLinks;
use self::part::Part;
pub use self::reach::{Carrier, ProgramEnd, Reach};
use self::route::{Router, ToPart};
pub use self::ssh::BySsh;
use self::upstream::Upstream;
use super::commander::{COMMAND_CAPACITY, Senders};
use super::event_capacity;
use super::front_end::FrontEnd;
use super::hub::Hub;
use super::protocol::FrontEndHello;
use super::publisher::Publisher;
use super::way::Remote;
pub use crate::config::HostSetting;
use crate::requests::{Reply, RequestClient, WeakRequestClient, request_channel};
use mailwatch_proto::model::HostEngine;

/// Watches that all hosts together are thought to have: a fleet's.
const WATCHES: usize = 4096;

/// This machine's engines, one after the other; who each is, where it is another process's.
pub type Local<S> = mpsc::Receiver<(FrontEnd, RequestClient<S>, Option<HostEngine>)>;

/// How engines are greeted, and what a new link is good for besides the screen.
#[derive(Clone, Debug)]
pub struct Greeting<U, N> {
    /// Who this front end is.
    pub hello: FrontEndHello,
    /// The accounts that are wanted; all where none is named.
    pub accounts: Vec<Arc<str>>,
    /// What `[ui]` says, which each front end reads for itself.
    pub ui: U,
    /// Gets each new link to a host before its first event is taken.
    pub linked: N,
}

/// Makes one link of many. All of it ends with the front end.
pub fn merge<S, R, U, N>(
    hosts: Vec<HostSetting>,
    local: Option<Local<S>>,
    reach: &R,
    greeting: &Greeting<U, N>,
) -> (FrontEnd, RequestClient<S>)
where
    S: Send + 'static,
    R: Reach,
    U: Fn() -> S + Clone + Send + Sync + 'static,
    N: Fn(&mut FrontEnd, mpsc::Sender<Reply<S>>, WeakRequestClient<S>) + Clone + Send + Sync + 'static,
{
    let mut tasks = JoinSet::new();
    let network = network_changes(&mut tasks);
    merged(hosts, local, (reach, greeting), &network, tasks)
}

/// The same, with what tells of the network's changes.
fn merged<S, R, U, N>(
    hosts: Vec<HostSetting>,
    local: Option<Local<S>>,
    (reach, greeting): (&R, &Greeting<U, N>),
    network: &watch::Receiver<()>,
    mut tasks: JoinSet<()>,
) -> (FrontEnd, RequestClient<S>)
where
    S: Send + 'static,
    R: Reach,
    U: Fn() -> S + Clone + Send + Sync + 'static,
    N: Fn(&mut FrontEnd, mpsc::Sender<Reply<S>>, WeakRequestClient<S>) + Clone + Send + Sync + 'static,
{
    let capacity = event_capacity(WATCHES);
    let publisher = Publisher::new(Arc::new(Hub::new(watch::Sender::new(Senders::default()), capacity, false)));
    let (orders, ordered) = mpsc::channel(COMMAND_CAPACITY);
    let (wishes, inbox_of_wishes) = mpsc::unbounded_channel();
    let (links, wanted) = HostLinks::new(hosts.clone());
    let front_end = publisher.attach_hosts(Remote { orders, wishes, confirms: true }, links);
    let (requests, asked) = request_channel();
    let mut router = Router::new(ordered, inbox_of_wishes, asked, wanted);
    if let Some(local) = local {
        let inbox = router.add("".into());
        let part = Part::new("".into(), publisher.clone());
        tasks.spawn(local::keep(part, local, inbox, requests.reply_to()));
    }
    for host in hosts {
        let inbox: mpsc::UnboundedReceiver<ToPart<S>> = router.add(Arc::clone(&host.name));
        let part = Part::new(Arc::clone(&host.name), publisher.clone());
        let upstream =
            Upstream::new(host, part, inbox, (reach.clone(), greeting.clone(), requests.reply_to()), network.clone());
        tasks.spawn(upstream.keep());
    }
    tokio::spawn(async move {
        router.route().await;
        // They end with it, and each link with its task.
        drop(tasks);
    });
    (front_end, requests)
}

/// Changes with this machine's network.
fn network_changes(tasks: &mut JoinSet<()>) -> watch::Receiver<()> {
    let (tell, changes) = watch::channel(());
    tasks.spawn(async move {
        if let Err(error) = crate::network::watch(|| tell.send_modify(|()| {})).await {
            tracing::warn!(%error, "this system does not report when its network changes");
        }
        // Held: nobody hears of its end.
        std::future::pending::<()>().await;
    });
    changes
}
