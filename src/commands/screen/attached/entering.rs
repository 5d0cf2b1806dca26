//! To attach, and to attach again or take over once the engine has ended.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::time::Duration;

use mailwatch_engine::link::protocol::{Attach, Resume};
use mailwatch_proto::model::Notifications;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::{Engines, Place};
use crate::cli::Global;
use crate::configuration;
use crate::process::enter::{Attached, Entered, NoEngine, enter, hand_over, hello, own};
use crate::process::notify::{self, Acting};
use crate::process::whole::{watches_more, whole};
use crate::tui::{EngineIs, Linked};

/// Between two tries to attach to an engine that does not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// How another process's engine ends, and where the screen has left off then; `None` for an own one.
pub(super) type Ended = Option<(JoinHandle<()>, LeftOff)>;

/// Where a screen leaves off.
pub(super) struct LeftOff {
    engine: String,
    last: watch::Receiver<u64>,
}

impl Engines<'_> {
    pub(super) async fn first(&mut self) -> io::Result<Result<(Linked, Ended), String>> {
        if self.place.global.own.is_some()
            && let Some(material) = self.material.take()
        {
            return Ok(match own(self.place.state)? {
                Ok(lock) => Ok((self.start(lock, material).await, None)),
                Err(why) => Err(why),
            });
        }
        // What is kept of the last hours fills the log.
        let from = Resume { engine: String::new(), after: 0 };
        self.enter(from).await.map(|entered| entered.map_err(|why| why.to_string()))
    }

    /// Once the engine that is shown has ended, shows the next.
    pub(super) async fn follow(&mut self, ended: Ended, next: mpsc::Sender<Linked>) -> Infallible {
        let mut ended = ended;
        while let Some((end, left)) = ended.take() {
            let _ = end.await;
            ended = loop {
                let from = Resume { engine: left.engine.clone(), after: *left.last.borrow() };
                match self.enter(from).await {
                    Ok(Ok((linked, ended))) => {
                        // Without a screen nobody waits for it.
                        let _ = next.send(linked).await;
                        break ended;
                    }
                    Ok(Err(why)) => tracing::warn!("{why}"),
                    Err(error) => tracing::warn!(%error, "the engine's lock cannot be taken"),
                }
                sleep(AGAIN).await;
            };
        }
        pending().await
    }

    async fn enter(&mut self, from: Resume) -> io::Result<Result<(Linked, Ended), NoEngine>> {
        let Place { global, state, config, .. } = self.place;
        let wants = Attach {
            events: true,
            wire: true,
            accounts: global.accounts.iter().map(|name| name.as_str().into()).collect(),
            resume: Some(from),
            ..Attach::default()
        };
        let ui = {
            let global = Global::clone(global);
            move || configuration::ui(&global).unwrap_or_default()
        };
        let entered = enter(state, &hello("screen", config.as_deref()), &wants, ui).await?;
        Ok(match entered {
            Ok(Entered::Own(lock)) => match self.material.take() {
                Some(material) if self.more => {
                    let all = whole(self.place.global, material).await?;
                    self.all = all.is_ok();
                    let mut linked = self.start(lock, all.unwrap_or_else(|named| named)).await;
                    // It is the engine for all of them, and shows those that were asked for.
                    linked.front_end.show_only(wants.accounts);
                    Ok((linked, None))
                }
                Some(material) => Ok((self.start(lock, material).await, None)),
                // There was an own engine: it never ends before the screen.
                None => Err(NoEngine::NotRunning(state.to_path_buf())),
            },
            Ok(Entered::Attached(attached)) => {
                self.more = watches_more(global, state, &hello("screen", config.as_deref())).await;
                Ok(self.attached(*attached).await)
            }
            Err(why) => Err(why),
        })
    }

    async fn attached(&self, attached: Attached) -> (Linked, Ended) {
        let Attached { mut front_end, requests, engine, ended } = attached;
        if let Some(material) = &self.material {
            hand_over(&material.typed, &material.accounts, &requests).await;
        }
        // The engine's process speaks to the desktop, this one to its terminal.
        let settings = Notifications { desktop: false, ..self.place.notifications.clone() };
        let screen = Some(requests.reply_to());
        let acting = Acting::new(requests.weak(), screen.clone());
        notify::start(&mut front_end, watch::Sender::new(settings).subscribe(), screen, acting);
        let left = LeftOff { engine: engine.engine, last: front_end.last_number() };
        // Of `mailwatch-tui 0.1.0` the last word.
        let version = engine.program.rsplit(' ').next().unwrap_or_default().to_owned();
        let engine = EngineIs::Attached { role: engine.role, since: engine.since.0, pid: engine.pid, version };
        (Linked { front_end, requests, engine }, Some((ended, left)))
    }
}
