//! The device flow (RFC 8628): a person types a code into a browser anywhere, while this program polls the issuer.

use oauth2::{Scope, StandardDeviceAuthorizationResponse};
use secrecy::SecretString;

use super::endpoints::Endpoints;
use super::issuer::{IssuerClient, Tokens};
use super::login_step::LoginStep;
use mailwatch_proto::model::{Fault, FaultClass};

/// Asks a person for their consent, and gets the tokens.
pub async fn agree(
    issuer: &IssuerClient<'_>,
    endpoints: &Endpoints,
    secret: Option<&SecretString>,
    show: &mut dyn FnMut(LoginStep),
) -> Result<Tokens, Fault> {
    let Some(device) = endpoints.device.clone() else {
        let message = format!("{} has no device flow: use flow = \"browser\"", issuer.issuer());
        return Err(Fault::needs_user(FaultClass::Config, message));
    };
    let client = issuer.client(endpoints, secret).set_device_authorization_url(device);
    let scopes = issuer.client.scopes.iter().cloned().map(Scope::new);
    let details: StandardDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scopes(scopes)
        .request_async(issuer)
        .await
        .map_err(|error| issuer.fault(error))?;
    show(LoginStep::Device {
        url: details.verification_uri().as_str().to_owned(),
        code: details.user_code().secret().to_owned(),
        complete: details.verification_uri_complete().map(|url| url.secret().to_owned()),
    });
    let response = client.exchange_device_access_token(&details).request_async(issuer, tokio::time::sleep, None).await;
    response.map(Tokens::from).map_err(|error| issuer.fault(error))
}
