//! Notifications as macOS and Windows have them. Nothing can be chosen at them.

use notify_rust::Notification;
use tokio::sync::mpsc;

use super::digest::{MailAction, Note};
use mailwatch_proto::model::sanitise;

/// The sender that is named.
const NAME: &str = "mailwatch-tui";

/// How much of an error is told, in characters.
const REASON: usize = 200;

/// Shows one note after the other, until nobody sends any more.
pub(super) fn serve(
    mut notes: mpsc::Receiver<Note>,
    shown: &mpsc::Sender<Result<(), String>>,
    _chosen: &mpsc::Sender<MailAction>,
) {
    while let Some(note) = notes.blocking_recv() {
        if shown.blocking_send(show(&note)).is_err() {
            return;
        }
    }
}

fn show(note: &Note) -> Result<(), String> {
    let mut built = Notification::new();
    built.appname(NAME).summary(&note.title).body(&note.body);
    built.show().map(drop).map_err(|error| sanitise(&error.to_string(), REASON))
}
