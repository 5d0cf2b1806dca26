//! A push, proven end to end: one connection idles, another adds a message of this program's own; the time to its
//! announcement is taken, and the message is removed again.
//!
//! Each message is written into `history.db` before it is added, and marked there once it is seen to be gone. What a kill left
//! behind is removed at the next test. Nothing else is ever removed.

mod keeper;
mod letter;
mod listener;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::keeper::Keeper;
use self::letter::Letter;
use self::listener::{Heard, Listener, within};
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
pub enum Told {
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

/// How one message fared.
enum Fared {
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
    pub async fn run(&self, times: u32, stop: &CancellationToken, told: &mpsc::UnboundedSender<Told>) -> bool {
        // The receiver may be gone; what was added is removed all the same.
        let tell = |what: Told| drop(told.send(what));
        self.state.forgive().await;
        match self.tested(times, stop, &tell).await {
            Ok(well) => well,
            Err(Told::Stopped) => {
                tell(Told::Stopped);
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

    async fn tested(&self, times: u32, stop: &CancellationToken, tell: &impl Fn(Told)) -> Result<bool, Told> {
        let opening = async {
            let mut keeper = self.keeper().await?;
            let swept = self.sweep(&mut keeper).await?;
            if swept > 0 {
                tell(Told::Swept(swept));
            }
            let listener = Listener::open(&self.state, &*self.dial, &self.secrets, &self.mailbox).await?;
            Ok((keeper, listener))
        };
        let (mut keeper, mut listener) = tokio::select! {
            biased;
            () = stop.cancelled() => return Err(Told::Stopped),
            opened = opening => opened.map_err(Told::Failed)?,
        };
        tell(Told::Ready);
        let mut well = true;
        for _ in 0..times {
            let letter = Letter::new(&self.account, SystemTime::now());
            let key = key_of(&self.account, &WatchId::new(&self.account.name, &self.mailbox));
            let canary = Canary { key, message_id: letter.message_id.clone(), at: SystemTime::now() };
            if stop.is_cancelled() {
                return Err(Told::Stopped);
            }
            self.history.add_canary(canary).await.map_err(Told::Failed)?;
            let fared = self.one(&letter, (&mut keeper, &mut listener), stop, tell).await;
            let announced = fared.as_ref().ok().and_then(|fared| match fared {
                Fared::Announced(announced) => *announced,
                Fared::Stopped => None,
            });
            // A conversation that broke off may answer the wrong question.
            let kept = fared.is_ok().then_some(keeper);
            keeper = self.removed(kept, &letter, announced, tell).await?;
            match fared.map_err(Told::Failed)? {
                Fared::Announced(announced) => well &= announced.is_some(),
                Fared::Stopped => return Err(Told::Stopped),
            }
        }
        tokio::join!(keeper.close(), listener.close());
        Ok(well)
    }

    /// One message, from before it is added to its announcement.
    async fn one(
        &self,
        letter: &Letter,
        (keeper, listener): (&mut Keeper, &mut Listener),
        stop: &CancellationToken,
        tell: &impl Fn(Told),
    ) -> Result<Fared, Fault> {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Fared::Stopped),
            begun = listener.begin() => begun?,
        }
        let begun = now();
        let (mut added, mut heard): (Option<Instant>, Option<Instant>) = (None, None);
        let mut limit = within(self.patience);
        {
            let mut adding = std::pin::pin!(keeper.append(letter));
            while added.is_none() || heard.is_none() {
                tokio::select! {
                    biased;
                    taken = &mut adding, if added.is_none() => {
                        taken?;
                        added = Some(now());
                        limit = within(self.patience);
                        tell(Told::Added(now().saturating_duration_since(begun)));
                    }
                    next = listener.next() => if next? == Heard::More { heard = Some(now()) },
                    // APPEND's answer is awaited in any case: what is under way cannot be taken back.
                    () = stop.cancelled(), if added.is_some() => break,
                    () = tokio::time::sleep_until(limit.into()), if added.is_some() => break,
                }
            }
        }
        if stop.is_cancelled() {
            return Ok(Fared::Stopped);
        }
        let at_done = listener.end().await?;
        let Some(announced) = heard.zip(added).map(|(heard, added)| heard.saturating_duration_since(added)) else {
            if !keeper.is_there(&letter.message_id).await? {
                let message = "the server took the message and does not show it: another session sees another mailbox";
                return Err(Fault::retry_after(FaultClass::Mailbox, message));
            }
            tell(Told::NotAnnounced { waited: self.patience, at_done });
            return Ok(Fared::Announced(None));
        };
        tell(Told::Announced(announced));
        Ok(Fared::Announced(Some(announced)))
    }

    /// Removes a message: on the connection that added it, else on another.
    async fn removed(
        &self,
        kept: Option<Keeper>,
        letter: &Letter,
        announced: Option<Duration>,
        tell: &impl Fn(Told),
    ) -> Result<Keeper, Told> {
        let begun = now();
        let left = |fault| Told::Left { message_id: letter.message_id.clone(), fault };
        let mut removed = None;
        if let Some(mut keeper) = kept
            && keeper.remove(&letter.message_id).await.is_ok()
        {
            removed = Some(keeper);
        }
        let keeper = if let Some(keeper) = removed {
            keeper
        } else {
            let mut keeper = self.keeper().await.map_err(left)?;
            keeper.remove(&letter.message_id).await.map_err(left)?;
            keeper
        };
        self.history.canary_is_gone(&letter.message_id, announced).await.map_err(left)?;
        tell(Told::Removed(now().saturating_duration_since(begun)));
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
