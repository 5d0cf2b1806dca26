//! What a changed secret means for the logins that are counted, and for the engine that runs.

use std::path::Path;
use std::time::Duration;

use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_proto::model::Account;

use crate::cli::Global;

/// How long the engine may take to say that it tries.
const PATIENCE: Duration = Duration::from_secs(2);

/// Another secret has to prove itself, and is tried at once: where logins are counted, that is written down, and an engine that
/// runs is told.
pub(super) async fn changed(account: &Account, global: &Global) {
    if let Ok(state) = global.state_path()
        && state.is_dir()
    {
        LoginGovernor::open(&state).changed(account).await;
        tell(&state, &account.name).await;
    }
}

/// Has the engine try at once. Without one there is nobody to tell.
async fn tell(state: &Path, account: &str) {
    use mailwatch_engine::link::protocol::Attach;
    use mailwatch_engine::link::socket::attach;
    use mailwatch_engine::requests::Request;

    let hello = crate::process::enter::hello("account", None);
    let Ok(attached) = attach::<()>(state, &hello, &Attach::default(), || ()).await else { return };
    if let Some(mut replies) = attached.requests.ask(Request::LoggedIn(account.to_owned())) {
        // What it says is on its own screen and in its log.
        let _ = tokio::time::timeout(PATIENCE, replies.recv()).await;
    }
}
