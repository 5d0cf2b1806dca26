//! A push, proven end to end: one connection idles, another adds a message of this program's own; the time to its
//! announcement is taken, and the message is removed again.
//!
//! Each message is written into `history.db` before it is added, and marked there once it is seen to be gone. What a kill left
//! behind is removed at the next test. Nothing else is ever removed.

mod keeper;
mod listener;
mod round;
mod test_message;
mod turn;
mod watch_idle;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::keeper::Keeper;
use self::listener::Listener;
use self::round::{Outcome, Round};
use self::test_message::TestMessage;
use self::turn::Turn;
use self::watch_idle::WatchIdle;
use crate::account::AccountState;
use crate::action::Room;
use crate::clock::now;
use crate::dial::Dial;
use crate::engine_context::EngineContext;
use crate::history::{Canary, History, Proven, WatchKey};
use crate::identity::{key_of, login_of};
use crate::login_governor::LoginGovernor;
use crate::secret::CredentialSource;
use crate::sightings::Sightings;
use mailwatch_proto::model::{Account, Fault, FaultClass, WatchId};

/// How long an announcement is waited for: servers that look for mail by themselves do so once in a minute or two.
const PATIENCE: Duration = Duration::from_secs(150);

/// The least and the most, where it is known how often the server looks by itself: twice that.
const KNOWN: (Duration, Duration) = (Duration::from_secs(45), Duration::from_mins(10));

/// Messages that may prove nothing, in one test.
const UNCLEAR: u32 = 3;

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushStep {
    /// Messages that an earlier test left behind are gone.
    Swept(usize),
    /// The connections stand, and one idles.
    Ready {
        /// Whether that is the engine's own.
        own: bool,
    },
    /// The server took the message, after so long.
    Added(Duration),
    /// It announced it, so long after it took it.
    Announced(Duration),
    /// It did not, for so long, though the message was there.
    NotAnnounced {
        /// How long was waited.
        waited: Duration,
        /// Whether it announced it with DONE's answer.
        at_done: bool,
    },
    /// The IDLE ended for another reason before either was proven. Another message follows.
    Unclear,
    /// The message is gone from the mailbox.
    Removed(Duration),
    /// The test was broken off; nothing is left.
    Stopped,
    /// It failed.
    Failed(Fault),
    /// It failed, and this message may be in the mailbox still. The next test removes it.
    Left {
        /// Its Message-ID.
        message_id: String,
        /// Why it could not be removed.
        fault: Fault,
    },
}

/// What a test is made with.
#[derive(Debug)]
pub struct PushTest {
    mailbox: String,
    key: WatchKey,
    state: Arc<AccountState>,
    dial: Arc<dyn Dial>,
    secrets: Arc<dyn CredentialSource>,
    history: History,
    sightings: Sightings,
    /// The watch of an engine whose own IDLE is timed.
    watch: Option<WatchIdle>,
}

/// Who listens.
enum Ear {
    /// A connection of the test's own.
    Own(Box<Listener>),
    /// The engine's watch.
    Watch(WatchIdle),
}

impl PushTest {
    /// Of a mailbox. Nothing is opened yet.
    pub fn new(
        account: Account,
        mailbox: &str,
        (dial, secrets): (Arc<dyn Dial>, Arc<dyn CredentialSource>),
        (history, governor): (History, LoginGovernor),
    ) -> Self {
        let key = key_of(&account, &WatchId::new(&account.name, mailbox));
        let state = Arc::new(AccountState::new(account, None, governor));
        let sightings = Sightings::default();
        Self { mailbox: mailbox.to_owned(), key, state, dial, secrets, history, sightings, watch: None }
    }

    /// Of a mailbox of an engine's account, within its connections. Where it is watched, its own IDLE is timed.
    pub(crate) fn within(engine: &EngineContext, state: Arc<AccountState>, mailbox: &str) -> Self {
        let id = WatchId::new(&state.account.name, mailbox);
        let key = key_of(&state.account, &id);
        let watch = WatchIdle::of(&id, key.clone(), engine);
        // Not the engine's end of the link: a test must not keep front ends waiting.
        let EngineContext { dial, secrets, history, sightings, .. } = engine.clone();
        Self { mailbox: mailbox.to_owned(), key, state, dial, secrets, history, sightings, watch }
    }

    /// Tests so many times, because someone wants it now. Whether all were announced and nothing is left. Once `stop` is
    /// cancelled, what was added is removed, and no more is.
    pub async fn run(&self, times: u32, stop: &CancellationToken, told: &mpsc::UnboundedSender<PushStep>) -> bool {
        self.state.forgive().await;
        self.run_with(times, Room::OneMore, stop, told).await
    }

    /// The same by itself.
    pub(crate) async fn run_unasked(
        &self,
        times: u32,
        stop: &CancellationToken,
        told: &mpsc::UnboundedSender<PushStep>,
    ) -> bool {
        self.run_with(times, Room::Within, stop, told).await
    }

    async fn run_with(
        &self,
        times: u32,
        room: Room,
        stop: &CancellationToken,
        told: &mpsc::UnboundedSender<PushStep>,
    ) -> bool {
        // The receiver may be gone; what was added is removed all the same.
        let tell = |what: PushStep| drop(told.send(what));
        let _turn = tokio::select! {
            biased;
            () = stop.cancelled() => {
                tell(PushStep::Stopped);
                return false;
            }
            turn = self.turn() => turn,
        };
        match self.tested(times, room, stop, &tell).await {
            Ok(well) => well,
            Err(PushStep::Stopped) => {
                tell(PushStep::Stopped);
                false
            }
            Err(why) => {
                tell(why);
                false
            }
        }
    }

