//! The check of a new account, at its server.

use std::sync::Arc;

use mailwatch_engine::dial::Dialler;
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_proto::model::Account;
use secrecy::SecretString;

use super::environment::{Check, Checking};
use crate::cli::Global;
use crate::commands::check::try_new;
use crate::output::Output;
use crate::process::prepare::state_dir;

/// Goes there. Its logins are counted with all others.
pub(super) struct AtServer<'g> {
    pub(super) global: &'g Global,
    pub(super) dial: Arc<Dialler>,
}

impl Check for AtServer<'_> {
    fn check<'c>(
        &'c self,
        account: &'c Account,
        password: Option<SecretString>,
        output: &'c mut Output<'_>,
    ) -> Checking<'c> {
        Box::pin(async move {
            let Some(state) = state_dir(self.global, output)? else {
                return Err(std::io::Error::other("without a state directory no login is tried"));
            };
            let governor = LoginGovernor::open(&state);
            if password.is_some() {
                // Another one than was refused before: it has to prove itself.
                governor.changed(account).await;
            }
            try_new(account, password, &(Arc::clone(&self.dial), governor), output).await
        })
    }
}
