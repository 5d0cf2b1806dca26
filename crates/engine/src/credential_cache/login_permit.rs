//! A password or token for one login, and what becomes of it.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::known::Known;
use crate::login_governor::LoginTicket;
use mailwatch_proto::connection::dialogue::{LoginFailure, LoginPlan};
use mailwatch_proto::logins::{Refusal, Wait};
use mailwatch_proto::model::{Auth, Fault, FaultClass, LoginChoice, LoginWay, Next};
use mailwatch_proto::token_lifetime::TokenLifetime;

/// Permission to log in once. Until a secret is proven it keeps the other watches waiting.
#[derive(Debug)]
pub struct LoginPermit {
    guard: Option<OwnedMutexGuard<Known>>,
    known: Arc<Mutex<Known>>,
    ticket: LoginTicket,
    /// How it is to go.
    pub plan: LoginPlan,
    /// The secret.
    pub secret: SecretString,
    /// How long it holds, where it is a token.
    pub lifetime: Option<TokenLifetime>,
}

impl LoginPermit {
    pub(super) async fn new(
        guard: Option<OwnedMutexGuard<Known>>,
        known: Arc<Mutex<Known>>,
        ticket: LoginTicket,
        plan: LoginPlan,
        secret: SecretString,
        lifetime: Option<TokenLifetime>,
    ) -> Self {
        ticket.begin().await;
        Self { guard, known, ticket, plan, secret, lifetime }
    }

    /// The server refused the secret by one way and may not have judged it: whether it may go out by another.
    pub async fn another(&mut self) -> bool {
        self.ticket.another().await
    }

    /// What counts it.
    pub const fn ticket(&mut self) -> &mut LoginTicket {
        &mut self.ticket
    }

    /// The server took it.
    pub async fn accepted(self, way: LoginWay) {
        if let Some(mut known) = self.guard {
            known.proven = true;
            (known.last, known.avoided) = (None, None);
        }
        self.ticket.accepted(way).await;
    }

    /// The login failed; `fault` says it in words. What follows is decided by proof: the secret is asked for anew once the
    /// next login is due.
    pub async fn failed(self, failure: LoginFailure, fault: Fault) -> Fault {
        let Self { guard, known, ticket, plan, secret, lifetime: _ } = self;
        let was_proven = guard.is_none();
        let mut known = match guard {
            Some(known) => known,
            None => known.lock_owned().await,
        };
        let Some(refusal) = failure.refusal else {
            // Nobody has judged it: it is kept.
            known.avoided = failure.way;
            ticket.unsent().await;
            return Fault { next: Next::Retry, ..fault };
        };
        // Another watch may hold a newer one by now.
        if known.held.as_ref().is_some_and(|held| held.secret.expose_secret() == secret.expose_secret()) {
            known.held = None;
        }
        known.proven = false;
        // A token that was right has expired; there may be another.
        let expired = was_proven && plan.auth == Auth::OAuth2 && refusal == Refusal::ByProof;
        // A server that drops the first way without a word may not have got as far as the secret: the next comes first then.
        let first = plan.choice == LoginChoice::Auto && plan.avoided.is_none();
        let way = failure.way.filter(|way| *way != LoginWay::Login && plan.known != Some(*way));
        let unjudged = refusal == Refusal::Dropped && first && way.is_some();
        if unjudged {
            known.avoided = way;
        }
        let refusal = if expired || unjudged { Refusal::Passing } else { refusal };
        let wait = ticket.refused(refusal).await;
        let fault = Fault { next: next(refusal, wait), ..fault };
        known.last = (fault.class == FaultClass::Auth).then(|| fault.clone());
        fault
    }
}

/// What follows from a refusal.
const fn next(refusal: Refusal, wait: Option<Wait>) -> Next {
    match (refusal, wait) {
        // Connections have to become fewer; what is counted is not what is waited for.
        (Refusal::Limited, _) => Next::RetryLater,
        (_, Some(Wait { pause, needs_user: true, .. })) => Next::UserAfter(pause),
        (_, Some(Wait { pause, needs_user: false, .. })) => Next::After(pause),
        (_, None) => Next::Retry,
    }
}
