//! The notes that a daemon shows with actions, until it says that they are closed. Bounded: a daemon may never say so.

use std::collections::VecDeque;

use super::digest::MailAction;

/// So many are known; of older ones nothing is done any more.
const OPEN: usize = 64;

/// What was shown and is open.
#[derive(Debug, Default)]
pub(super) struct OpenNotes {
    notes: VecDeque<OpenNote>,
}

#[derive(Debug)]
struct OpenNote {
    /// The daemon's own name on the bus: another daemon's numbers mean other notes.
    daemon: String,
    id: u32,
    actions: Vec<MailAction>,
}

impl OpenNotes {
    /// A daemon shows a note under this number.
    pub fn opened(&mut self, daemon: &str, id: u32, actions: Vec<MailAction>) {
        self.closed(daemon, id);
        if !actions.is_empty() {
            self.notes.push_back(OpenNote { daemon: daemon.to_owned(), id, actions });
        }
        if self.notes.len() > OPEN {
            self.notes.pop_front();
        }
    }

    /// What a person chose; `None` where the note is not this program's, or offers no such thing.
    pub fn chosen(&self, daemon: &str, id: u32, key: &str) -> Option<MailAction> {
        let note = self.notes.iter().find(|note| note.id == id && note.daemon == daemon)?;
        note.actions.iter().find(|action| name(action) == key).cloned()
    }

    /// A note is not shown any more.
    pub fn closed(&mut self, daemon: &str, id: u32) {
        self.notes.retain(|note| note.id != id || note.daemon != daemon);
    }

    /// A daemon has ended, and all that it showed.
    pub fn gone(&mut self, daemon: &str) {
        self.notes.retain(|note| note.daemon != daemon);
    }

    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }
}

/// The actions as the daemon takes them: the name of each, then what it shows (Desktop Notifications Specification 1.2).
pub(super) fn named(actions: &[MailAction]) -> Vec<&'static str> {
    let shown = |action: &MailAction| match action {
        MailAction::Open(_) => "Open",
        MailAction::MarkSeen(_) => "Mark as seen",
    };
    actions.iter().flat_map(|action| [name(action), shown(action)]).collect()
}

/// `default` is what a click on the note itself does.
const fn name(action: &MailAction) -> &'static str {
    match action {
        MailAction::Open(_) => "default",
        MailAction::MarkSeen(_) => "seen",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::{MailKey, WatchId};

    fn both(uid: u32) -> Vec<MailAction> {
        let mail = MailKey { watch: WatchId::new("work", "INBOX"), epoch: 0, uidvalidity: 1, uid };
        vec![MailAction::Open(mail.clone()), MailAction::MarkSeen(mail)]
    }

    #[test]
    fn a_click_is_for_the_note_that_it_is_on_and_for_what_that_offers() {
        let mut open = OpenNotes::default();
        open.opened(":1.7", 3, both(10));
        open.opened(":1.7", 4, both(11)[1..].to_vec());
        assert_eq!(open.chosen(":1.7", 3, "default"), Some(both(10)[0].clone()));
        assert_eq!(open.chosen(":1.7", 4, "seen"), Some(both(11)[1].clone()));
        // Of another program, of another daemon, and what is not offered.
        for (daemon, id, key) in
            [(":1.7", 5, "default"), (":1.8", 3, "default"), (":1.7", 4, "default"), (":1.7", 3, "x")]
        {
            assert_eq!(open.chosen(daemon, id, key), None, "{daemon} {id} {key}");
        }
        open.closed(":1.7", 3);
        assert_eq!(open.chosen(":1.7", 3, "default"), None);
    }

    #[test]
    fn a_daemon_that_closes_nothing_has_the_oldest_forgotten_and_one_that_ended_all() {
        let mut open = OpenNotes::default();
        for id in 1..=1000 {
            open.opened(":1.7", id, both(id));
        }
        assert_eq!(open.notes.len(), OPEN);
        assert!(open.chosen(":1.7", 1000, "seen").is_some() && open.chosen(":1.7", 1, "seen").is_none());
        open.opened(":1.9", 1, both(1));
        open.gone(":1.7");
        assert_eq!(open.chosen(":1.9", 1, "default"), Some(both(1)[0].clone()));
        open.gone(":1.9");
        assert!(open.is_empty());
    }

    #[test]
    fn a_number_that_is_given_anew_means_the_new_note_and_one_without_actions_is_not_kept() {
        let mut open = OpenNotes::default();
        open.opened(":1.7", 3, both(10));
        open.opened(":1.7", 3, Vec::new());
        assert!(open.is_empty());
        assert_eq!(named(&both(1)), ["default", "Open", "seen", "Mark as seen"]);
    }
}
