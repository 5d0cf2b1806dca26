//! An account's password, from where its configuration says.

use secrecy::SecretString;

use super::credential::LIMIT;
use super::{command, keyring};
use mailwatch_proto::model::{Account, Fault, FaultClass, SecretSource};

/// Gets the account's password, anew each time.
pub(super) async fn password(account: &Account) -> Result<SecretString, Fault> {
    match &account.secret {
        SecretSource::Keyring => keyring::read(account, LIMIT).await,
        SecretSource::Command(arguments) => command::first_line("password_command", arguments, LIMIT).await,
        SecretSource::Fixed(secret) => Ok(SecretString::from(secret.0.as_str())),
        SecretSource::OAuth(_) => {
            Err(Fault::needs_user(FaultClass::Config, "an account with an issuer has no password of its own"))
        }
    }
}
