//! What a changed secret means for the logins that are counted.

use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_proto::model::Account;

use crate::cli::Global;

/// Another secret has to prove itself, and is tried at once: where logins are counted, that is written down.
pub(super) async fn changed(account: &Account, global: &Global) {
    if let Ok(state) = global.state_path()
        && state.is_dir()
    {
        LoginGovernor::open(&state).changed(account).await;
    }
}
