//! OAuth 2.0: access tokens from an issuer, by a refresh token in the keyring that a person's login put there.
//!
//! Lifetimes are what the issuer says they are, counted from the request: no wall clock is asked, ours or its own. An
//! access token is never kept anywhere but in memory. Knows the issuer, and nothing of IMAP but how to dial.

mod asking;
mod browser;
mod device;
mod endpoints;
mod kept;
mod turn;

use std::time::Instant;

use oauth2::RefreshToken;
use secrecy::{ExposeSecret, SecretString};

use self::asking::{Asking, Given};
use self::endpoints::Endpoints;
use self::kept::{Item, Kept};
use super::{Credential, LIMIT, command};
use crate::dial::Dial;
use mailwatch_proto::model::{Account, ClientSecret, Fault, FaultClass, Flow, OAuthClient, sanitise};

/// What a person is asked to do, as it comes to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Open this in a browser on this machine.
    Browser {
        /// Where.
        url: String,
    },
    /// Open this in any browser, and type the code there.
    Device {
        /// Where.
        url: String,
        /// The code.
        code: String,
        /// The same with the code in it, where the issuer has that.
        complete: Option<String>,
    },
}

/// What logging out came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedOut {
    /// There was no refresh token, or the keyring is locked.
    Nothing,
    /// Removed here, and revoked at the issuer (RFC 7009).
    Revoked,
    /// Removed here; the issuer offers no revocation.
    Removed,
    /// Removed here; the issuer did not revoke it.
    NotRevoked(Fault),
}

/// The sentence that a person is sent to.
fn login(account: &Account) -> String {
    format!("`mailwatch-tui account login {}`", sanitise(&account.name, 100))
}

/// What a running program knows of one account's issuer.
#[derive(Debug, Default)]
pub struct Renewing {
    endpoints: Option<Endpoints>,
    /// A refresh token that the keyring did not take. Lost with this program, used till then.
    unkept: Option<SecretString>,
}

impl Renewing {
    /// A new access token. A refresh token that comes with it is in the keyring before anything else is done with
    /// either. Where the keyring does not take it, that is told by the log alone: the token works all the same.
    ///
    /// # Errors
    /// Where the issuer refuses (class `auth`, `config`), the keyring does not give what is kept there (`secret`), or
    /// the issuer cannot be reached; what it is decides `next`.
    pub async fn renew(
        &mut self,
        account: &Account,
        client: &OAuthClient,
        dial: &dyn Dial,
    ) -> Result<Credential, Fault> {
        let asking = Asking { account, client, dial };
        let secret = client_secret(account, client).await?;
        let item = Item { what: Kept::RefreshToken, account, client };
        // Before the refresh token is read: another program may be replacing it.
        let _turn = turn::turn(&item.user()).await;
        let mut refresh = self.refresh_token(&item).await?;
        let endpoints = self.endpoints(&asking).await?.clone();
        let asked = now();
        let given = match exchange(&asking, &endpoints, secret.as_ref(), &refresh).await {
            Ok(given) => given,
            Err(fault) => {
                // A program that had no turn may have replaced it: what stands there now is tried, once.
                let Some(other) = item.read(LIMIT).await?.filter(|other| differ(other, &refresh)) else {
                    return Err(fault);
                };
                refresh = other;
                exchange(&asking, &endpoints, secret.as_ref(), &refresh).await?
            }
        };
        if let Some(new) = given.refresh.filter(|new| differ(new, &refresh)) {
            self.unkept = match item.store(&new).await {
                Ok(()) => None,
                Err(fault) => {
                    tracing::error!(account = %account.name, %fault, "a new refresh token is not in the keyring");
                    Some(new)
                }
            };
        }
        Ok(Credential { secret: given.access, asked, lives: given.lives })
    }

    async fn refresh_token(&mut self, item: &Item<'_>) -> Result<SecretString, Fault> {
        if let Some(unkept) = &self.unkept {
            return Ok(unkept.clone());
        }
        item.read(LIMIT).await?.ok_or_else(|| item.missing())
    }