    async fn turn(&self) -> Turn {
        Turn::wait(&self.sightings, self.history.state()).await
    }

    async fn keeper(&self, room: Room) -> Result<Keeper, Fault> {
        Keeper::open(&self.state, &*self.dial, &self.secrets, &self.mailbox, room).await
    }

    async fn tested(
        &self,
        times: u32,
        room: Room,
        stop: &CancellationToken,
        tell: &impl Fn(PushStep),
    ) -> Result<bool, PushStep> {
        let opening = async {
            let mut keeper = self.keeper(room).await?;
            let swept = self.sweep(&mut keeper).await?;
            if swept > 0 {
                tell(PushStep::Swept(swept));
            }
            let ear = self.ear().await?;
            Ok((keeper, ear))
        };
        let (mut keeper, mut ear) = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(PushStep::Stopped),
            opened = opening => opened.map_err(PushStep::Failed)?,
        };
        tell(PushStep::Ready { own: matches!(ear, Ear::Watch(_)) });
        let (mut done, mut unclear, mut well) = (0, 0, true);
        while done < times {
            let message = TestMessage::new(&self.state.account, SystemTime::now());
            let canary =
                Canary { key: self.key.clone(), message_id: message.message_id.clone(), at: SystemTime::now() };
            if stop.is_cancelled() {
                return Err(PushStep::Stopped);
            }
            self.history.add_canary(canary).await.map_err(PushStep::Failed)?;
            let round = Round { message: &message, keeper: &mut keeper, patience: self.patience(), stop, tell };
            let outcome = match &mut ear {
                Ear::Own(listener) => round.listened(listener).await,
                Ear::Watch(watch) => round.watched(watch).await,
            };
            let proven = match &outcome {
                Ok(Outcome::Announced(Some(took))) => Proven::Announced(*took),
                Ok(Outcome::Announced(None)) => Proven::NotAnnounced,
                Ok(Outcome::Unclear | Outcome::Stopped) | Err(_) => Proven::Nothing,
            };
            // A conversation that broke off may answer the wrong question.
            let kept = outcome.is_ok().then_some(keeper);
            keeper = self.removed(kept, room, (&message, proven), tell).await?;
            match outcome.map_err(PushStep::Failed)? {
                Outcome::Announced(announced) => {
                    well &= announced.is_some();
                    done += 1;
                }
                Outcome::Unclear if unclear < UNCLEAR => unclear += 1,
                Outcome::Unclear => {
                    let why = "its IDLEs end too soon, each before anything is proven";
                    return Err(PushStep::Failed(Fault::retry_after(FaultClass::Protocol, why)));
                }
                Outcome::Stopped => return Err(PushStep::Stopped),
            }
        }
        let closed = async {
            if let Ear::Own(listener) = ear {
                listener.close().await;
            }
        };
        tokio::join!(keeper.close(), closed);
        Ok(well)
    }

    /// How long the next announcement is waited for.
    fn patience(&self) -> Duration {
        let cadence = self.sightings.cadence(&self.key);
        cadence.map_or(PATIENCE, |cadence| (cadence * 2).clamp(KNOWN.0, KNOWN.1))
    }

    async fn ear(&self) -> Result<Ear, Fault> {
        if let Some(watch) = &self.watch {
            return Ok(Ear::Watch(watch.clone()));
        }
        let listener = Listener::open(&self.state, &*self.dial, &self.secrets, &self.mailbox).await?;
        Ok(Ear::Own(Box::new(listener)))
    }

    /// Removes a message: on the connection that added it, else on another.
    async fn removed(
        &self,
        kept: Option<Keeper>,
        room: Room,
        (message, proven): (&TestMessage, Proven),
        tell: &impl Fn(PushStep),
    ) -> Result<Keeper, PushStep> {
        let begun = now();
        let left = |fault| PushStep::Left { message_id: message.message_id.clone(), fault };
        let mut removed = None;
        if let Some(mut keeper) = kept
            && keeper.remove(&message.message_id).await.is_ok()
        {
            removed = Some(keeper);
        }
        let keeper = if let Some(keeper) = removed {
            keeper
        } else {
            let mut keeper = self.keeper(room).await.map_err(left)?;
            keeper.remove(&message.message_id).await.map_err(left)?;
            keeper
        };
        self.history.canary_is_gone(&message.message_id, proven).await.map_err(left)?;
        tell(PushStep::Removed(now().saturating_duration_since(begun)));
        Ok(keeper)
    }

    /// Removes what tests left in this mailbox, before this one or by a kill. How many were there.
    pub(crate) async fn clear(&self) -> Result<usize, Fault> {
        let _turn = self.turn().await;
        let mut keeper = self.keeper(Room::Within).await?;
        let swept = self.sweep(&mut keeper).await?;
        keeper.close().await;
        Ok(swept)
    }

    /// Removes what earlier tests left in this mailbox. How many were there.
    async fn sweep(&self, keeper: &mut Keeper) -> Result<usize, Fault> {
        let mut swept = 0;
        for canary in self.history.canaries_left(&login_of(&self.state.account)).await? {
            if canary.key.mailbox == self.mailbox {
                // A watch that had seen it in an earlier run does not look at it again.
                self.sightings.leaves(&self.key, keeper.numbers(&canary.message_id).await?);
                swept += usize::from(keeper.remove(&canary.message_id).await?);
                self.history.canary_is_gone(&canary.message_id, Proven::Nothing).await?;
            }
        }
        Ok(swept)
    }
}
