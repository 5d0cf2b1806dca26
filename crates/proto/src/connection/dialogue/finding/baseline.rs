//! The first look at a mailbox: what is there is the baseline, and none of it is news, whatever the server answers.

use std::time::{Duration, SystemTime};

use super::gather::Want;
use super::ladder::{Haul, Ladder};
use super::recent::{Ending, Recent};
use crate::connection::dialogue::context::{Context, Event, Flow, Step as _};
use crate::connection::dialogue::mailbox::Selected;
use crate::connection::dialogue::question::{Decoded, Suspect};
use crate::connection::dialogue::search::NextUid;
use crate::connection::task::Mailbox;
use crate::model::WatchId;

/// How much before the last proof of life a message may have been taken and still count as unheard, where UIDs begin to
/// mean other messages: two machines' clocks differ.
pub const CLOCK_MARGIN: Duration = Duration::from_mins(10);

/// Messages that are looked at first: a server may take long over each.
const CHUNK: u32 = 5;

/// Messages that are looked at in all: those of the clocks' margin, in any but the busiest mailbox.
const MOST: u32 = 200;

/// What a baseline is.
#[derive(Debug)]
pub(super) struct Base {
    /// The first UID that is not part of it.
    pub(super) uidnext: u32,
    /// What came so lately that it would look like news if UIDs began to mean other messages.
    pub(super) known: Vec<Decoded>,
    /// Whether messages came since the mailbox was opened.
    pub(super) more: bool,
}

/// Finds the baseline.
#[derive(Debug)]
pub(super) struct Baseline {
    selected: Selected,
    since: SystemTime,
    suspects: Vec<Suspect>,
    base: Base,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    NextUid(NextUid),
    Recent(Recent),
    /// The headers of those that came lately.
    Late(Box<Ladder>),
}

impl Baseline {
    pub(super) fn new(selected: Selected, now: SystemTime, suspects: Vec<Suspect>) -> Self {
        let since = now.checked_sub(CLOCK_MARGIN).unwrap_or(SystemTime::UNIX_EPOCH);
        let base = Base { uidnext: 1, known: Vec::new(), more: false };
        Self { selected, since, suspects, base, stage: Stage::NextUid(NextUid::new(selected)) }
    }

    pub(super) fn handle(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        event: Event,
    ) -> Flow<Base> {
        match &mut self.stage {
            Stage::NextUid(next) => {
                let Some(uidnext) = next.handle(context, event)? else { return Ok(None) };
                self.base.uidnext = uidnext;
                self.stage = Stage::Recent(Recent::new(self.selected.exists, self.since, CHUNK, MOST));
                self.handle(context, of, mailbox, Event::Begin)
            }
            Stage::Recent(recent) => {
                let Some(ending) = recent.handle(context, mailbox, event)? else { return Ok(None) };
                Ok(self.ended(context, of, mailbox, ending))
            }
            Stage::Late(ladder) => {
                let haul = ladder.handle(context, of, mailbox, event);
                Ok(self.haul(haul))
            }
        }
    }

    fn ended(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox, ending: Ending) -> Option<Base> {
        let Ending { last, mut late, more, .. } = ending;
        // A UIDNEXT below a UID that is there is none.
        self.base.uidnext = self.base.uidnext.max(last.map_or(1, |last| last.saturating_add(1)));
        self.base.more = more;
        // No UID follows it: only the history can say that it was seen.
        late.extend(last.filter(|last| *last == u32::MAX));
        if late.is_empty() {
            return Some(self.done());
        }
        let mut ladder = Box::new(Ladder::new(Want::These(late), false).suspecting(&self.suspects));
        let haul = ladder.handle(context, of, mailbox, Event::Begin);
        self.stage = Stage::Late(ladder);
        self.haul(haul)
    }

    /// A mail whose headers cannot be read is not worth a connection here: it is not told.
    fn haul(&mut self, haul: Option<Haul>) -> Option<Base> {
        let Haul { mails, over } = haul?;
        self.base.known.extend(mails);
        over.map(|_| self.done())
    }

    fn done(&mut self) -> Base {
        let Base { uidnext, more, .. } = self.base;
        Base { uidnext, known: std::mem::take(&mut self.base.known), more }
    }
}
