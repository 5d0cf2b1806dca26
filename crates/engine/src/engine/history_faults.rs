//! Reports on the board and in the log that the history cannot be used.

use std::time::SystemTime;

use tokio::sync::watch;

use crate::clock::now;
use crate::link::Publisher;
use mailwatch_proto::model::{Event, EventKind, Fault, Next};

/// Reports each fault, and its end. The watching goes on meanwhile.
pub async fn report(mut faults: watch::Receiver<Option<Fault>>, publisher: Publisher) {
    loop {
        let fault = faults.borrow_and_update().clone();
        publisher.change(|board| board.fault.clone_from(&fault));
        if let Some(Fault { class, message, next }) = fault {
            let retry = next != Next::User;
            let kind = EventKind::Fault { class, message, retry };
            publisher.publish(Event { ts: SystemTime::now(), at: now(), watch: None, conn: None, kind });
        }
        if faults.changed().await.is_err() {
            return;
        }
    }
}
