//! A push, proven end to end: one connection idles, another adds a message of this program's own; the time to its
//! announcement is taken, and the message is removed again.
//!
//! Each message is written into `history.db` before it is added, and marked there once it is seen to be gone. What a kill left
//! behind is removed at the next test. Nothing else is ever removed.

mod keeper;
mod listener;
mod test_message;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::keeper::Keeper;
use self::listener::{Heard, Listener, within};
use self::test_message::TestMessage;
use crate::account::AccountState;
use crate::clock::now;
use crate::dial::Dial;
use crate::history::{Canary, History};
use crate::identity::{key_of, login_of};
use crate::login_governor::LoginGovernor;
use crate::secret::CredentialSource;
use mailwatch_proto::model::{Account, Fault, FaultClass, WatchId};

/// How long an announcement is waited for: servers that look for mail by themselves do so once in a minute or two.
const PATIENCE: Duration = Duration::from_secs(150);

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushStep {
    /// Messages that an earlier test left behind are gone.
    Swept(usize),
    /// Both connections stand, and one idles.
    Ready,
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
    account: Account,
    mailbox: String,
    state: AccountState,
    dial: Arc<dyn Dial>,
    secrets: Arc<dyn CredentialSource>,
    history: History,
    patience: Duration,
}

/// What became of one message.
enum Outcome {
    /// It was announced, or not.
    Announced(Option<Duration>),
    /// The test is to end.
    Stopped,
}

impl PushTest {
    /// Of a mailbox. Nothing is opened yet.
    pub fn new(
        account: Account,
        mailbox: &str,
        (dial, secrets): (Arc<dyn Dial>, Arc<dyn CredentialSource>),
        (history, governor): (History, LoginGovernor),
    ) -> Self {
        let state = AccountState::new(account.clone(), None, governor);
        Self { account, mailbox: mailbox.to_owned(), state, dial, secrets, history, patience: PATIENCE }
    }

    /// Tests so many times. Whether all were announced and nothing is left. Once `stop` is cancelled, what was added is
    /// removed, and no more is.
    pub async fn run(&self, times: u32, stop: &CancellationToken, told: &mpsc::UnboundedSender<PushStep>) -> bool {
        // The receiver may be gone; what was added is removed all the same.
        let tell = |what: PushStep| drop(told.send(what));
        self.state.forgive().await;
        match self.tested(times, stop, &tell).await {
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

    async fn keeper(&self) -> Result<Keeper, Fault> {
        Keeper::open(&self.state, &*self.dial, &self.secrets, &self.mailbox).await
    }

    async fn tested(&self, times: u32, stop: &CancellationToken, tell: &impl Fn(PushStep)) -> Result<bool, PushStep> {
        let opening = async {
            let mut keeper = self.keeper().await?;
            let swept = self.sweep(&mut keeper).await?;
            if swept > 0 {
                tell(PushStep::Swept(swept));
            }
            let listener = Listener::open(&self.state, &*self.dial, &self.secrets, &self.mailbox).await?;
            Ok((keeper, listener))
        };
        let (mut keeper, mut listener) = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(PushStep::Stopped),
            opened = opening => opened.map_err(PushStep::Failed)?,
        };
        tell(PushStep::Ready);
        let mut well = true;
        for _ in 0..times {
            let message = TestMessage::new(&self.account, SystemTime::now());
            let key = key_of(&self.account, &WatchId::new(&self.account.name, &self.mailbox));
            let canary = Canary { key, message_id: message.message_id.clone(), at: SystemTime::now() };
            if stop.is_cancelled() {
                return Err(PushStep::Stopped);
            }
            self.history.add_canary(canary).await.map_err(PushStep::Failed)?;
            let outcome = self.one(&message, (&mut keeper, &mut listener), stop, tell).await;
            let announced = outcome.as_ref().ok().and_then(|outcome| match outcome {
                Outcome::Announced(announced) => *announced,
                Outcome::Stopped => None,
            });
            // A conversation that broke off may answer the wrong question.
            let kept = outcome.is_ok().then_some(keeper);
            keeper = self.removed(kept, &message, announced, tell).await?;
            match outcome.map_err(PushStep::Failed)? {
                Outcome::Announced(announced) => well &= announced.is_some(),
                Outcome::Stopped => return Err(PushStep::Stopped),
            }
        }
        tokio::join!(keeper.close(), listener.close());
        Ok(well)
    }

    /// One message, from before it is added to its announcement.
    async fn one(
        &self,
        message: &TestMessage,
        (keeper, listener): (&mut Keeper, &mut Listener),
        stop: &CancellationToken,
        tell: &impl Fn(PushStep),
    ) -> Result<Outcome, Fault> {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Outcome::Stopped),
            begun = listener.begin() => begun?,
        }
        let begun = now();
        let (mut added, mut heard): (Option<Instant>, Option<Instant>) = (None, None);
        let mut limit = within(self.patience);
        {
            let mut adding = std::pin::pin!(keeper.append(message));
            while added.is_none() || heard.is_none() {
                tokio::select! {
                    biased;
                    taken = &mut adding, if added.is_none() => {
                        taken?;
                        added = Some(now());
                        limit = within(self.patience);
                        tell(PushStep::Added(now().saturating_duration_since(begun)));
                    }
                    next = listener.next() => if next? == Heard::More { heard = Some(now()) },
                    // APPEND's answer is awaited in any case: what is under way cannot be taken back.
                    () = stop.cancelled(), if added.is_some() => break,
                    () = tokio::time::sleep_until(limit.into()), if added.is_some() => break,
                }
            }
        }
        if stop.is_cancelled() {
            return Ok(Outcome::Stopped);
        }
        let at_done = listener.end().await?;
        let Some(announced) = heard.zip(added).map(|(heard, added)| heard.saturating_duration_since(added)) else {
            if !keeper.is_there(&message.message_id).await? {
                let message = "the server took the message and does not show it: another session sees another mailbox";
                return Err(Fault::retry_after(FaultClass::Mailbox, message));
            }
            tell(PushStep::NotAnnounced { waited: self.patience, at_done });
            return Ok(Outcome::Announced(None));
        };
        tell(PushStep::Announced(announced));
        Ok(Outcome::Announced(Some(announced)))
    }

    /// Removes a message: on the connection that added it, else on another.
    async fn removed(
        &self,
        kept: Option<Keeper>,
        message: &TestMessage,
        announced: Option<Duration>,
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
            let mut keeper = self.keeper().await.map_err(left)?;
            keeper.remove(&message.message_id).await.map_err(left)?;
            keeper
        };
        self.history.canary_is_gone(&message.message_id, announced).await.map_err(left)?;
        tell(PushStep::Removed(now().saturating_duration_since(begun)));
        Ok(keeper)
    }

    /// Removes what earlier tests left in this mailbox. How many were there.
    async fn sweep(&self, keeper: &mut Keeper) -> Result<usize, Fault> {
        let mut swept = 0;
        for canary in self.history.canaries_left(&login_of(&self.account)).await? {
            if canary.key.mailbox == self.mailbox {
                swept += usize::from(keeper.remove(&canary.message_id).await?);
                self.history.canary_is_gone(&canary.message_id, None).await?;
            }
        }
        Ok(swept)
    }
}
