//! An account to be, with its password, as the protocol writes it. The socket is its user's alone; no `Debug` shows a password.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::name;
use crate::config::Draft;
use crate::requests::{Entry, Keep, Password};
use mailwatch_proto::model::{Auth, ClientSecret, Flow, Issuer, OAuthClient, TlsMode};

/// A password. Its `Debug` shows nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordState(pub Password);

impl Serialize for PasswordState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for PasswordState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PasswordVisitor)
    }
}

/// Takes a string, and says of anything else that it is none: serde's own words would repeat it.
struct PasswordVisitor;

const NO_STRING: &str = "a password is a string";

impl Visitor<'_> for PasswordVisitor {
    type Value = PasswordState;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a password as a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PasswordState, E> {
        Ok(PasswordState(Password(SecretString::from(text))))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<PasswordState, E> {
        Ok(PasswordState(Password(SecretString::from(text))))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<PasswordState, E> {
        Err(E::custom(NO_STRING))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<PasswordState, E> {
        Err(E::custom(NO_STRING))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<PasswordState, E> {
        Err(E::custom(NO_STRING))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<PasswordState, E> {
        Err(E::custom(NO_STRING))
    }
}

/// An account to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryState {
    /// The account.
    pub account: DraftState,
    /// The password that was typed; `null` where its command is asked, or the keyring.
    pub password: Option<PasswordState>,
    /// Where it is to be kept: `keyring` or `this-run`.
    #[serde(with = "name::optional", default)]
    pub keep: Option<Keep>,
}

/// An account as it was typed; its fields are the configuration's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftState {
    /// Its name.
    pub name: String,
    /// The server's name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    #[serde(with = "name")]
    pub tls: TlsMode,
    /// A PEM file of certificates to trust besides the public roots.
    pub ca_file: Option<String>,
    /// The login name.
    pub user: String,
    /// How it proves who it is.
    #[serde(with = "name")]
    pub auth: Auth,
    /// What prints the password, or the token.
    pub command: Option<Vec<String>>,
    /// Who gives the tokens.
    pub oauth: Option<OAuthState>,
    /// What to watch.
    #[serde(default)]
    pub mailboxes: Vec<String>,
}

/// A client of an issuer of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthState {
    /// `google`, `microsoft`, or the issuer's URL.
    pub issuer: String,
    /// The client's id.
    pub client_id: String,
    /// Whether the client's secret stands in the keyring.
    #[serde(default)]
    pub client_secret_in_keyring: bool,
    /// What prints the client's secret.
    pub client_secret_command: Option<Vec<String>>,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// How a person agrees: `browser` or `device`.
    #[serde(with = "name")]
    pub flow: Flow,
}

impl From<Entry> for EntryState {
    fn from(Entry { draft, password }: Entry) -> Self {
        let (password, keep) = password.map(|(password, keep)| (PasswordState(password), keep)).unzip();
        Self { account: draft.into(), password, keep }
    }
}

impl From<EntryState> for Entry {
    fn from(EntryState { account, password, keep }: EntryState) -> Self {
        // Kept nowhere unless that was said.
        let password = password.map(|PasswordState(password)| (password, keep.unwrap_or(Keep::ThisRun)));
        Self { draft: account.into(), password }
    }
}

impl From<Draft> for DraftState {
    fn from(draft: Draft) -> Self {
        let Draft { name, host, port, tls, ca_file, user, auth, command, oauth, mailboxes } = draft;
        Self { name, host, port, tls, ca_file, user, auth, command, oauth: oauth.map(Into::into), mailboxes }
    }
}

impl From<DraftState> for Draft {
    fn from(state: DraftState) -> Self {
        let DraftState { name, host, port, tls, ca_file, user, auth, command, oauth, mailboxes } = state;
        Self { name, host, port, tls, ca_file, user, auth, command, oauth: oauth.map(Into::into), mailboxes }
    }
}

impl From<OAuthClient> for OAuthState {
    fn from(OAuthClient { issuer, client_id, client_secret, scopes, flow }: OAuthClient) -> Self {
        let issuer = match issuer {
            Issuer::Google => "google".to_owned(),
            Issuer::Microsoft => "microsoft".to_owned(),
            Issuer::Url(url) => url,
        };
        let (client_secret_in_keyring, client_secret_command) = match client_secret {
            ClientSecret::None => (false, None),
            ClientSecret::Keyring => (true, None),
            ClientSecret::Command(words) => (false, Some(words)),
        };
        Self { issuer, client_id, client_secret_in_keyring, client_secret_command, scopes, flow }
    }
}

impl From<OAuthState> for OAuthClient {
    fn from(state: OAuthState) -> Self {
        let OAuthState { issuer, client_id, client_secret_in_keyring, client_secret_command, scopes, flow } = state;
        let issuer = match issuer.as_str() {
            "google" => Issuer::Google,
            "microsoft" => Issuer::Microsoft,
            _ => Issuer::Url(issuer),
        };
        let client_secret = match client_secret_command {
            Some(words) => ClientSecret::Command(words),
            None if client_secret_in_keyring => ClientSecret::Keyring,
            None => ClientSecret::None,
        };
        Self { issuer, client_id, client_secret, scopes, flow }
    }
}
