//! Requests to an issuer: the client as the oauth2 crate wants it, HTTP over the dialler, and what a refusal means.

use std::error::Error;
use std::pin::Pin;

use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ErrorResponse, HttpRequest, HttpResponse,
    RequestTokenError, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::endpoints::Endpoints;
use crate::dial::Dial;
use crate::http;
use crate::secret::login_command::login_command;
use mailwatch_proto::model::{Account, Fault, FaultClass, LINE_LIMIT, Next, OAuthClient, sanitise};

/// The client with its token endpoint; each use adds the endpoint that it needs.
pub type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// An issuer, as the client of an account.
#[derive(Clone, Copy, Debug)]
pub struct IssuerClient<'a> {
    pub account: &'a Account,
    pub client: &'a OAuthClient,
    pub dial: &'a dyn Dial,
}

/// What an issuer granted.
#[derive(Debug)]
pub struct Tokens {
    pub access: SecretString,
    /// How long it lives, where the issuer says so.
    pub lives: Option<std::time::Duration>,
    /// A new refresh token, which replaces the one that was used.
    pub refresh: Option<SecretString>,
}

impl From<BasicTokenResponse> for Tokens {
    fn from(response: BasicTokenResponse) -> Self {
        Self {
            access: SecretString::from(response.access_token().secret().as_str()),
            lives: response.expires_in(),
            refresh: response.refresh_token().map(|token| SecretString::from(token.secret().as_str())),
        }
    }
}

impl<'c> AsyncHttpClient<'c> for IssuerClient<'_> {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Fault>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl IssuerClient<'_> {
    /// The client as the requests want it.
    pub fn client(&self, endpoints: &Endpoints, secret: Option<&SecretString>) -> Client {
        let client = BasicClient::new(ClientId::new(self.client.client_id.clone()))
            .set_auth_type(endpoints.auth.clone())
            .set_token_uri(endpoints.token.clone());
        match secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => client,
        }
    }

    /// Sends a request. The answer of an overloaded issuer, and a redirection, are faults.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Fault> {
        let response = http::send(self.dial, self.account, request).await?;
        let status = response.status();
        let issuer = self.issuer();
        if status == ::http::StatusCode::TOO_MANY_REQUESTS {
            let message = format!("{issuer} answered {status}: it was asked too often");
            return Err(Fault { class: FaultClass::Limit, message, next: Next::RetryLater });
        }
        if status.is_server_error() {
            let message = format!("{issuer} answered {status}: it has a problem of its own");
            return Err(Fault::retry_after(FaultClass::Protocol, message));
        }
        if status.is_redirection() {
            let message = format!("{issuer} answered {status}, which is not followed: check issuer");
            return Err(Fault::needs_user(FaultClass::Config, message));
        }
        Ok(response)
    }

    /// The issuer in sentences.
    pub fn issuer(&self) -> String {
        sanitise(self.client.issuer.name(), LINE_LIMIT)
    }

    /// What a request that failed means.
    pub fn fault<T: ErrorResponse + 'static>(&self, error: RequestTokenError<Fault, T>) -> Fault {
        let issuer = self.issuer();
        match error {
            RequestTokenError::Request(fault) => fault,
            RequestTokenError::ServerResponse(response) => {
                // Each of the crate's error types writes itself as RFC 6749 §5.2 has it.
                let response = serde_json::to_value(&response).unwrap_or_default();
                let text = |key: &str| response.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                self.refused(&text("error"), &text("error_description"))
            }
            // Never the answer itself: it may hold a token.
            RequestTokenError::Parse(error, _) => Fault::retry_after(
                FaultClass::Protocol,
                format!(
                    "what {issuer} answered does not follow OAuth 2.0, at `{}`",
                    sanitise(&error.path().to_string(), 100)
                ),
            ),
            RequestTokenError::Other(text) => Fault::retry_after(
                FaultClass::Protocol,
                format!("what {issuer} answered does not follow OAuth 2.0: {}", sanitise(&text, LINE_LIMIT)),
            ),
        }
    }

    /// What an error of an issuer means (RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5), in words.
    pub fn refused(&self, error: &str, description: &str) -> Fault {
        let (issuer, login) = (self.issuer(), login_command(self.account));
        let (class, next, meaning) = match error {
            "invalid_grant" => (
                FaultClass::Auth,
                Next::User,
                format!("what this program was allowed has expired or was revoked: {login}"),
            ),
            "invalid_client" | "unauthorized_client" => (
                FaultClass::Config,
                Next::User,
                "it does not accept this client: check client_id and the client's secret, and what it is registered for"
                    .to_owned(),
            ),
            "invalid_scope" => {
                (FaultClass::Config, Next::User, "it does not grant what scopes asks for: check scopes".to_owned())
            }
            "access_denied" => (FaultClass::Auth, Next::User, format!("access was denied: {login} asks again")),
            "expired_token" => (FaultClass::Auth, Next::User, format!("the code has expired: {login} gives a new one")),
            "server_error" | "temporarily_unavailable" => {
                (FaultClass::Protocol, Next::Retry, "it has a problem of its own".to_owned())
            }
            "slow_down" => (FaultClass::Limit, Next::RetryLater, "it was asked too often".to_owned()),
            "unsupported_grant_type" | "unsupported_response_type" => (
                FaultClass::Config,
                Next::User,
                "it does not offer this flow: try flow = \"browser\" or \"device\"".to_owned(),
            ),
            "login_required" | "interaction_required" | "consent_required" => {
                (FaultClass::Auth, Next::User, format!("it wants a person: {login}"))
            }
            _ => (FaultClass::Auth, Next::User, login),
        };
        let said = match (sanitise(error, 100), sanitise(description, LINE_LIMIT)) {
            (error, description) if description.is_empty() => error,
            (error, description) => format!("{error}: {}", description.trim_end_matches('.')),
        };
        Fault { class, message: format!("{issuer} refused ({said}); {meaning}"), next }
    }

    /// A fault in the issuer's or our own data that no request can mend.
    pub fn unusable(&self, why: &dyn Error) -> Fault {
        let message = format!("{} cannot be asked: {}", self.issuer(), sanitise(&why.to_string(), LINE_LIMIT));
        Fault::needs_user(FaultClass::Config, message)
    }
}
