//! The one place where the engine's watches read the clock.

use std::time::Instant;

/// The moment. tokio's clock, so that tests can pause it.
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
