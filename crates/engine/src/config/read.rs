//! Reads values from a TOML table, each with its place in the text. Every mistake becomes a finding.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::findings::Findings;
use super::problem::ProblemKind;
use super::table::Table;

/// A table whose unknown keys have been reported.
#[derive(Debug)]
pub struct Section<'t> {
    values: &'t DeTable<'t>,
    table: Table,
    /// Where the table itself stands; `None` for the file.
    span: Option<Range<usize>>,
}

/// A string with its place.
pub type Text<'t> = (&'t str, Range<usize>);

/// A key with its value.
#[derive(Debug)]
pub struct Entry<'t> {
    /// Where the key stands.
    pub key: Range<usize>,
    /// Where the value stands.
    pub at: Range<usize>,
    /// The value.
    pub value: &'t DeValue<'t>,
}

impl<'t> Section<'t> {
    pub(super) fn open(
        values: &'t DeTable<'t>,
        table: Table,
        span: Option<Range<usize>>,
        findings: &mut Findings,
    ) -> Self {
        for (key, _) in values {
            let name = key.get_ref().as_ref();
            if name.eq_ignore_ascii_case("password") {
                findings.problem(ProblemKind::Password, key.span());
            } else if !table.keys.contains(&name) {
                findings.problem(ProblemKind::UnknownKey { key: name.to_owned(), table }, key.span());
            }
        }
        Self { values, table, span }
    }

    /// The place to point at where something lacks in the table.
    pub(super) fn at(&self) -> Range<usize> {
        self.span.clone().unwrap_or(0..0)
    }

    /// A key with its value, where it is there.
    #[must_use]
    pub fn entry(&self, key: &'static str) -> Option<Entry<'t>> {
        let (name, value) = self.values.get_key_value(key)?;
        Some(Entry { key: name.span(), at: value.span(), value: value.get_ref() })
    }

    /// The table under a key, opened as `inner`.
    pub fn table(&self, key: &'static str, inner: Table, findings: &mut Findings) -> Option<Section<'t>> {
        let entry = self.entry(key)?;
        let DeValue::Table(values) = entry.value else {
            findings.problem(self.wrong_type(key, "a table", entry.value), entry.at);
            return None;
        };
        Some(Section::open(values, inner, Some(entry.key), findings))
    }

    /// A string, where it is there.
    pub fn string(&self, key: &'static str, findings: &mut Findings) -> Option<(&'t str, Range<usize>)> {
        let entry = self.entry(key)?;
        let DeValue::String(text) = entry.value else {
            findings.problem(self.wrong_type(key, "a string", entry.value), entry.at);
            return None;
        };
        Some((text, entry.at))
    }

    /// A string that must be there, with something in it that no control character spoils.
    pub(super) fn required(&self, key: &'static str, findings: &mut Findings) -> Option<(&'t str, Range<usize>)> {
        if self.entry(key).is_none() {
            findings.problem(ProblemKind::Missing { key, table: self.table }, self.at());
            return None;
        }
        let (text, at) = self.string(key, findings)?;
        plain(key, text, &at, findings).then_some((text, at))
    }

    /// True or false; false where it is not there.
    pub fn flag(&self, key: &'static str, findings: &mut Findings) -> bool {
        self.switch(key, findings).unwrap_or(false)
    }

    /// True or false, where it is there.
    pub(super) fn switch(&self, key: &'static str, findings: &mut Findings) -> Option<bool> {
        match self.entry(key) {
            Some(Entry { value: DeValue::Boolean(value), .. }) => Some(*value),
            Some(entry) => {
                findings.problem(self.wrong_type(key, "true or false", entry.value), entry.at);
                None
            }
            None => None,
        }
    }

    /// A whole number from 1 to 65535.
    pub(super) fn number(&self, key: &'static str, findings: &mut Findings) -> Option<(u16, Range<usize>)> {
        let entry = self.entry(key)?;
        let DeValue::Integer(number) = entry.value else {
            findings.problem(self.wrong_type(key, "a whole number", entry.value), entry.at);
            return None;
        };
        let value = u16::from_str_radix(number.as_str(), number.radix()).ok().filter(|value| *value > 0);
        if value.is_none() {
            let given = number.to_string();
            findings.problem(ProblemKind::Range { key, given, min: 1, max: u16::MAX }, entry.at.clone());
        }
        value.map(|value| (value, entry.at))
    }

    /// A list of strings with at least one in it.
    pub fn list(&self, key: &'static str, findings: &mut Findings) -> Option<(Vec<Text<'t>>, Range<usize>)> {
        const WANTED: &str = "a list of strings";
        let entry = self.entry(key)?;
        let DeValue::Array(items) = entry.value else {
            findings.problem(self.wrong_type(key, WANTED, entry.value), entry.at);
            return None;
        };
        if items.is_empty() {
            findings.problem(ProblemKind::Empty { key, example: self.table.example(key) }, entry.at);
            return None;
        }
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => list.push((text.as_ref(), item.span())),
                other => findings.problem(self.wrong_type(key, WANTED, other), item.span()),
            }
        }
        (list.len() == items.len()).then_some((list, entry.at))
    }

    /// The tables of an array of tables, `[[key]]`, each with the place to point at where something lacks in it.
    pub(super) fn tables(
        &self,
        key: &'static str,
        findings: &mut Findings,
    ) -> Option<Vec<(&'t DeTable<'t>, Range<usize>)>> {
        const WANTED: &str = "an array of tables";
        let entry = self.entry(key)?;
        let DeValue::Array(items) = entry.value else {
            findings.problem(self.wrong_type(key, WANTED, entry.value), entry.key);
            return None;
        };
        let mut tables = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => tables.push((table, item.span())),
                other => findings.problem(self.wrong_type(key, WANTED, other), item.span()),
            }
        }
        Some(tables)
    }

    /// The problem of a value that is of another type.
    #[must_use]
    pub fn wrong_type(&self, key: &'static str, wanted: &'static str, found: &DeValue<'_>) -> ProblemKind {
        let found = match found {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        ProblemKind::WrongType { key, wanted, found, example: self.table.example(key) }
    }
}

/// Whether a text has something in it and no control character: it goes into commands, file names and onto the screen.
pub(super) fn plain(key: &'static str, text: &str, at: &Range<usize>, findings: &mut Findings) -> bool {
    let kind = if text.trim().is_empty() {
        ProblemKind::Empty { key, example: None }
    } else if text.chars().any(char::is_control) {
        ProblemKind::Control { key }
    } else {
        return true;
    };
    findings.problem(kind, at.clone());
    false
}

/// Any value with its place: what [`DeTable`] iterates over.
pub(super) type Item<'t> = Spanned<DeValue<'t>>;
