//! Finds timers in a text, and sets one of them. Works on byte ranges: everything else stays.

use std::ops::Range;

use toml_edit::{Document, InlineTable, Item, Table, TableLike, Value};

use super::tuned::Place;
use crate::config::timers;
use mailwatch_proto::model::{Setting, Timer};

/// The key of a table of timers.
const TIMERS: &str = "timers";

/// A text and its structure.
pub struct Doc<'t> {
    text: &'t str,
    doc: Document<&'t str>,
}

/// A table as it may be written.
#[derive(Clone, Copy)]
enum Owner<'d> {
    /// Under a header, or the file itself.
    Block(&'d Table),
    /// In braces.
    Inline(&'d InlineTable),
}

impl<'d> Owner<'d> {
    fn like(self) -> &'d dyn TableLike {
        match self {
            Self::Block(table) => table,
            Self::Inline(table) => table,
        }
    }
}

impl<'t> Doc<'t> {
    /// `None` where the text is no TOML.
    pub fn read(text: &'t str) -> Option<Self> {
        Some(Self { text, doc: Document::parse(text).ok()? })
    }

    /// The accounts whose own timers set this one to something else.
    pub fn accounts_that_say_otherwise(&self, timer: Timer, setting: Setting) -> Vec<String> {
        let says = |owner: &Owner<'_>| own(*owner, timer).is_some_and(|own| own != setting);
        self.accounts().iter().filter(|(_, owner)| says(owner)).map(|(name, _)| (*name).to_owned()).collect()
    }

    /// What the text itself says there; `None` where it says nothing.
    pub fn said(&self, place: &Place, timer: Timer) -> Option<Setting> {
        own(self.owner(place)?, timer)
    }

    /// The text with the timer set there; `None` where its form does not allow that.
    pub fn set(&self, place: &Place, timer: Timer, setting: Setting) -> Option<String> {
        let owner = self.owner(place)?;
        let name = timer.name();
        let Some(timers) = owner.like().get(TIMERS) else {
            let table = format!("{TIMERS} = {{ {name} = \"{setting}\" }}");
            return match (place, owner) {
                (Place::All, _) => Some(self.with_section(&format!("{name} = \"{setting}\""))),
                (Place::Account(_), Owner::Block(account)) => self.with_line(account, &table),
                (Place::Account(_), Owner::Inline(account)) => self.with_item(account, &table),
            };
        };
        if let Some(old) = timers.as_table_like()?.get(name) {
            let span = old.span()?;
            let quote = if self.text[span.clone()].starts_with('\'') { '\'' } else { '"' };
            return Some(self.spliced(span, &format!("{quote}{setting}{quote}")));
        }
        let value = format!("{name} = \"{setting}\"");
        match timers {
            Item::Table(table) if table.is_dotted() => self.with_line(table, &format!("{TIMERS}.{value}")),
            Item::Table(table) => self.with_line(table, &value),
            Item::Value(Value::InlineTable(table)) if table.is_dotted() => {
                self.with_item(table, &format!("{TIMERS}.{value}"))
            }
            Item::Value(Value::InlineTable(table)) => self.with_item(table, &value),
            Item::None | Item::Value(_) | Item::ArrayOfTables(_) => None,
        }
    }

    /// The text with an account's `max_connections`; `None` where its form does not allow that.
    pub fn with_connections(&self, account: &str, most: u16) -> Option<String> {
        const KEY: &str = "max_connections";
        let owner = self.owner(&Place::Account(account.into()))?;
        if let Some(old) = owner.like().get(KEY) {
            return Some(self.spliced(old.span()?, &most.to_string()));
        }
        match owner {
            Owner::Block(account) => self.with_line(account, &format!("{KEY} = {most}")),
            Owner::Inline(account) => self.with_item(account, &format!("{KEY} = {most}")),
        }
    }

    fn owner(&self, place: &Place) -> Option<Owner<'_>> {
        match place {
            Place::All => Some(Owner::Block(self.doc.as_table())),
            Place::Account(name) => {
                self.accounts().into_iter().find(|(known, _)| *known == &**name).map(|(_, owner)| owner)
            }
        }
    }

    fn accounts(&self) -> Vec<(&str, Owner<'_>)> {
        let owners: Vec<Owner<'_>> = match self.doc.as_table().get("account") {
            Some(Item::ArrayOfTables(tables)) => tables.iter().map(Owner::Block).collect(),
            Some(Item::Value(Value::Array(values))) => {
                values.iter().filter_map(Value::as_inline_table).map(Owner::Inline).collect()
            }
            Some(Item::None | Item::Value(_) | Item::Table(_)) | None => Vec::new(),
        };
        owners.into_iter().filter_map(|owner| Some((owner.like().get("name")?.as_str()?, owner))).collect()
    }

    fn spliced(&self, at: Range<usize>, with: &str) -> String {
        let mut text = self.text.to_owned();
        text.replace_range(at, with);
        text
    }

    /// The text with a line after the table's last one, or after its header.
    fn with_line(&self, table: &Table, line: &str) -> Option<String> {
        let (begin, end) = last(table).or_else(|| table.span().map(|span| (span.start, span.end)))?;
        let row = self.text[..begin].rfind('\n').map_or(0, |newline| newline + 1);
        let indent: String = self.text[row..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        let newline = self.newline();
        Some(match self.text[end..].find('\n') {
            Some(length) => {
                let at = end + length + 1;
                self.spliced(at..at, &format!("{indent}{line}{newline}"))
            }
            None => format!("{}{newline}{indent}{line}{newline}", self.text),
        })
    }

    /// The text with an item after the inline table's last one.
    fn with_item(&self, table: &InlineTable, item: &str) -> Option<String> {
        if let Some((_, end)) = last(table) {
            return Some(self.spliced(end..end, &format!(", {item}")));
        }
        let at = table.span()?.start + 1;
        let blank = if self.text[at..].starts_with(char::is_whitespace) { "" } else { " " };
        Some(self.spliced(at..at, &format!(" {item}{blank}")))
    }

    /// The text with `[timers]` at its end.
    fn with_section(&self, line: &str) -> String {
        let newline = self.newline();
        let gap = match self.text {
            "" => "",
            text if text.ends_with('\n') => newline,
            _ => &format!("{newline}{newline}"),
        };
        format!("{}{gap}[{TIMERS}]{newline}{line}{newline}", self.text)
    }

    /// The line end that the text uses.
    fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            Some(_) | None => "\n",
        }
    }
}

/// What a table's own `timers` say.
fn own(owner: Owner<'_>, timer: Timer) -> Option<Setting> {
    let text = owner.like().get(TIMERS)?.as_table_like()?.get(timer.name())?.as_str()?;
    timers::value(timer, text).ok()
}

/// Where a table's last own key begins and its value ends. What stands under a header of its own is not its.
fn last(table: &dyn TableLike) -> Option<(usize, usize)> {
    let place = |(name, item): (&str, &Item)| match item {
        Item::Table(inner) => inner.is_dotted().then(|| last(inner)).flatten(),
        Item::Value(Value::InlineTable(inner)) if inner.is_dotted() => last(inner),
        Item::Value(value) => Some((table.key(name)?.span()?.start, value.span()?.end)),
        Item::None | Item::ArrayOfTables(_) => None,
    };
    table.iter().filter_map(place).max_by_key(|(_, end)| *end)
}
