//! An account's password or access token, and the proof that it is right.
//!
//! One login at a time passes until one has succeeded, so that a wrong password costs one refused login and not one per
//! mailbox: servers lock accounts for less. Whether one may be tried at all the login governor says, before a secret is
//! asked for. All of an account's watches share one token and one renewal.

mod known;
mod login_permit;
mod not_due;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OwnedMutexGuard;

use self::known::{Held, Known};
pub use self::login_permit::LoginPermit;
use self::not_due::not_due;
use crate::clock::now;
use crate::login_governor::{LoginGovernor, LoginTicket, Whose};
use crate::secret::CredentialSource;
use mailwatch_proto::boot_clock::BootClock;
use mailwatch_proto::connection::dialogue::LoginPlan;
use mailwatch_proto::model::{Account, Auth, Fault, FaultClass, Next};
use mailwatch_proto::token_lifetime::RENEW_AGAIN;

/// A password that could not be had is not asked for again sooner: watches of one account ask one after the other, and
/// each question may be a prompt on the user's screen, or a request to an issuer that is down.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// The same where the user must do something first, unless the user has: just less than a watch waits.
const ASK_USER_AGAIN: Duration = Duration::from_mins(29);

/// A token whose life is not known is used for logins so soon after it was had, and asked for anew after that: it may
/// live for minutes only, and its command knows when to renew it.
const TOKEN_FRESH: Duration = Duration::from_secs(30);

/// The cache of one account.
#[derive(Debug)]
pub struct CredentialCache {
    known: Arc<tokio::sync::Mutex<Known>>,
    clock: Mutex<BootClock>,
    governor: LoginGovernor,
    whose: Whose,
}

impl CredentialCache {
    /// Of an account whose logins this counts.
    #[must_use]
    pub fn new(account: &Account, governor: LoginGovernor) -> Self {
        Self { known: Arc::default(), clock: Mutex::default(), governor, whose: Whose::of(account) }
    }

    /// Why no login may be tried now, where none may: asked before anything is connected.
    pub async fn not_due(&self, account: &Account) -> Option<Fault> {
        let wait = self.governor.due(&self.whose).await?;
        Some(not_due(wait, self.known.lock().await.last.as_ref(), account))
    }

    /// Whether the account's secret has worked.
    pub fn is_proven(&self, account: &Account) -> bool {
        self.governor.is_proven(account)
    }

    /// The secret for one login, from where the account says.
    ///
    /// # Errors
    /// Where it cannot be had, or no login may be tried now.
    pub async fn login_permit(
        &self,
        account: &Account,
        secrets: &Arc<dyn CredentialSource>,
    ) -> Result<LoginPermit, Fault> {
        let (known, ticket) = self.turn(account).await?;
        let at = now();
        let (fresh, alive) = known.held.as_ref().map_or((false, false), |held| self.life(account.auth, held, at));
        let (guard, held) = match &known.held {
            Some(held) if fresh => {
                let held = held.clone();
                (known, held)
            }
            // It can be used while there is no other.
            Some(held) if alive => {
                let held = held.clone();
                match self.ask(known, account, secrets).await {
                    (guard, Ok(new)) => (guard, new),
                    (guard, Err(_)) => (guard, held),
                }
            }
            Some(_) | None => match self.ask(known, account, secrets).await {
                (guard, Ok(new)) => (guard, new),
                (_, Err(fault)) => return Err(fault),
            },
        };
        let lifetime = (account.auth == Auth::OAuth2).then_some(held.lifetime);
        let plan = LoginPlan {
            auth: account.auth,
            choice: account.quirks.login,
            known: self.governor.way(&account.host),
            avoided: guard.avoided,
        };
        let guard = (!guard.proven).then_some(guard);
        Ok(LoginPermit::new(guard, Arc::clone(&self.known), ticket, plan, held.secret, lifetime).await)
    }

