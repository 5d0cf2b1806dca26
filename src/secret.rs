//! temp
use crate::model::{Account, Fault};
use secrecy::SecretString;
/// temp
pub async fn password(_account: &Account) -> Result<SecretString, Fault> { Ok(SecretString::from(crate::demo::PASSWORD)) }
