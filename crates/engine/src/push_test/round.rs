//! One message of a push test, from before it is added to its announcement, or to the proof that there is none.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::PushStep;
use super::keeper::Keeper;
use super::listener::{Heard, Listener, within};
use super::test_message::TestMessage;
use super::watch_idle::WatchIdle;
use crate::clock::now;
use mailwatch_proto::model::{Fault, FaultClass, FoundBy};
use mailwatch_proto::push_proof::PROVES;

/// How long a look may take that was asked for.
const LOOK: Duration = Duration::from_secs(30);

/// What became of one message.
pub(super) enum Outcome {
    /// It was announced, or not.
    Announced(Option<Duration>),
    /// Nothing is proven.
    Unclear,
    /// The test is to end.
    Stopped,
}

/// What a message is tested with.
pub(super) struct Round<'a, T> {
    pub message: &'a TestMessage,
    pub keeper: &'a mut Keeper,
    pub patience: Duration,
    pub stop: &'a CancellationToken,
    pub tell: &'a T,
}

impl<T: Fn(PushStep)> Round<'_, T> {
    /// By a connection of the test's own.
    pub(super) async fn listened(self, listener: &mut Listener) -> Result<Outcome, Fault> {
        let Self { message, keeper, patience, stop, tell } = self;
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Outcome::Stopped),
            begun = listener.begin() => begun?,
        }
        let begun = now();
        let (mut added, mut heard): (Option<Instant>, Option<Instant>) = (None, None);
        let mut limit = within(patience);
        {
            let mut adding = std::pin::pin!(keeper.append(message));
            while added.is_none() || heard.is_none() {
                tokio::select! {
                    biased;
                    taken = &mut adding, if added.is_none() => {
                        taken?;
                        added = Some(now());
                        limit = within(patience);
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
            shown(keeper, message).await?;
            tell(PushStep::NotAnnounced { waited: patience, at_done });
            return Ok(Outcome::Announced(None));
        };
        tell(PushStep::Announced(announced));
        Ok(Outcome::Announced(Some(announced)))
    }

    /// By an engine's watch, whose IDLE stands already.
    pub(super) async fn watched(self, idle: &mut WatchIdle) -> Result<Outcome, Fault> {
        let Self { message, keeper, patience, stop, tell } = self;
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Outcome::Stopped),
            begun = idle.begin() => begun?,
        }
        let begun = now();
        let mut expecting = idle.expect(&message.message_id);
        // Its answer is awaited in any case: what is under way cannot be taken back.
        keeper.append(message).await?;
        let taken = now();
        expecting.taken(taken);
        tell(PushStep::Added(taken.saturating_duration_since(begun)));
        let found = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Outcome::Stopped),
            found = idle.found(&mut expecting, patience) => found,
        };
        let found = if found.is_some() {
            found
        } else {
            shown(keeper, message).await?;
            // What was not announced is to be known to the watch before it is gone.
            idle.look();
            idle.found(&mut expecting, LOOK).await
        };
        let waited = found.map_or(patience, |found| found.at.saturating_duration_since(taken)).min(patience);
        let announced = found.and_then(|found| match found.by {
            FoundBy::Push | FoundBy::Notify => Some(found.announced.unwrap_or(found.at)),
            FoundBy::Done | FoundBy::Poll | FoundBy::Connect => None,
        });
        let Some(announced) = announced else {
            if waited < PROVES {
                tell(PushStep::Unclear);
                return Ok(Outcome::Unclear);
            }
            tell(PushStep::NotAnnounced { waited, at_done: false });
            return Ok(Outcome::Announced(None));
        };
        let announced = announced.saturating_duration_since(taken);
        tell(PushStep::Announced(announced));
        Ok(Outcome::Announced(Some(announced)))
    }
}

/// Whether the server shows the message to another session: only then does it prove anything.
async fn shown(keeper: &mut Keeper, message: &TestMessage) -> Result<(), Fault> {
    if keeper.is_there(&message.message_id).await? {
        return Ok(());
    }
    let message = "the server accepted the message but does not show it: another session sees another mailbox";
    Err(Fault::retry_after(FaultClass::Mailbox, message))
}
