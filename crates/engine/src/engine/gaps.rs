//! When no engine ran on this state directory, and when watches were blind, before this run.

use std::sync::Arc;
use std::time::SystemTime;

use crate::history::History;
use crate::link::Publisher;
use mailwatch_proto::model::GAPS_KEPT;

/// Adds them to the board.
pub async fn read(history: History, publisher: Publisher, began: SystemTime) {
    let since = began.checked_sub(GAPS_KEPT).unwrap_or(SystemTime::UNIX_EPOCH);
    // The history itself reports what cannot be read.
    let gaps = history.gaps(since).await.unwrap_or_default();
    publisher.change(|board| Arc::make_mut(board.gaps.entry(Arc::from("")).or_default()).merge(&gaps));
}
