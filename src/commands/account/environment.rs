//! What `account` needs from outside of this program; tests bring their own.

use std::future::Future;
use std::io;
use std::pin::Pin;

use mailwatch_engine::check::Step;
use mailwatch_engine::dial::Dial;
use mailwatch_engine::discover::LookUp;
use mailwatch_proto::model::{Account, OAuthClient};
use secrecy::SecretString;

use super::prompter::Prompter;
use crate::output::{Exit, Output};

/// The outside: who answers, DNS, connections, issuers.
pub struct AccountEnvironment<'o> {
    /// Who answers questions.
    pub prompter: &'o mut dyn Prompter,
    /// DNS.
    pub dns: &'o dyn LookUp,
    /// Connections to web servers, and to a server that somebody names.
    pub dial: &'o dyn Dial,
    /// The issuers of tokens.
    pub login: &'o dyn LogIn,
    /// The servers of new accounts.
    pub check: &'o dyn Check,
    /// Whether there is a keyring; why not, where there is none.
    pub keyring: fn() -> Looking,
}

/// A look for a keyring.
pub type Looking = Pin<Box<dyn Future<Output = Result<(), String>>>>;

/// A check under way.
pub type Checking<'c> = Pin<Box<dyn Future<Output = io::Result<Option<Step>>> + 'c>>;

/// Checks a new account, as `check` does.
pub trait Check {
    /// Tries every step, with the password that was typed, else with what the account's own source gives, and shows them on
    /// `output`. The step that failed, if one did.
    fn check<'c>(
        &'c self,
        account: &'c Account,
        password: Option<SecretString>,
        output: &'c mut Output<'_>,
    ) -> Checking<'c>;
}

/// A login under way.
pub type LoggingIn<'l> = Pin<Box<dyn Future<Output = io::Result<Exit>> + 'l>>;

/// Logs in at an issuer, in a browser.
pub trait LogIn {
    /// Has the person log in, and keeps the refresh token. Says on `output` what to do and how it went.
    fn log_in<'l>(&'l self, account: &'l Account, client: &'l OAuthClient, output: &'l mut Output<'_>)
    -> LoggingIn<'l>;
}