    /// What is known, and permission to use it.
    async fn turn(&self, account: &Account) -> Result<(OwnedMutexGuard<Known>, LoginTicket), Fault> {
        loop {
            let settled = self.governor.settled();
            let known = Arc::clone(&self.known).lock_owned().await;
            let is_at_hand = known.held.as_ref().is_some_and(|held| self.life(account.auth, held, now()).0);
            let asked = if is_at_hand {
                self.governor.ask_with_secret(&self.whose).await
            } else {
                self.governor.ask(&self.whose).await
            };
            match asked {
                Ok(Some(ticket)) => return Ok((known, ticket)),
                Err(wait) => return Err(not_due(wait, known.last.as_ref(), account)),
                // The logins under way need what is known, so as to end.
                Ok(None) => drop(known),
            }
            settled.await;
        }
    }

    /// Gets a token newer than the one of this serial. Whether there is one: a command may still give the old one.
    ///
    /// # Errors
    /// Where none can be had.
    pub async fn renew(
        &self,
        serial: u64,
        account: &Account,
        secrets: &Arc<dyn CredentialSource>,
    ) -> Result<bool, Fault> {
        let known = Arc::clone(&self.known).lock_owned().await;
        if known.held.as_ref().is_some_and(|held| held.lifetime.serial > serial) {
            // Another watch of the account was first.
            return Ok(true);
        }
        let (_, asked) = self.ask(known, account, secrets).await;
        asked.map(|held| held.lifetime.serial > serial)
    }

    /// The user acts: what was refused may be tried again, with the password asked for anew.
    pub async fn forgive(&self) {
        self.governor.act(&self.whose).await;
        self.known.lock().await.missing = None;
    }

    /// The clock that goes on in a suspend.
    pub fn boot_clock(&self) -> BootClock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machine has woken.
    pub fn woke(&self, count: u64, slept: Duration) {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).woke(count, slept);
        self.governor.woke(count, slept);
    }

    /// Whether it need not be renewed yet, and whether it still holds though it is to be renewed.
    fn life(&self, auth: Auth, held: &Held, at: Instant) -> (bool, bool) {
        let real = self.boot_clock().boottime(at);
        match (auth, held.lifetime.span) {
            (Auth::Password, _) => (true, false),
            (Auth::OAuth2, Some(span)) => (real < span.renew, real < span.ends),
            (Auth::OAuth2, None) => (at.saturating_duration_since(held.at) < TOKEN_FRESH, false),
        }
    }

    /// Asks for another, in a task of its own: an issuer that has given a new refresh token wants the old one no more,
    /// so a renewal that is under way must not be dropped with the watch that wanted it.
    async fn ask(
        &self,
        mut known: OwnedMutexGuard<Known>,
        account: &Account,
        secrets: &Arc<dyn CredentialSource>,
    ) -> (OwnedMutexGuard<Known>, Result<Held, Fault>) {
        let holds = known.held.as_ref().is_some_and(|held| self.life(account.auth, held, now()).1);
        let pause = |fault: &Fault| match fault.next {
            Next::User => ASK_USER_AGAIN,
            // The watches of one account come one after the other: those that have waited ask again.
            Next::UserAfter(pause) => pause.saturating_sub(ASK_AGAIN),
            Next::AtOnce | Next::Retry | Next::Soon | Next::RetryLater | Next::After(_) if holds => RENEW_AGAIN,
            Next::AtOnce | Next::Retry | Next::Soon | Next::RetryLater | Next::After(_) => ASK_AGAIN,
        };
        let lately = |(at, fault): &&(Instant, Fault)| now().saturating_duration_since(*at) < pause(fault);
        if let Some((_, fault)) = known.missing.as_ref().filter(lately) {
            let fault = fault.clone();
            return (known, Err(fault));
        }
        let (account, secrets, clock) = (account.clone(), Arc::clone(secrets), self.boot_clock());
        let asking = tokio::spawn(async move {
            let asked = secrets.obtain(&account, &mut known.renewing).await;
            let asked = known.take(asked, clock);
            (known, asked)
        });
        match asking.await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "asking for a password failed (a bug)");
                let fault = Fault::retry_after(FaultClass::Secret, "asking for the password failed; trying again");
                (Arc::clone(&self.known).lock_owned().await, Err(fault))
            }
        }
    }
}