    async fn endpoints(&mut self, asking: &Asking<'_>) -> Result<&Endpoints, Fault> {
        if self.endpoints.is_none() {
            self.endpoints = Some(Endpoints::of(&asking.client.issuer, asking.account, asking.dial).await?);
        }
        // Just put there.
        self.endpoints.as_ref().ok_or_else(|| Fault::retry_after(FaultClass::Config, "no endpoints"))
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn differ(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() != other.expose_secret()
}

async fn exchange(
    asking: &Asking<'_>,
    endpoints: &Endpoints,
    secret: Option<&SecretString>,
    refresh: &SecretString,
) -> Result<Given, Fault> {
    let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
    let client = asking.client(endpoints, secret);
    let response = client.exchange_refresh_token(&refresh).request_async(asking).await;
    response.map(Given::from).map_err(|error| asking.fault(error))
}

/// The client's secret, from where the configuration says.
async fn client_secret(account: &Account, client: &OAuthClient) -> Result<Option<SecretString>, Fault> {
    match &client.client_secret {
        ClientSecret::None => Ok(None),
        ClientSecret::Command(arguments) => {
            command::first_line("client_secret_command", arguments, LIMIT).await.map(Some)
        }
        ClientSecret::Keyring => {
            let item = Item { what: Kept::ClientSecret, account, client };
            item.read(LIMIT).await?.ok_or_else(|| item.missing()).map(Some)
        }
    }
}

/// Whether the client's secret is to be in the keyring and is not.
///
/// # Errors
/// Where the keyring cannot be reached.
pub async fn lacks_client_secret(account: &Account, client: &OAuthClient) -> Result<bool, Fault> {
    match client.client_secret {
        ClientSecret::None | ClientSecret::Command(_) => Ok(false),
        ClientSecret::Keyring => {
            let item = Item { what: Kept::ClientSecret, account, client };
            Ok(item.read(super::keyring::PERSON).await?.is_none())
        }
    }
}

/// Puts the client's secret into the keyring.
///
/// # Errors
/// Where the keyring does not take it.
pub async fn keep_client_secret(account: &Account, client: &OAuthClient, secret: &SecretString) -> Result<(), Fault> {
    Item { what: Kept::ClientSecret, account, client }.store(secret).await
}

/// Logs in: `tell` is told what a person is to do, and the future is ready once they have done it and the refresh
/// token is in the keyring. Dropping it gives up; nothing was changed then.
///
/// # Errors
/// Where the issuer or the person refuses, it does not offer the flow, or the keyring does not take the token.
pub async fn log_in(
    account: &Account,
    client: &OAuthClient,
    dial: &dyn Dial,
    flow: Flow,
    tell: &mut dyn FnMut(Task),
) -> Result<(), Fault> {
    let asking = Asking { account, client, dial };
    let item = Item { what: Kept::RefreshToken, account, client };
    // A keyring that cannot be used is told before a person goes through the browser for nothing.
    item.read(super::keyring::PERSON).await?;
    let secret = client_secret(account, client).await?;
    let endpoints = Endpoints::of(&client.issuer, account, dial).await?;
    let given = match flow {
        Flow::Browser => browser::agree(&asking, &endpoints, secret.as_ref(), tell).await?,
        Flow::Device => device::agree(&asking, &endpoints, secret.as_ref(), tell).await?,
    };
    let Some(refresh) = given.refresh else {
        let message = format!(
            "{} gave an access token and no refresh token, so nothing could be renewed: the scope for that is often \
             offline_access, and the client must be allowed it",
            asking.issuer()
        );
        return Err(Fault::needs_user(FaultClass::Config, message));
    };
    let _turn = turn::turn(&item.user()).await;
    item.store(&refresh).await
}

/// Revokes the refresh token where the issuer offers that, and removes it from the keyring in any case.
///
/// # Errors
/// Where the keyring does not let it be read or removed.
pub async fn log_out(account: &Account, client: &OAuthClient, dial: &dyn Dial) -> Result<LoggedOut, Fault> {
    let asking = Asking { account, client, dial };
    let item = Item { what: Kept::RefreshToken, account, client };
    let _turn = turn::turn(&item.user()).await;
    let Some(refresh) = item.read(super::keyring::PERSON).await? else { return Ok(LoggedOut::Nothing) };
    let revoked = revoke(&asking, &refresh).await;
    item.forget().await?;
    Ok(match revoked {
        Ok(true) => LoggedOut::Revoked,
        Ok(false) => LoggedOut::Removed,
        Err(fault) => LoggedOut::NotRevoked(fault),
    })
}

/// Whether the issuer offers revocation, and did it.
async fn revoke(asking: &Asking<'_>, refresh: &SecretString) -> Result<bool, Fault> {
    let endpoints = Endpoints::of(&asking.client.issuer, asking.account, asking.dial).await?;
    let Some(revocation) = endpoints.revocation.clone() else { return Ok(false) };
    let secret = client_secret(asking.account, asking.client).await?;
    let client = asking.client(&endpoints, secret.as_ref()).set_revocation_url(revocation);
    let token = RefreshToken::new(refresh.expose_secret().to_owned());
    let request = client.revoke_token(token.into()).map_err(|error| asking.unusable(&error))?;
    request.request_async(asking).await.map_err(|error| asking.fault(error))?;
    Ok(true)
}

#[cfg(test)]
mod tests;
