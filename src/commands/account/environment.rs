//! What `account` needs from outside of this program; tests bring their own.

use std::future::Future;
use std::io;
use std::pin::Pin;

use mailwatch_engine::dial::Dial;
use mailwatch_engine::discover::LookUp;
use mailwatch_proto::model::{Account, OAuthClient};

use super::prompter::Prompter;
use crate::output::{Exit, Output};

/// The outside: who answers, DNS, connections, issuers.
pub struct AccountEnvironment<'o> {
    /// Who answers questions.
    pub prompter: &'o mut dyn Prompter,
    /// DNS.
    pub dns: &'o dyn LookUp,
    /// Connections to web servers.
    pub dial: &'o dyn Dial,
    /// The issuers of tokens.
    pub login: &'o dyn LogIn,
}

/// A login under way.
pub type LoggingIn<'l> = Pin<Box<dyn Future<Output = io::Result<Exit>> + 'l>>;

/// Logs in at an issuer, in a browser.
pub trait LogIn {
    /// Has the person log in, and keeps the refresh token. Says on `output` what to do and how it went.
    fn log_in<'l>(&'l self, account: &'l Account, client: &'l OAuthClient, output: &'l mut Output<'_>)
    -> LoggingIn<'l>;
}
