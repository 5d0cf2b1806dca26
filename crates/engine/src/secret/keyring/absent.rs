//! A build without the feature `keyring`: every request is refused.

use std::time::Duration;

use zeroize::Zeroizing;

use super::KeyringError;

pub(crate) async fn read(_user: String, _limit: Duration) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    Err(KeyringError::NotBuilt)
}

pub(crate) async fn write(_user: String, _limit: Duration, _secret: Zeroizing<Vec<u8>>) -> Result<(), KeyringError> {
    Err(KeyringError::NotBuilt)
}

pub(crate) async fn delete(_user: String, _limit: Duration) -> Result<bool, KeyringError> {
    Err(KeyringError::NotBuilt)
}
