//! Notices wait here until the connections have sent their bytes: the server's answer depends on those, and no reader notices the
//! delay.

use mailwatch_proto::model::WatchId;
use mailwatch_proto::view::{Notice, Timed};

/// Notices in their order.
#[derive(Debug, Default)]
pub(super) struct Held {
    notices: Vec<(Option<WatchId>, Timed)>,
    /// Whether a connection has something to send.
    sends: bool,
}

impl Held {
    /// A connection has something to send.
    pub const fn sends(&mut self) {
        self.sends = true;
    }

    /// Whether one had, since this was last asked.
    pub const fn must_send(&mut self) -> bool {
        std::mem::replace(&mut self.sends, false)
    }

    /// Keeps a notice. Whether all that is kept is to be told now: a person waits for a mail.
    pub fn keep(&mut self, of: Option<WatchId>, notice: Timed) -> bool {
        let is_mail = matches!(notice, (_, Notice::Mail(..)));
        self.notices.push((of, notice));
        is_mail
    }

    /// All that was kept, to be told.
    pub fn take(&mut self) -> Vec<(Option<WatchId>, Timed)> {
        std::mem::take(&mut self.notices)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use mailwatch_proto::model::{EventKind, Mail};

    #[test]
    fn a_mail_is_told_at_once_and_what_happened_before_it_comes_first() {
        let (mut held, now) = (Held::default(), Instant::now());
        assert!(!held.keep(None, (now, Notice::Event(None, EventKind::Exists { count: 4, delta: 1 }))));
        assert!(held.keep(None, (now, Notice::Mail(None, Mail::default()))));
        let told: Vec<_> = held.take().into_iter().map(|(_, (_, notice))| notice).collect();
        assert!(matches!(told[..], [Notice::Event(..), Notice::Mail(..)]));
        assert!(held.take().is_empty());
    }

    #[test]
    fn what_is_to_be_sent_is_asked_for_once() {
        let mut held = Held::default();
        assert!(!held.must_send());
        held.sends();
        assert!(held.must_send());
        assert!(!held.must_send());
    }
}
