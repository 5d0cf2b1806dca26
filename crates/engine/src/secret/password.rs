//! An account's password, from where its configuration says.

use secrecy::SecretString;

use super::command::SecretCommand;
use super::credential::LIMIT;
use super::keyring;
use super::login_command::login_command;
use mailwatch_proto::model::{Account, Fault, FaultClass, SecretSource};

/// Gets the account's password, anew each time.
pub(super) async fn password(account: &Account) -> Result<SecretString, Fault> {
    match &account.secret {
        SecretSource::Keyring => keyring::read(account, LIMIT).await,
        SecretSource::Command(arguments) => SecretCommand::of_password(arguments).ask(&login_command(account)).await,
        SecretSource::Fixed(secret) => Ok(SecretString::from(secret.0.as_str())),
        SecretSource::OAuth(_) => {
            Err(Fault::needs_user(FaultClass::Config, "an account with an issuer has no password of its own"))
        }
    }
}
