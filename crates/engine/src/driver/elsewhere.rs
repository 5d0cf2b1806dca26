//! What other connections of this program do in the mailboxes of a watch, as far as it concerns the watch.

use std::time::Instant;

use super::Driver;
use crate::history::WatchKey;
use crate::sightings::Elsewhere;
use mailwatch_proto::watch::Input;

impl Driver {
    /// Something was done over another connection, perhaps in a mailbox of this watch's.
    pub(super) fn elsewhere(&mut self, of: &WatchKey, done: Elsewhere, now: Instant) {
        let own = *of == self.context.key;
        match done {
            Elsewhere::Leaving(numbers) if own => self.feed(Input::Leaving(numbers), now),
            Elsewhere::Leaving(_) => {}
            Elsewhere::Marked { uidvalidity, uids } => {
                let shared = if own { None } else { self.shared.of(of) };
                if own || shared.is_some() {
                    self.feed(Input::Marked { of: shared, uidvalidity, uids: uids.to_vec() }, now);
                }
            }
        }
    }
}
