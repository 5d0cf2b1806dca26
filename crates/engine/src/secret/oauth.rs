//! OAuth 2.0: access tokens from an issuer, by a refresh token in the keyring that a person's login put there.
//!
//! Lifetimes are the issuer's, counted from the request: no wall clock counts, neither ours nor its own. Access tokens stay
//! in memory. Knows the issuer, and nothing of IMAP but how to dial.

mod browser;
mod device;
mod endpoints;
mod issuer;
mod keyring_entry;
mod lock;
mod login_step;

use oauth2::RefreshToken;
use secrecy::{ExposeSecret, SecretString};

use self::endpoints::Endpoints;
use self::issuer::{IssuerClient, Tokens};
use self::keyring_entry::{EntryKind, KeyringEntry};
use self::lock::RenewalLock;
pub use self::login_step::LoginStep;
use super::command::SecretCommand;
use super::credential::{Credential, LIMIT};
use super::keyring::PERSON;
use crate::clock::now;
use crate::dial::Dial;
use mailwatch_proto::model::{Account, ClientSecret, Fault, FaultClass, Flow, OAuthClient};

/// The result of logging out.
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

/// Renews one account's access token, and remembers what it knows of the issuer.
#[derive(Debug, Default)]
pub struct TokenRenewer {
    endpoints: Option<Endpoints>,
    /// A refresh token that the keyring did not take: used until this program ends, and lost with it.
    unkept: Option<SecretString>,
}

impl TokenRenewer {
    /// Gets a new access token. A refresh token that comes with it goes into the keyring before either is used. Where the
    /// keyring does not take it, only the log says so: the token works all the same.
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
        let issuer = IssuerClient { account, client, dial };
        let secret = client_secret(account, client).await?;
        let entry = KeyringEntry { kind: EntryKind::RefreshToken, account, client };
        // Before the refresh token is read: another program may be replacing it.
        let _lock = RenewalLock::acquire(&entry.user()).await;
        let mut refresh = self.refresh_token(&entry).await?;
        let endpoints = self.endpoints(&issuer).await?.clone();
        let asked = now();
        let tokens = match exchange(&issuer, &endpoints, secret.as_ref(), &refresh).await {
            Ok(tokens) => tokens,
            Err(fault) => {
                // A program without the lock may have replaced it: try what is there now, once.
                let Some(other) = entry.read(LIMIT).await?.filter(|other| differ(other, &refresh)) else {
                    return Err(fault);
                };
                refresh = other;
                exchange(&issuer, &endpoints, secret.as_ref(), &refresh).await?
            }
        };
        if let Some(new) = tokens.refresh.filter(|new| differ(new, &refresh)) {
            self.unkept = match entry.store(&new).await {
                Ok(()) => None,
                Err(fault) => {
                    tracing::error!(account = %account.name, %fault, "a new refresh token is not in the keyring");
                    Some(new)
                }
            };
        }
        Ok(Credential { secret: tokens.access, asked, lives: tokens.lives })
    }

    async fn refresh_token(&mut self, entry: &KeyringEntry<'_>) -> Result<SecretString, Fault> {
        if let Some(unkept) = &self.unkept {
            return Ok(unkept.clone());
        }
        entry.read(LIMIT).await?.ok_or_else(|| entry.missing())
    }

    async fn endpoints(&mut self, issuer: &IssuerClient<'_>) -> Result<&Endpoints, Fault> {
        if self.endpoints.is_none() {
            self.endpoints = Some(Endpoints::of(&issuer.client.issuer, issuer.account, issuer.dial).await?);
        }
        // Just put there.
        self.endpoints.as_ref().ok_or_else(|| Fault::retry_after(FaultClass::Config, "no endpoints"))
    }
}

fn differ(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() != other.expose_secret()
}

async fn exchange(
    issuer: &IssuerClient<'_>,
    endpoints: &Endpoints,
    secret: Option<&SecretString>,
    refresh: &SecretString,
) -> Result<Tokens, Fault> {
    let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
    let client = issuer.client(endpoints, secret);
    let response = client.exchange_refresh_token(&refresh).request_async(issuer).await;
    response.map(Tokens::from).map_err(|error| issuer.fault(error))
}

