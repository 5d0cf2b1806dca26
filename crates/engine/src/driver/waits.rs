//! What a driver waits for that may be nothing.

use std::time::Instant;

use futures_util::future::BoxFuture;

use mailwatch_proto::model::Fault;

/// A deadline.
pub(super) async fn until(due: Option<Instant>) {
    match due {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// A token that is asked for.
pub(super) async fn renewed(renewal: &mut Option<BoxFuture<'static, Result<bool, Fault>>>) -> Result<bool, Fault> {
    match renewal {
        Some(renewal) => renewal.await,
        None => std::future::pending().await,
    }
}
