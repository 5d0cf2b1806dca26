//! An issuer's endpoints: built in for Google and Microsoft, else by discovery (RFC 8414, `OpenID`
//! Connect Discovery 1.0).

use oauth2::{AuthType, AuthUrl, DeviceAuthorizationUrl, RevocationUrl, TokenUrl};
use serde::Deserialize;
use url::Url;

use crate::dial::Dial;
use crate::http;
use mailwatch_proto::model::{Account, Fault, FaultClass, Issuer, LINE_LIMIT, sanitise};

/// An issuer's endpoints.
#[derive(Clone, Debug)]
pub struct Endpoints {
    pub authorization: Option<AuthUrl>,
    pub token: TokenUrl,
    pub device: Option<DeviceAuthorizationUrl>,
    pub revocation: Option<RevocationUrl>,
    /// How the client authenticates.
    pub auth: AuthType,
    /// The issuer identifier that the redirect must bear (RFC 9207 §2.4).
    pub iss: Option<String>,
    /// The loopback host for the redirect. RFC 8252 §8.3 wants the address, Microsoft the name.
    pub loopback: &'static str,
    /// Parameters for the authorization request that this issuer wants for a refresh token.
    pub extra: &'static [(&'static str, &'static str)],
}

/// Google's, from its own <https://accounts.google.com/.well-known/openid-configuration>.
const GOOGLE: [&str; 4] = [
    "https://accounts.google.com/o/oauth2/v2/auth",
    "https://oauth2.googleapis.com/token",
    "https://oauth2.googleapis.com/device/code",
    "https://oauth2.googleapis.com/revoke",
];

/// Google gives a refresh token for `offline` alone, and only where consent is asked for.
const GOOGLE_EXTRA: &[(&str, &str)] = &[("access_type", "offline"), ("prompt", "consent")];

/// Microsoft's, for personal accounts and those of any organisation ("common").
const MICROSOFT: [&str; 3] = [
    "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
];

/// The metadata that is used (RFC 8414 §2).
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Endpoints {
    /// The issuer's endpoints, by discovery where they are not built in.
    pub async fn of(issuer: &Issuer, account: &Account, dial: &dyn Dial) -> Result<Self, Fault> {
        let built_in = |what: &'static str| move |error| broken(&format!("the built-in {what} endpoint: {error}"));
        match issuer {
            Issuer::Google => {
                let [authorization, token, device, revocation] = GOOGLE.map(str::to_owned);
                Ok(Self {
                    authorization: Some(AuthUrl::new(authorization).map_err(built_in("authorization"))?),
                    token: TokenUrl::new(token).map_err(built_in("token"))?,
                    device: Some(DeviceAuthorizationUrl::new(device).map_err(built_in("device"))?),
                    revocation: Some(RevocationUrl::new(revocation).map_err(built_in("revocation"))?),
                    auth: AuthType::RequestBody,
                    iss: None,
                    loopback: "127.0.0.1",
                    extra: GOOGLE_EXTRA,
                })
            }
            Issuer::Microsoft => {
                let [authorization, token, device] = MICROSOFT.map(str::to_owned);
                Ok(Self {
                    authorization: Some(AuthUrl::new(authorization).map_err(built_in("authorization"))?),
                    token: TokenUrl::new(token).map_err(built_in("token"))?,
                    device: Some(DeviceAuthorizationUrl::new(device).map_err(built_in("device"))?),
                    revocation: None,
                    auth: AuthType::RequestBody,
                    iss: None,
                    loopback: "localhost",
                    extra: &[],
                })
            }
            Issuer::Url(url) => discovered(url, account, dial).await,
        }
    }
}

async fn discovered(issuer: &str, account: &Account, dial: &dyn Dial) -> Result<Endpoints, Fault> {
    let mut refused = Vec::new();
    for url in documents(issuer)? {
        let request = ::http::Request::get(url.as_str())
            .header(::http::header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|error| broken(&error.to_string()))?;
        let response = http::send(dial, account, request).await?;
        let status = response.status();
        if status == ::http::StatusCode::OK {
            let metadata = serde_json::from_slice(response.body()).map_err(|error| {
                broken(&format!(
                    "what {url} says about the issuer cannot be read: {}",
                    sanitise(&error.to_string(), LINE_LIMIT)
                ))
            })?;
            return read(metadata, issuer);
        }
        if status.is_server_error() || status == ::http::StatusCode::TOO_MANY_REQUESTS {
            let message = format!("{url} answered {status}: the issuer has a problem of its own");
            return Err(Fault::retry_after(FaultClass::Protocol, message));
        }
        refused.push(format!("{url} answered {status}"));
    }
    Err(Fault::needs_user(
        FaultClass::Config,
        format!("{} does not say what it offers ({}): check issuer", sanitise(issuer, LINE_LIMIT), refused.join("; ")),
    ))
}

