//! An account's action connection: ordinary conversations that are no watch, by async-imap's `Session`.
//!
//! One an account, opened when it is needed and closed after a minute without use. After any error or timeout it is
//! closed at once: a conversation that broke off leaves a session that answers the wrong question. One operation at a
//! time, each with a deadline.

mod guard;
mod hand_out;
mod mails;
mod open;
mod session;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard};

pub use self::mails::NotDone;
pub(crate) use self::open::{Room, greeted, open};
pub use self::session::Listing;
pub(crate) use self::session::{ActionSession, Peeked};
use crate::account::AccountState;
use crate::clock::now;
use crate::dial::Dial;
use crate::secret::CredentialSource;
use mailwatch_proto::model::{Fault, Timer};

/// How long it is kept without use: long enough for a person who reads one mail after the other.
const KEPT: Duration = Duration::from_mins(1);

/// How long its LOGOUT may take.
const LOGOUT: Duration = Duration::from_secs(2);

/// The action connection of one account, open or not.
#[derive(Debug)]
pub struct ActionConnection {
    account: Arc<AccountState>,
    dial: Arc<dyn Dial>,
    secrets: Arc<dyn CredentialSource>,
    slot: Arc<Mutex<Slot>>,
    governor: mails::Governor,
}

#[derive(Debug, Default)]
struct Slot {
    session: Option<ActionSession>,
    /// Operations so far: who waits to close it sees whether it was used again.
    uses: u64,
}

impl ActionConnection {
    /// Of this account; nothing is opened yet.
    pub fn new(account: Arc<AccountState>, dial: Arc<dyn Dial>, secrets: Arc<dyn CredentialSource>) -> Self {
        Self { account, dial, secrets, slot: Arc::default(), governor: mails::Governor::default() }
    }

    /// The account's mailboxes.
    ///
    /// # Errors
    /// Where the connection cannot be opened, or the server refuses, ends the connection or does not answer in time.
    pub async fn list(&self) -> Result<Listing, Fault> {
        let mut using = self.using().await?;
        let listing = using.session.list(self.reply()).await?;
        using.keep();
        Ok(listing)
    }

    /// Closes it with LOGOUT, if it is open.
    pub async fn close(&self) {
        let session = self.slot.lock().await.session.take();
        if let Some(session) = session {
            session.log_out(now() + LOGOUT).await;
        }
    }

    fn reply(&self) -> Instant {
        now() + self.account.account.timers.limit(Timer::Reply)
    }

    /// The connection for one operation, opened if need be.
    async fn using(&self) -> Result<Using, Fault> {
        let mut slot = Arc::clone(&self.slot).lock_owned().await;
        let kept = slot.session.take().and_then(|mut session| {
            let mut cx = Context::from_waker(Waker::noop());
            session.stands(&mut cx).then_some(session)
        });
        let session = match kept {
            Some(session) => session,
            None => open(&self.account, &*self.dial, &self.secrets, Room::Within).await?,
        };
        Ok(Using { handle: Arc::downgrade(&self.slot), slot, session })
    }
}

/// The connection while an operation runs. Unless it is kept, it is closed with this.
struct Using {
    handle: Weak<Mutex<Slot>>,
    slot: OwnedMutexGuard<Slot>,
    session: ActionSession,
}

impl Using {
    /// The operation has ended well: the connection is kept for the next, for a while.
    fn keep(mut self) {
        self.slot.session = Some(self.session);
        self.slot.uses += 1;
        let (handle, uses) = (self.handle, self.slot.uses);
        tokio::spawn(async move {
            tokio::time::sleep(KEPT).await;
            let Some(slot) = handle.upgrade() else { return };
            let mut slot = slot.lock().await;
            if slot.uses == uses
                && let Some(session) = slot.session.take()
            {
                session.log_out(now() + LOGOUT).await;
            }
        });
    }
}
