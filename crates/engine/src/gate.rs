//! What opens an account's door: its password or access token, and the proof that it is right.
//!
//! One login at a time passes until one has succeeded, so that a wrong password costs one refused login and not one per
//! mailbox: servers lock accounts for less. All of an account's watches share one token and one renewal.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OwnedMutexGuard;

use super::now;
use crate::secret::oauth::Renewing;
use crate::secret::{Credential, Obtain};
use mailwatch_proto::lease::{Awake, Lease, Span};
use mailwatch_proto::model::{Account, Auth, Fault, FaultClass, Next};

/// A password that could not be had is not asked for again sooner: watches of one account ask one after the other, and
/// each question may be a prompt on the user's screen, or a request to an issuer that is down.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// A token that is to be renewed while the one in hand still holds: sooner, for its time runs.
pub const RENEW_AGAIN: Duration = Duration::from_secs(2);

/// A token whose life is not known is used for logins so soon after it was had, and asked for anew after that: it may
/// live for minutes only, and its command knows when to renew it.
const TOKEN_FRESH: Duration = Duration::from_secs(30);

/// The door of one account.
#[derive(Debug, Default)]
pub struct Gate {
    known: Arc<tokio::sync::Mutex<Known>>,
    awake: Mutex<Awake>,
}

/// What is known of the account's password or token.
#[derive(Debug, Default)]
struct Known {
    held: Option<Held>,
    /// Counts the tokens.
    serial: u64,
    renewing: Renewing,
    proven: bool,
    refused: Option<Fault>,
    /// When it could last not be had, and why.
    missing: Option<(Instant, Fault)>,
}

/// A password or token in hand.
#[derive(Clone, Debug)]
struct Held {
    secret: SecretString,
    /// When it was had.
    at: Instant,
    lease: Lease,
}

/// A password or token for one login. Until one is proven it keeps the others waiting.
#[derive(Debug)]
pub struct Pass {
    guard: Option<OwnedMutexGuard<Known>>,
    known: Arc<tokio::sync::Mutex<Known>>,
    auth: Auth,
    /// The secret.
    pub secret: SecretString,
    /// Its time, where it is a token.
    pub lease: Option<Lease>,
}

impl Gate {
    /// See [`super::account::Shared::pass`].
    pub async fn pass(&self, account: &Account, secrets: &Arc<dyn Obtain>) -> Result<Pass, Fault> {
        let known = Arc::clone(&self.known).lock_owned().await;
        let at = now();
        let (fresh, alive) = known.held.as_ref().map_or((false, false), |held| self.life(account.auth, held, at));
        let (guard, held) = match &known.held {
            Some(held) if fresh && known.refused.is_none() => {
                let held = held.clone();
                (known, held)
            }
            // It can be used while nobody gives another.
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
        let lease = (account.auth == Auth::OAuth2).then_some(held.lease);
        let guard = (!guard.proven).then_some(guard);
        Ok(Pass { guard, known: Arc::clone(&self.known), auth: account.auth, secret: held.secret, lease })
    }

    /// See [`super::account::Shared::renew`].
    pub async fn renew(&self, serial: u64, account: &Account, secrets: &Arc<dyn Obtain>) -> Result<bool, Fault> {
        let known = Arc::clone(&self.known).lock_owned().await;
        if known.held.as_ref().is_some_and(|held| held.lease.serial > serial) {
            // Another watch of the account was first.
            return Ok(true);
        }
        let (_, asked) = self.ask(known, account, secrets).await;
        asked.map(|held| held.lease.serial > serial)
    }

    /// The user acts: what was refused may be tried again, with the password asked anew.
    pub async fn forgive(&self) {
        let mut known = self.known.lock().await;
        known.missing = None;
        if known.refused.take().is_some() {
            known.held = None;
        }
    }

    /// The clock that goes on in a suspend.
    pub fn awake(&self) -> Awake {
        *self.awake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machine has woken.
    pub fn woke(&self, count: u64, slept: Duration) {
        self.awake.lock().unwrap_or_else(PoisonError::into_inner).woke(count, slept);
    }

    /// Whether it need not be renewed yet, and whether it still holds though it is to be renewed.
    fn life(&self, auth: Auth, held: &Held, at: Instant) -> (bool, bool) {
        let real = self.awake().real(at);
        match (auth, held.lease.span) {
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
        secrets: &Arc<dyn Obtain>,
    ) -> (OwnedMutexGuard<Known>, Result<Held, Fault>) {
        let refused = known.refused.clone();
        let holds = known.held.as_ref().is_some_and(|held| self.life(account.auth, held, now()).1);
        let pause = if holds { RENEW_AGAIN } else { ASK_AGAIN };
        let lately = known.missing.as_ref().filter(|(at, _)| now().saturating_duration_since(*at) < pause);
        if let Some(fault) = refused.or_else(|| lately.map(|(_, fault)| fault.clone())) {
            return (known, Err(fault));
        }
        let (account, secrets, awake) = (account.clone(), Arc::clone(secrets), self.awake());
        let asking = tokio::spawn(async move {
            let asked = secrets.obtain(&account, &mut known.renewing).await;
            let asked = known.take(asked, awake);
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

impl Known {
    /// Takes what was asked for.
    fn take(&mut self, asked: Result<Credential, Fault>, awake: Awake) -> Result<Held, Fault> {
        match asked {
            Ok(Credential { secret, asked, lives }) => {
                self.missing = None;
                let at = now();
                let same = self.held.as_mut().filter(|held| held.secret.expose_secret() == secret.expose_secret());
                if let Some(held) = same {
                    // A command that gives what it gave before: its time goes on.
                    held.at = at;
                    return Ok(held.clone());
                }
                self.serial += 1;
                let span = lives.map(|lives| Span::new(awake.real(asked), lives));
                let held = Held { secret, at, lease: Lease { serial: self.serial, span } };
                self.held = Some(held.clone());
                Ok(held)
            }
            Err(fault) => {
                self.missing = Some((now(), fault.clone()));
                // An issuer that has refused would refuse again.
                if fault.class == FaultClass::Auth && fault.next == Next::User {
                    self.refused = Some(fault.clone());
                }
                Err(fault)
            }
        }
    }
}

impl Pass {
    /// The server took it.
    pub fn accepted(self) {
        if let Some(mut known) = self.guard {
            known.proven = true;
        }
    }

    /// The login failed. A password that had been right once may have been changed, or the server may be at fault: it
    /// is asked for anew and tried once more, later. One that never was right needs the user.
    pub async fn failed(self, fault: Fault) -> Fault {
        if fault.class != FaultClass::Auth {
            return fault;
        }
        if let Some(mut known) = self.guard {
            known.held = None;
            if fault.next == Next::User {
                known.refused = Some(fault.clone());
            }
            return fault;
        }
        let mut known = self.known.lock().await;
        // Another watch may hold a newer one by now.
        if known.held.as_ref().is_some_and(|held| held.secret.expose_secret() == self.secret.expose_secret()) {
            known.held = None;
        }
        known.proven = false;
        // A token that was right has expired; a password that was right has been changed, or the server is at fault.
        let next = match self.auth {
            Auth::Password => Next::RetryLater,
            Auth::OAuth2 => Next::Retry,
        };
        Fault { next, ..fault }
    }
}
