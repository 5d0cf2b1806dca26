//! Whether a server is where somebody says that it is. No login, no secret.

use super::asking::Asking;
use super::stop::Stop;
use mailwatch_engine::config::Draft;
use mailwatch_engine::dial::{Dial, Stage};
use mailwatch_proto::model::{Account, Fault, FaultClass, Timer, TlsMode};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// What came of it.
pub(super) enum Reached {
    /// It answers, in this way.
    Well(String),
    /// It shows a certificate whose issuer is not trusted.
    Untrusted(Fault),
    /// It does not answer as it should.
    Not(Fault),
}

/// Goes there: a connection, and TLS where it is asked for.
pub(super) async fn reach(draft: &Draft, asking: &mut Asking<'_, '_, '_>) -> Result<Reached, Stop> {
    let account = match draft.account(asking.path, asking.format) {
        Ok(account) => account,
        Err(wrong) => return Ok(Reached::Not(Fault::needs_user(FaultClass::Config, wrong.message))),
    };
    Ok(there(&account, asking.environment.dial).await)
}

async fn there(account: &Account, dial: &dyn Dial) -> Reached {
    let (tx, mut stages) = mpsc::unbounded_channel();
    let dialled = timeout(account.timers.limit(Timer::Connect), dial.dial_in_stages(account, tx)).await;
    let untrusted = std::iter::from_fn(|| stages.try_recv().ok()).any(|stage| stage == Stage::Untrusted);
    let late = || Fault::retry_after(FaultClass::Timeout, "no answer within the connect timer");
    match dialled.unwrap_or_else(|_| Err(late())) {
        Ok(transport) => Reached::Well(match (&transport.tls, account.tls) {
            (Some(tls), _) => format!("it answers: TLS {}, and its certificate is trusted", tls.version),
            (None, TlsMode::Implicit | TlsMode::StartTls | TlsMode::Off) => "it answers".to_owned(),
        }),
        Err(fault) if untrusted => Reached::Untrusted(fault),
        Err(fault) => Reached::Not(fault),
    }
}

/// Looks for the host's address: what is wrong with it where it has none.
pub(super) async fn resolves(draft: &Draft, asking: &mut Asking<'_, '_, '_>) -> Result<Option<Fault>, Stop> {
    let Ok(account) = draft.account(asking.path, asking.format) else { return Ok(None) };
    let (tx, mut stages) = mpsc::unbounded_channel();
    let mut dialling = asking.environment.dial.dial_in_stages(&account, tx);
    let fault = tokio::select! {
        biased;
        // Which port it has is asked next.
        Some(_) = stages.recv() => None,
        dialled = &mut dialling => dialled.err(),
    };
    Ok(fault.filter(|fault| fault.class == FaultClass::Dns))
}
