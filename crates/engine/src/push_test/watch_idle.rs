//! The side of a push test that listens, where an engine runs: the watch's own IDLE, and what its looks find.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;

use crate::clock::now;
use crate::engine_context::EngineContext;
use crate::history::WatchKey;
use crate::link::Commander;
use crate::sightings::{Expecting, Sighting, Sightings};
use mailwatch_proto::model::{
    Board, Command, Fault, FaultClass, LINE_LIMIT, Phase, Served, Snapshot, Timer, WatchId, sanitise,
};

/// How long a watch that is on its way is waited for.
const UNTIL_IDLE: Duration = Duration::from_secs(30);

/// An IDLE that ends so soon by itself is ended first: what it announced would not be seen.
const ENDS_SOON: Duration = Duration::from_secs(20);

/// A watch that idles.
#[derive(Clone, Debug)]
pub(super) struct WatchIdle {
    id: WatchId,
    key: WatchKey,
    board: watch::Receiver<Board>,
    commander: Commander,
    sightings: Sightings,
}

impl WatchIdle {
    /// Of this mailbox, where it is watched by a connection of its own that idles, or is about to.
    pub(super) fn of(id: &WatchId, key: WatchKey, context: &EngineContext) -> Option<Self> {
        let (board, commander) = (context.publisher.board(), context.publisher.commander());
        let idles = board.borrow().watches.get(id).is_some_and(|watch| {
            let own = watch.sharing.served == Served::Own;
            own && matches!(watch.phase, Phase::Idling | Phase::Requested | Phase::Finishing | Phase::CatchingUp)
        });
        idles.then(|| Self { id: id.clone(), key, board, commander, sightings: context.sightings.clone() })
    }

    fn snapshot(&mut self) -> Option<(Phase, Option<Instant>)> {
        let board = self.board.borrow_and_update();
        let ends = |watch: &Snapshot| watch.deadline.filter(|(_, timer)| *timer != Timer::Done).map(|(at, _)| at);
        board.watches.get(&self.id).map(|watch| (watch.phase, ends(watch)))
    }

    /// Waits until its IDLE stands and will for a while.
    pub(super) async fn begin(&mut self) -> Result<(), Fault> {
        let mut renewed = false;
        let standing = async {
            loop {
                match self.snapshot() {
                    Some((Phase::Idling, ends)) => {
                        let soon = ends.is_some_and(|at| at < now() + ENDS_SOON);
                        if !soon || renewed {
                            return true;
                        }
                        renewed = true;
                        self.look();
                    }
                    Some(_) => {}
                    None => return false,
                }
                if self.board.changed().await.is_err() {
                    return false;
                }
            }
        };
        if timeout(UNTIL_IDLE, standing).await.unwrap_or(false) {
            return Ok(());
        }
        let name = sanitise(&self.id.to_string(), LINE_LIMIT);
        Err(Fault::retry_after(FaultClass::Mailbox, format!("{name} does not idle now: nothing was written")))
    }

    /// The message is about to be added.
    pub(super) fn expect(&self, message_id: &str) -> Expecting {
        self.sightings.expect(self.key.clone(), message_id, now())
    }

    /// Has the watch look whatever was announced.
    pub(super) fn look(&self) {
        // One that is too busy to take this looks anyway.
        let _ = self.commander.send(&self.id, Command::Done);
    }

    /// How the watch found it, once it has.
    pub(super) async fn found(&self, expecting: &mut Expecting, within: Duration) -> Option<Sighting> {
        timeout(within, expecting.seen()).await.ok()
    }
}
