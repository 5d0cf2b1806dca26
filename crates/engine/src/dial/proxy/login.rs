//! Logins at proxies: their passwords, asked for once and again after a proxy has refused one.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use secrecy::SecretString;
use tokio::sync::Mutex;

use mailwatch_proto::model::{Fault, FaultClass, Proxy};

/// What [`ProxyPasswords::ask`] returns.
pub type PasswordFuture<'a> = Pin<Box<dyn Future<Output = Result<SecretString, Fault>> + Send + 'a>>;

/// Gets a proxy's password. Injected: this module does not know where secrets come from.
pub trait ProxyPasswords: Send + Sync + fmt::Debug {
    /// The password that `proxy_password_command` prints.
    fn ask<'a>(&'a self, command: &'a [String]) -> PasswordFuture<'a>;
}

/// The proxies' passwords, by command.
#[derive(Debug, Default)]
pub(in crate::dial) struct PasswordCache {
    source: Option<Box<dyn ProxyPasswords>>,
    /// The lock is held while a password is asked for: a thousand watches that start at once ask once.
    known: Mutex<BTreeMap<Vec<String>, SecretString>>,
}

/// A login at a proxy.
pub(super) struct Login<'a> {
    pub user: &'a str,
    pub password: SecretString,
}

impl PasswordCache {
    pub(in crate::dial) fn from(source: impl ProxyPasswords + 'static) -> Self {
        Self { source: Some(Box::new(source)), known: Mutex::default() }
    }

    pub(super) async fn login<'p>(&self, proxy: &'p Proxy) -> Result<Option<Login<'p>>, Fault> {
        let Some(login) = &proxy.login else { return Ok(None) };
        let mut known = self.known.lock().await;
        if let Some(password) = known.get(&login.password_command) {
            return Ok(Some(Login { user: &login.user, password: password.clone() }));
        }
        let Some(source) = &self.source else {
            let message = format!("{proxy} wants a password, and nothing here can ask for it");
            return Err(Fault::needs_user(FaultClass::Secret, message));
        };
        let password = source.ask(&login.password_command).await?;
        known.insert(login.password_command.clone(), password.clone());
        Ok(Some(Login { user: &login.user, password }))
    }

    pub(super) async fn forget(&self, proxy: &Proxy) {
        if let Some(login) = &proxy.login {
            self.known.lock().await.remove(&login.password_command);
        }
    }
}
