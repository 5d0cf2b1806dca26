//! `[ui.keys]`: keys for actions, over the built-in table.

use std::ops::Range;

use toml::de::DeValue;

use super::keys::{Action, BINDINGS, Clash, Key, Keys};
use mailwatch_engine::config::{Findings, ProblemKind, Section, WarningKind};
use mailwatch_proto::model::sanitise;

/// How many characters of a mistaken key a message repeats.
pub(super) const SHOWN: usize = 60;

/// What to do about a key that always leaves the program.
pub(super) const ANOTHER: &str = "choose another key: this one must always leave the program";

/// A key and its place in the file.
type Given = (Key, Range<usize>);

/// Reads the table. A key that is given to two actions is a mistake: one of them would be dead. One that another action has
/// by default is taken from that, with a warning.
pub(super) fn read(section: &Section<'_>, findings: &mut Findings) -> Keys {
    let mut keys = Keys::default();
    let mut given: Vec<(usize, Vec<Given>)> = Vec::new();
    for (index, binding) in BINDINGS.iter().enumerate() {
        let Some(list) = one_or_more(section, binding.name, findings) else { continue };
        keys.give(binding.action, list.iter().map(|(key, _)| *key).collect());
        given.push((index, list));
    }
    let actions: Vec<_> = given.iter().map(|(index, _)| BINDINGS[*index].action).collect();
    let place = |action: Action, key: Key| {
        let (_, list) = given.iter().find(|(index, _)| BINDINGS[*index].action == action)?;
        list.iter().find(|(known, _)| *known == key).map(|(_, at)| at.clone())
    };
    for (other, key, taker) in keys.give_way(&actions) {
        if let (Some(at), Some(other)) = (place(taker, key), BINDINGS.iter().find(|binding| binding.action == other)) {
            let (key, name) = (key.show(), other.name);
            let left = keys.show(other.action);
            let left = if left.is_empty() { "has no key now".to_owned() } else { format!("has {left} left") };
            findings.warn(
                WarningKind::FrontEnd(format!("`{key}` is `{name}`'s key by default: yours wins, and it {left}")),
                at,
            );
        }
    }
    for (index, list) in given {
        let binding = &BINDINGS[index];
        for (key, at) in list {
            if let Some(clash) = keys.clash(binding.action, key) {
                findings.problem(problem_of(&clash, key), at);
            }
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
            findings.problem(section.wrong_type(name, "a key or a list of keys", other), entry.at);
            return None;
        }
    };
    let mut keys = Vec::with_capacity(items.len());
    for (text, at) in items {
        match Key::parse(text) {
            Some(key) => keys.push((key, at)),
            None => findings.problem(no_key(text), at),
        }
    }
    Some(keys)
}

/// Why a key cannot be given to an action.
fn problem_of(clash: &Clash, key: Key) -> ProblemKind {
    let key = key.show();
    let (message, label, help) = match clash {
        Clash::Leaves => ("Ctrl-C always leaves".to_owned(), "Ctrl-C", ANOTHER.to_owned()),
        Clash::Text => (
            format!("`{key}` is text in a form"),
            "typed as text",
            "choose a key that types nothing: Tab, Enter, F2, Ctrl-N".to_owned(),
        ),
        Clash::Taken(other) => (
            format!("`{key}` is `{other}`'s key already"),
            "taken",
            format!("choose another, or give `{other}` a key of its own here"),
        ),
    };
    ProblemKind::FrontEnd { message, label, help }
}

fn no_key(given: &str) -> ProblemKind {
    ProblemKind::FrontEnd {
        message: format!("`{}` is no key", sanitise(given, SHOWN)),
        label: "not a key",
        help: "write it as the help does: d, D, Ctrl-L, Space, Tab, Shift-Tab, PgUp, F1, Enter".to_owned(),
    }
}
