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
use tokio::time::timeout;

pub use self::mails::NotDone;
pub(crate) use self::open::{Room, greeted, open};
use self::open::{in_use, open_on, permitted};
pub use self::session::Listing;
pub(crate) use self::session::{ActionSession, Peeked};
use crate::account::AccountState;
use crate::clock::now;
use crate::connection_limit::ConnectionPermit;
use crate::dial::Dial;
use crate::lending::{Borrowed, Lender};
use crate::secret::CredentialSource;
use mailwatch_proto::allocation::Loan;
use mailwatch_proto::model::{Fault, FaultClass, Timer};

/// How long it is kept without use: long enough for a person who reads one mail after the other.
const KEPT: Duration = Duration::from_mins(1);

/// The same of one more than the account may have: for the mail after it, and no longer.
const BEYOND: Duration = Duration::from_secs(5);

/// The pause after a server refused one connection too many: servers still count a closed one for a moment, and nothing shows when
/// they stop.
const UNCOUNTED: Duration = Duration::from_millis(500);

/// How long its LOGOUT may take.
const LOGOUT: Duration = Duration::from_secs(2);

/// The action connection of one account, open or not.
#[derive(Debug)]
pub struct ActionConnection {
    account: Arc<AccountState>,
    dial: Arc<dyn Dial>,
    secrets: Arc<dyn CredentialSource>,
    /// Asked where a person waits; nobody where no watches have the account's connections.
    lender: Option<Lender>,
    slot: Arc<Mutex<Slot>>,
    governor: mails::Governor,
}

/// Who wants an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// A person, who waits for it: where all connections are in use a watch makes room.
    ByPerson,
    /// The program by itself: where all are in use it is not done.
    ByItself,
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
        Self { account, dial, secrets, lender: None, slot: Arc::default(), governor: mails::Governor::default() }
    }

    /// The same beside watches, one of which can be asked to make room.
    pub fn beside(self, lender: Lender) -> Self {
        Self { lender: Some(lender), ..self }
    }

    /// The account's mailboxes.
    ///
    /// # Errors
    /// Where the connection cannot be opened, or the server refuses, ends the connection or does not answer in time.
    pub async fn list(&self) -> Result<Listing, Fault> {
        let mut using = self.using(Asked::ByItself).await?;
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
    async fn using(&self, asked: Asked) -> Result<Using, Fault> {
        let mut slot = Arc::clone(&self.slot).lock_owned().await;
        let kept = slot.session.take().and_then(|mut session| {
            let mut cx = Context::from_waker(Waker::noop());
            session.stands(&mut cx).then_some(session)
        });
        let session = match kept {
            Some(session) => session,
            None => self.opened(asked).await?,
        };
        Ok(Using { handle: Arc::downgrade(&self.slot), slot, session })
    }

    async fn opened(&self, asked: Asked) -> Result<ActionSession, Fault> {
        if let Some(fault) = self.account.login_not_due().await {
            return Err(fault);
        }
        let open = |permit| open_on(&self.account, &*self.dial, &self.secrets, permit);
        let Some(lender) = self.lender.as_ref().filter(|_| asked == Asked::ByPerson) else {
            let permit = self.account.connections.try_acquire();
            return open(Some(permit.ok_or_else(|| in_use(&self.account))?)).await;
        };
        let borrowed = lender.borrow();
        let mut opened = open(self.lent(&borrowed, false).await?).await;
        if opened.as_ref().is_err_and(|fault| fault.class == FaultClass::Limit) {
            let again = self.lent(&borrowed, true);
            // The permit of the first try has gone with it.
            let (permit, ()) = tokio::join!(again, tokio::time::sleep(UNCOUNTED));
            opened = open(permit?).await;
        }
        opened.map(|session| session.on(borrowed))
    }

    /// A place among the account's connections, which a watch makes where all are in use; none where it is one more.
    async fn lent(&self, borrowed: &Borrowed, refused: bool) -> Result<Option<ConnectionPermit>, Fault> {
        let within = self.account.account.timers.limit(Timer::Connect);
        let by = now() + within;
        match timeout(within, borrowed.ask(refused)).await {
            Ok(Some(Loan::Given)) => permitted(&self.account, by.into()).await.map(Some),
            Ok(Some(Loan::Beyond)) => Ok(self.account.connections.try_acquire()),
            Ok(Some(Loan::Refused) | None) | Err(_) => Err(in_use(&self.account)),
        }
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
        let kept = if self.session.is_beyond() { BEYOND } else { KEPT };
        self.slot.session = Some(self.session);
        self.slot.uses += 1;
        let (handle, uses) = (self.handle, self.slot.uses);
        tokio::spawn(async move {
            tokio::time::sleep(kept).await;
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
