//! Which of imap-misbehave's behaviours the rows play.

use std::collections::BTreeSet;

use imap_misbehave::{Fault, Scenario};

use crate::row::{Row, Step};
use crate::rows;

/// Whether every behaviour is played by a row.
///
/// # Errors
/// The names of those that are not.
pub fn complete() -> Result<(), String> {
    let played: BTreeSet<&str> = rows::all().into_iter().flat_map(names).collect();
    let missing: Vec<String> = behaviours().filter(|name| !played.contains(name.as_str())).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no row plays {}", missing.join(", "))) }
}

/// The scenarios that are data.
fn behaviours() -> impl Iterator<Item = String> {
    let is_data = |name: &str| {
        let scenario = Scenario::by_name(name).unwrap_or_else(|error| panic!("{error}"));
        scenario.rules.iter().any(|rule| matches!(rule.fault, Fault::Reaction(_)))
    };
    Scenario::list().into_iter().map(|(name, _)| name).filter(move |name| is_data(name))
}

/// The names that a row speaks of: its server's and its steps' behaviours, and what belongs to its rules.
fn names(row: &'static Row) -> impl Iterator<Item = &'static str> {
    let steps = row.steps.iter().filter_map(|step| match step {
        Step::Behave(behaviour) => Some(*behaviour),
        _ => None,
    });
    steps.chain([row.behaviour]).flat_map(str::lines).flat_map(|line| {
        let line = line.trim();
        line.strip_prefix("with ").unwrap_or(line).split(['+', ' '])
    })
}