/// Where an issuer publishes its metadata: after its path as `OpenID` Connect has it, before its path as RFC 8414 §3 has it.
fn documents(issuer: &str) -> Result<[Url; 2], Fault> {
    let parsed = |text: &str| Url::parse(text).map_err(|error| broken(&format!("issuer: {error}")));
    let base = parsed(issuer)?;
    let path = base.path().trim_end_matches('/').to_owned();
    let at = |path: String| {
        let mut url = base.clone();
        url.set_path(&path);
        url
    };
    Ok([
        at(format!("{path}/.well-known/openid-configuration")),
        at(format!("/.well-known/oauth-authorization-server{path}")),
    ])
}

fn read(metadata: Metadata, issuer: &str) -> Result<Endpoints, Fault> {
    // RFC 8414 §3.3: metadata of another issuer must not be used.
    if metadata.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(broken(&format!(
            "{} says that it is {}: write that as issuer, if it is the right one",
            sanitise(issuer, LINE_LIMIT),
            sanitise(&metadata.issuer, LINE_LIMIT)
        )));
    }
    let secure = issuer.starts_with("https://");
    let safe = |endpoint: Option<String>| match endpoint {
        Some(url) if secure && !url.starts_with("https://") => {
            Err(broken(&format!("{} names an endpoint without https: {}", issuer, sanitise(&url, LINE_LIMIT))))
        }
        other => Ok(other),
    };
    let unusable = |error| broken(&format!("{issuer} names an endpoint that is not a URL: {error}"));
    let Some(token) = safe(metadata.token_endpoint)? else {
        return Err(broken(&format!("{issuer} has no token endpoint")));
    };
    // RFC 8414 §2: without a list it is client_secret_basic.
    let basic = metadata
        .token_endpoint_auth_methods_supported
        .is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
    Ok(Endpoints {
        authorization: safe(metadata.authorization_endpoint)?.map(AuthUrl::new).transpose().map_err(unusable)?,
        token: TokenUrl::new(token).map_err(unusable)?,
        device: safe(metadata.device_authorization_endpoint)?
            .map(DeviceAuthorizationUrl::new)
            .transpose()
            .map_err(unusable)?,
        revocation: safe(metadata.revocation_endpoint)?.map(RevocationUrl::new).transpose().map_err(unusable)?,
        auth: if basic { AuthType::BasicAuth } else { AuthType::RequestBody },
        iss: metadata.authorization_response_iss_parameter_supported.then_some(metadata.issuer),
        loopback: "127.0.0.1",
        extra: &[("prompt", "consent")],
    })
}

fn broken(message: &str) -> Fault {
    Fault::needs_user(FaultClass::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://auth.example.org/realms/mail";

    fn metadata(change: impl FnOnce(&mut serde_json::Value)) -> Metadata {
        let mut json = serde_json::json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://auth.example.org/a",
            "token_endpoint": "https://auth.example.org/t",
            "device_authorization_endpoint": "https://auth.example.org/d",
            "unknown": ["ignored"],
        });
        change(&mut json);
        serde_json::from_value(json).expect("metadata")
    }

    #[test]
    fn an_issuer_with_a_path_is_described_after_it_and_before_it() {
        let found = documents(ISSUER).expect("an issuer").map(String::from);
        assert_eq!(
            found,
            [
                "https://auth.example.org/realms/mail/.well-known/openid-configuration",
                "https://auth.example.org/.well-known/oauth-authorization-server/realms/mail"
            ]
        );
        let [openid, oauth] = documents("https://auth.example.org/").expect("an issuer").map(String::from);
        assert_eq!(openid, "https://auth.example.org/.well-known/openid-configuration");
        assert_eq!(oauth, "https://auth.example.org/.well-known/oauth-authorization-server");
    }

    #[test]
    fn metadata_tells_the_endpoints_and_how_the_client_authenticates() {
        let endpoints = read(metadata(|_| ()), ISSUER).expect("endpoints");
        assert_eq!(endpoints.token.as_str(), "https://auth.example.org/t");
        assert!(endpoints.device.is_some() && endpoints.revocation.is_none() && endpoints.iss.is_none());
        assert!(matches!(endpoints.auth, AuthType::BasicAuth), "the default");
        let post = |json: &mut serde_json::Value| {
            json["token_endpoint_auth_methods_supported"] = serde_json::json!(["client_secret_post", "none"]);
            json["authorization_response_iss_parameter_supported"] = true.into();
        };
        let endpoints = read(metadata(post), ISSUER).expect("endpoints");
        assert!(matches!(endpoints.auth, AuthType::RequestBody));
        assert_eq!(endpoints.iss.as_deref(), Some(ISSUER));
    }

    #[test]
    fn anothers_metadata_and_endpoints_without_tls_are_refused() {
        let cases: [(&str, &str, &str); 3] = [
            ("issuer", "https://evil.example", "write that as issuer"),
            ("token_endpoint", "http://auth.example.org/t", "without https"),
            ("revocation_endpoint", "http://auth.example.org/r", "without https"),
        ];
        for (key, value, words) in cases {
            let fault = read(metadata(|json| json[key] = value.into()), ISSUER).expect_err(key);
            assert_eq!((fault.class, fault.retry()), (FaultClass::Config, false));
            assert!(fault.message.contains(words), "{fault}");
        }
    }
}
