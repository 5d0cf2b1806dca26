//! Which messages of the open mailbox lack `\Seen`, by SEARCH: in windows that each fit a line's cap.

use super::check_new::CheckNew;
use super::context::{Context, Event, Flow, Step};
use super::search::{Search, WINDOW};
use crate::unseen::Unseen;

/// What a search for unseen messages found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    /// How many there are.
    pub(super) count: u32,
    /// Which, where they can be kept.
    pub(super) which: Option<Unseen>,
}

/// Asks for them. None where the server refuses, or where there are too many messages.
#[derive(Debug)]
pub(super) struct CountUnseen {
    exists: u32,
    /// The first number of the next window.
    next: u32,
    counted: Counted,
    search: Option<Search>,
    /// Once they are counted: what became of the mails that were new.
    pub(super) check: Option<CheckNew>,
}

impl CountUnseen {
    pub(super) fn new(exists: u32) -> Self {
        let which = (exists <= Unseen::MOST).then(Unseen::default);
        Self { exists, next: 1, counted: Counted { count: 0, which }, search: None, check: None }
    }

    /// How many messages there were when it was begun.
    pub(super) const fn exists(&self) -> u32 {
        self.exists
    }

    fn window(&mut self, context: &mut Context) -> Flow<Option<Counted>> {
        let first = self.next;
        if first > self.exists {
            return Ok(Some(Some(self.counted.clone())));
        }
        let last = first.saturating_add(WINDOW - 1).min(self.exists);
        self.next = last.saturating_add(1);
        let criteria = if self.exists <= WINDOW { "UNSEEN".to_owned() } else { format!("{first}:{last} UNSEEN") };
        let mut search = Search::numbers(criteria);
        search.handle(context, Event::Begin)?;
        self.search = Some(search);
        Ok(None)
    }
}

impl Step for CountUnseen {
    type Done = Option<Counted>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Option<Counted>> {
        if self.exists > Unseen::COUNTED {
            return Ok(Some(None));
        }
        let Some(search) = &mut self.search else { return self.window(context) };
        let Some(found) = search.handle(context, event)? else { return Ok(None) };
        let Ok(found) = found else { return Ok(Some(None)) };
        self.counted.count = self.counted.count.saturating_add(u32::try_from(found.len()).unwrap_or(u32::MAX));
        if let Some(which) = &mut self.counted.which {
            for seq in found {
                which.note(seq, true);
            }
            self.counted.count = which.count();
        }
        self.window(context)
    }
}
