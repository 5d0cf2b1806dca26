//! Which mailboxes there are: LIST (RFC 3501 §6.3.8), for each entry of the account's `mailboxes`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::context::{Context, Event, Flow, Reply, Step};
use super::facts::ListForm;
use crate::connection::task::{ListedNames, Progress};
use crate::model::{Fault, FaultClass, LINE_LIMIT, Status, Wanted, fits, sanitise};
use crate::names::{Spellings, read_name, spelling};
use crate::response::{Listed, Response, StatusText};

/// Every mailbox that fits a pattern, `\Noselect` ones among them; the server's words where it refuses.
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

    /// Whether it asks for uses by `RETURN`.
    fn returns(&self, context: &Context) -> bool {
        let extended = context.facts.list == ListForm::Extended;
        self.uses && extended && context.facts.can("SPECIAL-USE") && context.facts.can("LIST-EXTENDED")
    }
}

impl Step for List {
    type Done = Result<Vec<Listed>, StatusText>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Self::Done> {
        match event {
            Event::Begin => {
                let returns = if self.returns(context) { " RETURN (SPECIAL-USE)" } else { "" };
                let name = context.wire_name(&self.pattern);
                context.issue("LIST", format_args!("LIST \"\" {name}{returns}"));
            }
            Event::Reply(Reply::Tagged(Status::Ok, _)) => return Ok(Some(Ok(std::mem::take(&mut self.listed)))),
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, text)) => return Ok(Some(Err(text))),
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
    /// All there are, for the server refuses LIST for the pattern: those that fit are found here.
    Whole,
}

/// Asks what each entry of `mailboxes` means, and tells the names. A form that the server refuses gives way to the next,
/// on this connection for good; what it refuses in every form is left as it is, and told of.
#[derive(Debug)]
pub(super) struct Listing {
    entries: Arc<[String]>,
    names: Vec<Option<Vec<String>>>,
    under_way: Option<(Purpose, List)>,
    /// The entries that were refused, and the words.
    refused: Option<(Vec<String>, StatusText)>,
}

impl Listing {
    pub(super) const fn new(entries: Arc<[String]>) -> Self {
        Self { entries, names: Vec::new(), under_way: None, refused: None }
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
                Wanted::Name(_) => self.names.push(Some(Vec::new())),
                Wanted::Use(_) => {
                    return self.list(context, Purpose::Use, List { uses: true, ..List::new("*") });
                }
                Wanted::Pattern(_) if context.facts.list == ListForm::Whole => return self.whole(context),
                Wanted::Pattern(pattern) => return self.list(context, Purpose::Pattern, List::new(pattern)),
            }
        }
        self.tell(context);
        Ok(Some(()))
    }

    fn whole(&mut self, context: &mut Context) -> Flow<()> {
        self.list(context, Purpose::Whole, List::new("*"))
    }

    fn tell(&mut self, context: &mut Context) {
        if let Some((entries, text)) = self.refused.take() {
            let mut message = format!("{} refused LIST for {}", context.peer(), entries.join(", "));
            let words = text.whole();
            if !words.trim().is_empty() {
                message.push_str(": ");
                message.push_str(words.trim());
            }
            message.push_str("; the program asks again later and keeps what it knows");
            context.report(Progress::ListRefused(Fault::retry_after(FaultClass::Protocol, message)));
        }
        let names = std::mem::take(&mut self.names);
        let written = Spellings::clone(&context.facts.written);
        context.report(Progress::Listed(ListedNames { names, written }));
    }

    /// A LIST for this entry was answered.
    fn answered(&mut self, context: &mut Context, entry: &str, purpose: Purpose, listed: &[Listed]) -> Flow<()> {
        let found = match purpose {
            Purpose::Use => selectable(context, listed, |_, mailbox| mailbox.uses.contains(&entry)),
            Purpose::Pattern => {
                let found = fitting(context, listed, entry);
                if found.is_empty() && entry.contains('/') {
                    return self.list(context, Purpose::Delimiter, List::new(""));
                }
                found
            }
            Purpose::Delimiter => {
                if let Some(pattern) = rewritten(entry, listed) {
                    let list = List::new(&pattern);
                    return self.list(context, Purpose::Rewritten(pattern), list);
                }
                BTreeSet::new()
            }
            Purpose::Rewritten(pattern) => fitting(context, listed, &pattern),
            Purpose::Whole => {
                let found = fitting(context, listed, entry);
                match rewritten(entry, listed) {
                    Some(pattern) if found.is_empty() => fitting(context, listed, &pattern),
                    Some(_) | None => found,
                }
            }
        };
        self.names.push(Some(found.into_iter().collect()));
        self.next(context)
    }

    /// A LIST for this entry was refused: the next form, if there is one.
    fn refused(&mut self, context: &mut Context, refused: &List, purpose: &Purpose, text: &StatusText) -> Flow<()> {
        match purpose {
            Purpose::Use if refused.returns(context) => {
                context.facts.list = ListForm::Plain;
                return self.list(context, Purpose::Use, List { uses: true, ..List::new("*") });
            }
            Purpose::Pattern | Purpose::Rewritten(_) if refused.pattern != "*" => {
                context.facts.list = ListForm::Whole;
                return self.whole(context);
            }
            // Nothing fits the entry as it is written, and the server has no other delimiter to tell.
            Purpose::Delimiter => self.names.push(Some(Vec::new())),
            Purpose::Use | Purpose::Pattern | Purpose::Rewritten(_) | Purpose::Whole => {
                self.give_up(text);
                self.tell(context);
                return Ok(Some(()));
            }
        }
        self.next(context)
    }

    /// The server does not say what there is: nor would it to the entries that are left.
    fn give_up(&mut self, text: &StatusText) {
        let entries = Arc::clone(&self.entries);
        for entry in entries.iter().skip(self.names.len()) {
            let is_listed = Wanted::of(entry).is_listed();
            self.names.push((!is_listed).then(Vec::new));
            if is_listed {
                let (refused, _) = self.refused.get_or_insert_with(|| (Vec::new(), text.clone()));
                refused.push(entry.clone());
            }
        }
    }
}