/// The client's secret, from where the configuration says.
async fn client_secret(account: &Account, client: &OAuthClient) -> Result<Option<SecretString>, Fault> {
    match &client.client_secret {
        ClientSecret::None => Ok(None),
        ClientSecret::Command(arguments) => SecretCommand::of_client(arguments).ask("it").await.map(Some),
        ClientSecret::Keyring => {
            let entry = KeyringEntry { kind: EntryKind::ClientSecret, account, client };
            entry.read(LIMIT).await?.ok_or_else(|| entry.missing()).map(Some)
        }
    }
}

/// Whether the client's secret should be in the keyring and is not.
///
/// # Errors
/// Where the keyring cannot be reached.
pub async fn lacks_client_secret(account: &Account, client: &OAuthClient) -> Result<bool, Fault> {
    match client.client_secret {
        ClientSecret::None | ClientSecret::Command(_) => Ok(false),
        ClientSecret::Keyring => {
            let entry = KeyringEntry { kind: EntryKind::ClientSecret, account, client };
            Ok(entry.read(PERSON).await?.is_none())
        }
    }
}

/// Puts the client's secret into the keyring.
///
/// # Errors
/// Where the keyring does not take it.
pub async fn keep_client_secret(account: &Account, client: &OAuthClient, secret: &SecretString) -> Result<(), Fault> {
    KeyringEntry { kind: EntryKind::ClientSecret, account, client }.store(secret).await
}

/// Logs in: `show` gets the step that a person must take, and the future is ready once they have taken it and the refresh
/// token is in the keyring. Dropping it gives up; then nothing was changed.
///
/// # Errors
/// Where the issuer or the person refuses, it does not offer the flow, or the keyring does not take the token.
pub async fn log_in(
    account: &Account,
    client: &OAuthClient,
    dial: &dyn Dial,
    flow: Flow,
    show: &mut dyn FnMut(LoginStep),
) -> Result<(), Fault> {
    let issuer = IssuerClient { account, client, dial };
    let entry = KeyringEntry { kind: EntryKind::RefreshToken, account, client };
    // A keyring that cannot be used is reported before a person goes through the browser for nothing.
    entry.read(PERSON).await?;
    let secret = client_secret(account, client).await?;
    let endpoints = Endpoints::of(&client.issuer, account, dial).await?;
    let tokens = match flow {
        Flow::Browser => browser::agree(&issuer, &endpoints, secret.as_ref(), show).await?,
        Flow::Device => device::agree(&issuer, &endpoints, secret.as_ref(), show).await?,
    };
    let Some(refresh) = tokens.refresh else {
        let message = format!(
            "{} gave an access token but no refresh token, so nothing could be renewed: the scope for that is often offline_access, and the client needs permission for it",
            issuer.issuer()
        );
        return Err(Fault::needs_user(FaultClass::Config, message));
    };
    let _lock = RenewalLock::acquire(&entry.user()).await;
    entry.store(&refresh).await
}

/// Revokes the refresh token where the issuer offers that, and removes it from the keyring in any case.
///
/// # Errors
/// Where the keyring does not let it be read or removed.
pub async fn log_out(account: &Account, client: &OAuthClient, dial: &dyn Dial) -> Result<LoggedOut, Fault> {
    let issuer = IssuerClient { account, client, dial };
    let entry = KeyringEntry { kind: EntryKind::RefreshToken, account, client };
    let _lock = RenewalLock::acquire(&entry.user()).await;
    let Some(refresh) = entry.read(PERSON).await? else { return Ok(LoggedOut::Nothing) };
    let revoked = revoke(&issuer, &refresh).await;
    entry.forget().await?;
    Ok(match revoked {
        Ok(true) => LoggedOut::Revoked,
        Ok(false) => LoggedOut::Removed,
        Err(fault) => LoggedOut::NotRevoked(fault),
    })
}

/// Whether the issuer offers revocation, and did it.
async fn revoke(issuer: &IssuerClient<'_>, refresh: &SecretString) -> Result<bool, Fault> {
    let endpoints = Endpoints::of(&issuer.client.issuer, issuer.account, issuer.dial).await?;
    let Some(revocation) = endpoints.revocation.clone() else { return Ok(false) };
    let secret = client_secret(issuer.account, issuer.client).await?;
    let client = issuer.client(&endpoints, secret.as_ref()).set_revocation_url(revocation);
    let token = RefreshToken::new(refresh.expose_secret().to_owned());
    let request = client.revoke_token(token.into()).map_err(|error| issuer.unusable(&error))?;
    request.request_async(issuer).await.map_err(|error| issuer.fault(error))?;
    Ok(true)
}

#[cfg(test)]
mod tests;
