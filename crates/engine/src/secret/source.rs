//! Where the engine gets credentials: a trait, and its implementation by the accounts' configuration.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::ExposeSecret;
use tokio::sync::watch;

use super::command::SecretCommand;
use super::credential::Credential;
use super::jwt::lifetime;
use super::login_command::login_command;
use super::oauth::TokenRenewer;
use super::password::password;
use super::typed::TypedPasswords;
use crate::dial::Dial;
use mailwatch_proto::model::{Account, Auth, Fault, SecretSource};

/// What [`CredentialSource::obtain`] returns.
pub type CredentialFuture<'a> = Pin<Box<dyn Future<Output = Result<Credential, Fault>> + Send + 'a>>;

/// Gets passwords and tokens. Injected into the engine, so that tests need neither a keyring nor an issuer.
pub trait CredentialSource: Send + Sync + fmt::Debug {
    /// Gets the account's password or access token anew. `renewer` is what this program knows of its issuer.
    fn obtain<'a>(&'a self, account: &'a Account, renewer: &'a mut TokenRenewer) -> CredentialFuture<'a>;
}

/// Gets each account's credential from where its configuration says; a password that was typed for this run goes first.
#[derive(Debug)]
pub struct AccountSecrets {
    dial: Arc<dyn Dial>,
    typed: watch::Receiver<TypedPasswords>,
}

impl AccountSecrets {
    /// Connections to issuers are made by `dial`.
    #[must_use]
    pub fn new(dial: Arc<dyn Dial>, typed: TypedPasswords) -> Self {
        Self::following(dial, watch::Sender::new(typed).subscribe())
    }

    /// The same where more passwords may be `typed` later.
    #[must_use]
    pub fn following(dial: Arc<dyn Dial>, typed: watch::Receiver<TypedPasswords>) -> Self {
        Self { dial, typed }
    }
}

impl CredentialSource for AccountSecrets {
    fn obtain<'a>(&'a self, account: &'a Account, renewer: &'a mut TokenRenewer) -> CredentialFuture<'a> {
        Box::pin(async {
            let typed = self.typed.borrow().of(account);
            // Once: later the command knows better, if it can be asked without a terminal.
            let first = typed.as_ref().is_some_and(|typed| SecretCommand::of(account).is_none() || typed.is_new());
            let typed = || typed.as_ref().and_then(|typed| typed.credential(account.auth));
            match first.then(typed).flatten() {
                Some(first) => Ok(first),
                None => credential(account, &*self.dial, renewer).await.or_else(|fault| typed().ok_or(fault)),
            }
        })
    }
}

/// Gets the account's password or access token, anew each time: it may have changed. `renewer` is what this program knows
/// of the account's issuer, to which `dial` connects.
///
/// # Errors
/// Where there is none: class `secret`, or the issuer's own fault. The fault's `next` tells a locked keyring or a slow
/// command, which may succeed later, from what needs the user.
pub async fn credential(account: &Account, dial: &dyn Dial, renewer: &mut TokenRenewer) -> Result<Credential, Fault> {
    match (account.auth, &account.secret) {
        (Auth::OAuth2, SecretSource::OAuth(client)) => renewer.renew(account, client, dial).await,
        (Auth::OAuth2, SecretSource::Command(arguments)) => {
            let asked = tokio::time::Instant::now().into_std();
            let secret = SecretCommand::of_token(arguments).ask(&login_command(account)).await?;
            let lives = lifetime(secret.expose_secret(), SystemTime::now());
            Ok(Credential { secret, asked, lives })
        }
        (Auth::OAuth2, SecretSource::Keyring | SecretSource::Fixed(_)) | (Auth::Password, _) => {
            password(account).await.map(Credential::lasting)
        }
    }
}
