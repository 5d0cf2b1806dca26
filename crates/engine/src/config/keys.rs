//! `[ui.keys]`: keys for actions, over the built-in table.

use std::ops::Range;

use toml::de::DeValue;

use super::problem::{Findings, ProblemKind};
use super::read::{Section, wrong_type};
use mailwatch_proto::model::keys::{BINDINGS, Clash, Key, Keys};

/// A key, and where it stands.
type Given = (Key, Range<usize>);

/// Reads the table. A key that two actions have is a mistake, whoever had it first: one of them would be dead.
pub(super) fn read(section: &Section<'_>, findings: &mut Findings) -> Keys {
    let mut keys = Keys::default();
    let mut given: Vec<(usize, Vec<Given>)> = Vec::new();
    for (index, binding) in BINDINGS.iter().enumerate() {
        let Some(list) = one_or_more(section, binding.name, findings) else { continue };
        keys.give(binding.action, list.iter().map(|(key, _)| *key).collect());
        given.push((index, list));
    }
    for (index, list) in given {
        let binding = &BINDINGS[index];
        for (key, at) in list {
            let kind = match keys.clash(binding.action, key) {
                Some(Clash::Leaves) => ProblemKind::KeyLeaves,
                Some(Clash::Text) => ProblemKind::KeyText { key: key.show() },
                Some(Clash::Taken(other)) => ProblemKind::KeyTaken { key: key.show(), other },
                None => continue,
            };
            findings.problem(kind, at);
        }
    }
    keys
}

/// A key, or a list of them.
fn one_or_more(section: &Section<'_>, name: &'static str, findings: &mut Findings) -> Option<Vec<Given>> {
    let entry = section.entry(name)?;
    let items: Vec<_> = match entry.value {
        DeValue::String(text) => vec![(text.as_ref(), entry.at)],
        DeValue::Array(_) => section.list(name, findings)?.0,
        other => {
            findings.problem(wrong_type(name, "a key or a list of keys", other), entry.at);
            return None;
        }
    };
    let mut keys = Vec::with_capacity(items.len());
    for (text, at) in items {
        match Key::parse(text) {
            Some(key) => keys.push((key, at)),
            None => findings.problem(ProblemKind::Key { given: text.to_owned() }, at),
        }
    }
    Some(keys)
}
