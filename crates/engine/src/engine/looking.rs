//! When a screen was last open: NEW begins at nothing for who comes back after long.

use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use crate::history::History;
use crate::link::Publisher;
use mailwatch_proto::model::Command;

/// How often an open screen is noted. A program that is killed forgets no more than this.
const NOTED_EVERY: Duration = Duration::from_hours(1);

/// Notes open screens until dropped.
pub(super) async fn note(history: History, publisher: Publisher) {
    // This process's own.
    let _own = publisher.looks_back().then(|| publisher.open_screen());
    let mut screens = publisher.screens();
    // The history itself reports what cannot be kept.
    let look = || history.look(SystemTime::now(), true);
    // The publisher is held: its end of the channel stays.
    while screens.wait_for(|open| *open > 0).await.is_ok() {
        if look().await.unwrap_or_default() {
            let _ = publisher.commander().send_all(Command::ResetNew);
        }
        loop {
            let closed = tokio::select! {
                _ = screens.wait_for(|open| *open == 0) => true,
                () = sleep(NOTED_EVERY) => false,
            };
            let _ = look().await;
            if closed {
                break;
            }
        }
    }
}