impl Step for Listing {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        if event == Event::Begin {
            context.report(Progress::ListBegun);
        }
        let Some((_, list)) = &mut self.under_way else { return self.next(context) };
        let Some(listed) = list.handle(context, event)? else { return Ok(None) };
        let entries = Arc::clone(&self.entries);
        match (self.under_way.take(), entries.get(self.names.len())) {
            (Some((purpose, list)), Some(entry)) => match listed {
                Ok(listed) => self.answered(context, entry, purpose, &listed),
                Err(text) => self.refused(context, &list, &purpose, &text),
            },
            (None, _) | (_, None) => self.next(context),
        }
    }
}

/// The entry with the server's delimiter, where that is another than `/`.
fn rewritten(entry: &str, listed: &[Listed]) -> Option<String> {
    let delimiter = listed.iter().find_map(|mailbox| mailbox.delimiter)?;
    (delimiter != '/' && entry.contains('/')).then(|| entry.replace('/', delimiter.encode_utf8(&mut [0; 4])))
}

fn fitting(context: &mut Context, listed: &[Listed], pattern: &str) -> BTreeSet<String> {
    selectable(context, listed, |name, mailbox| fits(pattern, name, mailbox.delimiter))
}

/// The names, as they are shown, of those that are wanted and can be opened; how the server writes them is noted. Of two
/// that would be shown alike, one is shown as it is written.
fn selectable(context: &mut Context, listed: &[Listed], wanted: impl Fn(&str, &Listed) -> bool) -> BTreeSet<String> {
    let utf8 = context.facts.utf8;
    let mut found: BTreeMap<String, &str> = BTreeMap::new();
    for mailbox in listed.iter().filter(|mailbox| mailbox.can_be_opened) {
        let wrote = mailbox.name.0.as_str();
        let Some(name) = read_name(wrote, utf8).filter(|name| wanted(name, mailbox)) else { continue };
        match found.get(&name).copied().filter(|other| *other != wrote) {
            // The one that is shown as it is written, else the one that is written as usual, keeps the name.
            Some(other) if other == name || wrote != name && spelling(&name, other, utf8).is_none() => {
                found.insert(sanitise(wrote, LINE_LIMIT), wrote);
            }
            Some(other) => {
                found.insert(sanitise(other, LINE_LIMIT), other);
                found.insert(name, wrote);
            }
            None => {
                found.insert(name, wrote);
            }
        }
    }
    for (name, wrote) in &found {
        context.note_spelling(name, wrote);
    }
    found.into_keys().collect()
}
