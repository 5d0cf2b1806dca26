//! Passwords and tokens: from a command, from the system's keyring, from a person. Never printed, never logged, never in an error.
//!
//! What leaves this room is a [`SecretString`], which shows itself as `[REDACTED]` and is zeroed when dropped.

mod asked;
mod command;
mod jwt;
mod keyring;
mod memory;
pub mod oauth;

pub use asked::{Asked, NotAsked, PromptError, ask_missing};
pub use jwt::lifetime;
pub use keyring::{SERVICE, Stored, forget, keyring_user, store};
pub use memory::forbid_core_dumps;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;

use self::oauth::Renewing;
use crate::dial::{Asking, Dial, Dialler, ProxyPasswords};
use mailwatch_proto::model::{Account, Auth, Fault, FaultClass, SecretSource};

/// How long a command or the keyring may take. Long enough for a hardware key to be touched.
const LIMIT: Duration = Duration::from_secs(30);

/// A dialler for real servers that has the passwords of proxies from their commands.
#[must_use]
pub fn dialler() -> Dialler {
    Dialler::new().asking(OfProxies)
}

/// Runs `proxy_password_command`.
#[derive(Debug)]
struct OfProxies;

impl ProxyPasswords for OfProxies {
    fn ask<'a>(&'a self, command: &'a [String]) -> Asking<'a> {
        Box::pin(command::first_line("proxy_password_command", command, LIMIT))
    }
}

/// A password or an access token.
#[derive(Debug)]
pub struct Credential {
    /// The secret.
    pub secret: SecretString,
    /// When it was asked for: an access token has lived at least since then.
    pub asked: Instant,
    /// How long it lives from then, where that is known.
    pub lives: Option<Duration>,
}

/// What [`Obtain::obtain`] returns.
pub type Obtaining<'a> = Pin<Box<dyn Future<Output = Result<Credential, Fault>> + Send + 'a>>;

/// Gets passwords and tokens. Injected into the engine, so that tests need neither a keyring nor an issuer.
pub trait Obtain: Send + Sync + fmt::Debug {
    /// The account's password or access token, asked for anew. `renewing` is what this program knows of its issuer.
    fn obtain<'a>(&'a self, account: &'a Account, renewing: &'a mut Renewing) -> Obtaining<'a>;
}

/// Gets them from where each account says, but for what its user typed for this run.
#[derive(Debug)]
pub struct Sources {
    dial: Arc<dyn Dial>,
    asked: watch::Receiver<Asked>,
}

impl Sources {
    /// Issuers are asked over connections that `dial` makes.
    #[must_use]
    pub fn new(dial: Arc<dyn Dial>, asked: Asked) -> Self {
        Self::following(dial, watch::Sender::new(asked).subscribe())
    }

    /// The same where what was `asked` of the user may become more.
    #[must_use]
    pub fn following(dial: Arc<dyn Dial>, asked: watch::Receiver<Asked>) -> Self {
        Self { dial, asked }
    }
}

impl Obtain for Sources {
    fn obtain<'a>(&'a self, account: &'a Account, renewing: &'a mut Renewing) -> Obtaining<'a> {
        Box::pin(async {
            let typed = self.asked.borrow().password(account);
            match typed {
                Some(typed) => Ok(Credential::lasting(typed)),
                None => credential(account, &*self.dial, renewing).await,
            }
        })
    }
}

impl Credential {
    /// One whose end is not known.
    fn lasting(secret: SecretString) -> Self {
        Self { secret, asked: tokio::time::Instant::now().into_std(), lives: None }
    }
}

/// The account's password or access token, asked for anew each time: it may have changed since. `renewing` is what this
/// program knows of the account's issuer, `dial` the way there.
///
/// # Errors
/// Where it cannot be had; class `secret`, or the issuer's own fault. The fault's `next` tells a locked keyring or a
/// slow command, which may do better later, from what needs the user.
pub async fn credential(account: &Account, dial: &dyn Dial, renewing: &mut Renewing) -> Result<Credential, Fault> {
    match (account.auth, &account.secret) {
        (Auth::OAuth2, SecretSource::OAuth(client)) => renewing.renew(account, client, dial).await,
        (Auth::OAuth2, SecretSource::Command(arguments)) => {
            let asked = tokio::time::Instant::now().into_std();
            let secret = command::first_line("token_command", arguments, LIMIT).await?;
            let lives = lifetime(secret.expose_secret(), SystemTime::now());
            Ok(Credential { secret, asked, lives })
        }
        (Auth::OAuth2, SecretSource::Keyring | SecretSource::Fixed(_)) | (Auth::Password, _) => {
            password(account).await.map(Credential::lasting)
        }
    }
}

/// The account's password, asked for anew each time.
///
/// # Errors
/// As [`credential`].
async fn password(account: &Account) -> Result<SecretString, Fault> {
    match &account.secret {
        SecretSource::Keyring => keyring::read(account, LIMIT).await,
        SecretSource::Command(arguments) => command::first_line("password_command", arguments, LIMIT).await,
        SecretSource::Fixed(secret) => Ok(SecretString::from(secret.0.as_str())),
        SecretSource::OAuth(_) => {
            Err(Fault::needs_user(FaultClass::Config, "an account with an issuer has no password of its own"))
        }
    }
}
