//! A password or an access token, with what is known of its lifetime.

use std::time::{Duration, Instant};

use secrecy::SecretString;

/// How long a command or the keyring may take. Long enough for a hardware key to be touched.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// A password or an access token.
#[derive(Debug)]
pub struct Credential {
    /// The secret.
    pub secret: SecretString,
    /// When it was requested: an access token has lived at least since then.
    pub asked: Instant,
    /// How long it lives from then, where that is known.
    pub lives: Option<Duration>,
}

impl Credential {
    /// A secret whose end is not known.
    pub(super) fn lasting(secret: SecretString) -> Self {
        Self { secret, asked: tokio::time::Instant::now().into_std(), lives: None }
    }
}
