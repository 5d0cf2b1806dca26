//! The screen once: on its own engine, or attached to the one that runs until that ends, and then on the next.

mod entering;
#[cfg(unix)]
mod hosts;

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use mailwatch_engine::config::HostSetting;
use mailwatch_engine::engine_lock::EngineLock;
use mailwatch_engine::link::Ending;
use mailwatch_proto::model::{Account, Notifications};
use tokio::sync::mpsc;

use crate::cli::Global;
use crate::output::Output;
use crate::process::background::{self, Typed};
use crate::process::metrics::Metrics;
use crate::process::own_engine::{Begin, Material, OwnEngine, Unserved};
use crate::process::shutdown::close;
use crate::process::whole::all;
use crate::tui::{self, EngineIs, Keyboard, Leave, Linked};

/// Where a screen is opened.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub global: &'a Global,
    pub state: &'a Path,
    /// The configuration's path, as an engine compares it.
    pub config: Option<PathBuf>,
    pub metrics: &'a Metrics,
    /// What the terminal announces while another process is the engine; of other hosts' mails the desktop too.
    pub notifications: Notifications,
    /// The hosts whose engines are shown besides.
    pub hosts: Vec<HostSetting>,
}

/// Why it was left, and whether there was a usable configuration; or why an engine that runs cannot be attached to.
pub(super) async fn show_once(
    place: &Place<'_>,
    material: Material,
    keyboard: &mut Keyboard,
    options: tui::Options,
    output: &mut Output<'_>,
) -> io::Result<Result<(Leave, bool), String>> {
    let typed = typed_of(&material);
    let mut engines = Engines { place, material: Some(material), own: None, more: false, all: false };
    let (first, ended) = match engines.first().await? {
        Ok(first) => first,
        Err(why) => return Ok(Err(why)),
    };
    let (next, links) = mpsc::channel(1);
    let (first, links, feeding) = if place.hosts.is_empty() {
        (first, links, Box::pin(std::future::pending()) as Feeding)
    } else {
        beside_hosts(place, first, links)
    };
    let left = tokio::select! {
        biased;
        left = tui::run(keyboard, first, links, options) => left,
        never = feeding => match never {},
        never = engines.follow(ended, next) => match never {},
    };
    if !matches!(left, Ok(Leave::Demo)) {
        keyboard.let_go();
    }
    let mut ready = true;
    if let Some(own) = engines.own {
        // It stands by before this engine ends.
        let global = if engines.all { all(place.global) } else { place.global.clone() };
        let next = matches!(left, Ok(Leave::Keep)).then(|| background::start(&global, place.state, &typed));
        let Unserved { engine, ready: usable, notifying, lock } = own.unserved(ending(&left)).await?;
        close(engine, output).await;
        // It ran beside the stop, and ends soon.
        let _ = notifying.await;
        drop(lock);
        ready = usable;
        match next {
            None => {}
            Some(Ok(child)) => match background::taken_over(child, place.state).await {
                Ok(pid) => {
                    writeln!(
                        output.err,
                        "The engine keeps running without the screen, as process {pid}: `mailwatch-tui` attaches to it."
                    )?;
                }
                Err(why) => return Ok(Err(format!("the engine could not be kept running: {why}"))),
            },
            Some(Err(error)) => {
                return Ok(Err(format!("the engine could not be kept running: `watch` cannot be started ({error})")));
            }
        }
    }
    left.map(|left| Ok((left, ready)))
}

/// Why the screen's own engine ends.
const fn ending(left: &io::Result<Leave>) -> Ending {
    match left {
        Ok(Leave::Quit | Leave::Demo) => Ending::Left,
        Ok(Leave::Keep) => Ending::HandedOver,
        Ok(Leave::Signal(_) | Leave::TerminalGone) => Ending::Signal,
        Err(_) => Ending::Fault,
    }
}

/// Hands this machine's engines on to what shows them beside those of hosts.
type Feeding = Pin<Box<dyn Future<Output = Infallible> + Send>>;

/// One link over this machine's engines and those of the hosts.
#[cfg(unix)]
fn beside_hosts(
    place: &Place<'_>,
    first: Linked,
    links: mpsc::Receiver<Linked>,
) -> (Linked, mpsc::Receiver<Linked>, Feeding) {
    let (feed, local) = mpsc::channel(1);
    let linked = hosts::linked(place, Some(local));
    (linked, mpsc::channel(1).1, Box::pin(hosts::feed(first, links, feed)))
}

/// No host is reached on this system, and none was accepted.
#[cfg(not(unix))]
fn beside_hosts(
    _: &Place<'_>,
    first: Linked,
    links: mpsc::Receiver<Linked>,
) -> (Linked, mpsc::Receiver<Linked>, Feeding) {
    (first, links, Box::pin(std::future::pending()))
}

/// The hosts' engines alone: this machine has nothing to watch.
#[cfg(unix)]
pub(super) async fn show_hosts(place: &Place<'_>, keyboard: &mut Keyboard, options: tui::Options) -> io::Result<Leave> {
    let left = tui::run(keyboard, hosts::linked(place, None), mpsc::channel(1).1, options).await;
    keyboard.let_go();
    left
}

/// No host is reached on this system, and none was accepted.
#[cfg(not(unix))]
pub(super) async fn show_hosts(_: &Place<'_>, _: &mut Keyboard, _: tui::Options) -> io::Result<Leave> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What was typed for this run.
fn typed_of(material: &Material) -> Vec<Typed> {
    let of = |account: &Account| Some((account.name.clone(), material.typed.password(account)?));
    material.accounts.iter().filter_map(of).collect()
}

/// The engines that one screen shows, one after the other.
struct Engines<'a> {
    place: &'a Place<'a>,
    /// What an own engine is made of, until there is one.
    material: Option<Material>,
    own: Option<OwnEngine>,
    /// Whether the engine of another process watches accounts that are not to be shown.
    more: bool,
    /// Whether the own one took them over.
    all: bool,
}

impl Engines<'_> {
    /// Starts an engine in this process.
    async fn start(&mut self, lock: EngineLock, material: Material) -> Linked {
        let Place { state, config, metrics, .. } = self.place;
        let begin = Begin { lock, role: "screen", material, state, config: config.as_deref(), metrics, reader: None };
        let (own, front_end, requests) = OwnEngine::start(begin).await;
        self.own = Some(own);
        Linked { front_end, requests, engine: EngineIs::Own }
    }
}
