//! Elsewhere than on Linux.

use std::io;

/// Never tells anything.
///
/// # Errors
/// None here.
pub async fn watch(on_change: impl FnMut()) -> io::Result<()> {
    drop(on_change);
    std::future::pending().await
}
