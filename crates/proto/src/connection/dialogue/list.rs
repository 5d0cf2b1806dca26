//! Which mailboxes there are: LIST (RFC 3501 §6.3.8), for each entry of the account's `mailboxes`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::{Context, Event, Flow, Reply, Step};
use crate::connection::task::Progress;
use crate::model::{Fault, FaultClass, Status, Wanted, fits};
use crate::response::{Listed, Response};

/// Every mailbox that fits a pattern, `\Noselect` ones among them; none where the server refuses.
///
/// NOTIFY's LIST responses look the same, so callers check what fits.
#[derive(Clone, Debug)]
struct List {
    pattern: String,
    /// Whether the mailboxes' special uses are asked for, if that needs asking (RFC 6154 §2).
    uses: bool,
    listed: Vec<Listed>,
}

impl List {
    fn new(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), uses: false, listed: Vec::new() }
    }
}

impl Step for List {
    type Done = Option<Vec<Listed>>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Option<Vec<Listed>>> {
        match event {
            Event::Begin => {
                let returns = self.uses && context.facts.can("SPECIAL-USE") && context.facts.can("LIST-EXTENDED");
                let returns = if returns { " RETURN (SPECIAL-USE)" } else { "" };
                let name = context.wire_name(&self.pattern);
                context.issue("LIST", format_args!("LIST \"\" {name}{returns}"));
            }
            Event::Reply(Reply::Tagged(Status::Ok, _)) => return Ok(Some(Some(std::mem::take(&mut self.listed)))),
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, _)) => return Ok(Some(None)),
            Event::Reply(Reply::Untagged(Response::List(mailbox))) => self.listed.push(mailbox),
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}

/// What the current LIST is for.
#[derive(Clone, Debug)]
enum Purpose {
    /// The mailboxes of a use.
    Use,
    /// Those that fit a pattern.
    Pattern,
    /// The hierarchy's delimiter, for nothing fits a pattern that is written with `/`.
    Delimiter,
    /// Those that fit the pattern, written with the server's delimiter.
    Rewritten(String),
}

/// Asks what each entry of `mailboxes` means, and tells the names.
#[derive(Debug)]
pub(super) struct Listing {
    entries: Arc<[String]>,
    names: Vec<Vec<String>>,
    under_way: Option<(Purpose, List)>,
}

impl Listing {
    pub(super) const fn new(entries: Arc<[String]>) -> Self {
        Self { entries, names: Vec::new(), under_way: None }
    }

    fn list(&mut self, context: &mut Context, purpose: Purpose, mut list: List) -> Flow<()> {
        list.handle(context, Event::Begin)?;
        self.under_way = Some((purpose, list));
        Ok(None)
    }

    /// The next entry that the server must be asked for.
    fn next(&mut self, context: &mut Context) -> Flow<()> {
        let entries = Arc::clone(&self.entries);
        while let Some(entry) = entries.get(self.names.len()) {
            match Wanted::of(entry) {
                Wanted::Name(_) => self.names.push(Vec::new()),
                Wanted::Use(_) => {
                    return self.list(context, Purpose::Use, List { uses: true, ..List::new("*") });
                }
                Wanted::Pattern(pattern) => return self.list(context, Purpose::Pattern, List::new(pattern)),
            }
        }
        context.report(Progress::Listed(std::mem::take(&mut self.names)));
        Ok(Some(()))
    }

    /// A LIST for this entry was answered.
    fn answered(
        &mut self,
        context: &mut Context,
        entry: &str,
        purpose: Purpose,
        listed: Option<Vec<Listed>>,
    ) -> Flow<()> {
        let found = match (purpose, listed) {
            (Purpose::Use, Some(listed)) => selectable(listed, |mailbox| mailbox.uses.contains(&entry)),
            (Purpose::Pattern, Some(listed)) => {
                let found = selectable(listed, |mailbox| fits(entry, &mailbox.name.0, mailbox.delimiter));
                if found.is_empty() && entry.contains('/') {
                    return self.list(context, Purpose::Delimiter, List::new(""));
                }
                found
            }
            (Purpose::Delimiter, root) => {
                let delimiter = root.and_then(|root| root.into_iter().find_map(|root| root.delimiter));
                if let Some(delimiter) = delimiter.filter(|delimiter| *delimiter != '/') {
                    let pattern = entry.replace('/', delimiter.encode_utf8(&mut [0; 4]));
                    let list = List::new(&pattern);
                    return self.list(context, Purpose::Rewritten(pattern), list);
                }
                BTreeSet::new()
            }
            (Purpose::Rewritten(pattern), Some(listed)) => {
                selectable(listed, |mailbox| fits(&pattern, &mailbox.name.0, mailbox.delimiter))
            }
            (Purpose::Use | Purpose::Pattern | Purpose::Rewritten(_), None) => {
                // Refused: what is known stays, and the next LIST asks again.
                let message = format!("{} refused LIST for {entry}; it is asked again", context.peer());
                context.report_fault(Fault::retry_after(FaultClass::Protocol, message));
                return Ok(Some(()));
            }
        };
        self.names.push(found.into_iter().collect());
        self.next(context)
    }
}

impl Step for Listing {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        let Some((_, list)) = &mut self.under_way else { return self.next(context) };
        let Some(listed) = list.handle(context, event)? else { return Ok(None) };
        let entries = Arc::clone(&self.entries);
        match (self.under_way.take(), entries.get(self.names.len())) {
            (Some((purpose, _)), Some(entry)) => self.answered(context, entry, purpose, listed),
            (None, _) | (_, None) => self.next(context),
        }
    }
}

fn selectable(listed: Vec<Listed>, wanted: impl Fn(&Listed) -> bool) -> BTreeSet<String> {
    let open = listed.into_iter().filter(|mailbox| mailbox.can_be_opened && !mailbox.name.0.is_empty());
    open.filter(|mailbox| wanted(mailbox)).map(|mailbox| mailbox.name.0).collect()
}
