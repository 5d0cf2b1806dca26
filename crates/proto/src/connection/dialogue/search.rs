//! Which messages there are: SEARCH, and where a mailbox's UIDs end.

use super::context::{Context, Event, Flow, Reply, Step};
use super::mailbox::Selected;
use crate::model::{Fault, FaultClass, Status};
use crate::response::{Response, StatusText};

/// Messages that one search looks at: their UIDs, of ten digits at most, fit a line's cap of 64 KiB.
pub(super) const WINDOW: u32 = 5000;

/// What a search found, or the server's words where it refuses.
pub(super) type Found = Result<Vec<u32>, StatusText>;

/// A search. What it may find must fit a line's cap.
#[derive(Clone, Debug)]
pub(super) struct Search {
    command: &'static str,
    criteria: String,
    found: Vec<u32>,
}

impl Search {
    /// For UIDs.
    pub(super) const fn uids(criteria: String) -> Self {
        Self { command: "UID SEARCH", criteria, found: Vec::new() }
    }

    /// For sequence numbers.
    pub(super) const fn numbers(criteria: String) -> Self {
        Self { command: "SEARCH", criteria, found: Vec::new() }
    }
}

impl Step for Search {
    type Done = Found;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Found> {
        match event {
            Event::Begin => context.issue(self.command, format_args!("{} {}", self.command, self.criteria)),
            Event::Reply(Reply::Tagged(Status::Ok, _)) => return Ok(Some(Ok(std::mem::take(&mut self.found)))),
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, text)) => return Ok(Some(Err(text))),
            Event::Reply(Reply::Untagged(Response::Search(found))) => self.found.extend(found),
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}

/// The highest UID in the open mailbox, by `UID FETCH *`; none where the server tells none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastUid {
    last: Option<u32>,
}

impl Step for LastUid {
    type Done = Option<u32>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Option<u32>> {
        match event {
            Event::Begin => context.issue("UID FETCH", "UID FETCH * (UID)"),
            Event::Reply(Reply::Tagged(..)) => return Ok(Some(self.last)),
            Event::Reply(Reply::Untagged(Response::Fetch(fetched))) if fetched.uid.is_some() => {
                context.extend(context.by());
                self.last = self.last.max(fetched.uid);
            }
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}

/// The next UID: as EXAMINE or STATUS told it, else one more than the last message's.
#[derive(Debug)]
pub(super) struct NextUid {
    selected: Selected,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Start,
    Last(LastUid),
    Search(Search),
}

impl NextUid {
    pub(super) const fn new(selected: Selected) -> Self {
        Self { selected, stage: Stage::Start }
    }
}

impl Step for NextUid {
    type Done = u32;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<u32> {
        match &mut self.stage {
            Stage::Start => match self.selected {
                Selected { uidnext: Some(uidnext), .. } => Ok(Some(uidnext)),
                Selected { exists: 0, .. } => Ok(Some(1)),
                Selected { .. } => {
                    self.stage = Stage::Last(LastUid::default());
                    self.handle(context, Event::Begin)
                }
            },
            Stage::Last(last) => match last.handle(context, event)? {
                Some(Some(last)) => Ok(Some(last.saturating_add(1))),
                Some(None) => {
                    let exists = self.selected.exists;
                    let criteria = if exists <= WINDOW { "ALL".to_owned() } else { exists.to_string() };
                    self.stage = Stage::Search(Search::uids(criteria));
                    self.handle(context, Event::Begin)
                }
                None => Ok(None),
            },
            Stage::Search(search) => {
                let Some(found) = search.handle(context, event)? else { return Ok(None) };
                match found.ok().and_then(|uids| uids.into_iter().max()) {
                    Some(last) => Ok(Some(last.saturating_add(1))),
                    // Without a baseline every old mail would be news.
                    None => Err(Fault::retry_after(
                        FaultClass::Mailbox,
                        format!("{} gives no UIDs of the mailbox's messages", context.peer()),
                    )),
                }
            }
        }
    }
}
