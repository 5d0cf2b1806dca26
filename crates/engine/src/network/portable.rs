//! Systems other than Linux.

use std::io;

/// Never calls `on_change`.
///
/// # Errors
/// None here.
pub async fn watch(on_change: impl FnMut()) -> io::Result<()> {
    drop(on_change);
    std::future::pending().await
}
