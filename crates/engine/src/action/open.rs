//! Opening it: the same dialler, login, permits and deadlines as a watch's connection has.

use std::sync::Arc;

use tokio::time::{Instant as TokioInstant, timeout_at};

use super::session::ActionSession;
use crate::account::AccountState;
use crate::clock::now;
use crate::connection_limit::ConnectionPermit;
use crate::dial::Dial;
use crate::log_in::log_in;
use crate::secret::CredentialSource;
use crate::session::{Discard, Session};
use mailwatch_proto::connection::dialogue::Greeting;
use mailwatch_proto::model::{Fault, FaultClass, Timer};

/// Which connection of the account's it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// One of those that it may have: waited for.
    Within,
    /// Where none is free, one more for a moment, as `check` makes: somebody wants it now.
    OneMore,
}

/// Opens a connection and logs in.
pub async fn open(
    state: &AccountState,
    dial: &dyn Dial,
    secrets: &Arc<dyn CredentialSource>,
    room: Room,
) -> Result<ActionSession, Fault> {
    let by = TokioInstant::from_std(now() + state.account.timers.limit(Timer::Connect));
    if let Some(fault) = state.login_not_due().await {
        return Err(fault);
    }
    let permit = match room {
        Room::Within => Some(permitted(state, by).await?),
        Room::OneMore => state.connections.try_acquire(),
    };
    open_on(state, dial, secrets, permit).await
}

/// The same in this place; without one it is one more than the account may have.
pub async fn open_on(
    state: &AccountState,
    dial: &dyn Dial,
    secrets: &Arc<dyn CredentialSource>,
    permit: Option<ConnectionPermit>,
) -> Result<ActionSession, Fault> {
    let by = TokioInstant::from_std(now() + state.account.timers.limit(Timer::Connect));
    let (mut session, greeting) = greeted(state, dial, by).await?;
    let reply = || now() + state.account.timers.limit(Timer::Reply);
    if session.capabilities().is_empty() {
        session.ask_capabilities(reply(), &Discard).await?;
    }
    match greeting {
        Greeting::Preauth => session.logged_in(reply(), &Discard).await?,
        Greeting::Ok => {
            let mut login = state.login_permit(secrets).await?;
            let (plan, secret) = (login.plan, login.secret.clone());
            let with = (plan, &secret);
            match log_in(&mut session, &state.account, with, login.ticket(), reply(), &Discard).await {
                Ok(way) => login.accepted(way).await,
                Err(failure) => {
                    let fault = failure.fault.clone();
                    return Err(login.failed(failure, fault).await);
                }
            }
        }
    }
    session.exchange_ids(state.account.quirks.id_required, reply(), &Discard).await?;
    session.enable_utf8(reply(), &Discard).await?;
    let (io, framer, utf8) = session.into_parts();
    ActionSession::new(io, framer, utf8, state.peer(), permit).await
}

/// A place among the account's connections, waited for.
pub async fn permitted(state: &AccountState, by: TokioInstant) -> Result<ConnectionPermit, Fault> {
    let permit = timeout_at(by, state.connections.acquire()).await.ok().flatten();
    permit.ok_or_else(|| in_use(state))
}

/// There is no place.
pub fn in_use(state: &AccountState) -> Fault {
    let message = format!(
        "all connections of {} are in use (max_connections = {}), and this needs one more for a moment: raise \
         the limit if the server allows it, or watch one mailbox less",
        state.account.name, state.account.max_connections
    );
    Fault::retry_after(FaultClass::Limit, message)
}

/// DNS, TCP, TLS and greeting, within `connect`.
pub async fn greeted(state: &AccountState, dial: &dyn Dial, by: TokioInstant) -> Result<(Session, Greeting), Fault> {
    let dialled = timeout_at(by, dial.dial(&state.account)).await;
    let transport = dialled.unwrap_or_else(|_| {
        let message = format!("no connection from {} within the connect timer", state.peer());
        Err(Fault::retry_after(FaultClass::Timeout, message))
    })?;
    let greeted = transport.greeted;
    let mut session = Session::new(transport, state.peer(), false);
    let greeting = if greeted { Greeting::Ok } else { session.greeting(by.into_std(), &Discard).await? };
    Ok((session, greeting))
}
