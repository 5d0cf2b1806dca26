//! The device flow (RFC 8628): a code that a person types into a browser anywhere, while this program asks again and
//! again whether they have.

use oauth2::{Scope, StandardDeviceAuthorizationResponse};
use secrecy::SecretString;

use super::Task;
use super::asking::{Asking, Given};
use super::endpoints::Endpoints;
use mailwatch_proto::model::{Fault, FaultClass};

/// Has a person agree.
pub async fn agree(
    asking: &Asking<'_>,
    endpoints: &Endpoints,
    secret: Option<&SecretString>,
    tell: &mut dyn FnMut(Task),
) -> Result<Given, Fault> {
    let Some(device) = endpoints.device.clone() else {
        let message = format!("{} has no device flow: use flow = \"browser\"", asking.issuer());
        return Err(Fault::needs_user(FaultClass::Config, message));
    };
    let client = asking.client(endpoints, secret).set_device_authorization_url(device);
    let scopes = asking.client.scopes.iter().cloned().map(Scope::new);
    let details: StandardDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scopes(scopes)
        .request_async(asking)
        .await
        .map_err(|error| asking.fault(error))?;
    tell(Task::Device {
        url: details.verification_uri().as_str().to_owned(),
        code: details.user_code().secret().to_owned(),
        complete: details.verification_uri_complete().map(|url| url.secret().to_owned()),
    });
    let response = client.exchange_device_access_token(&details).request_async(asking, tokio::time::sleep, None).await;
    response.map(Given::from).map_err(|error| asking.fault(error))
}
