//! A password or token for one login, and what becomes of it.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::known::Known;
use mailwatch_proto::model::{Auth, Fault, FaultClass, Next};
use mailwatch_proto::token_lifetime::TokenLifetime;

/// Permission to log in once. Until a secret is proven it keeps the other watches waiting.
#[derive(Debug)]
pub struct LoginPermit {
    pub(super) guard: Option<OwnedMutexGuard<Known>>,
    pub(super) known: Arc<Mutex<Known>>,
    pub(super) auth: Auth,
    /// The secret.
    pub secret: SecretString,
    /// How long it holds, where it is a token.
    pub lifetime: Option<TokenLifetime>,
}

impl LoginPermit {
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
